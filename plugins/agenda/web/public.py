"""What everybody may read: agenda, sessions, people, and the feeds. All of the last release, nothing of the draft."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, Final
from urllib.parse import urlencode

from litestar import Request, Response, get
from litestar.exceptions import NotFoundException

from plenaria.core.host import plugins
from plenaria.core.host.contributions import CalendarSource, checked_entries
from plenaria.core.host.gathering import Gathered
from plenaria.core.host.visit import Visit
from plenaria.core.kernel.i18n import current_language
from plenaria.core.kernel.shown import day as day_words
from plenaria.core.kernel.shown import localized
from plenaria.core.kernel.values import LANGUAGES, CalendarEntry, EventView, in_language
from plenaria.core.web.panels import parts_of
from plenaria.core.web.templating import page, render
from plenaria.plugins.agenda import ics, interchange, queries, rules, services
from plenaria.plugins.agenda.web.renderings import Rendering, answer, is_everybodys, keep, kept, rendering
from plenaria.plugins.agenda.web.shown import Showing

Anything = Request[Any, Any, Any]

CALENDAR: Final = "text/calendar"

# --------------------------------------------------------------------------------------------------- pages


@get("/{event_slug:str}/agenda", permission="public", kept_while_away=("day", "track", "room"), include_in_schema=False)
async def agenda(request: Anything, visit: Visit, event: EventView) -> Response[Any]:
    """The agenda of one day; `?day=`, `?track=`, `?room=`."""
    known = await queries.known(event)
    asked = _asked(request, "day", "track", "room")
    _check_asked(asked, known.schedule, event)

    def context() -> dict[str, Any]:
        return _agenda_context(known, event, visit, asked)

    return _page(request, visit, event, known, "agenda/agenda.html", asked, context)


def _agenda_context(known: queries.Known, event: EventView, visit: Visit, asked: dict[str, str]) -> dict[str, Any]:
    if known.schedule is None or not known.schedule.sessions:
        return {"showing": None, "settings": known.settings}
    showing = Showing(known.schedule, event, now=visit.now)
    day = date.fromisoformat(asked["day"]) if asked.get("day") else showing.today_or_first() or event.starts_on
    track, room = asked.get("track", ""), asked.get("room", "")
    sessions = showing.of_day(day, track=track, room=room)
    filters = {name: asked[name] for name in ("track", "room") if asked.get(name)}
    return {
        "showing": showing,
        "settings": known.settings,
        "day": day,
        "days": [
            {"label": day_words(each), "href": _address(event, day=each.isoformat(), **filters), "current": each == day}
            for each in showing.days
        ],
        "grid": showing.grid(sessions),
        "track": track,
        "room": room,
        "tracks": [(each.code, localized(each.name)) for each in known.schedule.tracks],
        "rooms": [(each.code, localized(each.name)) for each in known.schedule.rooms],
        "calendar": f"/{event.slug}/agenda.ics?{urlencode({'lang': current_language(), **filters})}",
        "all_href": _address(event, day=day.isoformat()),
    }


def _address(event: EventView, **query: str) -> str:
    return f"/{event.slug}/agenda?{urlencode(query)}"


@get("/{event_slug:str}/agenda/{session:str}", permission="public", kept_while_away=(), include_in_schema=False)
async def session_page(request: Anything, visit: Visit, event: EventView, session: str) -> Response[Any]:
    """One session; with `.ics` at its end, the session's calendar file."""
    if session.endswith(".ics"):
        return await _session_calendar(request, visit, event, session.removesuffix(".ics"))
    known = await queries.known(event)
    released = _released(known.schedule, session)
    subject = {"code": session, "title": released.session.title}
    parts = [] if released.is_cancelled else await parts_of(request, "agenda.session", event, subject)

    def context() -> dict[str, Any]:
        showing = _showing(known, event, visit)
        return {
            "released": released,
            "session": released.session,
            "parts": parts,
            "card": {**showing.card(released), "facts": showing.facts(released)},
        }

    return _page(request, visit, event, known, "agenda/session.html", {}, context, parts)


