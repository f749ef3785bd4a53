"""A quick timetable without a solver: best insertion with ejections, then ruin and recreate.

Insertion tries every start and room of one session at once, on arrays, so it costs about the same for 40 sessions as for
1,000. Sessions for which no place is left push out those in their way, which grow harder to push each time (ejection
search after Nagata & Bräysy 2009, "A powerful route minimization heuristic"). Improvement removes related sessions and
inserts them again at the lowest cost (Schrimpf et al. 2000, "Record breaking optimization results using the ruin and
recreate principle"), accepted while the cost is within a shrinking band of the record.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from .table import Bools, Ints, MealTime, Table

Cells = dict[int, tuple[int, int]]
"""Where sessions are: (start, room) by session."""


@dataclass(frozen=True)
class Options:
    """The places of one session: for rooms × starts, what it adds to the cost and whether it fits."""

    rooms: Ints
    starts: Ints
    costs: Ints
    fits: Bools


class Draft:
    """A timetable in the making, with what is needed to insert one session more."""

    def __init__(self, table: Table) -> None:
        self.table = table
        sessions, rooms, steps = table.sessions, table.rooms, table.steps
        self.start: Ints = np.full(sessions, -1, dtype=np.int64)
        self.room: Ints = np.full(sessions, -1, dtype=np.int64)
        self.taken = np.full((rooms, steps), -1, dtype=np.int64)  # the session that is on
        self.filled = np.zeros((rooms, steps + 1), dtype=np.int32)  # running sum of what is taken or closed
        self.filled[:, 1:] = np.cumsum(table.closed, axis=1)
        self.held = np.zeros(steps + 1, dtype=np.int32)  # sessions that are on
        self.plenaries = np.zeros(steps + 1, dtype=np.int32)
        self.load: Ints = np.zeros(len(table.problem.days), dtype=np.int64)
        self.in_room: Ints = np.zeros((max(1, table.tracks), rooms), dtype=np.int64)  # sessions of a track in a room
        self.starts = [np.flatnonzero(row) for row in table.starts_ok]
        self.rooms = [np.flatnonzero(row) for row in table.rooms_ok]
        closed = np.zeros((rooms, steps + 1), dtype=np.int32)
        closed[:, 1:] = np.cumsum(table.closed, axis=1)
        self.closed_sum = closed

    # --- changing ---

    def place(self, session: int, start: int, room: int) -> None:
        self.start[session], self.room[session] = start, room
        self._change(session, 1)
        self.taken[room, start : start + self.table.length[session]] = session

    def remove(self, session: int) -> tuple[int, int]:
        """Take it out; where it was."""
        start, room = int(self.start[session]), int(self.room[session])
        self.taken[room, start : start + self.table.length[session]] = -1
        self._change(session, -1)
        self.start[session] = self.room[session] = -1
        return start, room

    def _change(self, session: int, sign: int) -> None:
        table, start, room = self.table, int(self.start[session]), int(self.room[session])
        length = int(table.length[session])
        end = start + length
        self.filled[room, start + 1 : end + 1] += sign * np.arange(1, length + 1, dtype=np.int32)
        self.filled[room, end + 1 :] += sign * length
        self.held[start:end] += sign
        if table.is_plenary[session]:
            self.plenaries[start:end] += sign
        self.load[table.day_at[start]] += sign * length
        if table.track[session] >= 0:
            self.in_room[table.track[session], room] += sign

    @property
    def cells(self) -> Cells:
        return {
            session: (int(self.start[session]), int(self.room[session]))
            for session in range(self.table.sessions)
            if self.start[session] >= 0
        }

    # --- looking ---

    def options(self, session: int) -> Options:
        """Every place that the problem allows the session by itself, for a session that is not placed."""
        table, starts, rooms = self.table, self.starts[session], self.rooms[session]
        length = int(table.length[session])
        fits = self.filled[np.ix_(rooms, starts + length)] == self.filled[np.ix_(rooms, starts)]
        fits &= self._alone(session, starts)[None, :]
        for mate in table.mates[session]:
            if self.start[mate] >= 0:
                fits &= self._apart(session, mate, rooms, starts)
        fits &= self._in_order(session, starts)[None, :]
        fits &= self._fed(session, starts)[None, :]
        when = (
            self._overlap_costs(session, starts) + self._idle_costs(session, starts) + self._day_costs(session, starts)
        )
        where = table.overflow[session, rooms] + self._track_costs(session, rooms)
        return Options(rooms, starts, where[:, None] + when[None, :], fits)

    def marginal(self, session: int, start: int, room: int) -> int:
        """What the session adds to the cost at this place, for a session that is not placed."""
        starts, rooms = np.array([start]), np.array([room])
        when = (
            self._overlap_costs(session, starts) + self._idle_costs(session, starts) + self._day_costs(session, starts)
        )
        return int(when[0] + self.table.overflow[session, room] + self._track_costs(session, rooms)[0])

    def _alone(self, session: int, starts: Ints) -> Bools:
        against = self.held if self.table.is_plenary[session] else self.plenaries
        summed = np.concatenate(([0], np.cumsum(against)))
        alone: Bools = summed[starts + self.table.length[session]] == summed[starts]
        return alone

    def _apart(self, session: int, mate: int, rooms: Ints, starts: Ints) -> Bools:
        begins, room = int(self.start[mate]), int(self.room[mate])
        ends = begins + int(self.table.length[mate])
        gaps = self.table.gap[rooms, room][:, None]
        apart: Bools = (starts[None, :] + self.table.length[session] + gaps <= begins) | (
            starts[None, :] >= ends + gaps
        )
        return apart

    def _in_order(self, session: int, starts: Ints) -> Bools:
        table = self.table
        kept = np.ones(len(starts), dtype=np.bool_)
        for other, gap in table.leaders[session]:
            if self.start[other] >= 0:
                kept &= starts >= self.start[other] + table.length[other] + gap
        for other, gap in table.followers[session]:
            if self.start[other] >= 0:
                kept &= starts + table.length[session] + gap <= self.start[other]
        return kept

    def _fed(self, session: int, starts: Ints) -> Bools:
        fed = np.ones(len(starts), dtype=np.bool_)
        for meal in self.table.meals:
            here = self.table.day_at[starts] == meal.day
            if not here.any():
                continue
            for person in self.table.people_of[session]:
                fed &= ~here | self._leaves_time(session, person, meal, starts)
        return fed

    def _leaves_time(self, session: int, person: int, meal: MealTime, starts: Ints) -> Bools:
        ends = starts + self.table.length[session]
        leaves = np.zeros(len(starts), dtype=np.bool_)
        for low, high in self.free_runs(person, meal, session):
            leaves |= np.minimum(high, starts) - low >= meal.length
            leaves |= high - np.maximum(low, ends) >= meal.length
        return leaves

    def free_runs(self, person: int, meal: MealTime, without: int) -> list[tuple[int, int]]:
        """What of the meal's time the person's other sessions leave, in order."""
        busy = sorted(
            (int(self.start[other]), int(self.start[other] + self.table.length[other]))
            for other in self.table.sessions_of[person]
            if other != without and self.start[other] >= 0
        )
        runs, low = [], meal.low
        for begins, ends in busy:
            if begins > low:
                runs.append((low, min(begins, meal.high)))
            low = max(low, ends)
        runs.append((low, meal.high))
        return [(low, high) for low, high in runs if high > low]

    def _overlap_costs(self, session: int, starts: Ints) -> Ints:
        others, costs = self.table.partners[session]
        if not len(others):
            return np.zeros(len(starts), dtype=np.int64)
        at = self.start[others]
        on = at >= 0
        others, costs, at = others[on], costs[on], at[on]
        if len(starts) == 1:
            overlaps = (at < starts[0] + self.table.length[session]) & (starts[0] < at + self.table.length[others])
            return np.array([costs[overlaps].sum()], dtype=np.int64)
        rise = np.zeros(self.table.steps + 1, dtype=np.int64)
        np.add.at(rise, np.maximum(0, at - self.table.length[session] + 1), costs)
        np.add.at(rise, at + self.table.length[others], -costs)
        summed: Ints = np.cumsum(rise)[starts]
        return summed

    def _idle_costs(self, session: int, starts: Ints) -> Ints:
        table, weight = self.table, self.table.problem.weights.idle
        idle = np.zeros(len(starts), dtype=np.int64)
        if not weight:
            return idle
        length = int(table.length[session])
        days = table.day_at[starts]
        for person in table.people_of[session]:
            of_day: dict[int, tuple[int, int]] = {}
            for other in table.sessions_of[person]:
                if other != session and self.start[other] >= 0:
                    begins = int(self.start[other])
                    ends, day = begins + int(table.length[other]), int(table.day_at[begins])
                    first, last = of_day.get(day, (begins, ends))
                    of_day[day] = min(first, begins), max(last, ends)
            for day, (first, last) in of_day.items():
                waits = np.maximum(last, starts + length) - np.minimum(first, starts) - length - (last - first)
                idle += np.where(days == day, waits, 0)
        return idle * weight

    def _day_costs(self, session: int, starts: Ints) -> Ints:
        weight = self.table.problem.weights.balance
        over = np.maximum(0, self.load + self.table.length[session] - self.table.share)
        over -= np.maximum(0, self.load - self.table.share)
        costs: Ints = over[self.table.day_at[starts]] * weight
        return costs

    def _track_costs(self, session: int, rooms: Ints) -> Ints:
        track = int(self.table.track[session])
        if track < 0 or not self.in_room[track].any():
            return np.zeros(len(rooms), dtype=np.int64)
        costs: Ints = np.where(self.in_room[track, rooms] > 0, 0, self.table.problem.weights.track_room)
        return costs

    # --- being in the way ---

    def conflicts(self, session: int, start: int, room: int) -> set[int]:
        """The placed sessions because of which this place does not fit; meals blame all sessions of the person that day."""
        table = self.table
        end = start + int(table.length[session])
        others = {int(other) for other in np.unique(self.taken[room, start:end]) if other >= 0}
        if table.is_plenary[session] or self.plenaries[start:end].any():
            for other in np.unique(self.taken[:, start:end]):
                if other >= 0 and (table.is_plenary[session] or table.is_plenary[other]):
                    others.add(int(other))
        for mate in table.mates[session]:
            if self.start[mate] >= 0:
                gap, begins = int(table.gap[room, self.room[mate]]), int(self.start[mate])
                if not (end + gap <= begins or start >= begins + table.length[mate] + gap):
                    others.add(mate)
        for other, gap in table.leaders[session]:
            if self.start[other] >= 0 and start < self.start[other] + table.length[other] + gap:
                others.add(other)
        for other, gap in table.followers[session]:
            if self.start[other] >= 0 and end + gap > self.start[other]:
                others.add(other)
        return others | self._hungry(session, start)

    def _hungry(self, session: int, start: int) -> set[int]:
        table, others = self.table, set()
        starts = np.array([start])
        for meal in table.meals:
            if meal.day != table.day_at[start]:
                continue
            for person in table.people_of[session]:
                if not self._leaves_time(session, person, meal, starts)[0]:
                    others |= {
                        other
                        for other in table.sessions_of[person]
                        if other != session and meal.low - table.length[other] < self.start[other] < meal.high
                    }
        return others


def _cheapest(options: Options, rng: np.random.Generator) -> tuple[int, int] | None:
    """The start and room that fit at the lowest cost, by chance among equals; None where nothing fits."""
    if not options.fits.any():
        return None
    costs = np.where(options.fits, options.costs, np.iinfo(np.int64).max)
    rows, columns = np.nonzero(costs == costs.min())
    chosen = int(rng.integers(len(rows)))
    return int(options.starts[columns[chosen]]), int(options.rooms[rows[chosen]])


def _packed(options: Options, draft: Draft, session: int, rng: np.random.Generator) -> tuple[int, int] | None:
    """The cheapest place, of equals one that leaves no useless gap beside it, else the earliest."""
    if not options.fits.any():
        return None
    costs = np.where(options.fits, options.costs, np.iinfo(np.int64).max)
    rows, columns = np.nonzero(costs == costs.min())
    starts, rooms = options.starts[columns], options.rooms[rows]
    ends = starts + int(draft.table.length[session])
    open_at = draft.table.day_at >= 0
    touches = (draft.taken[rooms, np.maximum(0, starts - 1)] >= 0).astype(np.int64)
    touches += draft.taken[rooms, np.minimum(draft.table.steps - 1, ends)] >= 0
    touches += ~open_at[np.maximum(0, starts - 1)] | (starts == 0)
    keys = -touches * draft.table.steps + starts
    best = np.flatnonzero(keys == keys.min())
    chosen = int(best[int(rng.integers(len(best)))])
    return int(starts[chosen]), int(rooms[chosen])


def construct(
    table: Table,
    draft: Draft,
    sessions: Iterable[int],
    rng: np.random.Generator,
    *,
    is_over: Callable[[], bool],
    ejections: int,
    is_free: Bools | None = None,
) -> bool:
    """Place all of `sessions` in the draft; False if `ejections` were not enough or the time was over."""
    waiting = sorted(sessions, key=lambda one: _freedom(table, one))
    hardness = np.ones(table.sessions, dtype=np.int64)
    left = ejections
    movable = np.ones(table.sessions, dtype=np.bool_) if is_free is None else is_free
    while waiting:
        session = waiting.pop(0)
        options = draft.options(session)
        found = _packed(options, draft, session, rng)
        if found is not None:
            draft.place(session, *found)
            continue
        if left <= 0 or is_over():
            return False
        left -= 1
        pushed = _eject(draft, session, options, hardness, movable, rng)
        if pushed is None:
            return False
        waiting = [*sorted(pushed, key=lambda one: _freedom(table, one)), *waiting]
    return True


def _freedom(table: Table, session: int) -> tuple[int, float]:
    """Fixed sessions and plenaries first, then those with the fewest places for their length."""
    is_fixed = table.problem.sessions[session].fixed is not None
    places = float(table.starts_ok[session].sum()) * float(table.rooms_ok[session].sum())
    demand = float(table.length[session]) * (1 + len(table.mates[session]))
    return 0 if is_fixed else 1 if table.is_plenary[session] else 2, places / demand


def _eject(
    draft: Draft, session: int, options: Options, hardness: Ints, movable: Bools, rng: np.random.Generator
) -> list[int] | None:
    """Put the session where what is in its way is lightest; who had to go, or None where nobody may."""
    hardness[session] += 1
    lightest: tuple[int, int, int, set[int]] | None = None
    for start, room in _promising(draft, session, options, hardness, rng):
        others = draft.conflicts(session, start, room)
        if not others or not all(movable[other] for other in others):
            continue
        weight = int(sum(hardness[other] for other in others))
        if lightest is None or weight < lightest[0]:
            lightest = weight, start, room, others
    if lightest is None:
        return None
    _, start, room, others = lightest
    for other in others:
        draft.remove(other)
    draft.place(session, start, room)
    return sorted(others)


def _promising(
    draft: Draft, session: int, options: Options, hardness: Ints, rng: np.random.Generator, count: int = 40
) -> list[tuple[int, int]]:
    """Places where the sum of hardness in the way looks lowest: by room, person and order, counted in one go."""
    table, starts, rooms = draft.table, options.starts, options.rooms
    if not len(starts) or not len(rooms):
        return []
    length = int(table.length[session])
    weight = np.zeros((table.rooms, table.steps + 1), dtype=np.int64)
    on = np.flatnonzero(draft.start >= 0)
    lows, highs = np.maximum(0, draft.start[on] - length + 1), draft.start[on] + table.length[on]
    if table.is_plenary[session]:
        change = np.zeros(table.steps + 1, dtype=np.int64)
        np.add.at(change, lows, hardness[on])
        np.add.at(change, highs, -hardness[on])
        weight += change[None, :]
    else:
        np.add.at(weight, (draft.room[on], lows), hardness[on])
        np.add.at(weight, (draft.room[on], highs), -hardness[on])
        for other in on[table.is_plenary[on]]:
            weight[:, max(0, draft.start[other] - length + 1)] += hardness[other]
            weight[:, draft.start[other] + table.length[other]] -= hardness[other]
    light = np.cumsum(weight, axis=1)[np.ix_(rooms, starts)]
    for mate in table.mates[session]:
        if draft.start[mate] >= 0:
            light += np.where(draft._apart(session, mate, rooms, starts), 0, hardness[mate])
    light += np.where(draft._in_order(session, starts), 0, 3)[None, :]
    light += np.where(draft._fed(session, starts), 0, 3)[None, :]
    shut = draft.closed_sum[np.ix_(rooms, starts + length)] != draft.closed_sum[np.ix_(rooms, starts)]
    scored = light.astype(np.float64) + rng.random(light.shape) * 0.9
    scored[shut] = np.inf
    flat = np.argpartition(scored, min(count, scored.size - 1), axis=None)[:count]
    chosen = [(int(starts[index % len(starts)]), int(rooms[index // len(starts)])) for index in flat.tolist()]
    return [cell for cell, index in zip(chosen, flat.tolist(), strict=True) if np.isfinite(scored.flat[index])]


def cost_of(table: Table, cells: Cells) -> int:
    """What the placed sessions cost together: the sum of what each adds to those before it."""
    draft, whole = Draft(table), 0
    for session, (start, room) in cells.items():
        whole += draft.marginal(session, start, room)
        draft.place(session, start, room)
    return whole


def improve(
    table: Table,
    draft: Draft,
    free: Ints,
    rng: np.random.Generator,
    *,
    rounds: int,
    is_over: Callable[[], bool],
    on_better: Callable[[int], None] = lambda cost: None,
    band: float = 0.02,
    floor: int = 0,
) -> tuple[Cells, int]:
    """The best complete timetable met in `rounds` of ruin and recreate, and its cost; the draft is left anywhere.

    `free` are the sessions that may move; `floor` is a cost that nothing can beat, at which it stops at once.
    """
    cost = best = cost_of(table, draft.cells)
    record = draft.cells
    for number in range(rounds):
        if best <= floor or not len(free) or is_over():
            break
        places: Cells = {}
        without = cost
        for session in _ruined(table, draft, free, rng):
            places[session] = draft.remove(session)
            without -= draft.marginal(session, *places[session])
        after = _recreated(draft, places, rng, without)
        if after is None or after > best + band * (1 - number / rounds) * best:
            _undo(draft, places)
            continue
        cost = after
        if cost < best:
            best, record = cost, draft.cells
            on_better(best)
    return record, best


def _ruined(table: Table, draft: Draft, free: Ints, rng: np.random.Generator) -> list[int]:
    """A few sessions that have to do with one another: by time, by track, by audience, by people, or by chance."""
    seed = int(free[int(rng.integers(len(free)))])
    size = min(len(free), 2 + int(rng.integers(7)))
    kind = int(rng.integers(4))
    pool: Ints
    if kind == 0:
        distance = np.abs(draft.start[free] - draft.start[seed])
        pool = free[np.argsort(distance + rng.random(len(free)) * 6)[: size * 3]]
    elif kind == 1:
        pool = np.concatenate((table.partners[seed][0], np.array(table.mates[seed], dtype=np.int64)))
    elif kind == 2 and table.track[seed] >= 0:
        pool = free[table.track[free] == table.track[seed]]
    else:
        same = draft.room[free] == draft.room[seed]
        pool = free[same] if rng.random() < 0.5 else free
    pool = np.intersect1d(pool, free)
    chosen = rng.permutation(pool)[: size - 1].tolist()
    return [seed, *(int(one) for one in chosen if one != seed)]


def _recreated(draft: Draft, places: Cells, rng: np.random.Generator, cost: int) -> int | None:
    """Insert removed sessions again, longest first or in any order; the new cost, or None where one found no place."""
    gone = list(places)
    if rng.random() < 0.5:
        order = sorted(gone, key=lambda one: (-int(draft.table.length[one]), one))
    else:
        order = [gone[int(index)] for index in rng.permutation(len(gone))]
    for session in order:
        found = _cheapest(draft.options(session), rng)
        if found is None:
            return None
        cost += draft.marginal(session, *found)
        draft.place(session, *found)
    return cost


def _undo(draft: Draft, places: Cells) -> None:
    for session in places:
        if draft.start[session] >= 0:
            draft.remove(session)
    for session, cell in places.items():
        draft.place(session, *cell)
