"""Access tokens: one's own, for programs."""

from typing import Annotated, Any, Final

from litestar import Request, Response, get, post
from msgspec import Meta, Struct

from plenaria.core.forms import Checked, form_for, parse
from plenaria.core.host.permissions import may_be_a_scope, registered
from plenaria.core.host.visit import Visit
from plenaria.core.kernel.i18n import gettext
from plenaria.core.kernel.settings import Settings
from plenaria.core.kernel.values import N_, EventView
from plenaria.core.people import queries as people
from plenaria.core.people import services as people_services
from plenaria.core.people.web.confirming import unless_confirmed
from plenaria.core.web.templating import page, see_other

Anything = Request[Any, Any, Any]


LIVES: Final = {
    "30": N_("30 days"),
    "90": N_("90 days"),
    str(people_services.USUAL_TOKEN_DAYS): N_("One year"),
    "730": N_("Two years"),
}
"""How many days a token may live: no token lives for ever."""


class NewToken(Struct, frozen=True):
    """A new access token."""

    name: Annotated[str, Meta(title=N_("What it is for"), min_length=1, max_length=100)]
    days: Annotated[
        str,
        Meta(
            title=N_("Valid for"),
            description=N_("Afterwards the token stops working and you make a new one."),
            extra={"choices": LIVES},
        ),
    ] = str(people_services.USUAL_TOKEN_DAYS)


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
    offered = [permission for name, permission in sorted(registered().items()) if may_be_a_scope(name)]
    held = [permission for permission in offered if visit.may(permission.name, event)]
    return page(
        request,
        "events/tokens.html",
        status=status,
        form=form,
        tokens=await people.tokens(visit.person.id, event),
        held=held,
        now=visit.now,
        secret=secret,
        chosen=chosen,
    )


@post("/{event_slug:str}/organise/tokens", permission="event.view", include_in_schema=False)
async def make_token(request: Anything, event: EventView, visit: Visit, settings: Settings) -> Response[Any]:
    back = f"/{event.slug}/organise/tokens"
    if (asked := await unless_confirmed(request, visit, settings, back=back)) is not None:
        return asked
    data = await request.form()
    scopes = [str(scope) for scope in data.getall("scopes", [])]
    checked: Checked[NewToken] = parse(
        NewToken, {name: data.getall(name, []) for name in ("name", "days") if name in data}, zone=event.zone
    )
    form = form_for(NewToken, raw=data, problems=checked.problems, language=visit.language, zone=event.zone)
    if checked.value is None or not scopes:
        if not scopes:
            form.problems.append(gettext("Choose at least one permission."))
        return await _tokens(request, event, visit, form, status=422, chosen=scopes)
    days = int(checked.value.days)
    secret = await people_services.make_token(visit, event, name=checked.value.name, scopes=scopes, days=days)
    fresh = form_for(NewToken, language=visit.language, zone=event.zone)
    return await _tokens(request, event, visit, fresh, secret=secret)


@post("/{event_slug:str}/organise/tokens/{token_id:int}/revoke", permission="event.view", include_in_schema=False)
async def revoke_token(request: Anything, event: EventView, visit: Visit, token_id: int) -> Response[Any]:
    await people_services.revoke_token(visit, event, token_id)
    return see_other(request, f"/{event.slug}/organise/tokens", ("success", gettext("The token no longer works.")))


ROUTES = [tokens_page, make_token, revoke_token]