@get("/{event_slug:str}/speakers", permission="public", kept_while_away=(), include_in_schema=False)
async def speakers(request: Anything, visit: Visit, event: EventView) -> Response[Any]:
    """Everybody on stage."""
    known = await queries.known(event)

    def context() -> dict[str, Any]:
        people = _showing(known, event, visit).speakers() if known.schedule else []
        return {"people": people, "settings": known.settings}

    return _page(request, visit, event, known, "agenda/speakers.html", {}, context)


@get("/{event_slug:str}/speakers/{person:str}", permission="public", kept_while_away=(), include_in_schema=False)
async def speaker(request: Anything, visit: Visit, event: EventView, person: str) -> Response[Any]:
    """One person and their sessions."""
    known = await queries.known(event)
    if known.schedule is None or all(each.code != person for each in known.schedule.people):
        raise NotFoundException
    schedule = known.schedule
    name = next(each.name for each in schedule.people if each.code == person)
    parts = await parts_of(request, "agenda.person", event, {"code": person, "name": name})

    def context() -> dict[str, Any]:
        mine = [each for each in schedule.sessions if any(part.person == person for part in each.session.parts)]
        return {"person": _showing(known, event, visit).speaker(person, mine), "parts": parts}

    return _page(request, visit, event, known, "agenda/speaker.html", {}, context, parts)


def _page(
    request: Anything,
    visit: Visit,
    event: EventView,
    known: queries.Known,
    template: str,
    asked: dict[str, str],
    context: Callable[[], dict[str, Any]],
    parts: Sequence[str] = (),
) -> Response[Any]:
    """The page out of the cache where it is everybody's, else rendered for this reader. `parts` of other plugins are in it."""
    if not is_everybodys(visit, event):
        return page(request, template, **context())
    chosen = _chosen_language(request)
    # What the page knows nothing of (utm_source, fbclid) is as if it were not there: nobody fills the memory with `?anything=…`.
    visit.query = urlencode({**asked, **chosen})
    key = (event.id, event.revision, visit.language, visit.path, visit.query, _moment(known, event, visit), *parts)
    made = kept(key) or keep(key, render(request, template, **context()).encode())
    headers = {"Cache-Control": "private, no-cache" if chosen else "public, no-cache"}
    return answer(request, made, media_type="text/html", headers=headers)


def _moment(known: queries.Known, event: EventView, visit: Visit) -> tuple[Any, ...]:
    """What of the time of day shows on a page: how many starts and ends have passed, and which of its days it is."""
    today = rules.day_of(visit.now, event.zone)
    return bisect_right(known.instants, visit.now), today if today in known.days else None


def _chosen_language(request: Anything) -> dict[str, str]:
    """`lang`, where the address chooses one of ours: the answer then sets a cookie."""
    if not request.scope.get("query_string"):
        return {}
    chosen = request.query_params.get("lang", "")
    return {"lang": chosen} if chosen in LANGUAGES else {}


def _asked(request: Anything, *names: str) -> dict[str, str]:
    """Of the query only what we know, in our order."""
    if not request.scope.get("query_string"):
        return {}
    return {name: value for name in names if (value := request.query_params.get(name, ""))}


def _check_asked(asked: dict[str, str], schedule: rules.Schedule | None, event: EventView) -> None:
    """404 for a day, track or room that the schedule does not have."""
    if not asked:
        return
    if schedule is None:
        raise NotFoundException
    allowed = {
        "day": {day.isoformat() for day in schedule.days(event.zone)},
        "track": {track.code for track in schedule.tracks},
        "room": {room.code for room in schedule.rooms},
    }
    if any(value not in allowed[name] for name, value in asked.items()):
        raise NotFoundException


def _showing(known: queries.Known, event: EventView, visit: Visit) -> Showing:
    if known.schedule is None:
        raise NotFoundException
    return Showing(known.schedule, event, now=visit.now)


def _released(schedule: rules.Schedule | None, code: str) -> rules.ReleasedSession:
    released = schedule.released(code) if schedule else None
    if released is None:
        raise NotFoundException
    return released


# --------------------------------------------------------------------------------------------------- feeds


