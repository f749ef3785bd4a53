"""Counting statements, so that a test can say: as many queries for 300 rows as for 3."""

from collections.abc import Iterator
from contextlib import contextmanager

_listening: list[list[str]] = []


@contextmanager
def count_queries() -> Iterator[list[str]]:
    """Collects the SQL of every statement that the process sends while the block runs.

    Savepoints, BEGIN and COMMIT are not counted.

        with count_queries() as seen:
            await client.get("/congreso-2025/agenda")
        assert len(seen) == 4
    """
    seen: list[str] = []
    _listening.append(seen)
    try:
        yield seen
    finally:
        # By identity: two lists with the same statements are equal.
        _listening[:] = [other for other in _listening if other is not seen]


def note(sql: str) -> None:
    for seen in _listening:
        seen.append(sql)
