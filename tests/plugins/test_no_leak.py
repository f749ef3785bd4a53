"""Every door with a parameter, walked with what belongs to another event or to somebody else: nothing is shown or changed."""

import re
import tomllib
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from litestar import Litestar
from msgspec.structs import replace

from plenaria.core.events import services as events
from plenaria.core.events.tables import Event
from plenaria.core.forms import check
from plenaria.core.kernel.values import EventView, Window
from plenaria.core.people import queries as people
from plenaria.core.storage.database import transaction
from plenaria.core.storage.files import Upload
from plenaria.plugins.agenda import services as agenda
from plenaria.plugins.agenda.settings import NewProposal
from plenaria.plugins.agenda.tables import Session, SessionPart, StagePerson, TimetableProposal
from plenaria.plugins.awards import queries as award_queries
from plenaria.plugins.awards import services as awards
from plenaria.plugins.awards.rules import Candidate
from plenaria.plugins.awards.services import Actor, Draft, Issuer
from plenaria.plugins.awards.settings import AwardsSection, AwardsSettings
from plenaria.plugins.awards.tables import Nomination, Nominator, Sheet
from plenaria.plugins.registration import services as registration
from plenaria.plugins.registration.tables import OrderRow, TicketRow, TicketTypeRow
from tests.plugins.agenda.test_services import SECTION as AGENDA
from tests.plugins.awards.conftest import OPENS, PDF, SECTION
from tests.plugins.registration.orders import place, sell
from tests.site import NOW, Site

OF_ITS_OWN = (
    r"POST .*/tokens/\d+/revoke",
    r"POST .*/outbox/\d+/again",
    r"PUT /api/v1/events/congress/sessions/opening",
)
"""Two doors that answer the same whether there was something to do or not, and one that makes what is not there."""
CORE_NAMES = ("export", "plugin", "role", "key", "language")
"""Parameters that name no thing of an event."""
AWARD = check(AwardsSection, tomllib.loads(SECTION)).or_refuse()
Things = dict[str, str]


@pytest_asyncio.fixture
async def theirs(site: Site) -> Things:
    """What the other event holds, by what a path calls it. Ana bought, nominates and speaks there; Berta judges."""
    event = site.other_event
    await site.signed_in("owner", event=event, email="ana@example.mx")
    await site.signed_in("juror", event=event, email="berta@example.mx")
    ana, berta = [await people.person_by_email(f"{name}@example.mx") for name in ("ana", "berta")]
    assert ana is not None
    assert berta is not None
    await sell(event)
    order = await place(event, buyer_email="ana@example.mx")
    await registration.mark_paid(event, order.code, paid_on=NOW.date(), tracking_key="", by="test", now=NOW)
    speakers = tuple(_with_address(item) for item in AGENDA.people)
    await agenda.apply_section(event, replace(AGENDA, people=speakers), by="test", now=NOW)
    nominator = Actor(ana.id, f"person:{ana.id}", manages=True)
    code, sheet = await _judged(site, event, nominator, berta.id)
    proposal = await agenda.ask_for_proposal(event, NewProposal(may_move="all"), by="test", now=NOW)
    return {
        "order": order.code,
        "secret": order.secret,
        "ticket_type": "member",
        "session": AGENDA.sessions[0].code,
        "speaker": AGENDA.people[0].code,
        "rooms": AGENDA.rooms[0].code,
        "tracks": AGENDA.tracks[0].code,
        "types": AGENDA.types[0].code,
        "people": AGENDA.people[0].code,
        "nomination": code,
        "file": (await _file_of(event, code)),
        "sheet": str(sheet),
        "proposal": str(proposal),
        "category": "sustainability",
        "juror": str(berta.id),
    }


def _with_address(item: Any) -> Any:
    return replace(item, email="ana@example.mx") if item.code == AGENDA.people[0].code else item


