"""Stored files as answers: downloads only, never shown inline from our origin."""

from urllib.parse import quote

from litestar import Response

from plenaria.core.storage import files
from plenaria.core.storage.files import FileView


async def download(file: FileView) -> Response[bytes]:
    """The file as a download: never shown inline from our origin. Who may have it is the caller's question."""
    return Response(
        await files.content(file.id) or b"",
        media_type=file.media_type,
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.name)}",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cache-Control": "private, no-store",
        },
    )
