"""The checker: each rule kept at its very edge and broken by one step, each cost computed by hand."""

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from benchmarks.timetable_instances import contradictory, hidden, lose_half_day, lose_room_morning
from plenaria.plugins.agenda.solver.check import Fault, Violation, costs, problem_faults, violations
from plenaria.plugins.agenda.solver.problem import (
    GRID_MIN,
    Before,
    Clash,
    Day,
    Meal,
    Person,
    Placement,
    Problem,
    Room,
    Session,
    Span,
    Travel,
    Weights,
)

HOUR = 60
MONDAY = Day(code="mon", open=Span(0, 8 * HOUR))
TUESDAY = Day(code="tue", open=Span(24 * HOUR, 32 * HOUR))
HALL = Room(code="hall", place="main")
LOUNGE = Room(code="lounge", place="main")
BARN = Room(code="barn", place="farm")


def talk(code: str = "a", duration_min: int = HOUR, **wishes: Any) -> Session:
    return Session(code=code, duration_min=duration_min, **wishes)


def congress(*sessions: Session, **parts: Any) -> Problem:
    """Two days of eight hours, two rooms in one house, a third in another; people known by being on stage."""
    people = sorted({code for session in sessions for code in session.people})
    everything = {
        "days": (MONDAY, TUESDAY),
        "rooms": (HALL, LOUNGE, BARN),
        "people": tuple(Person(code=code) for code in people),
    } | parts
    return Problem(sessions=sessions, **everything)


def held(**where: tuple[str, int]) -> tuple[Placement, ...]:
    return tuple(Placement(session, room, start) for session, (room, start) in where.items())


def broken(code: str, **facts: str | int) -> tuple[Violation, ...]:
    return (Violation(code, facts),)


# --- the rules ---


def test_every_session_is_placed() -> None:
    problem = congress(talk("a"), talk("b"))

    assert violations(problem, held(a=("hall", 0), b=("lounge", 0))) == ()
    assert violations(problem, held(a=("hall", 0))) == broken("unplaced", session="b")


def test_no_session_is_placed_again() -> None:
    problem = congress(talk())

    twice = held(a=("hall", 0)) + held(a=("lounge", 0))

    assert violations(problem, twice) == broken("placed_again", session="a", times=2)


def test_a_session_that_nobody_knows_is_told() -> None:
    problem = congress(talk())

    placed = held(a=("hall", 0), ghost=("hall", 0))

    assert violations(problem, placed) == broken("unknown_session", session="ghost")


def test_a_room_that_nobody_knows_is_told() -> None:
    assert violations(congress(talk()), held(a=("attic", 0))) == broken("unknown_room", session="a", room="attic")


def test_sessions_begin_on_the_grid() -> None:
    problem = congress(talk())

    assert violations(problem, held(a=("hall", GRID_MIN))) == ()
    assert violations(problem, held(a=("hall", GRID_MIN + 1))) == broken("off_grid", session="a", start=6)


def test_a_session_may_fill_its_day_to_the_last_minute() -> None:
    problem = congress(talk(duration_min=8 * HOUR))

    assert violations(problem, held(a=("hall", 0))) == ()
    assert violations(problem, held(a=("hall", 5))) == broken("outside_day", session="a", start=5, end=485)
    assert violations(problem, held(a=("hall", -5))) == broken("outside_day", session="a", start=-5, end=475)


def test_a_session_stays_within_one_day_even_where_the_next_follows_at_once() -> None:
    night = Day(code="night", open=Span(480, 600))
    problem = congress(talk(), days=(MONDAY, night))

    assert violations(problem, held(a=("hall", 420))) == ()
    assert violations(problem, held(a=("hall", 480))) == ()
    assert violations(problem, held(a=("hall", 425))) == broken("outside_day", session="a", start=425, end=485)


def test_nothing_is_held_during_a_break() -> None:
    pause = Span(2 * HOUR, 3 * HOUR)
    problem = congress(talk(), days=(replace(MONDAY, breaks=(pause,)),))
    told = broken("in_break", session="a", start=120, end=180)

    assert violations(problem, held(a=("hall", 60))) == ()
    assert violations(problem, held(a=("hall", 65))) == told
    assert violations(problem, held(a=("hall", 175))) == told
    assert violations(problem, held(a=("hall", 180))) == ()


