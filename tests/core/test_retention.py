"""How long data is kept: what is over is deleted, what is not stays, a plugin that fails keeps nothing else; and the list."""

from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from plenaria.core.app import jobs
from plenaria.core.cli import main
from plenaria.core.events import retention
from plenaria.core.host import plugins
from plenaria.core.host.contributions import Retention
from plenaria.core.kernel.trouble import Unavailable
from plenaria.core.people.tables import SignInLink
from plenaria.core.storage.requests.tables import IdempotentAnswer
from plenaria.plugins.registration.services.forgetting import NOBODY, NOWHERE
from plenaria.plugins.registration.tables import OrderRow, TicketRow, TicketTypeRow, WaitingRow
from tests.guest import guest
from tests.plugins.registration.orders import place, sell
from tests.site import NOW, Site

DAY = timedelta(days=1)


async def test_a_kind_is_deleted_when_its_days_are_over_and_an_installation_may_change_them(site: Site) -> None:
    await SignInLink(token_hash="a", email="a@example.mx", expires_at=NOW).save()

    await retention.forget_due(now=NOW + DAY)
    at_the_end = await SignInLink.count()
    retention.use({"core.sign_in_links": 3})
    await retention.forget_due(now=NOW + 2 * DAY)
    longer = await SignInLink.count()
    await retention.forget_due(now=NOW + 3 * DAY + timedelta(seconds=1))

    assert (at_the_end, longer, await SignInLink.count()) == (1, 1, 0)
    retention.use({})


async def test_invoices_of_the_erased_and_waiting_lists_end_too(site: Site) -> None:
    event = site.event.id
    kind = TicketTypeRow(event=event, code="full", key=f"{event}/full")
    await kind.save()
    for code, email, invoice in (("A", NOWHERE, "{}"), ("B", "b@example.mx", "{}")):
        await OrderRow(
            event=event, code=code, buyer_email=email, state="confirmed", invoice=invoice, placed_at=NOW
        ).save()
    await WaitingRow(event=event, ticket_type=kind.id, name="x", email="x@example.mx", joined_at=NOW, key="x").save()
    six_years = NOW.replace(year=NOW.year + 6, month=1, day=1)

    await retention.forget_due(now=six_years - DAY)
    kept = [row["invoice"] for row in await OrderRow.select().order_by(OrderRow.code)]
    await retention.forget_due(now=six_years)

    assert kept == ["{}", "{}"]
    assert [row["invoice"] for row in await OrderRow.select().order_by(OrderRow.code)] == [None, "{}"]
    assert await WaitingRow.count() == 0


async def test_names_in_orders_that_nobody_confirmed_go_after_a_month(site: Site) -> None:
    """Strangers may have typed them. An order whose buyer was written to stays as it is, and so does an open one."""
    await sell(site.event)
    never, mailed, still_open = [
        (await place(site.event, submission=f"form-{number}", is_verified=False)).code for number in range(3)
    ]
    await OrderRow.update({OrderRow.invoice: '{"legal_name": "ANA SA"}'}).where(OrderRow.code == never)
    await OrderRow.update({OrderRow.state: "expired"}).where(OrderRow.code.is_in([never, mailed]))
    await OrderRow.update({OrderRow.placed_mail_at: NOW}).where(OrderRow.code == mailed)

    await retention.forget_due(now=NOW + 30 * DAY)
    in_time = await OrderRow.exists().where(OrderRow.buyer_email == NOWHERE)
    await retention.forget_due(now=NOW + 30 * DAY + timedelta(seconds=1))

    forgotten = await OrderRow.select().where(OrderRow.buyer_email == NOWHERE)
    tickets = await TicketRow.select(TicketRow.order, TicketRow.email, TicketRow.employer)
    assert not in_time
    assert [(row["code"], row["buyer_name"], row["invoice"]) for row in forgotten] == [(never, NOBODY, None)]
    assert not any(word in forgotten[0]["search"] for word in ("maria", "rios", "componentes", "ana sa"))
    assert [row["employer"] for row in tickets if row["order"] == forgotten[0]["id"]] == [""]
    assert {row["employer"] for row in tickets if row["order"] != forgotten[0]["id"]} == {"Componentes del Norte"}
    assert (
        await OrderRow.count().where(OrderRow.code.is_in([mailed, still_open]) & (OrderRow.buyer_email != NOWHERE)) == 2
    )


async def test_a_plugin_that_fails_keeps_no_other_kind_from_being_deleted(site: Site) -> None:
    async def fails(**_: object) -> None:
        raise ZeroDivisionError

    await IdempotentAnswer(key="k", request_hash="h", created_at=NOW - 5 * DAY).save()
    kind = Retention("guest.things", "Things", "Because", days=1, forget=fails)

    async with guest(site, object(), register_retention=[kind]):
        await retention.forget_due(now=NOW)
        newest = plugins.host().failures.latest()[0]

    assert await IdempotentAnswer.count() == 0
    assert (newest.plugin, newest.hook, newest.error) == ("guest", "register_retention", "ZeroDivisionError")


async def test_a_database_that_is_away_ends_the_job_instead_of_being_blamed_on_a_plugin(site: Site) -> None:
    async def away(**_: object) -> None:
        raise Unavailable("unreachable")

    kind = Retention("guest.things", "Things", "Because", days=1, forget=away)

    async with guest(site, object(), register_retention=[kind]):
        with pytest.raises(Unavailable):
            await retention.forget_due(now=NOW)
        assert plugins.host().failures.latest() == []


async def test_the_console_says_what_is_kept_how_long_and_why(site: Site) -> None:
    organiser = await site.signed_in("organiser")

    english = (await organiser.get(f"/{site.event.slug}/organise/retention?lang=en")).text
    spanish = (await organiser.get(f"/{site.event.slug}/organise/retention?lang=es")).text

    assert "Kept for 30 days." in english
    assert "Until the first day of the sixth year after the order." in english
    assert "Se conserva 30 días." in spanish


def test_the_report_names_every_kind_and_check_those_that_are_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PLENARIA_DATABASE", f"sqlite:///{tmp_path}/x.sqlite3")
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")
    (tmp_path / "house.toml").write_text('retention = { "core.outbox" = 10, "core.nothing" = 1 }\n')

    CliRunner().invoke(main, ["--config", "house.toml", "migrate"])
    report = CliRunner().invoke(main, ["--config", "house.toml", "retention", "report"])
    check = CliRunner().invoke(main, ["--config", "house.toml", "check"])

    assert report.exit_code == 0, report.output
    assert "core.outbox: Lines of the outbox, once delivered, dropped or given up\n  Kept for 10 days." in report.stdout
    assert "awards.withdrawn_files" in report.stdout
    assert "retention names “core.nothing”" in check.stderr
    retention.use({})


async def test_the_job_that_tidies_goes_through_the_list_of_kinds(site: Site) -> None:
    own = dict(jobs.all_jobs())[jobs.CORE]

    assert [job.run for job in own if job.name == "core.tidy"] == [retention.forget_due]
