from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plenaria.plugins.agenda.ics import Conference, Organizer, Slot, UnknownZone, calendar, entry, read, uid

SLOT = Slot(
    uid=uid("ciiam-2025", "k3v9"),
    starts_at=datetime(2025, 10, 1, 15, 0, tzinfo=UTC),
    ends_at=datetime(2025, 10, 1, 16, 30, tzinfo=UTC),
    zone="America/Mexico_City",
    title="Nearshoring; ¿qué sigue, y para quién?",
    description="Primera línea\nSegunda",
    location="Salón Los Morales",
    geo=(19.4347, -99.2103),
    url="https://plenaria.example/ciiam-2025/agenda/nearshoring",
    categories=("T-MEC", "Cadena, local"),
    status="confirmed",
    revision=3,
    changed_at=datetime(2025, 9, 1, 18, 0, 0, 250_000, tzinfo=UTC),
    conference=Conference(uri="https://video.example/sala?id=1", label='Sala "A", planta 2'),
    organizer=Organizer(address="programa@plenaria.example", name="INA: programa"),
    alarm_min=15,
)

WHOLE = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Plenaria//Agenda//ES
CALSCALE:GREGORIAN
METHOD:PUBLISH
NAME;LANGUAGE=es:CIIAM 2025
X-WR-CALNAME:CIIAM 2025
URL:https://plenaria.example/ciiam-2025/agenda
REFRESH-INTERVAL;VALUE=DURATION:PT1H
X-PUBLISHED-TTL:PT1H
BEGIN:VTIMEZONE
TZID:America/Mexico_City
BEGIN:STANDARD
DTSTART:20221030T020000
TZNAME:CST
TZOFFSETFROM:-0500
TZOFFSETTO:-0600
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
UID:{uid}
DTSTAMP:20250901T180000Z
LAST-MODIFIED:20250901T180000Z
SEQUENCE:3
STATUS:CONFIRMED
DTSTART;TZID=America/Mexico_City:20251001T090000
DTEND;TZID=America/Mexico_City:20251001T103000
SUMMARY:Nearshoring\\; ¿qué sigue\\, y para quién?
DESCRIPTION:Primera línea\\nSegunda
LOCATION:Salón Los Morales
GEO:19.434700;-99.210300
CATEGORIES:T-MEC,Cadena\\, local
URL:https://plenaria.example/ciiam-2025/agenda/nearshoring
CONFERENCE;VALUE=URI;FEATURE=AUDIO,VIDEO;LABEL="Sala ^'A^', planta 2":https
 ://video.example/sala?id=1
ORGANIZER;CN="INA: programa":mailto:programa@plenaria.example
BEGIN:VALARM
ACTION:DISPLAY
DESCRIPTION:Nearshoring\\; ¿qué sigue\\, y para quién?
TRIGGER:-PT15M
END:VALARM
END:VEVENT
END:VCALENDAR
"""

ANY_TEXT = st.text(st.characters(), max_size=300)


def changed(**fields: object) -> Slot:
    return msgspec.structs.replace(SLOT, **fields)


def written(*slots: Slot) -> bytes:
    return calendar(slots, name="CIIAM 2025", language="es")


def test_the_whole_calendar_reads_as_agreed() -> None:
    body = calendar(
        [
            changed(
                conference=Conference(
                    uri="https://video.example/sala?id=1", label='Sala "A", planta 2', features=("audio", "video")
                )
            )
        ],
        name="CIIAM 2025",
        language="es",
        url="https://plenaria.example/ciiam-2025/agenda",
    )

    assert body.decode() == WHOLE.format(uid=SLOT.uid).replace("\n", "\r\n")


def test_what_is_written_comes_back() -> None:
    found = read(written(SLOT))

    assert found.slots == (changed(changed_at=datetime(2025, 9, 1, 18, tzinfo=UTC)),)
    assert (found.name, found.left_out) == ("CIIAM 2025", ())


def test_one_session_alone_is_the_same_entry_as_in_the_feed() -> None:
    event = written(SLOT).partition(b"BEGIN:VEVENT")[2]

    assert entry(SLOT, language="es").partition(b"BEGIN:VEVENT")[2] == event
    assert b"X-WR-CALNAME" not in entry(SLOT, language="es")


def test_the_same_values_give_the_same_bytes_whatever_their_offset() -> None:
    elsewhere = changed(starts_at=SLOT.starts_at.astimezone(), ends_at=SLOT.ends_at.astimezone())

    assert written(SLOT) == written(SLOT) == written(elsewhere)


def test_a_cancelled_session_stays_and_says_so() -> None:
    assert b"STATUS:CANCELLED\r\n" in written(changed(status="cancelled"))


def test_an_empty_agenda_is_still_a_calendar() -> None:
    assert read(written()).slots == ()


def test_uids_depend_on_the_stored_identities_and_keep_them_apart() -> None:
    assert uid("ciiam-2025", "k3v9") == "2c6574b3-4264-59a2-9310-56574c0de8d8"
    assert len({uid("a/b", "c"), uid("a", "b/c"), uid("", "a/b/c"), uid("c", "a/b")}) == 4


def test_a_backslash_before_an_n_stays_one() -> None:
    """icalendar's own encoder makes a line break of it."""
    found = read(written(changed(title=r"C:\New\nuevo \; \\")))

    assert found.slots[0].title == r"C:\New\nuevo \; \\"


