"""Answers of the solver, judged by `check` and, where problems are tiny, by trying every timetable."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from plenaria.plugins.agenda.solver import (
    Before,
    Clash,
    Contradiction,
    Day,
    Meal,
    Person,
    Placement,
    Problem,
    Progress,
    Proposal,
    Room,
    Session,
    Span,
    Travel,
    Unsolved,
    Weights,
    costs,
    repair,
    solve,
    violations,
)
from plenaria.plugins.agenda.solver.bounds import lower_bound
from plenaria.plugins.agenda.solver.contradictions import only, wishes_of, without
from plenaria.plugins.agenda.solver.table import table_of

HOUR = 60
NOTHING = Weights(clash=0, overflow=0, track_room=0, track_parallel=0, idle=0, balance=0)


def day(length: int, **more: object) -> Day:
    return Day(code="D1", open=Span(540, 540 + length), **more)  # type: ignore[arg-type]


def problem(
    *sessions: Session, days: tuple[Day, ...] = (day(HOUR),), rooms: int | tuple[Room, ...] = 1, **more: object
) -> Problem:
    people = sorted({code for session in sessions for code in session.people})
    told = {"people": tuple(Person(code=code) for code in people), "weights": NOTHING} | more
    halls = rooms if isinstance(rooms, tuple) else tuple(Room(code=f"R{n}") for n in range(rooms))
    return Problem(days=days, rooms=halls, sessions=sessions, **told)  # type: ignore[arg-type]


def session(code: str, duration_min: int = 30, **more: object) -> Session:
    return Session(code=code, duration_min=duration_min, **more)  # type: ignore[arg-type]


def solved(asked: Problem, limit_s: float = 5) -> Proposal:
    """A proven answer that the judge accepts and prices the same."""
    answer = solve(asked, limit_s=limit_s)
    assert isinstance(answer, Proposal)
    assert violations(asked, answer.placements) == ()
    assert costs(asked, answer.placements) == answer.costs
    assert answer.cost == sum(term.cost for term in answer.costs)
    assert answer.is_proven
    assert answer.bound == answer.cost
    return answer


def contradicted(asked: Problem, limit_s: float = 10) -> set[str]:
    """The codes of the wishes that are named; each was checked to be needed."""
    answer = solve(asked, limit_s=limit_s)
    assert isinstance(answer, Contradiction)
    assert answer.is_minimal
    assert isinstance(solve(only(asked, answer.wishes), limit_s=limit_s), Contradiction)
    for wish in answer.wishes:
        if wish.code != "too_much":
            others = [other for other in answer.wishes if other != wish]
            assert isinstance(solve(only(asked, others), limit_s=limit_s), Proposal)
            # These problems hold one contradiction only, so the whole problem fits without the wish.
            assert isinstance(solve(without(asked, wish), limit_s=limit_s), Proposal)
    return {wish.code for wish in answer.wishes}


def starts(answer: Proposal) -> dict[str, int]:
    return {placed.session: placed.start for placed in answer.placements}


# --- trying every timetable ---


def all_timetables(asked: Problem) -> Iterator[tuple[Placement, ...]]:
    """Every timetable that keeps all hard wishes; what is broken by some sessions stays broken by more."""

    def is_kept(placed: tuple[Placement, ...]) -> bool:
        return {violation.code for violation in violations(asked, placed)} <= {"unplaced"}

    places = [
        [
            placed
            for room in asked.rooms
            for held in asked.days
            for start in range(held.open.start, held.open.end, 5)
            if is_kept((placed := Placement(one.code, room.code, start),))
        ]
        for one in asked.sessions
    ]

    def extended(placed: tuple[Placement, ...]) -> Iterator[tuple[Placement, ...]]:
        if len(placed) == len(asked.sessions):
            yield placed
            return
        for place in places[len(placed)]:
            if is_kept((*placed, place)):
                yield from extended((*placed, place))

    yield from extended(())


def cost_of(asked: Problem, placements: tuple[Placement, ...]) -> int:
    return sum(term.cost for term in costs(asked, placements))


@st.composite
def tiny_problems(draw: st.DrawFn) -> Problem:
    """One or two short days, two rooms, two or three sessions, and a few wishes of every kind."""
    opens = draw(st.sampled_from([((540, 585),), ((540, 565), (600, 630)), ((540, 580),)]))
    days = tuple(
        Day(
            code=f"D{number}",
            open=Span(*held),
            breaks=draw(st.sampled_from([(), (Span(held[0] + 15, held[0] + 20),)])),
            meals=draw(st.sampled_from([(), (), (Meal(Span(held[0] + 5, held[0] + 25), 10),)])),
        )
        for number, held in enumerate(opens)
    )
    rooms = tuple(
        Room(
            code=code,
            capacity=draw(st.sampled_from([0, 10, 20])),
            features=draw(st.sampled_from([(), ("stage",)])),
            closed=draw(st.sampled_from([(), (), (Span(545, 555),)])),
            place=code,
        )
        for code in ("R0", "R1")
    )
    names = [f"S{number}" for number in range(draw(st.integers(2, 3)))]
    spans = st.sampled_from([(), (), (Span(540, 570),), (Span(555, 640),)])
    sessions = tuple(
        Session(
            code=name,
            duration_min=draw(st.sampled_from([10, 15, 20])),
            people=tuple(draw(st.sets(st.sampled_from(["A", "B"]), max_size=2))),
            track=draw(st.sampled_from(["", "T"])),
            audience=draw(st.sampled_from([0, 15, 30])),
            seats=draw(st.sampled_from([0, 0, 15])),
            features=draw(st.sampled_from([(), (), ("stage",)])),
            rooms=draw(st.sampled_from([(), (), ("R1",)])),
            windows=draw(spans),
            fixed=draw(st.sampled_from([None, None, Placement(name, "R0", 540)])),
            is_plenary=draw(st.sampled_from([False, False, True])),
        )
        for name in names
    )
    return Problem(
        days=days,
        rooms=rooms,
        sessions=sessions,
        people=tuple(Person(code=code, unavailable=draw(spans)) for code in "AB"),
        travel=(Travel("R0", "R1", draw(st.sampled_from([5, 10]))),),
        changeover_min=draw(st.sampled_from([0, 5])),
        order=draw(st.sampled_from([(), (Before("S1", "S0", 5),)])),
        clashes=(Clash("S0", "S1", 3),),
        weights=Weights(clash=4, overflow=1, track_room=15, track_parallel=20, idle=3, balance=2),
    )


SOME = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # an example is small as it is, and shrinking it slow
)


@SOME
@given(tiny_problems())
def test_no_timetable_is_cheaper_and_none_is_refused_that_exists(asked: Problem) -> None:
    cheapest = min((cost_of(asked, placements) for placements in all_timetables(asked)), default=None)

    answer = solve(asked, limit_s=10)

    if cheapest is None:
        assert isinstance(answer, Contradiction)
        assert answer.is_minimal
        assert not any(all_timetables(only(asked, answer.wishes)))
    else:
        assert isinstance(answer, Proposal)
        assert violations(asked, answer.placements) == ()
        assert costs(asked, answer.placements) == answer.costs
        assert (answer.cost, answer.bound, answer.is_proven) == (cheapest, cheapest, True)


@SOME
@given(tiny_problems(), st.sampled_from(["A", "B"]), st.sampled_from([Span(540, 560), Span(555, 580)]))
def test_no_repair_needs_fewer_moves_or_with_them_costs_less(asked: Problem, who: str, lost: Span) -> None:
    before = solve(replace(asked, weights=NOTHING), limit_s=10)
    if not isinstance(before, Proposal):
        return
    people = tuple(
        replace(one, unavailable=(*one.unavailable, lost)) if one.code == who else one for one in asked.people
    )
    harmed = replace(asked, people=people)
    was = set(before.placements)
    best = min(
        ((len(set(found) - was), cost_of(harmed, found)) for found in all_timetables(harmed)),
        default=None,
    )

    answer = repair(harmed, before.placements, limit_s=10)

    if best is None:
        assert isinstance(answer, Contradiction)
    else:
        assert isinstance(answer, Proposal)
        assert violations(harmed, answer.placements) == ()
        assert costs(harmed, answer.placements) == answer.costs
        assert answer.moved == tuple(sorted(one.session for one in set(answer.placements) - was))
        assert (len(answer.moved), answer.fewest_moves_proven) == (best[0], True)
        assert (answer.cost, answer.is_proven) == (best[1], True)


# --- each hard wish: a problem that fits in one way only, or not at all ---


def test_sessions_of_a_room_follow_each_other() -> None:
    assert sorted(starts(solved(problem(session("A"), session("B")))).values()) == [540, 570]


def test_three_half_hours_do_not_fit_into_one_hour_of_one_room() -> None:
    assert contradicted(problem(session("A"), session("B"), session("C"))) == {"day"}


def test_a_break_splits_the_day() -> None:
    asked = problem(session("A"), session("B"), days=(day(65, breaks=(Span(570, 580),)),))

    assert contradicted(asked) == {"day", "break"}
    assert sorted(starts(solved(replace(asked, days=(day(70, breaks=(Span(570, 580),)),)))).values()) == [540, 580]


def test_a_session_longer_than_every_day_names_the_days_and_its_fellows_do_not_matter() -> None:
    assert contradicted(problem(session("A", 90), session("B"), rooms=2)) == {"day"}


def test_a_person_is_in_one_place_at_a_time_and_changes_rooms_in_time() -> None:
    both = [session("A", 25, people=("Ana",), rooms=("R0",)), session("B", 25, people=("Ana",), rooms=("R1",))]

    placed = starts(solved(problem(*both, rooms=2, changeover_min=10)))

    assert abs(placed["A"] - placed["B"]) == 35
    assert contradicted(problem(*both, rooms=2, changeover_min=15)) == {"changeover", "rooms", "day"}


def test_in_the_same_room_one_session_follows_the_other_at_once() -> None:
    both = [session(code, 30, people=("Ana",)) for code in "AB"]

    assert len({placed.room for placed in solved(problem(*both, rooms=2, changeover_min=15)).placements}) == 1


def test_the_way_between_two_places_takes_its_time() -> None:
    rooms = (Room(code="R0", place="main"), Room(code="R1", place="annex"))
    both = [session("A", 25, people=("Ana",), rooms=("R0",)), session("B", 25, people=("Ana",), rooms=("R1",))]
    asked = problem(*both, rooms=rooms, travel=(Travel("annex", "main", 15),), changeover_min=5)

    assert contradicted(replace(asked, rooms=rooms)) == {"way", "rooms", "day"}
    assert len(solved(replace(asked, travel=(Travel("main", "annex", 10),))).placements) == 2


def test_nobody_speaks_when_they_cannot_come() -> None:
    asked = problem(session("A", people=("Ana",)))

    assert starts(solved(replace(asked, people=(Person(code="Ana", unavailable=(Span(540, 545),)),))))["A"] >= 545
    assert starts(solved(replace(asked, people=(Person(code="Ana", available=(Span(560, 590),)),)))) == {"A": 560}
    late = (Person(code="Ana", available=(Span(575, 600),)),)
    assert contradicted(replace(asked, people=late)) == {"availability"}


def test_a_window_holds_its_session_whole() -> None:
    assert starts(solved(problem(session("A", windows=(Span(540, 560), Span(565, 595)))))) == {"A": 565}


def test_a_fixed_session_stays_and_its_room_is_not_closed_for_it() -> None:
    fixed = session("A", fixed=Placement("A", "R1", 550))

    assert solved(problem(fixed, rooms=2)).placements == (Placement("A", "R1", 550),)
    closed = (Room(code="R0"), Room(code="R1", closed=(Span(575, 600),)))
    assert contradicted(problem(fixed, rooms=closed)) == {"fixed", "closed"}


def test_two_fixed_sessions_of_one_person_at_once_are_named() -> None:
    one = session("A", people=("Ana",), fixed=Placement("A", "R0", 540))
    other = session("B", people=("Ana",), fixed=Placement("B", "R1", 550))

    answer = solve(problem(one, other, session("C"), rooms=3), limit_s=10)

    assert isinstance(answer, Contradiction)
    assert [(wish.code, wish.facts["session"]) for wish in answer.wishes] == [("fixed", "A"), ("fixed", "B")]


def test_seats_and_features_choose_the_room() -> None:
    rooms = (Room(code="R0", capacity=50, features=("stage",)), Room(code="R1", capacity=100, features=("stage",)))

    fits = problem(session("A", seats=60, features=("stage",)), rooms=rooms)

    assert solved(fits).placements[0].room == "R1"
    assert contradicted(problem(session("A", seats=101), rooms=rooms)) == {"seats"}
    assert contradicted(problem(session("A", features=("piano",)), rooms=rooms)) == {"features"}
    assert contradicted(problem(session("A", seats=60, rooms=("R0",)), rooms=rooms)) == {"seats", "rooms"}


def test_a_room_whose_seats_nobody_counted_holds_any_session() -> None:
    assert solved(problem(session("A", seats=500))).placements[0].room == "R0"


def test_one_session_begins_a_gap_after_the_other_has_ended() -> None:
    asked = problem(session("A", 20), session("B", 20), rooms=2, order=(Before("B", "A", 20),))

    assert starts(solved(asked)) == {"B": 540, "A": 580}
    assert contradicted(replace(asked, order=(Before("B", "A", 25),))) == {"order", "day"}


def test_beside_a_plenary_nothing_is_held() -> None:
    asked = problem(session("A", is_plenary=True), session("B"), session("C"), rooms=3)

    placed = starts(solved(asked))

    assert placed["B"] == placed["C"]
    assert abs(placed["A"] - placed["B"]) == 30
    long = problem(session("A", 45, is_plenary=True), session("B"), rooms=2)
    assert contradicted(long) == {"plenary", "day"}


def test_whoever_is_on_stage_has_time_to_eat() -> None:
    meal = (Meal(Span(555, 600), 30),)
    asked = problem(session("A", 30, people=("Ana",)), days=(day(HOUR, meals=meal),))

    assert starts(solved(asked))["A"] == 540
    assert contradicted(replace(asked, sessions=(session("A", 35, people=("Ana",)),))) == {"meal", "day"}
    assert len(solved(replace(asked, sessions=(session("A", 60),))).placements) == 1


def test_two_sessions_that_each_leave_time_to_eat_may_leave_none_together() -> None:
    """A ends at 585 at the earliest and B begins at 595 at the latest: ten minutes between, and none after."""
    both = (
        session("A", 25, people=("Ana",), windows=(Span(560, 590),)),
        session("B", 25, people=("Ana",), windows=(Span(590, 620),)),
    )
    asked = problem(*both, days=(day(100, meals=(Meal(Span(565, 615), 25),)),))

    assert contradicted(asked) == {"windows", "meal"}


def test_sessions_for_more_than_whole_days_contradict_no_wish() -> None:
    assert contradicted(problem(session("A", 2000))) == {"too_much"}


# --- each soft term, with an optimum that can be seen ---


def costly(term: str) -> Weights:
    return replace(NOTHING, **{term: 7})


def test_a_clash_is_avoided_where_there_is_time_and_paid_where_not() -> None:
    """Two rooms, one hour, four half hours: two pairs run in parallel; of A-B (5), A-C (2), A-D (1) only one need be."""
    clashes = (Clash("A", "B", 5), Clash("A", "C", 2), Clash("A", "D", 1))
    asked = problem(*(session(code) for code in "ABCD"), rooms=2, clashes=clashes, weights=costly("clash"))

    assert solved(asked).cost == 7 * 1


def test_the_larger_audience_gets_the_larger_room() -> None:
    """80 and 120 guests at once in rooms of 50 and 100: 20 stand in the larger, 30 in the smaller."""
    rooms = (Room(code="R0", capacity=50), Room(code="R1", capacity=100))
    both = (session("A", 60, audience=80), session("B", 60, audience=120))

    assert solved(problem(*both, rooms=rooms, weights=costly("overflow"))).cost == 7 * (20 + 30)


def test_a_track_keeps_to_one_room() -> None:
    """Two tracks of an hour each in two rooms; a third session of T in an hour that is full needs a second room."""
    asked = problem(
        *(session(code, track="T") for code in "AB"),
        *(session(code, track="U") for code in "CD"),
        rooms=2,
        weights=costly("track_room"),
    )

    assert solved(asked).cost == 0
    more = replace(asked, sessions=(*asked.sessions[:3], session("E", track="T")))
    assert solved(more).cost == 7


def test_a_track_is_not_parallel_to_itself_where_it_need_not_be() -> None:
    """Of three half hours of one track in one hour and two rooms, exactly two overlap."""
    asked = problem(*(session(code, track="T") for code in "ABC"), rooms=2, weights=costly("track_parallel"))

    assert solved(asked).cost == 7
    assert solved(replace(asked, sessions=asked.sessions[:2])).cost == 0


def test_people_wait_no_longer_than_they_must() -> None:
    """Ana's sessions lie 25 minutes apart at best, because B may not begin before 595: five steps of waiting."""
    both = session("A", people=("Ana",)), session("B", people=("Ana",), windows=(Span(595, 660),))
    asked = problem(*both, days=(day(120),), weights=costly("idle"))

    placed = solved(asked)

    assert placed.cost == 0
    assert starts(placed)["B"] - starts(placed)["A"] == 30
    early = replace(asked, sessions=(session("A", people=("Ana",), windows=(Span(540, 570),)), both[1]))
    assert solved(early).cost == 7 * 5


