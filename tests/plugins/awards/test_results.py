"""How sure the places are, at the doors: a severe juror, juries apart, too little to say anything, and who may look."""

import html
import json
import re
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from plenaria.core.cli import sample
from plenaria.core.events import cache
from plenaria.core.events import services as events
from plenaria.core.kernel.values import Window
from plenaria.core.storage.database import count_queries, transaction
from plenaria.plugins.awards import queries, services
from plenaria.plugins.awards.queries import standings
from plenaria.plugins.awards.queries.standings import REMEMBERED, _letter, _remembered
from plenaria.plugins.awards.settings import AwardsSettings
from plenaria.plugins.awards.statistics import AdditiveModel, analyse
from plenaria.plugins.awards.tables import AwardCategory, Nominator, Sheet
from plenaria.plugins.awards.tables import Nomination as NominationTable
from tests.plugins.awards.conftest import CLOSES, OPENS, Award

Jury = Mapping[str, Mapping[str, tuple[int, int]]]
"""Nomination → juror → (impact, novelty)."""

MERITS = {"Frenos": 8, "Arneses": 7, "Fundidora": 6, "Plásticos": 5, "Engranes": 3}
CHANCE = (0, 1, 0, -1, 0, 0, 1, 0, -1, 1, 0)


def a_jury(*, severe: str = "", by: int = 3, jurors: str = "abcd") -> Jury:
    """Everybody scores everything near its merit; `severe` gives that much less."""
    return {
        name: {
            juror: (
                merit + CHANCE[(i * 7 + j * 5) % 11] - (by if juror == severe else 0),
                merit + CHANCE[(i * 3 + j * 4 + 2) % 11] - (by if juror == severe else 0),
            )
            for j, juror in enumerate(jurors)
        }
        for i, (name, merit) in enumerate(MERITS.items())
    }


APART: Jury = {
    "Frenos": {"a": (8, 7), "b": (7, 7)},
    "Arneses": {"a": (6, 5), "b": (5, 6)},
    "Fundidora": {"c": (3, 4), "d": (4, 3)},
    "Plásticos": {"c": (2, 2), "d": (3, 2)},
}
A_PIVOT: Jury = {
    "Frenos": {"a": (9, 9), "b": (5, 5), "c": (6, 5)},
    "Arneses": {"a": (3, 3), "b": (7, 7), "c": (6, 7)},
    "Fundidora": {"a": (2, 2), "b": (3, 2), "c": (2, 3)},
}
"""Frenos wins because of juror a alone."""


async def judged(award: Award, jury: Jury, *, open_sheet: bool = False, codes: Sequence[str] = ()) -> None:
    """Those nominations with those sealed sheets, and one that is still open if asked."""
    (category,) = await AwardCategory.select(AwardCategory.id).where(
        (AwardCategory.event == award.event.id) & (AwardCategory.code == "sustainability")
    )
    owner = await award.actor("ana")
    sheets = []
    for number, (name, scores) in enumerate(jury.items()):
        form = {"category": "sustainability", "candidate": {"kind": "company", "name": name}, "answers": {}}
        nomination = NominationTable(
            event=award.event.id,
            category=category["id"],
            code=codes[number] if codes else f"code{number}",
            state="submitted",
            candidate=json.dumps(form["candidate"]),
            submitted_form=json.dumps(form),
            submitted_at=OPENS,
            created_at=OPENS,
            changed_at=OPENS,
        )
        await nomination.save()
        await Nominator.insert(Nominator(nomination=nomination.id, person=owner.person, role="owner", added_at=OPENS))
        for juror, (impact, novelty) in scores.items():
            sheets.append(
                Sheet(
                    event=award.event.id,
                    nomination=nomination.id,
                    juror=(await award.actor(f"juror-{juror}", role="juror")).person,
                    state="sealed",
                    scores=json.dumps({"impact": impact, "novelty": novelty}),
                    digest="0" * 64,
                    salt=f"salt of {juror}",
                    assigned_at=OPENS,
                    sealed_at=OPENS,
                )
            )
    if open_sheet:
        late = await award.actor("late", role="juror")
        sheets.append(
            Sheet(event=award.event.id, nomination=nomination.id, juror=late.person, state="ready", assigned_at=OPENS)
        )
    if sheets:
        await Sheet.insert(*sheets)


