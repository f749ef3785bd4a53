"""Schedules in and out. Pure: bytes and values, neither database nor network.

Out: a release as calendar entries (`entries`), as `schedule.json` (`frab_json`) and as `schedule.xml` (`frab_xml`), both strictly
valid by the schemas that https://c3voc.de/wiki/schedule publishes.

In: `read` takes a file from elsewhere, whichever of these it is and however careless, and gives values and a report:

    found = read(upload, zone="America/Mexico_City", language="es")
    found.imported.draft        # rooms, tracks, types, people and sessions, valid by the agenda's rules
    found.report.repaired       # notes: what was assumed, mended or renamed
    found.report.left_out       # notes: what did not come along

A file that cannot be read at all raises `Unreadable`, a ValueError with a code. Nothing that a file holds raises anything else,
resolves an entity, opens a file or an address, or takes more time or memory than in proportion to its size.
"""

from .audience import Reader
from .entries import contributed, entries, entry_of
from .imported import Imported, Read
from .json_writing import frab_json
from .notes import LEFT_OUT_WORDS, LOST_SESSIONS, NOTE_WORDS, REPAIRED_WORDS, UNREADABLE_WORDS, Note, Report, Unreadable
from .reading import read, read_calendar, read_json, read_xml
from .xml_writing import frab_xml

__all__ = [
    "LEFT_OUT_WORDS",
    "LOST_SESSIONS",
    "NOTE_WORDS",
    "REPAIRED_WORDS",
    "UNREADABLE_WORDS",
    "Imported",
    "Note",
    "Read",
    "Reader",
    "Report",
    "Unreadable",
    "contributed",
    "entries",
    "entry_of",
    "frab_json",
    "frab_xml",
    "read",
    "read_calendar",
    "read_json",
    "read_xml",
]
