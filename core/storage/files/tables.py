"""Uploaded files, as stored: in the database, so that every process on every host sees them and a backup holds them."""

from typing import Any

from piccolo.columns import Bytea, ForeignKey, Integer, Serial, Timestamptz, Varchar
from piccolo.table import Table

from plenaria.core.storage.database.references import EVENT, PERSON


class StoredFile(Table, tablename="core_file"):
    """One upload. What it is was read from its content, not believed from its name."""

    id: Serial
    code = Varchar(length=32, unique=True)
    event: ForeignKey[Any] = ForeignKey(references=EVENT, null=True, index=True)
    owner: ForeignKey[Any] = ForeignKey(references=PERSON, null=True, index=True)
    name = Varchar(length=200)
    media_type = Varchar(length=100)
    size = Integer()
    sha256 = Varchar(length=64)
    content = Bytea()
    stored_at = Timestamptz(default=None)
