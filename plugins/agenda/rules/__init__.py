"""The agenda's decisions. Pure: values and `now` in, decisions out."""

from .schedule import (
    ROLES,
    STATES,
    Draft,
    Part,
    Person,
    ReleasedSession,
    Role,
    Room,
    Schedule,
    Session,
    SessionType,
    State,
    Track,
    day_of,
)

__all__ = [
    "ROLES",
    "STATES",
    "Draft",
    "Part",
    "Person",
    "ReleasedSession",
    "Role",
    "Room",
    "Schedule",
    "Session",
    "SessionType",
    "State",
    "Track",
    "day_of",
]
