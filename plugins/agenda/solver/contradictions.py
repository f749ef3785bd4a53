"""Why nothing fits: a smallest set of wishes that cannot all be kept.

Wishes are taken out of the problem and put back by divide and conquer (Junker 2004, "QUICKXPLAIN: preferred explanations
and relaxations for over-constrained problems"), each time asking the heuristic and then CP-SAT whether a timetable
exists. First a small part of the sessions is looked for that cannot be placed even by itself: one session, the sessions of
one person, a chain of orders; then every question is about that part only and quickly answered.

Not wishes, and so always kept: that every session is held, as long as it is, in a room that holds one at a time, and
that nobody is in two places at once.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np
from msgspec.structs import replace

from .heuristic import Draft, construct
from .model import Model, search
from .problem import Contradiction, Day, Problem, Span, Unsolved, Wish
from .stopwatch import Stopwatch
from .table import table_of

ROUND_THE_CLOCK_MIN: Final = 12 * 60
"""How far a day without bounds reaches beyond the first opening and the last close; between days it ends half way."""


# --- wishes of a problem ---


def wishes_of(problem: Problem) -> tuple[Wish, ...]:
    """Every hard wish that could be given up, the most particular first: they are preferred as reasons."""
    return tuple(
        wish
        for kind in (_of_sessions, _of_people, _of_order, _of_demands, _of_rooms, _of_days, _of_ways)
        for wish in kind(problem)
    )


def _of_sessions(problem: Problem) -> Iterator[Wish]:
    for session in problem.sessions:
        if session.fixed is not None:
            yield Wish("fixed", {"session": session.code, "room": session.fixed.room, "start": session.fixed.start})
    for session in problem.sessions:
        if session.windows:
            yield Wish("windows", {"session": session.code})


def _of_people(problem: Problem) -> Iterator[Wish]:
    for person in problem.people:
        if person.available or person.unavailable:
            yield Wish("availability", {"person": person.code})


def _of_order(problem: Problem) -> Iterator[Wish]:
    for one in problem.order:
        yield Wish("order", {"first": one.first, "then": one.then, "gap_min": one.gap_min})


def _of_demands(problem: Problem) -> Iterator[Wish]:
    for session in problem.sessions:
        if session.rooms:
            yield Wish("rooms", {"session": session.code, "rooms": ", ".join(session.rooms)})
        if session.features:
            yield Wish("features", {"session": session.code, "features": ", ".join(session.features)})
        if session.seats:
            yield Wish("seats", {"session": session.code, "seats": session.seats})
        if session.is_plenary:
            yield Wish("plenary", {"session": session.code})


def _of_rooms(problem: Problem) -> Iterator[Wish]:
    for room in problem.rooms:
        for span in dict.fromkeys(room.closed):
            yield Wish("closed", {"room": room.code, "start": span.start, "end": span.end})


def _of_days(problem: Problem) -> Iterator[Wish]:
    for day in problem.days:
        for meal in dict.fromkeys(day.meals):
            span = {"start": meal.within.start, "end": meal.within.end}
            yield Wish("meal", {"day": day.code, **span, "length_min": meal.length_min})
        for pause in dict.fromkeys(day.breaks):
            yield Wish("break", {"day": day.code, "start": pause.start, "end": pause.end})
    for day in problem.days:
        yield Wish("day", {"day": day.code, "start": day.open.start, "end": day.open.end})


def _of_ways(problem: Problem) -> Iterator[Wish]:
    if problem.changeover_min:
        yield Wish("changeover", {"minutes": problem.changeover_min})
    for way in problem.travel:
        yield Wish("way", {"one": way.one, "other": way.other, "minutes": way.minutes})


def without(problem: Problem, *wishes: Wish) -> Problem:
    """The problem with these wishes given up. A day without bounds lasts half way to the next, or twelve hours more."""
    wide = _round_the_clock(problem.days)
    for wish in wishes:
        problem = _WITHOUT[wish.code](problem, wish.facts, wide)
    return problem


def only(problem: Problem, wishes: Sequence[Wish]) -> Problem:
    """The problem with all other wishes given up."""
    kept = {_key(wish) for wish in wishes}
    return without(problem, *(wish for wish in wishes_of(problem) if _key(wish) not in kept))


def _key(wish: Wish) -> tuple[str, tuple[tuple[str, str | int], ...]]:
    return wish.code, tuple(sorted(wish.facts.items()))


Wide = dict[str, Span]
Facts = dict[str, str | int]


def _round_the_clock(days: tuple[Day, ...]) -> Wide:
    if not days:
        return {}
    middles = [(one.open.end + then.open.start) // 10 * 5 for one, then in pairwise(days)]
    bounds = [days[0].open.start - ROUND_THE_CLOCK_MIN, *middles, days[-1].open.end + ROUND_THE_CLOCK_MIN]
    return {day.code: Span(low, high) for day, (low, high) in zip(days, pairwise(bounds), strict=True)}


def _with_session(**changes: Any) -> Callable[[Problem, Facts, Wide], Problem]:
    def change(problem: Problem, facts: Facts, wide: Wide) -> Problem:
        return _with_changed_session(problem, str(facts["session"]), changes)

    return change


def _with_changed_session(problem: Problem, code: str, changes: dict[str, Any]) -> Problem:
    changed = (replace(one, **changes) if one.code == code else one for one in problem.sessions)
    return replace(problem, sessions=tuple(changed))


def _without_availability(problem: Problem, facts: Facts, wide: Wide) -> Problem:
    freed = (
        replace(one, available=(), unavailable=()) if one.code == facts["person"] else one for one in problem.people
    )
    return replace(problem, people=tuple(freed))


def _without_order(problem: Problem, facts: Facts, wide: Wide) -> Problem:
    gone = facts["first"], facts["then"], facts["gap_min"]
    return replace(problem, order=tuple(one for one in problem.order if (one.first, one.then, one.gap_min) != gone))


def _without_closed(problem: Problem, facts: Facts, wide: Wide) -> Problem:
    gone = _span(facts)
    opened = (
        replace(room, closed=tuple(span for span in room.closed if span != gone))
        if room.code == facts["room"]
        else room
        for room in problem.rooms
    )
    return replace(problem, rooms=tuple(opened))


def _with_day(change: Callable[[Day, Facts, Wide], Day]) -> Callable[[Problem, Facts, Wide], Problem]:
    def changed(problem: Problem, facts: Facts, wide: Wide) -> Problem:
        days = tuple(change(day, facts, wide) if day.code == facts["day"] else day for day in problem.days)
        return replace(problem, days=days)

    return changed


def _without_break(day: Day, facts: Facts, wide: Wide) -> Day:
    return replace(day, breaks=tuple(span for span in day.breaks if span != _span(facts)))


def _without_meal(day: Day, facts: Facts, wide: Wide) -> Day:
    gone = _span(facts), facts["length_min"]
    return replace(day, meals=tuple(meal for meal in day.meals if (meal.within, meal.length_min) != gone))


def _without_bounds(day: Day, facts: Facts, wide: Wide) -> Day:
    return replace(day, open=wide[day.code])


def _without_changeover(problem: Problem, facts: Facts, wide: Wide) -> Problem:
    return replace(problem, changeover_min=0)


def _without_way(problem: Problem, facts: Facts, wide: Wide) -> Problem:
    gone = {facts["one"], facts["other"]}
    return replace(problem, travel=tuple(way for way in problem.travel if {way.one, way.other} != gone))


def _span(facts: Facts) -> Span:
    return Span(int(facts["start"]), int(facts["end"]))


_WITHOUT: Final[dict[str, Callable[[Problem, Facts, Wide], Problem]]] = {
    "fixed": _with_session(fixed=None),
    "windows": _with_session(windows=()),
    "rooms": _with_session(rooms=()),
    "features": _with_session(features=()),
    "seats": _with_session(seats=0),
    "plenary": _with_session(is_plenary=False),
    "availability": _without_availability,
    "order": _without_order,
    "closed": _without_closed,
    "break": _with_day(_without_break),
    "meal": _with_day(_without_meal),
    "day": _with_day(_without_bounds),
    "changeover": _without_changeover,
    "way": _without_way,
}


# --- looking for the reasons ---


def explain(
    problem: Problem, watch: Stopwatch, tell: Callable[..., None], *, seed: int, part: Problem | None = None
) -> Contradiction | Unsolved:
    """A smallest set of wishes that cannot all be kept, for a problem that has no timetable.

    `part`: some of its sessions that have none by themselves, where that is known already.
    """
    tell("explain")
    small = part or impossible_part(problem, watch, seed=seed) or problem
    judge = _Judge(small, watch, seed)
    if judge.is_impossible(()):
        return Contradiction(wishes=(_too_much(small),), is_minimal=True, seconds=watch.seconds)
    wishes = judge.reasons()
    if small is problem or not judge.is_sure:
        return Contradiction(wishes=wishes, is_minimal=judge.is_sure, seconds=watch.seconds)
    # With all the other sessions there, fewer of these wishes may be too many.
    whole = _Judge(problem, watch, seed)
    if whole.is_impossible(()):
        return Contradiction(wishes=(_too_much(problem),), is_minimal=True, seconds=watch.seconds)
    return Contradiction(wishes=whole.reasons(wishes), is_minimal=whole.is_sure, seconds=watch.seconds)


def _too_much(problem: Problem) -> Wish:
    """Even with no wish kept at all the sessions find no place: what there is to place, and where."""
    minutes = sum(session.duration_min for session in problem.sessions)
    return Wish("too_much", {"minutes": minutes, "rooms": len(problem.rooms), "days": len(problem.days)})


class _Judge:
    """Knows which sets of a problem's wishes can be kept; asks once each."""

    def __init__(self, problem: Problem, watch: Stopwatch, seed: int) -> None:
        self._problem, self._watch, self._seed = problem, watch, seed
        self._wishes = wishes_of(problem)
        self._known: dict[frozenset[Any], bool | None] = {}
        self.is_sure = True

    def reasons(self, among: tuple[Wish, ...] | None = None) -> tuple[Wish, ...]:
        """A smallest set of wishes, of all or of those `among` them, that cannot all be kept."""
        return self._quick((), False, self._wishes if among is None else among)

    def _quick(self, kept: tuple[Wish, ...], has_grown: bool, wishes: tuple[Wish, ...]) -> tuple[Wish, ...]:
        """Those of `wishes` that make `kept` impossible; all of `wishes` with `kept` are impossible together."""
        if has_grown and self.is_impossible(kept):
            return ()
        if len(wishes) == 1:
            return wishes
        half = len(wishes) // 2
        first, second = wishes[:half], wishes[half:]
        of_second = self._quick((*kept, *first), bool(first), second)
        of_first = self._quick((*kept, *of_second), bool(of_second), first)
        return (*of_first, *of_second)

    def is_impossible(self, kept: tuple[Wish, ...]) -> bool:
        """No timetable keeps these; False where the time ran out before it was known, which `is_sure` remembers."""
        known = self._ask(kept)
        if known is None:
            self.is_sure = False
        return known is False

    def _ask(self, kept: tuple[Wish, ...]) -> bool | None:
        key = frozenset(_key(wish) for wish in kept)
        if key not in self._known:
            self._known[key] = has_timetable(only(self._problem, kept), self._watch, seed=self._seed)
        return self._known[key]


