"""Mail texts: how this event words them, with a preview and a test to oneself."""

from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.exceptions import NotFoundException
from markupsafe import Markup
from msgspec import Meta, Struct

from plenaria.core import mail
from plenaria.core.events.organise.parts import seen_in
from plenaria.core.forms import Checked, Form, fingerprint, form_for, parse
from plenaria.core.host.visit import Visit
from plenaria.core.kernel.i18n import gettext
from plenaria.core.kernel.languages import LANGUAGE_NAMES, LANGUAGES, own_name
from plenaria.core.kernel.values import N_, EventView, MailText, Refused
from plenaria.core.mail import placeholders
from plenaria.core.people import queries as people
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


class _Page(Struct, frozen=True):
    """What a page of one wording is made for."""

    request: Anything
    event: EventView
    visit: Visit
    text: MailText
    language: str

    @property
    def address(self) -> str:
        return f"/{self.event.slug}/organise/mail/{self.text.key}/{self.language}"

    def form(self, **made_of: Any) -> Form:
        return form_for(Wording, language=self.visit.language, zone=self.event.zone, **made_of)


def text_of(event: EventView, key: str, language: str) -> MailText:
    """The mail that the event may word in the language; 404 for any other."""
    found = mail.texts_of(event).get(key)
    if found is None or language not in LANGUAGES:
        raise NotFoundException
    return found[1]


@get("/{event_slug:str}/organise/mail", permission="event.mail", include_in_schema=False)
async def mail_page(request: Anything, event: EventView) -> Response[str]:
    own = await mail.reworded(event)
    names = await people.people(sorted({each.changed_by for each in own.values() if each.changed_by}))
    texts = list(mail.texts_of(event).values())
    return page(request, "events/mail.html", texts=texts, own=own, names=names, languages=LANGUAGE_NAMES)


@get("/{event_slug:str}/organise/mail/{key:str}/{language:str}", permission="event.mail", include_in_schema=False)
async def wording_page(request: Anything, event: EventView, visit: Visit, key: str, language: str) -> Response[str]:
    shown = _Page(request, event, visit, text_of(event, key, language), language)
    subject, body = await mail.wording(shown.text, event, language)
    form = shown.form(value=Wording(subject, body))
    return await _wording(shown, form, subject, body, seen=fingerprint((subject, body)))


async def _wording(
    shown: _Page, form: Form, subject: str, body: str, *, seen: str | None, status: int = 200, sent_to: str = ""
) -> Response[str]:
    """The form beside the mail as its readers would get it."""
    assert shown.visit.person is not None  # noqa: S101 - the route declares a permission
    text, event, language = shown.text, shown.event, shown.language
    words = {"subject": subject, "body": body}
    drawn = await mail.preview(text, event, language, **words, reader=shown.visit.person, now=shown.visit.now)
    return page(
        shown.request,
        "events/wording.html",
        status=status,
        text=text,
        text_language=language,
        language_name=own_name(language),
        form=form,
        seen=seen,
        sent_to=sent_to,
        reworded=(await mail.reworded(event)).get((text.key, language)),
        links=[name for name, sample in text.sample.items() if mail.is_address(sample)],
        further=placeholders.offered(event),
        preview=drawn,
        preview_body=Markup(drawn.html),  # noqa: S704 - cleaned where it was made
    )


@post("/{event_slug:str}/organise/mail/{key:str}/{language:str}", permission="event.mail", include_in_schema=False)
async def reword(request: Anything, event: EventView, visit: Visit, key: str, language: str) -> Response[Any]:
    """Save, preview (button `preview`), mail it to oneself (`test`), or go back to the plugin's own wording (`restore`)."""
    shown = _Page(request, event, visit, text_of(event, key, language), language)
    data = await request.form()
    if data.get("restore"):
        await mail.restore(shown.text, event, language, by=visit.by, now=visit.now)
        return see_other(request, shown.address, ("success", gettext("The original wording is back.")))
    checked: Checked[Wording] = parse(Wording, data, zone=event.zone)
    if checked.value is None or data.get("preview"):
        form = shown.form(raw=data, problems=checked.problems)
        status = 200 if checked.ok else 422
        return await _wording(shown, form, *_typed(data), seen=seen_in(data), status=status)
    return await _kept(shown, data, checked.value)


def _typed(data: Any) -> tuple[str, str]:
    return str(data.get("subject", "")), str(data.get("body", ""))


async def _kept(shown: _Page, data: Any, words: Wording) -> Response[Any]:
    """Save it or send the test; what is refused stands at its field, and nothing typed is lost."""
    visit, event = shown.visit, shown.event
    assert visit.person is not None  # noqa: S101 - the route declares a permission
    typed = {"subject": words.subject, "body": words.body}
    try:
        if data.get("test"):
            await mail.send_test(shown.text, event, shown.language, **typed, reader=visit.person, now=visit.now)
            form = shown.form(raw=data)
            return await _wording(shown, form, *_typed(data), seen=seen_in(data), sent_to=visit.person.email)
        await mail.reword(
            shown.text, event, shown.language, **typed, by=visit.person.id, now=visit.now, seen=seen_in(data)
        )
    except Refused as refused:
        form = shown.form(raw=data, problems=as_problems(refused.refusals, event))
        seen = fingerprint(await mail.wording(shown.text, event, shown.language))
        return await _wording(shown, form, *_typed(data), seen=seen, status=_status_of(refused))
    return see_other(shown.request, shown.address, ("success", gettext("Saved.")))


def _status_of(refused: Refused) -> int:
    return 429 if any(each.code == "too_many_requests" for each in refused.refusals) else 409


ROUTES = [mail_page, wording_page, reword]
