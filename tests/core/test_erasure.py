"""Erasing a person's data: what is said before, blocked at once, taken back, erased as a whole or not at all."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pyotp
import pytest
from click.testing import CliRunner

from plenaria.core.cli import main
from plenaria.core.events.retention import OUTBOX_DAYS, forget_due
from plenaria.core.host import plugins
from plenaria.core.host.contributions import PersonalData
from plenaria.core.host.plugins import PluginHost
from plenaria.core.host.visit import Visit
from plenaria.core.kernel.values import ErasureLine, Refused
from plenaria.core.me import erasure
from plenaria.core.people import services as people
from plenaria.core.people.tables import Erasure
from plenaria.core.storage.audit.tables import AuditLine
from plenaria.core.storage.database import transaction
from plenaria.core.storage.files.tables import StoredFile
from plenaria.core.storage.outbox.tables import OutboxLine
from plenaria.plugins.agenda import services as agenda
from plenaria.plugins.agenda.tables import SessionPart, StagePerson
from plenaria.plugins.awards.tables import Conflict, Nomination, NominationFile, Sheet
from plenaria.plugins.registration.tables import OrderRow, TicketRow, WaitingRow
from tests.guest import guest
from tests.plugins.agenda.samples import ANA_ITEM
from tests.plugins.agenda.test_services import SECTION
from tests.plugins.test_personal_data import _nominating, _on_stage, _registered
from tests.site import NOW, Site

ANA = "ana@example.mx"
PAGE = "/me/account/erasure"


async def known_everywhere(site: Site) -> dict[str, int]:
    """Ana and Berta are known to every plugin; Berta must not lose anything."""
    ids = {name: (await people.ensure_person(f"{name}@example.mx", now=NOW)).id for name in ("ana", "berta")}
    async with transaction():
        for name, person in ids.items():
            await _registered(site.event.id, name)
            await _on_stage(site.event.id, name)
            await _nominating(site.event.id, name, person)
    return ids


async def stored() -> str:
    tables: list[Any] = [OrderRow, TicketRow, WaitingRow, StagePerson, SessionPart, Nomination, Sheet, Conflict]
    rows = [await table.select().order_by(table.id) for table in tables]
    return json.dumps(rows, default=str)


async def blocked(site: Site) -> int:
    ids = await known_everywhere(site)
    await erasure.ask(ids["ana"], address=ANA, by="test", settings=site.settings, now=NOW)
    return ids["ana"]


LATER = NOW + timedelta(days=15)


@pytest.mark.parametrize(("language", "words"), [("es", "Sus pedidos y boletos"), ("en", "Your orders and tickets")])
async def test_the_page_says_part_by_part_what_goes_and_what_stays_and_why(
    site: Site, language: str, words: str
) -> None:
    ana = await site.signed_in(email=ANA)
    await known_everywhere(site)

    page = await ana.get(f"{PAGE}?lang={language}")
    document = (await ana.get("/api/v1/me/erasure")).json()

    assert words in page.text
    fates = {part["plugin"]: [line["fate"] for line in part["lines"]] for part in document["parts"]}
    assert fates["registration"] == ["anonymised", "kept", "erased"]
    assert fates["agenda"] == ["erased"]
    assert "erased" in fates["awards"]
    assert fates["core"][-1] == "kept"
    assert document["days"] == 15


async def test_asking_needs_the_own_address_and_blocks_the_account_at_once(site: Site) -> None:
    ana, other = await site.signed_in(email=ANA), await site.signed_in(email=ANA)

    wrong = await ana.post(PAGE, data={"address": "berta@example.mx"})
    asked = await ana.post(PAGE, data={"address": " ANA@example.mx"})

    assert (wrong.status_code, asked.status_code) == (409, 303)
    assert [answer.status_code for answer in (await ana.get("/me"), await other.get("/me"))] == [401, 401]
    lines = await AuditLine.select(AuditLine.action, AuditLine.facts).where(AuditLine.action.like("person.erasure%"))
    assert [line["action"] for line in lines] == ["person.erasure_asked"]
    assert "ana" not in str(lines)


async def test_a_sign_in_link_takes_it_back_and_says_so_first(site: Site) -> None:
    person = await blocked(site)
    before = await stored()
    secret = await people.new_link(ANA, next_page="/me", valid_for=timedelta(hours=1), now=NOW)
    visitor = site.visitor()

    page = await visitor.get(f"/sign-in/{secret}?lang=en")
    assert (await visitor.post(f"/sign-in/{secret}")).status_code == 303
    site.now = LATER

    assert "Signing in takes that back" in page.text
    assert await erasure.erase_due(now=LATER) == 0
    assert await stored() == before
    assert [each.state for each in await erasure.requests() if each.person == person] == ["taken_back"]


async def test_a_password_does_not_open_a_blocked_account(site: Site) -> None:
    ana = await site.signed_in(email=ANA)
    password = "correct horse battery staple"
    assert (await ana.post("/me/account/password", data={"password": password})).status_code == 303
    await ana.post(PAGE, data={"address": ANA})

    with pytest.raises(Refused) as refused:
        await people.sign_in_with_password(Visit(NOW), ANA, password, user_agent="", settings=site.settings)

    assert [each.code for each in refused.value.refusals] == ["account_blocked"]


async def test_when_it_is_due_every_part_is_erased_and_nobody_else_loses_anything(site: Site) -> None:
    person = await blocked(site)
    await people.send_link(ANA, next_page="/", language="es", settings=site.settings, now=NOW)
    await people.send_link("berta@example.mx", next_page="/", language="es", settings=site.settings, now=NOW)

    early = await erasure.erase_due(now=LATER - timedelta(microseconds=1))
    done = await erasure.erase_due(now=LATER)
    again = await erasure.erase_due(now=LATER)

    assert (early, done, again) == (0, 1, 0)
    left = await stored()
    assert ANA not in left
    assert "Empresa ana" not in left
    assert "Empresa berta" in left
    order = await OrderRow.select().where(OrderRow.code == "ana").first()
    assert order is not None
    assert (order["buyer_name"], "rfc" in str(order["invoice"])) == ("—", True)
    assert "ana@" not in order["search"]
    assert [row["name"] for row in await WaitingRow.select(WaitingRow.name)] == ["berta"]
    assert [row["code"] for row in await StagePerson.select(StagePerson.code)] == ["berta"]
    mails = [
        msgspec.json.decode(row["payload"])["to"] for row in await OutboxLine.select().where(OutboxLine.kind == "mail")
    ]
    assert mails == ["berta@example.mx"]
    export = await plugins.host().contributed("registration", "register_personal_data").export(person)  # type: ignore[union-attr]
    assert not any(export.values())
    action = await AuditLine.select(AuditLine.subject).where(AuditLine.action == "person.erased")
    assert [row["subject"] for row in action] == [f"person:{person}"]
    assert (await people.ensure_person(ANA, now=LATER)).id != person


async def test_who_was_published_keeps_name_and_sessions_and_loses_the_address(site: Site) -> None:
    await agenda.apply_section(site.event, SECTION, by="test", now=NOW)
    person = (await people.ensure_person(ANA_ITEM.email, now=NOW)).id

    (part,) = [each for each in await erasure.preview(person) if each.plugin == "agenda"]
    await erasure.ask(person, address=ANA_ITEM.email, by="test", settings=site.settings, now=NOW)
    await erasure.erase_due(now=LATER)

    assert [line.fate for line in part.lines] == ["kept"]
    row = await StagePerson.select().where(StagePerson.code == ANA_ITEM.code).first()
    assert row is not None
    assert (row["given_names"], row["email"], row["absences"]) == (ANA_ITEM.given_names, "", "[]")
    assert (await site.visitor().get(f"/congress/speakers/{ANA_ITEM.code}")).status_code == 200


async def test_when_one_plugin_fails_nothing_is_erased_and_it_is_tried_again(site: Site) -> None:
    person = await blocked(site)
    before = await stored()
    fails = True

    async def export(person: int, /) -> Any:
        return []

    async def preview(person: int, /) -> list[ErasureLine]:
        return [ErasureLine(what="Seats", until=date(2030, 1, 1))]

    async def erase(person: int, /, *, now: Any) -> None:
        if fails:
            raise RuntimeError("not today")

    # The last in the plugins' order: every other one has erased by then, in the same transaction.
    data = PersonalData(export, preview=preview, erase=erase)
    async with guest(site, object(), name="z_guest", register_personal_data=data):
        first = await erasure.erase_due(now=LATER)
        after = await stored()
        (request,) = [each for each in await erasure.requests() if each.person == person]
        fails = False
        second = await erasure.erase_due(now=LATER)

    assert (first, second) == (0, 1)
    assert after == before
    assert (request.state, request.failed) == ("blocked", "z_guest")


async def test_owners_of_the_installation_see_numbers_and_what_is_to_be_done_by_hand(site: Site) -> None:
    person = await blocked(site)
    root = await people.ensure_person("root@example.mx", now=NOW)
    await people.grant(root, "owner", event=None, by="test", now=NOW)
    owner, organiser = await site.signed_in(email="root@example.mx"), await site.signed_in("owner")

    async def export(person: int, /) -> Any:
        return []

    async with guest(site, object(), register_personal_data=PersonalData(export)):
        page = await owner.get("/erasures?lang=en")
        listed = (await owner.get("/api/v1/erasures")).json()

    assert [(each["person"], each["state"]) for each in listed["requests"]] == [(person, "blocked")]
    assert listed["by_hand"] == ["guest"]
    assert "see to it by hand" in page.text
    assert ANA not in page.text
    assert (await organiser.get("/erasures")).status_code == 403


async def test_an_access_token_cannot_erase_its_owner(site: Site) -> None:
    bearer = await site.bearer("owner", "event.view")

    answer = await bearer.post("/api/v1/me/erasure", json={"address": "owner@example.mx"})

    assert answer.json()["errors"][0]["code"] == "not_permitted"


def test_the_command_erases_at_once(tmp_path: Path) -> None:
    config = tmp_path / "plenaria.toml"
    config.write_text(f'database = "sqlite:///{tmp_path}/one.sqlite3"\n', encoding="utf-8")
    runner = CliRunner()

    def plenaria(*arguments: str) -> Any:
        return runner.invoke(main, ["--config", str(config), *arguments], env={"LANG": "en"})

    assert plenaria("migrate").exit_code == 0
    assert plenaria("person", "invite", ANA, "--role", "owner").exit_code == 0
    blocked = plenaria("person", "erase", ANA)
    twice = plenaria("person", "erase", ANA)
    at_once = plenaria("person", "erase", ANA, "--at-once")
    with closing(sqlite3.connect(tmp_path / "one.sqlite3")) as database:
        ((state, due_at, ended_at),) = database.execute("SELECT state, due_at, ended_at FROM core_erasure")

    assert "core: Your account" in blocked.output
    assert "Blocked; to be erased on" in blocked.output
    assert twice.exit_code == 1
    assert (at_once.exit_code, at_once.output.splitlines()[-1], state) == (0, "Erased.", "erased")
    assert due_at == ended_at
    assert datetime.fromisoformat(ended_at) <= datetime.now(UTC)
    assert plenaria("person", "erase", "nobody@example.mx").exit_code == 1


async def test_a_plugin_that_is_installed_and_not_loaded_keeps_everything_from_being_erased(site: Site) -> None:
    person = await blocked(site)
    before, host = await stored(), plugins.host()
    berta = await site.signed_in(email="berta@example.mx")

    plugins.use(PluginHost.discover(disabled=["registration"]))
    try:
        erased = await erasure.erase_due(now=LATER)
        parts = {part.plugin: part.answer for part in await erasure.preview(person)}
        download = (await berta.get("/me/account/data.json")).json()
    finally:
        plugins.use(host)

    assert (erased, await stored()) == (0, before)
    assert [each.failed for each in await erasure.requests()] == ["registration"]
    assert parts["registration"] == "failed"
    assert download["missing"] == ["registration"]


async def test_settled_facts_that_hold_the_address_go_and_others_stay(site: Site) -> None:
    await blocked(site)

    async def fact(email: str, **settled: Any) -> int:
        payload = json.dumps({"order": {"buyer_name": "X", "tickets": [{"email": email}]}})
        line = OutboxLine(
            kind="fact", name="registration_placed", plugin="awards", payload=payload, created_at=NOW, **settled
        )
        await line.save()
        return int(line.id)

    await fact(ANA, done_at=NOW)
    await fact("Ana@Example.mx", given_up_at=NOW)
    waiting = await fact(ANA, due_at=LATER)
    others = [await fact(email, done_at=NOW) for email in ("berta@example.mx", f"susana.{ANA}", f"di{ANA}.org")]

    assert await erasure.erase_due(now=LATER) == 1

    lines = await OutboxLine.select(OutboxLine.id).where(OutboxLine.kind == "fact").order_by(OutboxLine.id)
    assert [line["id"] for line in lines] == [waiting, *others]


async def test_a_line_that_was_given_up_is_tidied_away_as_a_delivered_one_is(site: Site) -> None:
    for settled in ("done_at", "given_up_at"):
        await OutboxLine(kind="mail", name="x", plugin="", payload="{}", created_at=NOW, **{settled: NOW}).save()  # type: ignore[arg-type]

    await forget_due(now=NOW + timedelta(days=OUTBOX_DAYS))
    before = await OutboxLine.count()
    await forget_due(now=NOW + timedelta(days=OUTBOX_DAYS) + timedelta(seconds=1))

    assert (before, await OutboxLine.count()) == (2, 0)


async def test_the_files_of_emptied_drafts_go_and_those_of_others_stay(site: Site) -> None:
    await known_everywhere(site)
    for code in ("ana", "berta"):
        file = StoredFile(code=code, name="cv.pdf", media_type="application/pdf", size=1, content=b"x", stored_at=NOW)
        await file.save()
        nomination = await Nomination.select(Nomination.id).where(Nomination.code == code).first()
        assert nomination is not None
        await NominationFile(nomination=nomination["id"], question="cv", code=code, file=file.id).save()
    person = (await people.ensure_person(ANA, now=NOW)).id
    await erasure.ask(person, address=ANA, by="test", settings=site.settings, now=NOW)

    assert await erasure.erase_due(now=LATER) == 1

    assert [row["code"] for row in await NominationFile.select(NominationFile.code)] == ["berta"]
    assert [row["code"] for row in await StoredFile.select(StoredFile.code)] == ["berta"]


async def test_an_order_is_still_found_by_its_invoice_name(site: Site) -> None:
    await blocked(site)
    await OrderRow.update({OrderRow.invoice: '{"rfc": "X", "legal_name": "PEÑA Y SOCIOS"}'}).where(
        OrderRow.code == "ana"
    )

    await erasure.erase_due(now=LATER)

    order = await OrderRow.select(OrderRow.search).where(OrderRow.code == "ana").first()
    assert order is not None
    assert "pena y socios" in order["search"]
    assert ANA not in order["search"]


async def test_requests_that_fail_do_not_keep_later_ones_waiting(site: Site) -> None:
    failing = [(await people.ensure_person(f"p{number}@example.mx", now=NOW)).id for number in range(51)]
    for person in failing:
        await Erasure(person=person, requested_at=NOW, due_at=NOW, failed="z_guest").save()
    latest = await blocked(site)
    tried = []

    async def nothing(person: int, /) -> list[ErasureLine]:
        return []

    async def erase(person: int, /, *, now: Any) -> None:
        tried.append(person)
        if person in failing:
            raise RuntimeError("never")

    data = PersonalData(nothing, preview=nothing, erase=erase)
    async with guest(site, object(), name="z_guest", register_personal_data=data):
        assert await erasure.erase_due(now=LATER) == 1

    assert tried == [latest, *failing]


async def test_the_last_owner_of_an_event_is_told_of_which(site: Site) -> None:
    owner, second = await site.signed_in("owner"), await site.signed_in(email=ANA)
    address = {"address": "owner@example.mx"}

    alone = await owner.post(f"{PAGE}?lang=en", data=address)
    ana = await people.ensure_person(ANA, now=NOW)
    await people.grant(ana, "owner", event=site.event, by="test", now=NOW)
    # Another owner whose own account waits to be erased is none.
    first = await second.post("/api/v1/me/erasure", json={"address": ANA})
    still = await owner.post("/api/v1/me/erasure", json=address)

    assert alone.status_code == 409
    assert site.event.name["en"] in alone.text
    assert (first.status_code, still.status_code) == (202, 409)
    assert still.json()["errors"][0]["code"] == "last_owner"
    root = (await people.ensure_person("owner@example.mx", now=NOW)).id
    with pytest.raises(Refused):
        await people.revoke(root, "owner", event=site.event, by="test", may_grant_owner=True, now=NOW)


async def test_with_a_second_factor_only_its_code_takes_it_back(site: Site) -> None:
    ana = await site.signed_in(email=ANA)
    secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    await ana.post("/me/account/second-factor", data={"secret": secret, "code": pyotp.TOTP(secret).at(site.now)})
    await ana.post(PAGE, data={"address": ANA})
    site.now += timedelta(minutes=2)

    half = await site.signed_in(email=ANA)
    before = [each.state for each in await erasure.requests()]
    shown = await half.post("/sign-in/code", data={"code": pyotp.TOTP(secret).at(site.now)})

    assert (before, shown.status_code) == (["blocked"], 303)
    assert [each.state for each in await erasure.requests()] == ["taken_back"]
    assert (await half.get("/me")).status_code == 200
