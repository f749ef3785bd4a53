"""What no timetable can cost less than, by counting: without a search, and for the models as cuts.

A track whose sessions last longer together than the time in which they can be held must run beside itself. With k of
them on at a step, k(k−1)/2 pairs are; that is convex in k, so over all steps it is least when the work is spread evenly,
and a pair can be on at once no longer than the shorter of the two lasts.
"""

from itertools import combinations

import numpy as np

from .heuristic import Cells
from .table import Bools, Ints, Table


def lower_bound(table: Table, free: list[int], stay: Cells, rooms: int = 0) -> int:
    """A cost that every timetable reaches: lacking seats, and per track its parallel pairs and its rooms.

    With sessions that stay only their own lacking seats are counted, and those of the free. `rooms`: what rooms of tracks,
    lacking seats and uneven days are known to cost together at least.
    """
    least = sum(int(table.overflow[session, room]) for session, (_, room) in stay.items())
    least += sum(int(table.overflow[session][table.rooms_ok[session]].min(initial=10**9)) for session in free)
    if stay:
        return least
    members = [np.flatnonzero(table.track == track).tolist() for track in range(table.tracks)]
    least += sum(table.problem.weights.track_room * (_rooms_needed(table, one) - 1) for one in members)
    return max(least, rooms) + sum(_cheapest_cover(table, one) for one in members)


def never_parallel(table: Table, one: int, other: int) -> bool:
    """A wish keeps the two apart in every timetable."""
    ordered = any(then == other for then, _ in table.followers[one]) or any(
        then == one for then, _ in table.followers[other]
    )
    return ordered or other in table.mates[one] or bool(table.is_plenary[one] or table.is_plenary[other])


def forced_overlap(table: Table, members: list[int]) -> int:
    """Steps that pairs of these sessions are on at once, summed over pairs, at least; none of them is a plenary."""
    work, time = int(table.length[members].sum()), steps_for(table, members)
    if work <= time or not time:
        return 0
    evenly, more = divmod(work, time)
    return (time - more) * evenly * (evenly - 1) // 2 + more * (evenly + 1) * evenly // 2


def steps_for(table: Table, members: list[int]) -> int:
    """How many steps there are in which one of the sessions can be on."""
    reach = np.zeros(table.steps + 1, dtype=np.int64)
    for session in members:
        starts = np.flatnonzero(table.starts_ok[session])
        np.add.at(reach, starts, 1)
        np.add.at(reach, starts + int(table.length[session]), -1)
    reachable = int((np.cumsum(reach) > 0).sum())
    return min(reachable, int(open_steps(table).sum()) - int(table.length[table.is_plenary].sum()))


def open_steps(table: Table) -> Bools:
    """For every step, whether a session can be on: some day is open and has no break."""
    is_open: Bools = table.day_at >= 0
    for day in table.problem.days:
        for pause in day.breaks:
            is_open = is_open & ~_stretch(table, pause.start, pause.end)
    return is_open


def _stretch(table: Table, start: int, end: int) -> Bools:
    steps = np.arange(table.steps)
    inside: Bools = (steps >= table.step(start)) & (steps < table.step(end))
    return inside


def _cheapest_cover(table: Table, members: list[int]) -> int:
    """The least that pairs cost whose possible common time reaches what is forced: a covering knapsack, exactly."""
    wanted = forced_overlap(table, members)
    if not wanted:
        return 0
    worst = np.iinfo(np.int64).max // 4
    least: Ints = np.full(wanted + 1, worst, dtype=np.int64)  # cost at which so much is covered, or more
    least[0] = 0
    for one, other in combinations(members, 2):
        if never_parallel(table, one, other):
            continue
        reach = min(int(table.length[one]), int(table.length[other]), wanted)
        cost = table.pairs.get((min(one, other), max(one, other)), 0)
        before = np.concatenate((np.zeros(reach, dtype=np.int64), least[:-reach]))
        least = np.minimum(least, before + cost)
    return int(least[wanted]) if least[wanted] < worst else 0


def _rooms_needed(table: Table, members: list[int]) -> int:
    """Rooms that the sessions need at least: no fewer suit them all, and no fewer have the time."""
    suits = table.rooms_ok[members]
    time = steps_for(table, members)
    by_time = -(-int(table.length[members].sum()) // time) if time else 1
    for count in (1, 2):
        if any(suits[:, list(rooms)].any(axis=1).all() for rooms in combinations(range(table.rooms), count)):
            return max(count, by_time)
    return max(3, by_time)
