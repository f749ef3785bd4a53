"""The record of changes on its page and as JSON: words, links, filters, pages; and nobody's name in what is stored."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from plenaria.core.cli import main
from plenaria.core.people import services as people
from plenaria.core.storage import audit
from plenaria.core.storage.database import transaction
from tests.site import NOW, Site

SAMPLE = Path(__file__).parents[3] / "config" / "events" / "ciiam-2025.toml"


async def changes(client: Any, site: Site, query: str = "") -> list[dict[str, Any]]:
    answer = await client.get(f"/api/v1/events/{site.event.slug}/changes{query}")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def renamed(site: Site, client: Any, venue: str) -> None:
    path = f"/api/v1/events/{site.event.slug}/declaration"
    document = (await client.get(path)).json()
    document["event"]["venue"] = venue
    answer = await client.put(path, json={"event": document["event"], "plugins": {}})
    assert answer.status_code == 200, answer.text


async def test_a_change_is_told_from_what_to_what_with_its_thing_and_its_person(site: Site) -> None:
    owner = await site.signed_in("owner")
    await renamed(site, owner, "Salón Rojo")

    line = next(each for each in await changes(owner, site) if each["action"] == "event.changed")
    shown = (await owner.get(f"/{site.event.slug}/organise/audit?action=event.changed")).text

    assert line["href"] == f"/{site.event.slug}/organise/event"
    assert [(each["label"], each["new_words"]) for each in line["changes"]] == [("Sede", "Salón Rojo")]
    assert line["by"].startswith("person:")
    assert "<ins>Salón Rojo</ins>" in shown
    assert f'<a href="{line["href"]}">' in shown


async def test_a_change_of_a_list_is_shown_too(site: Site) -> None:
    await site.bearer("owner", "event.view", "me.read")
    owner = await site.signed_in("owner")

    line = next(each for each in await changes(owner, site) if each["action"] == "token.made")
    page = await owner.get(f"/{site.event.slug}/organise/audit")

    assert line["changes"][0]["new"] == ["event.view", "me.read"]
    assert page.status_code == 200


async def test_the_record_is_chosen_by_person_kind_thing_and_time(site: Site) -> None:
    owner, ana = await site.signed_in("owner"), await people.ensure_person("ana@example.mx", now=NOW)
    async with transaction():
        for action, by, subject, days in (
            ("order.paid", "person:77", "order:AAAA", 0),
            ("order.cancelled", "person:77/token:5", "order:BBBB", 1),
            ("waiting_list.joined", "system", "ticket_type:full", 2),
        ):
            now = NOW + timedelta(days=days)
            await audit.record(action, by=by, subject=subject, event=site.event.id, facts={}, now=now)
    await people.grant(ana, "door", event=site.event, by="cli", now=NOW)

    async def chosen(query: str) -> list[str]:
        return [each["subject"] for each in await changes(owner, site, query)]

    assert await chosen("?actor=person:77") == ["order:BBBB", "order:AAAA"]
    assert await chosen("?action=order.paid") == ["order:AAAA"]
    assert await chosen("?action=order") == ["order:BBBB", "order:AAAA"]
    assert await chosen("?subject=order:BBBB") == ["order:BBBB"]
    assert await chosen("?subject=ticket_type") == ["ticket_type:full"]
    assert await chosen("?subject=order&since=2025-09-02T00:00:00Z") == ["order:BBBB"]
    assert await chosen("?subject=order&until=2025-09-02T00:00:00Z") == ["order:AAAA"]
    assert f"person:{ana.id}" in await chosen("?action=team.granted")
    assert (await owner.get(f"/api/v1/events/{site.event.slug}/changes?since=2025-09-02")).status_code == 400
    page = (await owner.get(f"/{site.event.slug}/organise/audit?person=person:77&kind=order&code=AAAA")).text
    assert "order:AAAA" in page
    assert "order:BBBB" not in page


async def test_pages_of_the_record_keep_what_was_chosen(site: Site) -> None:
    owner = await site.signed_in("owner")
    async with transaction():
        for number in range(60):
            await audit.record(
                "order.paid", by="system", subject=f"order:{number:04}", event=site.event.id, facts={}, now=NOW
            )

    first = (await owner.get(f"/{site.event.slug}/organise/audit?action=order.paid")).text
    by_api = await owner.get(f"/api/v1/events/{site.event.slug}/changes?action=order&limit=50")
    rest = await owner.get(f"/api/v1/events/{site.event.slug}/changes?action=order&after={by_api.json()['next']}")

    assert "?action=order.paid&amp;before=" in first
    assert [each["subject"] for each in rest.json()["items"]] == [f"order:{n:04}" for n in reversed(range(10))]
    assert rest.json()["next"] is None


async def test_only_who_may_read_the_record_does(site: Site) -> None:
    for role, status in (("organiser", 200), ("finance", 200), ("door", 403)):
        client = await site.signed_in(role)
        assert (await client.get(f"/api/v1/events/{site.event.slug}/changes")).status_code == status


def test_no_line_of_the_demo_holds_a_name_or_an_address_of_its_people(tmp_path: Path) -> None:
    """The log outlives an erasure, so nothing in it may be a person's."""
    made = CliRunner().invoke(main, ["demo", "--no-serve", "--folder", str(tmp_path), "--event", str(SAMPLE)])
    assert made.exit_code == 0, made.output
    with closing(sqlite3.connect(tmp_path / "demo.sqlite3")) as database:
        rows = database.execute("SELECT actor, action, subject, facts FROM core_audit_line").fetchall()
        persons = database.execute(
            "SELECT email, given_names || ' ' || first_surname FROM core_person UNION"
            " SELECT email, given_names || ' ' || first_surname FROM agenda_person UNION"
            " SELECT email, given_names || ' ' || first_surname FROM registration_ticket UNION"
            " SELECT email, code FROM agenda_person"
        ).fetchall()
    stored = "\n".join(" ".join(row) for row in rows)

    names = {text for row in persons for text in row if text and text.strip()}

    assert len(rows) > 50
    assert len(names) > 50
    assert [name for name in sorted(names) if name in stored] == []
    assert "@" not in stored
    assert {row[1] for row in rows if '"changes"' in row[3]} >= {"order.paid", "agenda.applied", "award.declared"}
