"""The organiser's console: the event's details, its plugins, its team, its mails, its record of changes."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec
from litestar import Request, Response, get, post
from litestar.exceptions import NotFoundException
from msgspec import Meta, Struct

from plenaria.core import mail
from plenaria.core.events import queries, services
from plenaria.core.events.details import EventDetails
from plenaria.core.forms import Checked, edited_lists, fingerprint, form_for, parse
from plenaria.core.host import plugins
from plenaria.core.host.gathering import Failure
from plenaria.core.host.permissions import ROLES, registered
from plenaria.core.host.visit import Visit
from plenaria.core.kernel import shown
from plenaria.core.kernel.i18n import gettext
from plenaria.core.kernel.settings import Settings
from plenaria.core.kernel.values import LANGUAGES, N_, EventView, MailText, Refused
from plenaria.core.people import queries as people
from plenaria.core.people import services as people_services
from plenaria.core.storage import audit, outbox
from plenaria.core.storage.audit import words as audit_words
from plenaria.core.web.api import id_after
from plenaria.core.web.errors import Invalid
from plenaria.core.web.refusals import sentence
from plenaria.core.web.templating import page, see_other

Anything = Request[Any, Any, Any]
PER_PAGE: Final = 50


class Invitation(Struct, frozen=True):
    """Whom to take into the team."""

    email: Annotated[
        str,
        Meta(
            title=N_("E-mail address"),
            max_length=254,
            extra={"kind": "email", "example": "nombre@empresa.mx"},
        ),
    ]
    role: Annotated[str, Meta(title=N_("Role"), extra={"choices": ROLES})] = "organiser"


class Wording(Struct, frozen=True):
    """An event's own wording of a mail."""

    subject: Annotated[str, Meta(title=N_("Subject"), min_length=1, max_length=300, extra={"kind": "text"})]
    body: Annotated[
        str,
        Meta(title=N_("Text"), description=N_("Markdown."), min_length=1, max_length=10000, extra={"kind": "textarea"}),
    ]


class NewToken(Struct, frozen=True):
    """A new access token."""

    name: Annotated[str, Meta(title=N_("What it is for"), min_length=1, max_length=100)]


@get("/{event_slug:str}/organise", permission="event.view", include_in_schema=False)
async def overview(request: Anything, event: EventView, visit: Visit) -> Response[str]:
    """What is on, who works here, and what happened last."""
    team = await people.team(event)
    undelivered = await outbox.undelivered(event.id)
    last = await audit.lines(event=event.id, most=8)
    return page(
        request,
        "events/overview.html",
        team=team,
        outbox=undelivered,
        last=last,
        actors=await _actors(last),
        said=audit_words.said,
    )


@get("/{event_slug:str}/organise/event", permission="event.configure", include_in_schema=False)
async def details_page(request: Anything, event: EventView, visit: Visit) -> Response[str]:
    stored = await queries.event_by_id(event.id)
    form = form_for(EventDetails, value=services.details_of(stored), language=visit.language, zone=event.zone)
    return page(request, "events/details.html", form=form, seen=fingerprint(services.details_of(stored)))


@post("/{event_slug:str}/organise/event", permission="event.configure", include_in_schema=False)
async def change_details(request: Anything, event: EventView, visit: Visit) -> Response[Any]:
    data = await request.form()
    checked: Checked[EventDetails] = parse(EventDetails, data, zone=event.zone)
    if checked.value is None:
        form = form_for(EventDetails, raw=data, problems=checked.problems, language=visit.language, zone=event.zone)
        return page(request, "events/details.html", status=422, form=form, seen=_seen(data))
    try:
        await services.change_event(event, checked.value, by=visit.by, now=visit.now, seen=_seen(data))
    except Refused as refused:
        form = form_for(EventDetails, raw=data, language=visit.language, zone=event.zone)
        form.problems.extend(request_sentence(refused, event))
        now_stored = services.details_of(await queries.event_by_id(event.id))
        return page(request, "events/details.html", status=409, form=form, seen=fingerprint(now_stored))
    return see_other(request, f"/{event.slug}/organise/event", ("success", gettext("Saved.")))


