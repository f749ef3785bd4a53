"""A draft and its wishes as a solver's problem, and placements as moves: clocks, grids, and what stays as it is."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from plenaria.plugins.agenda import rules
from plenaria.plugins.agenda.rules import Absence, Axis, Draft, Hours, Room, Session, Wishes
from plenaria.plugins.agenda.solver.check import problem_faults, violations
from plenaria.plugins.agenda.solver.contradictions import wishes_of
from plenaria.plugins.agenda.solver.problem import Meal, Placement, Span
from plenaria.plugins.agenda.web.wishes import WISH_WORDS
from tests.plugins.agenda.samples import NINE, PEOPLE, ROOMS, TYPES, part, session

HOURS = Hours(opens=time(9), closes=time(18), meal_from=time(13), meal_until=time(15), meal_min=0)
NINE_MIN = 9 * 60


def wishes(**values: Any) -> Wishes:
    given = {
        "first_day": date(2025, 10, 1),
        "last_day": date(2025, 10, 2),
        "zone": "America/Mexico_City",
        "hours": HOURS,
    }
    return Wishes(**{**given, **values})


def draft(*sessions: Session, rooms: tuple[Room, ...] = ROOMS, **values: Any) -> Draft:
    return Draft(rooms=rooms, types=TYPES, people=PEOPLE, sessions=sessions, **values)


def staying(*sessions: Session, asked: Wishes | None = None, **values: Any) -> dict[str, Placement]:
    """Session → where the problem fixes it."""
    problem = rules.problem_of(
        draft(*sessions, session("new", minutes_later=None, room=""), **values), asked or wishes()
    )
    assert problem_faults(problem) == ()
    return {each.code: each.fixed for each in problem.sessions if each.fixed}


# ------------------------------------------------------------------------------------------------- the axis


@pytest.mark.parametrize(
    ("zone", "first", "day", "clock", "minute"),
    [
        ("America/Mexico_City", date(2025, 10, 1), date(2025, 10, 1), time(9), 540),
        ("America/Mexico_City", date(2025, 10, 1), date(2025, 10, 2), time(9, 5), 1440 + 545),
        # Clocks go back at two o'clock of 1 November 2026 in New York, of 25 October 2026 in Berlin: a day of 25 hours.
        ("America/New_York", date(2026, 11, 1), date(2026, 11, 1), time(1), 60),
        ("America/New_York", date(2026, 11, 1), date(2026, 11, 1), time(9), 600),
        ("America/New_York", date(2026, 10, 31), date(2026, 11, 2), time(9), 1440 + 1500 + 540),
        ("Europe/Berlin", date(2026, 10, 24), date(2026, 10, 25), time(9), 1440 + 600),
        # They go forward on 29 March 2026: a day of 23 hours; half past two does not exist, and is half past three.
        ("Europe/Berlin", date(2026, 3, 29), date(2026, 3, 29), time(9), 480),
        ("Europe/Berlin", date(2026, 3, 29), date(2026, 3, 29), time(2, 30), 150),
        ("Europe/Berlin", date(2026, 3, 28), date(2026, 3, 30), time(0), 1440 + 1380),
        # Mexico City has changed no clock since 2022.
        ("America/Mexico_City", date(2026, 10, 31), date(2026, 11, 2), time(9), 2 * 1440 + 540),
    ],
)
def test_minutes_are_those_that_pass_on_the_way(zone: str, first: date, day: date, clock: time, minute: int) -> None:
    axis = Axis(first, zone)
    at = datetime.combine(day, clock, ZoneInfo(zone)).astimezone(UTC)

    assert axis.floor(at) == axis.ceil(at) == minute
    assert axis.instant(minute) == at
    assert axis.within(day, clock, time(23)).start == minute


def test_the_hour_that_comes_twice_is_two_hours_of_the_axis() -> None:
    axis = Axis(date(2026, 11, 1), "America/New_York")
    first = datetime(2026, 11, 1, 1, 30, tzinfo=ZoneInfo("America/New_York"))

    assert axis.floor(first.astimezone(UTC)) == 90
    assert axis.floor(first.replace(fold=1).astimezone(UTC)) == 150
    assert axis.whole_day(date(2026, 11, 1)) == Span(0, 1500)


@given(
    zone=st.sampled_from(
        ["America/Mexico_City", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"]
    ),
    first=st.dates(date(2025, 1, 1), date(2027, 12, 31)),
    seconds=st.integers(0, 10 * 86400),
)
def test_an_instant_lies_in_its_step(zone: str, first: date, seconds: int) -> None:
    axis = Axis(first, zone)
    at = axis.origin + timedelta(seconds=seconds)

    assert axis.instant(axis.floor(at)) <= at <= axis.instant(axis.ceil(at))
    assert axis.ceil(at) - axis.floor(at) == (0 if seconds % 300 == 0 else 5)
    assert axis.floor(at) % 5 == 0


def test_opening_hours_are_those_of_the_clock_on_each_day() -> None:
    asked = wishes(first_day=date(2026, 10, 31), last_day=date(2026, 11, 2), zone="America/New_York")

    problem = rules.problem_of(draft(session("new", minutes_later=None)), asked)

    assert [(day.code, day.open) for day in problem.days] == [
        ("2026-10-31", Span(540, 1080)),
        ("2026-11-01", Span(1440 + 600, 1440 + 1140)),
        ("2026-11-02", Span(1440 + 1500 + 540, 1440 + 1500 + 1080)),
    ]


def test_hours_off_the_grid_shrink_to_it() -> None:
    hours = replace(HOURS, opens=time(9, 2), closes=time(17, 58))

    problem = rules.problem_of(draft(session("new", minutes_later=None)), wishes(hours=hours))

    assert problem.days[0].open == Span(545, 1075)


# --------------------------------------------------------------------------------------------- who may move


@pytest.mark.parametrize(
    ("asked", "open_codes"),
    [
        ("unplaced", ["no-room", "no-start"]),
        ("drafts", ["draft", "no-room", "no-start"]),
        ("all", ["confirmed", "draft", "no-room", "no-start"]),
    ],
)
def test_what_lacks_a_start_or_a_room_may_always_move(asked: rules.MayMove, open_codes: list[str]) -> None:
    congress = draft(
        session("confirmed"),
        session("draft", minutes_later=60, state="draft"),
        session("no-start", minutes_later=None),
        session("no-room", minutes_later=120, room=""),
        session("off", minutes_later=180, state="cancelled"),
        session("coffee", minutes_later=None, type="break"),
    )

    assert [each.session for each in rules.spots(congress, asked)] == open_codes
    problem = rules.problem_of(congress, wishes(may_move=asked))
    assert sorted(each.code for each in problem.sessions if each.fixed is None) == open_codes
    assert problem_faults(problem) == ()


def test_while_others_stay_what_is_there_is_kept_and_only_what_lacks_is_sought() -> None:
    congress = draft(
        session("no-start", minutes_later=None, room="side"), session("no-room", minutes_later=120, room="")
    )

    by_code = {each.code: each for each in rules.problem_of(congress, wishes()).sessions}

    assert (by_code["no-start"].rooms, by_code["no-start"].windows) == (("side",), ())
    assert (by_code["no-room"].rooms, by_code["no-room"].windows) == ((), (Span(NINE_MIN + 120, NINE_MIN + 165),))


@pytest.mark.parametrize("asked", ["unplaced", "drafts", "all"])
def test_what_is_fixed_stays_whatever_is_asked_and_keeps_what_it_has(asked: rules.MayMove) -> None:
    congress = draft(
        session("opening", state="draft"),
        session("gala", minutes_later=120, room=""),
        session("toast", minutes_later=None, room="side"),
        fixed=frozenset({"opening", "gala", "toast"}),
    )

    by_code = {each.code: each for each in rules.problem_of(congress, wishes(may_move=asked)).sessions}

    assert by_code["opening"].fixed == Placement("opening", "main", NINE_MIN)
    assert (by_code["gala"].rooms, by_code["gala"].windows) == ((), (Span(NINE_MIN + 120, NINE_MIN + 165),))
    assert (by_code["toast"].rooms, by_code["toast"].windows) == (("side",), ())
    assert [each.session for each in rules.spots(congress, asked)] == ["gala", "toast"]


def test_rooms_are_free_unless_they_are_to_stay() -> None:
    congress = draft(session("draft", state="draft"))

    free = rules.problem_of(congress, wishes(may_move="all")).sessions[0]
    kept = rules.problem_of(congress, wishes(may_move="all", keeps_rooms=True)).sessions[0]

    assert (free.rooms, kept.rooms) == ((), ("main",))


def test_a_person_in_two_parts_of_the_draft_is_one_person() -> None:
    congress = draft(
        session("one", minutes_later=None, parts=(part("ana"), part("luis"))),
        session("two", minutes_later=None, parts=(part("ana", "moderator"),)),
    )

    problem = rules.problem_of(congress, wishes())

    assert [each.code for each in problem.people] == ["ana", "luis"]
    assert [each.people for each in problem.sessions] == [("ana", "luis"), ("ana",)]


def test_changeover_is_rounded_up_to_the_grid() -> None:
    assert rules.problem_of(draft(session("new", minutes_later=None)), wishes(changeover_min=7)).changeover_min == 10


# -------------------------------------------------------------------------------------------- what stays


def test_a_session_on_the_grid_is_fixed_where_it_is() -> None:
    assert staying(session("one", minutes_later=65)) == {"one": Placement("one", "main", NINE_MIN + 65)}


def test_a_session_off_the_grid_takes_every_step_that_it_touches() -> None:
    congress = draft(session("odd", minutes_later=3, duration_min=44), session("new", minutes_later=None))

    problem = rules.problem_of(congress, wishes())

    odd = problem.sessions[0]
    assert odd.fixed == Placement("odd", "main", NINE_MIN)
    assert odd.duration_min == 50


def test_seconds_count_as_off_the_grid() -> None:
    at = NINE + timedelta(seconds=1)

    problem = rules.problem_of(draft(session("odd", starts_at=at), session("new", minutes_later=None)), wishes())

    assert problem.sessions[0].duration_min == 50


def test_days_are_widened_for_what_stays_outside_their_hours_and_nothing_else_may_go_there() -> None:
    early = session("early", minutes_later=-90)

    problem = rules.problem_of(draft(early, session("new", minutes_later=None)), wishes())

    assert problem.days[0].open == Span(NINE_MIN - 90, 1080)
    new = problem.sessions[1]
    assert new.windows == (Span(540, 1080), Span(1440 + 540, 1440 + 1080))


@pytest.mark.parametrize(
    ("name", "sessions", "values"),
    [
        ("two in a room", [session("one"), session("two", minutes_later=30)], {}),
        (
            "a person in two places",
            [session("one", parts=(part("ana"),)), session("two", room="side", parts=(part("ana"),))],
            {},
        ),
        ("across midnight", [session("one", minutes_later=14 * 60 + 30)], {}),
        ("before the event", [session("one", minutes_later=-24 * 60)], {}),
        ("in a pause for all", [session("one"), session("coffee", type="break", room="", minutes_later=30)], {}),
        ("in a pause of its room", [session("one"), session("coffee", type="break", minutes_later=30)], {}),
        ("while the room is closed", [session("one")], {"rooms": (replace(ROOMS[0], opens=time(10)), ROOMS[1])}),
        (
            "while somebody is away",
            [session("one", parts=(part("ana"),))],
            {"absences": {"ana": (Absence(starts_at=NINE, ends_at=NINE + timedelta(hours=1)),)}},
        ),
    ],
)
def test_what_breaks_a_rule_where_it_stays_blocks_its_room_and_people(
    name: str, sessions: list[Session], values: dict[str, Any]
) -> None:
    del name
    congress = draft(*sessions, session("new", minutes_later=None, room="", parts=(part("ana"),)), **values)

    problem = rules.problem_of(congress, wishes())

    assert problem_faults(problem) == ()
    assert [each.code for each in problem.sessions] == ["new"]
    axis = Axis(date(2025, 10, 1), "America/Mexico_City")
    for each in sessions:
        assert each.starts_at is not None
        span = Span(axis.floor(each.starts_at), axis.floor(each.starts_at) + 45)
        if each.room:
            room = next(room for room in problem.rooms if room.code == each.room)
            assert any(shut.start <= span.start and span.end <= shut.end for shut in room.closed)
        if each.parts:
            assert any(no.start <= span.start and span.end <= no.end for no in problem.people[0].unavailable)


def test_a_session_without_a_room_that_is_no_break_is_sought_a_room_at_its_start() -> None:
    problem = rules.problem_of(draft(session("one", room="")), wishes(may_move="unplaced"))

    assert [(each.code, each.windows) for each in problem.sessions] == [("one", (Span(540, 585),))]


def test_too_short_a_way_between_what_stays_is_not_argued_with() -> None:
    one = session("one", parts=(part("ana"),))
    two = session("two", room="side", minutes_later=50, parts=(part("ana"),))

    assert set(staying(one, two)) == {"one", "two"}
    assert staying(one, two, asked=wishes(changeover_min=10)) == {}


def test_who_is_blocked_has_the_way_to_and_from_there_but_not_over_what_is_fixed() -> None:
    blocked = session("blocked", minutes_later=0, parts=(part("ana"),))
    other = session("other", minutes_later=20)
    after = session("after", minutes_later=45, room="main", duration_min=30, parts=(part("ana"),))
    other_room = replace(other, duration_min=20)
    congress = draft(blocked, other_room, after, session("new", minutes_later=None, parts=(part("ana"),)))

    problem = rules.problem_of(congress, wishes(changeover_min=10))

    assert [each.code for each in problem.sessions] == ["after", "new"]
    assert problem.people[0].unavailable == (Span(NINE_MIN - 10, NINE_MIN + 45),)


def test_a_panel_over_lunch_that_stays_does_not_make_every_timetable_impossible() -> None:
    hours = replace(HOURS, meal_min=60)
    lunch = session("lunch", minutes_later=4 * 60, duration_min=120, parts=(part("ana"),))
    congress = draft(lunch, session("new", minutes_later=None, room="", parts=(part("ana"),)))

    problem = rules.problem_of(congress, wishes(hours=hours))

    assert problem.days[0].meals == (Meal(Span(780, 900), 60),)
    assert [each.code for each in problem.sessions] == ["new"]
    assert problem.people[0].unavailable == (Span(780, 900),)


# ------------------------------------------------------------------------------------- breaks, rooms, people


def test_a_break_without_a_room_pauses_everything_and_one_with_a_room_closes_it() -> None:
    congress = draft(
        session("coffee", type="break", room="", minutes_later=60, duration_min=32),
        session("setup", type="break", room="side", minutes_later=120, duration_min=30),
        session("new", minutes_later=None, room=""),
    )

    problem = rules.problem_of(congress, wishes())

    assert problem.days[0].breaks == (Span(600, 635),)
    assert {each.code: each.closed for each in problem.rooms} == {"main": (), "side": (Span(660, 690),)}


def test_a_break_outside_the_hours_is_cut_to_them() -> None:
    congress = draft(
        session("late", type="break", room="", minutes_later=8 * 60 + 30, duration_min=120),
        session("night", type="break", room="", minutes_later=12 * 60, duration_min=60),
        session("new", minutes_later=None, room=""),
    )

    problem = rules.problem_of(congress, wishes())

    assert problem.days[0].breaks == (Span(1050, 1080),)
    assert problem_faults(problem) == ()


def test_a_room_is_closed_outside_its_hours_on_each_day_and_capacities_are_told() -> None:
    rooms = (replace(ROOMS[0], opens=time(9, 31), closes=time(17, 1), capacity=80), replace(ROOMS[1], opens=time(12)))

    problem = rules.problem_of(draft(session("new", minutes_later=None, room=""), rooms=rooms), wishes())

    main, side = problem.rooms
    assert main.capacity == 80
    assert main.closed == (Span(0, 575), Span(1020, 1440 + 575), Span(1440 + 1020, 2880))
    assert side.closed == (Span(0, 720), Span(1440, 1440 + 720))


def test_absences_are_rounded_outwards_and_joined() -> None:
    away = (
        Absence(starts_at=NINE + timedelta(minutes=2), ends_at=NINE + timedelta(minutes=31)),
        Absence(starts_at=NINE + timedelta(minutes=33), ends_at=NINE + timedelta(days=9)),
    )
    congress = draft(session("new", minutes_later=None, parts=(part("ana"),)), absences={"ana": away})

    problem = rules.problem_of(congress, wishes())

    assert problem.people[0].unavailable == (Span(540, 540 + 9 * 1440),)


def test_an_absence_across_a_change_of_clocks_is_as_long_as_it_lasts() -> None:
    zone = ZoneInfo("Europe/Berlin")
    away = Absence(
        starts_at=datetime(2026, 10, 24, 12, tzinfo=zone).astimezone(UTC),
        ends_at=datetime(2026, 10, 25, 12, tzinfo=zone).astimezone(UTC),
    )
    asked = wishes(first_day=date(2026, 10, 24), last_day=date(2026, 10, 25), zone="Europe/Berlin")
    congress = draft(session("new", minutes_later=None, parts=(part("ana"),)), absences={"ana": (away,)})

    assert rules.problem_of(congress, asked).people[0].unavailable == (Span(720, 720 + 25 * 60),)


# ------------------------------------------------------------------------------------------- back to a draft


def test_a_placement_is_an_instant_in_utc_and_a_move() -> None:
    asked = wishes(first_day=date(2026, 10, 31), last_day=date(2026, 11, 1), zone="America/New_York", may_move="all")
    congress = draft(session("new", minutes_later=None, room=""))

    (move,) = rules.moves(rules.spots(congress, "all"), [Placement("new", "side", 1440 + 600)], asked)

    assert (move.from_room, move.from_start, move.room) == ("", None, "side")
    assert move.starts_at == datetime(2026, 11, 1, 14, tzinfo=UTC)
    assert move.is_new
    moved = rules.moved(congress, [move]).session("new")
    assert moved is not None
    assert (moved.room, moved.starts_at) == ("side", move.starts_at)


def test_who_keeps_their_step_keeps_their_very_start() -> None:
    at = NINE + timedelta(minutes=3)
    congress = draft(session("odd", starts_at=at, duration_min=44))
    asked = wishes(may_move="all")
    spots = rules.spots(congress, "all")

    assert rules.moves(spots, [Placement("odd", "main", NINE_MIN)], asked) == ()
    (to_room,) = rules.moves(spots, [Placement("odd", "side", NINE_MIN)], asked)
    assert to_room.starts_at == at
    (later,) = rules.moves(spots, [Placement("odd", "main", NINE_MIN + 5)], asked)
    assert later.starts_at == NINE + timedelta(minutes=5)


def test_where_sessions_are_now_is_told_for_those_that_have_both() -> None:
    congress = draft(
        session("odd", minutes_later=3, state="draft"),
        session("no-room", minutes_later=60, room=""),
        session("no-start", minutes_later=None),
    )

    assert rules.before(congress, wishes(may_move="drafts")) == (Placement("odd", "main", NINE_MIN),)
    assert rules.before(congress, wishes(may_move="unplaced")) == ()


@given(data=st.data())
def test_every_draft_becomes_a_problem_without_faults_that_its_own_fixed_sessions_do_not_contradict(data: Any) -> None:
    zone = data.draw(st.sampled_from(["America/Mexico_City", "America/New_York", "Europe/Berlin"]))
    first = data.draw(st.sampled_from([date(2026, 10, 24), date(2026, 10, 31), date(2026, 3, 28), date(2026, 3, 7)]))
    origin = Axis(first, zone).origin
    sessions = tuple(
        session(
            f"s-{number}",
            number=number,
            minutes_later=None,
            starts_at=None if minute is None else origin + timedelta(minutes=minute),
            room=room,
            type=kind,
            state=state,
            duration_min=length,
            parts=tuple(part(person) for person in people),
        )
        for number, (minute, room, kind, state, length, people) in enumerate(data.draw(st.lists(_SESSION, max_size=7)))
    )
    away = data.draw(st.lists(st.tuples(st.integers(-500, 4000), st.integers(1, 900)), max_size=2))
    absences = tuple(
        Absence(starts_at=origin + timedelta(minutes=at), ends_at=origin + timedelta(minutes=at + length))
        for at, length in away
    )
    congress = draft(
        *sessions,
        fixed=frozenset(data.draw(st.lists(st.sampled_from(["s-0", "s-1"])))),
        rooms=(replace(ROOMS[0], opens=data.draw(st.sampled_from([None, time(10, 3)]))), ROOMS[1]),
        absences={"ana": absences} if absences else {},
    )
    asked = wishes(
        zone=zone,
        first_day=first,
        last_day=first + timedelta(days=1),
        may_move=data.draw(st.sampled_from(["unplaced", "drafts", "all"])),
        changeover_min=data.draw(st.sampled_from([0, 7, 15])),
        hours=replace(HOURS, meal_min=data.draw(st.sampled_from([0, 45]))),
    )

    problem = rules.problem_of(congress, asked)

    assert problem_faults(problem) == ()
    assert {each.code for each in wishes_of(problem)} <= set(WISH_WORDS)
    fixed = [each.fixed for each in problem.sessions if each.fixed]
    alone = replace(problem, sessions=tuple(each for each in problem.sessions if each.fixed))
    assert violations(alone, fixed) == ()


_SESSION = st.tuples(
    st.none() | st.integers(-100, 3000),
    st.sampled_from(["", "main", "side"]),
    st.sampled_from(["keynote", "keynote", "keynote", "break"]),
    st.sampled_from(["draft", "confirmed", "confirmed", "cancelled"]),
    st.integers(5, 200),
    st.lists(st.sampled_from(["ana", "luis"]), unique=True, max_size=2),
)