def test_the_load_is_shared_over_the_days() -> None:
    """90 minutes over two equal days: 45 each, so the day with two of the three half hours is three steps above."""
    days = (day(120), Day(code="D2", open=Span(2000, 2120)))
    asked = problem(*(session(code) for code in "ABC"), days=days, weights=costly("balance"))

    assert solved(asked).cost == 7 * 3


# --- repair ---


def test_only_whoever_lost_their_place_moves() -> None:
    asked = problem(*(session(code, people=(code.lower(),)) for code in "ABC"), rooms=2, days=(day(90),))
    before = solved(asked).placements
    lost = before[0]
    person = next(one.people[0] for one in asked.sessions if one.code == lost.session)
    people = tuple(
        replace(one, unavailable=(Span(lost.start, lost.start + 30),)) if one.code == person else one
        for one in asked.people
    )

    answer = repair(replace(asked, people=people), before, limit_s=5)

    assert isinstance(answer, Proposal)
    assert (answer.moved, answer.fewest_moves_proven, answer.is_proven) == ((lost.session,), True, True)


def test_a_new_session_is_placed_around_the_others_and_is_no_move() -> None:
    asked = problem(session("A"), session("B"))
    before = (Placement("A", "R0", 570),)

    answer = repair(asked, before, limit_s=5)

    assert isinstance(answer, Proposal)
    assert answer.placements == (Placement("B", "R0", 540), Placement("A", "R0", 570))
    assert (answer.moved, answer.fewest_moves_proven) == ((), True)


