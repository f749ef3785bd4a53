"""The people of the demo, all invented, and what each plugin adds with them."""

import logging
from datetime import datetime
from typing import TYPE_CHECKING, Final

from plenaria.core.host.contributions import AddSample
from plenaria.core.host.permissions import ROLES
from plenaria.core.host.visit import PersonView
from plenaria.core.kernel.values import EventView
from plenaria.core.people import services

if TYPE_CHECKING:
    from plenaria.core.host.plugins import PluginHost

logger = logging.getLogger("plenaria.demo")

SAMPLE_WITHIN_S: Final = 120.0

PEOPLE: Final[dict[str, tuple[tuple[str, str, str], ...]]] = {
    "owner": (("Olivia", "Dueñas", "Robles"),),
    "organiser": (("Óscar", "Organista", "Peral"), ("Paola", "Olmedo", "Sierra")),
    "programme": (("Prudencia", "Prado", "Mejía"),),
    "finance": (("Fidel", "Finanzas", "Cuesta"),),
    "door": (("Dora", "Puertas", "Lira"),),
    "juror": (
        ("Julia", "Justo", "Arce"),
        ("Jorge", "Jurado", "Beltrán"),
        ("Jimena", "Jaramillo", "Cobos"),
        ("Jacinto", "Jasso", "Duarte"),
        ("Josefa", "Jiménez", "Espino"),
    ),
    "attendee": (
        ("Amelia", "Asistente", "Luna"),
        ("Abel", "Arriaga", "Montes"),
        ("Brenda", "Bravo", "Nieto"),
        ("Carlos", "Camacho", "Ortega"),
        ("Daniela", "Dávila", "Pineda"),
        ("Emilio", "Escobedo", "Quiroz"),
        ("Fabiola", "Fuentes", "Rangel"),
        ("Gerardo", "Galván", "Salas"),
    ),
    "nominator": (
        ("Nadia", "Nominadora", "Téllez"),
        ("Néstor", "Navarro", "Uribe"),
        ("Norma", "Nájera", "Vela"),
    ),
}
"""Role → (given names, first surname, second surname). The last two roles hold no permission: anybody may have them."""


async def people(event: EventView, *, now: datetime) -> dict[str, list[PersonView]]:
    """The sample people by role, each with its role in the event. Doing it twice is doing it once."""
    found: dict[str, list[PersonView]] = {}
    for role, names in PEOPLE.items():
        for name in names:
            email = f"{name[0]}.{name[1]}@{role}.example".lower().translate(_PLAIN)
            person = await services.ensure_person(email, now=now, language="es", name=name)
            if role in ROLES:
                await services.grant(person, role, event=event, by="demo", now=now)
            found.setdefault(role, []).append(person)
    return found


_PLAIN: Final = str.maketrans("áéíóúüñ", "aeiouun")


async def contribute(
    host: "PluginHost", event: EventView, found: dict[str, list[PersonView]], *, now: datetime
) -> None:
    """Let every plugin that is on add its sample data; a plugin that fails is named and left as far as it came."""

    async def contributed(plugin: str, add: AddSample) -> None:
        await add(event, found, now)

    gathered = await host.gather("register_sample", contributed, event=event, within_s=SAMPLE_WITHIN_S)
    for name in gathered.failed:  # the demo shows nothing below critical
        logger.critical("the sample data of a plugin could not be added", extra={"plugin": name})


def start_page(host: "PluginHost", role: str, slug: str) -> str:
    """Where somebody of that role begins: the console, or the first page that only such a role may open."""
    from plenaria.core.host.permissions import allows

    if role not in ROLES:
        return f"/{slug}"
    if allows("event.view", [role]):
        return f"/{slug}/organise"
    for hook in ("register_navigation", "register_console"):
        for _, links in host.collect(hook):
            for link in links:
                if link.permission not in ("public", "signed_in") and allows(link.permission, [role]):
                    return str(link.href).replace("{event}", slug)
    return "/me"
