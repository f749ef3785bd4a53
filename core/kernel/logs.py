"""Logs: one JSON object a line in production, readable lines in development, always to standard error.

A line carries the request's id and its route's template, never the path itself (it may hold a secret), and of an exception
its type and its frames. What an exception says is left out unless it can only come from this program or the system: a database's
message may quote an address.
"""

import json
import logging
import sys
import traceback
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Final

from plenaria.core.kernel.settings import Misconfigured

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The id of the request that is being answered; empty outside of one."""
scope: ContextVar[Mapping[str, Any] | None] = ContextVar("scope", default=None)
"""That request's ASGI scope: the router writes the route's template into it."""

_PLAIN: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}
_SAYS_NO_VALUE: Final = (OSError, ImportError, NameError, AttributeError, NotImplementedError, Misconfigured)
"""Exceptions whose message is made of code, files and system errors."""
_QUIET: Final = ("aiosqlite", "asyncio", "markdown_it", "multipart", "piccolo", "uvicorn.access")


class JsonLines(logging.Formatter):
    """`{"time": …, "level": …, "logger": …, "message": …}` and what the caller gave as `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_of_request(),
            **{name: value for name, value in vars(record).items() if name not in _PLAIN and not name.startswith("_")},
        }
        if record.exc_info and record.exc_info[1] is not None:
            line["exception"] = as_logged(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False, default=str)


def _of_request() -> dict[str, str]:
    found = {"request_id": request_id.get(), "route": str((scope.get() or {}).get("path_template") or "")}
    return {name: value for name, value in found.items() if value}


def as_logged(error: BaseException) -> dict[str, Any]:
    """An exception without the values in it: its type, its frames, and its causes likewise."""
    frames = traceback.extract_tb(error.__traceback__)
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return {
        "type": f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins."),
        **({"message": str(error)} if isinstance(error, _SAYS_NO_VALUE) else {}),
        "frames": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
        **({"cause": as_logged(cause)} if cause is not None else {}),
    }


def configure(*, development: bool, level: int = logging.INFO) -> None:
    """Send every log of the process to standard error, in the one form. A second call replaces the first."""
    root = logging.getLogger()
    root.handlers[:] = [_readable() if development else _lines()]
    root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def is_configured() -> bool:
    return bool(logging.getLogger().handlers)


def _lines() -> logging.Handler:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    return handler


class _Readable(logging.Formatter):
    """The message, then what the caller gave as `extra`, as `name=value`."""

    def format(self, record: logging.LogRecord) -> str:
        extra = {name: value for name, value in vars(record).items() if name not in _PLAIN and not name.startswith("_")}
        return "  ".join([record.getMessage(), *(f"{name}={value}" for name, value in extra.items())])


def _readable() -> logging.Handler:
    from rich.console import Console
    from rich.logging import RichHandler

    console = Console(stderr=True, soft_wrap=True)
    handler = RichHandler(console=console, show_path=False, rich_tracebacks=True, log_time_format="%H:%M:%S")
    handler.setFormatter(_Readable())
    return handler