def path_of(award: Award, category: str = "sustainability", *, slug: str = "") -> str:
    return f"/{slug or award.event.slug}/organise/awards/results/{category}"


def api_of(award: Award, category: str = "sustainability", *, slug: str = "") -> str:
    return f"/api/v1/events/{slug or award.event.slug}/results/{category}/analysis"


def text_of(answer: httpx.Response) -> str:
    """What the main part of the page says."""
    main = answer.text.partition("<main")[2]
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", main)))


async def shown(award: Award, jury: Jury) -> tuple[str, dict[str, Any], httpx.Response]:
    """The words of the page in English, the same as JSON, and the page."""
    await judged(award, jury)
    organiser = await award.site.signed_in("organiser")
    page = await organiser.get(path_of(award) + "?lang=en")
    answer = await organiser.get(api_of(award))
    assert (page.status_code, answer.status_code) == (200, 200), answer.text
    return text_of(page), answer.json(), page


# -- what it says --------------------------------------------------------------------------------------------------


async def test_a_severe_juror_is_told_in_words_and_drawn(award: Award) -> None:
    words, told, page = await shown(award, a_jury(severe="c"))

    severity = {each["juror"]: each["severity"] for each in told["jurors"]}
    assert list(severity) == ["A", "B", "C", "D"]
    assert severity["A"] - severity["B"] > 2
    assert "The winner would be the same without any single juror." in words
    assert re.search(r"Jurors differ in severity by about [23]\.\d points: Juror A is the most severe", words)
    assert re.search(r"Frenos: probability to be the best \d\d%, to be among the first 3", words)
    assert page.text.count("<svg") - page.text.partition("<main")[0].count("<svg") >= 2
    assert 'id="severity-title"' in page.text
    assert 'id="expected-title"' in page.text


async def test_the_published_places_stay_as_they_are_beside_the_estimate(award: Award) -> None:
    jury = {name: dict(scores) for name, scores in a_jury(severe="c").items()}
    del jury["Arneses"]["c"]  # whoever escapes the severe juror rises above what they deserve
    _, told, _ = await shown(award, jury)
    results = (await (await award.site.signed_in("organiser")).get(api_of(award).split("/sustain")[0])).json()

    published = [(p["nomination"], p["place"]) for p in results["categories"][0]["places"]]
    assert [(each["nomination"], each["place"]) for each in told["nominations"]] == published
    assert published[0][0] == "code1"
    assert next(each["nomination"] for each in told["nominations"] if each["estimated_place"] == 1) == "code0"


async def test_a_juror_on_whom_the_winner_hangs_is_told(award: Award) -> None:
    words, told, _ = await shown(award, A_PIVOT)

    changing = [each for each in told["without"] if each["winner_changes"]]
    assert [each["winners"] for each in changing] == [["code1"]]
    assert f"Without Juror {changing[0]['juror']} the winner would be Arneses." in words
    assert "another winner" in words


async def test_juries_apart_are_said_and_ranked_apart(award: Award) -> None:
    words, told, _ = await shown(award, APART)
    organiser = await award.site.signed_in("organiser")
    results = (await organiser.get(f"/api/v1/events/{award.event.slug}/results")).json()
    page = text_of(await organiser.get(f"/{award.event.slug}/organise/awards/results?lang=en"))

    places = results["categories"][0]["places"]
    assert [(p["nomination"], p["group"], p["place"]) for p in places] == [
        ("code0", 0, 1),
        ("code1", 0, 2),
        ("code2", 1, 1),
        ("code3", 1, 2),
    ]
    assert results["categories"][0]["groups"] == 2
    assert told["groups"] == [["code0", "code1"], ["code2", "code3"]]
    assert {(each["best"], each["among_top"]) for each in told["nominations"]} == {(None, None)}
    for text in (words, page):
        assert "cannot be compared with each other; places hold only within each group" in text
        assert "Group 2" in text
    assert "No probability of winning is given" in words
    assert "probability to be" not in words
    group_of = {code: number for number, codes in enumerate(told["groups"]) for code in codes}
    assert {each["nomination"]: each["group"] for each in told["nominations"]} == group_of
    assert sorted(each["group"] for each in told["jurors"]) == [0, 0, 1, 1]