def _seen(data: Mapping[str, Any]) -> str | None:
    """The fingerprint of what the form was made from; a form of before this field has none."""
    found = data.get("_seen")
    return str(found[0] if isinstance(found, list) and found else found) if found else None


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
    "register_personal_data": N_("Its part of the download of one’s own data"),
    "register_declared": N_("Its part of the event’s file"),
    "register_sample": N_("Its sample data"),
    "register_jobs": N_("Its regular work"),
}
"""What organisers call the parts of a plugin that are used while the service runs."""


def _failure_shown(failure: Failure) -> dict[str, Any]:
    asked = N_("Its check before something is done")
    part = PARTS.get(failure.hook) or (
        asked if failure.hook.startswith("refuse_") else N_("Its reaction to something that happened")
    )
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
        return page(request, "events/settings.html", status=status, form=form, plugin=shown_plugin, seen=_seen(data))
    try:
        await services.change_settings(event, plugin, checked.value, by=visit.by, now=visit.now, seen=_seen(data))
    except Refused as refused:
        form = form_for(struct, raw=data, language=visit.language, zone=event.zone, currency=event.currency)
        form.problems.extend(request_sentence(refused, event))
        seen = fingerprint(await queries.settings_of(event, plugin, struct))
        shown_plugin = plugins.host().plugins[plugin]
        return page(request, "events/settings.html", status=409, form=form, plugin=shown_plugin, seen=seen)
    return see_other(request, f"/{event.slug}/organise/plugins/{plugin}", ("success", gettext("Saved.")))


# -- team ----------------------------------------------------------------------------------------------------------


@get("/{event_slug:str}/organise/team", permission="event.team", include_in_schema=False)
async def team_page(request: Anything, event: EventView, visit: Visit) -> Response[str]:
    form = form_for(Invitation, language=visit.language, zone=event.zone)
    return await _team(request, event, visit, form)


async def _team(request: Anything, event: EventView, visit: Visit, form: Any, *, status: int = 200) -> Response[str]:
    permissions = sorted(registered().values(), key=lambda permission: permission.name)
    return page(
        request,
        "events/team.html",
        status=status,
        form=form,
        team=await people.team(event),
        roles=ROLES,
        permissions=permissions,
    )


@post("/{event_slug:str}/organise/team", permission="event.team", include_in_schema=False)
async def invite(request: Anything, event: EventView, visit: Visit, settings: Settings) -> Response[Any]:
    data = await request.form()
    checked: Checked[Invitation] = parse(Invitation, data, zone=event.zone)
    if checked.value is None:
        form = form_for(Invitation, raw=data, problems=checked.problems, language=visit.language, zone=event.zone)
        return await _team(request, event, visit, form, status=422)
    await people_services.invite(
        checked.value.email,
        checked.value.role,
        event=event,
        visit_by=visit.by,
        granted_by=visit.person.id if visit.person else None,
        may_grant_owner="owner" in visit.roles_in(event),
        settings=settings,
        now=visit.now,
    )
    words = gettext("{email} was invited.").format(email=checked.value.email)
    return see_other(request, f"/{event.slug}/organise/team", ("success", words))


@post(
    "/{event_slug:str}/organise/team/{person:int}/{role:str}/revoke", permission="event.team", include_in_schema=False
)
async def revoke(request: Anything, event: EventView, visit: Visit, person: int, role: str) -> Response[Any]:
    await people_services.revoke(
        person, role, event=event, by=visit.by, may_grant_owner="owner" in visit.roles_in(event), now=visit.now
    )
    return see_other(request, f"/{event.slug}/organise/team", ("success", gettext("The role was taken away.")))


# -- mail ----------------------------------------------------------------------------------------------------------


def _texts(event: EventView) -> dict[str, tuple[str, MailText]]:
    return {key: found for key, found in mail.texts().items() if found[0] == "core" or found[0] in event.plugins}


def _text(event: EventView, key: str, language: str) -> MailText:
    found = _texts(event).get(key)
    if found is None or language not in LANGUAGES:
        raise NotFoundException
    return found[1]


