"""Uploads: checked by size and content, stored in the caller's transaction, handed out as downloads only."""

import asyncio
import hashlib
import io
import secrets
import zipfile
from collections.abc import Collection
from datetime import datetime
from pathlib import PurePath
from typing import Final

import puremagic
from msgspec import Struct

from plenaria.core.kernel.values import Refusal, Refused
from plenaria.core.storage.files.office import MOST_PARTS, Findings, look_into
from plenaria.core.storage.files.tables import StoredFile

__all__ = [
    "MEDIA_TYPES",
    "MOST_PARTS",
    "FileView",
    "Upload",
    "content",
    "plain_name",
    "refusals",
    "remove",
    "store",
    "views",
]

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
_PDF_HEAD_BYTES: Final = 1_024
_EXECUTABLES: Final = (b"MZ", b"\x7fELF", b"#!")
_ZIP: Final = b"PK\x03\x04"


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
    """Why the file is not taken: `file_empty`, `file_too_large`, `file_not_accepted`, `file_not_what_it_says`,
    `file_loads_from_elsewhere`. Office files are unpacked to be counted: call it in a thread.
    """
    facts = {"name": plain_name(upload.name)}
    ending = PurePath(facts["name"]).suffix.lower()
    if not upload.content:
        return [Refusal("file_empty", facts)]
    if len(upload.content) > limit_mb * 1_000_000:
        size_mb = round(len(upload.content) / 1_000_000, 1)
        return [Refusal("file_too_large", {**facts, "size_mb": size_mb, "limit_mb": limit_mb})]
    if ending not in accepted or ending not in MEDIA_TYPES:
        return [Refusal("file_not_accepted", {**facts, "accepted": sorted(accepted)})]
    return _content_refusals(ending, upload.content, facts)


def _content_refusals(ending: str, content: bytes, facts: dict[str, str]) -> list[Refusal]:
    if folder := _OFFICE_FOLDER.get(ending):
        found = look_into(folder, content) if content.startswith(_ZIP) else Findings(False)
        if found.loads:
            return [Refusal("file_loads_from_elsewhere", {**facts, "target": found.loads})]
        is_as_named = found.is_document
    else:
        is_as_named = _has_signature(ending, content) and not zipfile.is_zipfile(io.BytesIO(content))
    return [] if is_as_named else [Refusal("file_not_what_it_says", {**facts, "found": _found(content)})]


def _has_signature(ending: str, content: bytes) -> bool:
    """A PDF's may stand after other bytes, as readers take it (ISO 32000-1, annex H.3); never after a tag of a web page."""
    if ending != ".pdf":
        return content.startswith(_SIGNATURES[ending])
    before, header, _ = content[:_PDF_HEAD_BYTES].partition(_SIGNATURES[".pdf"])
    return bool(header) and b"<" not in before and not before.startswith(_EXECUTABLES)


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
    if found := await asyncio.to_thread(refusals, upload, limit_mb=limit_mb, accepted=accepted):
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
