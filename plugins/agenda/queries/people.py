"""People on stage: their parts in sessions, their addresses, and what is kept under an address."""

from datetime import datetime
from typing import Any

from msgspec import Struct

from plenaria.core.kernel.values import LocalizedText
from plenaria.core.people import queries as people
from plenaria.core.people.queries import normal_email
from plenaria.plugins.agenda.queries.columns import Row, text
from plenaria.plugins.agenda.tables import SessionPart, StagePerson


class MyPart(Struct, frozen=True):
    """A person's own part in a session, for `/me`."""

    event: int
    session: str
    title: LocalizedText
    state: str
    role: str
    employer: str
    job_title: LocalizedText
    confirmed_at: datetime | None


async def parts_of(email: str, event_ids: list[int]) -> list[MyPart]:
    """The parts of the person with that address, in these events; one query."""
    if not event_ids or not email:
        return []
    session, person = SessionPart.session, SessionPart.person
    rows = (
        await SessionPart.select(
            session.event.as_alias("event"),
            session.code.as_alias("code"),
            session.title.as_alias("title"),
            session.state.as_alias("state"),
            SessionPart.role,
            SessionPart.employer,
            SessionPart.job_title,
            SessionPart.confirmed_at,
        )
        .where((person.email == normal_email(email)) & session.event.is_in(event_ids))
        .order_by(session.starts_at, SessionPart.id)
    )
    return [_my_part(row) for row in rows]


async def personal_data(person: int, /) -> dict[str, Any]:
    """What is kept under this person's address: as somebody on stage, and each part in a session; three queries."""
    known = await people.person(person)
    if known is None:
        return {}
    on_stage = (
        await StagePerson.select(
            StagePerson.event.slug.as_alias("event"),
            *(StagePerson.given_names, StagePerson.first_surname, StagePerson.second_surname, StagePerson.email),
            *(StagePerson.bio, StagePerson.is_public, StagePerson.absences),
        )
        .where(StagePerson.email == known.email)
        .order_by(StagePerson.id)
        .output(load_json=True)
    )
    session: Any = SessionPart.session
    parts = (
        await SessionPart.select(
            session.event.slug.as_alias("event"),
            session.code.as_alias("session"),
            *(SessionPart.role, SessionPart.employer, SessionPart.job_title, SessionPart.confirmed_at),
        )
        .where(SessionPart.person.email == known.email)
        .order_by(SessionPart.id)
        .output(load_json=True)
    )
    return {"people": on_stage, "parts": parts}


def _my_part(row: Row) -> MyPart:
    return MyPart(
        event=row["event"],
        session=row["code"],
        title=text(row["title"]),
        state=row["state"],
        role=row["role"],
        employer=row["employer"],
        job_title=text(row["job_title"]),
        confirmed_at=row["confirmed_at"],
    )


async def confirmed_parts(event_id: int) -> set[tuple[str, str]]:
    """`(session, person)` of everybody who confirmed that they will be there."""
    rows = await SessionPart.select(
        SessionPart.session.code.as_alias("session"), SessionPart.person.code.as_alias("person")
    ).where((SessionPart.session.event == event_id) & SessionPart.confirmed_at.is_not_null())
    return {(row["session"], row["person"]) for row in rows}


async def addresses(event_id: int) -> dict[str, str]:
    """Person's code → e-mail address, of those who have one. For mails, never for pages."""
    rows = await StagePerson.select(StagePerson.code, StagePerson.email).where(
        (StagePerson.event == event_id) & (StagePerson.email != "")
    )
    return {row["code"]: row["email"] for row in rows}