def test_nothing_is_held_in_a_closed_room() -> None:
    problem = congress(talk(), rooms=(replace(HALL, closed=(Span(120, 180),)), LOUNGE))
    told = broken("room_closed", session="a", room="hall", start=120, end=180)

    assert violations(problem, held(a=("hall", 60))) == ()
    assert violations(problem, held(a=("hall", 65))) == told
    assert violations(problem, held(a=("hall", 175))) == told
    assert violations(problem, held(a=("hall", 180))) == ()
    assert violations(problem, held(a=("lounge", 120))) == ()


def test_a_room_has_the_seats_that_a_session_asks_for() -> None:
    rooms = (replace(HALL, capacity=50),)
    told = broken("too_few_seats", session="a", room="hall", seats=51, capacity=50)

    assert violations(congress(talk(seats=50), rooms=rooms), held(a=("hall", 0))) == ()
    assert violations(congress(talk(seats=51), rooms=rooms), held(a=("hall", 0))) == told


def test_a_room_of_one_seat_is_counted() -> None:
    problem = congress(talk(seats=2), rooms=(replace(HALL, capacity=1),))

    assert violations(problem, held(a=("hall", 0))) == broken(
        "too_few_seats", session="a", room="hall", seats=2, capacity=1
    )


def test_a_room_whose_seats_nobody_counts_has_enough() -> None:
    assert violations(congress(talk(seats=5000)), held(a=("hall", 0))) == ()


def test_a_room_has_every_feature_that_a_session_asks_for() -> None:
    session = talk(features=("piano", "stage"))
    told = broken("feature_missing", session="a", room="hall", feature="stage")

    both = congress(session, rooms=(replace(HALL, features=("stage", "bar", "piano")),))
    one = congress(session, rooms=(replace(HALL, features=("bar", "piano")),))

    assert violations(both, held(a=("hall", 0))) == ()
    assert violations(one, held(a=("hall", 0))) == told


def test_a_session_is_held_in_one_of_the_rooms_it_may_be_in() -> None:
    problem = congress(talk(rooms=("hall", "barn")))

    assert violations(problem, held(a=("barn", 0))) == ()
    assert violations(problem, held(a=("lounge", 0))) == broken("room_not_allowed", session="a", room="lounge")


def test_a_room_holds_one_session_at_a_time() -> None:
    problem = congress(talk("a"), talk("b"))

    assert violations(problem, held(a=("hall", 0), b=("hall", 60))) == ()
    assert violations(problem, held(a=("hall", 5), b=("hall", 60))) == broken(
        "room_taken", room="hall", one="a", other="b"
    )


def test_a_person_is_in_one_session_at_a_time() -> None:
    problem = congress(talk("a", people=("ada",)), talk("b", people=("ada", "bob")))

    assert violations(problem, held(a=("hall", 0), b=("lounge", 60))) == ()
    assert violations(problem, held(a=("hall", 0), b=("lounge", 55))) == broken(
        "person_twice", person="ada", one="a", other="b"
    )


def test_a_person_has_time_to_change_rooms() -> None:
    problem = congress(talk("a", people=("ada",)), talk("b", people=("ada",)), changeover_min=10)

    assert violations(problem, held(b=("hall", 0), a=("lounge", 70))) == ()
    assert violations(problem, held(b=("hall", 0), a=("lounge", 65))) == broken(
        "too_little_time_between", person="ada", one="b", other="a", needed=10, left=5
    )


def test_in_the_same_room_one_session_may_follow_the_other_at_once() -> None:
    problem = congress(talk("a", people=("ada",)), talk("b", people=("ada",)), changeover_min=10)

    assert violations(problem, held(a=("hall", 0), b=("hall", 60))) == ()


@pytest.mark.parametrize("way", [Travel("main", "farm", 30), Travel("farm", "main", 30)])
def test_a_person_has_time_for_the_way_in_either_direction(way: Travel) -> None:
    sessions = talk("a", people=("ada",)), talk("b", people=("ada",))
    problem = congress(*sessions, travel=(way,), changeover_min=10)

    assert violations(problem, held(a=("hall", 0), b=("barn", 90))) == ()
    assert violations(problem, held(a=("hall", 0), b=("barn", 85))) == broken(
        "too_little_time_between", person="ada", one="a", other="b", needed=30, left=25
    )


def test_a_way_that_is_shorter_than_a_changeover_takes_as_long_as_that() -> None:
    sessions = talk("a", people=("ada",)), talk("b", people=("ada",))
    problem = congress(*sessions, travel=(Travel("main", "farm", 5),), changeover_min=10)

    assert violations(problem, held(a=("hall", 0), b=("barn", 70))) == ()
    assert violations(problem, held(a=("hall", 0), b=("barn", 65))) == broken(
        "too_little_time_between", person="ada", one="a", other="b", needed=10, left=5
    )


