"""What an organiser may declare, and what is said when it contradicts itself."""

import tomllib
from datetime import UTC, datetime

from plenaria.core.forms import check
from plenaria.core.kernel.values import Window
from plenaria.plugins.awards.settings import AwardsSection, AwardsSettings

DECLARED = """
tie_break = ["impact"]

[[categories]]
code = "sustainability"
name = { es = "Sustentabilidad", en = "Sustainability" }
candidates = ["company", "plant"]

[[categories.questions]]
code = "impact"
label = { es = "¿Qué cambió?", en = "What changed?" }
max_length = 1500

[[categories.questions]]
code = "scope"
kind = "choice"
label = { es = "Alcance", en = "Scope" }
choices = [{ code = "plant", label = { es = "Planta" } }, { code = "group", label = { es = "Grupo" } }]

[[criteria]]
code = "impact"
name = { es = "Impacto", en = "Impact" }
weight = 40
levels = [{ score = 1, description = { es = "Bajo" } }, { score = 5, description = { es = "Alto" } }]
"""


def test_every_setting_has_a_default() -> None:
    checked = check(AwardsSettings, {})

    assert checked.ok
    assert checked.or_refuse().judges_per_entry == 3


def test_windows_are_read_from_a_file() -> None:
    text = """
    [nominations]
    opens_at = 2025-07-01T00:00:00-06:00
    closes_at = 2025-09-11T00:00:00-06:00
    grace_s = 60
    """

    settings = check(AwardsSettings, tomllib.loads(text)).or_refuse()

    assert settings.nominations == Window(datetime(2025, 7, 1, 6, tzinfo=UTC), datetime(2025, 9, 11, 6, tzinfo=UTC), 60)


def test_a_window_that_closes_before_it_opens_is_refused_at_its_field() -> None:
    text = "[judging]\nopens_at = 2025-07-02T00:00:00-06:00\ncloses_at = 2025-07-01T00:00:00-06:00"

    assert [problem.pointer for problem in check(AwardsSettings, tomllib.loads(text)).problems] == [
        "/judging/closes_at"
    ]


def test_categories_and_rubric_are_declared_as_lists() -> None:
    section = check(AwardsSection, tomllib.loads(DECLARED)).or_refuse()

    category = section.category("sustainability")
    assert category is not None
    assert [question.code for question in category.questions] == ["impact", "scope"]
    assert [criterion.code for criterion in section.rubric("sustainability")] == ["impact"]
    assert section.tie_rule.then_by == ("impact",)
    assert section.category("career") is None


def test_what_contradicts_itself_is_refused_all_at_once_at_its_place() -> None:
    declared = tomllib.loads(DECLARED)
    declared["categories"][0]["questions"][1]["choices"].pop()
    declared["criteria"][0]["categories"] = ["career"]
    declared["tie_break"] = ["charm"]

    problems = check(AwardsSection, declared).problems

    assert [(problem.pointer, problem.code) for problem in problems] == [
        ("/categories/0/questions/1/choices", "too_few_choices"),
        ("/criteria/0/categories/0", "not_a_choice"),
        ("/tie_break/0", "not_a_choice"),
    ]


def test_codes_and_scores_are_unique_where_they_must_be() -> None:
    declared = tomllib.loads(DECLARED)
    declared["categories"].append(declared["categories"][0])
    declared["criteria"][0]["levels"][1]["score"] = 1

    problems = check(AwardsSection, declared).problems

    assert [(problem.pointer, problem.code) for problem in problems] == [
        ("/categories/1/code", "not_unique"),
        ("/criteria/0/levels/1/score", "not_unique"),
    ]
