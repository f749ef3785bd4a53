"""The pages of people: signing in and out, one's own account."""

from plenaria.core.people.web import account, passkeys, providers, signing_in
from plenaria.core.people.web.signing_in import own_page

ROUTES = [*signing_in.ROUTES, *providers.ROUTES, *passkeys.ROUTES, *account.ROUTES]

__all__ = ["ROUTES", "own_page"]
