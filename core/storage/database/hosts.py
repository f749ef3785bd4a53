"""The hosts of a PostgreSQL address: the primary and its standbys, and how the one that takes writes is found.

asyncpg tries several hosts too, but all of them within one time limit: one that has vanished, and so answers nothing, would
use it up, and the promoted standby would never be asked.
"""

import asyncio
import socket
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import asyncpg

from plenaria.core.storage.database.trouble import trouble

WRITABLE: Final = "read-write"
"""What one of several hosts must be, unless the address says otherwise with `target_session_attrs`."""
_KEEPALIVES: Final = 3


def single_addresses(dsn: str) -> list[str]:
    """An address of each host that this one names, in its order: `postgresql://user@one:5432,two:5433/name`."""
    parts = urlsplit(dsn)
    query = dict(parse_qsl(parts.query))
    user, at, hosts = parts.netloc.rpartition("@")
    if "," in hosts:
        query.setdefault("target_session_attrs", WRITABLE)
        each = [f"{user}{at}{host}" for host in hosts.split(",")]
        return [urlunsplit(parts._replace(netloc=netloc, query=urlencode(query))) for netloc in each]
    named = query.get("host", "").split(",")
    if len(named) == 1:
        return [dsn]
    query.setdefault("target_session_attrs", WRITABLE)
    ports = query.pop("port", "5432").split(",")
    ports = ports if len(ports) == len(named) else ports[:1] * len(named)
    found = [{**query, "host": host, "port": port} for host, port in zip(named, ports, strict=True)]
    return [urlunsplit(parts._replace(query=urlencode(one))) for one in found]


async def connect_to_first(
    addresses: list[str], options: Mapping[str, Any], *, within_s: float, dead_after_s: float
) -> Any:
    """A connection to the first of them that takes one; that address is then the first of the list.

    Each has `within_s`. Raises `Unavailable`: `read_only` when only standbys answered, else `unreachable`.
    """
    last: Exception = OSError("no address")
    standby_answered = False
    for address in list(addresses):
        try:
            connection = await asyncpg.connect(address, **{**options, "timeout": within_s})
        except asyncpg.TargetServerAttributeNotMatched as error:
            last, standby_answered = error, True
        except (OSError, TimeoutError, asyncpg.PostgresConnectionError, asyncpg.CannotConnectNowError) as error:
            last = error
        else:
            addresses.remove(address)
            addresses.insert(0, address)
            _notice_a_dead_peer(connection, dead_after_s)
            return connection
    raise trouble("read_only" if standby_answered else "unreachable") from last


def _notice_a_dead_peer(connection: Any, after_s: float) -> None:
    """Lets the system end a connection whose other side has vanished without a word."""
    transport: asyncio.Transport = connection._transport  # asyncpg offers no way to its socket
    link = transport.get_extra_info("socket")
    if link is None or link.family not in (socket.AF_INET, socket.AF_INET6):
        return
    link.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    pace_s = max(1, round(after_s / _KEEPALIVES))
    for name, value in (
        ("TCP_KEEPIDLE", pace_s),
        ("TCP_KEEPINTVL", pace_s),
        ("TCP_KEEPCNT", _KEEPALIVES),
        ("TCP_USER_TIMEOUT", int(after_s * 1000)),
    ):
        if (option := getattr(socket, name, None)) is not None:  # not every system has each
            link.setsockopt(socket.IPPROTO_TCP, option, value)
