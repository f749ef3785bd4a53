"""Whether a problem makes sense, whether a timetable keeps every hard wish, and what it costs.

The judge of the model's answers: it shares nothing with the model but the shapes and words of `problem`, and says every
rule in its plainest form. It asks no more than those words say and no less; where they could be read in two ways,
`problem` was made to say which.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import combinations, pairwise
from typing import Final

from msgspec import Struct

from plenaria.plugins.agenda.solver.problem import (
    GRID_MIN,
    TERMS,
    Cost,
    Day,
    Meal,
    Placement,
    Problem,
    Room,
    Session,
    Span,
)


class Fault(Struct, frozen=True):
    """Why a problem makes no sense: a code of `FAULTS` and what it is about (codes, minutes)."""

    code: str
    facts: dict[str, str | int]


class Violation(Struct, frozen=True):
    """A hard wish that a timetable does not keep: a code of `RULES` and what it is about (codes, minutes)."""

    code: str
    facts: dict[str, str | int]


FAULTS: Final = (
    "repeated_code",  # kind, code: two of a kind are called the same, or one thing is named twice in a list
    "unknown_code",  # kind, code, where: named in a list but not among the problem's
    "empty_span",  # kind, code, start, end: it ends before or when it begins
    "off_grid",  # kind, code, what, minutes: not a multiple of `GRID_MIN`
    "negative",  # kind, code, what, amount
    "not_positive",  # kind, code, what, amount: a length of nothing or less
    "days_out_of_order",  # first, then: the second begins before the first has ended
    "break_outside_day",  # day, start, end
    "meal_outside_day",  # day, start, end
    "meal_too_long",  # day, start, end, minutes: longer than the time within which it is to be had
    "fixed_for_another",  # session, fixed: the placement speaks of another session
    "pair_of_one",  # kind, code: a clash or a way between something and itself
    "repeated_pair",  # kind, one, other: given twice, in either direction
    "order_cycle",  # sessions: each before the next, and the last before the first
)
"""What can be wrong with a problem, in the order in which it is listed, with the facts that each code carries."""

RULES: Final = (
    "unplaced",  # session
    "placed_again",  # session, times
    "unknown_session",  # session
    "unknown_room",  # session, room
    "off_grid",  # session, start
    "outside_day",  # session, start, end: on no day from its first minute to its last
    "in_break",  # session, start, end: of the break
    "room_closed",  # session, room, start, end: of the closure
    "too_few_seats",  # session, room, seats, capacity
    "feature_missing",  # session, room, feature
    "room_not_allowed",  # session, room
    "room_taken",  # room, one, other: they overlap
    "person_twice",  # person, one, other: they overlap
    "too_little_time_between",  # person, one, other, needed, left: changeover or way
    "person_unavailable",  # session, person, start, end: of a time at which they never can
    "person_not_available",  # session, person: outside the times at which they can
    "outside_windows",  # session
    "not_as_fixed",  # session, room, start: as it is fixed
    "out_of_order",  # first, then, gap
    "beside_plenary",  # plenary, other
    "no_meal",  # person, day, start, end: of the time within which it was to be had
)
"""What can be wrong with a timetable, in the order in which it is listed, with the facts that each code carries.

