"""What no timetable can cost less than, without a search."""

from .heuristic import Cells
from .table import Table


def lower_bound(table: Table, free: list[int], stay: Cells) -> int:
    """The seats that every session lacks even in its best room, and what those that stay cost already in seats."""
    least = sum(int(table.overflow[session, room]) for session, (_, room) in stay.items())
    return least + sum(int(table.overflow[session][table.rooms_ok[session]].min(initial=10**9)) for session in free)
