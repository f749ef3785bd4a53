"""One's own account: name, language, password, second factor, sessions."""

from typing import Any

import pyotp
import segno
from litestar import Request, Response, get, post

from plenaria.core.forms import Checked, form_for, parse
from plenaria.core.host.visit import Visit
from plenaria.core.kernel.i18n import gettext
from plenaria.core.kernel.settings import Settings
from plenaria.core.kernel.shown import locale
from plenaria.core.kernel.values import Refused
from plenaria.core.people import queries, services
from plenaria.core.people.web.confirming import unless_confirmed
from plenaria.core.people.web.forms import CodeForm, NameForm, NewPasswordForm
from plenaria.core.people.web.ways_in import LONGEST_NAME, of_account
from plenaria.core.web.templating import page, pages_of, see_other

Anything = Request[Any, Any, Any]


@get("/me/account", permission="signed_in", include_in_schema=False)
async def account_page(request: Anything, visit: Visit) -> Response[str]:
    return await _account(request, visit)


async def _account(request: Anything, visit: Visit, *, status: int = 200, **forms: Any) -> Response[str]:
    assert visit.person is not None  # noqa: S101 - the route declares `signed_in`
    person = await queries.person(visit.person.id) or visit.person
    name = NameForm(person.given_names, person.first_surname, person.second_surname, person.language or visit.language)
    secret = forms.pop("secret", None) or pyotp.random_base32()
    address = pyotp.TOTP(secret).provisioning_uri(name=person.email, issuer_name=pages_of(request).settings.title)
    sessions = await queries.sessions(person.id, visit.now)
    failed = await queries.failed_sign_ins([person.id])
    context = {
        "person": person,
        "name_form": form_for(NameForm, value=name, language=visit.language, zone="UTC"),
        "password_form": form_for(NewPasswordForm, language=visit.language, zone="UTC"),
        "code_form": form_for(CodeForm, language=visit.language, zone="UTC"),
        "refusals": (),
        **forms,
    }
    return page(
        request,
        "people/account.html",
        status=status,
        secret=secret,
        qr=segno.make(address).svg_data_uri(scale=4, border=2),
        sessions=sessions,
        passkey_name=request.query_params.get("passkey_name", "")[:LONGEST_NAME],
        failed=failed.get(person.id, 0) + sum(each.failed_before for each in sessions if each.id == visit.session_id),
        locale=locale(),
        **await of_account(person, visit, request.app.state.settings),
        **context,
    )


@post("/me/account/name", permission="signed_in", include_in_schema=False)
async def change_name(request: Anything, visit: Visit) -> Response[Any]:
    assert visit.person is not None  # noqa: S101 - the route declares `signed_in`
    data = await request.form()
    checked: Checked[NameForm] = parse(NameForm, data, zone="UTC")
    if checked.value is None:
        form = form_for(NameForm, raw=data, problems=checked.problems, language=visit.language, zone="UTC")
        return await _account(request, visit, status=422, name_form=form)
    await services.rename(
        visit.person.id,
        given_names=checked.value.given_names,
        first_surname=checked.value.first_surname,
        second_surname=checked.value.second_surname,
        language=checked.value.language,
    )
    return see_other(request, "/me/account", ("success", gettext("Saved.")))


@post("/me/account/password", permission="signed_in", include_in_schema=False)
async def change_password(request: Anything, visit: Visit, settings: Settings) -> Response[Any]:
    if (asked := await unless_confirmed(request, visit, settings, back="/me/account")) is not None:
        return asked
    data = await request.form()
    checked: Checked[NewPasswordForm] = parse(NewPasswordForm, data, zone="UTC")
    if checked.value is None:
        form = form_for(NewPasswordForm, problems=checked.problems, raw={}, language=visit.language, zone="UTC")
        return await _account(request, visit, status=422, password_form=form)
    await services.set_password(visit, checked.value.password)
    return see_other(
        request, "/me/account", ("success", gettext("Your password is set. Other browsers were signed out."))
    )


@post("/me/account/second-factor", permission="signed_in", include_in_schema=False)
async def change_second_factor(request: Anything, visit: Visit, settings: Settings) -> Response[Any]:
    data = await request.form()
    is_off = bool(data.get("off"))  # the code that is sent along shows who it is
    if not is_off and (asked := await unless_confirmed(request, visit, settings, back="/me/account")) is not None:
        return asked
    secret, code = str(data.get("secret", "")), str(data.get("code", ""))
    try:
        if is_off:
            await services.disable_second_factor(visit, code)
            return see_other(request, "/me/account", ("success", gettext("The second factor is off.")))
        await services.enable_second_factor(visit, secret, code)
    except Refused as refused:
        kept = secret if services.TOTP_SECRET.fullmatch(secret) else None
        return await _account(request, visit, status=422, secret=kept, refusals=refused.refusals)
    return see_other(request, "/me/account", ("success", gettext("The second factor is on.")))


@post("/me/account/sessions/{session_id:int}/end", permission="signed_in", include_in_schema=False)
async def end_session(request: Anything, visit: Visit, session_id: int) -> Response[Any]:
    assert visit.person is not None  # noqa: S101 - the route declares `signed_in`
    await services.end_session(visit.person.id, session_id)
    return see_other(request, "/me/account", ("success", gettext("That browser is signed out.")))


ROUTES = [account_page, change_name, change_password, change_second_factor, end_session]
