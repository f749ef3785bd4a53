"""What a timetable is to keep: the draft and the organiser's wishes as a solver's problem, and its answer as moves.

The solver counts minutes on one axis, in whole steps. Here that axis begins at midnight of the event's first day, in the
event's zone, and counts minutes that pass: on the day on which clocks go back, noon is 13 hours after midnight.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from plenaria.core.kernel.values import N_
from plenaria.plugins.agenda.solver import problem as solver
from plenaria.plugins.agenda.solver.problem import GRID_MIN, Placement, Problem, Span

from .schedule import Draft, Session

MayMove = Literal["unplaced", "drafts", "all"]

MAY_MOVE: Final[Mapping[MayMove, str]] = {
    "unplaced": N_("Only sessions without a start or a room"),
    "drafts": N_("Also drafts that have a start and a room; confirmed sessions stay"),
    "all": N_("All sessions, confirmed ones too"),
}

Importance = Literal["off", "some", "much"]

IMPORTANCE: Final[Mapping[Importance, int]] = {"off": 0, "some": 1, "much": 5}
"""How many times its usual weight a soft wish has."""

STEP: Final = timedelta(minutes=GRID_MIN)


class Hours(Struct, frozen=True, kw_only=True):
    """When sessions may be placed, each day, local time; and when people on stage eat (0 minutes: no meal break)."""

    opens: time
    closes: time
    meal_from: time
    meal_until: time
    meal_min: int = 0


class Wishes(Struct, frozen=True, kw_only=True):
    """What is asked of one timetable. `keeps_rooms`: a session that has a room keeps it, and only times are searched for."""

    first_day: date
    last_day: date
    zone: str
    hours: Hours
    may_move: MayMove = "unplaced"
    keeps_rooms: bool = False
    changeover_min: int = 0
    weights: solver.Weights = solver.Weights()


class Spot(Struct, frozen=True, kw_only=True):
    """Where a session that may move is: "" and None for what it lacks."""

    session: str
    room: str
    starts_at: datetime | None


class Move(Struct, frozen=True, kw_only=True):
    """What a proposal does to one session; it had no start (None) or no room ("") where it is new on the board."""

    session: str
    from_room: str
    from_start: datetime | None
    room: str
    starts_at: datetime

    @property
    def is_new(self) -> bool:
        return self.from_start is None


class Axis(Struct, frozen=True):
    """Minutes that have passed since midnight of the first day in the zone. Steps round outwards where it is asked."""

    first_day: date
    zone: str

    @property
    def origin(self) -> datetime:
        return _instant(self.first_day, time(), self.zone)

    def instant(self, minute: int) -> datetime:
        """The instant in UTC."""
        return self.origin + timedelta(minutes=minute)

    def floor(self, at: datetime) -> int:
        """The last step not after this instant."""
        return ((at - self.origin) // STEP) * GRID_MIN

    def ceil(self, at: datetime) -> int:
        """The first step not before this instant."""
        return -((self.origin - at) // STEP) * GRID_MIN

    def around(self, starts_at: datetime, ends_at: datetime) -> Span:
        """The whole steps that this stretch of time touches."""
        return Span(self.floor(starts_at), self.ceil(ends_at))

    def within(self, day: date, opens: time, closes: time) -> Span:
        """The whole steps between two times of that day's clock; one that clocks skip is the instant after."""
        return Span(self.ceil(_instant(day, opens, self.zone)), self.floor(_instant(day, closes, self.zone)))

    def whole_day(self, day: date) -> Span:
        """From midnight to midnight: 23 or 25 hours where clocks change."""
        tomorrow = day + timedelta(days=1)
        return Span(self.floor(_instant(day, time(), self.zone)), self.floor(_instant(tomorrow, time(), self.zone)))


def _instant(day: date, clock: time, zone: str) -> datetime:
    return datetime.combine(day, clock, ZoneInfo(zone)).astimezone(UTC)


# ------------------------------------------------------------------------------------------------ who may move


def may_move(session: Session, draft: Draft, asked: MayMove) -> bool:
    """Whether a session, no break, may be placed elsewhere. What lacks a start or a room always may; else what is fixed never."""
    if session.starts_at is None or not session.room:
        return True
    if session.code in draft.fixed:
        return False
    return asked == "all" or (asked == "drafts" and session.state == "draft")


def spots(draft: Draft, asked: MayMove) -> tuple[Spot, ...]:
    """Where the sessions that may move are now, in a fixed order."""
    found = [
        Spot(session=each.code, room=each.room, starts_at=each.starts_at)
        for each in _talks(draft)
        if may_move(each, draft, asked)
    ]
    return tuple(sorted(found, key=lambda each: each.session))


