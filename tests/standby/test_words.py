"""What the guide promises of a standby, and what it says may be lost."""

from pathlib import Path

from plenaria.core.storage.database.hosts import single_addresses

GUIDE = (Path(__file__).parents[2] / "docs" / "developer" / "production.md").read_text("utf-8")


def test_the_guide_says_what_asynchronous_replication_may_lose() -> None:
    assert "what was confirmed in the last moments may be lost" in GUIDE


def test_an_address_with_two_hosts_is_asked_one_by_one_for_the_one_that_takes_writes() -> None:
    both = "postgresql://plenaria:secret@db1:5432,db2/plenaria?ssl=require"

    assert single_addresses(both) == [
        "postgresql://plenaria:secret@db1:5432/plenaria?ssl=require&target_session_attrs=read-write",
        "postgresql://plenaria:secret@db2/plenaria?ssl=require&target_session_attrs=read-write",
    ]
    assert single_addresses("postgresql://one/name?target_session_attrs=any") == [
        "postgresql://one/name?target_session_attrs=any"
    ]
    assert [each.partition("?")[2] for each in single_addresses("postgresql:///n?host=/a,/b&port=1,2")] == [
        "host=%2Fa&target_session_attrs=read-write&port=1",
        "host=%2Fb&target_session_attrs=read-write&port=2",
    ]
