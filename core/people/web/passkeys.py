"""Signing in with a passkey, showing one as the second step, and keeping one's own: pages and the page script's two questions."""

from typing import Annotated, Any, Final
from urllib.parse import urlencode

from litestar import Request, Response, get, post
from litestar.exceptions import NotFoundException
from litestar.response import Redirect
from msgspec import Meta, Struct

from plenaria.core.forms import Checked, parse
from plenaria.core.host.visit import Visit
from plenaria.core.kernel.i18n import gettext
from plenaria.core.kernel.settings import Settings
from plenaria.core.kernel.values import N_, Refused
from plenaria.core.people import rules, services
from plenaria.core.people.web.attempt_cookies import attempt_cookie, attempt_secret
from plenaria.core.people.web.confirming import unless_confirmed
from plenaria.core.people.web.signing_in import own_page
from plenaria.core.people.web.ways_in import LONGEST_NAME, can_show_passkey
from plenaria.core.storage.requests import limits
from plenaria.core.web.errors import Invalid
from plenaria.core.web.security.cookies import session_cookie
from plenaria.core.web.templating import page, see_other

LARGEST_BODY: Final = 60_000
"""Bytes of a form with a browser's answer in it."""
KIND: Final = "passkey"
NEW: Final = "new_passkey"
"""A cookie of its own: a passkey may be shown, to confirm, while another one is being added."""
Anything = Request[Any, Any, Any]


class PasskeyForm(Struct, frozen=True):
    """What a passkey is called."""

    name: Annotated[str, Meta(title=N_("Name of the passkey"), min_length=1, max_length=LONGEST_NAME)]


@post("/sign-in/passkey/challenge", permission="public", include_in_schema=False)
async def sign_in_challenge(visit: Visit, settings: Settings) -> Response[str]:
    await _count(visit, settings)
    return _options(await services.begin_showing(settings=settings, now=visit.now), settings)


@post("/sign-in/passkey", permission="public", include_in_schema=False, request_max_body_size=LARGEST_BODY)
async def sign_in(request: Anything, visit: Visit, settings: Settings) -> Response[Any]:
    data = await request.form()
    try:
        secret, _ = await services.sign_in_with_passkey(
            visit,
            str(data.get("answer", "")),
            browser=attempt_secret(request, KIND, settings),
            user_agent=request.headers.get("user-agent", ""),
            settings=settings,
        )
    except Refused as refused:
        next_page = own_page(str(data.get("next", "")))
        return page(request, "people/passkey_refused.html", status=409, refusals=refused.refusals, next=next_page)
    return _entered(secret, str(data.get("next", "")), settings)


@get("/sign-in/code/passkey", permission="public", include_in_schema=False)
async def show_page(request: Anything, visit: Visit, settings: Settings) -> Response[Any]:
    """For who is signed in, but not by two factors, and needs to be."""
    next_page = own_page(request.query_params.get("next", ""))
    person = visit.pending or visit.person
    if person is None:
        return Redirect("/sign-in", status_code=303)
    has_one = await can_show_passkey(person, settings)
    return page(request, "people/passkey_step.html", has_one=has_one, next=next_page)


@post("/sign-in/code/passkey/challenge", permission="public", include_in_schema=False)
async def show_challenge(visit: Visit, settings: Settings) -> Response[str]:
    await _count(visit, settings)
    person = visit.pending or visit.person
    if person is None:
        raise NotFoundException
    return _options(await services.begin_showing(settings=settings, now=visit.now, person=person), settings)


@post("/sign-in/code/passkey", permission="public", include_in_schema=False, request_max_body_size=LARGEST_BODY)
async def show(request: Anything, visit: Visit, settings: Settings) -> Response[Any]:
    data = await request.form()
    next_page = own_page(str(data.get("next", "")))
    try:
        secret = await services.show_passkey(
            visit,
            str(data.get("answer", "")),
            browser=attempt_secret(request, KIND, settings),
            user_agent=request.headers.get("user-agent", ""),
            settings=settings,
        )
    except Refused as refused:
        return page(
            request, "people/passkey_step.html", status=409, refusals=refused.refusals, has_one=True, next=next_page
        )
    return _entered(secret, next_page, settings)