def has_timetable(problem: Problem, watch: Stopwatch, *, seed: int) -> bool | None:
    """Whether all hard wishes can be kept; None: the time ran out first."""
    table = table_of(problem)
    if not table.sessions:
        return True
    if not table.steps or not (table.starts_ok.any(axis=1).all() and table.rooms_ok.any(axis=1).all()):
        return False
    rng = np.random.default_rng(seed)
    everybody = range(table.sessions)
    if construct(table, Draft(table), everybody, rng, is_over=lambda: watch.is_over, ejections=3 * table.sessions):
        return True
    if watch.is_over:
        return None
    solver, status = search(Model(table, everybody, {}).cp, watch, seed=seed, workers=1, limit_s=watch.left_s)
    return {"OPTIMAL": True, "FEASIBLE": True, "INFEASIBLE": False}.get(solver.status_name(status))


def impossible_part(problem: Problem, watch: Stopwatch, *, seed: int) -> Problem | None:
    """A few sessions that cannot be placed even without all the others; None where none were found."""
    for codes in _suspects(problem):
        if watch.is_over:
            return None
        part = part_of(problem, codes)
        if has_timetable(part, watch, seed=seed) is False:
            return part
    return None


def part_of(problem: Problem, codes: set[str]) -> Problem:
    return replace(
        problem,
        sessions=tuple(session for session in problem.sessions if session.code in codes),
        order=tuple(one for one in problem.order if one.first in codes and one.then in codes),
        clashes=(),
    )


def _suspects(problem: Problem) -> Iterator[set[str]]:
    """Sessions to look at by themselves: each alone, the fixed ones and plenaries, those of a person, ordered ones."""
    yield from ({session.code} for session in problem.sessions)
    for one in problem.order:
        yield {one.first, one.then}
    of: dict[str, set[str]] = {}
    for session in problem.sessions:
        for person in session.people:
            of.setdefault(person, set()).add(session.code)
    yield from (codes for codes in of.values() if len(codes) > 1)
    stiff = {session.code for session in problem.sessions if session.fixed is not None or session.is_plenary}
    yield stiff
    yield from _linked(problem)
    narrow = {session.code for session in problem.sessions if session.windows or session.fixed is not None}
    yield narrow | stiff


def _linked(problem: Problem) -> Iterator[set[str]]:
    """Sessions that orders bind to one another, whole chains at a time."""
    group: dict[str, set[str]] = {}
    for one in problem.order:
        joined = group.get(one.first, {one.first}) | group.get(one.then, {one.then})
        for code in joined:
            group[code] = joined
    reported: set[str] = set()
    for codes in group.values():
        if len(codes) > 2 and not codes & reported:
            reported |= codes
            yield codes
