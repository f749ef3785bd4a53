"""Making a person known, and their name."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from plenaria.core.host.visit import PersonView
from plenaria.core.people import queries
from plenaria.core.people.queries import normal_email
from plenaria.core.people.tables import Person
from plenaria.core.storage.database import transaction


async def ensure_person(email: str, *, now: datetime, language: str = "", name: Sequence[str] = ()) -> PersonView:
    """The person with that address; made when there is none. `name`: given names, first and second surname.

    A name is only filled in where none was known. Joins the caller's transaction.
    """
    address = normal_email(email)
    async with transaction():
        if (known := await queries.person_by_email(address)) is None:
            row = Person(email=address, language=language, created_at=now)
            await Person.insert(row).on_conflict(action="DO NOTHING")
            known = await queries.person_by_email(address)
            assert known is not None  # noqa: S101 - stored just now, by us or by somebody at the same moment
        if name and not known.given_names:
            given, first, second = (*name, "", "", "")[:3]
            await Person.update(
                {Person.given_names: given, Person.first_surname: first, Person.second_surname: second}
            ).where(Person.id == known.id)
            known = msgspec.structs.replace(known, given_names=given, first_surname=first, second_surname=second)
        return known


async def rename(person: int, *, given_names: str, first_surname: str, second_surname: str, language: str) -> None:
    await Person.update(
        {
            Person.given_names: given_names,
            Person.first_surname: first_surname,
            Person.second_surname: second_surname,
            Person.language: language,
        }
    ).where(Person.id == person)