async def _judged(site: Site, event: EventView, nominator: Actor, juror: int) -> tuple[str, int]:
    settings = AwardsSettings(nominations=Window(OPENS, None), judging=Window(OPENS, None))
    issuer = Issuer("https://awards.example", site.app.state.signing_key)
    async with transaction():
        await events.change_settings(event, "awards", settings, by="test", now=NOW)
        await awards.apply_section(event, AWARD, by="test", now=NOW)
    draft = Draft(Candidate("company", "Frenos del Bajío"), {"impact": "Menos agua."})
    started = await awards.start_nomination(event, "sustainability", draft=draft, actor=nominator, now=NOW)
    code = started.nomination.code
    await awards.attach(event, code, "evidence", Upload("evidence.pdf", PDF), actor=nominator, now=NOW)
    await awards.submit_nomination(event, code, actor=nominator, issuer=issuer, now=NOW)
    return code, await awards.assign_juror(event, code, juror, actor=nominator, now=NOW)


async def _file_of(event: EventView, code: str) -> str:
    view = await award_queries.nomination(event, code)
    assert view is not None
    return view.files[0].attachment.code


def _doors(app: Litestar) -> Iterator[tuple[str, str]]:
    """`(method, path)` of every door of an event's that has a parameter of its own."""
    for route in app.routes:
        for handler in getattr(route, "route_handlers", []):
            if getattr(handler, "http_methods", None) == {"OPTIONS"} or "{event_slug:str}" not in route.path:
                continue
            rest = re.findall(r"\{(\w+):", route.path.removeprefix("/api/v1/events").replace("{event_slug:str}", ""))
            if rest and not set(rest) & set(CORE_NAMES):
                yield from ((method, route.path) for method in sorted(handler.http_methods))


def _filled(path: str, slug: str, things: Things) -> list[str]:
    """The path with what belongs to the other event; several where it names a kind. Fails for a parameter it does not know."""
    path = path.replace("{event_slug:str}", slug)
    if "{kind:str}" in path:
        kinds = ("rooms", "tracks", "types", "people")
        filled = [path.replace("{kind:str}", kind).replace("{code:str}", things[kind]) for kind in kinds]
        return [each.replace("{action:str}", "remove") for each in filled]
    values = {
        "secret": things["secret"],
        "session": things["session"],
        "person": things["speaker"] if "speakers" in path else things["juror"],
        "file_code": things["file"],
        "sheet_id": things["sheet"],
        "number": things["proposal"],
        "category": things["category"],
        "revision": "2",
        "line_id": "1",
        "token_id": "1",
        "code": next(
            (
                things[thing]
                for part, thing in (
                    ("/nominations/", "nomination"),
                    ("/orders/", "order"),
                    ("/ticket-types/", "ticket_type"),
                    ("/sessions/", "session"),
                )
                if part in path
            ),
            "",
        ),
    }
    return [re.sub(r"\{(\w+):\w+\}", lambda found: values[found[1]] or "?", path)]


BODIES: dict[str, dict[str, Any]] = {
    "/pay": {"paid_on": "2025-09-01"},
    "/confirm": {"secret": "guessed"},
    "/scores": {"scores": {"impact": 5}},
    "/recuse": {"reason": "No."},
    "/collaborators": {"email": "eva@example.mx"},
    "/jurors": {"juror": "1", "action": "conflict", "reason": "No."},
    "/declare": {"conflict": "yes", "reason": "No."},
    "/admission": {"admitted": "0", "reason": "No."},
    "/participation": {"employer": "Otra"},
}
NOMINATION = {"candidate": {"kind": "company", "name": "Otra"}, "answers": {"impact": "Otra"}, "revision": 1}


def _body(method: str, path: str) -> dict[str, Any]:
    """A body that the door would take, were the thing its own."""
    told = next((body for end, body in BODIES.items() if path.endswith(end)), {})
    if not path.startswith("/api/"):
        return {} if method == "GET" else {"data": {"code": "x", "name": "Otra", **told}}
    if path.endswith("/files"):
        return {"data": {"question": "evidence"}, "files": {"file": ("x.pdf", PDF)}}
    if "/sessions/" in path:
        return {"json": {"code": "opening", "title": {"es": "Otra"}, "duration_min": 30}}
    return {"json": NOMINATION if re.search(r"nominations/\w+$", path) else told} if method != "GET" else {}


