"""The jury at work, on both engines: assignments, conflicts, scores, seals, results."""

import asyncio
import json
from fractions import Fraction
from typing import Any

import pytest
from msgspec.structs import replace

from plenaria.core.events import services as events
from plenaria.core.kernel.ledger import digest
from plenaria.core.kernel.values import Refused
from plenaria.core.storage import outbox
from plenaria.core.storage.audit.tables import AuditLine
from plenaria.plugins.awards import queries, services
from plenaria.plugins.awards.services import Actor
from plenaria.plugins.awards.tables import Sheet
from tests.plugins.awards.conftest import CLOSES, JUDGING, TICK, Award


@pytest.fixture
async def jury(award: Award) -> list[Actor]:
    return [await award.actor(f"juror{n}", role="juror") for n in range(3)]


@pytest.fixture
async def olga(award: Award) -> Actor:
    return await award.actor("olga", manages=True)


def codes(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [refusal.code for refusal in refused.value.refusals]


async def judging(award: Award, *names: str) -> list[str]:
    """Submitted nominations with these names; the clock then stands in the jury period."""
    ana = await award.actor("ana")
    found = [await award.submitted(ana, name) for name in names]
    award.site.now = CLOSES
    return found


async def test_even_assignment_gives_each_nomination_its_jurors_and_stays(
    award: Award, jury: list[Actor], olga: Actor
) -> None:
    await judging(award, "A", "B", "C", "D")

    first = await services.assign_evenly(award.event, seed=1, actor=olga, now=award.site.now)
    again = await services.assign_evenly(award.event, seed=2, actor=olga, now=award.site.now)

    entries = await queries.nominations(award.event)
    loads = [line.assigned for line in await queries.jurors(award.event)]
    assert (first, again) == (8, 0)
    assert [entry.assigned for entry in entries] == [2, 2, 2, 2]
    assert sorted(loads) == [2, 3, 3]


async def test_nobody_gets_their_own_nomination(award: Award, jury: list[Actor], olga: Actor) -> None:
    code = await award.submitted(jury[0], "Own")
    award.site.now = CLOSES

    await services.assign_evenly(award.event, seed=1, actor=olga, now=award.site.now)
    with pytest.raises(Refused) as refused:
        await services.assign_juror(award.event, code, jury[0].person, actor=olga, now=award.site.now)

    assert jury[0].person not in {line.juror for line in await queries.sheets(award.event)}
    assert codes(refused) == ["juror_is_nominator"]


async def test_an_impossible_assignment_says_why_and_stores_nothing(
    award: Award, jury: list[Actor], olga: Actor
) -> None:
    (code,) = await judging(award, "A")
    for juror in jury[:2]:
        await services.record_conflict(award.event, code, juror.person, "owns it", actor=olga, now=award.site.now)

    with pytest.raises(Refused) as refused:
        await services.assign_evenly(award.event, seed=1, actor=olga, now=award.site.now)

    (refusal,) = refused.value.refusals
    assert (refusal.code, refusal.facts["nominations"], refusal.facts["needed"], refusal.facts["available"]) == (
        "assignment_too_few_judges",
        [code],
        2,
        1,
    )
    assert await Sheet.count() == 0


async def test_loads_keep_the_bounds_that_the_organiser_sets(award: Award, jury: list[Actor], olga: Actor) -> None:
    await judging(award, "A", "B", "C")
    await bounded(award, least=2, most=2)

    await services.assign_evenly(award.event, seed=1, actor=olga, now=award.site.now)

    assert [line.assigned for line in await queries.jurors(award.event)] == [2, 2, 2]


async def test_bounds_that_leave_too_little_room_are_said(award: Award, jury: list[Actor], olga: Actor) -> None:
    await judging(award, "A", "B", "C", "D")
    await bounded(award, least=0, most=2)

    with pytest.raises(Refused) as refused:
        await services.assign_evenly(award.event, seed=1, actor=olga, now=award.site.now)

    (refusal,) = refused.value.refusals
    assert (refusal.code, refusal.facts["needed"], refusal.facts["available"]) == ("assignment_too_little_room", 8, 6)
    assert await Sheet.count() == 0


async def test_nominations_that_lack_jurors_alike_are_one_reason(award: Award, jury: list[Actor], olga: Actor) -> None:
    made = await judging(award, *"ABCDEFG")
    settings = replace(await queries.award_settings(award.event), judges_per_entry=4)
    await events.change_settings(award.event, "awards", settings, by="person:1", now=award.site.now)

    with pytest.raises(Refused) as refused:
        await services.assign_evenly(award.event, seed=1, actor=olga, now=award.site.now)

    (refusal,) = refused.value.refusals
    assert refusal.code == "assignment_too_few_judges"
    assert sorted(refusal.facts["nominations"]) == sorted(made)
    assert len(refusal.facts["candidates"]) == 6
    assert refusal.facts["candidates"][-1] == "+2"


async def bounded(award: Award, *, least: int, most: int) -> None:
    """The award with these bounds on every juror's load."""
    kept = await queries.award_settings(award.event)
    settings = replace(kept, least_per_juror=least, most_per_juror=most)
    await events.change_settings(award.event, "awards", settings, by="person:1", now=award.site.now)


async def test_a_draft_is_not_assigned(award: Award, jury: list[Actor], olga: Actor) -> None:
    view = await award.draft(await award.actor("ana"))

    with pytest.raises(Refused) as refused:
        await services.assign_juror(award.event, view.nomination.code, jury[0].person, actor=olga, now=award.site.now)

    assert codes(refused) == ["nomination_not_submitted"]


async def test_assigning_twice_at_once_makes_one_sheet(award: Award, jury: list[Actor], olga: Actor) -> None:
    (code,) = await judging(award, "A")

    first, second = await asyncio.gather(
        *(services.assign_juror(award.event, code, jury[0].person, actor=olga, now=award.site.now) for _ in range(2))
    )

    assert first == second
    assert await Sheet.count() == 1


async def test_stepping_back_is_remembered_and_somebody_else_is_found(
    award: Award, jury: list[Actor], olga: Actor
) -> None:
    (code,) = await judging(award, "A")
    await services.assign_evenly(award.event, seed=1, actor=olga, now=award.site.now)
    first = (await queries.sheets(award.event))[0]
    juror = next(each for each in jury if each.person == first.juror)

    await services.recuse(award.event, first.id, "Es mi cliente", actor=juror, now=award.site.now)
    new = await services.assign_evenly(award.event, seed=1, actor=olga, now=award.site.now)

    states = {(line.juror, line.state) for line in await queries.sheets(award.event)}
    assert new == 1
    assert states == {(juror.person, "recused")} | {(j.person, "assigned") for j in jury if j != juror}
    assert [(c.nomination, c.reason, c.by_juror) for c in await queries.conflicts(award.event)] == [
        (code, "Es mi cliente", True)
    ]


async def test_a_juror_reaches_only_their_own_sheet(award: Award, jury: list[Actor], olga: Actor) -> None:
    (code,) = await judging(award, "A")
    sheet = await services.assign_juror(award.event, code, jury[0].person, actor=olga, now=award.site.now)

    assert await queries.sheet(award.event, sheet, juror=jury[1].person) is None
    assert await queries.sheet(award.site.other_event, sheet, juror=jury[0].person) is None
    for attempt in (
        services.declare_no_conflict(award.event, sheet, actor=jury[1], now=award.site.now),
        services.recuse(award.event, sheet, "x", actor=olga, now=award.site.now),
        services.seal(award.event, sheet, actor=jury[2], now=award.site.now),
    ):
        with pytest.raises(Refused) as refused:
            await attempt
        assert codes(refused) == ["not_found"]


async def test_a_sealed_sheet_is_final_and_its_digest_is_in_the_log(
    award: Award, jury: list[Actor], olga: Actor
) -> None:
    (code,) = await judging(award, "A")
    sheet = await services.assign_juror(award.event, code, jury[0].person, actor=olga, now=award.site.now)
    await award.sealed(sheet, jury[0], 5, 1)

    view = await queries.sheet(award.event, sheet, juror=jury[0].person)
    row = await Sheet.select(Sheet.salt).where(Sheet.id == sheet).first()
    assert view is not None
    assert row is not None
    assert len(row["salt"]) >= 32
    expected = digest(
        {
            "nomination": code,
            "juror": f"person:{jury[0].person}",
            "scores": {"impact": 5, "novelty": 1},
            "abstained": [],
            "comment": "",
            "salt": row["salt"],
        }
    )
    line = await AuditLine.select().where(AuditLine.action == "sheet.sealed").first()
    assert line is not None
    assert view.digest == expected == json.loads(line["facts"])["digest"]
    for attempt in (
        services.seal(award.event, sheet, actor=jury[0], now=award.site.now),
        services.recuse(award.event, sheet, "late", actor=jury[0], now=award.site.now),
        services.unassign(award.event, sheet, actor=olga, now=award.site.now),
        services.save_scores(
            award.event,
            sheet,
            scores={},
            abstained=[],
            comment="",
            revision=None,
            actor=jury[0],
            now=award.site.now,
        ),
    ):
        with pytest.raises(Refused) as refused:
            await attempt
        assert codes(refused) == ["sheet_sealed"]


async def test_scores_are_kept_half_done_and_the_seal_asks_for_the_rest(
    award: Award, jury: list[Actor], olga: Actor
) -> None:
    (code,) = await judging(award, "A")
    sheet = await services.assign_juror(award.event, code, jury[0].person, actor=olga, now=award.site.now)
    await services.declare_no_conflict(award.event, sheet, actor=jury[0], now=award.site.now)
    saved = await services.save_scores(
        award.event,
        sheet,
        scores={"impact": 3},
        abstained=[],
        comment="\x00 bien ",
        revision=1,
        actor=jury[0],
        now=award.site.now,
    )

    with pytest.raises(Refused) as refused:
        await services.seal(award.event, sheet, actor=jury[0], now=award.site.now)
    with pytest.raises(Refused) as stale:
        await services.save_scores(
            award.event,
            sheet,
            scores={},
            abstained=[],
            comment="",
            revision=1,
            actor=jury[0],
            now=award.site.now,
        )

    assert (saved.sheet.scores, saved.sheet.comment, saved.sheet.revision) == ({"impact": 3}, "bien", 2)
    assert [(r.code, r.pointer) for r in refused.value.refusals] == [("criterion_undecided", "/scores/novelty")]
    assert codes(stale) == ["scores_changed"]


async def test_the_jury_period_ends_to_the_microsecond(award: Award, jury: list[Actor], olga: Actor) -> None:
    codes_ = await judging(award, "A", "B")
    sheets = [
        await services.assign_juror(award.event, code, jury[0].person, actor=olga, now=award.site.now)
        for code in codes_
    ]
    assert JUDGING.closes_at is not None
    award.site.now = JUDGING.closes_at - TICK
    await award.sealed(sheets[0], jury[0], 5, 5)

    award.site.now = JUDGING.closes_at
    with pytest.raises(Refused) as refused:
        await services.declare_no_conflict(award.event, sheets[1], actor=jury[0], now=award.site.now)

    assert codes(refused) == ["judging_closed"]


async def test_what_a_juror_has_begun_with_is_no_longer_changed(award: Award, jury: list[Actor], olga: Actor) -> None:
    ana = await award.actor("ana")
    code = await award.submitted(ana)
    sheet = await services.assign_juror(award.event, code, jury[0].person, actor=olga, now=award.site.now)
    await services.declare_no_conflict(award.event, sheet, actor=jury[0], now=award.site.now)

    with pytest.raises(Refused) as refused:
        await services.withdraw_nomination(award.event, code, actor=ana, now=award.site.now)

    assert codes(refused) == ["nomination_in_judging"]


async def test_results_appear_with_the_last_seal_and_ties_share_a_place(
    award: Award, jury: list[Actor], olga: Actor
) -> None:
    first, second, third = await judging(award, "A", "B", "C")
    scores = {first: (5, 1), second: (3, 5), third: (1, 1)}
    sheets = {
        code: await services.assign_juror(award.event, code, jury[0].person, actor=olga, now=award.site.now)
        for code in scores
    }
    for code in (first, second):
        await award.sealed(sheets[code], jury[0], *scores[code])
    hidden = await queries.results(award.event, may_see_early=False)
    early = await queries.results(award.event, may_see_early=True)
    await award.sealed(sheets[third], jury[0], *scores[third])
    final = await queries.results(award.event, may_see_early=False)

    assert (hidden.categories, hidden.refusals[0].facts) == ((), {"assigned": 3, "sealed": 2})
    assert [(line.nomination, line.result.place) for line in early.categories[0].lines][-1] == (third, None)
    lines = final.categories[0].lines
    assert [(line.candidate.name, line.result.place, line.result.tied, line.result.mean) for line in lines] == [
        ("B", 1, False, Fraction(3 * 60 + 5 * 40, 100)),
        ("A", 2, False, Fraction(5 * 60 + 1 * 40, 100)),
        ("C", 3, False, Fraction(1)),
    ]


async def test_equal_means_from_different_scores_are_a_tie(award: Award, jury: list[Actor], olga: Actor) -> None:
    first, second = await judging(award, "A", "B")
    for juror, impact in zip(jury[:2], (5, 1), strict=True):
        for code, score in ((first, impact), (second, 3)):
            sheet = await services.assign_juror(award.event, code, juror.person, actor=olga, now=award.site.now)
            await award.sealed(sheet, juror, score, 1)

    results = await queries.results(award.event, may_see_early=False)

    assert [(line.result.place, line.result.tied) for line in results.categories[0].lines] == [(1, True), (1, True)]


async def test_sheets_of_withdrawn_nominations_neither_count_nor_hold_up(
    award: Award, jury: list[Actor], olga: Actor
) -> None:
    stays, goes = await judging(award, "A", "B")
    for code in (stays, goes):
        sheet = await services.assign_juror(award.event, code, jury[0].person, actor=olga, now=award.site.now)
        if code == stays:
            await award.sealed(sheet, jury[0], 5, 5)

    await services.withdraw_nomination(award.event, goes, actor=olga, now=award.site.now)
    results = await queries.results(award.event, may_see_early=False)

    assert [line.nomination for line in results.categories[0].lines] == [stays]


async def test_a_juror_who_leaves_takes_only_open_sheets_along(award: Award, jury: list[Actor], olga: Actor) -> None:
    first, second = await judging(award, "A", "B")
    for code in (first, second):
        sheet = await services.assign_juror(award.event, code, jury[0].person, actor=olga, now=award.site.now)
        if code == first:
            await award.sealed(sheet, jury[0], 5, 5)

    await services.remove_juror(award.event, jury[0].person, actor=olga, now=award.site.now)

    assert [(line.nomination, line.state) for line in await queries.sheets(award.event)] == [(first, "sealed")]
    assert jury[0].person not in {line.person for line in await queries.jurors(award.event)}
    assert await services.assign_evenly(award.event, seed=1, actor=olga, now=award.site.now) == 3


async def test_the_others_take_over_evenly_from_a_juror_who_left(award: Award, jury: list[Actor], olga: Actor) -> None:
    await judging(award, "A", "B", "C")
    await services.assign_evenly(award.event, seed=1, actor=olga, now=award.site.now)
    leaver = jury[0]
    (kept, *_) = [line for line in await queries.sheets(award.event) if line.juror == leaver.person]
    await award.sealed(kept.id, leaver, 5, 5)
    before = {(line.nomination, line.juror) for line in await queries.sheets(award.event)}
    await services.remove_juror(award.event, leaver.person, actor=olga, now=award.site.now)

    new = await services.assign_evenly(award.event, seed=2, actor=olga, now=award.site.now)

    after = {(line.nomination, line.juror) for line in await queries.sheets(award.event)}
    entries = await queries.nominations(award.event)
    assert (new, len(after - before), len(before - after)) == (1, 1, 1)
    assert {pair for pair in after if pair[1] == leaver.person} == {(kept.nomination, leaver.person)}
    assert [entry.assigned for entry in entries] == [2, 2, 2]
    assert [line.id for line in await queries.sheets(award.event) if line.state == "sealed"] == [kept.id]


async def test_the_rubric_is_fixed_by_the_first_seal_and_its_wording_is_not(
    award: Award, jury: list[Actor], olga: Actor
) -> None:
    (code,) = await judging(award, "A")
    sheet = await services.assign_juror(award.event, code, jury[0].person, actor=olga, now=award.site.now)
    await award.sealed(sheet, jury[0], 5, 5)
    section = await queries.section_of(award.event)
    impact, novelty = section.criteria

    heavier = (replace(impact, weight=61), novelty)
    with pytest.raises(Refused) as refused:
        await services.apply_section(award.event, replace(section, criteria=heavier), by="test", now=award.site.now)
    reworded = (replace(impact, name={"es": "Efecto"}), novelty)
    await services.apply_section(award.event, replace(section, criteria=reworded), by="test", now=award.site.now)

    assert codes(refused) == ["rubric_in_use"]
    assert (await queries.section_of(award.event)).criteria[0].name == {"es": "Efecto"}


async def test_an_invited_juror_holds_the_role_and_a_link_to_the_jury(award: Award, olga: Actor) -> None:
    await services.invite_juror(award.event, "jule@example.mx", actor=olga, issuer=award.issuer, now=award.site.now)

    mail = (await award.site.mails())[-1]
    assert [line.email for line in await queries.jurors(award.event)] == ["jule@example.mx"]
    assert mail["to"] == "jule@example.mx"
    assert f"https://awards.example/{award.event.slug}/jury" in mail["text"]


async def test_only_jurors_with_open_sheets_are_written_to(award: Award, jury: list[Actor], olga: Actor) -> None:
    first, second = await judging(award, "A", "B")
    sheet = await services.assign_juror(award.event, first, jury[0].person, actor=olga, now=award.site.now)
    await services.assign_juror(award.event, second, jury[1].person, actor=olga, now=award.site.now)
    await award.sealed(sheet, jury[0], 5, 5)

    count = await services.tell_jurors(award.event, actor=olga, issuer=award.issuer, now=award.site.now)

    mail = (await award.site.mails())[-1]
    assert (count, mail["to"]) == (1, "juror1@example.mx")
    assert "30 de septiembre de 2025, 23:59:59" in mail["text"]


@pytest.mark.parametrize("how", ["unassign", "remove", "conflict"])
async def test_results_are_told_ready_when_the_last_open_sheet_goes_away(
    award: Award, jury: list[Actor], olga: Actor, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []

    async def tell(fact: str, **facts: Any) -> None:
        told.append(fact)

    monkeypatch.setattr(outbox, "tell", tell)
    (code,) = await judging(award, "A")
    event, now = award.event, award.site.now
    first, second = [await services.assign_juror(event, code, juror.person, actor=olga, now=now) for juror in jury[:2]]
    await award.sealed(first, jury[0], 5, 1)
    before = told.count("results_ready")

    match how:
        case "unassign":
            await services.unassign(event, second, actor=olga, now=now)
        case "remove":
            await services.remove_juror(event, jury[1].person, actor=olga, now=now)
        case _:
            await services.record_conflict(event, code, jury[1].person, "Works there.", actor=olga, now=now)

    assert (before, told.count("results_ready")) == (0, 1)
