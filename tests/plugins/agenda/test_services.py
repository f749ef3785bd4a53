"""The agenda's writes on both engines: what is stored, refused, mailed and told, and what stays of another event."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from plenaria.core.events import queries as events
from plenaria.core.events import services as event_services
from plenaria.core.kernel.i18n import using
from plenaria.core.kernel.values import Column, EventView, Refused, Sheet
from plenaria.core.storage.database import count_queries
from plenaria.plugins.agenda import queries, services
from plenaria.plugins.agenda.settings import AgendaSection, AgendaSettings, PartItem, SessionItem
from tests.plugins.agenda.samples import (
    ANA_ITEM,
    LUIS_ITEM,
    NINE,
    ROOM_ITEM,
    SIDE_ITEM,
    TRACK_ITEM,
    TYPE_ITEM,
    session_item,
)
from tests.site import Site

SECTION = AgendaSection(
    rooms=(ROOM_ITEM, SIDE_ITEM),
    tracks=(TRACK_ITEM,),
    types=(TYPE_ITEM,),
    people=(ANA_ITEM, LUIS_ITEM),
    sessions=(session_item("opening"), session_item("closing", minutes_later=120, track="policy")),
    released=True,
)


async def declare(site: Site, section: AgendaSection = SECTION, event: EventView | None = None) -> EventView:
    at = event or site.event
    await services.apply_section(at, section, by="test", now=site.now)
    return await events.event_by_id(at.id)


async def put(site: Site, event: EventView, item: SessionItem, *, revision: int | None = None) -> None:
    await services.store_session(event, item, code=item.code, revision=revision, by="test", now=site.now)


async def release(site: Site, event: EventView, reason: str = "") -> int:
    return await services.release(event, reason=reason, by="test", now=site.now)


def codes(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [refusal.code for refusal in refused.value.refusals]


async def test_a_declared_agenda_is_public_and_reads_back_as_declared(site: Site) -> None:
    event = await declare(site)

    assert await queries.section_of(event) == SECTION
    schedule = await queries.schedule(event)
    assert schedule is not None
    assert [each.session.code for each in schedule.sessions] == ["opening", "closing"]


async def test_declaring_the_same_again_releases_nothing_and_mails_nobody(site: Site) -> None:
    event = await declare(site)
    mails = len(await site.mails())

    event = await declare(site, event=event)

    assert [row.number for row in await queries.releases(event.id)] == [1]
    assert len(await site.mails()) == mails


async def test_what_the_file_no_longer_names_leaves_the_draft_and_stays_public_as_cancelled(site: Site) -> None:
    event = await declare(site)

    less = replace(SECTION, sessions=SECTION.sessions[:1], rooms=(ROOM_ITEM,), people=(ANA_ITEM,))
    event = await declare(site, less, event)

    schedule = await queries.schedule(event)
    assert schedule is not None
    assert [(each.session.code, each.is_cancelled) for each in schedule.sessions] == [
        ("opening", False),
        ("closing", True),
    ]
    assert await queries.section_of(event) == less


async def test_the_draft_is_not_public_before_its_release(site: Site) -> None:
    event = await declare(site)

    await put(site, event, session_item("opening", title={"es": "Secreto"}))

    before = await queries.schedule(event)
    assert before is not None
    assert before.released("opening").session.title["es"] == "Sesión opening"  # type: ignore[union-attr]
    assert await release(site, event) == 2
    after = await queries.schedule(event)
    assert after.released("opening").session.title == {"es": "Secreto"}  # type: ignore[union-attr]


async def test_two_tabs_on_one_session_the_later_one_is_refused(site: Site) -> None:
    event = await declare(site)
    revision = (await queries.session_revisions(event.id))["opening"]

    await put(site, event, session_item("opening", language="en"), revision=revision)
    with pytest.raises(Refused) as refused:
        await put(site, event, session_item("opening", language="es", duration_min=30), revision=revision)

    assert codes(refused) == ["changed_meanwhile"]
    stored = (await queries.draft(event.id)).session("opening")
    assert stored is not None
    assert (stored.language, stored.duration_min) == ("en", 45)


async def test_a_code_is_taken_once_per_event_and_free_in_another(site: Site) -> None:
    await declare(site)

    with pytest.raises(Refused) as refused:
        await services.store_session(
            site.event, session_item("opening"), code=None, revision=None, by="test", now=site.now
        )

    assert codes(refused) == ["code_taken"]
    await declare(site, event=site.other_event)
    ours, theirs = await queries.schedule(site.event), await queries.schedule(site.other_event)
    assert ours is not None
    assert theirs is not None
    assert {each.session.uid for each in ours.sessions}.isdisjoint(each.session.uid for each in theirs.sessions)


async def test_nothing_of_another_event_can_be_named_or_changed(site: Site) -> None:
    await declare(site)

    with pytest.raises(Refused) as refused:
        await services.store_session(
            site.other_event, session_item("mine"), code=None, revision=None, by="test", now=site.now
        )
    assert sorted({refusal.pointer for refusal in refused.value.refusals}) == ["/people/0/person", "/room", "/type"]

    for attempt in (
        services.remove_session(site.other_event, "opening", by="test", now=site.now),
        services.remove(site.other_event, queries.ROOMS, "side", by="test", now=site.now),
        services.move(site.other_event, queries.ROOMS, "side", up=True, by="test", now=site.now),
        services.move_session(
            site.other_event, "opening", room="", starts_at=NINE, revision=None, by="test", now=site.now
        ),
    ):
        with pytest.raises(Refused) as refused:
            await attempt
        assert codes(refused) == ["not_found"]
    assert (await queries.draft(site.other_event.id)).sessions == ()


async def test_a_room_in_use_is_not_removed_and_an_unused_one_is(site: Site) -> None:
    event = await declare(site)

    with pytest.raises(Refused) as refused:
        await services.remove(event, queries.ROOMS, "main", by="test", now=site.now)
    await services.remove(event, queries.ROOMS, "side", by="test", now=site.now)

    assert codes(refused) == ["in_use"]
    assert [room.code for room in (await queries.draft(event.id)).rooms] == ["main"]


async def test_rooms_change_places(site: Site) -> None:
    event = await declare(site)

    await services.move(event, queries.ROOMS, "side", up=True, by="test", now=site.now)
    await services.move(event, queries.ROOMS, "side", up=True, by="test", now=site.now)

    assert [room.code for room in (await queries.draft(event.id)).rooms] == ["side", "main"]


async def test_a_hard_conflict_is_released_only_with_a_reason(site: Site) -> None:
    event = await declare(site)
    await put(site, event, session_item("closing", minutes_later=10, people=()))

    with pytest.raises(Refused) as refused:
        await release(site, event)
    await release(site, event, reason="La sala se divide en dos")

    assert codes(refused) == ["release_needs_reason"]
    latest = (await queries.releases(event.id))[0]
    assert (latest.number, latest.reason, latest.conflicts) == (2, "La sala se divide en dos", 1)
    assert [(each.session, each.kind) for each in latest.changes] == [("closing", "moved")]


async def test_an_organiser_may_forbid_releases_with_conflicts(site: Site) -> None:
    event = await declare(site)
    strict = AgendaSettings(release_despite_conflicts=False)
    await event_services.change_settings(event, "agenda", strict, by="test", now=site.now)
    await put(site, event, session_item("closing", minutes_later=10, people=()))

    with pytest.raises(Refused) as refused:
        await release(site, event, reason="Da igual")

    assert codes(refused) == ["conflicts_forbid_release"]


async def test_people_on_stage_are_mailed_once_for_what_concerns_them(site: Site) -> None:
    event = await declare(site)
    added = await site.mails()
    await put(site, event, session_item("opening", minutes_later=30))
    await release(site, event)
    moved = (await site.mails())[len(added) :]
    await put(site, event, session_item("opening", minutes_later=30, state="cancelled"))
    await release(site, event)
    cancelled = (await site.mails())[len(added) + len(moved) :]

    assert [mail["to"] for mail in added] == ["ana@ponentes.example"] * 2
    assert [mail["subject"] for mail in moved] == ["Cambio de horario o sala: Sesión opening"]
    assert [mail["subject"] for mail in cancelled] == ["Sesión cancelada: Sesión opening"]
    assert "1 de octubre de 2025, 09:30:00" in moved[0]["text"]
    assert [each["name"] for each in moved[0]["attachments"]] == ["opening.ics"]


async def test_a_person_confirms_and_corrects_their_employer_for_one_session_only(site: Site) -> None:
    event = await declare(site)

    await services.confirm_part(
        event,
        "opening",
        email="Ana@ponentes.example",
        employer="Baterías Colibrí",
        job_title={"es": "Directora"},
        by="person:1",
        now=site.now,
    )

    draft = await queries.draft(event.id)
    employers = {each.code: each.parts[0].employer for each in draft.sessions}
    assert employers == {"opening": "Baterías Colibrí", "closing": "Frenos Quimera"}
    assert await queries.confirmed_parts(event.id) == {("opening", "ana")}
    for stranger in ("luis@example.mx", ""):
        with pytest.raises(Refused):
            await services.confirm_part(
                event, "opening", email=stranger, employer="X", job_title={}, by="person:2", now=site.now
            )


async def test_saving_a_session_keeps_who_confirmed(site: Site) -> None:
    event = await declare(site)
    await services.confirm_part(
        event, "opening", email="ana@ponentes.example", employer="A", job_title={}, by="person:1", now=site.now
    )

    people = (PartItem(person="luis"), PartItem(person="ana", employer="B"))
    await put(site, event, session_item("opening", people=people))

    assert await queries.confirmed_parts(event.id) == {("opening", "ana")}
    stored = (await queries.draft(event.id)).session("opening")
    assert stored is not None
    assert [(part.person, part.employer) for part in stored.parts] == [("luis", ""), ("ana", "B")]


async def test_too_many_people_are_refused(site: Site) -> None:
    event = await declare(site)
    await event_services.change_settings(event, "agenda", AgendaSettings(most_people=1), by="test", now=site.now)

    with pytest.raises(Refused) as refused:
        await put(site, event, session_item("opening", people=(PartItem(person="ana"), PartItem(person="luis"))))

    assert codes(refused) == ["too_many_people"]


async def test_reads_take_as_many_queries_for_300_sessions_as_for_3(site: Site) -> None:
    async def counted(sessions: int) -> dict[str, int]:
        many = tuple(
            session_item(f"s-{number}", minutes_later=number, people=(PartItem(person="ana"),))
            for number in range(sessions)
        )
        # Everybody is everywhere at once: the file's release would be refused, and is not asked for.
        event = await declare(site, replace(SECTION, sessions=many, released=False))
        found: dict[str, int] = {}
        reads: dict[str, Any] = {
            "draft": lambda: queries.draft(event.id),
            "revisions": lambda: queries.session_revisions(event.id),
            "schedule": lambda: queries.schedule(event),
            "mine": lambda: queries.parts_of("ana@ponentes.example", [event.id]),
            "section": lambda: queries.section_of(event),
        }
        for name, read in reads.items():
            with count_queries() as seen:
                await read()
            found[name] = len(seen)
        return found

    few = await counted(3)

    assert few["schedule"] == 1
    assert await counted(300) == few


async def test_a_session_at_the_last_instant_of_the_event_is_released(site: Site) -> None:
    last = session_item("last", minutes_later=24 * 60 + 14 * 60, duration_min=60)

    event = await declare(site, replace(SECTION, sessions=(last,)))

    schedule = await queries.schedule(event)
    assert schedule is not None
    assert schedule.sessions[0].ends_at == NINE + timedelta(hours=39)


async def test_the_sheet_of_attendees_says_who_is_on_stage(site: Site) -> None:
    event = await declare(site)
    columns = [Column("email", "Correo")]
    sheet = Sheet(columns, [[f"  {ANA_ITEM.email.upper()}"], ["nobody@example.mx"]])

    with using("es"):
        found = await services.with_sessions(event, sheet)

    assert ANA_ITEM.email
    assert [column.code for column in found.columns] == ["email", "agenda.on_stage"]
    assert found.column("agenda.on_stage") == ["Sesión opening; Sesión closing", ""]
    assert (await services.with_sessions(site.other_event, sheet)).column("agenda.on_stage") == ["", ""]