async def _asked(client: httpx.AsyncClient, method: str, path: str) -> httpx.Response:
    """As the door's own form or client would ask."""
    headers = {"Idempotency-Key": f"{method}{abs(hash(path))}", "Sec-Fetch-Site": "same-origin"}
    return await client.request(method, path, headers=headers, **_body(method, path))


def _is_of_its_own(method: str, path: str) -> bool:
    return any(re.fullmatch(each, f"{method} {path}") for each in OF_ITS_OWN)


async def _stored(event: EventView) -> list[Any]:
    """Everything of the event that a careless door could change."""
    tables: list[Any] = [OrderRow, TicketRow, TicketTypeRow, Session, StagePerson, TimetableProposal, Nomination, Sheet]
    kept = [await table.select().where(table.event == event.id).order_by(table.id) for table in tables]
    nominators: Any = Nominator.select().where(Nominator.nomination.event == event.id).order_by(Nominator.id)
    parts: Any = SessionPart.select().where(SessionPart.session.event == event.id).order_by(SessionPart.id)
    row = await Event.select().where(Event.id == event.id)
    return [*kept, await nominators, await parts, row]


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_the_walk_knows_things_that_are_there(site: Site, theirs: Things) -> None:
    """Without this the walks below could find nothing because there is nothing."""
    ana = await site.signed_in(email="ana@example.mx")
    berta = await site.signed_in(email="berta@example.mx")

    for method, door in _doors(site.app):
        if method == "GET" and "outbox" not in door:
            for path in _filled(door, site.other_event.slug, theirs):
                client = berta if "/jury/assignments" in path else ana
                assert (await client.get(path)).status_code == 200, path


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_no_door_of_an_event_opens_for_what_is_another_events(site: Site, theirs: Things) -> None:
    """The same people are owners here, so that nothing but the event stands between."""
    clients = [await site.signed_in("owner", email=f"{name}@example.mx") for name in ("ana", "berta")]
    before = await _stored(site.other_event)
    opened = {}
    for method, door in _doors(site.app):
        if door.endswith("/organise/agenda/{kind:str}") or "/new/{kind:str}" in door:
            continue  # names a kind, no thing
        for path in _filled(door, site.event.slug, theirs):
            for client in clients:
                answer = await _asked(client, method, path)
                if answer.status_code not in (403, 404) and not _is_of_its_own(method, path):
                    opened[f"{method} {path}"] = answer.status_code

    assert await _stored(site.other_event) == before
    assert "\n".join(f"{door} {status}" for door, status in opened.items()) == ""


@pytest.mark.parametrize("dialect", ["sqlite"])
@pytest.mark.parametrize("role", ["", "juror", "door", "finance", "programme"])
async def test_what_is_private_in_an_event_stays_so_for_others_in_it(site: Site, theirs: Things, role: str) -> None:
    """Somebody else, in each role that is neither owner nor organiser: only what the role is for."""
    may = {
        "door": (),
        "juror": (),
        "": (),
        "finance": (r"/orders/\w+(/pay)?$",),
        "programme": (r"/organise/agenda/", r"/api/.*/sessions/", r"/api/.*/schedule/proposals/"),
    }[role]
    eva = await site.signed_in(role, event=site.other_event, email="eva@example.mx")
    opened = {}
    for method, door in _doors(site.app):
        if "{secret:str}" in door or (method == "GET" and re.search(r"/(agenda|speakers)/\{\w+:str\}$", door)):
            continue
        for path in _filled(door, site.other_event.slug, theirs):
            if any(re.search(each, path) for each in may):
                continue
            answer = await _asked(eva, method, path)
            if answer.status_code not in (403, 404) and not _is_of_its_own(method, path):
                opened[f"{method} {path}"] = answer.status_code

    assert opened == {}
