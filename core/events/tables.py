"""Events and their plugins, as stored."""

from piccolo.columns import (
    JSON,
    Boolean,
    Date,
    ForeignKey,
    Integer,
    Serial,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.table import Table


class Event(Table, tablename="core_event"):
    """One edition of a congress. `revision` counts every change, its own and that of its plugins."""

    id: Serial
    slug = Varchar(length=50, unique=True)
    name = JSON()
    summary = JSON(default="{}")
    description = JSON(default="{}")
    zone = Varchar(length=64)
    starts_on = Date(default=None)
    ends_on = Date(default=None)
    venue = Varchar(length=200, default="")
    city = Varchar(length=200, default="")
    address = Text(default="")
    organiser = Varchar(length=200, default="")
    organiser_url = Varchar(length=500, default="")
    contact_email = Varchar(length=254, default="")
    accent = Varchar(length=7, default="")
    language = Varchar(length=8, default="es")
    currency = Varchar(length=3, default="MXN")
    is_public = Boolean(default=True)
    revision = Integer(default=0)
    changed_at = Timestamptz(default=None)


class EventPlugin(Table, tablename="core_event_plugin"):
    """That a plugin is switched on or off for an event, and its settings there (its own Struct as JSON)."""

    id: Serial
    event = ForeignKey(references=Event, null=False, index=True)
    plugin = Varchar(length=50)
    enabled = Boolean(default=True)
    settings = JSON(default="{}")
    key = Varchar(length=80, unique=True)
    """`{event id}/{plugin}`: one row for a pair."""