@get("/{event_slug:str}/organise/mail", permission="event.mail", include_in_schema=False)
async def mail_page(request: Anything, event: EventView) -> Response[str]:
    own = await mail.reworded(event)
    return page(request, "events/mail.html", texts=list(_texts(event).values()), own=own, languages=LANGUAGES)


@get("/{event_slug:str}/organise/mail/{key:str}/{language:str}", permission="event.mail", include_in_schema=False)
async def wording_page(request: Anything, event: EventView, visit: Visit, key: str, language: str) -> Response[str]:
    text = _text(event, key, language)
    subject, body = await mail.wording(text, event, language)
    form = form_for(Wording, value=Wording(subject, body), language=visit.language, zone=event.zone)
    return _wording(request, text, language, form, subject, body, seen=fingerprint((subject, body)))


def _wording(
    request: Anything,
    text: MailText,
    language: str,
    form: Any,
    subject: str,
    body: str,
    *,
    seen: str | None,
    status: int = 200,
) -> Response[str]:
    """The form beside a preview made with sample facts."""
    return page(
        request,
        "events/wording.html",
        status=status,
        text=text,
        text_language=language,
        form=form,
        seen=seen,
        preview_subject=mail.fill(subject, text.sample),
        preview_body=shown.markdown(mail.fill(body, text.sample)),
    )


@post("/{event_slug:str}/organise/mail/{key:str}/{language:str}", permission="event.mail", include_in_schema=False)
async def reword(request: Anything, event: EventView, visit: Visit, key: str, language: str) -> Response[Any]:
    """Save, preview (button `preview`), or go back to the plugin's own wording (button `restore`)."""
    text = _text(event, key, language)
    address = f"/{event.slug}/organise/mail/{key}/{language}"
    data = await request.form()
    if data.get("restore"):
        await mail.restore(text, event, language, by=visit.by, now=visit.now)
        return see_other(request, address, ("success", gettext("The original wording is back.")))
    checked: Checked[Wording] = parse(Wording, data, zone=event.zone)
    subject, body = str(data.get("subject", "")), str(data.get("body", ""))
    form = form_for(Wording, raw=data, problems=checked.problems, language=visit.language, zone=event.zone)
    if checked.value is None or data.get("preview"):
        status = 200 if checked.ok else 422
        return _wording(request, text, language, form, subject, body, seen=_seen(data), status=status)
    try:
        by = visit.person.id if visit.person else None
        await mail.reword(
            text,
            event,
            language,
            subject=checked.value.subject,
            body=checked.value.body,
            by=by,
            now=visit.now,
            seen=_seen(data),
        )
    except Refused as refused:
        form.problems.extend(request_sentence(refused, event))
        seen = fingerprint(await mail.wording(text, event, language))
        return _wording(request, text, language, form, subject, body, seen=seen, status=409)
    return see_other(request, address, ("success", gettext("Saved.")))


def request_sentence(refused: Refused, event: EventView) -> list[str]:
    """The refusals' sentences, for the head of a form."""
    return [sentence(refusal, event) for refusal in refused.refusals]


@get("/{event_slug:str}/organise/outbox", permission="event.mail", include_in_schema=False)
async def outbox_page(request: Anything, event: EventView, settings: Settings) -> Response[str]:
    """What waits, what was delivered, what was given up."""
    lines = await outbox.lines(event.id, before=_before(request), most=PER_PAGE)
    kept_back = not settings.mail.host
    titles = {key: text.title for key, (_, text) in mail.texts().items()}
    return page(request, "events/outbox.html", lines=lines, per_page=PER_PAGE, kept_back=kept_back, titles=titles)


@get("/{event_slug:str}/organise/outbox/{line_id:int}", permission="event.mail", include_in_schema=False)
async def outbox_line(request: Anything, event: EventView, settings: Settings, line_id: int) -> Response[str]:
    """A mail that was kept back, readable; development only, since it may hold a sign-in link."""
    line = await outbox.line(line_id, event_id=event.id)
    if line is None or line.kind != "mail" or not settings.development:
        raise NotFoundException
    return page(request, "events/outbox_mail.html", line=line, mail=msgspec.json.decode(line.payload, type=mail.Mail))