def test_a_way_that_is_not_said_takes_a_changeover() -> None:
    sessions = talk("a", people=("ada",)), talk("b", people=("ada",))

    assert violations(congress(*sessions), held(a=("hall", 0), b=("barn", 60))) == ()


def test_the_way_is_asked_of_any_two_sessions_whatever_lies_between() -> None:
    shed = Room(code="shed", place="shed")
    sessions = talk("a", people=("ada",)), talk("b", 10, people=("ada",)), talk("c", people=("ada",))
    problem = congress(*sessions, rooms=(HALL, BARN, shed), travel=(Travel("main", "farm", 30),))

    assert violations(problem, held(a=("hall", 0), b=("shed", 70), c=("barn", 90))) == ()
    assert violations(problem, held(a=("hall", 0), b=("shed", 70), c=("barn", 85))) == broken(
        "too_little_time_between", person="ada", one="a", other="c", needed=30, left=25
    )


def test_nobody_is_asked_for_when_they_never_can() -> None:
    problem = congress(talk(people=("ada",)), people=(Person(code="ada", unavailable=(Span(120, 180),)),))
    told = broken("person_unavailable", session="a", person="ada", start=120, end=180)

    assert violations(problem, held(a=("hall", 60))) == ()
    assert violations(problem, held(a=("hall", 65))) == told
    assert violations(problem, held(a=("hall", 175))) == told
    assert violations(problem, held(a=("hall", 180))) == ()


def test_everybody_is_asked_for_only_when_they_can() -> None:
    problem = congress(talk(people=("ada",)), people=(Person(code="ada", available=(Span(120, 180),)),))
    told = broken("person_not_available", session="a", person="ada")

    assert violations(problem, held(a=("hall", 120))) == ()
    assert violations(problem, held(a=("hall", 115))) == told
    assert violations(problem, held(a=("hall", 125))) == told


def test_times_at_which_a_person_can_count_as_one_where_they_adjoin() -> None:
    adjoining, apart = (Span(90, 120), Span(60, 90)), (Span(60, 90), Span(95, 125))
    session = talk(people=("ada",))

    whole = congress(session, people=(Person(code="ada", available=adjoining),))
    torn = congress(session, people=(Person(code="ada", available=apart),))

    assert violations(whole, held(a=("hall", 60))) == ()
    assert violations(torn, held(a=("hall", 60))) == broken("person_not_available", session="a", person="ada")


def test_what_is_never_outweighs_what_is_available() -> None:
    ada = Person(code="ada", available=(Span(0, 240),), unavailable=(Span(60, 120),))
    problem = congress(talk(people=("ada",)), people=(ada,))

    assert violations(problem, held(a=("hall", 0))) == ()
    assert violations(problem, held(a=("hall", 5))) == broken(
        "person_unavailable", session="a", person="ada", start=60, end=120
    )


def test_one_window_holds_a_session_whole() -> None:
    problem = congress(talk(windows=(Span(0, 60), Span(60, 115), Span(115, 180))))
    told = broken("outside_windows", session="a")

    assert violations(problem, held(a=("hall", 0))) == ()
    assert violations(problem, held(a=("hall", 5))) == told
    assert violations(problem, held(a=("hall", 60))) == told
    assert violations(problem, held(a=("hall", 115))) == ()


def test_a_fixed_session_stays_where_and_when_it_is() -> None:
    problem = congress(talk(fixed=Placement("a", "hall", 60)))
    told = broken("not_as_fixed", session="a", room="hall", start=60)

    assert violations(problem, held(a=("hall", 60))) == ()
    assert violations(problem, held(a=("hall", 65))) == told
    assert violations(problem, held(a=("lounge", 60))) == told


@pytest.mark.parametrize("gap", [0, 15])
def test_a_session_ends_the_gap_before_the_next_begins(gap: int) -> None:
    problem = congress(talk("a"), talk("b"), order=(Before("a", "b", gap),))
    told = broken("out_of_order", first="a", then="b", gap=gap)

    assert violations(problem, held(a=("hall", 0), b=("lounge", 60 + gap))) == ()
    assert violations(problem, held(a=("hall", 0), b=("lounge", 55 + gap))) == told
    assert violations(problem, held(a=("hall", 120), b=("lounge", 0))) == told


