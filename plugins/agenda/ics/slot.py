"""What a calendar entry is made of: values, all frozen, all in memory."""

from datetime import datetime
from typing import Literal
from uuid import UUID, uuid5

import msgspec

Status = Literal["confirmed", "cancelled", "tentative"]

# Chosen once. Changing it would give every entry on every phone a twin.
_OURS = UUID("6f0c3a52-5d0e-5b8e-9d0a-3f7b1c7f2a41")


class Conference(msgspec.Struct, frozen=True, kw_only=True):
    """Where to join from afar (RFC 7986, section 5.11)."""

    uri: str
    label: str = ""
    features: tuple[str, ...] = ("VIDEO", "AUDIO")


class Organizer(msgspec.Struct, frozen=True, kw_only=True):
    """Who answers for the entry. Give one only if that mailbox exists and is meant to be written to:
    mail programs show it, and answer to it."""

    address: str
    name: str = ""


class Slot(msgspec.Struct, frozen=True, kw_only=True):
    """One stretch of time of one session, as one calendar entry.

    `starts_at` is included, `ends_at` is not; both aware, in any offset, whole seconds (fractions are
    dropped). `zone` is the IANA id of the place, which decides what the reader's calendar shows and how it
    follows a change of the rules. `revision` grows with every change that readers should notice (SEQUENCE);
    `changed_at` is the stored moment of that change, never the moment of writing the calendar.
    `geo` is (latitude, longitude) in degrees, WGS 84. `alarm_min` asks for a reminder so many minutes before.
    """

    uid: str
    starts_at: datetime
    ends_at: datetime
    zone: str
    title: str
    changed_at: datetime
    revision: int = 0
    status: Status = "confirmed"
    description: str = ""
    location: str = ""
    geo: tuple[float, float] | None = None
    url: str = ""
    categories: tuple[str, ...] = ()
    conference: Conference | None = None
    organizer: Organizer | None = None
    alarm_min: int | None = None


def uid(event_uid: str, slot_uid: str) -> str:
    """The entry's name for ever: a UUID made of the two stored identities and nothing else.

    No host, language, time or number of slots goes in, so moving the service, translating the programme or
    splitting a session leaves every other entry's UID as it was. Nested, so ("a/b", "c") and ("a", "b/c")
    differ.
    """
    return str(uuid5(uuid5(_OURS, event_uid), slot_uid))
