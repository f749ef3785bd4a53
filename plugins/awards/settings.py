"""What an organiser decides about an award: the form in the console, `[plugins.awards]` in TOML, and JSON."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from plenaria.core.forms.problems import Problem
from plenaria.core.kernel.values import N_, LocalizedText, Window
from plenaria.plugins.awards.rules import Category, Criterion, question_problems
from plenaria.plugins.awards.statistics import TieRule


class AwardsSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One cycle of an award: when, how, in which categories, by which rubric."""

    cycle: Annotated[
        LocalizedText,
        Meta(
            title=N_("Name of the award"),
            description=N_("As printed on pages and receipts, with its edition."),
        ),
    ] = {}
    introduction: Annotated[
        LocalizedText,
        Meta(
            title=N_("Introduction"),
            description=N_("Markdown, on the award's page: what it honours and who may enter."),
            extra={"max_length": 4000, "kind": "textarea"},
        ),
    ] = {}
    nominations: Annotated[Window, Meta(title=N_("Nominations"), description=N_("When nominations are accepted."))] = (
        Window()
    )
    most_drafts: Annotated[
        int,
        Meta(
            ge=1,
            le=200,
            title=N_("Maximum nominations per person"),
            description=N_("How many nominations one person may start."),
            extra={"unit": N_("nominations")},
        ),
    ] = 20
    most_attachments: Annotated[
        int,
        Meta(
            ge=0,
            le=50,
            title=N_("Maximum number of files"),
            description=N_("How many files one nomination may have."),
            extra={"unit": N_("files")},
        ),
    ] = 5
    attachment_size_mb: Annotated[
        int,
        Meta(
            ge=1,
            le=100,
            title=N_("Maximum file size"),
            description=N_("For each file; 1 MB is 1,000,000 bytes."),
            extra={"unit": N_("MB")},
        ),
    ] = 10
    judging: Annotated[Window, Meta(title=N_("Judging"), description=N_("When jurors can score and seal."))] = Window()
    judges_per_entry: Annotated[
        int,
        Meta(
            ge=1,
            le=50,
            title=N_("Jurors per nomination"),
            description=N_("How many jurors each nomination gets when they are assigned evenly."),
            extra={"unit": N_("jurors")},
        ),
    ] = 3
    least_per_juror: Annotated[
        int,
        Meta(
            ge=0,
            le=1000,
            title=N_("Minimum nominations per juror"),
            description=N_("The fewest nominations that a juror gets when they are assigned evenly."),
            extra={"unit": N_("nominations")},
        ),
    ] = 0
    most_per_juror: Annotated[
        Annotated[int, Meta(ge=1, le=1000)] | None,
        Meta(
            title=N_("Maximum nominations per juror"),
            description=N_(
                "The most nominations that a juror gets when they are assigned evenly; if empty, there is no limit."
            ),
            extra={"unit": N_("nominations")},
        ),
    ] = None
    show_nominators: Annotated[
        bool,
        Meta(
            title=N_("Jurors see who nominated"),
            description=N_("When on, jurors can read the names of the nominators."),
        ),
    ] = False
    decimals: Annotated[
        int,
        Meta(
            ge=0,
            le=6,
            title=N_("Decimal places"),
            description=N_("For display only; results are compared exactly."),
            extra={"unit": N_("places")},
        ),
    ] = 2

    def problems(self) -> Iterator[Problem]:
        if self.most_per_juror is not None and self.most_per_juror < self.least_per_juror:
            yield Problem("/most_per_juror", "most_below_least", {}, N_("Must not be less than the minimum."))

    @property
    def nominations_until(self) -> datetime | None:
        """The last second in which nominations are taken, as people say it: 23:59:59 for a window that closes at midnight."""
        return self.nominations.last_second

    @property
    def judging_until(self) -> datetime | None:
        return self.judging.last_second


class AwardsSection(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The categories with their entry forms, and the rubric, as declared in an event's file."""

    categories: Annotated[tuple[Category, ...], Meta(title=N_("Categories"), extra={"unique": "code"})] = ()
    criteria: Annotated[
        tuple[Criterion, ...],
        Meta(
            title=N_("Rubric"),
            description=N_("What jurors score, each criterion with its weight and levels."),
            extra={"unique": "code"},
        ),
    ] = ()
    tie_break: Annotated[
        tuple[str, ...],
        Meta(
            title=N_("Tie rule"),
            description=N_(
                "Codes of the criteria to compare, in this order, when means are equal; if empty, equal means share a place."
            ),
        ),
    ] = ()

    @property
    def tie_rule(self) -> TieRule:
        return TieRule(self.tie_break)

    def category(self, code: str) -> Category | None:
        return next((category for category in self.categories if category.code == code), None)

    def rubric(self, category: str) -> tuple[Criterion, ...]:
        """The criteria that nominations of this category are scored by."""
        return tuple(criterion for criterion in self.criteria if criterion.is_for(category))

    def problems(self) -> Iterator[Problem]:
        """What the schema cannot say, all at once."""
        for i, category in enumerate(self.categories):
            for j, question in enumerate(category.questions):
                at = f"/categories/{i}/questions/{j}"
                yield from (Problem(at + end, code, {}, words) for end, code, words in question_problems(question))
        for i, criterion in enumerate(self.criteria):
            yield from _unknown(f"/criteria/{i}/categories", criterion.categories, self.categories)
        yield from _unknown("/tie_break", self.tie_break, self.criteria)


def _unknown(pointer: str, codes: Sequence[str], known: Sequence[Category | Criterion]) -> Iterator[Problem]:
    allowed = [one.code for one in known]
    for i, code in enumerate(codes):
        if code not in allowed:
            yield Problem(f"{pointer}/{i}", "not_a_choice", {"allowed": allowed})