def test_nothing_else_is_on_during_a_plenary() -> None:
    problem = congress(talk("a"), talk("p", is_plenary=True))
    told = broken("beside_plenary", plenary="p", other="a")

    assert violations(problem, held(p=("hall", 0), a=("lounge", 60))) == ()
    assert violations(problem, held(p=("hall", 0), a=("lounge", 55))) == told
    assert violations(problem, held(p=("hall", 120), a=("lounge", 65))) == told


def test_two_plenaries_at_once_are_told_once() -> None:
    problem = congress(talk("p", is_plenary=True), talk("q", is_plenary=True))

    assert violations(problem, held(q=("hall", 0), p=("lounge", 55))) == broken(
        "beside_plenary", plenary="q", other="p"
    )


def test_everybody_on_stage_has_time_for_a_meal() -> None:
    lunch = replace(MONDAY, meals=(Meal(Span(120, 240), 45),))
    problem = congress(talk(people=("ada",)), talk("b", 20, people=("ada",)), days=(lunch, TUESDAY))
    told = broken("no_meal", person="ada", day="mon", start=120, end=240)

    assert violations(problem, held(a=("hall", 115), b=("hall", 220))) == ()
    assert violations(problem, held(a=("hall", 120), b=("hall", 220))) == told
    assert violations(problem, held(a=("hall", 150), b=("hall", 300))) == told
    assert violations(problem, held(a=("hall", 165), b=("hall", 300))) == ()


def test_whoever_is_not_on_stage_that_day_eats_where_they_like() -> None:
    lunch = replace(MONDAY, meals=(Meal(Span(0, 60), 60),))
    problem = congress(talk(people=("ada",)), talk("b", people=("bob",)), days=(lunch, TUESDAY))

    assert violations(problem, held(a=("hall", 0), b=("hall", 60))) == broken(
        "no_meal", person="ada", day="mon", start=0, end=60
    )
    assert violations(problem, held(a=("hall", 24 * HOUR), b=("hall", 60))) == ()


def test_a_way_counts_as_time_for_a_meal() -> None:
    lunch = replace(MONDAY, meals=(Meal(Span(60, 90), 30),))
    sessions = talk("a", people=("ada",)), talk("b", people=("ada",))
    problem = congress(*sessions, days=(lunch,), travel=(Travel("main", "farm", 30),))

    assert violations(problem, held(a=("hall", 0), b=("barn", 90))) == ()


def test_what_is_wrong_is_all_told_in_the_order_of_the_rules() -> None:
    problem = congress(talk("a", seats=9), talk("b"), talk("c"), rooms=(replace(HALL, capacity=5),))

    told = violations(problem, held(c=("hall", 3), a=("hall", 0)))

    assert told == (
        Violation("unplaced", {"session": "b"}),
        Violation("off_grid", {"session": "c", "start": 3}),
        Violation("too_few_seats", {"session": "a", "room": "hall", "seats": 9, "capacity": 5}),
        Violation("room_taken", {"room": "hall", "one": "a", "other": "c"}),
    )


# --- the problem itself ---


