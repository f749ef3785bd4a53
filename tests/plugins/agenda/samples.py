"""A small congress for the agenda's tests: two rooms, a panel, a keynote, three people."""

from datetime import UTC, datetime, timedelta

from plenaria.plugins.agenda import ics
from plenaria.plugins.agenda.rules import Draft, Part, Person, Room, Session, SessionType, Track
from plenaria.plugins.agenda.settings import PartItem, PersonItem, RoomItem, SessionItem, TrackItem, TypeItem

ZONE = "America/Mexico_City"
NINE = datetime(2025, 10, 1, 15, 0, tzinfo=UTC)
"""Nine o'clock in Mexico City on the first day."""

ROOMS = (Room(code="main", name={"es": "Salón Principal", "en": "Main hall"}), Room(code="side", name={"es": "Sala 2"}))
TRACKS = (Track(code="policy", name={"es": "Política pública", "en": "Public policy"}),)
TYPES = (
    SessionType(code="panel", name={"es": "Panel"}, needs=("moderator", "panellist")),
    SessionType(code="keynote", name={"es": "Conferencia"}),
    SessionType(code="break", name={"es": "Pausa"}, is_break=True),
)
PEOPLE = (
    Person(code="ana", given_names="Ana", first_surname="Ruiz"),
    Person(code="luis", given_names="Luis", first_surname="Mora"),
    Person(code="secret", given_names="Nadie", first_surname="Oculto", is_public=False),
)


def session(code: str, *, number: int = 1, minutes_later: int | None = 0, **values: object) -> Session:
    """A confirmed keynote in the main hall, so many minutes after nine (None: without a start)."""
    starts = None if minutes_later is None else NINE + timedelta(minutes=minutes_later)
    given = {
        "title": {"es": f"Sesión {code}", "en": f"Session {code}"},
        "type": "keynote",
        "room": "main",
        "state": "confirmed",
        "starts_at": starts,
        **values,
    }
    return Session(code=code, number=number, uid=ics.uid("congress", code), **given)  # type: ignore[arg-type]


def draft(*sessions: Session) -> Draft:
    return Draft(rooms=ROOMS, tracks=TRACKS, types=TYPES, people=PEOPLE, sessions=sessions)


def part(person: str, role: str = "speaker", employer: str = "") -> Part:
    return Part(person=person, role=role, employer=employer)  # type: ignore[arg-type]


ROOM_ITEM = RoomItem(code="main", name={"es": "Salón Principal", "en": "Main hall"}, capacity=300)
SIDE_ITEM = RoomItem(code="side", name={"es": "Sala 2", "en": "Room 2"})
TRACK_ITEM = TrackItem(code="policy", name={"es": "Política pública"})
TYPE_ITEM = TypeItem(code="keynote", name={"es": "Conferencia", "en": "Keynote"})
ANA_ITEM = PersonItem(code="ana", given_names="Ana", first_surname="Ruiz", email="ana@ponentes.example")
LUIS_ITEM = PersonItem(code="luis", given_names="Luis", first_surname="Mora")


def session_item(code: str, *, minutes_later: int = 0, **values: object) -> SessionItem:
    given = {
        "title": {"es": f"Sesión {code}", "en": f"Session {code}"},
        "type": "keynote",
        "room": "main",
        "state": "confirmed",
        "starts_at": NINE + timedelta(minutes=minutes_later),
        "people": (PartItem(person="ana", employer="Frenos Quimera"),),
        **values,
    }
    return SessionItem(code=code, **given)  # type: ignore[arg-type]
