"""The pages of everything of one's own: `/me`, what is kept about oneself as a download, and having it erased."""

from typing import Annotated, Any, Final

import msgspec
from litestar import Request, Response, get, post
from msgspec import Meta, Struct

from plenaria.core.events import queries as event_queries
from plenaria.core.forms import Checked, Form, Problem, form_for, parse
from plenaria.core.host import plugins
from plenaria.core.host.contributions import PersonalData
from plenaria.core.host.visit import Visit
from plenaria.core.kernel.i18n import gettext
from plenaria.core.kernel.settings import Settings
from plenaria.core.kernel.shown import day
from plenaria.core.kernel.values import N_, Refused
from plenaria.core.me import erasure
from plenaria.core.people import queries
from plenaria.core.people.web.confirming import unless_confirmed
from plenaria.core.web.panels import panels_of
from plenaria.core.web.refusals import sentence
from plenaria.core.web.templating import page, see_other

Anything = Request[Any, Any, Any]

EXPORT_WITHIN_S: Final = 20.0


@get("/me", permission="signed_in", include_in_schema=False)
async def my_page(request: Anything, visit: Visit) -> Response[str]:
    """Everything that is mine, from every plugin, over all events."""
    assert visit.person is not None  # noqa: S101 - the route declares `signed_in`
    events = await event_queries.events(public_only=False)
    me = visit.person.id

    def facts(plugin: str) -> dict[str, Any]:
        on = [event for event in events if plugin in event.plugins]
        return {"person": me, "events": on, "now": visit.now}

    panels = await panels_of(request, "register_my_panels", facts, event=None)
    mine = [event for event in events if visit.roles_in(event)]
    return page(request, "people/me.html", panels=panels, my_events=mine)


@get("/me/account/data.json", permission="signed_in", include_in_schema=False)
async def my_data(visit: Visit) -> Response[bytes]:
    """Everything that the core and the plugins keep about the person who asks, as one JSON document to keep."""
    assert visit.person is not None  # noqa: S101 - the route declares `signed_in`
    me = visit.person.id

    async def export(plugin: str, data: PersonalData) -> msgspec.Raw:
        return msgspec.Raw(msgspec.json.encode(await data.export(me)))

    gathered = await plugins.host().gather("register_personal_data", export, within_s=EXPORT_WITHIN_S)
    parts = {"core": await queries.personal_data(me), **{part.plugin: part.value for part in gathered.parts}}
    # A plugin that is not loaded may keep something too.
    missing = sorted({*gathered.failed, *plugins.host().not_loaded()})
    named = {"missing": missing} if missing else {}
    document = msgspec.json.format(msgspec.json.encode({"made_at": visit.now, **named, **parts}))
    return Response(
        document,
        media_type="application/json",
        headers={
            "Content-Disposition": 'attachment; filename="plenaria.json"',
            "Cache-Control": "private, no-store",
        },
    )


class ErasureForm(Struct, frozen=True):
    """The person types their address: nobody erases an account by a slip."""

    address: Annotated[
        str,
        Meta(
            title=N_("Your e-mail address"),
            description=N_("Type it to confirm."),
            max_length=254,
            extra={"kind": "email", "autocomplete": "off"},
        ),
    ]


@get("/me/account/erasure", permission="signed_in", include_in_schema=False)
async def erasure_page(request: Anything, visit: Visit, settings: Settings) -> Response[str]:
    """What goes, what stays and why, and the form that asks for it."""
    form = form_for(ErasureForm, language=visit.language, zone="UTC")
    return await _erasure(request, visit, settings, form)


async def _erasure(
    request: Anything, visit: Visit, settings: Settings, form: Form, *, status: int = 200
) -> Response[str]:
    assert visit.person is not None  # noqa: S101 - the route declares `signed_in`
    cards = {name: plugin.card.title for name, plugin in plugins.host().plugins.items()}
    return page(
        request,
        "people/erasure.html",
        status=status,
        form=form,
        parts=[part for part in await erasure.preview(visit.person.id) if part.lines or part.answer != "lines"],
        titles={"core": N_("Your account"), **cards},
        days=settings.erasure_days,
    )


@post("/me/account/erasure", permission="signed_in", include_in_schema=False)
async def ask_for_erasure(request: Anything, visit: Visit, settings: Settings) -> Response[Any]:
    """Block the account: every browser is signed out, this one too."""
    assert visit.person is not None  # noqa: S101 - the route declares `signed_in`
    if (asked := await unless_confirmed(request, visit, settings, back="/me/account/erasure")) is not None:
        return asked
    data = await request.form()
    checked: Checked[ErasureForm] = parse(ErasureForm, data, zone="UTC")
    problems = checked.problems
    if checked.value is not None:
        try:
            due_at = await erasure.ask(
                visit.person.id, address=checked.value.address, by=visit.by, settings=settings, now=visit.now
            )
        except Refused as refused:
            problems = tuple(Problem(each.pointer, each.code, {}, sentence(each)) for each in refused.refusals)
        else:
            words = gettext(
                "Your account is blocked. Its data will be erased on %s; until then a sign-in link takes that back."
            )
            return see_other(request, "/", ("success", words % day(due_at.date())))
    form = form_for(ErasureForm, raw=data, problems=problems, language=visit.language, zone="UTC")
    return await _erasure(request, visit, settings, form, status=409 if checked.value is not None else 422)


@get("/erasures", permission="installation.own", include_in_schema=False)
async def erasures_page(request: Anything) -> Response[str]:
    """Requests for erasure, by numbers; and which plugins have to be seen to by hand."""
    host = plugins.host()
    return page(
        request,
        "people/erasures.html",
        requests=await erasure.requests(),
        by_hand=[gettext(host.plugins[name].card.title) for name in erasure.by_hand()],
        not_loaded=host.not_loaded(),
    )


ROUTES = [my_page, my_data, erasure_page, ask_for_erasure, erasures_page]
