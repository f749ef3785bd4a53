"""Calendars that no phone reads wrong: sessions to iCalendar (RFC 5545, RFC 7986) and back. Pure.

    entries = [Slot(uid=uid("congreso-2025", "k3v9"), starts_at=…, ends_at=…, zone="America/Mexico_City", …)]
    body = calendar(entries, name="Congreso 2025", language="es")      # bytes, UTF-8, ready to serve
    found = read(upload)                                            # found.slots, found.left_out

The same values give the same bytes, on every machine: nothing here knows the hour, the host or the machine's
own time zones. What organisers type as wall time becomes an instant with `instant`, which refuses an hour
that clocks skip.
"""

from .reading import LeftOut, Read, read
from .slot import Conference, Organizer, Slot, Status, uid
from .writing import calendar, entry
from .zones import UnknownZone, instant, vtimezone

__all__ = [
    "Conference",
    "LeftOut",
    "Organizer",
    "Read",
    "Slot",
    "Status",
    "UnknownZone",
    "calendar",
    "entry",
    "instant",
    "read",
    "uid",
    "vtimezone",
]