def test_another_moves_where_the_loss_alone_cannot_be_mended() -> None:
    """A may be held only in the first half hour now, where B is: both have to change."""
    asked = problem(session("A", windows=(Span(540, 570),)), session("B"))
    before = (Placement("B", "R0", 540), Placement("A", "R0", 570))

    answer = repair(asked, before, limit_s=5)

    assert isinstance(answer, Proposal)
    assert (answer.moved, answer.fewest_moves_proven, answer.is_proven) == (("A", "B"), True, True)


def test_placements_of_sessions_that_are_gone_are_passed_over() -> None:
    answer = repair(problem(session("A")), (Placement("Gone", "R0", 540), Placement("A", "R0", 550)), limit_s=5)

    assert isinstance(answer, Proposal)
    assert answer.placements == (Placement("A", "R0", 550),)


def test_a_loss_that_nothing_mends_is_a_contradiction() -> None:
    asked = problem(session("A", people=("Ana",)))
    gone = replace(asked, people=(Person(code="Ana", unavailable=(Span(540, 600),)),))

    answer = repair(gone, (Placement("A", "R0", 540),), limit_s=5)

    assert isinstance(answer, Contradiction)
    assert [wish.code for wish in answer.wishes] == ["availability", "day"]


# --- conduct ---


def busy_problem() -> Problem:
    """Too much to be proven at once: 24 sessions of four tracks in three rooms, whose people and audiences are mixed."""
    sessions = tuple(
        session(f"S{n:02}", 20 + 5 * (n % 5), people=(f"P{n % 11}",), track=f"T{n % 4}", audience=20 * (n % 7))
        for n in range(24)
    )
    clashes = tuple(Clash(f"S{n:02}", f"S{other:02}", 1 + n % 3) for n in range(24) for other in range(n + 1, 24, 3))
    rooms = tuple(Room(code=f"R{n}", capacity=60) for n in range(3))
    return problem(*sessions, days=(day(300),), rooms=rooms, clashes=clashes, weights=Weights())


