from datetime import UTC, datetime

import msgspec
import pytest
from msgspec.structs import replace

from plenaria.plugins.agenda.rules import Conflict, Person, Schedule, changes, is_same, next_schedule, release_refusals
from tests.plugins.agenda.samples import NINE, draft, part, session

FIRST = datetime(2025, 9, 1, tzinfo=UTC)
SECOND = datetime(2025, 9, 8, tzinfo=UTC)


def release(of, previous: Schedule | None = None, *, now: datetime = FIRST, place: str = "Sede") -> Schedule:  # type: ignore[no-untyped-def]
    return next_schedule(previous, of, place=place, now=now)


def kinds(previous: Schedule | None, new: Schedule) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(each.session, each.kind, each.fields) for each in changes(previous, new)]


def test_only_confirmed_sessions_with_a_start_go_out_in_order_of_time() -> None:
    of = draft(
        session("late", minutes_later=60),
        session("early", number=2),
        session("draft", number=3, state="draft"),
        session("timeless", number=4, minutes_later=None),
        session("never-out", number=5, state="cancelled"),
    )

    first = release(of)

    assert [each.session.code for each in first.sessions] == ["early", "late"]
    assert (first.number, first.released_at) == (1, FIRST)
    assert kinds(None, first) == [("early", "added", ()), ("late", "added", ())]


def test_sessions_by_code_are_those_that_a_code_alone_finds() -> None:
    again = replace(session("a", number=2, minutes_later=60), uid="another")
    first = release(draft(session("a"), session("b", number=3, minutes_later=30), again))

    assert len(first.sessions) == 3
    assert first.by_code() == {code: first.released(code) for code in ("a", "b")}


def test_nothing_of_a_person_who_is_not_public_goes_out() -> None:
    first = release(draft(session("a", parts=(part("ana"), part("secret", employer="Empresa Oculta")))))

    assert [person.code for person in first.people] == ["ana"]
    document = msgspec.json.encode(first).decode()
    assert "secret" not in document
    assert "Oculta" not in document
    assert "Nadie" not in document


def test_an_unchanged_session_keeps_revision_and_moment_whatever_else_changes() -> None:
    first = release(draft(session("a"), session("b", number=2, minutes_later=60)))
    second = release(draft(session("a"), session("b", number=2, minutes_later=90)), first, now=SECOND)

    kept, moved = second.released("a"), second.released("b")
    assert kept is not None
    assert moved is not None
    assert (kept.revision, kept.changed_at) == (0, FIRST)
    assert (moved.revision, moved.changed_at) == (1, SECOND)
    assert kinds(first, second) == [("b", "moved", ("time",))]


@pytest.mark.parametrize(
    ("changed", "revision"),
    [
        ({"title": {"es": "Otro título"}}, 1),
        ({"abstract": {"es": "Resumen"}}, 1),
        ({"room": "side"}, 1),
        ({"track": "policy"}, 1),
        ({"parts": (part("ana"),)}, 1),
        ({"duration_min": 50}, 1),
        ({"language": "en"}, 0),
        ({"type": "break"}, 0),
    ],
)
def test_sequence_moves_only_when_a_calendar_shows_the_change(changed: dict[str, object], revision: int) -> None:
    first = release(draft(session("a")))
    second = release(draft(session("a", **changed)), first, now=SECOND)

    released = second.released("a")
    assert released is not None
    assert released.revision == revision
    assert len(changes(first, second)) == 1


def test_a_renamed_room_or_person_or_venue_moves_the_sequence_of_what_shows_it() -> None:
    of = draft(session("a", parts=(part("ana"),)), session("b", number=2, room="side", minutes_later=60))
    first = release(of)

    room = replace(of, rooms=(replace(of.rooms[0], name={"es": "Gran Salón"}), of.rooms[1]))
    person = replace(of, people=(Person(code="ana", given_names="Ana María", first_surname="Ruiz"), *of.people[1:]))

    assert [each.revision for each in release(room, first, now=SECOND).sessions] == [1, 0]
    assert [each.revision for each in release(person, first, now=SECOND).sessions] == [1, 0]
    assert [each.revision for each in release(of, first, now=SECOND, place="Otra sede").sessions] == [1, 1]


@pytest.mark.parametrize("how", ["cancelled", "draft", "deleted"])
def test_what_was_public_and_is_not_confirmed_stays_as_cancelled_where_it_was(how: str) -> None:
    first = release(draft(session("a"), session("b", number=2, minutes_later=60)))
    rest = session("b", number=2, minutes_later=60)
    elsewhere = session("a", state=how, room="side", minutes_later=300) if how != "deleted" else None
    second = release(draft(*([elsewhere] if elsewhere else []), rest), first, now=SECOND)

    released = second.released("a")
    assert released is not None
    assert released.is_cancelled
    assert (released.starts_at, released.session.room, released.revision) == (NINE, "main", 1)
    assert kinds(first, second) == [("a", "cancelled", ())]


def test_a_cancelled_session_stays_for_ever_and_can_come_back_under_its_uid() -> None:
    first = release(draft(session("a")))
    second = release(draft(), first, now=SECOND)
    third = release(draft(), second, now=SECOND)
    back = release(draft(session("a")), third, now=SECOND)

    assert [each.revision for each in third.sessions] == [1]
    assert is_same(second, third)
    assert kinds(third, back) == [("a", "restored", ())]
    assert (back.sessions[0].revision, back.sessions[0].session.uid) == (2, first.sessions[0].session.uid)


def test_a_cancelled_session_keeps_the_names_of_what_was_deleted_with_it() -> None:
    first = release(draft(session("a", track="policy", parts=(part("ana"),))))
    emptied = replace(draft(), rooms=(), tracks=(), types=(), people=())

    second = release(emptied, first, now=SECOND)

    assert [room.code for room in second.rooms] == ["main"]
    assert [track.code for track in second.tracks] == ["policy"]
    assert [person.code for person in second.people] == ["ana"]


def test_a_release_survives_storage_unchanged() -> None:
    first = release(draft(session("a", parts=(part("ana", employer="Frenos"),))))

    assert msgspec.json.decode(msgspec.json.encode(first), type=Schedule) == first


def test_nothing_new_is_refused_and_conflicts_need_a_reason() -> None:
    first = release(draft(session("a")))
    other = release(draft(session("b")), first, now=SECOND)
    hard = (Conflict(code="room_taken", sessions=("a", "b")),)
    soft = (Conflict(code="room_missing", sessions=("a",)),)

    def refused(new: Schedule, found: tuple[Conflict, ...], reason: str = "", allowed: bool = True) -> list[str]:
        return [each.code for each in release_refusals(first, new, found, reason=reason, despite_conflicts=allowed)]

    assert refused(first, ()) == ["nothing_to_release"]
    assert refused(other, ()) == []
    assert refused(other, soft) == []
    assert refused(other, hard) == ["release_needs_reason"]
    assert refused(other, hard, "  ") == ["release_needs_reason"]
    assert refused(other, hard, "La sala se divide en dos") == []
    assert refused(other, hard, "La sala se divide en dos", allowed=False) == ["conflicts_forbid_release"]
