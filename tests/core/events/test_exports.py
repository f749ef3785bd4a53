"""Exports: what each may take away, in which formats, and what a failing one costs."""

import io
import threading
import zipfile
from datetime import datetime

import pytest

from plenaria.core.events import exports
from plenaria.core.events import services as events
from plenaria.core.host import plugins
from plenaria.core.host.contributions import Export
from plenaria.core.kernel.values import Column, EventView, Sheet
from plenaria.plugins.agenda import services as agenda
from tests.guest import guest
from tests.plugins.agenda.test_services import SECTION
from tests.plugins.registration.orders import attendee, place, sell
from tests.site import NOW, Site

API = "/api/v1/events/congress/exports"
PAGE = "/congress/organise/exports"


async def seats(event: EventView, /, *, now: datetime) -> Sheet:
    return Sheet([Column("name", "Nombre")], [["=1+1"], [event.slug]])


async def breaks(event: EventView, /, *, now: datetime) -> bytes:
    raise RuntimeError("no file today")


async def mistaken(event: EventView, /, *, now: datetime) -> bytes:
    return b"not a sheet"


async def ends_the_process(event: EventView, /, *, now: datetime) -> Sheet:
    raise SystemExit(3)


async def wrong_cells(event: EventView, /, *, now: datetime) -> Sheet:
    return Sheet([Column("price", "Precio")], [[9.5]])  # type: ignore[list-item]


async def too_large_a_number(event: EventView, /, *, now: datetime) -> Sheet:
    return Sheet([Column("seats", "Lugares")], [[10**400]])


EXPORTS = [
    Export("guest.seats", "Seats", "event.configure", seats),
    Export("guest.breaks", "Broken", "event.view", breaks, "text/plain", "txt"),
    Export("guest.mistaken", "Mistaken", "event.view", mistaken),
    Export("guest.exits", "Ends the process", "event.view", ends_the_process),
    Export("guest.cells", "Wrong cells", "event.view", wrong_cells),
    Export("guest.large", "Too large a number", "event.view", too_large_a_number),
]


async def test_each_is_offered_what_their_role_is_for(site: Site) -> None:
    offered = {}
    for role in ("organiser", "programme", "finance", "door"):
        answer = await (await site.signed_in(role)).get(API)
        offered[role] = [each["name"] for each in answer.json().get("items", [])]

    registration = ["registration.attendees", "registration.orders"]
    schedule = ["agenda.schedule_xml", "agenda.schedule_json", "agenda.schedule_ics"]
    assert offered["organiser"] == [*schedule, "awards.results", *registration]
    assert offered["programme"] == schedule
    assert offered["finance"] == registration
    assert offered["door"] == []


@pytest.mark.parametrize(("format_", "media_type"), [("csv", "text/csv"), ("xlsx", "sheet"), ("json", "json")])
async def test_a_sheet_is_had_in_each_format_and_no_cell_is_a_formula(
    site: Site, format_: str, media_type: str
) -> None:
    async with guest(site, object(), register_exports=EXPORTS):
        organiser = await site.signed_in("organiser")
        page = await organiser.get(f"{PAGE}?lang=en")
        answer = await organiser.get(f"{PAGE}/guest.seats?format={format_}")

    assert f'href="{PAGE}/guest.seats?format={format_}"' in page.text
    assert answer.status_code == 200
    assert media_type in answer.headers["content-type"]
    assert answer.headers["content-disposition"] == f'attachment; filename="congress-guest-seats.{format_}"'
    if format_ == "xlsx":
        with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
            assert "<f>" not in book.read("xl/worksheets/sheet1.xml").decode()
    elif format_ == "json":
        assert answer.json()["rows"] == [["=1+1"], ["congress"]]
    else:
        assert "'=1+1" in answer.text


