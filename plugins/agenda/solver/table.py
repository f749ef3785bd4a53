"""A problem as arrays of steps: what the heuristic and the models are built from."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from .problem import GRID_MIN, Placement, Problem, Session, Span

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class MealTime:
    """In steps: `length` of [low, high) stay free for everybody on stage on the day."""

    day: int
    low: int
    high: int
    length: int


@dataclass(frozen=True)
class Table:
    """A problem in whole steps of the grid from `origin` (minutes) on; sessions, rooms, people, days by their index."""

    problem: Problem
    origin: int
    steps: int
    length: Ints  # (sessions,)
    starts_ok: Bools  # (sessions, steps): days, breaks, meals, windows, availability and the fixed start allow it
    rooms_ok: Bools  # (sessions, rooms): wanted rooms, seats, features and the fixed room allow it
    closed: Bools  # (rooms, steps)
    day_at: Ints  # (steps,), -1 at night
    gap: Ints  # (rooms, rooms): steps that a person needs between them
    is_plenary: Bools  # (sessions,)
    people_of: list[list[int]]
    sessions_of: list[list[int]]
    mates: list[list[int]]  # sessions that share a person
    before: list[tuple[int, int, int]]  # first, then, gap in steps
    followers: list[list[tuple[int, int]]]  # (then, gap)
    leaders: list[list[tuple[int, int]]]  # (first, gap)
    meals: list[MealTime]
    partners: list[tuple[Ints, Ints]]  # sessions that it should not overlap, and what each overlap costs
    pairs: dict[tuple[int, int], int]  # the same, once for each pair
    overflow: Ints  # (sessions, rooms): what too few seats cost
    track: Ints  # (sessions,), -1 none
    tracks: int
    share: Ints  # (days,): steps beyond which a day costs
    room_of: dict[str, int] = field(default_factory=dict)
    session_of: dict[str, int] = field(default_factory=dict)

    @property
    def sessions(self) -> int:
        return len(self.problem.sessions)

    @property
    def rooms(self) -> int:
        return len(self.problem.rooms)

    def step(self, minute: int) -> int:
        return (minute - self.origin) // GRID_MIN

    def minute(self, step: int) -> int:
        return self.origin + step * GRID_MIN

    def cell_of(self, placement: Placement) -> tuple[int, int]:
        """Start (step) and room; the room may be -1 where the problem does not know it."""
        return self.step(placement.start), self.room_of.get(placement.room, -1)

    def allows(self, session: int, step: int, room: int) -> bool:
        """The place alone is allowed, whatever else is held: no other session is looked at."""
        if room < 0 or not 0 <= step < self.steps or not self.starts_ok[session, step]:
            return False
        return bool(self.rooms_ok[session, room] and not self.closed[room, step : step + self.length[session]].any())

    def placements(self, cells: list[tuple[int, int]]) -> tuple[Placement, ...]:
        """By start, then room, from (step, room) of every session."""
        made = (
            Placement(session.code, self.problem.rooms[room].code, self.minute(step))
            for session, (step, room) in zip(self.problem.sessions, cells, strict=True)
        )
        return tuple(sorted(made, key=lambda one: (one.start, one.room, one.session)))


def allowed_rooms(problem: Problem, session: Session) -> list[bool]:
    return [
        (not session.rooms or room.code in session.rooms)
        and (not room.capacity or room.capacity >= session.seats)
        and set(session.features) <= set(room.features)
        and (session.fixed is None or session.fixed.room == room.code)
        for room in problem.rooms
    ]


def table_of(problem: Problem) -> Table:
    """The arrays of a problem without faults."""
    origin = min((day.open.start for day in problem.days), default=0)
    end = max((day.open.end for day in problem.days), default=origin)
    steps = max(0, steps_up(end - origin))
    session_of = {session.code: index for index, session in enumerate(problem.sessions)}
    people_of, sessions_of = _on_stage(problem)
    before = [(session_of[one.first], session_of[one.then], steps_up(one.gap_min)) for one in problem.order]
    track, tracks = _tracks(problem)
    pairs = _pair_costs(problem, session_of, track)
    return Table(
        problem=problem,
        origin=origin,
        steps=steps,
        length=np.array([steps_up(session.duration_min) for session in problem.sessions], dtype=np.int64),
        starts_ok=_starts_ok(problem, origin, steps),
        rooms_ok=_rooms_ok(problem),
        closed=_closed(problem, origin, steps),
        day_at=_day_at(problem, origin, steps),
        gap=_gaps(problem),
        is_plenary=np.array([session.is_plenary for session in problem.sessions], dtype=np.bool_),
        people_of=people_of,
        sessions_of=sessions_of,
        mates=_mates(people_of, sessions_of),
        before=before,
        followers=_neighbours(len(problem.sessions), before),
        leaders=_neighbours(len(problem.sessions), [(then, first, gap) for first, then, gap in before]),
        meals=_meals(problem, origin),
        partners=_partners(pairs, len(problem.sessions)),
        pairs=pairs,
        overflow=_overflow(problem),
        track=track,
        tracks=tracks,
        share=_shares(problem),
        room_of={room.code: index for index, room in enumerate(problem.rooms)},
        session_of=session_of,
    )


def steps_up(minutes: int) -> int:
    """Whole steps of the grid that hold so many minutes."""
    return -(-minutes // GRID_MIN)


def _rooms_ok(problem: Problem) -> Bools:
    rows = [allowed_rooms(problem, session) for session in problem.sessions]
    return np.array(rows, dtype=np.bool_).reshape(len(problem.sessions), len(problem.rooms))


def _on_stage(problem: Problem) -> tuple[list[list[int]], list[list[int]]]:
    """The people of each session and the sessions of each person; people that only sessions name come last, by code."""
    codes = [person.code for person in problem.people]
    codes += sorted({code for session in problem.sessions for code in session.people} - set(codes))
    person_of = {code: index for index, code in enumerate(codes)}
    people_of = [[person_of[code] for code in dict.fromkeys(session.people)] for session in problem.sessions]
    sessions_of: list[list[int]] = [[] for _ in codes]
    for session, people in enumerate(people_of):
        for person in people:
            sessions_of[person].append(session)
    return people_of, sessions_of


def _mates(people_of: list[list[int]], sessions_of: list[list[int]]) -> list[list[int]]:
    return [
        sorted({other for person in people for other in sessions_of[person]} - {session})
        for session, people in enumerate(people_of)
    ]


def _neighbours(sessions: int, edges: list[tuple[int, int, int]]) -> list[list[tuple[int, int]]]:
    """For each session the `(other, gap)` of its edges `(session, other, gap)`."""
    neighbours: list[list[tuple[int, int]]] = [[] for _ in range(sessions)]
    for session, other, gap in edges:
        neighbours[session].append((other, gap))
    return neighbours


def _meals(problem: Problem, origin: int) -> list[MealTime]:
    return [
        MealTime(
            index,
            (meal.within.start - origin) // GRID_MIN,
            (meal.within.end - origin) // GRID_MIN,
            steps_up(meal.length_min),
        )
        for index, day in enumerate(problem.days)
        for meal in day.meals
    ]


def _within(starts: Ints, length: int, span: Span) -> Bools:
    inside: Bools = (starts >= span.start) & (starts + length <= span.end)
    return inside


def _outside(starts: Ints, length: int, span: Span) -> Bools:
    outside: Bools = (starts >= span.end) | (starts + length <= span.start)
    return outside


def _any_within(starts: Ints, length: int, spans: tuple[Span, ...]) -> Bools:
    inside = np.zeros(len(starts), dtype=np.bool_)
    for span in spans:
        inside |= _within(starts, length, span)
    return inside


def _starts_ok(problem: Problem, origin: int, steps: int) -> Bools:
    starts = origin + GRID_MIN * np.arange(steps, dtype=np.int64)
    people = {person.code: person for person in problem.people}
    breaks = [span for day in problem.days for span in day.breaks]
    opens = tuple(day.open for day in problem.days)
    frame: dict[int, Bools] = {}
    allowed = np.zeros((len(problem.sessions), steps), dtype=np.bool_)
    for index, session in enumerate(problem.sessions):
        length = session.duration_min
        if length not in frame:
            frame[length] = _any_within(starts, length, opens)
            for span in breaks:
                frame[length] = frame[length] & _outside(starts, length, span)
        row = frame[length].copy()
        if session.windows:
            row &= _any_within(starts, length, session.windows)
        for code in session.people:
            person = people.get(code)
            if person is None:
                continue
            if person.available:
                row &= _any_within(starts, length, merged(person.available))
            for span in person.unavailable:
                row &= _outside(starts, length, span)
        if session.people:
            row &= _leaves_meals(problem, starts, length)
        if session.fixed is not None:
            row &= starts == session.fixed.start
        allowed[index] = row
    return allowed


def _leaves_meals(problem: Problem, starts: Ints, length: int) -> Bools:
    """Whether somebody who is in this session alone has time left for every meal of its day."""
    leaves = np.ones(len(starts), dtype=np.bool_)
    for day in problem.days:
        for meal in day.meals:
            before = np.minimum(starts, meal.within.end) - meal.within.start >= meal.length_min
            after = meal.within.end - np.maximum(starts + length, meal.within.start) >= meal.length_min
            leaves &= before | after | ~_within(starts, length, day.open)
    return leaves


def merged(spans: tuple[Span, ...]) -> tuple[Span, ...]:
    """Spans that touch or overlap made one, in order."""
    joined: list[Span] = []
    for span in sorted(spans):
        if joined and span.start <= joined[-1].end:
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, span.end))
        else:
            joined.append(span)
    return tuple(joined)


def _closed(problem: Problem, origin: int, steps: int) -> Bools:
    closed = np.zeros((len(problem.rooms), steps), dtype=np.bool_)
    for index, room in enumerate(problem.rooms):
        for span in room.closed:
            low = max(0, (span.start - origin) // GRID_MIN)
            closed[index, low : max(low, steps_up(span.end - origin))] = True
    return closed


def _day_at(problem: Problem, origin: int, steps: int) -> Ints:
    days = np.full(steps, -1, dtype=np.int64)
    for index, day in enumerate(problem.days):
        days[(day.open.start - origin) // GRID_MIN : steps_up(day.open.end - origin)] = index
    return days


def ways(problem: Problem) -> dict[tuple[str, str], int]:
    """Minutes between two places, in both orders; the longest where a way is given twice."""
    found: dict[tuple[str, str], int] = {}
    for way in problem.travel:
        for key in ((way.one, way.other), (way.other, way.one)):
            found[key] = max(found.get(key, 0), way.minutes)
    return found


def _gaps(problem: Problem) -> Ints:
    between = ways(problem)
    gaps = np.zeros((len(problem.rooms), len(problem.rooms)), dtype=np.int64)
    for one, room in enumerate(problem.rooms):
        for other, there in enumerate(problem.rooms):
            if one != other:
                way = between.get((room.place, there.place), 0) if room.place != there.place else 0
                gaps[one, other] = steps_up(max(problem.changeover_min, way))
    return gaps


def _tracks(problem: Problem) -> tuple[Ints, int]:
    names = {session.track for session in problem.sessions if session.track and not session.is_plenary}
    at = {name: index for index, name in enumerate(sorted(names))}
    track = [-1 if session.is_plenary else at.get(session.track, -1) for session in problem.sessions]
    return np.array(track, dtype=np.int64), len(at)


def _pair_costs(problem: Problem, at: dict[str, int], track: Ints) -> dict[tuple[int, int], int]:
    """What it costs when both sessions of a pair are on at once; pairs that cost nothing are left out."""
    costs: dict[tuple[int, int], int] = {}
    for clash in problem.clashes:
        one, other = sorted((at[clash.one], at[clash.other]))
        if one != other:
            costs[one, other] = costs.get((one, other), 0) + clash.people * problem.weights.clash
    for index in range(int(track.max(initial=-1)) + 1):
        members = [int(member) for member in np.flatnonzero(track == index)]
        for place, one in enumerate(members):
            for other in members[place + 1 :]:
                costs[one, other] = costs.get((one, other), 0) + problem.weights.track_parallel
    return {pair: cost for pair, cost in sorted(costs.items()) if cost}


def _partners(pairs: dict[tuple[int, int], int], sessions: int) -> list[tuple[Ints, Ints]]:
    found: list[list[tuple[int, int]]] = [[] for _ in range(sessions)]
    for (one, other), cost in pairs.items():
        found[one].append((other, cost))
        found[other].append((one, cost))
    return [
        (
            np.array([other for other, _ in row], dtype=np.int64),
            np.array([cost for _, cost in row], dtype=np.int64),
        )
        for row in found
    ]


def _overflow(problem: Problem) -> Ints:
    seats = np.array([room.capacity for room in problem.rooms], dtype=np.int64)
    guests = np.array([session.audience for session in problem.sessions], dtype=np.int64)
    over = np.maximum(0, guests[:, None] - seats[None, :])
    over[:, seats == 0] = 0
    result: Ints = over * problem.weights.overflow
    return result


def _shares(problem: Problem) -> Ints:
    opening = []
    for day in problem.days:
        held = [
            Span(max(span.start, day.open.start), min(span.end, day.open.end))
            for span in merged(day.breaks)
            if span.start < day.open.end and span.end > day.open.start
        ]
        opening.append(day.open.end - day.open.start - sum(span.end - span.start for span in held))
    work, whole = sum(session.duration_min for session in problem.sessions), sum(opening)
    shares = [-(-work * minutes // (whole * GRID_MIN)) if whole else 0 for minutes in opening]
    return np.array(shares, dtype=np.int64)
