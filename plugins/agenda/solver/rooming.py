"""Rooms before times: which session goes to which room, as if a room's time were poured, not cut.

A session takes of a room's time its length and no more. That is a bin packing, far easier than the timetable, and knows
nearly all that rooms of tracks and lacking seats cost. With all of the time it is a relaxation: its bound holds for every
timetable. With some of the time held back there is mostly a timetable with these rooms.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from ortools.sat.python import cp_model

from .bounds import open_steps
from .heuristic import Cells
from .model import least_of, search
from .stopwatch import Stopwatch
from .table import Bools, Table

Bin = tuple[int, int]
"""A room and a stretch of days by their index."""


TOGETHER: Final = 120
"""Sessions whose rooms are chosen at a time."""

DETOUR: Final = 50
"""What a room costs that was not chosen."""

EFFORT: Final = 0.5
"""Deterministic seconds for them."""


@dataclass(frozen=True)
class Rooming:
    """A room for every session, None where none was found, and a cost that no rooms go below."""

    rooms: list[int] | None
    bound: int


def guided(table: Table, rooms: list[int]) -> Table:
    """The same problem in which every other room than these costs something more."""
    elsewhere = np.full_like(table.overflow, DETOUR)
    elsewhere[np.arange(table.sessions), rooms] = 0
    return replace(table, overflow=table.overflow + elsewhere)


class Packing:
    """Sessions into bins: rooms on single days, or (coarser and smaller) over all days together."""

    def __init__(
        self, table: Table, *, by_day: bool = False, held_back: float = 0.0, stay: Mapping[int, int] | None = None
    ) -> None:
        """`stay`: sessions that keep their room, for bins over all days."""
        self.table = table
        self.stay = stay or {}
        self.cp = cp_model.CpModel()
        days = [table.day_at == day for day in range(len(table.problem.days))]
        self._stretches = days if by_day else [table.day_at >= 0]
        self.held = {
            (session, bin_): self.cp.new_bool_var("") for session in self._free() for bin_ in self._bins(session)
        }
        self._costs: list[Any] = []
        self._add_time(held_back)
        self._add_overflow()
        self._add_tracks()
        if by_day:
            self._add_balance()
        self.cp.minimize(sum(self._costs))

    def _free(self) -> list[int]:
        return [session for session in range(self.table.sessions) if session not in self.stay]

    def _bins(self, session: int) -> Iterator[Bin]:
        """Where the session alone could be held."""
        table, length = self.table, int(self.table.length[session])
        for room in np.flatnonzero(table.rooms_ok[session]).tolist():
            shut = np.concatenate(([0], np.cumsum(table.closed[room])))
            for number, stretch in enumerate(self._stretches):
                starts = np.flatnonzero(table.starts_ok[session] & stretch)
                if (shut[starts + length] == shut[starts]).any():
                    yield room, number

    def _add_time(self, held_back: float) -> None:
        table, is_open = self.table, open_steps(self.table)
        of_session, of_bin = defaultdict(list), defaultdict(list)
        for (session, bin_), literal in self.held.items():
            of_session[session].append(literal)
            of_bin[bin_].append(int(table.length[session]) * literal)
        for session in self._free():
            self.cp.add_exactly_one(of_session[session])
        there = np.zeros(table.rooms, dtype=np.int64)
        for session, room in self.stay.items():
            there[room] += table.length[session]
        for (room, number), work in of_bin.items():
            time: Bools = is_open & self._stretches[number] & ~table.closed[room]
            beside = self._plenaries_beside(room, number)
            self.cp.add(sum(work) + sum(beside) <= max(0, int(time.sum() * (1 - held_back) - there[room])))

    def _plenaries_beside(self, room: int, number: int) -> list[Any]:
        """What plenaries in other rooms take of this one's time; none that may be held where the room is closed."""
        table = self.table
        return [
            int(table.length[session]) * literal
            for session in np.flatnonzero(table.is_plenary).tolist()
            if not _may_meet(table, session, room)
            for other in range(table.rooms)
            if other != room and (literal := self.held.get((session, (other, number)))) is not None
        ]

    def _add_overflow(self) -> None:
        for (session, (room, _)), literal in self.held.items():
            if over := int(self.table.overflow[session, room]):
                self._costs.append(over * literal)

    def _add_tracks(self) -> None:
        weight, table = self.table.problem.weights.track_room, self.table
        there = defaultdict(list)
        for (session, (room, _)), literal in self.held.items():
            if weight and table.track[session] >= 0:
                there[int(table.track[session]), room].append(literal)
        taken = {(int(table.track[session]), room) for session, room in self.stay.items()}
        used = defaultdict(list)
        for (track, room), literals in there.items():
            if (track, room) in taken:
                continue
            uses = self.cp.new_bool_var("")
            used[track].append(uses)
            for literal in literals:
                self.cp.add_implication(literal, uses)
        begun = {track for track, _ in taken}
        for track, rooms in used.items():
            self._costs.append(weight * sum(rooms))
            if track not in begun and len(rooms) == sum(1 for one, _ in there if one == track):
                self.cp.add_bool_or(rooms)
                self._costs.append(-weight)

    def _add_balance(self) -> None:
        weight, table = self.table.problem.weights.balance, self.table
        load = defaultdict(list)
        for (session, (_, day)), literal in self.held.items():
            load[day].append(int(table.length[session]) * literal)
        for day, work in load.items():
            over = self.cp.new_int_var(0, int(table.length.sum()), "")
            self.cp.add(over >= sum(work) - int(table.share[day]))
            self._costs.append(weight * over)

    def begin_from(self, cells: Cells) -> None:
        for (session, (room, number)), literal in self.held.items():
            start, where = cells[session]
            self.cp.add_hint(literal, room == where and bool(self._stretches[number][start]))

    def solved(
        self, watch: Stopwatch, *, seed: int, workers: int, limit_s: float, effort: float | None = None
    ) -> Rooming:
        solver, status = search(self.cp, watch, seed=seed, workers=workers, limit_s=limit_s, effort=effort)
        if solver.status_name(status) not in ("OPTIMAL", "FEASIBLE"):
            return Rooming(None, 0)
        chosen = {session: room for (session, (room, _)), literal in self.held.items() if solver.value(literal)}
        chosen |= self.stay
        return Rooming([chosen[session] for session in range(self.table.sessions)], least_of(solver))


