"""Mail tells the truth while it is true: what is over is not sent, and what was refused is shown where the person is shown."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

import pytest

from plenaria.core import mail
from plenaria.core.kernel.values import EventView, MailText
from plenaria.core.mail.validity import end_of
from plenaria.core.people import services as people
from plenaria.core.storage import outbox
from plenaria.core.storage.database import transaction
from plenaria.core.storage.outbox.tables import OutboxLine
from tests.guest import guest
from tests.site import Site


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The subjects of the mails that the server took."""
    subjects: list[str] = []

    async def hand_over(stored: dict[str, Any], *, sent_at: datetime) -> None:
        if stored["to"].startswith("unknown"):
            raise outbox.Rejected(f"550 5.1.1 <{stored['to']}> User unknown")
        subjects.append(stored["subject"])

    monkeypatch.setattr(mail.delivery, "hand_over", hand_over)
    return subjects


async def states() -> list[tuple[str, str]]:
    rows = await OutboxLine.select(OutboxLine.id).where(OutboxLine.kind == "mail").order_by(OutboxLine.id)
    found = []
    for row in rows:
        event = (await OutboxLine.select(OutboxLine.event).where(OutboxLine.id == row["id"]).first())["event"]
        view = await outbox.line(row["id"], event_id=event)
        assert view is not None
        found.append((view.state, view.why))
    return found


# ------------------------------------------------------------------------------------------------- until when


def text(**more: Any) -> MailText:
    return MailText("x.y", "T", {"es": "s"}, {"es": "b"}, **more)


async def test_a_mail_is_good_as_long_as_its_text_says(site: Site) -> None:
    now, event = site.now, site.event
    after_it = now + timedelta(days=365)

    assert end_of(text(), None, now=now) == now + timedelta(days=7)
    assert end_of(text(valid_for=timedelta(hours=1)), event, now=now) == now + timedelta(hours=1)
    until_the_end = end_of(text(until_event_ends=True), event, now=now)
    assert until_the_end.date() == event.ends_on + timedelta(days=1)
    assert (until_the_end.hour, until_the_end.minute, until_the_end.tzname()) == (0, 0, "CST")
    assert end_of(text(until_event_ends=True), event, now=after_it) == after_it + timedelta(days=7)


async def test_a_sign_in_link_is_urgent_and_dropped_when_it_no_longer_works(site: Site, sent: list[str]) -> None:
    visitor = site.visitor()
    await visitor.post("/sign-in", data={"email": "ana@example.mx"})
    (line,) = await OutboxLine.select()

    site.now += timedelta(minutes=site.settings.sign_in_minutes)
    await site.deliver()

    assert (line["urgent"], line["lane"], line["not_after"]) == (True, "example.mx", site.now)
    assert sent == []
    assert await states() == [("dropped", "late")]


# ------------------------------------------------------------------------------------------------- is it still so


async def test_a_link_that_was_used_meanwhile_and_an_invitation_that_was_revoked_are_not_sent(
    site: Site, sent: list[str]
) -> None:
    owner = await site.signed_in("owner")
    for name in ("luis", "eva"):
        await owner.post("/congress/organise/team", data={"email": f"{name}@example.mx", "role": "door"})
    luis = (await OutboxLine.select(OutboxLine.about).order_by(OutboxLine.id).first())["about"]
    person = luis.removeprefix("grant:").partition("/")[0]

    await owner.post(f"/congress/organise/team/{person}/door/revoke")
    await site.deliver()

    assert len(sent) == 1
    assert await states() == [("dropped", "over"), ("delivered", "")]


async def over_those_of_7(event: EventView, about: Collection[str], *, now: datetime) -> Collection[str]:
    assert event.slug == "congress"
    return {each for each in about if each.endswith(":7")}


async def failing(event: EventView, about: Collection[str], *, now: datetime) -> Collection[str]:
    raise RuntimeError("no idea")


@pytest.mark.parametrize(
    ("check", "expected"), [(over_those_of_7, ["dropped", "delivered"]), (failing, ["delivered"] * 2)]
)
async def test_a_plugin_says_which_of_its_mails_are_over_and_is_not_needed_for_it(
    site: Site, sent: list[str], check: Any, expected: list[str]
) -> None:
    async with guest(site, object(), register_mail_checks={"core.invitation": check}):
        async with transaction():
            for about in ("seat:7", "seat:8"):
                facts = {"event": "C", "role": "R", "days": "7", "link": "l", "site_link": "s"}
                await mail.send(
                    "core.invitation",
                    to="ana@example.mx",
                    language="es",
                    facts=facts,
                    now=site.now,
                    event=site.event,
                    about=about,
                )
        await site.deliver()

    assert [state for state, _ in await states()] == expected


# ------------------------------------------------------------------------------------------------- where it is shown


async def test_a_refused_mail_is_shown_on_the_team_page_and_can_be_tried_again(site: Site, sent: list[str]) -> None:
    owner = await site.signed_in("owner")
    await owner.post("/congress/organise/team", data={"email": "unknown@example.mx", "role": "door"})
    await site.deliver()

    page = await owner.get("/congress/organise/team?lang=en")
    (line,) = [each for each in await outbox.lines(site.event.id) if each.kind == "mail"]
    elsewhere = await outbox.failed_mails(site.other_event.id, ["unknown@example.mx"])
    await owner.post(f"/congress/organise/outbox/{line.id}/again")
    again = await outbox.line(line.id, event_id=site.event.id)

    assert "A mail to unknown@example.mx did not arrive" in page.text
    assert "550 5.1.1 &lt;unknown@example.mx&gt; User unknown" in page.text
    assert f"/organise/outbox/{line.id}/again" in page.text
    assert elsewhere == []
    assert again is not None
    assert (line.state, again.state) == ("given up", "waiting")


# ------------------------------------------------------------------------------------------------- kept back


async def test_an_owner_of_the_installation_releases_or_discards_what_is_kept_back(site: Site) -> None:
    organiser = await site.signed_in("owner")
    await organiser.post("/congress/organise/team", data={"email": "luis@example.mx", "role": "door"})
    await site.deliver()
    owner = await installation_owner(site)

    denied = await organiser.get("/kept-back")
    asked = await owner.get("/kept-back?lang=en")
    released = await owner.post("/kept-back/release")
    waiting = await outbox.undelivered(site.event.id)
    await site.deliver()
    discarded = await owner.post("/kept-back/discard")

    assert denied.status_code in (403, 404)
    assert "Mails" in asked.text
    assert (released.status_code, discarded.status_code) == (303, 303)
    assert (waiting.waiting, waiting.kept_back) == (1, 0)
    assert await outbox.undelivered(site.event.id) == (0, 0, 0, 1)
    assert (await outbox.kept_back(now=site.now)).mails == 0


async def installation_owner(site: Site) -> Any:
    person = await people.ensure_person("boss@example.mx", now=site.now)
    await people.grant(person, "owner", event=None, by="test", now=site.now)
    return await site.signed_in(email="boss@example.mx")
