"""Signing in with an identity provider, and linking one's account to it: pages only, there is no JSON for it."""

from typing import Any, Final
from urllib.parse import urlencode

from litestar import Request, Response, get, post
from litestar.exceptions import NotFoundException
from litestar.response import Redirect

from plenaria.core.host.visit import Visit
from plenaria.core.kernel.i18n import gettext
from plenaria.core.kernel.settings import Settings
from plenaria.core.kernel.values import Refused
from plenaria.core.people import rules, services
from plenaria.core.people.web.attempt_cookies import attempt_cookie, attempt_secret
from plenaria.core.people.web.confirming import unless_confirmed
from plenaria.core.people.web.signing_in import own_page
from plenaria.core.storage.requests import limits
from plenaria.core.web.refusals import sentence
from plenaria.core.web.security.cookies import session_cookie
from plenaria.core.web.templating import page, see_other

STATUS_OF: Final = {"provider_unreachable": 503, "provider_not_believed": 502, "provider_denied": 403}
ANSWERED: Final = ("state", "code", "iss", "error")
"""The parameters that a provider sends somebody back with."""
Anything = Request[Any, Any, Any]


@post("/sign-in/with/{provider:str}", permission="public", include_in_schema=False)
async def leave(request: Anything, visit: Visit, settings: Settings, provider: str) -> Response[Any]:
    """A page that goes on to the provider by itself: a form that leads to another site is against our own policy."""
    _known(provider, settings)
    await limits.count("provider", visit.client, most=rules.BEGUN, span=limits.HOUR, now=visit.now)
    data = await request.form()
    return await _leave(request, provider, own_page(str(data.get("next", ""))), settings, now=visit.now)


@post("/me/account/identities/{provider:str}", permission="signed_in", include_in_schema=False)
async def link(request: Anything, visit: Visit, settings: Settings, provider: str) -> Response[Any]:
    _known(provider, settings)
    if (asked := await unless_confirmed(request, visit, settings, back="/me/account")) is not None:
        return asked
    await limits.count("provider", visit.client, most=rules.BEGUN, span=limits.HOUR, now=visit.now)
    return await _leave(request, provider, "/me/account", settings, now=visit.now, visit=visit)


async def _leave(request: Anything, provider: str, next_page: str, settings: Settings, **who: Any) -> Response[Any]:
    try:
        address, browser = await services.leave_for_provider(provider, next_page=next_page, settings=settings, **who)
    except Refused as refused:
        return _trouble(request, refused)
    name = settings.identity_providers[provider].name
    answer = page(request, "people/leaving.html", address=address, name=name)
    answer.set_cookie(attempt_cookie("provider", browser, settings, minutes=services.ATTEMPT_MINUTES))
    return answer


@get("/sign-in/with/{provider:str}/callback", permission="public", include_in_schema=False)
async def come_back(request: Anything, visit: Visit, settings: Settings, provider: str) -> Response[Any]:
    """A GET, as the provider's page only navigates. What guards it is the state, with this browser's cookie, once."""
    _known(provider, settings)
    answer = {name: sent[0] for name in ANSWERED if len(sent := request.query_params.getall(name, [])) == 1}
    try:
        outcome = await services.come_back(
            provider,
            answer,
            browser=attempt_secret(request, "provider", settings),
            visit=visit,
            user_agent=request.headers.get("user-agent", ""),
            settings=settings,
        )
    except Refused as refused:
        return _trouble(request, refused)
    if isinstance(outcome, services.Entered):
        return _entered(outcome, settings, kind="provider")
    if isinstance(outcome, services.Linked):
        added = gettext("From now on you can sign in with %(name)s.") % {"name": outcome.name}
        return see_other(request, "/me/account", ("success", added))
    minutes = settings.sign_in_minutes
    mailed = page(request, "people/confirm_sent.html", email=outcome.email, minutes=minutes)
    mailed.set_cookie(attempt_cookie("confirm", outcome.browser, settings, minutes=minutes))
    return mailed


@get("/sign-in/confirm/{secret:str}", permission="public", include_in_schema=False)
async def confirm_page(request: Anything, visit: Visit, settings: Settings, secret: str) -> Response[str]:
    """Only a button: mail scanners that follow links do not burn the link."""
    browser = attempt_secret(request, "confirm", settings)
    is_open = await services.is_attempt_open("confirm", secret, browser, now=visit.now)
    return page(request, "people/confirm_identity.html", status=200 if is_open else 409, secret=secret, is_open=is_open)


@post("/sign-in/confirm/{secret:str}", permission="public", include_in_schema=False)
async def confirm(request: Anything, visit: Visit, settings: Settings, secret: str) -> Response[Any]:
    try:
        entered = await services.confirm_identity(
            secret,
            browser=attempt_secret(request, "confirm", settings),
            visit=visit,
            user_agent=request.headers.get("user-agent", ""),
            settings=settings,
        )
    except Refused as refused:
        return _trouble(request, refused)
    return _entered(entered, settings, kind="confirm")


@post("/me/account/identities/{identity:int}/remove", permission="signed_in", include_in_schema=False)
async def unlink(request: Anything, visit: Visit, settings: Settings, identity: int) -> Response[Any]:
    if (asked := await unless_confirmed(request, visit, settings, back="/me/account")) is not None:
        return asked
    await services.unlink(visit, identity, settings=settings)
    return see_other(request, "/me/account", ("success", gettext("Removed.")))


def _known(provider: str, settings: Settings) -> None:
    if provider not in settings.identity_providers:
        raise NotFoundException


def _entered(entered: services.Entered, settings: Settings, *, kind: str) -> Redirect:
    code = f"/sign-in/code?{urlencode({'next': own_page(entered.next)})}"
    return Redirect(
        code if entered.person.has_second_factor else own_page(entered.next),
        status_code=303,
        headers={"Set-Cookie": session_cookie(entered.session, settings)},
        cookies=[attempt_cookie(kind, "", settings, minutes=0)],
    )


def _trouble(request: Anything, refused: Refused) -> Response[str]:
    """What went wrong, and the other ways in."""
    status = max(STATUS_OF.get(refusal.code, 409) for refusal in refused.refusals)
    sentences = [sentence(refusal) for refusal in refused.refusals]
    return page(request, "people/provider_trouble.html", status=status, sentences=sentences)


ROUTES = [leave, link, come_back, confirm_page, confirm, unlink]