async def test_groups_have_one_number_whatever_the_codes_of_their_nominations(award: Award) -> None:
    """The model numbers groups by the names of their entries, the published list by the oldest nomination."""
    backwards = {
        name: {juror: (a - 1, b - 1) if juror == "c" else (a, b) for juror, (a, b) in scores.items()}
        for name, scores in APART.items()
    }
    await judged(award, backwards, codes=("z", "y", "b", "a"))

    seen = await queries.analysis(award.event, "sustainability", may_see_early=False)

    assert seen is not None
    assert seen.found is not None
    assert isinstance(seen.found.model, AdditiveModel)
    assert [group.entries for group in seen.found.groups] == [("z", "y"), ("b", "a")]
    assert [(each.entry, each.group) for each in seen.found.model.entries] == [("z", 0), ("y", 0), ("b", 1), ("a", 1)]
    for juror in seen.found.model.judges:
        assert juror.judge in seen.found.groups[juror.group].judges
    assert seen.found.model.means[0] > seen.found.model.means[1]


TOO_LITTLE: dict[str, tuple[Jury, str, str]] = {
    "no nomination": ({}, "no_marks", "Nobody has scored anything in this category yet."),
    "no sheet": ({"Frenos": {}, "Arneses": {}}, "no_marks", "Nobody has scored anything in this category yet."),
    "one nomination": ({"Frenos": {"a": (5, 5), "b": (3, 1)}}, "one_entry", "there is nothing to compare it with"),
    "one juror": (
        {"Frenos": {"a": (5, 5)}, "Arneses": {"a": (3, 3)}},
        "one_judge",
        "Only one juror scored: severity cannot be distinguished from merit.",
    ),
    "the same score": (
        {name: {"a": (5, 5), "b": (5, 5)} for name in ("Frenos", "Arneses")},
        "constant",
        "Every score is the same",
    ),
    "no spare score": (
        {"Frenos": {"a": (5, 5), "b": (3, 3)}, "Arneses": {"a": (2, 1)}},
        "no_spare_scores",
        "There are too few scores",
    ),
    "no chance": (
        {"Frenos": {"a": (7, 7), "b": (5, 5)}, "Arneses": {"a": (4, 4), "b": (2, 2)}},
        "no_error",
        "chance cannot be measured",
    ),
}


@pytest.mark.parametrize("case", TOO_LITTLE)
async def test_too_little_to_estimate_is_a_sentence(award: Award, case: str) -> None:
    jury, reason, sentence = TOO_LITTLE[case]
    await judged(award, jury)
    owner = await award.site.signed_in("owner")

    page = await owner.get(path_of(award) + "?lang=en")
    told = await owner.get(api_of(award))

    assert (page.status_code, told.status_code) == (200, 200)
    assert told.json()["undefined"] == reason
    assert sentence in text_of(page)
    assert "<figure" not in page.text


async def test_no_difference_in_severity_is_said_and_not_drawn(award: Award) -> None:
    words, told, page = await shown(
        award,
        {
            "Frenos": {"a": (8, 8), "b": (6, 6), "c": (7, 7)},
            "Arneses": {"a": (4, 4), "b": (6, 6), "c": (5, 5)},
            "Fundidora": {"a": (3, 3), "b": (3, 3), "c": (3, 3)},
        },
    )

    assert told["no_difference_between"] == ["judges"]
    assert "The scores show no difference in severity between jurors." in words
    assert 'id="severity-title"' not in page.text


