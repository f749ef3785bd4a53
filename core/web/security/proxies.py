"""Whose request it is when reverse proxies stand before us; for rate limits only."""

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, cast

from litestar.types import ASGIApp, Scope
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware


def behind_proxies(app: ASGIApp, trusted: Iterable[str]) -> ASGIApp:
    """The application with the caller's own address as its peer, where the peer and what it forwards for are trusted.

    uvicorn reads X-Forwarded-For from the right and stops at the first address that is none of ours: what a caller writes
    into the header itself stands further left.
    """
    hosts = [spelling for each in trusted for spelling in _spellings(each)]
    return cast(ASGIApp, ProxyHeadersMiddleware(cast(Any, app), hosts)) if hosts else app


def _spellings(network: str) -> list[str]:
    """The network, and the same mapped into IPv6: so a socket for both families names an IPv4 peer (RFC 4291, 2.5.5.2)."""
    plain = ip_network(network)
    if not isinstance(plain, IPv4Network):
        return [str(plain)]
    mapped = IPv6Network(f"::ffff:{plain.network_address}/{96 + plain.prefixlen}")
    return [str(plain), str(mapped)]


def client_of(scope: Scope) -> str:
    """The caller's address as rate limits count it: of an IPv6 address the first 64 bits, the rest is the caller's to choose."""
    peer: Any = scope.get("client")
    try:
        address = ip_address(peer[0] if peer else "")
    except ValueError:
        return str(peer[0]) if peer else ""
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(IPv6Network((address.packed, 64), strict=False))
