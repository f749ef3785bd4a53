"""Run by test_outside_plugin.py inside the clean environment: the example plugin from an empty database to its page."""

import asyncio
import sys
from datetime import UTC, date, datetime, timedelta

import httpx

from plenaria.core import mail
from plenaria.core.app import create_app
from plenaria.core.events import services
from plenaria.core.events.details import EventDetails
from plenaria.core.host import plugins
from plenaria.core.host.permissions import allows, registered
from plenaria.core.host.plugins import PluginHost
from plenaria.core.kernel import clock
from plenaria.core.kernel.settings import Settings
from plenaria.core.kernel.values import EventView
from plenaria.core.people import services as people
from plenaria.core.storage import outbox
from plenaria.core.storage.database import Database, migrate, schema_difference

NOW = datetime(2025, 9, 1, 18, 0, tzinfo=UTC)
DETAILS = EventDetails(
    name={"es": "Congreso", "en": "Congress"},
    starts_on=date(2025, 10, 1),
    ends_on=date(2025, 10, 2),
    contact_email="contacto@example.mx",
)


async def main(url: str) -> None:
    clock.now = lambda: NOW
    host = PluginHost.discover()
    assert "shuttle" in host.plugins, host.broken
    await migrated(url, host)
    app = create_app(Settings(database=url, key_file="key.pem", development=True), host=host)
    async with app.lifespan():
        event = await services.create_event("congress", DETAILS, by="test", now=NOW)
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as visitor:
            await walk(event, visitor, httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000"))
    print("walked")


async def migrated(url: str, host: PluginHost) -> None:
    database = Database(url)
    await database.open(host.tables())
    applied = await migrate(database, host.apps())
    assert "shuttle" in [each.app for each in applied]
    assert await schema_difference(database, host.apps()) == []
    await database.close()


async def walk(event: EventView, visitor: httpx.AsyncClient, organiser: httpx.AsyncClient) -> None:
    await sign_in(organiser, event)

    # Off: its pages are not there, for nobody.
    assert (await visitor.get("/congress/shuttle")).status_code == 404
    assert (await organiser.get("/congress/organise/shuttle")).status_code == 404
    assert "shuttle" in (await organiser.get("/congress/organise/plugins")).text
    switched = await organiser.post("/congress/organise/plugins/shuttle/switch", data={"on": "1"})
    assert switched.status_code == 303, switched.text

    # The page, its navigation and both languages.
    spanish, english = [(await visitor.get(f"/congress/shuttle?lang={code}")).text for code in ("es", "en")]
    assert "Todavía no hay autobuses programados." in spanish
    assert "No bus is planned yet." in english
    assert 'href="/congress/shuttle"' in (await visitor.get("/congress")).text

    # The permission: named on the team page, held by its roles, asked for at the door.
    assert "shuttle.edit" in registered()
    assert (allows("shuttle.edit", ["organiser"]), allows("shuttle.edit", ["door"])) == (True, False)
    assert (await visitor.get("/congress/organise/shuttle")).status_code in (303, 401)
    assert "Cambiar el horario de los autobuses" in (await organiser.get("/congress/organise/team?lang=es")).text

    # The setting, in the console's form.
    form = (await organiser.get("/congress/organise/plugins/shuttle?lang=es")).text
    assert "Duración del recorrido" in form
    wrong = await organiser.post("/congress/organise/plugins/shuttle", data={"ride_minutes": "1"})
    assert wrong.status_code == 422
    right = await organiser.post(
        "/congress/organise/plugins/shuttle", data={"ride_minutes": "45", "tell_contact": "on"}
    )
    assert right.status_code == 303, right.text

    # The mail text, in the list.
    assert "shuttle.departure_added" in mail.texts()
    assert "shuttle.departure_added" in (await organiser.get("/congress/organise/mail")).text

    # A departure: refused outside the event, kept with what was typed; then added, listed, mailed, in the calendar.
    address = "/congress/organise/shuttle"
    early = await organiser.post(
        address + "?lang=es", data={"leaves_at": "2025-09-01T07:30", "leaves_from": "Hotel Reforma"}
    )
    assert early.status_code == 409, early.text
    at_field = early.text.partition('id="field-leaves_at-error')[2].partition("field-leaves_from")[0]
    assert "Los autobuses circulan del" in at_field, "a refusal stands at the field that its pointer names"
    assert "Hotel Reforma" in early.text
    departure = {"leaves_at": "2025-10-01T07:30", "leaves_from": "Hotel Reforma"}
    assert (await organiser.post(address, data=departure)).status_code == 303
    assert (await organiser.post(address, data=departure)).status_code == 409
    page = (await visitor.get("/congress/shuttle?lang=es")).text
    assert "Hotel Reforma" in page
    assert "07:30" in page
    assert "shuttle.departure_added" in [line.name for line in await outbox.lines(event.id)]
    on = await current(event)
    ((_, entries),) = [
        (name, source) for name, source in plugins.host().collect("register_calendar") if name == "shuttle"
    ]
    (entry,) = await entries(on)
    assert entry.starts_at == datetime(2025, 10, 1, 13, 30, tzinfo=UTC)
    assert entry.ends_at - entry.starts_at == timedelta(minutes=45)
    assert entry.title["es"] == "Autobús desde Hotel Reforma"

    # Off again: 404, and the data is kept for the day it is on again.
    await organiser.post("/congress/organise/plugins/shuttle/switch", data={"on": "0"})
    assert (await visitor.get("/congress/shuttle")).status_code == 404
    await organiser.post("/congress/organise/plugins/shuttle/switch", data={"on": "1"})
    assert "Hotel Reforma" in (await visitor.get("/congress/shuttle")).text


async def sign_in(organiser: httpx.AsyncClient, event: EventView) -> None:
    person = await people.ensure_person("organiser@example.mx", now=NOW)
    await people.grant(person, "organiser", event=event, by="test", now=NOW)
    secret = await people.new_link(person.email, next_page="/me", valid_for=timedelta(hours=1), now=NOW)
    assert (await organiser.post(f"/sign-in/{secret}")).status_code == 303


async def current(event: EventView) -> EventView:
    from plenaria.core.events import queries

    return await queries.event_by_id(event.id)


asyncio.run(main(sys.argv[1]))
