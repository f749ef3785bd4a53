"""The solver against the checker, which shares no code with it, and against trying everything on tiny problems."""

import random
from collections.abc import Iterable
from itertools import combinations, pairwise, product
from math import prod
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from benchmarks.timetable_instances import contradictory, hidden, lose_half_day, lose_room_morning
from plenaria.plugins.agenda.solver import repair, solve
from plenaria.plugins.agenda.solver.bounds import lower_bound
from plenaria.plugins.agenda.solver.check import costs, problem_faults, violations
from plenaria.plugins.agenda.solver.problem import (
    GRID_MIN,
    Before,
    Clash,
    Contradiction,
    Day,
    Meal,
    Person,
    Placement,
    Problem,
    Proposal,
    Room,
    Session,
    Span,
    Travel,
    Weights,
    Wish,
)
from plenaria.plugins.agenda.solver.rooming import Packing
from plenaria.plugins.agenda.solver.stopwatch import Stopwatch
from plenaria.plugins.agenda.solver.table import table_of

PATIENCE_S = 30.0
"""Never used up where the machine is not overloaded; a test that needs it fails."""

FREE = Weights(clash=0, overflow=0, track_room=0, track_parallel=0, idle=0, balance=0)

seeds = st.integers(0, 100_000)


# --- tiny problems, so that everything can be tried ---


def tiny(seed: int) -> Problem:
    """Two or three sessions on one or two days of a few steps, with hard wishes of every kind, some often, some rarely."""
    rng = random.Random(seed)
    hard = rng.choice((0.05, 0.2, 0.2, 0.5, 1.0))
    days = _tiny_days(rng, hard)
    begin, end = days[0].open.start, days[-1].open.end
    rooms = tuple(
        Room(
            code=f"r{n}",
            capacity=rng.choice((0, 5, 10)),
            features=tuple(feature for feature in "ab" if rng.random() < 0.6),
            closed=_spans(rng, begin - 10, end, 0.3 * hard),
            place=rng.choice("xy"),
        )
        for n in range(rng.choice((1, 2, 2, 3)))
    )
    people = tuple(
        Person(
            code=f"p{n}",
            available=(*_spans(rng, begin - 10, end + 10, 0.4 * hard), *_spans(rng, begin, end, 0.2 * hard)),
            unavailable=_spans(rng, begin - 10, end, 0.3 * hard),
        )
        for n in range(3)
    )
    sessions = tuple(_tiny_session(rng, f"s{n}", rooms, Span(begin, end), hard) for n in range(rng.choice((2, 3, 3))))
    pairs = list(combinations([session.code for session in sessions], 2))
    has_way = len({room.place for room in rooms}) == 2 and rng.random() < 0.7
    return Problem(
        days=days,
        rooms=rooms,
        sessions=sessions,
        people=people,
        travel=(Travel("y", "x", rng.choice((5, 10, 15))),) if has_way else (),
        changeover_min=rng.choice((0, 0, 5, 10)),
        order=tuple(Before(*pair, rng.choice((0, 0, 5, 10))) for pair in pairs if rng.random() < 0.3 * hard),
        clashes=tuple(Clash(one, other, rng.choice((0, 1, 3))) for other, one in pairs if rng.random() < 0.6),
        weights=Weights(
            clash=rng.choice((0, 1, 10)),
            overflow=rng.choice((0, 1, 2)),
            track_room=rng.choice((0, 1, 5)),
            track_parallel=rng.choice((0, 3)),
            idle=rng.choice((0, 1, 2)),
            balance=rng.choice((0, 1, 3)),
        ),
    )


def _span(rng: random.Random, low: int, high: int) -> Span:
    return Span(*sorted(rng.sample(range(low, high + 1, GRID_MIN), 2)))


def _spans(rng: random.Random, low: int, high: int, chance: float) -> tuple[Span, ...]:
    return (_span(rng, low, high),) if rng.random() < chance else ()


def _tiny_days(rng: random.Random, hard: float) -> tuple[Day, ...]:
    days, begin, count = [], rng.choice((0, 0, -300, 1000)), rng.choice((1, 1, 2))
    for number in range(count):
        end = begin + GRID_MIN * (rng.randint(4, 8) if count == 1 else rng.randint(3, 5))
        meals = [
            Meal(span, rng.randrange(GRID_MIN, span.end - span.start + 1, GRID_MIN))
            for span in _spans(rng, begin, end, 0.1 + 0.5 * hard)
        ]
        pauses = [span for span in _spans(rng, begin, end, 0.3) if span.end - span.start <= 2 * GRID_MIN]
        days.append(Day(code=f"d{number}", open=Span(begin, end), breaks=tuple(pauses), meals=tuple(meals)))
        begin = end + rng.choice((0, 0, 60))
    return tuple(days)


