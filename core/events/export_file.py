"""An export as the answer to a request; the page's handler and the API's give the same."""

from typing import Any

from litestar import Request, Response
from litestar.exceptions import NotFoundException

from plenaria.core.events import exports
from plenaria.core.host.visit import Visit
from plenaria.core.kernel.values import EventView


async def exported(request: Request[Any, Any, Any], event: EventView, visit: Visit, name: str) -> Response[bytes]:
    """The export of that name in the `?format=` asked for. 404 for what this reader may not have or nobody offers."""
    return await export_file(event, visit, name, request.query_params.get("format", ""))


async def export_file(event: EventView, visit: Visit, name: str, asked: str) -> Response[bytes]:
    """The same in the format `asked` for; in the first where none is."""
    export = next((each for each in exports.exports_for(visit, event) if each.name == name), None)
    if export is None or (asked and asked not in exports.formats_of(export)):
        raise NotFoundException
    file = await exports.made(export, event, asked or exports.formats_of(export)[0], now=visit.now)
    headers = {
        "Content-Disposition": f'attachment; filename="{file.name}"',
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "private, no-store",
    }
    return Response(file.content, media_type=file.media_type, headers=headers)
