"""Whose address counts for rate limits, behind proxies and without them."""

from typing import Any

import pytest

from plenaria.core.kernel.settings import Misconfigured, load
from plenaria.core.web.security.proxies import behind_proxies, client_of


async def counted(
    peer: str, *forwarded_for: str, trusted: tuple[str, ...] = ("127.0.0.1", "10.0.0.0/8", "fd00::/8")
) -> str:
    """What the limits count a request by."""
    seen: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(client_of(scope))

    headers = [(b"x-forwarded-for", line.encode("latin-1")) for line in forwarded_for]
    scope: Any = {"type": "http", "client": (peer, 5000), "headers": headers}
    await behind_proxies(app, trusted)(scope, None, None)  # type: ignore[arg-type]  # neither is used
    return seen[0]


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "client"),
    [
        ("198.51.100.7", (), "198.51.100.7"),
        ("198.51.100.7", ("203.0.113.9",), "198.51.100.7"),
        ("127.0.0.1", (), "127.0.0.1"),
        ("127.0.0.1", ("203.0.113.9",), "203.0.113.9"),
        ("10.1.2.3", ("203.0.113.9",), "203.0.113.9"),
        ("11.0.0.1", ("203.0.113.9",), "11.0.0.1"),
        ("127.0.0.1", ("203.0.113.9, 10.4.4.4, 10.0.0.2",), "203.0.113.9"),
        ("127.0.0.1", ("203.0.113.9", "10.4.4.4"), "203.0.113.9"),
        ("127.0.0.1", ("203.0.113.9:4711",), "203.0.113.9"),
        ("fd00::1", ("203.0.113.9",), "203.0.113.9"),
    ],
)
async def test_the_address_before_the_first_proxy_of_ours(
    peer: str, forwarded_for: tuple[str, ...], client: str
) -> None:
    assert await counted(peer, *forwarded_for) == client


@pytest.mark.parametrize("invented", ["192.0.2.1", "10.0.0.5", "127.0.0.1", "unknown", "", "192.0.2.1, 10.0.0.5"])
async def test_what_a_caller_writes_into_the_header_does_not_count(invented: str) -> None:
    assert await counted("127.0.0.1", f"{invented}, 203.0.113.9, 10.0.0.2") == "203.0.113.9"


@pytest.mark.parametrize("peer", ["::ffff:127.0.0.1", "::ffff:10.1.2.3"])
async def test_a_proxy_on_a_socket_for_both_families_is_the_same_proxy(peer: str) -> None:
    assert await counted(peer, "::ffff:203.0.113.9, ::ffff:10.0.0.2") == "203.0.113.9"


async def test_an_ipv6_caller_counts_by_its_first_64_bits() -> None:
    first = await counted("127.0.0.1", "2001:db8:1:2::1")
    second = await counted("2001:db8:1:2:ffff::2")
    other = await counted("2001:db8:1:3::1")

    assert (first, second, other) == ("2001:db8:1:2::/64", "2001:db8:1:2::/64", "2001:db8:1:3::/64")


async def test_without_trusted_proxies_no_header_counts() -> None:
    assert await counted("127.0.0.1", "203.0.113.9", trusted=()) == "127.0.0.1"


@pytest.mark.parametrize("wrong", ["10.0.0.1/8", "10.0.0.0/40", "proxy.example.org", "*"])
def test_a_wrong_network_stops_the_start_and_is_named(wrong: str) -> None:
    with pytest.raises(Misconfigured) as refused:
        load(None, {"PLENARIA_TRUSTED_PROXIES": f"127.0.0.1, {wrong}"})

    assert "trusted_proxies" in str(refused.value)
    assert wrong in str(refused.value)
