"""The outbox: what waits, what was delivered, what was given up."""

from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.exceptions import NotFoundException

from plenaria.core import mail
from plenaria.core.events.organise.parts import PER_PAGE, before_of
from plenaria.core.host.permissions import OF_INSTALLATION
from plenaria.core.host.visit import Visit
from plenaria.core.kernel.i18n import gettext, ngettext
from plenaria.core.kernel.settings import Settings
from plenaria.core.kernel.values import EventView
from plenaria.core.storage import outbox
from plenaria.core.web.templating import page, see_other

Anything = Request[Any, Any, Any]


@get("/{event_slug:str}/organise/outbox", permission="event.mail", include_in_schema=False)
async def outbox_page(request: Anything, event: EventView, visit: Visit, settings: Settings) -> Response[str]:
    """What waits, what was delivered, given up or dropped."""
    lines = await outbox.lines(event.id, before=before_of(request), most=PER_PAGE)
    kept_back = not settings.mail.host
    titles = {key: text.title for key, (_, text) in mail.texts().items()}
    return page(
        request,
        "events/outbox.html",
        lines=lines,
        per_page=PER_PAGE,
        kept_back=kept_back,
        titles=titles,
        counts=await outbox.undelivered(event.id),
        may_release=visit.may(OF_INSTALLATION, None),
    )


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
    return see_other(request, f"/{event.slug}/organise/outbox", ("success", gettext("We are trying again now.")))


@get("/kept-back", permission=OF_INSTALLATION, include_in_schema=False)
async def kept_back_page(request: Anything, visit: Visit, settings: Settings) -> Response[str]:
    """What is kept back in the whole installation: released or discarded by its owners, never by itself."""
    lines = await outbox.kept_back(now=visit.now)
    return page(request, "events/kept_back.html", lines=lines, has_server=bool(settings.mail.host))


@post("/kept-back/release", permission=OF_INSTALLATION, include_in_schema=False)
async def release_kept_back(request: Anything, visit: Visit) -> Response[Any]:
    released = await outbox.release(by=visit.by, now=visit.now)
    words = ngettext("{n} line was released.", "{n} lines were released.", released).format(n=released)
    return see_other(request, "/kept-back", ("success", words))


@post("/kept-back/discard", permission=OF_INSTALLATION, include_in_schema=False)
async def discard_kept_back(request: Anything, visit: Visit) -> Response[Any]:
    discarded = await outbox.discard(by=visit.by, now=visit.now)
    words = ngettext("{n} mail was discarded.", "{n} mails were discarded.", discarded).format(n=discarded)
    return see_other(request, "/kept-back", ("success", words))


ROUTES = [outbox_page, outbox_line, deliver_again, kept_back_page, release_kept_back, discard_kept_back]