def _tiny_session(rng: random.Random, code: str, rooms: tuple[Room, ...], whole: Span, hard: float) -> Session:
    there = Placement(code, rng.choice(rooms).code, rng.randrange(whole.start, whole.end, GRID_MIN))
    return Session(
        code=code,
        duration_min=GRID_MIN * rng.choice((1, 1, 2, 2, 3)),
        people=tuple(sorted(rng.sample(("p0", "p1", "p2"), rng.choice((0, 1, 1, 2))))),
        track=rng.choice(("", "t", "t", "u")),
        audience=rng.choice((0, 4, 7, 12)),
        seats=rng.choice((0, 5, 10)) if rng.random() < 0.5 * hard else 0,
        features=tuple(feature for feature in "ab" if rng.random() < 0.15 * hard),
        rooms=tuple(room.code for room in rooms if rng.random() < 0.5) if rng.random() < 0.2 * hard else (),
        windows=(
            *_spans(rng, whole.start - 5, whole.end + 5, 0.3 * hard),
            *_spans(rng, whole.start, whole.end, 0.2 * hard),
        ),
        fixed=there if rng.random() < 0.12 * hard else None,
        is_plenary=rng.random() < 0.2 * hard,
    )


def everything(problem: Problem) -> list[tuple[Placement, ...]]:
    """Every timetable that keeps all hard wishes, by trying; gives up where there are too many to try."""
    possible = []
    for session in problem.sessions:
        alone = replace(problem, sessions=(session,), order=(), clashes=())
        starts = (start for day in problem.days for start in range(day.open.start, day.open.end, GRID_MIN))
        tried = [Placement(session.code, room.code, start) for start in starts for room in problem.rooms]
        possible.append([one for one in tried if not violations(alone, (one,))])
    assume(prod(map(len, possible)) <= 2_000)
    return [placements for placements in product(*possible) if not violations(problem, placements)]


def price(problem: Problem, placements: Iterable[Placement]) -> int:
    return sum(cost.cost for cost in costs(problem, tuple(placements)))


def assert_sound(problem: Problem, answer: object) -> Proposal:
    """A proposal that says of itself what the checker says of it."""
    assert isinstance(answer, Proposal)
    assert violations(problem, answer.placements) == ()
    assert answer.costs == costs(problem, answer.placements)
    assert answer.cost == sum(cost.cost for cost in answer.costs)
    assert answer.bound <= answer.cost
    assert not answer.is_proven or answer.bound == answer.cost
    assert list(answer.placements) == sorted(answer.placements, key=lambda one: (one.start, one.room))
    return answer


@given(seeds)
@settings(max_examples=60)
def test_the_cheapest_timetable_is_as_cheap_as_any(seed: int) -> None:
    problem = tiny(seed)
    every = everything(problem)

    answer = solve(problem, limit_s=PATIENCE_S, workers=1)

    if not every:
        assert isinstance(answer, Contradiction)
        return
    proposal = assert_sound(problem, answer)
    assert (proposal.is_proven, proposal.cost) == (True, min(price(problem, one) for one in every))


@given(seeds)
@settings(max_examples=60)
def test_no_timetable_costs_less_than_its_rooms_packed_and_its_tracks_counted(seed: int) -> None:
    problem = tiny(seed)
    every = everything(problem)
    assume(every)
    table = table_of(problem)

    packed = Packing(table, by_day=True).solved(Stopwatch(10, None), seed=0, workers=1, limit_s=10)

    assert packed.rooms is not None
    assert lower_bound(table, list(range(table.sessions)), {}, rooms=packed.bound) <= min(
        price(problem, placements) for placements in every
    )


@given(seeds)
@settings(max_examples=40)
def test_a_repair_moves_as_few_sessions_as_can_be_then_costs_as_little(seed: int) -> None:
    rng = random.Random(seed)
    problem = tiny(seed)
    rooms = tuple(replace(room, closed=(*room.closed, *_spans(rng, -300, 60, 0.5))) for room in problem.rooms)
    begin, end = problem.days[0].open.start, problem.days[-1].open.end
    people = tuple(
        replace(one, unavailable=(*one.unavailable, *_spans(rng, begin, end, 0.5))) for one in problem.people
    )
    kept = everything(problem)
    assume(kept)
    before = rng.choice(kept)
    harmed = replace(problem, rooms=rooms, people=people)
    every = everything(harmed)

    answer = repair(harmed, before, limit_s=PATIENCE_S, workers=1)

    if not every:
        assert isinstance(answer, Contradiction)
        return
    proposal = assert_sound(harmed, answer)
    least = min((len(set(before) - set(one)), price(harmed, one)) for one in every)
    assert proposal.moved == tuple(one.session for one in sorted(set(before) - set(proposal.placements)))
    assert (len(proposal.moved), proposal.cost) == least
    assert (proposal.fewest_moves_proven, proposal.is_proven) == (True, True)