async def test_a_nomination_without_scores_and_a_juror_who_tells_nothing_apart_are_named(award: Award) -> None:
    jury = {name: {**scores, "e": (4, 4)} for name, scores in a_jury().items()}
    jury["Zarzamora"] = {}
    jury["Yute"] = {"a": (2, 3)}
    words, told, _ = await shown(award, jury)

    assert "Nobody has scored: Zarzamora." in words
    assert "Only one juror scored: Yute." in words
    assert re.search(r"Juror [A-E] gave all their nominations the same score", words)
    assert told["nominations"][-1]["place"] is None


# -- who may look, and when ----------------------------------------------------------------------------------------


async def test_nothing_is_told_before_all_is_sealed_but_to_who_may_look_early(award: Award) -> None:
    await judged(award, a_jury(severe="c"), open_sheet=True)
    organiser, owner = await award.site.signed_in("organiser"), await award.site.signed_in("owner")

    hidden, early = [await client.get(path_of(award) + "?lang=en") for client in (organiser, owner)]
    refused, given = [await client.get(api_of(award)) for client in (organiser, owner)]

    assert hidden.status_code == 200
    assert "Results are shown once every score sheet is sealed: so far 20 of 21." in text_of(hidden)
    assert "Frenos" not in hidden.text
    assert "Not final" in text_of(early)
    assert "Frenos" in early.text
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (409, "results_not_yet")
    assert given.json()["final"] is False


@pytest.mark.parametrize("role", ["", "juror", "programme", "finance", "door"])
async def test_other_roles_see_nothing(award: Award, role: str) -> None:
    await judged(award, a_jury())
    client = await award.site.signed_in(role)

    statuses = {(await client.get(path)).status_code for path in (path_of(award), api_of(award))}

    assert statuses == {403}


async def test_no_juror_is_named_and_letters_do_not_follow_the_names(award: Award) -> None:
    _, told, page = await shown(award, a_jury(severe="d"))
    people = [await award.actor(f"juror-{juror}") for juror in "abcd"]

    assert "juror-" not in page.text.partition("<main")[2]
    assert "juror-" not in json.dumps(told)
    assert told["jurors"][0]["juror"] == "A"  # the last to be invited
    assert told["jurors"][0]["severity"] > 1
    for person in people:
        assert f'"{person.person}"' not in json.dumps(told)


async def test_an_unknown_category_and_another_events_are_not_found(award: Award) -> None:
    await judged(award, a_jury())
    owner = await award.site.signed_in("owner")
    await award.site.signed_in("owner", event=award.site.other_event)

    other = award.site.other_event.slug
    asked = [path_of(award, "charm"), api_of(award, "charm"), path_of(award, slug=other), api_of(award, slug=other)]

    assert [(await owner.get(path)).status_code for path in asked] == [404] * 4


async def test_an_open_sheet_of_another_event_hides_nothing_here(award: Award) -> None:
    await judged(award, a_jury())
    (row,) = await NominationTable.select().where(NominationTable.code == "code0")
    del row["id"]
    theirs = NominationTable(**{**row, "code": "theirs", "event": award.site.other_event.id})
    await theirs.save()
    late = await award.actor("late")
    await Sheet.insert(
        Sheet(event=award.site.other_event.id, nomination=theirs.id, juror=late.person, assigned_at=OPENS)
    )

    seen = await queries.analysis(award.event, "sustainability", may_see_early=False)

    assert seen is not None
    assert (seen.results.final, seen.results.assigned) == (True, 20)


async def test_the_results_lead_to_the_page_of_each_category(award: Award) -> None:
    await judged(award, a_jury())
    organiser = await award.site.signed_in("organiser")

    page = await organiser.get(f"/{award.event.slug}/organise/awards/results")

    assert f'href="{path_of(award)}"' in page.text
    assert "¿Qué tan firmes son estos lugares?" in page.text


# -- what it costs -------------------------------------------------------------------------------------------------


