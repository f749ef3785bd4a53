"""Permissions: strings contributed by the core and by plugins, bundled into roles that are granted per event."""

from collections.abc import Iterable
from typing import Final

from plenaria.core.kernel.values import N_, Permission, Role

CORE_ROLES: Final = {
    "owner": N_("Owner"),
    "organiser": N_("Organiser"),
    "programme": N_("Programme committee"),
    "finance": N_("Finance"),
    "door": N_("Door staff"),
    "juror": N_("Juror"),
}
"""Role → its title (a msgid). An owner holds every permission."""

ROLES: Final[dict[str, str]] = dict(CORE_ROLES)
"""These and the roles of the plugins that are loaded; one dict for the whole process, so that forms, event files and the
API's description of itself, which hold it as a field's choices, know what plugins add at start."""

OF_INSTALLATION: Final = "installation.own"
"""Held by owners of the whole installation, never by those of an event."""

CORE_PERMISSIONS: Final = (
    Permission("event.view", N_("Open the console"), ("organiser", "programme", "finance")),
    Permission("event.configure", N_("Change the event and its plugins"), ("organiser",)),
    Permission("event.team", N_("See and change the team"), ("organiser",)),
    Permission("event.mail", N_("Reword mails and see the outbox"), ("organiser",)),
    Permission("event.audit", N_("Read the record of changes"), ("organiser", "finance")),
    Permission("me.read", N_("Read who you are and what you may do"), everybody=True),
    Permission(OF_INSTALLATION, N_("Create events and run the installation")),
)

OPEN: Final = ("public", "signed_in")
"""What a route may declare instead of a permission: everybody, or every browser that is signed in (no access token)."""

_registered: dict[str, Permission] = {}


def use_permissions(permissions: Iterable[Permission]) -> None:
    """Make these the permissions of the process."""
    _registered.clear()
    _registered.update({permission.name: permission for permission in permissions})


def use_roles(roles: Iterable[Role]) -> None:
    """Make these the roles that plugins add to the core's own."""
    ROLES.clear()
    ROLES.update(CORE_ROLES)
    ROLES.update({role.code: role.title for role in roles})


def counts(role: str, plugins: Iterable[str] | None) -> bool:
    """Whether a role that somebody holds gives anything where these plugins are on (None: no event is meant).

    A plugin's role is kept when the plugin is switched off or not loaded, and gives nothing meanwhile.
    """
    owner, dot, _ = role.partition(".")
    return not dot or (role in ROLES and (plugins is None or owner in plugins))


def may_be_a_scope(permission: str) -> bool:
    """Whether an event's token can have it: somebody registered it, and it is for the work of one event."""
    return permission in _registered and permission != OF_INSTALLATION


def is_everybodys(permission: str) -> bool:
    """Whether one needs no role for it, but has to be signed in."""
    known = _registered.get(permission)
    return permission == "signed_in" or (known is not None and known.everybody)


def registered() -> dict[str, Permission]:
    return dict(_registered)


def allows(permission: str, roles: Iterable[str]) -> bool:
    """Whether someone with these roles holds the permission. An unknown permission is held by owners only."""
    held = set(roles)
    if "owner" in held or is_everybodys(permission):
        return True
    known = _registered.get(permission)
    return known is not None and not held.isdisjoint(known.roles)