@post("/{event_slug:str}/organise/outbox/{line_id:int}/again", permission="event.mail", include_in_schema=False)
async def deliver_again(request: Anything, event: EventView, visit: Visit, line_id: int) -> Response[Any]:
    await outbox.try_again(line_id, event_id=event.id, now=visit.now)
    return see_other(request, f"/{event.slug}/organise/outbox", ("success", gettext("It is tried again now.")))


def _before(request: Anything) -> int | None:
    """The id that an older page starts below; 404 for what no page of ours links to."""
    before = request.query_params.get("before", "")
    try:
        return id_after(before) if before else None
    except Invalid:
        raise NotFoundException from None


# -- tokens --------------------------------------------------------------------------------------------------------


@get("/{event_slug:str}/organise/tokens", permission="event.view", include_in_schema=False)
async def tokens_page(request: Anything, event: EventView, visit: Visit) -> Response[str]:
    return await _tokens(request, event, visit, form_for(NewToken, language=visit.language, zone=event.zone))


async def _tokens(
    request: Anything,
    event: EventView,
    visit: Visit,
    form: Any,
    *,
    status: int = 200,
    secret: str = "",
    chosen: Any = (),
) -> Response[str]:
    assert visit.person is not None  # noqa: S101 - the route declares a permission
    held = [permission for name, permission in sorted(registered().items()) if visit.may(name, event)]
    return page(
        request,
        "events/tokens.html",
        status=status,
        form=form,
        tokens=await people.tokens(visit.person.id, event),
        held=held,
        secret=secret,
        chosen=chosen,
    )


@post("/{event_slug:str}/organise/tokens", permission="event.view", include_in_schema=False)
async def make_token(request: Anything, event: EventView, visit: Visit) -> Response[Any]:
    data = await request.form()
    scopes = [str(scope) for scope in data.getall("scopes", [])]
    checked: Checked[NewToken] = parse(NewToken, {"name": data.getall("name", [])}, zone=event.zone)
    form = form_for(NewToken, raw=data, problems=checked.problems, language=visit.language, zone=event.zone)
    if checked.value is None or not scopes:
        if not scopes:
            form.problems.append(gettext("Choose at least one permission."))
        return await _tokens(request, event, visit, form, status=422, chosen=scopes)
    secret = await people_services.make_token(visit, event, name=checked.value.name, scopes=scopes)
    fresh = form_for(NewToken, language=visit.language, zone=event.zone)
    return await _tokens(request, event, visit, fresh, secret=secret)


@post("/{event_slug:str}/organise/tokens/{token_id:int}/revoke", permission="event.view", include_in_schema=False)
async def revoke_token(request: Anything, event: EventView, visit: Visit, token_id: int) -> Response[Any]:
    await people_services.revoke_token(visit, event, token_id)
    return see_other(request, f"/{event.slug}/organise/tokens", ("success", gettext("The token no longer works.")))


# -- audit ---------------------------------------------------------------------------------------------------------


@get("/{event_slug:str}/organise/audit", permission="event.audit", include_in_schema=False)
async def audit_page(request: Anything, event: EventView) -> Response[str]:
    """Who changed what and when, the latest first."""
    lines = await audit.lines(event=event.id, before=_before(request), most=PER_PAGE)
    actors = await _actors(lines)
    return page(request, "events/audit.html", lines=lines, actors=actors, said=audit_words.said, per_page=PER_PAGE)


async def _actors(lines: list[audit.LineView]) -> dict[str, str]:
    """Names for the actors that are people; one query."""
    ids = {line.by: int(line.by.split(":")[1].split("/")[0]) for line in lines if line.by.startswith("person:")}
    known = await people.people(sorted(set(ids.values())))
    return {actor: known[person].name for actor, person in ids.items() if person in known}


ROUTES = [
    overview,
    details_page,
    change_details,
    plugins_page,
    switch_plugin,
    settings_page,
    change_settings,
    team_page,
    invite,
    revoke,
    mail_page,
    wording_page,
    reword,
    outbox_page,
    outbox_line,
    deliver_again,
    tokens_page,
    make_token,
    revoke_token,
    audit_page,
]
