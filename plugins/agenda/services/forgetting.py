"""What becomes of somebody on stage when their data is erased."""

from datetime import datetime
from typing import Any

from plenaria.core.kernel.i18n import gettext
from plenaria.core.kernel.values import ErasureLine
from plenaria.core.people import queries as people
from plenaria.plugins.agenda import queries
from plenaria.plugins.agenda.tables import SessionPart, StagePerson


async def preview(person: int, /) -> list[ErasureLine]:
    published, drafted = await _on_stage(person)
    lines = []
    if published:
        why = gettext(
            "A released programme is the public record of the congress. Your address and absences are erased."
        )
        lines.append(ErasureLine(what=gettext("Your name and sessions, as published"), fate="kept", why=why))
    if drafted:
        lines.append(ErasureLine(what=gettext("You as a person on stage in drafts that were never released")))
    return lines


async def erase(person: int, /, *, now: datetime) -> None:
    """Who was published keeps name and sessions; of the others nothing stays. Inside the caller's transaction."""
    published, drafted = await _on_stage(person)
    if published:
        nothing: dict[Any, Any] = {StagePerson.email: "", StagePerson.absences: "[]"}
        await StagePerson.update(nothing).where(StagePerson.id.is_in(published))
    if drafted:
        await SessionPart.delete().where(SessionPart.person.is_in(drafted))
        await StagePerson.delete().where(StagePerson.id.is_in(drafted))


async def _on_stage(person: int) -> tuple[list[int], list[int]]:
    """`(in a released schedule, only in drafts)`: ids of the person's rows."""
    known = await people.person(person)
    rows = (
        await StagePerson.select(StagePerson.id, StagePerson.event, StagePerson.code).where(
            StagePerson.email == known.email
        )
        if known
        else []
    )
    ever = {event: await queries.ever_released(event) for event in {row["event"] for row in rows}}
    published = [row["id"] for row in rows if row["code"] in ever[row["event"]]]
    return published, [row["id"] for row in rows if row["id"] not in published]
