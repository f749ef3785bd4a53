"""2,000 sessions to bytes, against icalendar's own components doing the same in the same run.

    python benchmarks/ics.py

Prints the median of seven runs of each, in seconds, and their ratio. Both write the same properties; the baseline
writes no VTIMEZONE and so is favoured.
"""

import statistics
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import perf_counter
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event

from plenaria.plugins.agenda.ics import Slot, calendar, uid

SESSIONS = 2_000
RUNS = 7
DESCRIPTION = "Un panel sobre cadenas de suministro, nearshoring y la revisión del T-MEC; con preguntas.\n" * 5


def slots() -> list[Slot]:
    opening = datetime(2025, 10, 1, 14, 0, tzinfo=UTC)
    return [
        Slot(
            uid=uid("ciiam-2025", str(number)),
            starts_at=opening + timedelta(minutes=5 * number),
            ends_at=opening + timedelta(minutes=5 * number + 45),
            zone="America/Mexico_City",
            title=f"Sesión {number}: electrificación, proveedores y política pública",
            description=DESCRIPTION,
            location=f"Salón {number % 20}",
            geo=(19.4347, -99.2103),
            url=f"https://plenaria.example/ciiam-2025/agenda/{number}",
            categories=("T-MEC", "Electrificación"),
            revision=number % 5,
            changed_at=opening - timedelta(days=30, minutes=number),
        )
        for number in range(SESSIONS)
    ]


def by_components(given: list[Slot]) -> bytes:
    """The baseline: icalendar as its documentation shows it."""
    whole = Calendar()
    for slot in given:
        event = Event()
        place = ZoneInfo(slot.zone)
        for name, value in (
            ("uid", slot.uid), ("dtstamp", slot.changed_at), ("last-modified", slot.changed_at),
            ("sequence", slot.revision), ("status", slot.status.upper()),
            ("dtstart", slot.starts_at.astimezone(place)), ("dtend", slot.ends_at.astimezone(place)),
            ("summary", slot.title), ("description", slot.description), ("location", slot.location),
            ("geo", slot.geo), ("url", slot.url), ("categories", list(slot.categories)),
        ):  # fmt: skip
            event.add(name, value)
        whole.add_component(event)
    return whole.to_ical()


def median_s(work: Callable[[], bytes]) -> float:
    times = []
    for _ in range(RUNS):
        begun = perf_counter()
        work()
        times.append(perf_counter() - begun)
    return statistics.median(times)


def main() -> None:
    given = slots()
    ours = median_s(lambda: calendar(given, name="CIIAM 2025", language="es"))
    baseline = median_s(lambda: by_components(given))
    print(f"{SESSIONS} sessions: {ours:.3f} s; icalendar's components {baseline:.3f} s; {baseline / ours:.1f} times")


if __name__ == "__main__":
    main()