Of two sessions, `one` begins first; of two that begin together, it has the lesser code.
"""


# --- does the problem make sense? ---


def problem_faults(problem: Problem) -> tuple[Fault, ...]:
    """Everything that keeps a problem from making sense, in the order of `FAULTS`; empty: it does.

    Wishes that cannot all be kept are no fault: a session longer than every day, or fixed where its room is closed, is
    a contradiction.
    """
    faults = [
        fault
        for kind_of_fault in (
            _repeated_codes,
            _unknown_codes,
            _bad_spans,
            _bad_numbers,
            _bad_days,
            _bad_pairs,
            _order_cycles,
        )
        for fault in kind_of_fault(problem)
    ]
    return tuple(sorted(faults, key=lambda fault: (FAULTS.index(fault.code), _sortable(fault.facts))))


def _sortable(facts: dict[str, str | int]) -> tuple[tuple[int, int, str], ...]:
    return tuple((0, fact, "") if isinstance(fact, int) else (1, 0, fact) for fact in facts.values())


def _twice(items: Iterable[str]) -> list[str]:
    return [item for item, times in Counter(items).items() if times > 1]


def _repeated_codes(problem: Problem) -> Iterator[Fault]:
    lists = {
        "day": [day.code for day in problem.days],
        "room": [room.code for room in problem.rooms],
        "session": [session.code for session in problem.sessions],
        "person": [person.code for person in problem.people],
    }
    for kind, codes in lists.items():
        for code in _twice(codes):
            yield Fault("repeated_code", {"kind": kind, "code": code})
    for session in problem.sessions:
        for code in _twice(session.people):
            yield Fault("repeated_code", {"kind": "person", "code": code, "where": session.code})


def _unknown_codes(problem: Problem) -> Iterator[Fault]:
    rooms = {room.code for room in problem.rooms}
    people = {person.code for person in problem.people}
    sessions = {session.code for session in problem.sessions}
    places = {room.place for room in problem.rooms}
    named: list[tuple[str, str, str, set[str]]] = []
    for session in problem.sessions:
        named += [("person", code, session.code, people) for code in session.people]
        named += [("room", code, session.code, rooms) for code in session.rooms]
        if session.fixed:
            named.append(("room", session.fixed.room, session.code, rooms))
    for rule in problem.order:
        named += [("session", code, "order", sessions) for code in (rule.first, rule.then)]
    for clash in problem.clashes:
        named += [("session", code, "clashes", sessions) for code in (clash.one, clash.other)]
    for way in problem.travel:
        named += [("place", code, "travel", places) for code in (way.one, way.other)]
    for kind, code, where in sorted({(kind, code, where) for kind, code, where, known in named if code not in known}):
        yield Fault("unknown_code", {"kind": kind, "code": code, "where": where})


def _spans(problem: Problem) -> Iterator[tuple[str, str, Span]]:
    """Every span of a problem, with the kind and the code of what it belongs to."""
    for day in problem.days:
        yield "day", day.code, day.open
        yield from (("break", day.code, pause) for pause in day.breaks)
        yield from (("meal", day.code, meal.within) for meal in day.meals)
    for room in problem.rooms:
        yield from (("room", room.code, shut) for shut in room.closed)
    for person in problem.people:
        yield from (("person", person.code, span) for span in (*person.available, *person.unavailable))
    for session in problem.sessions:
        yield from (("session", session.code, window) for window in session.windows)


def _bad_spans(problem: Problem) -> Iterator[Fault]:
    for kind, code, span in _spans(problem):
        if span.end <= span.start:
            yield Fault("empty_span", {"kind": kind, "code": code, "start": span.start, "end": span.end})
        for what, minutes in (("start", span.start), ("end", span.end)):
            if minutes % GRID_MIN:
                yield Fault("off_grid", {"kind": kind, "code": code, "what": what, "minutes": minutes})


def _lengths(problem: Problem) -> Iterator[tuple[str, str, str, int]]:
    """Every length that must be more than nothing."""
    for session in problem.sessions:
        yield "session", session.code, "duration_min", session.duration_min
    for day in problem.days:
        yield from (("meal", day.code, "length_min", meal.length_min) for meal in day.meals)


def _gaps(problem: Problem) -> Iterator[tuple[str, str, str, int]]:
    """Every length that may be nothing."""
    yield "problem", "", "changeover_min", problem.changeover_min
    for way in problem.travel:
        yield "travel", f"{way.one}, {way.other}", "minutes", way.minutes
    for rule in problem.order:
        yield "order", f"{rule.first}, {rule.then}", "gap_min", rule.gap_min


def _amounts(problem: Problem) -> Iterator[tuple[str, str, str, int]]:
    """Every count that is not of minutes."""
    for room in problem.rooms:
        yield "room", room.code, "capacity", room.capacity
    for session in problem.sessions:
        yield "session", session.code, "audience", session.audience
        yield "session", session.code, "seats", session.seats
    for clash in problem.clashes:
        yield "clash", f"{clash.one}, {clash.other}", "people", clash.people
    for term in TERMS:
        yield "weight", term, "cost", getattr(problem.weights, term)


def _bad_numbers(problem: Problem) -> Iterator[Fault]:
    for kind, code, what, amount in _lengths(problem):
        if amount <= 0:
            yield Fault("not_positive", {"kind": kind, "code": code, "what": what, "amount": amount})
    for kind, code, what, amount in (*_gaps(problem), *_amounts(problem)):
        if amount < 0:
            yield Fault("negative", {"kind": kind, "code": code, "what": what, "amount": amount})
    for kind, code, what, minutes in (*_lengths(problem), *_gaps(problem)):
        if minutes % GRID_MIN:
            yield Fault("off_grid", {"kind": kind, "code": code, "what": what, "minutes": minutes})
    for session in problem.sessions:
        if session.fixed and session.fixed.session != session.code:
            yield Fault("fixed_for_another", {"session": session.code, "fixed": session.fixed.session})
        if session.fixed and session.fixed.start % GRID_MIN:
            facts: dict[str, str | int] = {"kind": "session", "code": session.code, "what": "fixed"}
            yield Fault("off_grid", facts | {"minutes": session.fixed.start})


def _bad_days(problem: Problem) -> Iterator[Fault]:
    for first, then in pairwise(problem.days):
        if then.open.start < first.open.end:
            yield Fault("days_out_of_order", {"first": first.code, "then": then.code})
    for day in problem.days:
        for pause in day.breaks:
            if not _holds(day.open, pause):
                yield Fault("break_outside_day", {"day": day.code, "start": pause.start, "end": pause.end})
        for meal in day.meals:
            within: dict[str, str | int] = {"day": day.code, "start": meal.within.start, "end": meal.within.end}
            if not _holds(day.open, meal.within):
                yield Fault("meal_outside_day", within)
            if meal.length_min > _length(meal.within):
                yield Fault("meal_too_long", within | {"minutes": meal.length_min})


def _bad_pairs(problem: Problem) -> Iterator[Fault]:
    listed = {
        "clash": [(clash.one, clash.other) for clash in problem.clashes],
        "travel": [(way.one, way.other) for way in problem.travel],
    }
    for kind, pairs in listed.items():
        for one, other in pairs:
            if one == other:
                yield Fault("pair_of_one", {"kind": kind, "code": one})
        for (one, other), times in Counter((min(pair), max(pair)) for pair in pairs).items():
            if times > 1:
                yield Fault("repeated_pair", {"kind": kind, "one": one, "other": other})


def _order_cycles(problem: Problem) -> Iterator[Fault]:
    """One fault for each set of sessions that are all before each other: a shortest cycle through its least code."""
    after: dict[str, set[str]] = defaultdict(set)
    for rule in problem.order:
        after[rule.first].add(rule.then)
    reported: set[str] = set()
    for code in sorted(after):
        cycle = _way_back(after, code)
        if cycle and code not in reported:
            reported |= _all_after(after, code) & {other for other in after if code in _all_after(after, other)}
            yield Fault("order_cycle", {"sessions": ", ".join(cycle)})


def _way_back(after: dict[str, set[str]], code: str) -> list[str]:
    """The fewest sessions, from `code`, over which one comes back to it; empty: one never does."""
    come_from: dict[str, str] = {}
    front = [code]
    while front:
        reached = []
        for one in front:
            for then in sorted(after.get(one, ())):
                if then == code:
                    way = [one]
                    while way[-1] != code:
                        way.append(come_from[way[-1]])
                    return way[::-1]
                if then not in come_from:
                    come_from[then] = one
                    reached.append(then)
        front = reached
    return []


def _all_after(after: dict[str, set[str]], code: str) -> set[str]:
    found: set[str] = set()
    front = [code]
    while front:
        new = after.get(front.pop(), set()) - found
        found |= new
        front += new
    return found


# --- does the timetable keep every hard wish? ---


class _Held(Struct, frozen=True):
    """A session where it is held, and when."""

    session: Session
    room: Room
    span: Span


def violations(problem: Problem, placements: Sequence[Placement]) -> tuple[Violation, ...]:
    """Every hard wish that the timetable does not keep, in the order of `RULES`; empty: it keeps them all.

    Of a placement whose session or room is unknown nothing more is asked. Of a session placed more than once, all its
    placements are judged as if each were a session of its own. Raises ValueError if the problem itself has faults.
    """
    _refuse_faults(problem)
    held = _held(problem, placements)
    found = list(_existence(problem, placements))
    for one in held:
        found += _at_a_time(problem, one)
        found += _in_a_room(one)
        found += _with_its_people(problem, one)
        found += _as_wished(one)
    found += _rooms_taken(held)
    found += _people_in_two_places(problem, held)
    found += _out_of_order(problem, held)
    found += _beside_plenaries(held)
    found += _missed_meals(problem, held)
    return tuple(sorted(found, key=lambda one: (RULES.index(one.code), _sortable(one.facts))))


def _refuse_faults(problem: Problem) -> None:
    faults = problem_faults(problem)
    if faults:
        facts = ", ".join(f"{name}: {fact}" for name, fact in faults[0].facts.items())
        raise ValueError(f"the problem has {len(faults)} faults, the first: {faults[0].code} ({facts})")


def _held(problem: Problem, placements: Sequence[Placement]) -> list[_Held]:
    """The placements whose session and room are known, by start, then by code."""
    sessions = {session.code: session for session in problem.sessions}
    rooms = {room.code: room for room in problem.rooms}
    held = [
        _Held(
            sessions[placed.session],
            rooms[placed.room],
            Span(placed.start, placed.start + sessions[placed.session].duration_min),
        )
        for placed in placements
        if placed.session in sessions and placed.room in rooms
    ]
    return sorted(held, key=lambda one: (one.span.start, one.session.code, one.room.code))


def _length(span: Span) -> int:
    return span.end - span.start


def _holds(outer: Span, inner: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def _overlap(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end


def _existence(problem: Problem, placements: Sequence[Placement]) -> Iterator[Violation]:
    times = Counter(placed.session for placed in placements)
    known = {session.code for session in problem.sessions}
    rooms = {room.code for room in problem.rooms}
    for code in known:
        if times[code] == 0:
            yield Violation("unplaced", {"session": code})
        if times[code] > 1:
            yield Violation("placed_again", {"session": code, "times": times[code]})
    for code in times:
        if code not in known:
            yield Violation("unknown_session", {"session": code})
    for placed in placements:
        if placed.room not in rooms:
            yield Violation("unknown_room", {"session": placed.session, "room": placed.room})


def _at_a_time(problem: Problem, one: _Held) -> Iterator[Violation]:
    code, span = one.session.code, one.span
    if span.start % GRID_MIN:
        yield Violation("off_grid", {"session": code, "start": span.start})
    if not any(_holds(day.open, span) for day in problem.days):
        yield Violation("outside_day", {"session": code, "start": span.start, "end": span.end})
    for day in problem.days:
        for pause in day.breaks:
            if _overlap(span, pause):
                yield Violation("in_break", {"session": code, "start": pause.start, "end": pause.end})


def _in_a_room(one: _Held) -> Iterator[Violation]:
    session, room = one.session, one.room
    where: dict[str, str | int] = {"session": session.code, "room": room.code}
    for shut in room.closed:
        if _overlap(one.span, shut):
            yield Violation("room_closed", where | {"start": shut.start, "end": shut.end})
    if room.capacity > 0 and session.seats > room.capacity:
        yield Violation("too_few_seats", where | {"seats": session.seats, "capacity": room.capacity})
    for feature in sorted(set(session.features) - set(room.features)):
        yield Violation("feature_missing", where | {"feature": feature})
    if session.rooms and room.code not in session.rooms:
        yield Violation("room_not_allowed", where)


def _with_its_people(problem: Problem, one: _Held) -> Iterator[Violation]:
    for person in problem.people:
        if person.code not in one.session.people:
            continue
        who: dict[str, str | int] = {"session": one.session.code, "person": person.code}
        for never in person.unavailable:
            if _overlap(one.span, never):
                yield Violation("person_unavailable", who | {"start": never.start, "end": never.end})
        if person.available and not _covered(one.span, person.available):
            yield Violation("person_not_available", who)


def _covered(span: Span, spans: Iterable[Span]) -> bool:
    """Whether every minute of `span` lies in one of `spans`."""
    return all(any(one.start <= minute < one.end for one in spans) for minute in range(span.start, span.end))


def _as_wished(one: _Held) -> Iterator[Violation]:
    session = one.session
    if session.windows and not any(_holds(window, one.span) for window in session.windows):
        yield Violation("outside_windows", {"session": session.code})
    fixed = session.fixed
    if fixed and (fixed.room, fixed.start) != (one.room.code, one.span.start):
        yield Violation("not_as_fixed", {"session": session.code, "room": fixed.room, "start": fixed.start})


def _by(held: Iterable[_Held], groups: Callable[[_Held], Iterable[str]]) -> dict[str, list[_Held]]:
    grouped: dict[str, list[_Held]] = defaultdict(list)
    for one in held:
        for group in groups(one):
            grouped[group].append(one)
    return grouped


def _rooms_taken(held: list[_Held]) -> Iterator[Violation]:
    for room, here in _by(held, lambda one: [one.room.code]).items():
        for one, other in combinations(here, 2):
            if _overlap(one.span, other.span):
                yield Violation("room_taken", {"room": room, "one": one.session.code, "other": other.session.code})


def _people_in_two_places(problem: Problem, held: list[_Held]) -> Iterator[Violation]:
    for person, theirs in _by(held, lambda one: one.session.people).items():
        for one, other in combinations(theirs, 2):
            who: dict[str, str | int] = {"person": person, "one": one.session.code, "other": other.session.code}
            left, needed = other.span.start - one.span.end, _needed_between(problem, one.room, other.room)
            if _overlap(one.span, other.span):
                yield Violation("person_twice", who)
            elif left < needed:
                yield Violation("too_little_time_between", who | {"needed": needed, "left": left})


def _needed_between(problem: Problem, one: Room, other: Room) -> int:
    if one.code == other.code:
        return 0
    if one.place == other.place:
        return problem.changeover_min
    ways = [way.minutes for way in problem.travel if {way.one, way.other} == {one.place, other.place}]
    return max([problem.changeover_min, *ways])


def _out_of_order(problem: Problem, held: list[_Held]) -> Iterator[Violation]:
    of = _by(held, lambda one: [one.session.code])
    for rule in problem.order:
        for first in of.get(rule.first, ()):
            for then in of.get(rule.then, ()):
                if first.span.end + rule.gap_min > then.span.start:
                    yield Violation("out_of_order", {"first": rule.first, "then": rule.then, "gap": rule.gap_min})


def _beside_plenaries(held: list[_Held]) -> Iterator[Violation]:
    for index, one in enumerate(held):
        if not one.session.is_plenary:
            continue
        for other_index, other in enumerate(held):
            told_already = other.session.is_plenary and other_index <= index
            if other_index != index and not told_already and _overlap(one.span, other.span):
                yield Violation("beside_plenary", {"plenary": one.session.code, "other": other.session.code})


def _missed_meals(problem: Problem, held: list[_Held]) -> Iterator[Violation]:
    for person, theirs in _by(held, lambda one: one.session.people).items():
        for day in problem.days:
            spans = [one.span for one in theirs if _overlap(day.open, one.span)]
            for meal in day.meals:
                if spans and not _has_time_for(meal, spans):
                    within = {"start": meal.within.start, "end": meal.within.end}
                    yield Violation("no_meal", {"person": person, "day": day.code} | within)


def _has_time_for(meal: Meal, spans: Sequence[Span]) -> bool:
    """Whether some minute within which the meal may begin leaves all its minutes free."""
    return any(
        not any(_overlap(Span(begin, begin + meal.length_min), span) for span in spans)
        for begin in range(meal.within.start, meal.within.end - meal.length_min + 1)
    )


# --- what does it cost? ---


def costs(problem: Problem, placements: Sequence[Placement]) -> tuple[Cost, ...]:
    """What the timetable costs by each term of `Weights`, in the order of `TERMS`; hard wishes are not looked at.

    Sessions that are not placed cost nothing, but their time is part of what the days share. Raises ValueError if the
    problem has faults, a session is placed twice, or a session or room is unknown.
    """
    _refuse_faults(problem)
    held = _held(problem, placements)
    if len(held) != len(placements):
        raise ValueError("a placement names a session or a room that the problem does not have")
    twice = _twice(placed.session for placed in placements)
    if twice:
        raise ValueError(f"the session {min(twice)} is placed more than once")
    amounts = {
        "clash": _wanted_but_parallel(problem, held),
        "overflow": sum(max(0, one.session.audience - one.room.capacity) for one in held if one.room.capacity > 0),
        "track_room": sum(len({one.room.code for one in members}) - 1 for members in _tracks(held)),
        "track_parallel": sum(
            _overlap(one.span, other.span) for members in _tracks(held) for one, other in combinations(members, 2)
        ),
        "idle": _steps_idle(problem, held),
        "balance": _steps_above_share(problem, held),
    }
    return tuple(Cost(term, amounts[term], amounts[term] * getattr(problem.weights, term)) for term in TERMS)


def _wanted_but_parallel(problem: Problem, held: list[_Held]) -> int:
    spans = {one.session.code: one.span for one in held}
    return sum(
        clash.people
        for clash in problem.clashes
        if clash.one in spans and clash.other in spans and _overlap(spans[clash.one], spans[clash.other])
    )


def _tracks(held: list[_Held]) -> list[list[_Held]]:
    tracked = [one for one in held if one.session.track and not one.session.is_plenary]
    return list(_by(tracked, lambda one: [one.session.track]).values())


def _steps_idle(problem: Problem, held: list[_Held]) -> int:
    idle = 0
    for theirs in _by(held, lambda one: one.session.people).values():
        for day in problem.days:
            spans = [one.span for one in theirs if _overlap(day.open, one.span)]
            if spans:
                first, last = min(span.start for span in spans), max(span.end for span in spans)
                steps = range(first, last, GRID_MIN)
                idle += sum(not any(_overlap(Span(step, step + GRID_MIN), span) for span in spans) for step in steps)
    return idle


def _steps_above_share(problem: Problem, held: list[_Held]) -> int:
    opening = {day.code: _opening_steps(day) for day in problem.days}
    all_opening = sum(opening.values())
    all_steps = sum(session.duration_min for session in problem.sessions) // GRID_MIN
    above = 0
    for day in problem.days:
        held_steps = sum(_length(one.span) for one in held if _overlap(day.open, one.span)) // GRID_MIN
        share = -(-all_steps * opening[day.code] // all_opening) if all_opening else 0
        above += max(0, held_steps - share)
    return above


def _opening_steps(day: Day) -> int:
    steps = range(day.open.start, day.open.end, GRID_MIN)
    return sum(not any(_overlap(Span(step, step + GRID_MIN), pause) for pause in day.breaks) for step in steps)
