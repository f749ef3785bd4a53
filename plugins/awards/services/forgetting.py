"""What becomes of a person's nominations and jury work when their data is erased."""

from datetime import datetime
from typing import Any, Final

from plenaria.core.host.contributions import Retention
from plenaria.core.kernel.i18n import gettext
from plenaria.core.kernel.values import N_, ErasureLine
from plenaria.core.storage.database import transaction
from plenaria.plugins.awards.queries.nominating import files_of
from plenaria.plugins.awards.services.held import forget_file
from plenaria.plugins.awards.tables import Conflict, Nomination, Nominator, Sheet

_ITS_NOMINATION: Any = Nominator.nomination


async def preview(person: int, /) -> list[ErasureLine]:
    lines = []
    if await _drafts(person):
        lines.append(
            ErasureLine(what=gettext("Nominations that you started and never submitted: their answers and files"))
        )
    if await Nominator.exists().where((Nominator.person == person) & (_ITS_NOMINATION.submitted_form != "")):
        why = gettext("They belong to the candidate, and a receipt proves them. Your name is taken off them.")
        lines.append(ErasureLine(what=gettext("Nominations that you submitted"), fate="anonymised", why=why))
    if await Sheet.exists().where((Sheet.juror == person) & (Sheet.state == "sealed")):
        why = gettext("The results rest on them. They stay without your name.")
        lines.append(ErasureLine(what=gettext("Score sheets that you sealed"), fate="anonymised", why=why))
    if await Sheet.exists().where((Sheet.juror == person) & (Sheet.state != "sealed")):
        lines.append(ErasureLine(what=gettext("Scores and comments that you did not seal")))
    if await Conflict.exists().where(Conflict.juror == person):
        lines.append(ErasureLine(what=gettext("Your reasons for conflicts of interest")))
    return lines


async def erase(person: int, /, *, now: datetime) -> None:
    """Inside the caller's transaction. The person's row loses its name by the core; what is sealed stays as it was hashed."""
    if drafts := await _drafts(person):
        emptied: dict[Any, Any] = {Nomination.answers: "{}", Nomination.candidate: "{}", Nomination.state: "withdrawn"}
        await Nomination.update(emptied).where(Nomination.id.is_in(drafts))
        for stored in (each for files in (await files_of(drafts)).values() for each in files):
            await forget_file(stored)
    nothing: dict[Any, Any] = {Sheet.scores: "{}", Sheet.abstained: "[]", Sheet.comment: "", Sheet.state: "recused"}
    await Sheet.update(nothing).where((Sheet.juror == person) & (Sheet.state != "sealed"))
    await Conflict.update({Conflict.reason: ""}).where(Conflict.juror == person)


async def _drafts(person: int) -> list[int]:
    """Of nominations that were never submitted those that nobody else works on."""
    nomination: Any = Nominator.nomination
    mine = await Nominator.select(nomination.id.as_alias("id")).where(
        (Nominator.person == person) & (nomination.submitted_form == "") & (nomination.state == "draft")
    )
    ids = [row["id"] for row in mine]
    shared = (
        await Nominator.select(nomination.id.as_alias("id")).where(
            Nominator.nomination.is_in(ids) & (Nominator.person != person)
        )
        if ids
        else []
    )
    return [each for each in ids if each not in {row["id"] for row in shared}]


async def forget_withdrawn_files(*, before: datetime, now: datetime) -> None:
    """Files of nominations that were withdrawn before and never submitted: nothing proves them, nobody judges them."""
    rows = await Nomination.select(Nomination.id).where(
        (Nomination.state == "withdrawn") & (Nomination.submitted_form == "") & (Nomination.changed_at < before)
    )
    ids = [row["id"] for row in rows]
    for stored in (each for files in (await files_of(ids)).values() for each in files) if ids else ():
        async with transaction():
            await forget_file(stored)


RETENTION: Final = (
    Retention(
        "awards.nominations",
        N_("Nominations and score sheets"),
        N_("The results rest on them. Names go when a person is erased."),
    ),
    Retention(
        "awards.withdrawn_files",
        N_("Files of nominations that were withdrawn before they were submitted"),
        N_("Somebody may want them back."),
        180,
        forget_withdrawn_files,
    ),
)
