"""Uploads: checked by size and content, stored in the caller's transaction, handed out as downloads only."""

import hashlib
import io
import secrets
import zipfile
from collections.abc import Collection
from datetime import datetime
from pathlib import PurePath
from typing import Final
from urllib.parse import quote

import puremagic
from litestar import Response
from msgspec import Struct

from core.files_tables import StoredFile
from core.values import Refusal, Refused

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


class Upload(Struct, frozen=True):
    """A file as it came in; `name` without any folder."""

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
    facts = {"name": upload.name}
    ending = PurePath(upload.name).suffix.lower()
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
        return content.startswith(signature)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
    except zipfile.BadZipFile:
        return False
    return "[Content_Types].xml" in names and any(name.startswith(_OFFICE_FOLDER[ending]) for name in names)


def _found(content: bytes) -> str:
    try:
        return puremagic.from_string(content, mime=True) or "unknown"
    except (puremagic.PureError, ValueError):
        return "unknown"


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
    ending = PurePath(upload.name).suffix.lower()
    row = StoredFile(
        code=secrets.token_urlsafe(16),
        event=event,
        owner=owner,
        name=PurePath(upload.name.replace("\\", "/")).name[-200:],
        media_type=MEDIA_TYPES[ending],
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
    row = await StoredFile.select(StoredFile.content).where(StoredFile.id == file_id).first()
    return bytes(row["content"]) if row else None


async def remove(file_id: int) -> None:
    await StoredFile.delete().where(StoredFile.id == file_id)


async def download(file: FileView) -> Response[bytes]:
    """The file as a download: never shown inline from our origin. Who may have it is the caller's question."""
    return Response(
        await content(file.id) or b"",
        media_type=file.media_type,
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.name)}",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cache-Control": "private, no-store",
        },
    )