def too_long(draft: Draft, wishes: Wishes) -> tuple[Session, ...]:
    """Sessions that may move and fit into no day's hours."""
    problem = problem_of(draft, wishes)
    longest = max((day.open.end - day.open.start for day in problem.days), default=0)
    too_long = {each.code for each in problem.sessions if each.fixed is None and each.duration_min > longest}
    return tuple(each for each in draft.sessions if each.code in too_long)


def _talks(draft: Draft) -> Iterator[Session]:
    """What is held and is no break."""
    breaks = _break_types(draft)
    return (each for each in draft.sessions if each.state != "cancelled" and each.type not in breaks)


def _break_types(draft: Draft) -> set[str]:
    return {each.code for each in draft.types if each.is_break}


# ------------------------------------------------------------------------------------------- draft to problem


def problem_of(draft: Draft, wishes: Wishes) -> Problem:
    """The solver's problem.

    Cancelled sessions and breaks without a start are left out. A break with a start closes its room, or everything where it
    has none. A session that may not move is fixed; one that already breaks a rule where it is (two of them in one room,
    outside opening hours, across midnight) is not argued with: its room is closed and its people are not available then.
    A session that only lacks its start or its room keeps the one it has, if it is fixed, or if everything that has both
    stays.
    """
    return _Translation(draft, wishes).problem()


def before(draft: Draft, wishes: Wishes) -> tuple[Placement, ...]:
    """Where the problem's sessions are now, as far as they have a start and a room; nothing where only fixed ones have."""
    axis = Axis(wishes.first_day, wishes.zone)
    problem = problem_of(draft, wishes)
    known = {session.code for session in problem.sessions}
    if not any(each.room and each.starts_at for each in spots(draft, wishes.may_move)):
        return ()
    return tuple(
        Placement(each.code, each.room, axis.floor(each.starts_at))
        for each in draft.sessions
        if each.code in known and each.starts_at is not None and each.room
    )


class _Block(Struct, frozen=True):
    """Time that is taken, in a room ("": in none), by people."""

    span: Span
    room: str
    people: tuple[str, ...]