async def test_the_sheets_of_registration_and_the_files_of_the_agenda(site: Site) -> None:
    await sell(site.event)
    order = await place(site.event)
    await agenda.apply_section(site.event, SECTION, by="test", now=NOW)
    organiser = await site.signed_in("organiser")

    orders = (await organiser.get(f"{PAGE}/registration.orders?format=json")).json()
    attendees = (await organiser.get(f"{PAGE}/registration.attendees")).text
    files = {name: (await organiser.get(f"{PAGE}/agenda.schedule_{name}")).text[:30] for name in ("xml", "json", "ics")}

    assert [row[:1] + row[6:8] for row in orders["rows"]] == [[order.code, "8700.00", "MXN"]]
    assert "maria@example.mx" in attendees
    assert files["ics"].startswith("BEGIN:VCALENDAR")
    assert "<?xml" in files["xml"]
    assert files["json"].startswith("{")


async def test_what_cannot_be_exported_yet_says_why(site: Site) -> None:
    organiser = await site.bearer("owner", "event.view", "agenda.edit", "awards.results")

    schedule = await organiser.get(f"{API}/agenda.schedule_json")
    results = await organiser.get(f"{API}/awards.results")

    assert [each["code"] for each in schedule.json()["errors"]] == ["not_released_yet"]
    assert [each["code"] for each in results.json()["errors"]] == ["results_not_yet"]


async def test_a_file_without_its_permission_of_another_format_or_of_a_plugin_that_is_off_is_not_there(
    site: Site,
) -> None:
    async with guest(site, object(), register_exports=EXPORTS):
        finance, organiser = await site.signed_in("finance"), await site.signed_in("organiser")
        without = await finance.get(f"{PAGE}/guest.seats")
        other = await organiser.get(f"{PAGE}/guest.seats?format=exe")
        await events.switch_plugin(site.event, "guest", on=False, by="test", now=NOW)
        off = await organiser.get(f"{PAGE}/guest.seats")

    assert [answer.status_code for answer in (without, other, off)] == [404, 404, 404]


@pytest.mark.parametrize(
    "address",
    [
        "guest.breaks?",
        "guest.mistaken?",
        "guest.exits?",
        *(f"guest.cells?format={each}&" for each in ("csv", "xlsx", "json")),
        "guest.large?format=xlsx&",
    ],
)
async def test_an_export_that_fails_is_refused_with_the_plugins_name(site: Site, address: str) -> None:
    async with guest(site, object(), register_exports=EXPORTS):
        answer = await (await site.signed_in("organiser")).get(f"{PAGE}/{address}lang=en")

    assert answer.status_code == 409
    assert "guest" in answer.text
    newest = plugins.host().failures.latest()[0]
    assert (newest.plugin, newest.hook) == ("guest", "register_exports")


@pytest.mark.parametrize("dialect", ["sqlite"])
@pytest.mark.parametrize("ending", ["csv", "xlsx", "json"])
async def test_a_file_is_written_outside_the_event_loop(
    site: Site, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    """Tens of thousands of rows take seconds, in which nobody else would be answered."""
    written = exports._written
    threads: list[threading.Thread] = []

    def seen(*arguments: object, **named: object) -> tuple[str, bytes]:
        threads.append(threading.current_thread())
        return written(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(exports, "_written", seen)
    organiser = await site.signed_in("organiser")

    answer = await organiser.get(f"{API}/registration.attendees?format={ending}")

    assert answer.status_code == 200
    assert len(threads) == 1
    assert threads[0] is not threading.main_thread()


@pytest.mark.parametrize("dialect", ["sqlite", "postgres"])
async def test_every_row_is_in_the_file_in_its_order_however_many_are_read_at_a_time(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plenaria.plugins.registration.queries.attending.EXPORT_PAGE", 2)
    monkeypatch.setattr("plenaria.plugins.registration.queries.ordering.EXPORT_PAGE", 2)
    await sell(site.event)
    two = (attendee("press"), attendee("press"))
    codes = [(await place(site.event, *two, submission=str(number))).code for number in range(5)]
    organiser = await site.signed_in("organiser")

    attendees = (await organiser.get(f"{API}/registration.attendees?format=json")).json()
    orders = (await organiser.get(f"{API}/registration.orders?format=json")).json()

    assert [row[1] for row in attendees["rows"]] == [code for code in codes for _ in range(2)]
    assert [row[0] for row in orders["rows"]] == codes
