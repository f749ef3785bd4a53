"""The agenda's doors: pages, feeds, console and JSON, as a browser and a program meet them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from plenaria.core.events import cache
from plenaria.core.events import queries as events
from plenaria.core.events import services as event_services
from plenaria.core.events.details import EventDetails
from plenaria.core.kernel.values import EventView
from plenaria.core.storage.database import count_queries
from plenaria.plugins.agenda import ics, queries, services
from plenaria.plugins.agenda.settings import AgendaSettings
from plenaria.plugins.agenda.web import renderings
from tests.plugins.agenda.samples import NINE, session_item
from tests.plugins.agenda.test_services import SECTION, declare
from tests.site import Site

pytestmark = pytest.mark.parametrize("dialect", ["sqlite"])
"""What the doors add to the services does not depend on the engine; the services' tests run on both."""


async def get(site: Site, path: str, **headers: str) -> httpx.Response:
    return await site.visitor(**headers).get(f"/{site.event.slug}{path}")


def form_of(code: str, **values: str) -> dict[str, str]:
    return {
        "code": code,
        "title.es": f"Sesión {code}",
        "language": "es",
        "type": "keynote",
        "room": "main",
        "starts_at": "2025-10-01T12:00",
        "duration_min": "45",
        "state": "confirmed",
        **values,
    }


# --------------------------------------------------------------------------------------------------- pages


async def test_before_the_first_release_pages_say_so_and_feeds_of_the_schedule_are_not_there(site: Site) -> None:
    await declare(site, replace(SECTION, released=False))

    assert (await get(site, "/agenda")).status_code == 200
    assert "Sesión opening" not in (await get(site, "/agenda")).text
    assert "Ana Ruiz" not in (await get(site, "/speakers")).text
    for path in ("/agenda/opening", "/agenda/opening.ics", "/speakers/ana", "/schedule.json", "/schedule.xml"):
        assert (await get(site, path)).status_code == 404, path
    assert (
        b"BEGIN:VEVENT\r\nUID:" + ics.uid("congress", "opening").encode()
        not in (await get(site, "/agenda.ics")).content
    )


async def test_the_public_pages_show_the_release(site: Site) -> None:
    await declare(site)

    agenda, session = await get(site, "/agenda"), await get(site, "/agenda/opening?lang=en")
    people, person = await get(site, "/speakers"), await get(site, "/speakers/ana")

    assert [answer.status_code for answer in (agenda, session, people, person)] == [200] * 4
    assert "09:00–09:45" in agenda.text
    assert "Frenos Quimera" in agenda.text
    assert "Session opening" in session.text
    assert "Ana Ruiz" in people.text
    assert "Sesión closing" in person.text
    assert "ana@ponentes.example" not in agenda.text + session.text + people.text + person.text


@pytest.mark.parametrize("query", ["day=2025-10-02", "day=now", "track=nothing", "room=nothing"])
async def test_an_unknown_day_track_or_room_is_not_found(site: Site, query: str) -> None:
    await declare(site)

    assert (await get(site, f"/agenda?{query}")).status_code == 404


async def test_a_filter_shows_its_track_only(site: Site) -> None:
    await declare(site)

    text = (await get(site, "/agenda?day=2025-10-01&track=policy")).text

    assert "Sesión closing" in text
    assert "Sesión opening" not in text


async def test_a_cancelled_session_stays_visible_as_cancelled(site: Site) -> None:
    event = await declare(site)
    await declare(site, replace(SECTION, sessions=SECTION.sessions[1:]), event)

    page, calendar = await get(site, "/agenda/opening"), await get(site, "/agenda/opening.ics")

    assert "Cancelada" in page.text
    assert "Cancelada" in (await get(site, "/agenda")).text
    assert b"STATUS:CANCELLED" in calendar.content
    assert b"SEQUENCE:1" in calendar.content


async def test_what_is_on_follows_the_servers_clock_through_the_cache(site: Site) -> None:
    await declare(site)
    marks = []
    for minutes in (-30, 0, 44, 45, 120, 400):
        site.now = NINE + timedelta(minutes=minutes)
        text = (await get(site, "/agenda")).text
        marks.append(("badge-success" in text, "badge-info" in text))

    assert marks == [(False, True), (True, True), (True, True), (False, True), (True, False), (False, False)]


