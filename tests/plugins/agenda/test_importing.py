"""A schedule from elsewhere into the draft: what is looked at, what is written, and what is refused."""

import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import msgspec
import pytest
from msgspec.structs import replace

from plenaria.core.events import queries as events
from plenaria.core.events import services as event_services
from plenaria.core.events.details import EventDetails
from plenaria.core.kernel.values import EventView, Refused, in_language
from plenaria.core.storage.audit.tables import AuditLine
from plenaria.core.storage.database import count_queries
from plenaria.plugins.agenda import ics, interchange, queries, services
from plenaria.plugins.agenda.services import ImportChoices, Preview
from plenaria.plugins.agenda.tables import SessionPart
from tests.plugins.agenda.interchange_files import schedule_file
from tests.plugins.agenda.test_services import SECTION, declare, release
from tests.site import Site

GUID = "0e1f5d1c-9d36-4b5c-8d8f-0a4b8c3f0001"
REAL = (
    "fosdem-2023.xml",
    "31c3-schedule.xml",
    "frab-camp2019.json",
    "pyconfr-2025-schedule.json",
    "moca24-schedule.ics",
)
USUAL = ImportChoices()
REPLACE = ImportChoices(way="replace")


def entry(guid: str, code: str, title: str, *, start: str = "10:00", room: str = "Salón Principal", **more: str) -> str:
    people = "".join(f'<person id="{name}">{name}</person>' for name in more.get("people", "").split("|") if name)
    return f"""<event guid="{guid}" id="{int(guid[-4:], 16)}"><date>2025-10-01T{start}:00-06:00</date><start>{start}</start>
      <duration>00:30</duration><room>{room}</room><slug>{code}</slug><title>{title}</title><subtitle/><track>Datos</track>
      <type>Conferencia</type><language>es</language><abstract>{more.get("abstract", "")}</abstract><description/>
      <persons>{people}</persons></event>"""


def xml(*entries: str) -> bytes:
    return f"""<?xml version="1.0" encoding="utf-8"?><schedule><version>1</version><conference><title>Congreso</title>
      <acronym>congress</acronym><start>2025-10-01</start><end>2025-10-02</end><time_zone_name>America/Mexico_City</time_zone_name>
      </conference><day date="2025-10-01" index="1" start="2025-10-01T09:00:00-06:00" end="2025-10-01T20:00:00-06:00">
      <room name="Salón Principal">{"".join(entries)}</room></day></schedule>""".encode()


ONE = xml(entry(GUID, "datos-abiertos", "Datos abiertos", people="Ana Ruiz"))


async def bring(site: Site, content: bytes, choices: ImportChoices = USUAL, **how: Any) -> Preview:
    return await services.import_schedule(site.event, content, choices, **{"by": "test", "now": site.now, **how})


