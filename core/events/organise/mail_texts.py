"""Mail texts: how this event words them, with a preview."""

from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.exceptions import NotFoundException
from markupsafe import Markup
from msgspec import Meta, Struct

from plenaria.core import mail
from plenaria.core.events.organise.parts import seen_in
from plenaria.core.forms import Checked, fingerprint, form_for, parse
from plenaria.core.host.visit import Visit
from plenaria.core.kernel.i18n import gettext
from plenaria.core.kernel.languages import LANGUAGE_NAMES, LANGUAGES, own_name
from plenaria.core.kernel.values import N_, EventView, MailText, Refused
from plenaria.core.mail import placeholders
from plenaria.core.web.refusals import as_problems
from plenaria.core.web.templating import page, see_other

Anything = Request[Any, Any, Any]


class Wording(Struct, frozen=True):
    """An event's own wording of a mail."""

    subject: Annotated[str, Meta(title=N_("Subject"), min_length=1, max_length=300, extra={"kind": "text"})]
    body: Annotated[
        str,
        Meta(title=N_("Text"), description=N_("Markdown."), min_length=1, max_length=10000, extra={"kind": "textarea"}),
    ]


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
    return page(request, "events/mail.html", texts=list(_texts(event).values()), own=own, languages=LANGUAGE_NAMES)


@get("/{event_slug:str}/organise/mail/{key:str}/{language:str}", permission="event.mail", include_in_schema=False)
async def wording_page(request: Anything, event: EventView, visit: Visit, key: str, language: str) -> Response[str]:
    text = _text(event, key, language)
    subject, body = await mail.wording(text, event, language)
    form = form_for(Wording, value=Wording(subject, body), language=visit.language, zone=event.zone)
    return _wording(request, event, text, language, form, subject, body, seen=fingerprint((subject, body)))


def _wording(
    request: Anything,
    event: EventView,
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
    sample = mail.sample_of(text, event)
    preview = mail.content_of(body, sample, language).html
    return page(
        request,
        "events/wording.html",
        status=status,
        text=text,
        text_language=language,
        language_name=own_name(language),
        form=form,
        seen=seen,
        further=placeholders.offered(event),
        preview_subject=mail.subject_of(subject, sample),
        preview_body=Markup(preview),  # noqa: S704 - cleaned where it was made
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
        return _wording(request, event, text, language, form, subject, body, seen=seen_in(data), status=status)
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
            seen=seen_in(data),
        )
    except Refused as refused:
        problems = as_problems(refused.refusals, event)
        form = form_for(Wording, raw=data, problems=problems, language=visit.language, zone=event.zone)
        seen = fingerprint(await mail.wording(text, event, language))
        return _wording(request, event, text, language, form, subject, body, seen=seen, status=409)
    return see_other(request, address, ("success", gettext("Saved.")))


ROUTES = [mail_page, wording_page, reword]
