"""The problem for CP-SAT: starts, rooms, what excludes what, and what it costs.

A session has one start variable over the starts that the problem allows it by itself, one literal for each allowed room,
and an optional interval in each. Rooms are disjunctive; one cumulative constraint over all sessions, in which a plenary
asks for every room, both keeps plenaries alone and tells the search how much room there is. Sessions that share a person
or an audience are held apart by two literals each (one before the other, or the other before the one), made once a pair.
"""

import math
from collections.abc import Callable, Iterable
from itertools import combinations
from typing import Any

from ortools.sat.python import cp_model

from .bounds import forced_overlap, never_parallel
from .heuristic import Cells
from .stopwatch import Stopwatch
from .table import MealTime, Table

Literal = Any
"""A Boolean variable of CP-SAT or its negation (or a constant)."""


class Model:
    """The sessions in `free` are to be placed; the others of `cells` stay where they are, and all else is as if not asked."""

    def __init__(self, table: Table, free: Iterable[int], cells: Cells) -> None:
        self.table = table
        self.free = sorted(free)
        self.cp = cp_model.CpModel()
        self.stay = {session: cell for session, cell in cells.items() if session not in set(self.free)}
        self.asked = sorted([*self.free, *self.stay])
        self.start: dict[int, Any] = {}
        self.interval: dict[int, Any] = {}
        self.in_room: dict[tuple[int, int], Literal] = {}
        self._on_day: dict[tuple[int, int], Literal] = {}
        self._first: dict[tuple[int, int], Literal] = {}
        self.costs: list[Any] = []
        for session in self.asked:
            self._add_session(session)
        self._add_rooms()
        self._add_plenaries()
        self._add_people()
        self._add_order()
        self._add_meals()

    # --- hard ---

    def _add_session(self, session: int) -> None:
        table, length = self.table, int(self.table.length[session])
        if session in self.stay:
            start, room = self.stay[session]
            self.start[session] = self.cp.new_constant(start)
            self.in_room[session, room] = self.cp.new_constant(1)
        else:
            starts = table.starts_ok[session].nonzero()[0].tolist()
            rooms = table.rooms_ok[session].nonzero()[0].tolist()
            self.start[session] = self.cp.new_int_var_from_domain(
                cp_model.Domain.from_values(starts), f"start{session}"
            )
            for room in rooms:
                self.in_room[session, room] = self.cp.new_bool_var(f"in{session}_{room}")
            self.cp.add_exactly_one([self.in_room[session, room] for room in rooms])
        self.interval[session] = self.cp.new_fixed_size_interval_var(self.start[session], length, f"on{session}")

    def _add_rooms(self) -> None:
        intervals: list[list[Any]] = [[] for _ in range(self.table.rooms)]
        for (session, room), literal in self.in_room.items():
            length = int(self.table.length[session])
            intervals[room].append(
                self.cp.new_optional_fixed_size_interval_var(
                    self.start[session], length, literal, f"on{session}_{room}"
                )
            )
        for room, held in enumerate(intervals):
            closed = [
                self.cp.new_fixed_size_interval_var(low, high - low, f"closed{room}_{low}")
                for low, high in runs(self.table.closed[room].tolist())
            ]
            if len(held) + len(closed) > 1 and held:
                self.cp.add_no_overlap([*held, *closed])

    def _add_plenaries(self) -> None:
        table = self.table
        demands = [table.rooms if table.is_plenary[session] else 1 for session in self.asked]
        if len(self.asked) > 1:
            self.cp.add_cumulative([self.interval[session] for session in self.asked], demands, table.rooms)

    def _add_people(self) -> None:
        for one in self.asked:
            for other in self.table.mates[one]:
                if one < other and other in self.start and (one not in self.stay or other not in self.stay):
                    self._add_apart(one, other)
        for sessions in self.table.sessions_of:
            held = [self.interval[session] for session in sessions if session in self.start]
            if len(held) > 2:
                self.cp.add_no_overlap(held)

    def _add_apart(self, one: int, other: int) -> None:
        """People who are in both have the time for the way between the two rooms."""
        gaps = self.table.gap
        here = [room for room in range(self.table.rooms) if (one, room) in self.in_room]
        there = [room for room in range(self.table.rooms) if (other, room) in self.in_room]
        ways = {int(gaps[a, b]) for a in here for b in there}
        forward = self.goes_first(one, other, must=True)
        least = min(ways)
        self._hold_apart(one, other, least, [forward])
        self._hold_apart(other, one, least, [forward.negated()])
        for gap in sorted(ways - {least}):
            # Of the room pairs that are so far apart, name for each room here all rooms there in one literal.
            for room in here:
                far = [b for b in there if gaps[room, b] == gap]
                if far:
                    is_far = self._any_of(other, far)
                    self._hold_apart(one, other, gap, [forward, self.in_room[one, room], is_far])
                    self._hold_apart(other, one, gap, [forward.negated(), self.in_room[one, room], is_far])

    def _any_of(self, session: int, rooms: list[int]) -> Literal:
        """A literal that holds where the session is in one of the rooms."""
        if len(rooms) == 1:
            return self.in_room[session, rooms[0]]
        if all(room in rooms for room in range(self.table.rooms) if (session, room) in self.in_room):
            return self.cp.new_constant(1)
        literal = self.cp.new_bool_var("")
        for room in rooms:
            self.cp.add_implication(self.in_room[session, room], literal)
        return literal

    def _hold_apart(self, first: int, then: int, gap: int, only_if: list[Literal]) -> None:
        ends = self.start[first] + int(self.table.length[first])
        self.cp.add(ends + gap <= self.start[then]).only_enforce_if(only_if)

    def goes_first(self, one: int, other: int, *, must: bool = False) -> Literal:
        """A literal under which `one` has ended when `other` begins; `must`: its negation says the reverse."""
        if must:
            literal = self.cp.new_bool_var(f"first{one}_{other}")
            self._first[one, other], self._first[other, one] = literal, literal.negated()
        elif (one, other) not in self._first:
            self._first[one, other] = self.cp.new_bool_var(f"first{one}_{other}")
            self._hold_apart(one, other, 0, [self._first[one, other]])
        return self._first[one, other]

    def _add_order(self) -> None:
        for first, then, gap in self.table.before:
            if first in self.start and then in self.start:
                self.cp.add(self.start[first] + int(self.table.length[first]) + gap <= self.start[then])

    def _add_meals(self) -> None:
        for meal in self.table.meals:
            for person, sessions in enumerate(self.table.sessions_of):
                held = [session for session in sessions if session in self.start and self._may_be_on(session, meal.day)]
                if held:
                    self._add_meal(meal, person, held)

    def _add_meal(self, meal: MealTime, person: int, held: list[int]) -> None:
        if meal.high - meal.low < meal.length:
            for session in held:
                self.cp.add_bool_or([self.on_day(session, meal.day).negated()])
            return
        begins = self.cp.new_int_var(meal.low, meal.high - meal.length, "")
        eating = self.cp.new_fixed_size_interval_var(begins, meal.length, f"meal{person}_{meal.low}")
        self.cp.add_no_overlap([eating, *(self.interval[session] for session in held)])

    # --- days ---

    def _may_be_on(self, session: int, day: int) -> bool:
        if session in self.stay:
            return int(self.table.day_at[self.stay[session][0]]) == day
        return bool((self.table.starts_ok[session] & (self.table.day_at == day)).any())

    def on_day(self, session: int, day: int) -> Literal:
        """A literal that says whether the session is held on the day."""
        if (session, day) not in self._on_day:
            days = [one for one in range(len(self.table.problem.days)) if self._may_be_on(session, one)]
            for one in range(len(self.table.problem.days)):
                self._on_day[session, one] = self.cp.new_constant(int(days == [one]))
            if len(days) > 1:
                for one in days:
                    starts = (self.table.starts_ok[session] & (self.table.day_at == one)).nonzero()[0].tolist()
                    literal = self.cp.new_bool_var(f"day{session}_{one}")
                    within = cp_model.Domain.from_values(starts)
                    self.cp.add_linear_expression_in_domain(self.start[session], within).only_enforce_if(literal)
                    self._on_day[session, one] = literal
                self.cp.add_exactly_one([self._on_day[session, one] for one in days])
        return self._on_day[session, day]

    # --- soft ---

    def add_costs(self) -> None:
        """All soft terms, as the docstring of `Weights` defines them, of the sessions that are asked."""
        self._add_overlap_costs()
        self._add_overflow_costs()
        self._add_track_costs()
        self._add_idle_costs()
        self._add_balance_costs()

    def _add_overlap_costs(self) -> None:
        overlaps: dict[tuple[int, int], Literal] = {}
        for (one, other), cost in self.table.pairs.items():
            if one not in self.start or other not in self.start or never_parallel(self.table, one, other):
                continue
            if one in self.stay and other in self.stay:
                begins, follows = self.stay[one][0], self.stay[other][0]
                ends, closes = begins + int(self.table.length[one]), follows + int(self.table.length[other])
                self.costs.append(cost if begins < closes and follows < ends else 0)
                continue
            overlap = self.cp.new_bool_var(f"overlap{one}_{other}")
            self.cp.add_bool_or([overlap, self.goes_first(one, other), self.goes_first(other, one)])
            self.costs.append(cost * overlap)
            overlaps[one, other] = overlap
        if not self.stay and self.table.problem.weights.track_parallel:
            self._add_forced_overlaps(overlaps)

    def _add_forced_overlaps(self, overlaps: dict[tuple[int, int], Literal]) -> None:
        """What counting alone knows of a track beside itself; the search would find it only pair by pair."""
        for track in range(self.table.tracks):
            members = [one for one in self.asked if self.table.track[one] == track]
            wanted = forced_overlap(self.table, members)
            if wanted:
                within = (pair for pair in combinations(members, 2) if pair in overlaps)
                shorter = ((int(self.table.length[list(pair)].min()), overlaps[pair]) for pair in within)
                self.cp.add(sum(length * literal for length, literal in shorter) >= wanted)

    def _add_overflow_costs(self) -> None:
        for (session, room), literal in self.in_room.items():
            if self.table.overflow[session, room]:
                self.costs.append(int(self.table.overflow[session, room]) * literal)

    def _add_track_costs(self) -> None:
        weight = self.table.problem.weights.track_room
        if not weight:
            return
        for track in range(self.table.tracks):
            members = [session for session in self.asked if self.table.track[session] == track]
            if len(members) < 2:
                continue
            used = []
            for room in range(self.table.rooms):
                there = [self.in_room[one, room] for one in members if (one, room) in self.in_room]
                if there:
                    uses = self.cp.new_bool_var(f"track{track}_{room}")
                    for literal in there:
                        self.cp.add_implication(literal, uses)
                    used.append(uses)
            self.cp.add_bool_or(used)
            self.costs.append(weight * sum(used) - weight)

    def _add_idle_costs(self) -> None:
        weight = self.table.problem.weights.idle
        if not weight:
            return
        for sessions in self.table.sessions_of:
            for day in range(len(self.table.problem.days)):
                held = [one for one in sessions if one in self.start and self._may_be_on(one, day)]
                if len(held) > 1:
                    self.costs.append(weight * self._idle(held, day))

    def _idle(self, held: list[int], day: int) -> Any:
        table = self.table
        open_at = (table.day_at == day).nonzero()[0]
        low, high = int(open_at[0]), int(open_at[-1]) + 1
        first, last = self.cp.new_int_var(low, high, ""), self.cp.new_int_var(low, high, "")
        idle = self.cp.new_int_var(0, high - low, "")
        for session in held:
            is_here, length = self.on_day(session, day), int(table.length[session])
            self.cp.add(first <= self.start[session]).only_enforce_if(is_here)
            self.cp.add(last >= self.start[session] + length).only_enforce_if(is_here)
        spoken = sum(int(table.length[session]) * self.on_day(session, day) for session in held)
        self.cp.add(idle >= last - first - spoken)
        return idle

    def _add_balance_costs(self) -> None:
        weight = self.table.problem.weights.balance
        if not weight:
            return
        for day, share in enumerate(self.table.share.tolist()):
            load = [
                int(self.table.length[one]) * self.on_day(one, day) for one in self.asked if self._may_be_on(one, day)
            ]
            if load:
                over = self.cp.new_int_var(0, int(self.table.length.sum()), f"over{day}")
                self.cp.add(over >= sum(load) - share)
                self.costs.append(weight * over)

    # --- solving ---

    def begin_from(self, cells: Cells) -> None:
        """Begin the search from these places: a hint for every variable, read off a solve in which nothing is left open."""
        fixed = self.cp.clone()
        for session in self.free:
            start, room = cells[session]
            fixed.add(fixed.get_int_var_from_proto_index(self.start[session].index) == start)
            fixed.add(fixed.get_bool_var_from_proto_index(self.in_room[session, room].index) == 1)
        fixed.minimize(sum(self.costs))
        solver = cp_model.CpSolver()
        solver.parameters.max_time_in_seconds = 5
        solver.parameters.num_workers = 1
        if solver.solve(fixed) in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            for index, value in enumerate(solver.response_proto.solution):
                self.cp.add_hint(self.cp.get_int_var_from_proto_index(index), value)

    def _rooms_of(self, session: int) -> list[tuple[int, int]]:
        return [(session, room) for room in range(self.table.rooms) if (session, room) in self.in_room]

    def cells(self, value: Callable[[Any], int]) -> Cells:
        """Where everybody asked is, read with `value` from a solver or one of its solutions."""
        found: Cells = {}
        for session in self.asked:
            room = next(room for _, room in self._rooms_of(session) if value(self.in_room[session, room]))
            found[session] = int(value(self.start[session])), room
        return found