@pytest.mark.parametrize(
    ("problem", "fault"),
    [
        (congress(talk(), talk()), Fault("repeated_code", {"kind": "session", "code": "a"})),
        (congress(rooms=(HALL, HALL)), Fault("repeated_code", {"kind": "room", "code": "hall"})),
        (
            congress(talk(people=("ada", "ada"))),
            Fault("repeated_code", {"kind": "person", "code": "ada", "where": "a"}),
        ),
        (
            congress(talk(people=("ada",)), people=()),
            Fault("unknown_code", {"kind": "person", "code": "ada", "where": "a"}),
        ),
        (congress(talk(rooms=("attic",))), Fault("unknown_code", {"kind": "room", "code": "attic", "where": "a"})),
        (
            congress(talk(fixed=Placement("a", "attic", 0))),
            Fault("unknown_code", {"kind": "room", "code": "attic", "where": "a"}),
        ),
        (
            congress(talk(), order=(Before("a", "z"),)),
            Fault("unknown_code", {"kind": "session", "code": "z", "where": "order"}),
        ),
        (
            congress(talk(), clashes=(Clash("z", "a", 1),)),
            Fault("unknown_code", {"kind": "session", "code": "z", "where": "clashes"}),
        ),
        (
            congress(travel=(Travel("main", "moon", 5),)),
            Fault("unknown_code", {"kind": "place", "code": "moon", "where": "travel"}),
        ),
        (
            congress(talk(windows=(Span(60, 60),))),
            Fault("empty_span", {"kind": "session", "code": "a", "start": 60, "end": 60}),
        ),
        (
            congress(rooms=(replace(HALL, closed=(Span(0, 7),)), BARN)),
            Fault("off_grid", {"kind": "room", "code": "hall", "what": "end", "minutes": 7}),
        ),
        (
            congress(talk(duration_min=33)),
            Fault("off_grid", {"kind": "session", "code": "a", "what": "duration_min", "minutes": 33}),
        ),
        (
            congress(talk(duration_min=1)),
            Fault("off_grid", {"kind": "session", "code": "a", "what": "duration_min", "minutes": 1}),
        ),
        (
            congress(changeover_min=1),
            Fault("off_grid", {"kind": "problem", "code": "", "what": "changeover_min", "minutes": 1}),
        ),
        (
            congress(talk(fixed=Placement("a", "hall", 61))),
            Fault("off_grid", {"kind": "session", "code": "a", "what": "fixed", "minutes": 61}),
        ),
        (
            congress(talk(audience=-1)),
            Fault("negative", {"kind": "session", "code": "a", "what": "audience", "amount": -1}),
        ),
        (
            congress(weights=Weights(idle=-1)),
            Fault("negative", {"kind": "weight", "code": "idle", "what": "cost", "amount": -1}),
        ),
        (
            congress(talk(), talk("b"), order=(Before("a", "b", -5),)),
            Fault("negative", {"kind": "order", "code": "a, b", "what": "gap_min", "amount": -5}),
        ),
        (
            congress(talk(duration_min=0)),
            Fault("not_positive", {"kind": "session", "code": "a", "what": "duration_min", "amount": 0}),
        ),
        (congress(days=(TUESDAY, MONDAY)), Fault("days_out_of_order", {"first": "tue", "then": "mon"})),
        (
            congress(days=(MONDAY, Day(code="eve", open=Span(475, 500)))),
            Fault("days_out_of_order", {"first": "mon", "then": "eve"}),
        ),
        (
            congress(days=(replace(MONDAY, breaks=(Span(450, 485),)),)),
            Fault("break_outside_day", {"day": "mon", "start": 450, "end": 485}),
        ),
        (
            congress(days=(replace(MONDAY, meals=(Meal(Span(-5, 60), 30),)),)),
            Fault("meal_outside_day", {"day": "mon", "start": -5, "end": 60}),
        ),
        (
            congress(days=(replace(MONDAY, meals=(Meal(Span(0, 60), 65),)),)),
            Fault("meal_too_long", {"day": "mon", "start": 0, "end": 60, "minutes": 65}),
        ),
        (
            congress(talk(fixed=Placement("b", "hall", 0))),
            Fault("fixed_for_another", {"session": "a", "fixed": "b"}),
        ),
        (congress(talk(), clashes=(Clash("a", "a", 2),)), Fault("pair_of_one", {"kind": "clash", "code": "a"})),
        (
            congress(talk(), talk("b"), clashes=(Clash("a", "b", 2), Clash("b", "a", 1))),
            Fault("repeated_pair", {"kind": "clash", "one": "a", "other": "b"}),
        ),
        (
            congress(travel=(Travel("main", "farm", 5), Travel("farm", "main", 5))),
            Fault("repeated_pair", {"kind": "travel", "one": "farm", "other": "main"}),
        ),
        (congress(talk(), order=(Before("a", "a"),)), Fault("order_cycle", {"sessions": "a"})),
        (
            congress(
                *map(talk, "abcd"), order=(Before("d", "a"), Before("a", "c"), Before("c", "b"), Before("b", "a"))
            ),
            Fault("order_cycle", {"sessions": "a, c, b"}),
        ),
    ],
    ids=lambda value: value.code if isinstance(value, Fault) else "",
)
def test_a_problem_that_makes_no_sense_is_told(problem: Problem, fault: Fault) -> None:
    assert problem_faults(problem) == (fault,)


def test_two_cycles_in_the_order_are_told_one_by_one() -> None:
    order = (Before("a", "b"), Before("b", "a"), Before("b", "c"), Before("c", "d"), Before("d", "c"))

    told = problem_faults(congress(*map(talk, "abcd"), order=order))

    assert told == (Fault("order_cycle", {"sessions": "a, b"}), Fault("order_cycle", {"sessions": "c, d"}))