async def test_a_page_is_revalidated_and_changes_with_a_release(site: Site) -> None:
    event = await declare(site)
    first = await get(site, "/agenda")
    again = await get(site, "/agenda", **{"If-None-Match": first.headers["etag"]})
    weak = await get(site, "/agenda", **{"If-None-Match": f'"x", W/{first.headers["etag"]}'})
    await services.store_session(
        event, session_item("opening", duration_min=30), code="opening", revision=None, by="test", now=site.now
    )
    unreleased = await get(site, "/agenda", **{"If-None-Match": first.headers["etag"]})
    await services.release(event, by="test", now=site.now)
    released = await get(site, "/agenda", **{"If-None-Match": first.headers["etag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert [weak.status_code, unreleased.status_code, released.status_code] == [304, 304, 200]
    assert "cookie" in first.headers["vary"].lower()
    assert "set-cookie" not in first.headers


async def test_nobody_gets_the_page_of_somebody_else(site: Site) -> None:
    """Signed in first, then anonymous, then in the other language: each frame is its reader's."""
    await declare(site)
    organiser = await site.signed_in("organiser")

    theirs = await organiser.get(f"/{site.event.slug}/agenda")
    public = await get(site, "/agenda")
    english = await get(site, "/agenda", **{"Accept-Language": "en"})

    assert "organiser@example.mx" in theirs.text
    assert "organise" in theirs.text
    assert "organiser@example.mx" not in public.text + english.text
    assert 'lang="es"' in public.text[:200]
    assert 'lang="en"' in english.text[:200]
    assert "etag" not in theirs.headers
    assert theirs.headers["cache-control"] == "private, no-cache"


async def test_a_query_that_the_page_knows_nothing_of_gets_the_page_that_everybody_gets(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Links from newsletters and social networks carry `utm_source`, `fbclid`, `gclid`: they cost no page of their own."""
    await declare(site)
    clean, english = await get(site, "/agenda"), await get(site, "/agenda?lang=en")
    monkeypatch.setattr("plenaria.plugins.agenda.web.public.render", None)  # nothing is drawn any more

    linked = await get(site, "/agenda?utm_source=leaked&fbclid=abc&xlang=en")
    linked_english = await get(site, "/agenda?gclid=leaked&lang=en")

    assert (linked.content, linked.headers["etag"]) == (clean.content, clean.headers["etag"])
    assert "set-cookie" not in linked.headers
    assert linked_english.content == english.content
    assert "set-cookie" in linked_english.headers


# --------------------------------------------------------------------------------------------------- feeds


async def test_the_calendar_is_cacheable_revalidated_and_bilingual(site: Site) -> None:
    await declare(site)

    spanish, english = await get(site, "/agenda.ics"), await get(site, "/agenda.ics?lang=en")
    same = await get(site, "/agenda.ics", **{"Accept-Language": "en"})
    not_modified = await get(site, "/agenda.ics", **{"If-None-Match": spanish.headers["etag"]})

    assert spanish.headers["content-type"] == "text/calendar; charset=utf-8"
    assert spanish.headers["cache-control"] == "public, max-age=300"
    assert spanish.headers["vary"] == "Accept-Encoding"
    assert same.content == spanish.content
    assert not_modified.status_code == 304
    assert spanish.headers["etag"] != english.headers["etag"]
    uids = [{slot.uid for slot in ics.read(each.content).slots} for each in (spanish, english)]
    assert uids[0] == uids[1]


async def test_the_calendar_takes_one_query_for_1_session_as_for_300_and_none_the_second_time(site: Site) -> None:
    async def counted(sessions: int) -> list[int]:
        many = tuple(session_item(f"s-{n}", minutes_later=n, room="", people=()) for n in range(sessions))
        event = await declare(site, replace(SECTION, sessions=many))
        numbers = []
        for _ in range(2):
            with count_queries() as seen:
                answer = await get(site, "/agenda.ics?track=policy")
            assert answer.status_code == 200
            numbers.append(sum("agenda_" in sql for sql in seen))
        assert len((await queries.draft(event.id)).sessions) == sessions
        return numbers

    assert await counted(1) == [1, 0]
    assert await counted(300) == [1, 0]


async def test_other_plugins_entries_are_in_the_calendar_but_not_in_a_filtered_one(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    from plenaria.core.host.plugins import host
    from plenaria.core.kernel.values import CalendarEntry

    async def gala(event: EventView) -> list[CalendarEntry]:
        starts = NINE + timedelta(hours=10)
        return [
            CalendarEntry(
                uid=f"gala-{event.slug}",
                starts_at=starts,
                ends_at=starts + timedelta(hours=2),
                title={"es": "Gala"},
                changed_at=datetime(2025, 8, 1, tzinfo=UTC),
            )
        ]

    await declare(site)
    kept = host().collect

    def collect(hook: str) -> list[tuple[str, Any]]:
        return [("awards", gala)] if hook == "register_calendar" else kept(hook)

    monkeypatch.setattr(host(), "collect", collect)

    assert b"UID:gala-congress" in (await get(site, "/agenda.ics")).content
    assert b"gala" not in (await get(site, "/agenda.ics?room=main")).content


async def test_a_hidden_events_feed_is_not_for_strangers_and_not_for_shared_caches(site: Site) -> None:
    event = await declare(site)
    details = EventDetails(name=event.name, starts_on=event.starts_on, ends_on=event.ends_on, is_public=False)
    await event_services.change_event(event, details, by="test", now=site.now)
    organiser = await site.signed_in("organiser")

    theirs = await organiser.get(f"/{event.slug}/agenda.ics")

    assert (await get(site, "/agenda.ics")).status_code == 404
    assert theirs.status_code == 200
    assert theirs.headers["cache-control"] == "private, no-cache"


async def test_no_feed_or_page_of_one_event_shows_another_ones(site: Site) -> None:
    await declare(site)
    other = replace(SECTION, sessions=(session_item("other-only", title={"es": "De la otra casa"}),))
    await declare(site, other, site.other_event)

    for path in ("/agenda", "/agenda.ics", "/schedule.json", "/schedule.xml", "/speakers"):
        assert "De la otra casa" not in (await get(site, path)).text, path
    assert (await get(site, "/agenda/other-only")).status_code == 404


# ------------------------------------------------------------------------------------------------- console


async def test_an_organiser_adds_a_session_releases_it_and_it_is_public(site: Site) -> None:
    await declare(site)
    organiser = await site.signed_in("programme")
    console = f"/{site.event.slug}/organise/agenda"

    added = await organiser.post(f"{console}/new-session", data=form_of(""))
    difference = await organiser.get(f"{console}/release")
    released = await organiser.post(f"{console}/release", data={"note": "Segunda", "reason": ""})

    assert added.status_code == 303
    assert "Sesión" in difference.text
    assert released.status_code == 303
    assert (await get(site, "/agenda/sesion")).status_code == 200


async def test_a_wrong_form_comes_back_with_everything_typed(site: Site) -> None:
    await declare(site)
    organiser = await site.signed_in("organiser")
    wrong = form_of("new-one", **{"title.es": "Título que no se pierde", "duration_min": "mucho"})

    answer = await organiser.post(f"/{site.event.slug}/organise/agenda/new-session", data=wrong)

    assert answer.status_code == 422
    assert "Título que no se pierde" in answer.text
    assert 'value="mucho"' in answer.text


async def test_a_start_that_clocks_skip_is_refused(site: Site) -> None:
    """Tijuana, 9 March 2025: 02:30 does not exist."""
    event = await declare(site)
    details = EventDetails(name=event.name, starts_on=event.starts_on, ends_on=event.ends_on, zone="America/Tijuana")
    await event_services.change_event(event, details, by="test", now=site.now)
    organiser = await site.signed_in("organiser")

    skipped = form_of("gap", starts_at="2025-03-09T02:30")
    form = await organiser.post(f"/{event.slug}/organise/agenda/new-session", data=skipped)
    board = await organiser.post(
        f"/{event.slug}/organise/agenda/board", data={"code": "opening", "starts_at": "2025-03-09T02:30"}
    )

    assert form.status_code == 422
    assert 'value="2025-03-09T02:30"' in form.text
    assert board.status_code == 303
    stored = (await queries.draft(event.id)).session("opening")
    assert stored is not None
    assert stored.starts_at == NINE


async def test_a_second_tab_is_refused_and_keeps_what_was_typed(site: Site) -> None:
    await declare(site)
    organiser = await site.signed_in("organiser")
    address = f"/{site.event.slug}/organise/agenda/sessions/opening"
    revision = str((await queries.session_revisions(site.event.id))["opening"])

    first = await organiser.post(address, data=form_of("opening", _revision=revision))
    second = await organiser.post(address, data=form_of("opening", _revision=revision, **{"title.es": "Del otro"}))

    assert (first.status_code, second.status_code) == (303, 409)
    assert "Del otro" in second.text


async def test_people_are_added_and_removed_without_javascript(site: Site) -> None:
    await declare(site)
    organiser = await site.signed_in("organiser")
    address = f"/{site.event.slug}/organise/agenda/new-session"

    grown = await organiser.post(address, data=form_of("x-1", _add="people"))
    shrunk = await organiser.post(
        address, data=form_of("x-1", _remove="people-0", **{"people-0": "", "people-0-person": "ana"})
    )

    assert grown.status_code == shrunk.status_code == 200
    assert 'name="people-0-person"' in grown.text
    assert 'name="people-0-person"' not in shrunk.text


async def test_a_conflict_stands_beside_both_of_its_sessions(site: Site) -> None:
    event = await declare(site)
    await services.store_session(
        event, session_item("closing", people=()), code="closing", revision=None, by="test", now=site.now
    )
    organiser = await site.signed_in("organiser")

    listed = await organiser.get(f"/{event.slug}/organise/agenda/sessions?conflicts=on")
    refused = await organiser.post(f"/{event.slug}/organise/agenda/release", data={"note": "Así va", "reason": ""})

    assert listed.text.count("agenda-conflict-hard") == 2
    assert refused.status_code == 409
    assert "Así va" in refused.text


async def test_rooms_tracks_types_and_people_are_added_changed_moved_and_removed(site: Site) -> None:
    await declare(site)
    organiser = await site.signed_in("organiser")
    console = f"/{site.event.slug}/organise/agenda"
    forms = {
        "rooms": {"code": "third", "name.es": "Sala 3"},
        "tracks": {"code": "third", "name.es": "Eje 3", "colour": "3"},
        "types": {"code": "third", "name.es": "Taller", "needs": "speaker"},
        "people": {"code": "third", "given_names": "Tere", "is_public": "on"},
    }
    for kind, form in forms.items():
        statuses = [
            (await organiser.post(f"{console}/new/{kind}", data=form)).status_code,
            (await organiser.get(f"{console}/{kind}/third")).status_code,
            (await organiser.post(f"{console}/{kind}/third", data={**form, "_revision": "1"})).status_code,
            (await organiser.post(f"{console}/{kind}/third", data={**form, "_revision": "1"})).status_code,
            (await organiser.post(f"{console}/{kind}/third/up")).status_code,
            (await organiser.post(f"{console}/{kind}/third/remove")).status_code,
            (await organiser.get(f"{console}/{kind}/third")).status_code,
        ]
        assert statuses == [303, 200, 303, 409, 303, 303, 404], kind


async def test_the_board_moves_a_session_and_refuses_an_older_tab(site: Site) -> None:
    event = await declare(site)
    organiser = await site.signed_in("programme")
    board = f"/{event.slug}/organise/agenda/board"
    move = {"code": "opening", "room": "side", "starts_at": "2025-10-02T10:30", "revision": "1"}

    await organiser.post(board, data=move)
    await organiser.post(board, data={**move, "room": "main"})

    stored = (await queries.draft(event.id)).session("opening")
    assert stored is not None
    assert (stored.room, stored.starts_at) == ("side", datetime(2025, 10, 2, 16, 30, tzinfo=UTC))
    assert (await organiser.get(f"{board}?day=2025-10-02")).text.count('data-code="opening"') == 1


async def test_the_console_asks_as_often_for_3_sessions_as_for_300(site: Site) -> None:
    organiser = await site.signed_in("organiser")

    async def counted(sessions: int) -> list[int]:
        many = tuple(session_item(f"s-{n}", minutes_later=n, people=()) for n in range(sessions))
        await declare(site, replace(SECTION, sessions=many, released=False))
        numbers = []
        for page in ("sessions", "board", "release", "people", "sessions/s-1"):
            cache.forget()
            with count_queries() as seen:
                answer = await organiser.get(f"/{site.event.slug}/organise/agenda/{page}")
            assert answer.status_code == 200, page
            numbers.append(len(seen))
        return numbers

    assert await counted(3) == await counted(300)


# ------------------------------------------------------------------------------------------ people on stage


async def test_a_speaker_finds_their_sessions_and_nobody_elses(site: Site) -> None:
    await declare(site)
    ana, stranger = await site.signed_in(email="ana@ponentes.example"), await site.signed_in(email="x@example.mx")
    address = f"/{site.event.slug}/agenda/opening/participation"

    assert "Sesión opening" in (await ana.get("/me")).text
    assert "Sesión opening" not in (await stranger.get("/me")).text
    assert (await ana.get(address)).status_code == 200
    assert (await stranger.get(address)).status_code == 404
    assert (await stranger.post(address, data={"employer": "Mía"})).status_code == 404
    assert (await ana.post(address, data={"employer": "x" * 300})).status_code == 422
    assert (await ana.post(address, data={"employer": "Baterías Colibrí"})).status_code == 303
    assert await queries.confirmed_parts(site.event.id) == {("opening", "ana")}


# ---------------------------------------------------------------------------------------------------- JSON


async def test_the_json_lists_read_the_release_page_by_page(site: Site) -> None:
    await declare(site)
    base = f"/api/v1/events/{site.event.slug}"
    visitor = site.visitor()

    first = (await visitor.get(f"{base}/sessions?limit=1")).json()
    second = (await visitor.get(f"{base}/sessions?limit=1&after={first['next']}")).json()

    assert [item["code"] for item in first["items"] + second["items"]] == ["opening", "closing"]
    assert second["next"] is None
    assert first["items"][0]["people"][0]["employer"] == "Frenos Quimera"
    for name, codes in {"speakers": ["ana"], "rooms": ["main", "side"], "tracks": ["policy"]}.items():
        assert [item["code"] for item in (await visitor.get(f"{base}/{name}")).json()["items"]] == codes
    assert (await visitor.get(f"{base}/sessions?after=nothing")).status_code == 422


async def test_a_program_puts_a_session_sees_conflicts_and_releases_once(site: Site) -> None:
    await declare(site)
    base = f"/api/v1/events/{site.event.slug}"
    program = await site.bearer("programme", "agenda.edit", "agenda.release")
    body = {
        "code": "api-made",
        "title": {"es": "Por la API"},
        "starts_at": "2025-10-01T09:10:00-06:00",
        "room": "main",
        "state": "confirmed",
    }

    made = await program.put(f"{base}/sessions/api-made", json=body)
    stale = await program.put(f"{base}/sessions/api-made", json=body, headers={"If-Match": '"7"'})
    unknown = await program.put(f"{base}/sessions/api-made", json={**body, "room": "nothing"})
    conflicts = (await program.get(f"{base}/schedule/conflicts")).json()["items"]
    refused = await program.post(f"{base}/schedule/releases", json={}, headers={"Idempotency-Key": "one"})
    once = {"Idempotency-Key": "two"}
    released = await program.post(f"{base}/schedule/releases", json={"reason": "Sí"}, headers=once)
    repeated = await program.post(f"{base}/schedule/releases", json={"reason": "Sí"}, headers=once)

    assert (made.status_code, made.json()["revision"]) == (201, 1)
    assert (stale.status_code, stale.json()["errors"][0]["code"]) == (409, "changed_meanwhile")
    assert (unknown.json()["errors"][0]["code"], unknown.json()["errors"][0]["pointer"]) == ("not_a_choice", "/room")
    assert [(each["code"], each["sessions"]) for each in conflicts] == [("room_taken", ["api-made", "opening"])]
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (409, "release_needs_reason")
    assert (released.status_code, released.json()["number"]) == (201, 2)
    assert repeated.content == released.content
    assert [row.number for row in await queries.releases(site.event.id)] == [2, 1]


async def test_scopes_and_roles_decide_who_may_edit_and_release(site: Site) -> None:
    await declare(site)
    base = f"/api/v1/events/{site.event.slug}"
    reader = await site.bearer("programme", "agenda.edit")
    finance = await site.signed_in("finance")

    release = await reader.post(f"{base}/schedule/releases", json={}, headers={"Idempotency-Key": "k"})

    assert release.status_code == 403
    assert (await site.visitor().get(f"{base}/schedule/conflicts")).status_code == 401
    assert (await finance.get(f"/{site.event.slug}/organise/agenda/sessions")).status_code == 403


async def test_the_age_of_feeds_is_a_setting(site: Site) -> None:
    event = await declare(site)
    await event_services.change_settings(event, "agenda", AgendaSettings(feed_max_age_s=60), by="test", now=site.now)

    assert (await get(site, "/agenda.ics")).headers["cache-control"] == "public, max-age=60"
    assert (await events.event_by_id(event.id)).revision > event.revision


async def test_only_the_parameter_that_is_wrong_is_named(site: Site) -> None:
    program = await site.bearer("programme", "agenda.edit")

    said = await program.post("/api/v1/events/congress/schedule/imports?way=sideways", content=b"<schedule/>")

    assert (said.status_code, [each["parameter"] for each in said.json()["errors"]]) == (400, ["way"])


async def test_renderings_are_kept_up_to_so_many_bytes(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renderings, "MOST_BYTES", 250)

    for key in ("first", "second", "first", "third"):
        renderings.keep(key, b"x" * 100)

    assert [renderings.kept(key) is not None for key in ("first", "second", "third")] == [True, False, True]
