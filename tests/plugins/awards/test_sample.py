"""The demo's data: whoever signs in as a sample juror finds sealed, begun and untouched sheets."""

from plenaria.core.cli import sample
from plenaria.core.events import services as events
from plenaria.core.kernel.values import Window
from plenaria.core.storage.database import transaction
from plenaria.plugins.awards import queries, services
from plenaria.plugins.awards.settings import AwardsSettings
from tests.plugins.awards.conftest import CLOSES, OPENS, Award


async def test_the_sample_jurors_have_something_left_to_judge(award: Award) -> None:
    windows = Window(OPENS, CLOSES)
    settings = AwardsSettings(nominations=windows, judging=windows, judges_per_entry=4)
    async with transaction():
        await events.change_settings(award.event, "awards", settings, by="test", now=award.site.now)
    people = await sample.people(award.event, now=award.site.now)

    await services.add_sample(award.event, people, award.site.now)

    first, second = people["juror"][:2]
    assert await _states(award, first.id) >= {"sealed", "begun", "assigned"}
    assert await _states(award, second.id) >= {"sealed", "begun"}


async def _states(award: Award, juror: int) -> set[str]:
    lines = await queries.sheets(award.event, juror=juror)
    views = [await queries.sheet(award.event, line.id, juror=juror) for line in lines]
    return {
        "begun" if view.sheet.state == "ready" and view.sheet.scores else view.sheet.state for view in views if view
    }