async def test_thirty_nominations_cost_as_many_queries_as_three(award: Award) -> None:
    organiser = await award.site.signed_in("organiser")

    async def asked() -> list[int]:
        counts = []
        for path in (path_of(award), api_of(award)):
            cache.forget()
            with count_queries() as seen:
                answer = await organiser.get(path)
            assert answer.status_code == 200
            counts.append(len(seen))
        return counts

    jury = a_jury()
    await judged(award, dict(list(jury.items())[:3]))
    for_3 = await asked()
    for table in (Sheet, Nominator, NominationTable):
        await table.delete(force=True)
    await judged(award, {f"{name} {n}": scores for n in range(6) for name, scores in jury.items()})
    for_30 = await asked()

    assert for_3 == for_30


async def test_the_same_sheets_are_analysed_once_and_few_are_remembered(award: Award) -> None:
    await judged(award, a_jury())
    _remembered.clear()
    for number in range(REMEMBERED):
        _remembered[str(number).encode()] = None  # type: ignore[assignment]  # never read

    first = await queries.analysis(award.event, "sustainability", may_see_early=False)
    again = await queries.analysis(award.event, "sustainability", may_see_early=False)

    assert first is not None
    assert again is not None
    assert first.found is not None
    assert first.found is again.found
    assert len(_remembered) == REMEMBERED
    _remembered.clear()


async def test_the_analysis_leaves_the_event_loop_free(award: Award, monkeypatch: pytest.MonkeyPatch) -> None:
    await judged(award, a_jury())
    threads = []

    def watched(*given: Any, **options: Any) -> Any:
        threads.append(threading.get_ident())
        return analyse(*given, **options)

    monkeypatch.setattr(standings, "analyse", watched)
    _remembered.clear()
    await queries.analysis(award.event, "sustainability", may_see_early=False)

    assert len(threads) == 1
    assert threads[0] != threading.get_ident()


def test_letters_go_on_after_z() -> None:
    assert [_letter(number) for number in (0, 25, 26, 51, 52, 701, 702)] == ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]


# -- the demo ------------------------------------------------------------------------------------------------------


async def test_the_sample_has_a_category_worth_looking_at(award: Award) -> None:
    section = await queries.section_of(award.event)
    plants = replace(section.categories[0], code="plants")
    windows = Window(OPENS, CLOSES)
    settings = AwardsSettings(nominations=windows, judging=windows, judges_per_entry=3)
    async with transaction():
        await events.change_settings(award.event, "awards", settings, by="test", now=award.site.now)
        section = replace(section, categories=(*section.categories, plants))
        await services.apply_section(award.event, section, by="test", now=award.site.now)
    people = await sample.people(award.event, now=award.site.now)

    await services.add_sample(award.event, people, award.site.now)
    seen = await queries.analysis(award.event, "sustainability", may_see_early=True)

    assert seen is not None
    assert seen.found is not None
    assert isinstance(seen.found.model, AdditiveModel)
    assert len(seen.found.model.entries) == 6
    assert seen.found.model.singular == ()
    assert seen.results.sealed < seen.results.assigned


# -- without the extra ---------------------------------------------------------------------------------------------


def test_the_plugin_starts_without_numpy_and_scipy() -> None:
    asked = "import sys; import plenaria.plugins.awards.plugin; print(sorted({'numpy', 'scipy'} & set(sys.modules)))"

    found = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True, timeout=60)

    assert found.stdout.strip() == "[]"


async def test_without_the_extra_the_page_says_so_and_shows_the_rest(
    award: Award, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] in {"numpy", "scipy"}]:
        monkeypatch.delitem(sys.modules, name)
    for name in ("numpy", "scipy"):
        monkeypatch.setitem(sys.modules, name, None)
    _remembered.clear()

    words, told, page = await shown(award, A_PIVOT)

    assert told["undefined"] == "extra_missing"
    assert "need the extra “jury” (numpy and scipy), which is not installed here" in words
    assert "the winner would be Arneses" in words
    assert "<figure" not in page.text
    assert {each["figure"]: each["value"] is not None for each in told["agreement"]} == {
        "Krippendorff's alpha, interval": True,
        "Krippendorff's alpha, ordinal": True,
        "ICC": False,
        "Kendall's W": False,
    }
    _remembered.clear()
