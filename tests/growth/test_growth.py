"""No page costs more than three times as much at a thousand of everything as at a hundred, and none sends more statements.

Processor time in one run, by ratio; the pages that show the whole of something by their nature are named with their reason.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import httpx
import pytest

from plenaria.core.host.plugins import host
from plenaria.core.kernel.values import EventView
from plenaria.testing.site import make_event
from tests.growth.filling import fill
from tests.growth.measuring import Cost, cost
from tests.site import Site

SIZES: Final = (10, 100, 1000)
MOST_PAGED, MOST_WHOLE = 3.0, 12.0
SLACK_MS: Final = 4.0
"""What a busy machine may add to a page of a few milliseconds."""

E: Final = "/{event_slug:str}"
API: Final = "/api/v1/events/{event_slug:str}"

WHOLE: Final = {
    f"{E}/agenda": "the public agenda of a day shows the whole day; kept and handed out again",
    f"{E}/speakers": "everybody on stage on one page; kept and handed out again",
    f"{E}/agenda.ics": "a calendar is the whole schedule",
    f"{E}/schedule.json": "an interchange file is the whole schedule",
    f"{E}/schedule.xml": "an interchange file is the whole schedule",
    f"{API}/declaration": "the event's file says everything that is declared",
    f"{API}/exports/{{export:str}}": "a file with every row, written in a thread",
    f"{E}/organise/exports/{{export:str}}": "a file with every row, written in a thread",
    f"{E}/organise/registration/attendees.csv": "a file with every row, written in a thread",
    f"{E}/organise/registration/attendees.xlsx": "a file with every row, written in a thread",
    f"{API}/schedule/conflicts": "everything that does not fit is found by comparing the whole draft",
    f"{API}/readiness": "compares the whole draft with the last release",
    f"{E}/organise": "counts what the whole draft has and the last release has not",
    f"{E}/organise/agenda": "conflicts are found in the whole draft; a page of it is drawn",
    f"{E}/organise/agenda/sessions": "conflicts are found in the whole draft; a page of it is drawn",
    f"{E}/organise/agenda/board": "a day in all its rooms",
    f"{E}/organise/agenda/release": "compares the whole draft with the last release",
    f"{E}/organise/agenda/new-session": "offers everybody on stage to choose from",
    f"{E}/organise/agenda/sessions/{{session:str}}": "offers everybody on stage, and names what does not fit",
    f"{E}/organise/agenda/proposals": "says what the whole draft asks of a timetable",
    f"{E}/organise/agenda/{{kind:str}}": "the order and the search are of the whole list; a page of it is drawn",
    f"{E}/organise/team": "the search is of the whole team; a page of it is drawn",
    f"{API}/results": "the places of all nominations",
    f"{API}/results/{{category:str}}/analysis": "the analysis of all score sheets",
    f"{E}/organise/awards": "how far all the judging is",
    f"{E}/organise/awards/overview": "how far all the judging is",
    f"{E}/organise/awards/jury": "who judges what, of all nominations",
    f"{E}/organise/awards/results": "the places of all nominations",
    f"{E}/organise/awards/results/{{category:str}}": "the analysis of all score sheets",
    f"{E}/organise/awards/nominations/{{code:str}}": "the jurors with all their sheets, to choose from",
}
"""Pages that show or count the whole of something, and why: they may grow with it, but not faster."""

ONE_ROW: Final = {
    f"{API}/schedule/proposals/{{number:int}}",
    f"{E}/organise/agenda/proposals/{{number:int}}",
    f"{E}/awards/nominations/{{code:str}}/files/{{file_code:str}}",
    f"{E}/awards/nominations/{{code:str}}/receipts/{{revision:int}}",
    f"{E}/jury/assignments/{{sheet_id:int}}/files/{{file_code:str}}",
    f"{E}/agenda/{{session:str}}/participation",
    f"{E}/organise/outbox/{{line_id:int}}",
}
"""Not measured: one row by its key, of a kind that the filled events have none of."""

FORMS_OF_KEYS: Final = {"nominations/{code": "nomination", "orders/{code": "order", "ticket-types/{code": "ticket_type"}


@dataclass
class Filled:
    """An event with `n` of everything, and who looks at it."""

    event: EventView
    names: dict[str, Any]
    owner: httpx.AsyncClient
    juror: httpx.AsyncClient


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_no_page_grows_faster_than_what_it_shows(site: Site) -> None:
    assert {*WHOLE, *ONE_ROW} <= {route.path for route in site.app.routes}, "an excused page is gone"
    filled = {n: await _filled(site, n) for n in SIZES}

    wrong = []
    for path, permission in sorted(_routes(site)):
        costs = [await _cost(each, path, permission) for each in filled.values()]
        wrong += _complaints(path, costs)

    assert wrong == []


async def _filled(site: Site, n: int) -> Filled:
    event = await make_event(f"congress-{n}", host())
    names = await fill(event, n)
    owner = await site.signed_in("owner", event=event, email=f"owner-{n}@example.mx")
    juror = await site.signed_in("juror", event=event, email=names["juror"])
    return Filled(event, names, owner, juror)


def _routes(site: Site) -> Iterator[tuple[str, str]]:
    for route in site.app.routes:
        for handler in getattr(route, "route_handlers", ()):
            if "GET" in handler.http_methods and "{event_slug" in route.path and route.path not in ONE_ROW:
                yield route.path, handler.opt["permission"]


async def _cost(filled: Filled, path: str, permission: str) -> Cost:
    client = filled.juror if permission == "awards.judge" else filled.owner
    return await cost(client, _address(path, {"event_slug": filled.event.slug, **filled.names}))


def _address(path: str, names: dict[str, Any]) -> str:
    for form, name in FORMS_OF_KEYS.items():
        path = path.replace(form, form.replace("{code", "{" + name))
    return re.sub(r"\{(\w+):\w+\}", lambda key: str(names[key[1]]), path)


def _complaints(path: str, costs: list[Cost]) -> Iterator[str]:
    _, middle, large = costs
    most = MOST_WHOLE if path in WHOLE else MOST_PAGED
    if {each.status for each in costs} != {200}:
        yield f"{path}: answers {[each.status for each in costs]}"
    if large.ms > most * middle.ms + SLACK_MS:
        yield f"{path}: {middle.ms:.1f} ms at {SIZES[1]}, {large.ms:.1f} ms at {SIZES[2]}; at most {most:.0f} ×"
    if middle.statements != large.statements and path not in STATEMENTS:
        yield f"{path}: {middle.statements} statements at {SIZES[1]}, {large.statements} at {SIZES[2]}"


STATEMENTS: Final = {path for path, why in WHOLE.items() if why.startswith("a file with every row")}
"""Read a part at a time, so that everybody else is answered meanwhile."""
