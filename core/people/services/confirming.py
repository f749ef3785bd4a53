"""Showing again that it is oneself, before something that opens the account is changed."""

from typing import Any

from plenaria.core.host.visit import Visit
from plenaria.core.kernel.settings import Settings
from plenaria.core.people.services.passkeys import check_passkey
from plenaria.core.people.services.passwords import check_password
from plenaria.core.people.services.second_factor import check_code
from plenaria.core.people.tables import Session


async def confirm(visit: Visit, *, password: str = "", code: str = "") -> None:
    """Show it by the password, or by a code of the second factor. Raises `Refused`; a failure counts as a failed sign-in.

    Another way is to sign in again, by a mailed link: that makes a new session.
    """
    assert visit.person is not None  # noqa: S101 - the caller's route is for who is signed in
    if code:
        await check_code(visit, visit.person.id, code)
    else:
        await check_password(visit, visit.person.email, password)
    await _confirmed(visit, strong=visit.strong)


async def confirm_with_passkey(visit: Visit, answer: str, *, browser: str, settings: Settings) -> None:
    """Show it by a passkey: both factors, so that the session is strong afterwards. Raises `Refused` as `show_passkey` does."""
    assert visit.person is not None  # noqa: S101 - the caller's route is for who is signed in
    await check_passkey(visit.person.id, answer, browser=browser, settings=settings, now=visit.now)
    await _confirmed(visit, strong=True)


async def _confirmed(visit: Visit, *, strong: bool) -> None:
    confirmed: dict[Any, Any] = {Session.confirmed_at: visit.now, Session.strong: strong}
    await Session.update(confirmed).where(Session.id == (visit.session_id or 0))
    visit.confirmed_at, visit.strong = visit.now, strong