class _Translation:
    """One draft on its axis, and what of it is fixed, blocked and open."""

    def __init__(self, draft: Draft, wishes: Wishes) -> None:
        self.draft, self.wishes = draft, wishes
        self.axis = Axis(wishes.first_day, wishes.zone)
        self.dates = _dates(wishes.first_day, wishes.last_day)
        self.hours = [self.axis.within(day, wishes.hours.opens, wishes.hours.closes) for day in self.dates]
        self.meals = [self._meals(day) for day in self.dates]
        self.absent = {
            person: _merged(self.axis.around(each.starts_at, each.ends_at) for each in absences)
            for person, absences in draft.absences.items()
        }
        self.pauses, self.closed = self._breaks()
        talks = list(_talks(draft))
        self.open = [each for each in talks if may_move(each, draft, wishes.may_move)]
        staying = [each for each in talks if not may_move(each, draft, wishes.may_move)]
        self.fixed, self.blocked = self._standing(staying)

    def problem(self) -> Problem:
        days = self._days()
        sticks_out = [day.open for day in days] != [each for each in self.hours if each.start < each.end]
        return Problem(
            days=days,
            rooms=tuple(
                solver.Room(code=each.code, capacity=each.capacity, closed=self._closed(each.code))
                for each in self.draft.rooms
            ),
            sessions=(
                *(self._session(each, windows=()) for each in self.fixed),
                *(self._session(each, windows=self._windows(each, sticks_out)) for each in self.open),
            ),
            people=tuple(
                solver.Person(code=person, unavailable=self._unavailable(person)) for person in self._on_stage()
            ),
            changeover_min=-(-self.wishes.changeover_min // GRID_MIN) * GRID_MIN,
            weights=self.wishes.weights,
        )

    # -- time that is taken

    def _meals(self, day: date) -> tuple[solver.Meal, ...]:
        hours = self.wishes.hours
        within = self.axis.within(day, hours.meal_from, hours.meal_until)
        length = -(-hours.meal_min // GRID_MIN) * GRID_MIN
        return (solver.Meal(within, length),) if 0 < length <= within.end - within.start else ()

    def _breaks(self) -> tuple[tuple[Span, ...], dict[str, list[Span]]]:
        """When everything pauses, and by room when it is closed: outside its hours and during its own breaks."""
        pauses: list[Span] = []
        closed: dict[str, list[Span]] = defaultdict(list)
        kinds = _break_types(self.draft)
        for each in self.draft.sessions:
            if each.type in kinds and each.state != "cancelled" and (span := self._span(each)):
                (closed[each.room] if each.room else pauses).append(span)
        for room in self.draft.rooms:
            for day in self.dates if room.opens or room.closes else ():
                whole = self.axis.whole_day(day)
                inside = self.axis.within(day, room.opens or time(), room.closes or time())
                closed[room.code] += _without([whole], [Span(inside.start, inside.end if room.closes else whole.end)])
        return _merged(pauses), closed

    def _span(self, session: Session) -> Span | None:
        if session.starts_at is None or session.ends_at is None:
            return None
        return self.axis.around(session.starts_at, session.ends_at)

    def _standing(self, staying: Sequence[Session]) -> tuple[list[Session], list[_Block]]:
        """Those that may be asked to stay, and those that are rather taken as they are."""
        spans = {each.code: span for each in staying if (span := self._span(each))}
        odd = {each.code for each in staying if self._is_odd(each, spans[each.code])}
        for one, other in self._near(staying, spans):
            if self._clash(one, other, spans[one.code], spans[other.code]):
                odd |= {one.code, other.code}
        kept = [each for each in staying if each.code not in odd]
        odd |= self._hungry(kept, spans)
        blocks = [
            _Block(spans[each.code], each.room, tuple(part.person for part in each.parts))
            for each in staying
            if each.code in odd
        ]
        return [each for each in kept if each.code not in odd], blocks

    def _near(self, staying: Sequence[Session], spans: Mapping[str, Span]) -> Iterator[tuple[Session, Session]]:
        """Pairs of which the later begins before the earlier has ended, changeover included."""
        ordered = sorted(staying, key=lambda each: spans[each.code])
        for index, earlier in enumerate(ordered):
            until = spans[earlier.code].end + self.wishes.changeover_min
            for later in ordered[index + 1 :]:
                if spans[later.code].start >= until:
                    break
                yield earlier, later

    def _is_odd(self, session: Session, span: Span) -> bool:
        """Whether it breaks a rule by itself where it is."""
        taken = [*self.pauses, *self.closed.get(session.room, ())]
        for part in session.parts:
            taken += self.absent.get(part.person, ())
        in_a_day = any(_holds(self.axis.whole_day(day), span) for day in self.dates)
        return not in_a_day or any(_overlap(span, each) for each in taken)

    def _clash(self, one: Session, other: Session, earlier: Span, later: Span) -> bool:
        shared = {part.person for part in one.parts} & {part.person for part in other.parts}
        if _overlap(earlier, later):
            return one.room == other.room or bool(shared)
        return one.room != other.room and bool(shared) and later.start - earlier.end < self.wishes.changeover_min

    def _hungry(self, kept: Sequence[Session], spans: Mapping[str, Span]) -> set[str]:
        """Sessions that by themselves leave somebody no time to eat."""
        of: dict[str, list[Session]] = defaultdict(list)
        for each in kept:
            for part in each.parts:
                of[part.person].append(each)
        found = set()
        for sessions in of.values():
            for meal in (meal for meals in self.meals for meal in meals):
                over = [each for each in sessions if _overlap(spans[each.code], meal.within)]
                free = _without([meal.within], [spans[each.code] for each in over])
                if all(each.end - each.start < meal.length_min for each in free):
                    found |= {each.code for each in over}
        return found

    # -- the problem's parts

    def _days(self) -> tuple[solver.Day, ...]:
        """Opening hours, widened to hold what stays or keeps its start outside of them."""
        found = []
        kept = [span for each in (*self.fixed, *self._keeping_start()) if (span := self._span(each))]
        for day, hours, meals in zip(self.dates, self.hours, self.meals, strict=True):
            inside = [each for each in kept if _holds(self.axis.whole_day(day), each)]
            spans = [*inside, *([hours] if hours.start < hours.end else [])]
            if not spans:
                continue
            hull = Span(min(each.start for each in spans), max(each.end for each in spans))
            breaks = [Span(max(each.start, hull.start), min(each.end, hull.end)) for each in self.pauses]
            found.append(
                solver.Day(
                    code=day.isoformat(),
                    open=hull,
                    breaks=tuple(each for each in breaks if each.start < each.end),
                    meals=tuple(meal for meal in meals if _holds(hull, meal.within)),
                )
            )
        return tuple(found)

    def _keeping_start(self) -> list[Session]:
        return [each for each in self.open if each.starts_at is not None and self._keeps(each)]

    def _keeps(self, session: Session) -> bool:
        """Whether one of the two that it has, start or room, is kept while the other is searched for."""
        return self.wishes.may_move == "unplaced" or session.code in self.draft.fixed

    def _session(self, session: Session, *, windows: tuple[Span, ...]) -> solver.Session:
        span = self._span(session)
        is_open = may_move(session, self.draft, self.wishes.may_move)
        keeps_room = session.room and is_open and (self.wishes.keeps_rooms or self._keeps(session))
        return solver.Session(
            code=session.code,
            duration_min=span.end - span.start if span else -(-session.duration_min // GRID_MIN) * GRID_MIN,
            people=tuple(dict.fromkeys(part.person for part in session.parts)),
            track=session.track,
            rooms=(session.room,) if keeps_room else (),
            windows=windows,
            fixed=None if is_open or span is None else Placement(session.code, session.room, span.start),
        )

    def _windows(self, session: Session, sticks_out: bool) -> tuple[Span, ...]:
        span = self._span(session)
        if span and self._keeps(session):
            return (span,)
        return tuple(each for each in self.hours if each.start < each.end) if sticks_out else ()

    def _closed(self, room: str) -> tuple[Span, ...]:
        return _merged([*self.closed.get(room, ()), *(each.span for each in self.blocked if each.room == room)])

    def _on_stage(self) -> list[str]:
        """In the draft's order, so that the same draft gives the same problem."""
        named = {part.person for each in (*self.fixed, *self.open) for part in each.parts}
        return [each.code for each in self.draft.people if each.code in named]

    def _unavailable(self, person: str) -> tuple[Span, ...]:
        """Absences, and the sessions that are not argued with, the way from and to them included."""
        way = -(-self.wishes.changeover_min // GRID_MIN) * GRID_MIN
        busy = [each.span for each in self.blocked if person in each.people]
        wider = [Span(each.start - way, each.end + way) for each in busy]
        theirs = [each for each in self.fixed if any(part.person == person for part in each.parts)]
        fixed = [span for each in theirs if (span := self._span(each))]
        return _merged([*self.absent.get(person, ()), *_without(wider, fixed)])


def _dates(first: date, last: date) -> list[date]:
    return [first + timedelta(days=each) for each in range((last - first).days + 1)]


# ----------------------------------------------------------------------------------------- placements to moves


def moves(spots: Iterable[Spot], placements: Iterable[Placement], wishes: Wishes) -> tuple[Move, ...]:
    """What would change of these spots, by start. Who keeps their step keeps their very start, off the grid or not."""
    axis = Axis(wishes.first_day, wishes.zone)
    proposed = {each.session: each for each in placements}
    found = []
    for each in spots:
        if (placed := proposed.get(each.session)) is None:
            continue
        stays = each.starts_at is not None and axis.floor(each.starts_at) == placed.start
        starts_at = each.starts_at if stays and each.starts_at else axis.instant(placed.start)
        if (each.room, each.starts_at) != (placed.room, starts_at):
            found.append(
                Move(
                    session=each.session,
                    from_room=each.room,
                    from_start=each.starts_at,
                    room=placed.room,
                    starts_at=starts_at,
                )
            )
    return tuple(sorted(found, key=lambda each: (each.starts_at, each.room, each.session)))


def moved(draft: Draft, changes: Iterable[Move]) -> Draft:
    """The draft as it would be."""
    by_code = {each.session: each for each in changes}
    sessions = tuple(
        replace(each, room=by_code[each.code].room, starts_at=by_code[each.code].starts_at)
        if each.code in by_code
        else each
        for each in draft.sessions
    )
    return replace(draft, sessions=sessions)


# --------------------------------------------------------------------------------------------------- spans


def _holds(outer: Span, inner: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def _overlap(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end


def _merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same time in as few spans as it takes, in order."""
    found: list[Span] = []
    for each in sorted(each for each in spans if each.start < each.end):
        if found and each.start <= found[-1].end:
            found[-1] = Span(found[-1].start, max(found[-1].end, each.end))
        else:
            found.append(each)
    return tuple(found)


def _without(spans: Iterable[Span], taken: Iterable[Span]) -> tuple[Span, ...]:
    """What is left of some spans."""
    left = _merged(spans)
    for each in _merged(taken):
        left = _merged(
            part
            for span in left
            for part in (
                Span(span.start, min(span.end, each.start)),
                Span(max(span.start, each.end), span.end),
            )
        )
    return left
