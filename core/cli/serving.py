"""`serve` and `worker`: the processes of an installation."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import click

from plenaria.core.cli.installation import Installation, pass_installation, run

if TYPE_CHECKING:
    from litestar import Litestar

    from plenaria.core.kernel.settings import Serve

FINISH_WITHIN_S: Final = 30
"""How long requests under way may take after a signal to stop."""
_WITH_WORKER: Final = "PLENARIA_SERVE_WITH_WORKER"


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen; leave it behind a proxy.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535))
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Processes that answer.")
@click.option(
    "--worker/--no-worker",
    "with_worker",
    default=True,
    show_default=True,
    help="Deliver mail and seal the log here too.",
)
@pass_installation
def serve(installation: Installation, host: str, port: int, workers: int, with_worker: bool) -> None:
    """Serve the installation over HTTP until SIGTERM or Ctrl-C.

    Requests under way are finished first, and so is the delivery under way. Ends with 2 when it cannot serve.
    """
    from plenaria.core.kernel import logs

    logs.configure(development=installation.settings.development)
    run(_refuse_unready(installation))
    listening = listen(host, port)
    if workers == 1:
        app = _application(installation, with_worker=with_worker)
        run_server(app, listening, installation.settings.serve)
    else:
        listening.close()  # the server's supervisor opens it again for all its processes
        _run_processes(installation, host=host, port=port, workers=workers, with_worker=with_worker)


async def _refuse_unready(installation: Installation) -> None:
    """One clear line instead of a traceback from inside the server."""
    async with installation.database():
        pass


def _application(installation: Installation, *, with_worker: bool) -> "Litestar":
    from plenaria.core.app import create_app
    from plenaria.core.cli.protocol import BoundedProtocol

    BoundedProtocol.head_timeout_s = installation.settings.serve.head_timeout_s
    return create_app(installation.settings, host=installation.host, with_worker=with_worker)


def application() -> "Litestar":
    """The application of one process among several; its settings come by the environment."""
    from plenaria.core.kernel import logs

    installation = Installation()
    if named := os.environ.get("PLENARIA_CONFIG"):
        from pathlib import Path

        installation.config = Path(named)
    logs.configure(development=installation.settings.development)
    return _application(installation, with_worker=os.environ.get(_WITH_WORKER) == "1")


def listen(host: str, port: int) -> socket.socket:
    """Take the port, before anything else is done. Raises `Misconfigured` when it cannot be had."""
    from plenaria.core.kernel.settings import Misconfigured

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise Misconfigured(f"cannot listen on {host}:{port} ({reason}); choose another with --port") from None


def run_server(app: "Litestar", listening: socket.socket, limits: "Serve") -> None:
    """Serve in this process until a signal. Exits with 2 when the start fails."""
    import uvicorn

    server = uvicorn.Server(uvicorn.Config(app, log_config=None, **_server_options(limits)))
    with suppress(KeyboardInterrupt, SystemExit):  # uvicorn stops first, then raises the signal again
        server.run(sockets=[listening])
    if not server.started:
        sys.exit(2)


def _server_options(limits: "Serve") -> dict[str, Any]:
    has_uvloop = sys.platform != "win32"
    return {
        "loop": "uvloop" if has_uvloop else "asyncio",
        "http": "plenaria.core.cli.protocol:BoundedProtocol",
        "limit_concurrency": limits.connections,
        "ws": "none",
        "lifespan": "on",
        "access_log": False,
        "proxy_headers": False,
        "server_header": False,
        "timeout_graceful_shutdown": FINISH_WITHIN_S,
    }


def _run_processes(installation: Installation, *, host: str, port: int, workers: int, with_worker: bool) -> None:
    from plenaria.core import supervisor

    if installation.config_file is not None:
        os.environ["PLENARIA_CONFIG"] = str(installation.config_file)
    os.environ[_WITH_WORKER] = "1" if with_worker else "0"
    development, limits = installation.settings.development, installation.settings.serve
    supervisor.start(development=development, host=host, port=port, workers=workers, **_server_options(limits))


@click.command()
@pass_installation
def worker(installation: Installation) -> None:
    """Deliver mail and facts, seal the log and tidy up, without answering requests, until SIGTERM or Ctrl-C."""
    from plenaria.core.kernel import logs

    logs.configure(development=installation.settings.development)
    with asyncio.Runner(loop_factory=_fast_loop()) as runner:
        runner.run(_work(installation))


def _fast_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """The loop that `serve` uses too; None for the standard one."""
    if sys.platform == "win32":
        return None
    import uvloop

    return uvloop.new_event_loop


async def _work(installation: Installation) -> None:
    from plenaria.core.app.jobs import run_jobs
    from plenaria.core.storage import outbox
    from plenaria.core.storage.database import in_use

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, stop.set)
    async with installation.database() as database, in_use(database):
        await asyncio.gather(outbox.run(stop=stop), run_jobs(stop=stop))