@post("/me/account/passkeys/challenge", permission="signed_in", include_in_schema=False)
async def add_challenge(visit: Visit, settings: Settings) -> Response[str]:
    await _count(visit, settings)
    return _options(await services.begin_adding(visit, settings=settings), settings, kind=NEW)


@post("/me/account/passkeys/confirm", permission="signed_in", include_in_schema=False)
async def confirm_to_add(request: Anything, visit: Visit, settings: Settings) -> Response[Any]:
    """To the form that adds one, by way of the page that asks; a name that was typed comes along."""
    if (asked := await unless_confirmed(request, visit, settings, back="/me/account#passkeys")) is not None:
        return asked
    named = urlencode({"passkey_name": str((await request.form()).get("name", ""))[:LONGEST_NAME]})
    return see_other(request, f"/me/account?{named}#passkeys")


@post("/me/account/passkeys", permission="signed_in", include_in_schema=False, request_max_body_size=LARGEST_BODY)
async def add(request: Anything, visit: Visit, settings: Settings) -> Response[Any]:
    if (asked := await unless_confirmed(request, visit, settings, back="/me/account")) is not None:
        return asked
    data = await request.form()
    await services.add_passkey(
        visit,
        str(data.get("answer", "")),
        name=_name(data),
        browser=attempt_secret(request, NEW, settings),
        settings=settings,
    )
    return see_other(request, "/me/account", ("success", gettext("Your passkey is ready. You can sign in with it.")))


@post("/me/account/passkeys/{passkey:int}/name", permission="signed_in", include_in_schema=False)
async def rename(request: Anything, visit: Visit, passkey: int) -> Response[Any]:
    await services.rename_passkey(visit, passkey, _name(await request.form()))
    return see_other(request, "/me/account", ("success", gettext("Saved.")))


@post("/me/account/passkeys/{passkey:int}/remove", permission="signed_in", include_in_schema=False)
async def remove(request: Anything, visit: Visit, settings: Settings, passkey: int) -> Response[Any]:
    if (asked := await unless_confirmed(request, visit, settings, back="/me/account")) is not None:
        return asked
    await services.remove_passkey(visit, passkey)
    return see_other(request, "/me/account", ("success", gettext("Removed.")))


async def _count(visit: Visit, settings: Settings) -> None:
    """One more challenge. Where the address allows no passkeys, there is none."""
    if not services.relying_party(settings):
        raise NotFoundException
    await limits.count("passkey", visit.client, most=rules.BEGUN, span=limits.HOUR, now=visit.now)


def _name(data: Any) -> str:
    checked: Checked[PasskeyForm] = parse(PasskeyForm, {"name": data.getall("name", [])}, zone="UTC")
    if checked.value is None:
        raise Invalid(tuple(checked.problems))
    return checked.value.name


def _options(begun: tuple[str, str], settings: Settings, *, kind: str = KIND) -> Response[str]:
    options, browser = begun
    cookie = attempt_cookie(kind, browser, settings, minutes=services.ATTEMPT_MINUTES)
    headers = {"Cache-Control": "private, no-store"}
    return Response(options, media_type="application/json", status_code=200, cookies=[cookie], headers=headers)


def _entered(secret: str, next_page: str, settings: Settings) -> Redirect:
    return Redirect(
        own_page(next_page),
        status_code=303,
        headers={"Set-Cookie": session_cookie(secret, settings)},
        cookies=[attempt_cookie(KIND, "", settings, minutes=0)],
    )


ROUTES = [
    sign_in_challenge,
    sign_in,
    show_page,
    show_challenge,
    show,
    add_challenge,
    confirm_to_add,
    add,
    rename,
    remove,
]
