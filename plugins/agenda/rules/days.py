"""One day as a grid: rooms as columns, a row for each distinct instant, and what does not fit into it beside."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from msgspec import Struct

MOST_ROWS: Final = 72
MOST_COLUMNS: Final = 12


class Box(Struct, frozen=True):
    """A stretch of time in a room ("": in all of them); `key` is the caller's."""

    key: str
    starts_at: datetime
    ends_at: datetime
    room: str


class Place(Struct, frozen=True):
    """Where a box stands: rows and columns from 1; column 0 is all rooms."""

    key: str
    from_row: int
    to_row: int
    column: int


class Grid(Struct, frozen=True):
    """The day. `beside` are boxes that would lie on another one; when the day is too large for a grid, all of them."""

    rooms: tuple[str, ...]
    instants: tuple[datetime, ...]
    placed: tuple[Place, ...]
    beside: tuple[str, ...]


def grid(boxes: Iterable[Box], rooms: Sequence[str]) -> Grid:
    """Boxes into a grid, the earlier first. `rooms` gives the order; only those in use become columns."""
    ordered = sorted(boxes, key=lambda box: (box.starts_at, not box.room, box.ends_at, box.key))
    used = tuple(room for room in rooms if any(box.room == room for box in ordered))
    placed, beside = _apart(ordered)
    instants = tuple(sorted({at for box in placed for at in (box.starts_at, box.ends_at)}))
    if len(used) > MOST_COLUMNS or len(instants) > MOST_ROWS:
        return Grid(rooms=used, instants=(), placed=(), beside=tuple(box.key for box in ordered))
    row = {at: index for index, at in enumerate(instants, start=1)}
    column = {room: index for index, room in enumerate(used, start=1)}
    places = tuple(Place(box.key, row[box.starts_at], row[box.ends_at], column.get(box.room, 0)) for box in placed)
    return Grid(rooms=used, instants=instants, placed=places, beside=tuple(box.key for box in beside))


def _apart(ordered: Sequence[Box]) -> tuple[list[Box], list[Box]]:
    placed: list[Box] = []
    beside: list[Box] = []
    for box in ordered:
        lies_on_another = any(_touch(box, other) for other in placed)
        (beside if lies_on_another else placed).append(box)
    return placed, beside


def _touch(one: Box, other: Box) -> bool:
    if one.room and other.room and one.room != other.room:
        return False
    return one.starts_at < other.ends_at and other.starts_at < one.ends_at
