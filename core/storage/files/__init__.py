"""Uploads: checked by size and content, stored in the caller's transaction, handed out as downloads only."""

import hashlib
import io
import secrets
import struct
import zipfile
from collections.abc import Collection
from datetime import datetime
from pathlib import PurePath
from typing import Final

import puremagic
from msgspec import Struct

from plenaria.core.kernel.values import Refusal, Refused
from plenaria.core.storage.files.tables import StoredFile

MEDIA_TYPES: Final = {
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
"""What may be uploaded: by the name's ending, each checked against the content."""

_SIGNATURES: Final = {".pdf": b"%PDF-", ".png": b"\x89PNG\r\n\x1a\n", ".jpg": b"\xff\xd8\xff", ".jpeg": b"\xff\xd8\xff"}
_OFFICE_FOLDER: Final = {".docx": "word/", ".xlsx": "xl/", ".pptx": "ppt/"}
_HEAD_BYTES: Final = 4096
_LONGEST_NAME: Final = 200
_MACROS: Final = "vbaproject.bin"
_ZIP: Final = b"PK\x03\x04"
MOST_PARTS: Final = 10_000
MOST_UNPACKED_MB: Final = 500
"""What an office file may unpack to: more harms the program that opens it."""


class Upload(Struct, frozen=True):
    """A file as it came in, under whatever name the sender gave it."""

    name: str
    content: bytes


class FileView(Struct, frozen=True):
    """What is known of a stored file, without its content."""

    id: int
    code: str
    name: str
    media_type: str
    size: int
    sha256: str
    stored_at: datetime


def refusals(upload: Upload, *, limit_mb: int, accepted: Collection[str] = tuple(MEDIA_TYPES)) -> list[Refusal]:
    """Why the file is not taken: `file_empty`, `file_too_large`, `file_not_accepted`, `file_not_what_it_says`."""
    facts = {"name": plain_name(upload.name)}
    ending = PurePath(facts["name"]).suffix.lower()
    if not upload.content:
        return [Refusal("file_empty", facts)]
    if len(upload.content) > limit_mb * 1_000_000:
        size_mb = round(len(upload.content) / 1_000_000, 1)
        return [Refusal("file_too_large", {**facts, "size_mb": size_mb, "limit_mb": limit_mb})]
    if ending not in accepted or ending not in MEDIA_TYPES:
        return [Refusal("file_not_accepted", {**facts, "accepted": sorted(accepted)})]
    if not _is_what_it_says(ending, upload.content):
        return [Refusal("file_not_what_it_says", {**facts, "found": _found(upload.content)})]
    return []


def _is_what_it_says(ending: str, content: bytes) -> bool:
    if signature := _SIGNATURES.get(ending):
        return content.startswith(signature) and not zipfile.is_zipfile(io.BytesIO(content))
    return content.startswith(_ZIP) and _is_office(_OFFICE_FOLDER[ending], content)


def _is_office(folder: str, content: bytes) -> bool:
    """A document without macros that unpacks to a bearable size; only its list of parts is read, nothing is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, struct.error):
        return False
    names = [part.filename for part in parts]
    return (
        "[Content_Types].xml" in names
        and any(name.startswith(folder) for name in names)
        and not any(name.lower().endswith(_MACROS) for name in names)
        and len(parts) <= MOST_PARTS
        and sum(part.file_size for part in parts) <= MOST_UNPACKED_MB * 1_000_000
    )


def _found(content: bytes) -> str:
    """Recognised by the first bytes alone; the rest is not parsed."""
    try:
        return puremagic.from_string(content[:_HEAD_BYTES], mime=True) or "unknown"
    except (puremagic.PureError, ValueError):
        return "unknown"


def plain_name(name: str) -> str:
    """The name without any folder and without what cannot be seen (line breaks, turned writing), at most 200 characters."""
    last = PurePath(name.replace("\\", "/")).name
    return "".join(filter(str.isprintable, last)).strip()[-_LONGEST_NAME:]


async def store(
    upload: Upload,
    *,
    event: int | None,
    owner: int | None,
    limit_mb: int,
    now: datetime,
    accepted: Collection[str] = tuple(MEDIA_TYPES),
) -> FileView:
    """Check and store, in the caller's transaction. Raises `Refused`."""
    if found := refusals(upload, limit_mb=limit_mb, accepted=accepted):
        raise Refused(*found)
    name = plain_name(upload.name)
    row = StoredFile(
        code=secrets.token_urlsafe(16),
        event=event,
        owner=owner,
        name=name,
        media_type=MEDIA_TYPES[PurePath(name).suffix.lower()],
        size=len(upload.content),
        sha256=hashlib.sha256(upload.content).hexdigest(),
        content=upload.content,
        stored_at=now,
    )
    await row.save()
    return FileView(row.id, row.code, row.name, row.media_type, row.size, row.sha256, now)


async def views(ids: Collection[int]) -> list[FileView]:
    """The stored files with these ids, in id order, without their content; one query."""
    if not ids:
        return []
    table = StoredFile
    rows = (
        await table.select(
            table.id, table.code, table.name, table.media_type, table.size, table.sha256, table.stored_at
        )
        .where(table.id.is_in(list(ids)))
        .order_by(table.id)
    )
    return [FileView(**row) for row in rows]


async def content(file_id: int) -> bytes | None:
    """The bytes of a stored file; None when it is gone."""
    row = await StoredFile.select(StoredFile.content).where(StoredFile.id == file_id).first()
    return bytes(row["content"]) if row else None


async def remove(file_id: int) -> None:
    """Delete a stored file, in the caller’s transaction."""
    await StoredFile.delete().where(StoredFile.id == file_id)
