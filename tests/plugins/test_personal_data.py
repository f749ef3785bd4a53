"""Each plugin hands over what it keeps about a person, and nothing about others."""

from plenaria.core.people import services as people
from plenaria.core.storage.database import transaction
from plenaria.plugins.agenda.tables import Session, SessionPart, StagePerson
from plenaria.plugins.awards.tables import AwardCategory, Nomination, Nominator, Sheet
from plenaria.plugins.registration.tables import OrderRow, TicketRow, TicketTypeRow, WaitingRow
from tests.site import NOW, Site


async def test_a_download_holds_the_part_of_every_plugin(site: Site) -> None:
    ana = await site.signed_in(email="ana@example.mx")
    ids = {name: (await people.ensure_person(f"{name}@example.mx", now=NOW)).id for name in ("ana", "berta")}
    event = site.event.id
    async with transaction():
        for name, person in ids.items():
            await _registered(event, name)
            await _on_stage(event, name)
            await _nominating(event, name, person)

    answer = await ana.get("/me/account/data.json")

    told = answer.json()
    assert "berta" not in answer.text
    assert [order["invoice"] for order in told["registration"]["orders"]] == [{"rfc": "ana"}]
    assert [ticket["employer"] for ticket in told["registration"]["tickets"]] == ["Empresa ana"]
    assert [place["note"] for place in told["registration"]["waiting"]] == ["ana"]
    assert [one["bio"] for one in told["agenda"]["people"]] == [{"es": "ana"}]
    assert [(part["event"], part["session"], part["role"]) for part in told["agenda"]["parts"]] == [
        (site.event.slug, "s-ana", "speaker")
    ]
    assert [one["answers"] for one in told["awards"]["nominations"]] == [{"why": "ana"}]
    assert [one["scores"] for one in told["awards"]["sheets"]] == [{"impact": 4}]


async def test_who_is_known_to_no_plugin_gets_empty_parts(site: Site) -> None:
    ana = await site.signed_in(email="ana@example.mx")

    told = (await ana.get("/me/account/data.json")).json()

    for plugin in ("registration", "agenda", "awards"):
        assert not any(told[plugin].values()), plugin


async def _registered(event: int, name: str) -> None:
    address = f"{name}@example.mx"
    kind = TicketTypeRow(event=event, code=name, key=f"{event}/{name}")
    await kind.save()
    order = OrderRow(
        event=event,
        code=name,
        state="confirmed",
        buyer_name=name,
        buyer_email=address,
        placed_at=NOW,
        invoice=f'{{"rfc": "{name}"}}',
    )
    await order.save()
    await TicketRow(
        event=event,
        order=order.id,
        ticket_type=kind.id,
        code=name,
        given_names=name,
        first_surname="L",
        email=address,
        employer=f"Empresa {name}",
    ).save()
    await WaitingRow(
        event=event, ticket_type=kind.id, name=name, email=address, note=name, joined_at=NOW, key=name
    ).save()


async def _on_stage(event: int, name: str) -> None:
    person = StagePerson(
        event=event, code=name, given_names=name, email=f"{name}@example.mx", bio=f'{{"es": "{name}"}}'
    )
    await person.save()
    session = Session(event=event, code=f"s-{name}", uid=name, changed_at=NOW)
    await session.save()
    await SessionPart(session=session.id, person=person.id).save()


async def _nominating(event: int, name: str, person: int) -> None:
    category = AwardCategory(event=event, code=name, definition="{}")
    await category.save()
    nomination = Nomination(
        event=event, category=category.id, code=name, created_at=NOW, changed_at=NOW, answers=f'{{"why": "{name}"}}'
    )
    await nomination.save()
    await Nominator(nomination=nomination.id, person=person, role="owner", added_at=NOW).save()
    await Sheet(event=event, nomination=nomination.id, juror=person, scores='{"impact": 4}', assigned_at=NOW).save()
