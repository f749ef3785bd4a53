"""“Confirm that it is you”: asked before what opens an account is changed, with what was typed kept on the page."""

from collections.abc import Sequence
from typing import Any, Final

from litestar import Request, Response
from litestar.datastructures import FormMultiDict

from plenaria.core.forms import form_for
from plenaria.core.host.visit import Visit
from plenaria.core.kernel.settings import Settings
from plenaria.core.kernel.values import Refusal, Refused
from plenaria.core.people import services
from plenaria.core.people.web.attempt_cookies import attempt_secret
from plenaria.core.people.web.forms import ConfirmingCodeForm, ConfirmingPasswordForm
from plenaria.core.people.web.ways_in import can_show_passkey
from plenaria.core.web.templating import page

Anything = Request[Any, Any, Any]

OWN_FIELDS: Final = frozenset({"confirm_password", "confirm_code", "confirm_passkey", "confirm_by", "confirm_again"})


async def unless_confirmed(request: Anything, visit: Visit, settings: Settings, *, back: str) -> Response[Any] | None:
    """None when this browser is confirmed, or is so by what was sent; else the page that asks, which sends the form again.

    Call it first in a handler of a form whose service refuses who is not confirmed. `back` is the page of that form.
    """
    if services.is_confirmed(visit):
        return None
    data = await request.form()
    if data.get("confirm_by") == "link":
        assert visit.person is not None  # noqa: S101 - the route is for who is signed in
        await services.ask_for_link(visit, visit.person.email, next_page=back, settings=settings)
        return await _asked(request, visit, data, back=back, is_sent=True)
    try:
        if not await _confirm(request, visit, data, settings):
            return await _asked(request, visit, data, back=back, is_waiting="confirm_again" in data)
    except Refused as refused:
        return await _asked(request, visit, data, back=back, refusals=refused.refusals)
    return None


async def _confirm(request: Anything, visit: Visit, data: FormMultiDict, settings: Settings) -> bool:
    """Whether a password, a code or a passkey came, and was right. Raises `Refused` when it was not."""
    password, code, passkey = (str(data.get(f"confirm_{name}", "")) for name in ("password", "code", "passkey"))
    if passkey:
        browser = attempt_secret(request, "passkey", settings)
        await services.confirm_with_passkey(visit, passkey, browser=browser, settings=settings)
    elif password or code:
        await services.confirm(visit, password=password, code=code)
    return bool(passkey or password or code)


async def _asked(
    request: Anything,
    visit: Visit,
    data: FormMultiDict,
    *,
    back: str,
    is_sent: bool = False,
    is_waiting: bool = False,
    refusals: Sequence[Refusal] = (),
) -> Response[str]:
    assert visit.person is not None  # noqa: S101 - the route is for who is signed in
    kept = [(name, value) for name, value in data.multi_items() if name not in OWN_FIELDS and isinstance(value, str)]
    return page(
        request,
        "people/confirm.html",
        status=403,
        address=request.scope["path"],
        kept=kept,
        back=back,
        is_sent=is_sent,
        is_waiting=is_waiting,
        email=visit.person.email,
        has_passkey=await can_show_passkey(visit.person, request.app.state.settings),
        refusals=refusals,
        password_form=form_for(ConfirmingPasswordForm, language=visit.language, zone="UTC"),
        code_form=form_for(ConfirmingCodeForm, language=visit.language, zone="UTC"),
    )
