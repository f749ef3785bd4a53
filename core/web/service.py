"""What machines ask: static files, health, metrics, the API's own description."""

import os
from typing import Any

from litestar import MediaType, Request, Response, get
from litestar.exceptions import NotFoundException
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from plenaria.core.kernel.ledger.receipts import public_key_pem
from plenaria.core.storage.audit import heads
from plenaria.core.web.conditional import is_fresh
from plenaria.core.web.templating import page, pages_of


@get("/static/{fingerprint:str}/{name:path}", permission="public", include_in_schema=False)
async def static_file(request: Request[Any, Any, Any], fingerprint: str, name: str) -> Response[bytes]:
    """A static file; its address changes with its content, so it may be kept for a year."""
    static = pages_of(request).static
    file = static.files.get(str(name).lstrip("/"))
    if file is None or fingerprint != static.fingerprint:
        raise NotFoundException
    headers = {
        "Cache-Control": "public, max-age=31536000, immutable",
        "Vary": "Accept-Encoding",
        "ETag": f'"{fingerprint}"',
    }
    if is_fresh(request.headers.get("if-none-match", ""), headers["ETag"]):
        return Response(b"", status_code=304, headers=headers, media_type=file.media_type)
    return Response(file.content, media_type=file.media_type, headers=headers)


@get("/healthz", permission="public", any_host=True, include_in_schema=False, media_type=MediaType.TEXT)
async def healthz() -> str:
    """The process lives."""
    return "ok"


@get("/readyz", permission="public", any_host=True, include_in_schema=False)
async def readyz(request: Request[Any, Any, Any]) -> Response[dict[str, Any]]:
    """The database answers, has the right schema and takes writes; answered within 2 s whatever the database does."""
    reasons = await request.app.state.readiness.reasons()
    return Response({"ready": not reasons, "reasons": reasons}, status_code=503 if reasons else 200)


@get("/metrics", permission="public", any_host=True, include_in_schema=False)
async def metrics() -> Response[bytes]:
    """Prometheus text format, of all processes that share the port; keep it from the outside world at the proxy."""
    return Response(generate_latest(_registry()), headers={"Content-Type": CONTENT_TYPE_LATEST})


def _registry() -> CollectorRegistry:
    """This process's own, or what the processes of one supervisor added up in their folder (`plenaria.core.supervisor`)."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry


@get("/patterns", permission="public", development=True, include_in_schema=False)
async def patterns(request: Request[Any, Any, Any]) -> Response[str]:
    """Every part of the face on one page; development only."""
    return page(request, "patterns.html")


@get("/receipt-key.pem", permission="public", include_in_schema=False)
async def receipt_key(request: Request[Any, Any, Any]) -> Response[str]:
    """The public half of the key that signs receipts: what `plenaria receipt verify FILE --key` takes."""
    pem = public_key_pem(request.app.state.signing_key.public_key())
    return Response(pem, headers={"Content-Type": "application/x-pem-file"})


@get("/audit/head", permission="public", include_in_schema=False)
async def audit_head(request: Request[Any, Any, Any]) -> Response[Any]:
    """The record's newest kept tree head: as a page, or as JSON for a program."""
    newest = next(iter(await heads.kept(newest=True)), None)
    if request.accept.best_match(["application/json", "text/html"], default="application/json") == "text/html":
        return page(request, "audit_head.html", head=newest)
    if newest is None:
        raise NotFoundException
    return Response(heads.written(newest), media_type=MediaType.JSON, headers={"Cache-Control": "public, max-age=300"})


ROUTES = [audit_head, static_file, receipt_key, healthz, readyz, metrics, patterns]
