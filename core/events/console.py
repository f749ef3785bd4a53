"""The organiser's console: the event's details and plugins; its other pages stand in `organise/`."""

from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.exceptions import NotFoundException
from msgspec import Struct

from plenaria.core.events import queries, services
from plenaria.core.events.details import EventDetails, details_of
from plenaria.core.events.organise import audit as audit_pages
from plenaria.core.events.organise import exports as export_pages
from plenaria.core.events.organise import mail_texts, retention, team, tokens
from plenaria.core.events.organise import outbox as outbox_pages
from plenaria.core.events.organise.parts import seen_in, sentences
from plenaria.core.events.readiness import readiness
from plenaria.core.events.record import shown_lines
from plenaria.core.forms import Checked, edited_lists, fingerprint, form_for, parse
from plenaria.core.host import plugins
from plenaria.core.host.gathering import Failure
from plenaria.core.host.visit import Visit
from plenaria.core.kernel.i18n import gettext
from plenaria.core.kernel.values import N_, EventView, Refused
from plenaria.core.people import queries as people
from plenaria.core.storage import audit, outbox
from plenaria.core.web.panels import panels_of
from plenaria.core.web.templating import page, see_other

Anything = Request[Any, Any, Any]
MOST_NAMED: Final = 5
"""Of what is missing, in a notice; the overview names everything."""


@get("/{event_slug:str}/organise", permission="event.view", include_in_schema=False)
async def overview(request: Anything, event: EventView, visit: Visit) -> Response[str]:
    """What is on, who works here, and what happened last."""
    undelivered = await outbox.undelivered(event.id)
    last = await shown_lines(await audit.lines(event=event.id, most=8), event, visit)
    facts = {"event": event, "now": visit.now}
    panels = await panels_of(
        request,
        "register_dashboard",
        lambda _: facts,
        event=event,
        chosen=lambda panel: visit.may(panel.permission, event),
    )
    return page(
        request,
        "events/overview.html",
        panels=panels,
        readiness=await readiness(event, now=visit.now),
        team_size=await people.team_size(event),
        outbox=undelivered,
        last=last,
    )


@get("/{event_slug:str}/organise/event", permission="event.configure", include_in_schema=False)
async def details_page(request: Anything, event: EventView, visit: Visit) -> Response[str]:
    stored = await queries.event_by_id(event.id)
    form = form_for(EventDetails, value=details_of(stored), language=visit.language, zone=event.zone)
    return page(request, "events/details.html", form=form, seen=fingerprint(details_of(stored)))


@post("/{event_slug:str}/organise/event", permission="event.configure", include_in_schema=False)
async def change_details(request: Anything, event: EventView, visit: Visit) -> Response[Any]:
    data = await request.form()
    checked: Checked[EventDetails] = parse(EventDetails, data, zone=event.zone)
    if checked.value is None:
        form = form_for(EventDetails, raw=data, problems=checked.problems, language=visit.language, zone=event.zone)
        return page(request, "events/details.html", status=422, form=form, seen=seen_in(data))
    try:
        await services.change_event(event, checked.value, by=visit.by, now=visit.now, seen=seen_in(data))
    except Refused as refused:
        form = form_for(EventDetails, raw=data, language=visit.language, zone=event.zone)
        form.problems.extend(sentences(refused, event))
        now_stored = details_of(await queries.event_by_id(event.id))
        return page(request, "events/details.html", status=409, form=form, seen=fingerprint(now_stored))
    notices = [("success", gettext("Saved."))]
    if checked.value.is_public and not event.is_public:
        notices += await _still_missing(event, visit)
    return see_other(request, f"/{event.slug}/organise/event", *notices)


async def _still_missing(event: EventView, visit: Visit) -> list[tuple[str, str]]:
    """A warning for somebody who has just made an event public that lacks something."""
    changed = await queries.event_by_id(event.id)
    blocking = [item.words for item in (await readiness(changed, now=visit.now)).items if item.severity == "blocks"]
    if not blocking:
        return []
    return [
        ("warning", gettext("The event is public, but this is still missing: %s") % " ".join(blocking[:MOST_NAMED]))
    ]


# -- plugins -------------------------------------------------------------------------------------------------------


@get("/{event_slug:str}/organise/plugins", permission="event.configure", include_in_schema=False)
async def plugins_page(request: Anything) -> Response[str]:
    host = plugins.host()
    with_settings = {name for name, _ in host.collect("register_settings")}
    return page(
        request,
        "events/plugins.html",
        plugins=list(host.plugins.values()),
        broken=list(host.broken.values()),
        with_settings=with_settings,
        failures=[_failure_shown(each) for each in host.failures.latest()],
        failures_since=host.failures.since,
    )


