"""What the sign-in page and the account page offer beside mail links: identity providers and passkeys."""

from typing import Any, Final

from plenaria.core.host.visit import PersonView, Visit
from plenaria.core.kernel.settings import Settings
from plenaria.core.people import queries, services

LONGEST_NAME: Final = 60
"""Characters of what a passkey is called."""


def offered(settings: Settings) -> dict[str, Any]:
    """For `people/_ways_in.html`."""
    return {
        "providers": {key: each.name for key, each in settings.identity_providers.items()},
        "passkeys_work": bool(services.relying_party(settings)),
    }


async def of_account(person: PersonView, visit: Visit, settings: Settings) -> dict[str, Any]:
    """For `people/_account_ways_in.html`. `shows_first`: a passkey has to be shown before anything is changed.

    `is_confirmed`: the form that adds one is there at once; its script asks for a challenge, which nobody else gets.
    """
    passkeys, identities = await queries.passkeys(person.id), await queries.identities(person.id, settings)
    linked = {identity.name for identity in identities}
    can_have = offered(settings)
    return {
        **can_have,
        "providers": {key: name for key, name in can_have["providers"].items() if name not in linked},
        "identities": identities,
        "passkeys": passkeys,
        "shows_first": bool(passkeys) and not visit.strong,
        "is_confirmed": services.is_confirmed(visit),
    }


async def can_show_passkey(person: PersonView, settings: Settings) -> bool:
    """Whether the second step can be a passkey."""
    return bool(services.relying_party(settings) and await queries.credential_ids(person.id))
