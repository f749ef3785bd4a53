"""Opening an event in the browser."""

from plenaria.core.people import services as people
from tests.site import Site

NEW = {
    "slug": "salon-2026",
    "name.es": "Salón 2026",
    "starts_on": "2026-03-01",
    "ends_on": "2026-03-02",
    "zone": "America/Tijuana",
    "language": "es",
    "currency": "MXN",
    "is_public": "1",
}


async def _owner_of_the_house(site: Site):  # type: ignore[no-untyped-def]  # an httpx client
    boss = await people.ensure_person("boss@example.mx", now=site.now)
    await people.grant(boss, "owner", event=None, by="test", now=site.now)
    return await site.signed_in(email="boss@example.mx")


async def test_an_owner_of_the_house_opens_an_event_and_owns_it(site: Site) -> None:
    boss = await _owner_of_the_house(site)

    page = await boss.get("/new-event")
    answer = await boss.post("/new-event", data=NEW)

    assert page.status_code == 200
    assert (answer.status_code, answer.headers["location"]) == (303, "/salon-2026/organise/plugins")
    assert (await boss.get("/salon-2026/organise/plugins")).status_code == 200
    assert "Salón 2026" in (await site.visitor().get("/")).text


async def test_a_taken_or_reserved_address_is_refused_with_everything_typed_kept(site: Site) -> None:
    boss = await _owner_of_the_house(site)

    taken = await boss.post("/new-event", data={**NEW, "slug": site.event.slug})
    reserved = await boss.post("/new-event", data={**NEW, "slug": "sign-in"})

    assert (taken.status_code, reserved.status_code) == (409, 422)
    assert "Salón 2026" in taken.text
    assert "Salón 2026" in reserved.text


async def test_owners_of_one_event_do_not_open_others(site: Site) -> None:
    owner = await site.signed_in("owner")

    assert (await owner.get("/new-event")).status_code == 403
    assert (await owner.post("/new-event", data=NEW)).status_code == 403
