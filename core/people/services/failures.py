"""What is kept of a sign-in that failed: a number for the person, a line in the record of changes, a figure for who runs it."""

from datetime import datetime
from typing import Final, Literal

from prometheus_client import Counter

from plenaria.core.people.tables import Person
from plenaria.core.storage import audit
from plenaria.core.storage.database import transaction

Way = Literal["password", "code"]

FAILED: Final = Counter("plenaria_failed_sign_ins_total", "Wrong passwords and codes.", ["way"])


async def note_failure(way: Way, *, person: int | None, now: datetime) -> None:
    """Record it in a transaction of its own. The same work when nobody has that address, and no address is written."""
    FAILED.labels(way).inc()
    async with transaction():
        await Person.update({Person.failed_sign_ins: Person.failed_sign_ins + 1}).where(Person.id == (person or 0))
        subject = f"person:{person or 'unknown'}"
        await audit.record("person.sign_in_failed", by="visitor", subject=subject, facts={"way": way}, now=now)


async def take_failures(person: int) -> int:
    """How many there were since the last sign-in; counted anew from here on. Joins the caller's transaction."""
    row = await Person.select(Person.failed_sign_ins).where(Person.id == person).first()
    if found := row["failed_sign_ins"] if row else 0:
        await Person.update({Person.failed_sign_ins: Person.failed_sign_ins - found}).where(Person.id == person)
    return int(found)