# --- contradictions ---


def given_up(problem: Problem, kept: tuple[Wish, ...]) -> Problem:
    """The problem without any hard wish but these; a day without bounds reaches half way to the next, or twelve hours."""
    named = {(wish.code, *wish.facts.values()) for wish in kept}
    by_session = {(code, facts[0]) for code, *facts in named}
    middles = [(one.open.end + then.open.start) // 10 * 5 for one, then in pairwise(problem.days)]
    bounds = [problem.days[0].open.start - 720, *middles, problem.days[-1].open.end + 720]
    fields: dict[str, Any] = {"fixed": None, "windows": (), "rooms": (), "features": (), "seats": 0}
    return replace(
        problem,
        days=tuple(
            replace(
                day,
                open=day.open if ("day", day.code, day.open.start, day.open.end) in named else Span(low, high),
                breaks=tuple(one for one in day.breaks if ("break", day.code, one.start, one.end) in named),
                meals=tuple(
                    one
                    for one in day.meals
                    if ("meal", day.code, one.within.start, one.within.end, one.length_min) in named
                ),
            )
            for day, (low, high) in zip(problem.days, pairwise(bounds), strict=True)
        ),
        rooms=tuple(
            replace(
                room, closed=tuple(one for one in room.closed if ("closed", room.code, one.start, one.end) in named)
            )
            for room in problem.rooms
        ),
        people=tuple(
            one if ("availability", one.code) in by_session else Person(code=one.code) for one in problem.people
        ),
        sessions=tuple(
            replace(
                one,
                is_plenary=one.is_plenary and ("plenary", one.code) in by_session,
                **{name: empty for name, empty in fields.items() if (name, one.code) not in by_session},
            )
            for one in problem.sessions
        ),
        order=tuple(one for one in problem.order if ("order", one.first, one.then, one.gap_min) in named),
        travel=tuple(one for one in problem.travel if ("way", one.one, one.other, one.minutes) in named),
        changeover_min=problem.changeover_min if "changeover" in {wish.code for wish in kept} else 0,
        weights=FREE,
    )


@given(seeds)
@settings(max_examples=40)
def test_the_wishes_named_contradict_each_other_and_none_of_them_is_idle(seed: int) -> None:
    problem = tiny(seed)
    assume(not everything(problem))

    answer = solve(problem, limit_s=PATIENCE_S, workers=1)

    assert isinstance(answer, Contradiction)
    assert answer.is_minimal
    assert isinstance(solve(given_up(problem, answer.wishes), limit_s=PATIENCE_S, workers=1), Contradiction)
    for wish in answer.wishes:
        fewer = given_up(problem, tuple(other for other in answer.wishes if other != wish))
        assert_sound(fewer, solve(fewer, limit_s=PATIENCE_S, workers=1))


@pytest.mark.parametrize("seed", range(6))
def test_a_congress_made_impossible_is_told_why(seed: int) -> None:
    problem = contradictory(hidden(40, 4, 2, seed)[0], seed)

    answer = solve(problem, limit_s=PATIENCE_S, seed=seed)

    assert isinstance(answer, Contradiction)
    assert answer.is_minimal
    assert isinstance(solve(given_up(problem, answer.wishes), limit_s=PATIENCE_S), Contradiction)


# --- congresses ---


@pytest.mark.parametrize("size", [(12, 2, 1), (25, 1, 2), (40, 4, 2), (120, 8, 3)])
@pytest.mark.parametrize("seed", range(3))
def test_a_congress_is_given_a_timetable_that_keeps_every_wish(size: tuple[int, int, int], seed: int) -> None:
    problem, placements = hidden(*size, seed)

    proposal = assert_sound(problem, solve(problem, limit_s=1.5, seed=seed))

    assert proposal.cost <= price(problem, placements)


@pytest.mark.parametrize("lose", [lose_half_day, lose_room_morning])
@pytest.mark.parametrize("seed", range(3))
def test_a_congress_is_repaired(lose: Any, seed: int) -> None:
    problem, before = hidden(80, 8, 2, seed)
    harmed = lose(problem, before, seed)

    proposal = assert_sound(harmed, repair(harmed, before, limit_s=4, seed=seed))

    struck = {violation.facts["session"] for violation in violations(harmed, before)}
    assert proposal.moved == tuple(one.session for one in sorted(set(before) - set(proposal.placements)))
    assert struck <= set(proposal.moved)
    assert len(proposal.moved) < len(before) / 4


# --- at the edges ---

DAY = Day(code="d", open=Span(0, 60))
HALL, LOUNGE = Room(code="hall", place="main"), Room(code="lounge", place="main")


def talk(code: str, duration_min: int = 20, **wishes: Any) -> Session:
    return Session(code=code, duration_min=duration_min, **wishes)


def edge(*sessions: Session, **parts: Any) -> Problem:
    people = tuple(Person(code=code) for code in sorted({code for one in sessions for code in one.people}))
    return Problem(**{"days": (DAY,), "rooms": (HALL,), "sessions": sessions, "people": people} | parts)


@pytest.mark.parametrize(
    ("problem", "cost"),
    [
        (edge(), 0),
        (edge(talk("a", 60)), 0),
        (edge(talk("a"), talk("b"), talk("c")), 0),
        (edge(talk("a", 60), talk("b", 60), rooms=(HALL, LOUNGE), weights=FREE, clashes=(Clash("a", "b", 9),)), 0),
        (edge(talk("a", 60), talk("b", 60), rooms=(HALL, LOUNGE), clashes=(Clash("a", "b", 9),)), 90),
        (edge(*map(talk, "abc"), order=(Before("b", "a"), Before("a", "c"))), 0),
        (edge(talk("a", people=("p",)), talk("b", people=("p",)), days=(replace(DAY, meals=(Meal(Span(0, 60), 20),)),)), 0),
        (edge(talk("a", people=("p",)), days=(replace(DAY, meals=(Meal(Span(20, 60), 40),)),)), 0),
        (edge(talk("a", is_plenary=True), talk("b", is_plenary=True), talk("c"), rooms=(HALL, LOUNGE)), 0),
        (
            edge(
                talk("a", people=("p",), rooms=("hall",)),
                talk("b", people=("p",), rooms=("barn",)),
                rooms=(HALL, Room(code="barn", place="farm")),
                travel=(Travel("farm", "main", 20),),
            ),
            20 // GRID_MIN,
        ),
        (edge(talk("a", people=("p",)), talk("b", people=("p",)), changeover_min=45), 0),
        (
            edge(
                talk("a", people=("p",)),
                people=(Person(code="p", available=(Span(10, 20), Span(20, 30)), unavailable=(Span(30, 60),)),),
            ),
            0,
        ),
        (edge(talk("a", audience=70), rooms=(replace(HALL, capacity=60), replace(LOUNGE, capacity=65))), 2 * 5),
        (edge(talk("a", 30), talk("b", 30), days=(DAY, Day(code="e", open=Span(60, 90)))), 30 // 5 - 4),
        (edge(talk("a", 40), talk("b", 20), days=(DAY, Day(code="e", open=Span(60, 100)))), 0),
        (edge(talk("a", 60), talk("b", 10), days=(DAY, Day(code="e", open=Span(60, 100)))), 60 // 5 - 9),
    ],
)  # fmt: skip
def test_at_the_edge_the_cost_is_the_one_counted_by_hand(problem: Problem, cost: int) -> None:
    assert problem_faults(problem) == ()

    proposal = assert_sound(problem, solve(problem, limit_s=PATIENCE_S, workers=1))

    assert (proposal.is_proven, proposal.cost) == (True, cost)


@pytest.mark.parametrize(
    "problem",
    [
        edge(talk("a", 65)),
        edge(talk("a"), talk("b"), talk("c"), talk("d", 5)),
        edge(talk("a"), rooms=()),
        edge(talk("a"), days=()),
        edge(talk("a", people=("p",)), days=(replace(DAY, meals=(Meal(Span(0, 60), 60),)),)),
        edge(talk("a"), talk("b", people=("p",)), days=(replace(DAY, meals=(Meal(Span(0, 60), 45),)),)),
        edge(talk("a", 30), talk("b", 30), order=(Before("a", "b", 5),), rooms=(HALL, LOUNGE)),
        edge(talk("a", 40, is_plenary=True), talk("b", 25), rooms=(HALL, LOUNGE)),
        edge(talk("a", fixed=Placement("a", "hall", 45))),
        edge(talk("a"), talk("b"), days=(replace(DAY, breaks=(Span(15, 20), Span(35, 40))),)),
    ],
)
def test_beyond_the_edge_there_is_a_contradiction(problem: Problem) -> None:
    assert problem_faults(problem) == ()

    answer = solve(problem, limit_s=PATIENCE_S, workers=1)

    assert isinstance(answer, Contradiction)
