"""Showing again that it is oneself, before something that opens the account is changed."""

from typing import Any

from plenaria.core.host.visit import Visit
from plenaria.core.people.services.passwords import check_password
from plenaria.core.people.services.second_factor import check_code
from plenaria.core.people.tables import Session


async def confirm(visit: Visit, *, password: str = "", code: str = "") -> None:
    """Show it by the password, or by a code of the second factor. Raises `Refused`; a failure counts as a failed sign-in.

    The third way is to sign in again, by a mailed link: that makes a new session.
    """
    assert visit.person is not None  # noqa: S101 - the caller's route is for who is signed in
    if code:
        await check_code(visit, visit.person.id, code)
    else:
        await check_password(visit, visit.person.email, password)
    confirmed: dict[Any, Any] = {Session.confirmed_at: visit.now}
    await Session.update(confirmed).where(Session.id == (visit.session_id or 0))
    visit.confirmed_at = visit.now