@get("/{event_slug:str}/agenda.ics", permission="public", kept_while_away=("track", "room"), include_in_schema=False)
async def calendar(request: Anything, visit: Visit, event: EventView) -> Response[Any]:
    """The whole agenda as a calendar to subscribe to; `?lang=`, `?track=`, `?room=`. Other plugins' entries are in it."""
    known = await queries.known(event)
    asked = _asked(request, "track", "room")
    _check_asked(asked, known.schedule, event)
    language = _feed_language(request, event)
    key = ("agenda.ics", event.id, event.revision, language, *sorted(asked.items()))
    made = kept(key)
    if made is None:
        contributed = Gathered([], []) if asked else await _contributed(event)
        entries = [entry for part in contributed.parts for entry in part.value]
        body = _calendar(known, event, language, asked, entries)
        # An incomplete calendar is answered once, and made anew for the next reader.
        made = rendering(body) if contributed.failed else keep(key, body)
    return _feed(request, made, known, event, CALENDAR)


def _calendar(
    known: queries.Known, event: EventView, language: str, asked: dict[str, str], contributed: list[CalendarEntry]
) -> bytes:
    reader = services.reader_of(language)
    slots = []
    if known.schedule:
        alarm = known.settings.calendar_alarm_min
        slots = interchange.entries(known.schedule, event, reader, **asked, alarm_min=alarm)
    own = {slot.uid for slot in slots}
    slots += [interchange.contributed(each, event, language) for each in contributed if each.uid not in own]
    return ics.calendar(
        slots,
        name=in_language(event.name, language),
        language=language,
        url=f"{reader.address}/{event.slug}/agenda",
        refresh_s=max(known.settings.feed_max_age_s, 300),
    )


async def _contributed(event: EventView) -> Gathered:
    """What the other plugins that are on here put into the event's calendar."""

    async def entries(plugin: str, source: CalendarSource) -> list[CalendarEntry]:
        return checked_entries(await source(event), event)

    return await plugins.host().gather("register_calendar", entries, event=event)


async def _session_calendar(request: Anything, visit: Visit, event: EventView, code: str) -> Response[Any]:
    known = await queries.known(event)
    released = _released(known.schedule, code)
    language = _feed_language(request, event)
    key = ("session.ics", event.id, event.revision, language, code)
    made = kept(key)
    if made is None and known.schedule is not None:
        reader = services.reader_of(language)
        alarm = known.settings.calendar_alarm_min
        slot = interchange.entry_of(released, known.schedule, event, reader, alarm_min=alarm)
        made = keep(key, ics.entry(slot, language=language))
    if made is None:
        raise NotFoundException
    return _feed(request, made, known, event, CALENDAR, filename=f"{event.slug}-{code}.ics")


@get("/{event_slug:str}/schedule.json", permission="public", kept_while_away=(), include_in_schema=False)
async def schedule_json(request: Anything, event: EventView) -> Response[Any]:
    """The agenda in the frab family's JSON."""
    return await _frab(request, event, interchange.frab_json, "application/json")


@get("/{event_slug:str}/schedule.xml", permission="public", kept_while_away=(), include_in_schema=False)
async def schedule_xml(request: Anything, event: EventView) -> Response[Any]:
    """The agenda in the frab family's XML."""
    return await _frab(request, event, interchange.frab_xml, "application/xml")


async def _frab(request: Anything, event: EventView, write: Callable[..., bytes], media_type: str) -> Response[Any]:
    known = await queries.known(event)
    if known.schedule is None:
        raise NotFoundException
    language = _feed_language(request, event)
    key = (write.__name__, event.id, event.revision, language)
    made = kept(key) or keep(key, write(known.schedule, event, services.reader_of(language)))
    return _feed(request, made, known, event, media_type)


def _feed_language(request: Anything, event: EventView) -> str:
    """A feed's language is in its address: a calendar program has no cookie and rarely says what it reads."""
    asked = request.query_params.get("lang", "")
    return asked if asked in LANGUAGES else event.language


def _feed(
    request: Anything, made: Rendering, known: queries.Known, event: EventView, media_type: str, filename: str = ""
) -> Response[Any]:
    age = f"public, max-age={known.settings.feed_max_age_s}" if event.is_public else "private, no-cache"
    headers = {"Cache-Control": age, "Vary": "Accept-Encoding" if event.is_public else "Cookie"}
    if event.is_public:
        headers["Access-Control-Allow-Origin"] = "*"
    if filename:
        headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    return answer(request, made, media_type=media_type, headers=headers)


ROUTES = [agenda, session_page, speakers, speaker, calendar, schedule_json, schedule_xml]