def test_nothing_typed_can_add_a_line() -> None:
    attack = "x\r\nATTACH:https://evil.example/\x85BEGIN:VEVENT\u2028\nEND:VEVENT"
    slot = changed(
        title=attack,
        location=attack,
        url="https://a.example/" + attack,
        categories=(attack,),
        conference=Conference(uri=attack, label=attack, features=(attack,)),
        organizer=Organizer(address=attack, name=attack),
    )

    lines = calendar([slot], name=attack, language="es").decode().replace("\r\n ", "").splitlines()

    assert [line for line in lines if line.startswith(("ATTACH", "BEGIN:VEVENT"))] == ["BEGIN:VEVENT"]


@given(ANY_TEXT)
def test_any_text_is_folded_at_75_octets_within_utf8_and_comes_back_without_control_characters(text: str) -> None:
    body = written(changed(title=text, description=text, alarm_min=None))

    assert all(len(line) <= 75 and line.decode() is not None for line in body.split(b"\r\n"))
    assert body.count(b"\n") == body.count(b"\r\n") == body.count(b"\r")
    kept = "".join(c for c in text.replace("\r\n", "\n") if c in "\t\n\r\x0b\x0c\x85" or not is_control(c))
    for line_break in "\r\x0b\x0c\x85\u2028\u2029":
        kept = kept.replace(line_break, "\n")
    assert read(body).slots[0].description == kept.strip()


def is_control(character: str) -> bool:
    return ord(character) < 32 or 127 <= ord(character) < 160 or 0xD800 <= ord(character) < 0xE000


@given(st.text(" \\\n,;", max_size=400))
def test_runs_of_blanks_and_backslashes_are_folded_too(text: str) -> None:
    body = written(changed(description=f"x{text}x"))

    assert max(len(line) for line in body.split(b"\r\n")) <= 75
    assert read(body).slots[0].description == f"x{text}x"


@pytest.mark.parametrize(
    "wrong",
    [
        {"ends_at": SLOT.starts_at},
        {"ends_at": SLOT.starts_at + timedelta(microseconds=1)},
        {"starts_at": datetime(2025, 10, 1, 9, 0)},  # noqa: DTZ001 - the case in point
        {"changed_at": datetime(2025, 10, 1, 9, 0)},  # noqa: DTZ001
        {"geo": (91.0, 0.0)},
        {"geo": (float("nan"), 0.0)},
    ],
)
def test_an_entry_that_no_calendar_can_hold_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        written(changed(**wrong))


@pytest.mark.parametrize("zone", ["Mexico/CDMX", "../../etc/passwd", "", "america/mexico_city"])
def test_an_unknown_zone_is_refused(zone: str) -> None:
    with pytest.raises(UnknownZone):
        written(changed(zone=zone))


def test_two_entries_with_one_uid_are_refused() -> None:
    with pytest.raises(ValueError, match="two entries"):
        written(SLOT, SLOT)
