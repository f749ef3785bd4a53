"""How other plugins take part: asked before a submission, told after it."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
import pytest_asyncio

from plenaria.core.events import services as events
from plenaria.core.host import plugins
from plenaria.core.host.hookspecs import hookimpl
from plenaria.core.kernel.values import EventView, Refusal, Refused
from plenaria.plugins.awards import queries, services
from tests.plugins.awards.conftest import CLOSES, Award


class Members:
    """A plugin that lets only members nominate, and listens."""

    def __init__(self) -> None:
        self.refusals: Sequence[Refusal] = ()
        self.fails = False
        self.told: list[tuple[str, dict[str, Any]]] = []

    @hookimpl(optionalhook=True)
    async def refuse_nomination(self, event: EventView, nomination: dict[str, Any]) -> Sequence[Refusal]:
        if self.fails:
            raise RuntimeError("the list of members is not there")
        return self.refusals if nomination["answers"]["impact"] == "Menos agua." else ()

    @hookimpl(optionalhook=True)
    async def nomination_submitted(self, event: EventView, nomination: dict[str, Any]) -> None:
        self.told.append(("submitted", nomination))

    @hookimpl(optionalhook=True)
    async def nomination_withdrawn(self, event: EventView, nomination: dict[str, Any]) -> None:
        self.told.append(("withdrawn", nomination))

    @hookimpl(optionalhook=True)
    async def results_ready(self, event: EventView) -> None:
        self.told.append(("ready", {}))


@pytest_asyncio.fixture
async def members(award: Award) -> AsyncIterator[Members]:
    """Registered with the running host and switched on for the event."""
    plugin, host = Members(), plugins.host()
    host._manager.register(plugin, name="members")
    host.plugins["members"] = host.plugins["awards"]
    award.site.event = await events.switch_plugin(award.event, "members", on=True, by="test", now=award.site.now)
    yield plugin
    host._manager.unregister(name="members")
    del host.plugins["members"]


async def test_a_submission_that_another_plugin_refuses_is_not_stored(award: Award, members: Members) -> None:
    members.refusals = [Refusal("members_only", {}, "/candidate/company")]
    ana = await award.actor("ana")
    code = (await award.draft(ana)).nomination.code

    with pytest.raises(Refused) as refused:
        await services.submit_nomination(award.event, code, actor=ana, issuer=award.issuer, now=award.site.now)

    view = await queries.nomination(award.event, code)
    assert view is not None
    assert [refusal.code for refusal in refused.value.refusals] == ["members_only"]
    assert (view.nomination.state, await queries.receipts(view.id)) == ("draft", [])


async def test_a_plugin_that_crashes_has_said_no(award: Award, members: Members) -> None:
    members.fails = True
    ana = await award.actor("ana")
    code = (await award.draft(ana)).nomination.code

    with pytest.raises(Refused) as refused:
        await services.submit_nomination(award.event, code, actor=ana, issuer=award.issuer, now=award.site.now)

    assert [refusal.code for refusal in refused.value.refusals] == ["plugin_failed"]


async def test_facts_are_told_after_the_commit(award: Award, members: Members) -> None:
    ana, olga = await award.actor("ana"), await award.actor("olga", manages=True)
    juror = await award.actor("juror", role="juror")
    kept, gone = await award.submitted(ana, "A"), await award.submitted(ana, "B")
    submitted_at = award.site.now
    await services.withdraw_nomination(award.event, gone, actor=ana, now=submitted_at)
    award.site.now = CLOSES
    sheet = await services.assign_juror(award.event, kept, juror.person, actor=olga, now=CLOSES)
    await award.sealed(sheet, juror, 5, 5)

    before = list(members.told)
    await award.site.deliver()

    candidate = {"kind": "company", "name": "A", "company": "", "place": "", "position": ""}
    assert before == []
    assert sorted(kind for kind, _ in members.told) == ["ready", "submitted", "submitted", "withdrawn"]
    told = {
        "code": kept,
        "category": "sustainability",
        "candidate": candidate,
        "submitted_at": submitted_at.isoformat(),
    }
    assert ("submitted", told) in members.told
