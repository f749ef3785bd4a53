"""The record of changes as it is read: the lines that somebody chose, the latest first."""

from datetime import datetime
from typing import Any, Final

import msgspec
from msgspec import Struct

from plenaria.core.forms import RecordedChange
from plenaria.core.kernel.values import RecordedFact
from plenaria.core.storage.audit.tables import AuditLine, AuditSeal

PAGE: Final = 1000
MOST_ACTORS: Final = 200


class Chosen(Struct, frozen=True, kw_only=True):
    """Which lines: everything that is given must hold.

    `actor` is `person:12`, what they did by a token too; `action` an action, or the first part of several (`order`); `subject`
    is `order:7Q2K`, or the kind of thing (`order`); `since` is included, `until` is not.
    """

    actor: str = ""
    action: str = ""
    subject: str = ""
    since: datetime | None = None
    until: datetime | None = None


class LineView(Struct, frozen=True):
    """A line of the log as it is read. `facts` is the stored JSON, the changes among it."""

    id: int
    at: datetime
    by: str
    action: str
    subject: str
    facts: str
    sealed: bool

    @property
    def changes(self) -> list[RecordedChange]:
        """From what to what; [] for a line that says none, or whose facts cannot be read."""
        try:
            return msgspec.json.decode(self.facts, type=_Facts).changes
        except msgspec.DecodeError:
            return []

    @property
    def person(self) -> int | None:
        """The id of the person who acted, also by one of their tokens."""
        return person_of(self.by)


class _Facts(Struct):
    changes: list[RecordedChange] = []


def person_of(name: str) -> int | None:
    """The person's id in `person:12` or `person:12/token:3`; None for anybody else."""
    kind, _, number = name.partition("/")[0].partition(":")
    return int(number) if kind == "person" and number.isascii() and number.isdigit() else None


async def lines(
    *, event: int | None, before: int | None = None, most: int = PAGE, chosen: Chosen | None = None
) -> list[LineView]:
    """The event's lines (None: the installation's), the latest first, below the id `before`; two queries."""
    where = _where(chosen or Chosen(), event)
    query = AuditLine.select().where(where).order_by(AuditLine.id, ascending=False).limit(most)
    rows = await (query.where(AuditLine.id < before) if before is not None else query)
    ids = [row["id"] for row in rows]
    seals = await AuditSeal.select(AuditSeal.line).where(AuditSeal.line.is_in(ids)) if ids else []
    sealed = {row["line"] for row in seals}
    return [
        LineView(row["id"], row["at"], row["actor"], row["action"], row["subject"], row["facts"], row["id"] in sealed)
        for row in rows
    ]


async def actors(event: int) -> list[str]:
    """Who stands in the event's lines: `person:12`, `system`; tokens count as their person."""
    column: Any = AuditLine.actor
    rows = await AuditLine.select(column).distinct().where(AuditLine.event == event).limit(MOST_ACTORS)
    return sorted({row["actor"].partition("/")[0] for row in rows})


async def facts(*, event: int | None) -> list[RecordedFact]:
    """Every line of the event (None: of the installation), the earliest first, for who compares it with their data."""
    own: Any = AuditLine.event
    rows = await AuditLine.select().where(own.is_null() if event is None else own == event).order_by(AuditLine.id)
    return [
        RecordedFact(row["id"], row["at"], row["actor"], row["action"], row["subject"], _decoded(row["facts"]))
        for row in rows
    ]


def _decoded(stored: str) -> dict[str, Any]:
    try:
        return msgspec.json.decode(stored, type=dict[str, Any])
    except msgspec.DecodeError:
        return {}


def _where(chosen: Chosen, event: int | None) -> Any:
    own: Any = AuditLine.event
    found: Any = own.is_null() if event is None else own == event
    if chosen.actor:
        found &= (AuditLine.actor == chosen.actor) | AuditLine.actor.like(f"{_literal(chosen.actor)}/%")
    for column, value, separator in (
        (AuditLine.action, chosen.action, "."),
        (AuditLine.subject, chosen.subject, ":"),
    ):
        if value:
            own_kind = column.like(f"{_literal(value)}{separator}%")
            found &= (column == value) if separator in value else (column == value) | own_kind
    if chosen.since is not None:
        found &= AuditLine.at >= chosen.since
    if chosen.until is not None:
        found &= AuditLine.at < chosen.until
    return found


def _literal(text: str) -> str:
    """Without LIKE's wildcard; its `_` may match another letter, and no name of ours differs in that alone."""
    return text.replace("%", "").replace("\\", "")
