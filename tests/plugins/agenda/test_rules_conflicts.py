from datetime import date, time

from msgspec.structs import replace

from plenaria.plugins.agenda.rules import CONFLICT_WORDS, HARD, Conflict, Draft, Session, conflicts
from tests.plugins.agenda.samples import ROOMS, ZONE, draft, part, session


def found(*sessions: Session, changeover_min: int = 0, of: Draft | None = None) -> list[Conflict]:
    return list(
        conflicts(
            of or draft(*sessions),
            first_day=date(2025, 10, 1),
            last_day=date(2025, 10, 2),
            zone=ZONE,
            changeover_min=changeover_min,
        )
    )


def codes(*sessions: Session, changeover_min: int = 0) -> list[str]:
    return [each.code for each in found(*sessions, changeover_min=changeover_min)]


def test_two_sessions_in_one_room_at_once_conflict_and_neighbours_do_not() -> None:
    first, next_one = session("a"), session("b", number=2, minutes_later=45)
    overlapping = session("c", number=3, minutes_later=44)

    assert codes(first, next_one) == []
    [conflict] = found(first, overlapping)
    assert (conflict.code, conflict.sessions, conflict.is_hard) == ("room_taken", ("c", "a"), True)


def test_another_room_at_the_same_time_is_no_conflict_unless_somebody_is_in_both() -> None:
    ana = (part("ana"),)

    assert codes(session("a"), session("b", number=2, room="side")) == []
    assert codes(session("a", parts=ana), session("b", number=2, room="side", parts=ana)) == ["person_in_two_places"]


def test_a_cancelled_session_is_in_nobodys_way() -> None:
    assert codes(session("a"), session("b", number=2, state="cancelled")) == []


def test_every_pair_is_found_in_a_long_session_with_short_ones_inside() -> None:
    long = session("long", duration_min=240)
    shorts = [session(f"s{n}", number=n + 2, minutes_later=n * 60, duration_min=30) for n in range(4)]

    assert [each.sessions for each in found(long, *shorts)] == [(f"s{n}", "long") for n in range(4)]


def test_the_last_minute_of_the_last_day_is_in_and_one_more_is_out() -> None:
    until_midnight = session("a", minutes_later=24 * 60 + 14 * 60, duration_min=60)

    assert codes(until_midnight) == []
    assert codes(replace(until_midnight, duration_min=61)) == ["outside_event_days"]
    assert codes(session("b", minutes_later=-10 * 60)) == ["outside_event_days"]


def test_a_room_holds_its_hours_by_the_clock_there() -> None:
    open_room = replace(ROOMS[0], opens=time(9), closes=time(10))
    within = draft(session("a", duration_min=60))
    beyond = draft(session("a", duration_min=61))

    assert found(of=replace(within, rooms=(open_room,))) == []
    [conflict] = found(of=replace(beyond, rooms=(open_room,)))
    assert conflict.code == "room_closed"
    assert (conflict.facts["opens"], conflict.facts["closes"]) == ("09:00", "10:00")


def test_a_confirmed_session_needs_a_start_and_a_draft_does_not() -> None:
    assert codes(session("a", minutes_later=None)) == ["start_missing"]
    assert codes(session("a", minutes_later=None, state="draft")) == []


def test_a_break_needs_no_room_and_a_talk_does() -> None:
    assert codes(session("a", room="", type="break")) == []
    assert codes(session("a", room="")) == ["room_missing"]


def test_each_missing_role_is_told() -> None:
    panel = session("a", type="panel", parts=(part("ana", "moderator"),))

    assert [each.facts["role"] for each in found(panel)] == ["panellist"]
    assert codes(replace(panel, parts=(part("ana", "moderator"), part("luis", "panellist")))) == []


def test_a_short_changeover_warns_only_between_rooms() -> None:
    ana = (part("ana"),)
    first = session("a", parts=ana)
    elsewhere = session("b", number=2, room="side", minutes_later=50, parts=ana)

    [conflict] = found(first, elsewhere, changeover_min=10)
    assert (conflict.code, conflict.is_hard, conflict.facts["minutes"]) == ("changeover_short", False, 5)
    assert codes(first, elsewhere, changeover_min=5) == []
    assert codes(first, replace(elsewhere, room="main"), changeover_min=10) == []


def test_the_other_session_of_a_conflict_sees_it_with_the_first_ones_title() -> None:
    sessions = draft(session("a"), session("b", number=2))
    [conflict] = found(of=sessions)

    assert conflict.facts["other"] == {"es": "Sesión a", "en": "Session a"}
    titles = {each.code: each.title for each in sessions.sessions}
    assert conflict.seen_from("a", titles).facts["other"] == {"es": "Sesión b", "en": "Session b"}


def test_every_code_has_words_and_hard_ones_are_known() -> None:
    assert set(CONFLICT_WORDS) >= HARD