def test_cost_and_bound_never_grow_worse_while_it_searches() -> None:
    told: list[Progress] = []

    answer = solve(busy_problem(), limit_s=2, on_progress=told.append)

    assert isinstance(answer, Proposal)
    found = [one.cost for one in told if one.cost is not None]
    bounds = [one.bound for one in told if one.bound is not None]
    assert found == sorted(found, reverse=True)
    assert found[-1] == answer.cost
    assert bounds == sorted(bounds)
    assert bounds[-1] <= answer.bound <= answer.cost


def test_whoever_asks_to_stop_gets_the_best_so_far() -> None:
    told: list[Progress] = []

    answer = solve(busy_problem(), limit_s=60, on_progress=told.append, should_stop=lambda: len(told) > 3)

    assert isinstance(answer, Proposal)
    assert violations(busy_problem(), answer.placements) == ()
    assert answer.seconds < 30


def test_stopped_before_it_began_it_knows_nothing() -> None:
    full = problem(*(session(f"S{n}", 20) for n in range(4)), rooms=1, days=(day(75),))

    answer = solve(full, limit_s=10, should_stop=lambda: True)

    assert isinstance(answer, Unsolved)


def test_the_same_question_gets_the_same_answer() -> None:
    asked = problem(*(session(f"S{n}", 20, track="T") for n in range(5)), rooms=2, weights=Weights())

    answers = {solved(asked).placements for _ in range(3)}

    assert len(answers) == 1


