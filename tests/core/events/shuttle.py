"""A plugin for the tests of declared events: settings, and runs that it keeps in a table of its own."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct
from piccolo.columns import Integer, Serial, Text
from piccolo.table import Table

from plenaria.core.forms import Problem
from plenaria.core.host.contributions import Declared
from plenaria.core.host.hookspecs import hookimpl
from plenaria.core.kernel.values import EventView, LocalizedText, Money, Refusal, Refused, Slug, Window


class ShuttleSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    seats: Annotated[int, Meta(ge=1, le=80)] = 30
    booking: Window = Window()
    note: LocalizedText = {}
    fare: Money | None = None


class Place(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    code: Slug
    name: LocalizedText


class Run(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    code: Slug
    leaves_at: Annotated[datetime, Meta(tz=True)]
    place: Annotated[str, Meta(extra={"known": "places"})] = ""


class ShuttleSection(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    places: Annotated[tuple[Place, ...], Meta(extra={"unique": "code"})] = ()
    runs: Annotated[tuple[Run, ...], Meta(extra={"unique": "code", "unordered": True})] = ()

    def problems(self) -> Iterator[Problem]:
        if len(self.runs) > 5:
            yield Problem("/runs", "too_many_runs", {}, "A shuttle has five runs at most.")


class ShuttleStore(Table, tablename="test_shuttle"):
    id: Serial
    event = Integer(unique=True)
    section = Text()


async def section_of(event: EventView) -> ShuttleSection:
    row = await ShuttleStore.select().where(ShuttleStore.event == event.id).first()
    return msgspec.json.decode(row["section"], type=ShuttleSection) if row else ShuttleSection()


async def apply_section(event: EventView, section: ShuttleSection, *, by: str, now: Any) -> None:
    if any(run.code == "midnight" for run in section.runs):
        raise Refused(Refusal("no_run_at_midnight", {}, "/runs/0"))
    await ShuttleStore.delete().where(ShuttleStore.event == event.id)
    await ShuttleStore(event=event.id, section=msgspec.json.encode(section).decode()).save()


@hookimpl
def register_settings() -> type[ShuttleSettings]:
    return ShuttleSettings


@hookimpl
def register_declared() -> Declared:
    return Declared(struct=ShuttleSection, read=section_of, apply=apply_section)
