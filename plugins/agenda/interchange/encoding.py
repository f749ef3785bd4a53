"""Bytes as text, also where a file is not in the encoding that it claims."""

import codecs
import re
from typing import Final

from .notes import Findings, Unreadable

MOST_OCTETS: Final = 8 * 1024 * 1024
"""Four times FOSDEM 2023 (780 sessions with all their abstracts, 2 MB), and as much as we read of a calendar."""

_DECLARED: Final = re.compile(rb"""<\?xml[^>]{0,100}?\bencoding\s{0,9}=\s{0,9}["']([A-Za-z0-9._:-]{1,40})["']""")
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_TEXTUAL: Final = re.compile(
    r"utf-8|ascii|utf-16(-[lb]e)?|iso8859-\d+|cp125\d|cp437|cp85\d|koi8-[ru]|shift_jis|euc_jp|gb18030"
)
"""Encodings of texts, by the names Python gives them; codecs like `zip` or `punycode` are none."""


def decoded(data: bytes, findings: Findings) -> str:
    """The file as text. Notes `encoding_wrong`. Raises Unreadable: file_too_large, file_empty."""
    if len(data) > MOST_OCTETS:
        raise Unreadable("file_too_large", octets=len(data), most=MOST_OCTETS)
    text = _text(data, findings).removeprefix("\ufeff")
    if not text.strip("\0 \t\r\n"):
        raise Unreadable("file_empty")
    return text


def _text(data: bytes, findings: Findings) -> str:
    claimed = _claimed(data)
    if claimed.startswith("utf-") or _is_utf8(data):
        actual = claimed if claimed.startswith("utf-") else "utf-8"
    else:
        actual = claimed
    found = _tried(data, actual)
    if found is None:
        actual = "utf-8" if _is_utf8(data) else "cp1252"
        found = data.decode(actual, errors="replace")
    if _family(actual) != _family(claimed) and not data.isascii():
        findings("encoding_wrong", declared=claimed, actual=actual)
    return found


def _claimed(data: bytes) -> str:
    """By its first bytes, else by its declaration, else UTF-8 (XML 1.0 section 4.3.3, RFC 8259 section 8.1)."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            return name
    if data[:2] in (b"<\0", b"{\0", b"[\0"):
        return "utf-16-le"
    if data[:2] in (b"\0<", b"\0{", b"\0["):
        return "utf-16-be"
    found = _DECLARED.match(data.lstrip()[:200])
    return _known(found[1].decode("ascii")) if found else "utf-8"


def _known(name: str) -> str:
    try:
        found = codecs.lookup(name).name
    except (LookupError, ValueError):
        return name.lower()
    return found


def _family(name: str) -> str:
    return "utf-8" if name in ("ascii", "utf-8-sig") else name


def _is_utf8(data: bytes) -> bool:
    return _tried(data, "utf-8") is not None


def _tried(data: bytes, encoding: str) -> str | None:
    if not _TEXTUAL.fullmatch(encoding.removesuffix("-sig").replace("utf-32", "utf-16")):
        return None
    try:
        return data.decode(encoding)
    except UnicodeError:
        return None