def codes(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [refusal.code for refusal in refused.value.refusals]


async def test_a_file_into_an_empty_draft_keeps_uids_and_releases_nothing(site: Site) -> None:
    done = await bring(site, ONE)

    draft = await queries.draft(site.event.id)
    session = draft.sessions[0]
    assert (session.code, session.uid, session.state) == ("datos-abiertos", GUID, "draft")
    assert session.starts_at == datetime(2025, 10, 1, 10, tzinfo=ZoneInfo("America/Mexico_City"))
    assert [room.name for room in draft.rooms] == [{"es": "Salón Principal"}]
    assert services.counts(done.merged.tallies["sessions"]) == {
        "added": 1,
        "changed": 0,
        "same": 0,
        "kept": 0,
        "gone": 0,
    }
    assert await queries.schedule(site.event) is None


async def test_what_was_looked_at_is_what_is_written(site: Site) -> None:
    await declare(site)
    preview = await services.preview_import(site.event, ONE, ImportChoices(confirmed=True))

    await bring(site, ONE, ImportChoices(confirmed=True), draft_mark=preview.draft_mark)

    stored = await queries.draft(site.event.id)
    assert _plain(stored) == _plain(preview.merged.draft)


def _plain(draft: Any) -> Any:
    """The draft without its numbers, which are given when it is stored."""
    sessions = [msgspec.to_builtins(replace(each, number=1)) for each in draft.sessions]
    return {
        **msgspec.to_builtins(replace(draft, sessions=())),
        "sessions": sorted(sessions, key=lambda each: str(each["code"])),
    }


async def test_the_preview_writes_nothing(site: Site) -> None:
    await declare(site)
    before = await queries.section_of(site.event)
    lines = await AuditLine.count()

    await services.preview_import(site.event, ONE, REPLACE)

    assert await queries.section_of(site.event) == before
    assert await AuditLine.count() == lines


async def test_rooms_and_people_are_recognised_by_name_and_keep_what_the_file_does_not_say(site: Site) -> None:
    await declare(site)

    await bring(site, ONE)

    section = await queries.section_of(site.event)
    assert [room.code for room in section.rooms] == ["main", "side"]
    assert section.rooms[0] == SECTION.rooms[0]
    assert section.people == SECTION.people
    assert [part.person for each in section.sessions if each.code == "datos-abiertos" for part in each.people] == [
        "ana"
    ]


async def test_adding_leaves_what_the_file_does_not_name_alone(site: Site) -> None:
    await declare(site)

    await bring(site, ONE)

    section = await queries.section_of(site.event)
    assert [each for each in section.sessions if each.code != "datos-abiertos"] == list(SECTION.sessions)


async def test_replacing_asks_first_and_then_takes_out_what_the_file_does_not_name(site: Site) -> None:
    event = await declare(site)

    with pytest.raises(Refused) as refused:
        await bring(site, ONE, REPLACE)
    assert codes(refused) == ["import_not_certain"]
    assert [each.code for each in (await queries.draft(event.id)).sessions] == ["opening", "closing"]

    await bring(site, ONE, REPLACE, certain=True)
    draft = await queries.draft(event.id)
    assert [each.code for each in draft.sessions] == ["datos-abiertos"]
    assert [each.code for each in draft.rooms] == ["main"]
    schedule = await queries.schedule(event)
    assert schedule is not None
    assert [each.session.code for each in schedule.sessions] == ["opening", "closing"]


async def test_replacing_keeps_the_room_and_people_of_a_session_that_the_file_names_without_them(site: Site) -> None:
    event = await declare(site)
    uid = (await queries.draft(event.id)).sessions[0].uid
    calendar = (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\n"
        f"UID:{uid}\r\nDTSTAMP:20250901T000000Z\r\nDTSTART:20251001T160000Z\r\nDTEND:20251001T164500Z\r\nSUMMARY:Otra\r\n"
        "END:VEVENT\r\nEND:VCALENDAR\r\n"
    )

    await bring(site, calendar.encode(), REPLACE, certain=True)

    draft = await queries.draft(event.id)
    assert [(each.code, each.room, [part.person for part in each.parts]) for each in draft.sessions] == [
        ("opening", "main", ["ana"])
    ]
    assert [each.code for each in draft.rooms] == ["main"]
    assert [each.code for each in draft.people] == ["ana"]


async def test_a_session_is_found_by_uid_before_code_and_keeps_its_code(site: Site) -> None:
    event = await declare(site)
    before = await queries.draft(event.id)
    uid = before.sessions[0].uid
    assert before.sessions[0].code == "opening"

    await bring(site, xml(entry(uid, "closing", "Nueva apertura"), entry(GUID, "opening", "Otra cosa", start="12:00")))

    draft = await queries.draft(event.id)
    assert {each.code: (each.uid, each.title["es"]) for each in draft.sessions} == {
        "opening": (uid, "Nueva apertura"),
        "closing": (before.sessions[1].uid, "Sesión closing"),
        "opening-2": (GUID, "Otra cosa"),
    }


async def test_the_uid_of_another_events_session_is_not_taken(site: Site) -> None:
    await services.import_schedule(site.other_event, ONE, ImportChoices(), by="test", now=site.now)

    await bring(site, ONE)

    ours, theirs = [(await queries.draft(each.id)).sessions[0] for each in (site.event, site.other_event)]
    assert theirs.uid == GUID
    assert ours.uid != GUID
    assert (await bring(site, ONE)).merged.changes_nothing


async def test_a_session_released_and_removed_comes_back_as_itself(site: Site) -> None:
    event = await declare(site)
    first = await queries.schedule(event)
    assert first is not None
    uid = first.sessions[0].session.uid
    await services.remove_session(event, "opening", by="test", now=site.now)
    await release(site, event)

    await bring(site, xml(entry(uid, "inauguracion", "Apertura")), ImportChoices(confirmed=True))
    await release(site, event)

    schedule = await queries.schedule(event)
    assert schedule is not None
    assert [(each.session.code, each.session.uid, each.is_cancelled) for each in schedule.sessions] == [
        ("opening", uid, False),
        ("closing", first.sessions[1].session.uid, False),
    ]


async def test_a_new_session_with_the_code_of_one_released_under_an_imported_uid_is_that_session(site: Site) -> None:
    await declare(site, replace(SECTION, sessions=(), released=False))
    await bring(site, ONE, ImportChoices(confirmed=True))
    await release(site, site.event)
    await services.remove_session(site.event, "datos-abiertos", by="test", now=site.now)
    item = replace(SECTION.sessions[0], code="datos-abiertos")

    await services.store_session(site.event, item, code=None, revision=None, by="test", now=site.now)

    assert (await queries.draft(site.event.id)).sessions[0].uid == GUID


async def test_states_are_the_organisers_and_a_cancellation_stays(site: Site) -> None:
    sessions = (SECTION.sessions[0], replace(SECTION.sessions[1], state="cancelled"))
    event = await declare(site, replace(SECTION, sessions=sessions, released=False))
    uids = {each.code: each.uid for each in (await queries.draft(event.id)).sessions}
    content = xml(*(entry(uid, code, code, start="13:00") for code, uid in uids.items()), entry(GUID, "nueva", "Nueva"))

    await bring(site, content)
    assert {each.code: each.state for each in (await queries.draft(event.id)).sessions} == {
        "opening": "confirmed",
        "closing": "cancelled",
        "nueva": "draft",
    }

    await bring(site, content, ImportChoices(confirmed=True))
    assert {each.code: each.state for each in (await queries.draft(event.id)).sessions} == {
        "opening": "confirmed",
        "closing": "cancelled",
        "nueva": "confirmed",
    }


async def test_who_confirmed_has_not_to_confirm_again(site: Site) -> None:
    event = await declare(site)
    await services.confirm_part(
        event, "opening", email="ana@ponentes.example", employer="Otra", job_title={}, by="test", now=site.now
    )
    uid = (await queries.draft(event.id)).sessions[0].uid

    await bring(site, xml(entry(uid, "opening", "Apertura", people="Ana Ruiz|Eva Sol")))

    rows = (
        await SessionPart.select(SessionPart.person.code, SessionPart.employer, SessionPart.confirmed_at)
        .where(SessionPart.session.code == "opening")
        .order_by(SessionPart.position)
    )
    assert [(row["person.code"], row["employer"], row["confirmed_at"] is not None) for row in rows] == [
        ("ana", "Otra", True),
        ("eva-sol", "", False),
    ]


async def test_sending_it_twice_is_harmless_and_leaves_one_audit_line(site: Site) -> None:
    preview = await services.preview_import(site.event, ONE, USUAL)

    await bring(site, ONE, draft_mark=preview.draft_mark)
    again = await bring(site, ONE, draft_mark=preview.draft_mark)

    assert again.merged.changes_nothing
    lines = await AuditLine.select(AuditLine.facts).where(AuditLine.action == "agenda.imported")
    assert len(lines) == 1
    assert msgspec.json.decode(lines[0]["facts"])["added"] == 1


async def test_a_draft_that_changed_since_the_preview_is_told_and_left_alone(site: Site) -> None:
    event = await declare(site)
    preview = await services.preview_import(event, ONE, REPLACE)
    await services.remove_session(event, "closing", by="test", now=site.now)

    with pytest.raises(Refused) as refused:
        await bring(site, ONE, REPLACE, draft_mark=preview.draft_mark, certain=True)

    assert codes(refused) == ["import_draft_changed"]
    assert [each.code for each in (await queries.draft(event.id)).sessions] == ["opening"]


async def test_words_go_to_the_language_that_most_sessions_are_in(site: Site) -> None:
    english = ONE.replace(b"<language>es<", b"<language>en<")

    assert (await services.preview_import(site.event, english, USUAL)).language == "en"
    assert (await services.preview_import(site.event, english, ImportChoices(language="es"))).language == "es"
    await bring(site, english)
    assert (await queries.draft(site.event.id)).sessions[0].title == {"en": "Datos abiertos"}


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_importing_many_takes_as_many_queries_as_importing_few(site: Site) -> None:
    few = xml(*(_numbered(number) for number in range(3)))
    many = xml(*(_numbered(number) for number in range(100, 140)))
    await bring(site, ONE)

    with count_queries() as small:
        await bring(site, few)
    with count_queries() as large:
        await bring(site, many)

    assert len(large) == len(small)


def _numbered(number: int) -> str:
    guid = f"{GUID[:-4]}{number + 16:04x}"
    return entry(guid, f"sesion-{number}", f"Sesión {number}", people=f"Persona {number}")


# ------------------------------------------------------------------------------------------------ real files


@pytest.mark.parametrize("dialect", ["sqlite"])
@pytest.mark.parametrize("name", REAL)
async def test_a_real_schedule_comes_through_the_host_and_out_again(site: Site, name: str) -> None:
    content = schedule_file(name)
    event = await moved_to(site, content)

    done = await bring(site, content, ImportChoices(confirmed=True))
    await services.release(event, reason="prueba", by="test", now=site.now)

    assert (await bring(site, content, ImportChoices(confirmed=True))).merged.changes_nothing
    answer = await site.visitor().get(f"/{event.slug}/schedule.xml")
    back = interchange.read(answer.content, zone=event.zone, language=done.language)
    assert _said(back, done.language) == _said(done.read, done.language)


async def moved_to(site: Site, content: bytes) -> EventView:
    """The event on the days and in the zone of the file."""
    imported = interchange.read(content).imported
    assert imported.starts_on is not None
    assert imported.ends_on is not None
    details = EventDetails(
        name={"es": "Congreso"}, starts_on=imported.starts_on, ends_on=imported.ends_on, zone=imported.zone
    )
    await event_services.change_event(site.event, details, by="test", now=site.now)
    site.event = await events.event_by_id(site.event.id)
    return site.event


def _said(read: interchange.Read, language: str) -> list[Any]:
    draft = read.imported.draft
    rooms = {each.code: in_language(each.name, language) for each in draft.rooms}
    people = {each.code: each.name for each in draft.people}
    return sorted(
        (
            each.uid,
            in_language(each.title, language),
            each.starts_at,
            each.duration_min,
            rooms.get(each.room, ""),
            tuple(people[part.person] for part in each.parts),
        )
        for each in draft.sessions
        if each.state != "cancelled"
    )


# ---------------------------------------------------------------------------------------------------- the doors


async def post(client: httpx.AsyncClient, site: Site, content: bytes | None, **values: str) -> httpx.Response:
    files = {"file": ("schedule.xml", content)} if content is not None else {"nothing": ("", b"")}
    return await client.post(f"/{site.event.slug}/organise/agenda/import", data={"way": "add", **values}, files=files)


def hidden(answer: httpx.Response) -> dict[str, str]:
    """What the preview's form sends back unseen."""
    parts = answer.text.split('<input type="hidden" name="')[1:]
    return {part.split('"')[0]: part.split('value="')[1].split('"')[0] for part in parts}


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_an_organiser_looks_at_a_file_and_imports_it(site: Site) -> None:
    client = await site.signed_in("programme")

    shown = await post(client, site, ONE)
    assert shown.status_code == 200
    assert "Datos abiertos" in shown.text
    assert (await queries.draft(site.event.id)).sessions == ()

    done = await post(client, site, None, **hidden(shown), _apply="yes")
    assert done.status_code == 303
    assert done.headers["location"] == "/congress/organise/agenda/sessions"
    page = await client.get(done.headers["location"])
    assert "Datos abiertos" in page.text

    again = await post(client, site, None, **hidden(shown), _apply="yes")
    assert again.status_code == 303


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_another_choice_is_looked_at_before_it_is_done(site: Site) -> None:
    await declare(site)
    client = await site.signed_in("programme")
    sent = hidden(await post(client, site, ONE))

    other = await post(client, site, None, **sent, way="replace", certain="on", _apply="yes")
    assert other.status_code == 200
    assert len((await queries.draft(site.event.id)).sessions) == 2

    doubt = await post(client, site, None, **hidden(other), way="replace", _apply="yes")
    assert doubt.status_code == 409
    assert 'name="certain"' in doubt.text
    assert 'class="field-error"' in doubt.text

    done = await post(client, site, None, **hidden(doubt), way="replace", certain="on", _apply="yes")
    assert done.status_code == 303
    assert [each.code for each in (await queries.draft(site.event.id)).sessions] == ["datos-abiertos"]


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_a_changed_draft_is_told_with_a_new_preview(site: Site) -> None:
    event = await declare(site)
    client = await site.signed_in("programme")
    sent = hidden(await post(client, site, ONE))
    await services.remove_session(event, "closing", by="test", now=site.now)

    told = await post(client, site, None, **sent, _apply="yes")

    assert told.status_code == 409
    assert "The draft has changed in the meantime" in told.text or "El borrador cambió" in told.text
    assert hidden(told)["_draft"] != sent["_draft"]
    assert (await post(client, site, None, **hidden(told), _apply="yes")).status_code == 303


BOMB = b'<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><schedule>&b;</schedule>'
HOSTILE = {
    "empty": b"",
    "bomb": BOMB,
    "zip": b"PK\x03\x04" + b"\0" * 200,
    "no schedule": b"<html><body>hello</body></html>",
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
    "20 MB of XML": b"<schedule>" + b"x" * 20_000_000 + b"</schedule>",
    "20 MB of calendar": b"BEGIN:VCALENDAR\r\n" + b"X-A:1\r\n" * 2_900_000,
    "deep": b"[" * 100_000,
    "half": ONE[: len(ONE) // 2],
}


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_so_many_sessions_at_once_that_no_page_could_show_their_conflicts_are_refused(site: Site) -> None:
    crowd = xml(*(entry(f"{GUID[:-4]}{number:04x}", f"s-{number}", "Igual") for number in range(1, 780)))

    with pytest.raises(Refused) as refused:
        await services.preview_import(site.event, crowd, USUAL)

    assert [(refusal.code, refusal.facts["count"]) for refusal in refused.value.refusals] == [
        ("import_too_crowded", 779 * 778 // 2)
    ]


def _json(words: str) -> bytes:
    """A schedule with a session, a room and a person of that name, in JSON as written."""
    talk = {
        "guid": GUID,
        "id": 1,
        "title": "TITLE",
        "date": "2025-10-01T10:00:00-06:00",
        "start": "10:00",
        "duration": "00:30",
        "room": "TITLE",
        "persons": [{"id": 1, "public_name": "TITLE"}],
    }
    days = [{"index": 1, "date": "2025-10-01", "rooms": {"TITLE": [talk]}}]
    document = {"schedule": {"version": "1", "conference": {"title": "TITLE", "acronym": "x", "days": days}}}
    return msgspec.json.encode(document).replace(b"TITLE", words.encode())


async def test_characters_that_an_engine_does_not_hold_do_not_come_through(site: Site) -> None:
    await bring(site, _json(r"Uno \u0000dos"))

    assert (await queries.draft(site.event.id)).sessions[0].title == {"es": "Uno dos"}


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_halves_of_characters_are_mended_or_refused(site: Site) -> None:
    client = await site.signed_in("programme")

    assert (await post(client, site, _json(r"medio \ud800"))).status_code in (200, 422)


@pytest.mark.parametrize("dialect", ["sqlite"])
@pytest.mark.parametrize("kind", HOSTILE)
async def test_a_file_that_is_no_schedule_gets_one_sentence_at_the_field(site: Site, kind: str) -> None:
    client = await site.signed_in("programme")

    answer = await post(client, site, HOSTILE[kind])

    assert answer.status_code == 422
    assert answer.text.count('class="field-error"') == 1
    assert 'id="field-file-error"' in answer.text


@pytest.mark.parametrize("dialect", ["sqlite"])
@pytest.mark.parametrize("content", ["", "!", "eJx=", "AAAA"])
async def test_a_carried_file_that_was_tampered_with_is_asked_for_again(site: Site, content: str) -> None:
    client = await site.signed_in("programme")

    answer = await post(client, site, None, _content=content, _apply="yes")

    assert answer.status_code == 422
    assert 'id="field-file-error"' in answer.text


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_nothing_of_the_file_is_markup_on_the_page(site: Site) -> None:
    client = await site.signed_in("programme")
    evil = "&lt;script&gt;alert(1)&lt;/script&gt;{actual}"
    content = xml(entry(GUID, "x", evil, room=evil, people=evil), entry(GUID, "x", evil, start="10:10", room=evil))

    answer = await post(client, site, content.replace(b"Congreso<", evil.encode() + b"<"))

    assert answer.status_code == 200
    assert "alert(1)" in answer.text
    assert "<script>alert" not in answer.text


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_only_who_edits_the_agenda_imports(site: Site) -> None:
    client = await site.signed_in("door")

    assert (await client.get("/congress/organise/agenda/import")).status_code == 403
    assert (await post(client, site, ONE)).status_code == 403


# ---------------------------------------------------------------------------------------------------- the API

IMPORTS = "/api/v1/events/congress/schedule/imports"


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_a_program_looks_at_a_file_and_then_imports_it(site: Site) -> None:
    await declare(site)
    program = await site.bearer("programme", "agenda.edit")

    looked = await program.post(f"{IMPORTS}?dry_run=true&way=replace", content=ONE)
    assert looked.status_code == 200, looked.text
    assert looked.json()["tallies"]["sessions"] == {"added": 1, "changed": 0, "same": 0, "kept": 0, "gone": 2}
    assert len((await queries.draft(site.event.id)).sessions) == 2

    done = await program.post(f"{IMPORTS}?confirmed=true", files={"file": ("schedule.xml", ONE)})
    assert done.status_code == 200, done.text
    assert done.json()["tallies"]["sessions"] == {"added": 1, "changed": 0, "same": 0, "kept": 2, "gone": 0}
    draft = await queries.draft(site.event.id)
    assert {each.code: each.state for each in draft.sessions}["datos-abiertos"] == "confirmed"

    again = await program.post(f"{IMPORTS}?confirmed=true", content=ONE)
    assert again.json()["tallies"]["sessions"] == {"added": 0, "changed": 0, "same": 1, "kept": 2, "gone": 0}


@pytest.mark.parametrize("dialect", ["sqlite"])
@pytest.mark.parametrize("kind", HOSTILE)
async def test_a_program_is_told_what_is_wrong_with_the_file(site: Site, kind: str) -> None:
    program = await site.bearer("programme", "agenda.edit")

    answer = await program.post(IMPORTS, content=HOSTILE[kind])

    assert answer.status_code == 422
    problems = answer.json()["errors"]
    assert [problem["pointer"] for problem in problems] == ["/file"]
    assert problems[0]["code"].startswith("import_")
    assert "{" not in problems[0]["detail"]


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_a_program_without_the_permission_imports_nothing(site: Site) -> None:
    program = await site.bearer("programme", "agenda.release")

    answer = await program.post(IMPORTS, content=ONE)

    assert answer.status_code == 403
    assert (await queries.draft(site.event.id)).sessions == ()


# -------------------------------------------------------------------------------------------------- calendars


def calendar(*entries: str) -> bytes:
    events = "".join(
        f"BEGIN:VEVENT\r\nUID:{GUID}\r\nDTSTAMP:20250101T000000Z\r\nDTSTART:20251001T1{index}0000Z\r\n"
        f"DTEND:20251001T1{index}3000Z\r\n{lines}\r\nEND:VEVENT\r\n"
        for index, lines in enumerate(entries)
    )
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n{events}END:VCALENDAR\r\n".encode()


@pytest.mark.parametrize("dialect", ["sqlite"])
@pytest.mark.parametrize(
    ("location", "rooms"),
    [("Sala Norte, {place}", ["Sala Norte"]), ("{place}", []), ("Sala Norte, otro lugar", ["Sala Norte, otro lugar"])],
)
async def test_the_event_s_own_place_is_no_part_of_a_room_s_name(site: Site, location: str, rooms: list[str]) -> None:
    said = location.format(place=queries.place_of(site.event)).replace(",", "\\,")

    await bring(site, calendar(f"SUMMARY:Uno\r\nLOCATION:{said}"))

    draft = await queries.draft(site.event.id)
    assert [room.name for room in draft.rooms] == [{"es": name} for name in rooms]


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_a_calendar_s_doubts_and_the_language_assumed_are_told_in_words(site: Site) -> None:
    content = calendar("SUMMARY:Uno", "SUMMARY:Otro")

    found = await services.preview_import(site.event, content, USUAL)
    chosen = await services.preview_import(site.event, content, ImportChoices(language="es"))

    notes = {note.code: note.facts for note in found.read.report.repaired}
    assert notes["language_assumed"] == {"taken": "es"}
    assert notes["calendar_repeated_uid"] == {"count": 2}
    assert "language_assumed" not in {note.code for note in chosen.read.report.repaired}
    assert "language_assumed" not in {
        note.code for note in (await services.preview_import(site.event, ONE, USUAL)).read.report.repaired
    }


def test_every_code_of_the_calendar_s_reader_has_words() -> None:
    told = ics.LeftOut.__doc__ or ""
    named = set(re.findall(r"`([a-z0-9_]+)`", told)) - {"code", "facts"}

    refused_as_a_whole = {"unreadable", "too_large"}

    assert {f"calendar_{code}" for code in named - refused_as_a_whole} <= set(interchange.NOTE_WORDS)
    assert len(named) > 15
