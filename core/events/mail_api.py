"""The JSON handlers of an event's mail texts: the same services as the console's pages."""

from datetime import datetime
from typing import Annotated, Any, Final

from litestar import Request, Response, delete, get, post, put
from litestar.exceptions import NotFoundException
from litestar.params import JSONBody
from msgspec import Meta, Struct

from plenaria.core import mail
from plenaria.core.host.visit import Visit
from plenaria.core.kernel.i18n import gettext
from plenaria.core.kernel.languages import LANGUAGES
from plenaria.core.kernel.values import EventView, MailText, Refusal, Refused
from plenaria.core.web.api import After, Limit, Page, once, paged_whole

Anything = Request[Any, Any, Any]

_TEXTS: Final = "/api/v1/events/{event_slug:str}/mail-texts"
_TEXT: Final = f"{_TEXTS}/{{key:str}}/{{language:str}}"


class MailRewording(Struct, frozen=True, kw_only=True):
    """That the event words a mail itself in a language, since when, and the id of the person who did (null: a copy)."""

    language: str
    changed_at: datetime
    changed_by: int | None


class MailTextState(Struct, frozen=True, kw_only=True):
    """A mail of the event. `placeholders` may stand in its words as `{name}`, `links` only as a whole link."""

    key: str
    plugin: str
    title: str
    placeholders: list[str]
    links: list[str]
    rewordings: list[MailRewording]


class MailWording(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A mail's words in one language: the subject, and the body in Markdown."""

    subject: Annotated[str, Meta(min_length=1, max_length=300)]
    body: Annotated[str, Meta(min_length=1, max_length=10000)]


class MailTextPreview(Struct, frozen=True, kw_only=True):
    """A mail in the words that the event has for it, and as it reads with the event's own facts and samples."""

    subject: str
    body: str
    is_reworded: bool
    preview_subject: str
    preview_text: str


class MailTest(Struct, frozen=True, kw_only=True):
    """To whom a test was mailed: the caller."""

    to: str


@get(_TEXTS, permission="event.mail", operation_id="listMailTexts", tags=["events"])
async def list_mail_texts(
    request: Anything, event: EventView, after: After = "", limit: Limit = 50
) -> Response[Page[MailTextState]]:
    """The mails that the event may word itself, and which of them it does."""
    own = await mail.reworded(event)
    states = [_state(plugin, text, event, own) for plugin, text in mail.texts_of(event).values()]
    return paged_whole(request, states, key=lambda state: state.key, after=after, limit=limit)


def _state(plugin: str, text: MailText, event: EventView, own: dict[tuple[str, str], mail.Rewording]) -> MailTextState:
    sample = mail.sample_of(text, event)
    return MailTextState(
        key=text.key,
        plugin=plugin,
        title=gettext(text.title),
        placeholders=list(sample),
        links=[name for name, value in sample.items() if mail.is_address(value)],
        rewordings=[
            MailRewording(language=language, changed_at=each.changed_at, changed_by=each.changed_by)
            for (key, language), each in own.items()
            if key == text.key
        ],
    )


@get(_TEXT, permission="event.mail", operation_id="getMailText", tags=["events"])
async def get_mail_text(event: EventView, visit: Visit, key: str, language: str) -> MailTextPreview:
    """The words of one mail in one language."""
    return await _preview(event, visit, _text(event, key, language), language)


@put(_TEXT, permission="event.mail", operation_id="putMailText", tags=["events"])
async def put_mail_text(
    event: EventView, visit: Visit, key: str, language: str, data: JSONBody[MailWording]
) -> MailTextPreview:
    """Word the mail for this event. What no mail may have is refused: links that do not stand alone, images, HTML."""
    text = _text(event, key, language)
    by = visit.person.id if visit.person else None
    await mail.reword(text, event, language, subject=data.subject, body=data.body, by=by, now=visit.now)
    return await _preview(event, visit, text, language)


@delete(_TEXT, permission="event.mail", operation_id="restoreMailText", tags=["events"], status_code=200)
async def restore_mail_text(event: EventView, visit: Visit, key: str, language: str) -> MailTextPreview:
    """Go back to the standard words."""
    text = _text(event, key, language)
    await mail.restore(text, event, language, by=visit.by, now=visit.now)
    return await _preview(event, visit, text, language)


@post(
    f"{_TEXT}/tests",
    permission="event.mail",
    operation_id="testMailText",
    tags=["events"],
    idempotent=True,
    status_code=201,
)
async def send_mail_test(
    request: Anything, event: EventView, visit: Visit, key: str, language: str, data: MailWording
) -> Response[MailTest]:
    """Mail these words to the caller's own address, without saving them; some in an hour."""
    text, reader = _text(event, key, language), _reader(visit)

    async def tested() -> MailTest:
        words = {"subject": data.subject, "body": data.body}
        await mail.send_test(text, event, language, **words, reader=reader, now=visit.now)
        return MailTest(to=reader.email)

    return await once(request, data, tested)


def _text(event: EventView, key: str, language: str) -> MailText:
    found = mail.texts_of(event).get(key)
    if found is None or language not in LANGUAGES:
        raise NotFoundException
    return found[1]


def _reader(visit: Visit) -> Any:
    if visit.person is None:
        raise Refused(Refusal("not_signed_in"))
    return visit.person


async def _preview(event: EventView, visit: Visit, text: MailText, language: str) -> MailTextPreview:
    subject, body = await mail.wording(text, event, language)
    words = {"subject": subject, "body": body}
    drawn = await mail.preview(text, event, language, **words, reader=_reader(visit), now=visit.now)
    return MailTextPreview(
        **words,
        is_reworded=(text.key, language) in await mail.reworded(event),
        preview_subject=drawn.subject,
        preview_text=drawn.text,
    )


ROUTES = [list_mail_texts, get_mail_text, put_mail_text, restore_mail_text, send_mail_test]