def test_a_problem_with_faults_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="unknown_code"):
        solve(problem(session("A", rooms=("Nowhere",))), limit_s=1)


def test_no_session_is_no_question() -> None:
    assert solved(problem()).placements == ()


def test_every_wish_of_a_problem_can_be_given_up() -> None:
    asked = problem(
        session("A", people=("Ana",), rooms=("R0",), features=("stage",), seats=5, windows=(Span(540, 600),)),
        session("B", is_plenary=True, fixed=Placement("B", "R0", 570)),
        days=(day(HOUR, breaks=(Span(540, 545),), meals=(Meal(Span(540, 600), 5),)),),
        rooms=(Room(code="R0", capacity=9, closed=(Span(545, 550),), place="a"), Room(code="R1", place="b")),
        people=(Person(code="Ana", available=(Span(540, 600),)),),
        changeover_min=5,
        travel=(Travel("a", "b", 10),),
        order=(Before("A", "B"),),
    )

    bare = without(asked, *wishes_of(asked))

    assert len({wish.code for wish in wishes_of(asked)}) == 14
    assert {wish.code for wish in wishes_of(bare)} == {"day"}


# --- bounds by counting ---


def test_counting_knows_that_a_track_must_run_beside_itself() -> None:
    """Six half hours of one track in 90 minutes: 90 minutes run beside themselves, so three pairs do, in two rooms."""
    asked = problem(
        *(session(f"S{n}", track="T") for n in range(6)),
        rooms=3,
        days=(day(90),),
        weights=Weights(clash=0, overflow=0, track_room=10, track_parallel=7, idle=0, balance=0),
    )

    assert lower_bound(table_of(asked), list(range(6)), {}) == 3 * 7 + 10
    assert solved(asked).cost == 3 * 7 + 10
    five = replace(asked, sessions=asked.sessions[:5])
    assert lower_bound(table_of(five), list(range(5)), {}) == solved(five).cost == 2 * 7 + 10


@SOME
@given(tiny_problems())
def test_no_timetable_costs_less_than_counting_says(asked: Problem) -> None:
    cheapest = min((cost_of(asked, placements) for placements in all_timetables(asked)), default=None)

    if cheapest is not None:
        assert lower_bound(table_of(asked), list(range(len(asked.sessions))), {}) <= cheapest
