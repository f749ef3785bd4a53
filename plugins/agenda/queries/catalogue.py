"""The catalogue of an event: its rooms, tracks, session types and people on stage.

Each list is described once, by a `Catalogue`: its table, its Struct, where sessions use it.
"""

from collections.abc import Callable
from datetime import time
from typing import Any, Final, Generic, TypeVar

import msgspec
from msgspec import Struct
from piccolo.columns import ForeignKey

from plenaria.plugins.agenda import rules
from plenaria.plugins.agenda.queries.columns import Row, decoded, text
from plenaria.plugins.agenda.settings import AbsenceItem, PersonItem, RoomItem, TrackItem, TypeItem
from plenaria.plugins.agenda.tables import Room, Session, SessionPart, SessionType, StagePerson, Track

Item = RoomItem | TrackItem | TypeItem | PersonItem
CatalogueTable = type[Room] | type[Track] | type[SessionType] | type[StagePerson]
I = TypeVar("I", bound=Item)  # noqa: E741 - the item of a catalogue, as T is a type


class Stored(Struct, Generic[I], frozen=True):
    """An item as stored, with the revision that a form hands back."""

    item: I
    revision: int


class Catalogue(Struct, Generic[I], frozen=True, kw_only=True):
    """One of the four lists. `name` stands in addresses and in an event's file, `singular` in the audit log."""

    name: str
    singular: str
    table: CatalogueTable
    struct: type[I]
    read: Callable[[Row], I]
    used_in: type[Session] | type[SessionPart]
    used_as: ForeignKey[Any]
    """The column of `used_in` that names an item."""


def room(row: Row) -> rules.Room:
    return rules.Room(
        code=row["code"],
        name=text(row["name"]),
        capacity=row["capacity"],
        opens=_time(row["opens"]),
        closes=_time(row["closes"]),
    )


def track(row: Row) -> rules.Track:
    return rules.Track(code=row["code"], name=text(row["name"]), colour=row["colour"])


def session_type(row: Row) -> rules.SessionType:
    return rules.SessionType(
        code=row["code"], name=text(row["name"]), needs=tuple(decoded(row["needs"])), is_break=row["is_break"]
    )


def person(row: Row) -> rules.Person:
    return rules.Person(
        code=row["code"],
        given_names=row["given_names"],
        first_surname=row["first_surname"],
        second_surname=row["second_surname"],
        bio=text(row["bio"]),
        is_public=row["is_public"],
    )


def absences(row: Row) -> tuple[rules.Absence, ...]:
    return msgspec.convert(decoded(row["absences"]), tuple[rules.Absence, ...])


def _time(stored: str) -> time | None:
    return time.fromisoformat(stored) if stored else None


def _person_item(row: Row) -> PersonItem:
    away = msgspec.convert(decoded(row["absences"]), tuple[AbsenceItem, ...])
    return PersonItem(**msgspec.structs.asdict(person(row)), email=row["email"], absences=away)


ROOMS: Final = Catalogue(
    name="rooms",
    singular="room",
    table=Room,
    struct=RoomItem,
    read=lambda row: RoomItem(**msgspec.structs.asdict(room(row))),
    used_in=Session,
    used_as=Session.room,
)
TRACKS: Final = Catalogue(
    name="tracks",
    singular="track",
    table=Track,
    struct=TrackItem,
    read=lambda row: TrackItem(**msgspec.structs.asdict(track(row))),
    used_in=Session,
    used_as=Session.track,
)
TYPES: Final = Catalogue(
    name="types",
    singular="session_type",
    table=SessionType,
    struct=TypeItem,
    read=lambda row: TypeItem(**msgspec.structs.asdict(session_type(row))),
    used_in=Session,
    used_as=Session.type,
)
PEOPLE: Final = Catalogue(
    name="people",
    singular="stage_person",
    table=StagePerson,
    struct=PersonItem,
    read=_person_item,
    used_in=SessionPart,
    used_as=SessionPart.person,
)
CATALOGUES: Final[tuple[Catalogue[Any], ...]] = (ROOMS, TRACKS, TYPES, PEOPLE)


async def rows(event_id: int, table: CatalogueTable) -> list[Row]:
    """The rows of an event, in the order that its organisers gave them."""
    found: list[Row] = await table.select().where(table.event == event_id).order_by(table.position, table.id)
    return found


async def items(event_id: int, catalogue: Catalogue[I]) -> list[Stored[I]]:
    """All of a catalogue as a form shows them, in their order."""
    return [Stored(catalogue.read(row), row["revision"]) for row in await rows(event_id, catalogue.table)]


async def item(event_id: int, catalogue: Catalogue[I], code: str) -> Stored[I] | None:
    """The one of that code."""
    table = catalogue.table
    row: Any = await table.select().where((table.event == event_id) & (table.code == code)).first()
    return Stored(catalogue.read(row), row["revision"]) if row else None
