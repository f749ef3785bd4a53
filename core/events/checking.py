"""Whether the record of changes and what it is about agree: roles (the core's own part) and what plugins keep."""

from collections.abc import Iterable, Sequence
from typing import Final

from plenaria.core.events import queries
from plenaria.core.host import plugins
from plenaria.core.host.contributions import CheckRecords, has_shape
from plenaria.core.kernel.i18n import fill, gettext
from plenaria.core.kernel.values import EventView, RecordedFact, RecordFinding
from plenaria.core.people import queries as people
from plenaria.core.storage import audit

CHECK_WITHIN_S: Final = 60.0

Held = set[tuple[str, str]]
"""`(person:12, role)`."""


async def verify_records() -> list[RecordFinding]:
    """What does not agree, in all events; [] when everything does. Words are in the reader's language.

    It may run beside the service: what changed between the reading of the lines and of what they are about is not found again.
    """
    first = await _findings()
    again = await _findings() if first else []
    return [finding for finding in again if finding in first]


async def _findings() -> list[RecordFinding]:
    of_installation = await audit.facts(event=None)
    erased = {line.subject for line in of_installation if line.action == "person.erased"}
    found = await _of_roles(None, of_installation, erased)
    for event in await queries.events(public_only=False):
        lines = await audit.facts(event=event.id)
        found += await _of_roles(event, lines, erased)
        found += await _of_plugins(event, lines)
    return found


async def _of_roles(event: EventView | None, lines: Sequence[RecordedFact], erased: set[str]) -> list[RecordFinding]:
    """Roles that somebody holds without its line, and the other way round. Who was erased holds none."""
    held = await people.roles_held(event.id if event else None)
    recorded = {each for each in _recorded(lines) if each[0] not in erased}
    place = event.slug if event else gettext("the installation")
    unrecorded = gettext("holds the role {role} in {place} without a line in the record")
    missing = gettext("should hold the role {role} in {place} by the record, and does not")
    return [
        RecordFinding(f"core.{code}", person, fill(words, {"role": role, "place": place}))
        for code, words, pairs in (("unrecorded", unrecorded, held - recorded), ("missing", missing, recorded - held))
        for person, role in sorted(pairs)
    ]


def _recorded(lines: Iterable[RecordedFact]) -> Held:
    held: Held = set()
    for line in lines:
        pair = (line.subject, str(line.facts.get("role")))
        if line.action == "team.granted":
            held.add(pair)
        elif line.action == "team.revoked":
            held.discard(pair)
    return held


async def _of_plugins(event: EventView, lines: Sequence[RecordedFact]) -> list[RecordFinding]:
    async def checked(plugin: str, check: CheckRecords) -> Sequence[RecordFinding]:
        found = await check(event, lines)
        if not has_shape(found, Sequence[RecordFinding]):
            raise TypeError(f"{plugin} gave {type(found).__name__} instead of a list of RecordFinding")
        return found

    gathered = await plugins.host().gather("register_record_check", checked, event=event, within_s=CHECK_WITHIN_S)
    failed = [
        RecordFinding("core.plugin_failed", f"plugin:{name}", gettext("could not compare its data with the record"))
        for name in gathered.failed
    ]
    return [*(finding for part in gathered.parts for finding in part.value), *failed]