def runs(flags: list[bool]) -> list[tuple[int, int]]:
    """The half-open stretches in which the flags hold."""
    found: list[tuple[int, int]] = []
    for index, flag in enumerate(flags):
        if flag and found and found[-1][1] == index:
            found[-1] = found[-1][0], index + 1
        elif flag:
            found.append((index, index + 1))
    return found


class _Watch(cp_model.CpSolverSolutionCallback):
    """Hears of every timetable that CP-SAT meets."""

    def __init__(self, heard: Callable[[int, int], None]) -> None:
        super().__init__()
        self._heard = heard

    def on_solution_callback(self) -> None:
        self._heard(round(self.objective_value), round(self.best_objective_bound))


def search(
    model: cp_model.CpModel,
    watch: Stopwatch,
    *,
    seed: int,
    workers: int,
    limit_s: float,
    heard: Callable[[int, int], None] | None = None,
    effort: float | None = None,
) -> tuple[Any, Any]:
    """CP-SAT's solver after its search, and its status; ends soon after somebody wants to stop.

    `effort` is a limit in CP-SAT's deterministic seconds, which no load of the machine changes.
    """
    from threading import Event, Thread

    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = max(0.01, min(limit_s, watch.left_s))
    if effort is not None:
        solver.parameters.max_deterministic_time = effort
    solver.parameters.random_seed = seed
    solver.parameters.num_workers = workers
    ended = Event()

    def attend() -> None:
        while not ended.wait(0.1):
            if watch.was_stopped:
                solver.stop_search()

    attendant = Thread(target=attend, daemon=True)
    attendant.start()
    try:
        status = solver.solve(model, _Watch(heard) if heard else None)
    finally:
        ended.set()
        attendant.join()
    return solver, status


def least_of(solver: Any) -> int:
    """The proven lower bound of a whole-numbered objective."""
    return math.ceil(float(solver.best_objective_bound) - 1e-6)
