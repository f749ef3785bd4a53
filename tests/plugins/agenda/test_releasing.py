"""What a release does beside storing the schedule: other plugins may refuse it and hear of it, people are mailed."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
import pytest_asyncio
from msgspec.structs import replace

from plenaria.core import mail
from plenaria.core.events import queries as events
from plenaria.core.events import services as event_services
from plenaria.core.host import plugins
from plenaria.core.host.hookspecs import hookimpl
from plenaria.core.kernel.values import EventView, Refusal, Refused
from plenaria.core.mail.tables import MailOverride
from plenaria.core.storage.database import count_queries
from plenaria.plugins.agenda import queries, services
from plenaria.plugins.agenda.settings import AgendaSection, PartItem
from tests.plugins.agenda.samples import (
    ANA_ITEM,
    LUIS_ITEM,
    NINE,
    ROOM_ITEM,
    SIDE_ITEM,
    TRACK_ITEM,
    TYPE_ITEM,
    session_item,
)
from tests.site import Site

LUIS_WITH_MAIL = replace(LUIS_ITEM, email="luis@ponentes.example")
BOTH = (PartItem(person="ana", employer="Frenos Quimera"), PartItem(person="luis", role="moderator"))


class Buses:
    """A plugin that refuses late sessions, and listens."""

    def __init__(self) -> None:
        self.refuses = False
        self.released: list[dict[str, Any]] = []
        self.changed: list[dict[str, Any]] = []

    @hookimpl(optionalhook=True)
    async def refuse_release(self, event: EventView, sessions: list[dict[str, Any]]) -> Sequence[Refusal]:
        return [Refusal("not_found", {"session": each["code"]}) for each in sessions if self.refuses]

    @hookimpl(optionalhook=True)
    async def schedule_released(self, event: EventView, release: dict[str, Any]) -> None:
        self.released.append(release)

    @hookimpl(optionalhook=True)
    async def session_changed(self, event: EventView, session: dict[str, Any]) -> None:
        self.changed.append(session)


@pytest_asyncio.fixture
async def buses(site: Site) -> AsyncIterator[Buses]:
    """Registered with the running host and switched on for the event."""
    plugin, host = Buses(), plugins.host()
    host._manager.register(plugin, name="buses")
    host.plugins["buses"] = host.plugins["agenda"]
    site.event = await event_services.switch_plugin(site.event, "buses", on=True, by="test", now=site.now)
    yield plugin
    host._manager.unregister(name="buses")
    del host.plugins["buses"]


def section(sessions: int) -> AgendaSection:
    """So many sessions of five minutes, one after the other; Ana and Luis are in each."""
    return AgendaSection(
        rooms=(ROOM_ITEM, SIDE_ITEM),
        tracks=(TRACK_ITEM,),
        types=(TYPE_ITEM,),
        people=(ANA_ITEM, LUIS_WITH_MAIL),
        sessions=tuple(
            session_item(f"s-{number}", minutes_later=5 * number, duration_min=5, people=BOTH)
            for number in range(sessions)
        ),
    )


async def declare(site: Site, declared: AgendaSection) -> EventView:
    await services.apply_section(site.event, declared, by="test", now=site.now)
    return await events.event_by_id(site.event.id)


async def release(site: Site, event: EventView) -> int:
    return await services.release(event, reason="It goes on into the night", by="test", now=site.now)


async def test_a_release_that_another_plugin_refuses_is_not_stored_and_mails_nobody(site: Site, buses: Buses) -> None:
    buses.refuses = True
    event = await declare(site, section(1))

    with pytest.raises(Refused) as refused:
        await release(site, event)

    assert [refusal.facts for refusal in refused.value.refusals] == [{"session": "s-0"}]
    assert await queries.releases(event.id) == []
    assert await site.mails() == []


async def test_other_plugins_hear_of_each_session_that_changed_after_the_commit(site: Site, buses: Buses) -> None:
    event = await declare(site, section(3))
    await release(site, event)
    await site.deliver()
    buses.changed.clear()
    moved = [session_item("s-0", duration_min=5, people=BOTH, room="side"), *section(3).sessions[1:2]]
    await declare(site, replace(section(3), sessions=tuple(moved)))
    await release(site, event)

    before = list(buses.changed)
    await site.deliver()

    assert before == []
    assert [release["number"] for release in buses.released] == [1, 2]
    assert sorted((each["code"], each["kind"], tuple(each["fields"])) for each in buses.changed) == [
        ("s-0", "moved", ("room",)),
        ("s-2", "cancelled", ()),
    ]
    first = next(each for each in buses.changed if each["code"] == "s-0")
    assert (first["room"], first["starts_at"], first["cancelled"]) == ("side", NINE.isoformat(), False)
    assert first["people"] == [
        {"person": "ana", "role": "speaker", "employer": "Frenos Quimera"},
        {"person": "luis", "role": "moderator", "employer": ""},
    ]


async def test_a_release_takes_as_many_statements_for_200_sessions_as_for_5(site: Site, buses: Buses) -> None:
    async def counted(sessions: int) -> int:
        event = await declare(site, section(sessions))
        before = len(await site.mails())
        with count_queries() as seen:
            await release(site, event)
        assert len(await site.mails()) - before == 2 * (sessions - released)
        return len(seen)

    released = 0
    few = await counted(5)
    released = 5

    assert await counted(200) == few


async def test_each_mail_of_a_release_has_its_own_facts_and_the_wording_of_the_event(site: Site) -> None:
    event = await declare(site, section(2))
    text = mail.texts()["agenda.session_added"][1]
    await mail.reword(text, event, "es", subject="{name}: {title}", body="{role}, {room}", by=None, now=site.now)

    await release(site, event)

    mails = await site.mails()
    assert await MailOverride.count() == 1
    assert [(each["to"], each["subject"], each["text"].split("\n")[0]) for each in mails] == [
        ("ana@ponentes.example", "Ana Ruiz: Sesión s-0", "Ponente, Salón Principal"),
        ("luis@ponentes.example", "Luis Mora: Sesión s-0", "Moderación, Salón Principal"),
        ("ana@ponentes.example", "Ana Ruiz: Sesión s-1", "Ponente, Salón Principal"),
        ("luis@ponentes.example", "Luis Mora: Sesión s-1", "Moderación, Salón Principal"),
    ]
    assert [each["attachments"][0]["name"] for each in mails] == ["s-0.ics", "s-0.ics", "s-1.ics", "s-1.ics"]
    assert len({each["message_id"] for each in mails}) == 4


async def test_a_notice_that_a_later_release_outdated_is_not_sent(
    site: Site, buses: Buses, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two releases before the worker came: of the session that moved only its new room is mailed, the other's notice stands."""
    sent: list[str] = []

    async def hand_over(stored: dict[str, Any], *, sent_at: Any) -> None:
        sent.append(stored["subject"])

    monkeypatch.setattr(mail.delivery, "hand_over", hand_over)
    await release(site, await declare(site, section(2)))
    moved = [session_item("s-0", duration_min=5, people=BOTH, room="side"), *section(2).sessions[1:]]
    await release(site, await declare(site, replace(section(2), sessions=tuple(moved))))
    waiting = len(await site.mails())

    await site.deliver()

    kinds = Counter("moved" if subject.startswith("Cambio") else "added" for subject in sent)
    assert waiting == 2 * kinds["added"] + kinds["moved"]
    assert kinds["added"] == kinds["moved"] > 0
