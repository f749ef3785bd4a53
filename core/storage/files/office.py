"""Word, Excel and PowerPoint files as they are uploaded: read to the end, within limits, before anybody opens them."""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import Final, NamedTuple
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

MOST_PARTS: Final = 10_000
MOST_UNPACKED_MB: Final = 250
"""What a file may unpack to: more harms the program that opens it."""

_PIECE: Final = 65_536
_CONTENT_TYPES: Final = "[Content_Types].xml"
_MOST_XML_BYTES: Final = 2_000_000
"""Of a part that is parsed here: the list of kinds and the relationships."""
_MACROS: Final = ("macro", "vba")
_PACKED: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_BROKEN: Final = (
    zipfile.BadZipFile,
    zlib.error,
    ValueError,
    NotImplementedError,
    OSError,
    EOFError,
    RuntimeError,
    struct.error,
    ParseError,
    DefusedXmlException,
)
"""What reading a broken file raises. zipfile says NotImplementedError of a packing or a version that it does not know, and
RuntimeError of an encrypted part; none of them may end as our fault."""
_HARMLESS_LINKS: Final = ("http://", "https://", "mailto:", "tel:", "#")


class Findings(NamedTuple):
    """`is_document`: what its name says, whole and without macros. `loads`: the first thing that it loads from elsewhere."""

    is_document: bool
    loads: str = ""


def look_into(folder: str, content: bytes) -> Findings:
    """What an office file holds; `folder` is that of its kind (`word/`). Every part is unpacked and counted, none is kept."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            if not (_is_bearable(parts) and _is_kind(folder, parts) and _unpacks(archive, parts)):
                return Findings(False)
            if _has_macros(archive):
                return Findings(False)
            return Findings(True, next(_loaded(archive, parts), ""))
    except _BROKEN:
        return Findings(False)


def _is_bearable(parts: list[zipfile.ZipInfo]) -> bool:
    """By what its directory says."""
    return (
        len(parts) <= MOST_PARTS
        and sum(part.file_size for part in parts) <= MOST_UNPACKED_MB * 1_000_000
        and all(part.compress_type in _PACKED and not part.flag_bits & 1 for part in parts)
    )


def _is_kind(folder: str, parts: list[zipfile.ZipInfo]) -> bool:
    names = [part.filename for part in parts]
    return (
        len(set(names)) == len(names)
        and _CONTENT_TYPES in names
        and any(name.startswith(folder) for name in names)
        and not any(name.lower().endswith("vbaproject.bin") for name in names)
    )


def _unpacks(archive: zipfile.ZipFile, parts: list[zipfile.ZipInfo]) -> bool:
    """Whether it is as large as its directory says: what was really read is counted, part by part, checksums included."""
    left = MOST_UNPACKED_MB * 1_000_000
    for part in parts:
        with archive.open(part) as reading:
            while piece := reading.read(_PIECE):
                left -= len(piece)
                if left < 0:
                    return False
    return True


def _has_macros(archive: zipfile.ZipFile) -> bool:
    """By the kinds that its parts declare, whatever they are called."""
    kinds = fromstring(_xml(archive, _CONTENT_TYPES), forbid_dtd=True)
    return any(word in each.get("ContentType", "").lower() for each in kinds for word in _MACROS)


def _loaded(archive: zipfile.ZipFile, parts: list[zipfile.ZipInfo]) -> Iterator[str]:
    """What is fetched from elsewhere as soon as it is opened: templates, pictures, frames. Links to click on are not."""
    for part in parts:
        if not part.filename.lower().endswith(".rels"):
            continue
        for each in fromstring(_xml(archive, part.filename), forbid_dtd=True):
            target, kind = each.get("Target", ""), each.get("Type", "")
            if each.get("TargetMode", "").lower() == "external" and not _is_link(kind, target):
                yield target[:200]


def _is_link(kind: str, target: str) -> bool:
    return kind.endswith("/hyperlink") and target.lower().startswith(_HARMLESS_LINKS)


def _xml(archive: zipfile.ZipFile, name: str) -> bytes:
    if archive.getinfo(name).file_size > _MOST_XML_BYTES:
        raise ValueError("too large to be parsed")
    return archive.read(name)
