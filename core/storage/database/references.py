"""How a table below events and people points to them: by name, so that storage imports no floor above it."""

from typing import Final

from piccolo.columns.reference import LazyTableReference

EVENT: Final = LazyTableReference("Event", module_path="plenaria.core.events.tables")
PERSON: Final = LazyTableReference("Person", module_path="plenaria.core.people.tables")
FILE: Final = LazyTableReference("StoredFile", module_path="plenaria.core.storage.files.tables")
