"""Pages of signing in and out: by link, by password, with a second factor."""

import re
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlencode

from litestar import Request, Response, get, post
from litestar.response import Redirect

from plenaria.core.forms import Checked, form_for, parse
from plenaria.core.host.visit import Visit
from plenaria.core.kernel.i18n import current_language
from plenaria.core.kernel.settings import Settings
from plenaria.core.kernel.values import Refused
from plenaria.core.people import queries, services
from plenaria.core.people.web.forms import CodeForm, EmailForm, PasswordForm
from plenaria.core.storage.requests import limits
from plenaria.core.web.security.cookies import session_cookie
from plenaria.core.web.templating import page

LONGEST_NEXT: Final = 500
_OWN_PAGE: Final = re.compile(r"/(?![/\\])[!-\[\]-~]*")
"""A path, visible ASCII only: browsers drop tabs and line breaks and read a backslash as a slash."""


def own_page(address: str) -> str:
    """The address when it is a page of ours, else `/me`: a sign-in never leads to another site."""
    return address if len(address) <= LONGEST_NEXT and _OWN_PAGE.fullmatch(address) else "/me"


HOUR: Final = timedelta(hours=1)
Anything = Request[Any, Any, Any]


@get("/sign-in", permission="public", include_in_schema=False)
async def sign_in_page(request: Anything, visit: Visit) -> Response[str]:
    return _sign_in(
        request,
        form_for(EmailForm, language=visit.language, zone="UTC"),
        next_page=request.query_params.get("next", ""),
    )


def _sign_in(request: Anything, form: Any, *, next_page: str, status: int = 200, **more: Any) -> Response[str]:
    with_password = more.pop("with_password", None) or form_for(PasswordForm, language=current_language(), zone="UTC")
    return page(
        request,
        "people/sign_in.html",
        status=status,
        form=form,
        with_password=with_password,
        next=own_page(next_page),
        **more,
    )


@post("/sign-in", permission="public", include_in_schema=False)
async def send_link(request: Anything, visit: Visit, settings: Settings) -> Response[Any]:
    """The same answer whether the address is known or not."""
    await limits.count("sign-in", visit.client, most=30, span=HOUR, now=visit.now)
    data = await request.form()
    checked: Checked[EmailForm] = parse(EmailForm, {"email": data.getall("email", [])}, zone="UTC")
    next_page = own_page(str(data.get("next", "")))
    if checked.value is None:
        form = form_for(EmailForm, raw=data, problems=checked.problems, language=visit.language, zone="UTC")
        return _sign_in(request, form, next_page=next_page, status=422)
    address = queries.normal_email(checked.value.email)
    await limits.count("sign-in", address, most=6, span=HOUR, now=visit.now)
    await services.send_link(address, next_page=next_page, language=visit.language, settings=settings, now=visit.now)
    return page(request, "people/link_sent.html", email=address, minutes=settings.sign_in_minutes)


@post("/sign-in/password", permission="public", include_in_schema=False)
async def sign_in_with_password(request: Anything, visit: Visit, settings: Settings) -> Response[Any]:
    await limits.count("password", visit.client, most=30, span=HOUR, now=visit.now)
    data = await request.form()
    fields = {name: data.getall(name, []) for name in ("email", "password")}
    checked: Checked[PasswordForm] = parse(PasswordForm, fields, zone="UTC")
    next_page = own_page(str(data.get("next", "")))
    if checked.value is None:
        form = form_for(PasswordForm, raw=fields, problems=checked.problems, language=visit.language, zone="UTC")
        plain = form_for(EmailForm, language=visit.language, zone="UTC")
        return _sign_in(request, plain, next_page=next_page, status=422, with_password=form)
    await limits.count("password", queries.normal_email(checked.value.email), most=10, span=HOUR, now=visit.now)
    try:
        secret, person = await services.sign_in_with_password(
            checked.value.email,
            checked.value.password,
            user_agent=request.headers.get("user-agent", ""),
            settings=settings,
            now=visit.now,
        )
    except Refused as refused:
        plain = form_for(EmailForm, language=visit.language, zone="UTC")
        again = form_for(PasswordForm, raw={"email": fields["email"]}, language=visit.language, zone="UTC")
        more = {"with_password": again, "refusals": refused.refusals}
        return _sign_in(request, plain, next_page=next_page, status=401, **more)
    return _signed_in(secret, _after(person.has_second_factor, next_page), settings)


def _after(has_second_factor: bool, next_page: str) -> str:
    return f"/sign-in/code?{urlencode({'next': next_page})}" if has_second_factor else next_page


def _signed_in(secret: str, address: str, settings: Settings) -> Redirect:
    return Redirect(address, status_code=303, headers={"Set-Cookie": session_cookie(secret, settings)})


@get("/sign-in/code", permission="public", include_in_schema=False)
async def code_page(request: Anything, visit: Visit) -> Response[Any]:
    next_page = own_page(request.query_params.get("next", ""))
    if visit.pending is None:
        return Redirect(next_page if visit.person else "/sign-in", status_code=303)
    form = form_for(CodeForm, language=visit.language, zone="UTC")
    return page(request, "people/code.html", form=form, next=next_page)


@post("/sign-in/code", permission="public", include_in_schema=False)
async def check_code(request: Anything, visit: Visit, settings: Settings) -> Response[Any]:
    if visit.pending is not None:
        await limits.count("code", str(visit.pending.id), most=10, span=HOUR, now=visit.now)
    data = await request.form()
    next_page = own_page(str(data.get("next", "")))
    if visit.pending is None:
        return Redirect(next_page if visit.person else "/sign-in", status_code=303)
    try:
        secret = await services.show_second_factor(
            visit, str(data.get("code", "")), settings=settings, user_agent=request.headers.get("user-agent", "")
        )
    except Refused as refused:
        form = form_for(CodeForm, raw=data, language=visit.language, zone="UTC")
        return page(request, "people/code.html", status=422, form=form, next=next_page, refusals=refused.refusals)
    return _signed_in(secret, next_page, settings)


@get("/sign-in/{secret:str}", permission="public", include_in_schema=False)
async def link_page(request: Anything, visit: Visit, secret: str) -> Response[str]:
    """Only a button: mail scanners that follow links do not burn the link."""
    is_open = await services.link_is_open(secret, now=visit.now)
    erased_at = await services.erasure_taken_back_by(secret) if is_open else None
    status = 200 if is_open else 409
    return page(request, "people/link.html", status=status, secret=secret, is_open=is_open, erased_at=erased_at)


@post("/sign-in/{secret:str}", permission="public", include_in_schema=False)
async def use_link(request: Anything, visit: Visit, settings: Settings, secret: str) -> Response[Any]:
    await limits.count("link", visit.client, most=60, span=HOUR, now=visit.now)
    session, next_page, person = await services.use_link(
        secret, user_agent=request.headers.get("user-agent", ""), settings=settings, now=visit.now
    )
    return _signed_in(session, _after(person.has_second_factor, own_page(next_page)), settings)


@post("/sign-out", permission="public", include_in_schema=False)
async def sign_out(visit: Visit, settings: Settings) -> Response[Any]:
    """Also from a second tab, where one is signed out already."""
    if visit.session_id is not None:
        await services.sign_out(visit.session_id)
    return _signed_in("", "/", settings)


ROUTES = [sign_in_page, send_link, sign_in_with_password, code_page, check_code, link_page, use_link, sign_out]