PARTS: Final = {
    "register_calendar": N_("Its entries in the event’s calendar"),
    "register_event_panels": N_("Its part of the event’s page"),
    "register_my_panels": N_("Its part of “My page”"),
    "register_personal_data": N_("Its part of a person’s own data"),
    "register_declared": N_("Its part of the event’s file"),
    "register_sample": N_("Its sample data"),
    "register_jobs": N_("Its regular work"),
    "register_page_parts": N_("Its part of another page"),
    "register_dashboard": N_("Its part of the overview"),
    "register_readiness": N_("What it says is missing before the event goes public"),
    "register_record_check": N_("Its comparison with the record of changes"),
    "register_retention": N_("Its deletion of what is over"),
    "register_exports": N_("Its files to take away"),
    "register_mail_checks": N_("What it knows of mails that are no longer true"),
    "register_placeholders": N_("What it fills into mails"),
    "adjust_mail": N_("Its changes to a mail"),
}
"""What organisers call the parts of a plugin that are used while the service runs."""
PARTS_BY_VERB: Final = {
    "refuse": N_("Its check before something is done"),
    "adjust": N_("Its changes to something that was handed to it"),
}
"""For hooks that are not named above: plugins offer hooks of their own."""


def _failure_shown(failure: Failure) -> dict[str, Any]:
    verb = failure.hook.partition("_")[0]
    part = PARTS.get(failure.hook) or PARTS_BY_VERB.get(verb) or N_("Its reaction to something that happened")
    known = plugins.host().plugins.get(failure.plugin)
    return {"title": gettext(known.card.title) if known else failure.plugin, "part": gettext(part), "failure": failure}


@post("/{event_slug:str}/organise/plugins/{plugin:str}/switch", permission="event.configure", include_in_schema=False)
async def switch_plugin(request: Anything, event: EventView, visit: Visit, plugin: str) -> Response[Any]:
    data = await request.form()
    turned_on = data.get("on") == "1"
    await services.switch_plugin(event, plugin, on=turned_on, by=visit.by, now=visit.now)
    title = gettext(plugins.host().plugins[plugin].card.title)
    words = gettext("“{plugin}” is on.") if turned_on else gettext("“{plugin}” is off. Its data is kept.")
    return see_other(request, f"/{event.slug}/organise/plugins", ("success", words.format(plugin=title)))


def _settings_struct(plugin: str) -> type[Struct]:
    struct = plugins.host().contributed(plugin, "register_settings") if plugin in plugins.host().plugins else None
    if struct is None:
        raise NotFoundException
    found: type[Struct] = struct
    return found


@get("/{event_slug:str}/organise/plugins/{plugin:str}", permission="event.configure", include_in_schema=False)
async def settings_page(request: Anything, event: EventView, visit: Visit, plugin: str) -> Response[str]:
    """The form made of the plugin's settings Struct."""
    struct = _settings_struct(plugin)
    value = await queries.settings_of(event, plugin, struct)
    form = form_for(struct, value=value, language=visit.language, zone=event.zone, currency=event.currency)
    shown_plugin = plugins.host().plugins[plugin]
    return page(request, "events/settings.html", form=form, plugin=shown_plugin, seen=fingerprint(value))


@post("/{event_slug:str}/organise/plugins/{plugin:str}", permission="event.configure", include_in_schema=False)
async def change_settings(request: Anything, event: EventView, visit: Visit, plugin: str) -> Response[Any]:
    struct = _settings_struct(plugin)
    data, only_edited = edited_lists(await request.form())
    checked: Checked[Struct] = parse(struct, data, zone=event.zone, currency=event.currency)
    if checked.value is None or only_edited:
        problems = () if only_edited else checked.problems
        form = form_for(
            struct, raw=data, problems=problems, language=visit.language, zone=event.zone, currency=event.currency
        )
        status = 200 if only_edited else 422
        shown_plugin = plugins.host().plugins[plugin]
        return page(request, "events/settings.html", status=status, form=form, plugin=shown_plugin, seen=seen_in(data))
    try:
        await services.change_settings(event, plugin, checked.value, by=visit.by, now=visit.now, seen=seen_in(data))
    except Refused as refused:
        form = form_for(struct, raw=data, language=visit.language, zone=event.zone, currency=event.currency)
        form.problems.extend(sentences(refused, event))
        seen = fingerprint(await queries.settings_of(event, plugin, struct))
        shown_plugin = plugins.host().plugins[plugin]
        return page(request, "events/settings.html", status=409, form=form, plugin=shown_plugin, seen=seen)
    return see_other(request, f"/{event.slug}/organise/plugins/{plugin}", ("success", gettext("Saved.")))


ROUTES = [
    overview,
    details_page,
    change_details,
    plugins_page,
    switch_plugin,
    settings_page,
    change_settings,
    *team.ROUTES,
    *mail_texts.ROUTES,
    *outbox_pages.ROUTES,
    *export_pages.ROUTES,
    *tokens.ROUTES,
    *audit_pages.ROUTES,
    *retention.ROUTES,
]