def test_a_problem_at_every_edge_makes_sense() -> None:
    day = Day(
        code="mon", open=Span(0, 60), breaks=(Span(0, 5), Span(0, 10), Span(55, 60)), meals=(Meal(Span(0, 60), 60),)
    )
    after = Day(code="eve", open=Span(60, 65))

    assert problem_faults(congress(talk(duration_min=600), days=(day, after))) == ()


def test_a_problem_with_faults_is_refused_with_the_culprit() -> None:
    with pytest.raises(ValueError, match=r"the first: repeated_code \(kind: session, code: a\)"):
        violations(congress(talk(), talk()), ())
    with pytest.raises(ValueError, match="the first: repeated_code"):
        costs(congress(talk(), talk()), ())


# --- the costs ---


def amounts(problem: Problem, placements: tuple[Placement, ...]) -> dict[str, int]:
    return {cost.term: cost.amount for cost in costs(problem, placements) if cost.amount}


def test_a_clash_counts_everybody_who_wanted_both() -> None:
    problem = congress(
        *map(talk, "abc"), clashes=(Clash("b", "a", 7), Clash("a", "c", 2), Clash("b", "c", 100)), days=(MONDAY,)
    )

    assert amounts(problem, held(a=("hall", 0), b=("lounge", 55), c=("barn", 60))) == {"clash": 107}
    assert amounts(problem, held(a=("hall", 0), b=("lounge", 60), c=("barn", 120))) == {}


def test_an_audience_over_the_seats_counts_by_heads() -> None:
    rooms = (replace(HALL, capacity=50), LOUNGE, replace(BARN, capacity=1))
    audiences = {"a": 50, "b": 53, "c": 999, "d": 2}
    problem = congress(*(talk(code, audience=heads) for code, heads in audiences.items()), rooms=rooms, days=(MONDAY,))

    placed = held(a=("hall", 0), b=("hall", 60), c=("lounge", 0), d=("barn", 0))

    assert amounts(problem, placed) == {"overflow": 3 + 1}


def test_each_room_of_a_track_beyond_its_first_counts() -> None:
    sessions = (*(talk(code, track="t") for code in "abcd"), talk("u", track="u"), talk("v"))
    problem = congress(*sessions, talk("p", track="t", is_plenary=True))

    placed = held(
        a=("hall", 60),
        b=("hall", 120),
        c=("lounge", 180),
        d=("lounge", 240),
        u=("lounge", 300),
        v=("barn", 60),
        p=("barn", 0),
    )

    assert amounts(problem, placed)["track_room"] == 1


def test_each_pair_of_a_track_in_parallel_counts() -> None:
    sessions = [talk(code, track="t") for code in "abc"]
    problem = congress(*sessions, talk("x", track="u"), talk("y"), talk("z"), days=(MONDAY,))

    parallel = held(a=("hall", 0), b=("lounge", 55), c=("barn", 30), x=("hall", 60), y=("lounge", 150), z=("barn", 150))

    assert amounts(problem, parallel) == {"track_room": 2, "track_parallel": 3}


def test_a_plenary_counts_for_no_track() -> None:
    problem = congress(talk("a", track="t"), talk("p", track="t", is_plenary=True), days=(MONDAY,))

    assert amounts(problem, held(a=("hall", 0), p=("lounge", 30))) == {}


