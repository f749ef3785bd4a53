"""Uploaded files, as stored: in the database, so that every process on every host sees them and a backup holds them."""

from piccolo.columns import Bytea, ForeignKey, Integer, Serial, Timestamptz, Varchar
from piccolo.table import Table

from core.events.tables import Event
from core.people.tables import Person


class StoredFile(Table, tablename="core_file"):
    """One upload. What it is was read from its content, not believed from its name."""

    id: Serial
    code = Varchar(length=32, unique=True)
    event = ForeignKey(references=Event, null=True)
    owner = ForeignKey(references=Person, null=True)
    name = Varchar(length=200)
    media_type = Varchar(length=100)
    size = Integer()
    sha256 = Varchar(length=64)
    content = Bytea()
    stored_at = Timestamptz(default=None)
