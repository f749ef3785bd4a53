"""After an erasure: every column of every table is searched for the person's name and address, on both engines."""

import json
from datetime import timedelta

from msgspec.structs import replace

from plenaria.core.me import erasure
from plenaria.core.people import services as people
from plenaria.core.storage import outbox
from plenaria.core.storage.database import Database, transaction
from plenaria.plugins.agenda.tables import Session, SessionPart, StagePerson
from plenaria.plugins.awards.tables import AwardCategory, Conflict, Nomination, Nominator, Sheet
from plenaria.plugins.registration.tables import TicketTypeRow, WaitingRow
from tests.plugins.registration.orders import attendee, place, sell
from tests.site import NOW, Site
from tests.storage import installed_tables

EMAIL, GIVEN, SURNAME, EMPLOYER = "zoila@example.mx", "Zoila Quetzalli", "Xicoténcatl", "Talleres Zacualpan"
TRACES = ("zoila", "quetzalli", "xicotencatl", "xicoténcatl", "zacualpan")
LATER = NOW + timedelta(days=16)


async def traces(database: Database) -> dict[str, set[str]]:
    """Table → what of the person is found in it, in whatever column, binary ones too."""
    found: dict[str, set[str]] = {}
    for table in installed_tables():
        name = table._meta.tablename
        rows = await database.fetch(f"SELECT * FROM {name}")  # noqa: S608 - our own names
        for value in (value for row in rows for value in row.values()):
            text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
            text = text.lower() + _unescaped(text)
            if here := {trace for trace in TRACES if trace in text}:
                found.setdefault(name, set()).update(here)
    return found


def _unescaped(text: str) -> str:
    try:
        return json.dumps(json.loads(text), ensure_ascii=False).lower()
    except ValueError:
        return ""


async def known_everywhere(site: Site) -> int:
    """A person with an account, an order, a place on a waiting list, a session, a nomination, jury work, a file and mails."""
    person = await people.ensure_person(EMAIL, now=NOW, name=(GIVEN, SURNAME, ""))
    await site.signed_in("organiser", email=EMAIL)
    await people.send_link(EMAIL, next_page="/", language="es", settings=site.settings, now=NOW)
    await sell(site.event)
    guest = replace(attendee(name=GIVEN, email=EMAIL), first_surname=SURNAME, employer=EMPLOYER)
    await place(site.event, guest, buyer_name=f"{GIVEN} {SURNAME}", buyer_email=EMAIL)
    kind = await TicketTypeRow.select(TicketTypeRow.id).first()
    assert kind is not None
    event = site.event.id
    async with transaction():
        await WaitingRow(
            event=event, ticket_type=kind["id"], name=GIVEN, email=EMAIL, seats=1, note=SURNAME, joined_at=NOW, key="w1"
        ).save()
        stage = StagePerson(event=event, code="p1", given_names=GIVEN, first_surname=SURNAME, email=EMAIL)
        await stage.save()
        session = Session(event=event, code="s1", uid="s1", changed_at=NOW)
        await session.save()
        await SessionPart(session=session.id, person=stage.id, employer=EMPLOYER).save()
        category = AwardCategory(event=event, code="c1", definition="{}")
        await category.save()
        nomination = Nomination(
            event=event,
            category=category.id,
            code="n1",
            created_at=NOW,
            changed_at=NOW,
            answers=f'{{"why": "{GIVEN}"}}',
        )
        await nomination.save()
        await Nominator(nomination=nomination.id, person=person.id, role="owner", added_at=NOW).save()
        await Sheet(event=event, nomination=nomination.id, juror=person.id, comment=GIVEN, assigned_at=NOW).save()
        await Conflict(
            nomination=nomination.id, juror=person.id, reason=SURNAME, declared_by=person.id, declared_at=NOW
        ).save()
        await outbox.tell(
            "registration_placed",
            event=site.event,
            now=NOW,
            order={
                "code": "X",
                "buyer_name": GIVEN,
                "buyer_email": EMAIL,
                "attendees": [{"email": EMAIL, "first_surname": SURNAME}],
            },
        )
    return person.id


async def test_nothing_of_an_erased_person_is_found_in_any_column(site: Site) -> None:
    person = await known_everywhere(site)
    before = await traces(site.database)
    await erasure.ask(person, address=EMAIL, by="test", settings=site.settings, now=NOW)

    assert await erasure.erase_due(now=LATER) == 1

    assert before.keys() >= {
        "core_person",
        "core_sign_in_link",
        "core_outbox_line",
        "registration_order",
        "registration_ticket",
        "registration_waiting",
        "agenda_person",
        "agenda_session_part",
        "awards_nomination",
    }
    assert await traces(site.database) == {}