def chosen_rooms(
    table: Table,
    cells: Cells,
    rng: np.random.Generator,
    watch: Stopwatch,
    *,
    held_back: float,
    seed: int,
    workers: int,
    limit_s: float,
) -> list[int]:
    """Cheap rooms that leave some time empty, from those of the places: a few tracks at a time are packed anew."""
    until = watch.seconds + limit_s
    rooms = [cells[session][1] for session in range(table.sessions)]
    while watch.seconds < until and not watch.is_over:
        free = _some_tracks(table, rooms, rng)
        stay = {session: room for session, room in enumerate(rooms) if session not in free}
        packing = Packing(table, held_back=held_back, stay=stay)
        packing.begin_from({session: (cells[session][0], rooms[session]) for session in free})
        left = until - watch.seconds
        found = packing.solved(watch, seed=seed, workers=workers, limit_s=left, effort=EFFORT)
        rooms = found.rooms or rooms
        if not stay:
            break
    return rooms


def _some_tracks(table: Table, rooms: list[int], rng: np.random.Generator) -> set[int]:
    """The sessions of a track, by chance one in many rooms, and of others by chance, until there are `TOGETHER`."""
    groups = [np.flatnonzero(table.track == track) for track in range(-1, table.tracks)]
    groups = [*np.array_split(groups[0], 1 + len(groups[0]) // 10), *groups[1:]]
    spread = np.array([len({rooms[session] for session in group}) for group in groups], dtype=np.float64)
    keys = rng.random(len(groups)) ** (1 / np.maximum(spread, 0.01))  # weighted, without replacement
    free: set[int] = set()
    for group in np.argsort(-keys).tolist():
        if len(free) >= TOGETHER:
            break
        free |= set(groups[group].tolist())
    return free


def _may_meet(table: Table, plenary: int, room: int) -> bool:
    """Whether the plenary may be held while the room is closed, and so takes none of the time that is left of it."""
    on = np.zeros(table.steps + 1, dtype=np.int64)
    starts = np.flatnonzero(table.starts_ok[plenary])
    np.add.at(on, starts, 1)
    np.add.at(on, starts + int(table.length[plenary]), -1)
    return bool(((np.cumsum(on)[:-1] > 0) & table.closed[room]).any())