def test_a_person_waits_from_their_first_session_of_a_day_to_their_last() -> None:
    lunch = replace(MONDAY, breaks=(Span(60, 90),), meals=(Meal(Span(90, 180), 30),))
    sessions = [talk(code, people=("ada",)) for code in "abc"]
    problem = congress(*sessions, talk("d", people=("ada", "bob")), days=(lunch, TUESDAY))

    placed = held(a=("hall", 0), b=("hall", 180), c=("hall", 255), d=("hall", 24 * HOUR))

    assert violations(problem, placed) == ()
    # of 48 steps Monday's 450 minutes of 930 have 24 (23.2) as their share
    assert amounts(problem, placed) == {"idle": 120 // 5 + 15 // 5, "balance": 36 - 24}


def test_a_day_costs_by_the_steps_that_it_has_above_its_share() -> None:
    morning = Day(code="wed", open=Span(48 * HOUR, 50 * HOUR), breaks=(Span(48 * HOUR, 49 * HOUR),))
    problem = congress(talk("a"), talk("b"), talk("c", 50), talk("d", is_plenary=True), days=(MONDAY, morning))
    # 230 minutes are 46 steps; 8 hours to 1: Monday's share is 41 (40.9), Wednesday's 6 (5.1).

    assert amounts(problem, held(a=("hall", 0), b=("hall", 60), c=("hall", 120), d=("hall", 180))) == {"balance": 5}
    assert amounts(problem, held(a=("hall", 0), b=("hall", 60), c=("hall", 120), d=("hall", 49 * HOUR))) == {
        "balance": 6
    }


def test_a_day_is_open_as_long_as_it_lasts_without_its_breaks() -> None:
    morning = Day(code="wed", open=Span(48 * HOUR, 50 * HOUR), breaks=(Span(48 * HOUR, 49 * HOUR), Span(2900, 2940)))
    problem = congress(talk("a", 8 * HOUR), talk("b", HOUR), days=(MONDAY, morning))
    # 108 steps as 96 to 12, for breaks that overlap count once.

    assert amounts(problem, held(a=("hall", 0), b=("hall", 49 * HOUR))) == {}
    assert amounts(problem, held(a=("hall", 0), b=("lounge", 0))) == {"balance": 12}


def test_a_term_costs_its_amount_times_its_weight_and_0_switches_it_off() -> None:
    weights = Weights(clash=3, overflow=0, track_room=5, track_parallel=7, idle=11, balance=13)
    problem = congress(
        talk("a", people=("ada",), track="t", audience=9),
        talk("b", track="t"),
        talk("c", people=("ada",)),
        rooms=(replace(HALL, capacity=5), LOUNGE),
        clashes=(Clash("a", "b", 4),),
        weights=weights,
    )

    told = costs(problem, held(a=("hall", 0), b=("lounge", 0), c=("hall", 65)))

    # 36 steps on Monday, of which 18 are its share
    assert [(one.term, one.amount, one.cost) for one in told] == [
        ("clash", 4, 12),
        ("overflow", 4, 0),
        ("track_room", 1, 5),
        ("track_parallel", 1, 7),
        ("idle", 1, 11),
        ("balance", 18, 234),
    ]


def test_costs_need_known_sessions_and_rooms_each_placed_once() -> None:
    problem = congress(talk())

    with pytest.raises(ValueError, match="does not have"):
        costs(problem, held(a=("attic", 0)))
    with pytest.raises(ValueError, match="the session a is placed more than once"):
        costs(problem, held(a=("hall", 0)) + held(a=("hall", 60)))


# --- on whole congresses ---

sizes = st.sampled_from([(10, 1, 1), (12, 2, 1), (25, 4, 2), (40, 4, 2)])
seeds = st.integers(0, 10_000)


@given(sizes, seeds)
@settings(max_examples=60, deadline=None)
def test_the_hidden_timetable_of_an_instance_keeps_every_wish(size: tuple[int, int, int], seed: int) -> None:
    problem, placements = hidden(*size, seed)

    assert problem_faults(problem) == ()
    assert violations(problem, placements) == ()


@given(seeds)
@settings(max_examples=15, deadline=None)
def test_a_loss_breaks_the_hidden_timetable_in_that_one_way(seed: int) -> None:
    problem, placements = hidden(60, 6, 2, seed)

    try:
        lost = lose_half_day(problem, placements, seed), lose_room_morning(problem, placements, seed)
    except ValueError:
        return

    assert {one.code for one in violations(lost[0], placements)} == {"person_unavailable"}
    assert {one.code for one in violations(lost[1], placements)} == {"room_closed"}


@given(seeds)
@settings(max_examples=30, deadline=None)
def test_a_contradictory_congress_makes_sense_but_not_with_its_hidden_timetable(seed: int) -> None:
    problem, placements = hidden(30, 4, 2, seed)

    impossible = contradictory(problem, seed)

    assert problem_faults(impossible) == ()
    assert violations(impossible, placements) != ()


def scrambled(placements: tuple[Placement, ...], problem: Problem, seed: int) -> tuple[Placement, ...]:
    """Some sessions moved to anywhere, so that many rules are broken."""
    rng = random.Random(seed)
    end = problem.days[-1].open.end
    return tuple(
        Placement(one.session, rng.choice(problem.rooms).code, rng.randrange(0, end, 5)) if rng.random() < 0.3 else one
        for one in placements
    )


def shifted(span: Span, by: int) -> Span:
    return Span(span.start + by, span.end + by)


def moved(problem: Problem, by: int) -> Problem:
    """The same problem on an axis whose origin lies `by` minutes earlier."""

    def all_of(spans: tuple[Span, ...]) -> tuple[Span, ...]:
        return tuple(shifted(span, by) for span in spans)

    return replace(
        problem,
        days=tuple(
            replace(
                day,
                open=shifted(day.open, by),
                breaks=all_of(day.breaks),
                meals=tuple(replace(meal, within=shifted(meal.within, by)) for meal in day.meals),
            )
            for day in problem.days
        ),
        rooms=tuple(replace(room, closed=all_of(room.closed)) for room in problem.rooms),
        people=tuple(
            replace(one, available=all_of(one.available), unavailable=all_of(one.unavailable)) for one in problem.people
        ),
        sessions=tuple(
            replace(
                one,
                windows=all_of(one.windows),
                fixed=one.fixed and replace(one.fixed, start=one.fixed.start + by),
            )
            for one in problem.sessions
        ),
    )


@given(seeds, st.integers(-500, 500))
@settings(max_examples=30, deadline=None)
def test_another_origin_of_the_axis_changes_no_verdict(seed: int, steps: int) -> None:
    problem, placements = hidden(25, 4, 2, seed)
    placements = scrambled(placements, problem, seed)
    by = steps * GRID_MIN

    later = moved(problem, by)
    later_placements = tuple(replace(one, start=one.start + by) for one in placements)

    def verdict(told: tuple[Violation, ...], origin: int) -> list[tuple[str, dict[str, str | int]]]:
        return [
            (
                one.code,
                {
                    name: fact - origin if isinstance(fact, int) and name in ("start", "end") else fact
                    for name, fact in one.facts.items()
                },
            )
            for one in told
        ]

    assert verdict(violations(later, later_placements), by) == verdict(violations(problem, placements), 0)
    assert costs(later, later_placements) == costs(problem, placements)


@given(seeds)
@settings(max_examples=30, deadline=None)
def test_the_order_in_which_things_are_listed_changes_no_verdict(seed: int) -> None:
    problem, placements = hidden(25, 4, 2, seed)
    placements = scrambled(placements, problem, seed)
    rng = random.Random(seed)

    shuffled = replace(
        problem,
        **{
            name: tuple(rng.sample(getattr(problem, name), len(getattr(problem, name))))
            for name in ("rooms", "sessions", "people", "travel", "order", "clashes")
        },
    )
    shuffled_placements = tuple(rng.sample(placements, len(placements)))

    assert violations(shuffled, shuffled_placements) == violations(problem, placements)
    assert costs(shuffled, shuffled_placements) == costs(problem, placements)


@given(seeds)
@settings(max_examples=30, deadline=None)
def test_other_names_change_no_verdict(seed: int) -> None:
    problem, placements = hidden(25, 4, 2, seed)
    placements = scrambled(placements, problem, seed)
    renamed = replace(
        problem,
        rooms=tuple(replace(one, code=f"x{one.code}") for one in problem.rooms),
        sessions=tuple(
            replace(
                one,
                code=f"x{one.code}",
                people=tuple(f"x{code}" for code in one.people),
                rooms=tuple(f"x{code}" for code in one.rooms),
                fixed=one.fixed and Placement(f"x{one.code}", f"x{one.fixed.room}", one.fixed.start),
            )
            for one in problem.sessions
        ),
        people=tuple(replace(one, code=f"x{one.code}") for one in problem.people),
        order=tuple(Before(f"x{rule.first}", f"x{rule.then}", rule.gap_min) for rule in problem.order),
        clashes=tuple(Clash(f"x{one.one}", f"x{one.other}", one.people) for one in problem.clashes),
    )
    renamed_placements = tuple(Placement(f"x{one.session}", f"x{one.room}", one.start) for one in placements)

    before = [one.code for one in violations(problem, placements)]

    assert [one.code for one in violations(renamed, renamed_placements)] == before
    assert costs(renamed, renamed_placements) == costs(problem, placements)


@given(seeds, st.data())
@settings(max_examples=60, deadline=None)
def test_a_session_put_on_top_of_another_takes_its_room(seed: int, data: st.DataObject) -> None:
    problem, placements = hidden(25, 4, 2, seed)
    one, other = data.draw(st.permutations(placements))[:2]

    clashing = tuple(Placement(one.session, other.room, other.start) if each is one else each for each in placements)

    pair = min(one.session, other.session), max(one.session, other.session)
    assert Violation("room_taken", {"room": other.room, "one": pair[0], "other": pair[1]}) in violations(
        problem, clashing
    )
