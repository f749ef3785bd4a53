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
from plenaria.core.people.tables import SignInLink
from plenaria.core.storage.requests.tables import IdempotentAnswer
from plenaria.plugins.registration.services.forgetting import NOWHERE
from plenaria.plugins.registration.tables import OrderRow, TicketTypeRow, WaitingRow
from tests.guest import guest
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
    assert "core.outbox: Lines of the outbox, once delivered or given up\n  Kept for 10 days." in report.stdout
    assert "awards.withdrawn_files" in report.stdout
    assert "retention names “core.nothing”" in check.stderr
    retention.use({})


async def test_the_job_that_tidies_goes_through_the_list_of_kinds(site: Site) -> None:
    own = dict(jobs.all_jobs())[jobs.CORE]

    assert [job.run for job in own if job.name == "core.tidy"] == [retention.forget_due]
