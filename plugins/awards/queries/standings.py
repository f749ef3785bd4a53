"""The results, and how sure they are. Both read only sealed sheets, and nothing before `results_refusals` allows it."""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Collection, Sequence
from hashlib import sha256
from threading import Lock
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from plenaria.core.kernel.values import EventView, Refusal
from plenaria.plugins.awards.queries.declared import section_of
from plenaria.plugins.awards.queries.nominating import nominations
from plenaria.plugins.awards.queries.rows import Row, decoded
from plenaria.plugins.awards.queries.views import NominationLine
from plenaria.plugins.awards.rules import Candidate, Category, Criterion, results_refusals
from plenaria.plugins.awards.settings import AwardsSection
from plenaria.plugins.awards.statistics import Analysis, Mark, Result, TieRule, Undefined, analyse, groups, rank
from plenaria.plugins.awards.tables import Sheet

TOP: Final = 3
"""For how many first places a probability is given."""


class ResultLine(Struct, frozen=True, kw_only=True):
    """One nomination's result; `group` numbers those that can be compared, from 0, None without a score."""

    nomination: str
    candidate: Candidate
    result: Result
    group: int | None = None


class CategoryResults(Struct, frozen=True, kw_only=True):
    """The results of one category: criteria with their weights, nominations by place.

    `groups` counts the groups of nominations that no chain of common jurors connects. Where there are several,
    places count within each group, and the lines come group by group.
    """

    category: Category
    criteria: tuple[Criterion, ...]
    lines: tuple[ResultLine, ...]
    groups: int = 1

    @property
    def has_ties(self) -> bool:
        return any(line.result.tied for line in self.lines)


class Results(Struct, frozen=True, kw_only=True):
    """All results, or why they are not shown yet. Only sealed sheets count, also when they are read early."""

    refusals: tuple[Refusal, ...]
    categories: tuple[CategoryResults, ...] = ()
    assigned: int = 0
    sealed: int = 0
    tie_rule: TieRule = TieRule()

    @property
    def final(self) -> bool:
        return 0 < self.assigned == self.sealed


class CategoryAnalysis(Struct, frozen=True, kw_only=True):
    """A category's results with their analysis, in which nominations go by their codes and jurors by letters.

    The letters follow the severity, A the most severe, and differ from category to category: organisers see how far
    each juror is, not what they scored. `found` is None while `results.refusals` say why.
    """

    results: Results
    published: CategoryResults | None = None
    found: Analysis | None = None


async def results(event: EventView, *, may_see_early: bool) -> Results:
    """The weighted means of all sealed sheets, category by category, if they may be seen; five queries at most."""
    known, section, sheets = await _sealed(event, may_see_early=may_see_early)
    if known.refusals:
        return known
    return replace(
        known,
        tie_rule=section.tie_rule,
        categories=tuple(_published(_jury_of(category, section, sheets)) for category in section.categories),
    )


async def analysis(event: EventView, category: str, *, may_see_early: bool) -> CategoryAnalysis | None:
    """One category's results and how sure they are; None for an unknown category; five queries at most.

    Computed in a thread, once for the same sheets: the last results are remembered.
    """
    known, section, sheets = await _sealed(event, may_see_early=may_see_early)
    declared = section.category(category)
    if declared is None:
        return None
    if known.refusals:
        return CategoryAnalysis(results=known)
    jury = _jury_of(declared, section, sheets)
    found = await asyncio.to_thread(_analysed, jury)
    return CategoryAnalysis(results=known, published=_published(jury), found=found)


class _Sheets(Struct, frozen=True):
    """What counts: submitted nominations and their sealed sheets."""

    entries: Sequence[NominationLine] = ()
    sealed: Sequence[Row] = ()


class _Jury(Struct, frozen=True, kw_only=True):
    """One category as the statistics take it."""

    category: Category
    criteria: tuple[Criterion, ...]
    entries: dict[str, NominationLine]
    marks: list[Mark]
    tie_rule: TieRule

    @property
    def weights(self) -> dict[str, int]:
        return {criterion.code: criterion.weight for criterion in self.criteria}


async def _sealed(event: EventView, *, may_see_early: bool) -> tuple[Results, AwardsSection, _Sheets]:
    """How far the jury is, what is declared, and, if results may be seen, what they are made of."""
    section = await section_of(event)
    columns = (Sheet.nomination, Sheet.juror, Sheet.state, Sheet.scores, Sheet.abstained, Sheet.salt)
    rows = (
        await Sheet.select(*columns)
        .where((Sheet.event == event.id) & (Sheet.nomination.state == "submitted"))
        .order_by(Sheet.id)
    )
    counted = Counter(row["state"] for row in rows if row["state"] != "recused")
    refusals = results_refusals([row["state"] for row in rows], may_see_early=may_see_early)
    known = Results(refusals=refusals, assigned=counted.total(), sealed=counted["sealed"])
    if refusals:
        return known, section, _Sheets()
    entries = await nominations(event, state="submitted")
    return known, section, _Sheets(entries, [row for row in rows if row["state"] == "sealed"])


def _jury_of(category: Category, section: AwardsSection, sheets: _Sheets) -> _Jury:
    criteria = section.rubric(category.code)
    known = {criterion.code for criterion in criteria}
    entries = {entry.id: entry for entry in sheets.entries if entry.category == category.code}
    rows = [row for row in sheets.sealed if row["nomination"] in entries]
    names = _secret_names(rows)
    return _Jury(
        category=category,
        criteria=criteria,
        entries={entry.code: entry for entry in entries.values()},
        marks=[mark for row in rows for mark in _marks(row, names[row["juror"]], entries[row["nomination"]], known)],
        tie_rule=TieRule(tuple(code for code in section.tie_break if code in known)),
    )


def _secret_names(rows: Sequence[Row]) -> dict[int, str]:
    """Names for jurors whose order tells nothing about who they are: made of the salts that sealed their sheets."""
    salts: dict[int, list[str]] = {}
    for row in rows:
        salts.setdefault(row["juror"], []).append(row["salt"])
    return {juror: sha256(f"{juror} {' '.join(sorted(own))}".encode()).hexdigest() for juror, own in salts.items()}


def _marks(row: Row, judge: str, entry: NominationLine, known: Collection[str]) -> list[Mark]:
    scores: dict[str, int | None] = dict.fromkeys(decoded(row["abstained"], list[str]))
    scores |= decoded(row["scores"], dict[str, int])
    return [Mark(judge, entry.code, criterion, score) for criterion, score in scores.items() if criterion in known]


def _published(jury: _Jury) -> CategoryResults:
    """Ranked by the exact weighted mean, in each group of its own."""
    scored = ((mark.judge, mark.entry) for mark in jury.marks if mark.score is not None)
    parts = groups(list(jury.entries), scored)
    number = {entry: place for place, group in enumerate(parts) for entry in group.entries}
    sheets: dict[int | None, list[Mark]] = {}
    for mark in jury.marks:
        sheets.setdefault(number.get(mark.entry), []).append(mark)
    unscored = [entry for entry in jury.entries if entry not in number]
    ranked = [
        result
        for place, entries in [*enumerate(group.entries for group in parts), (None, unscored)]
        for result in rank(entries, sheets.get(place, []), jury.weights, tie_rule=jury.tie_rule)
    ]
    lines = tuple(
        ResultLine(
            nomination=result.entry,
            candidate=jury.entries[result.entry].candidate,
            result=result,
            group=number.get(result.entry),
        )
        for result in ranked
    )
    return CategoryResults(category=jury.category, criteria=jury.criteria, lines=lines, groups=len(parts))


# -- how sure they are ---------------------------------------------------------------------------------------------

REMEMBERED: Final = 64
_remembered: OrderedDict[bytes, Analysis] = OrderedDict()
_one_at_a_time = Lock()


def _analysed(jury: _Jury) -> Analysis:
    """In a worker thread, one at a time: two readers of the same page cost one computation."""
    entries = list(jury.entries)
    key = sha256(msgspec.json.encode((entries, jury.marks, jury.weights, jury.tie_rule))).digest()
    with _one_at_a_time:
        if key in _remembered:
            _remembered.move_to_end(key)
        else:
            found = analyse(entries, jury.marks, jury.weights, tie_rule=jury.tie_rule, top=TOP)
            _remembered[key] = _lettered(found)
            while len(_remembered) > REMEMBERED:
                _remembered.popitem(last=False)
        return _remembered[key]


def _lettered(found: Analysis) -> Analysis:
    """The same with letters for the jurors, the most severe first."""
    model = found.model
    if isinstance(model, Undefined):
        names = [judge for group in found.groups for judge in group.judges]
    else:
        names = [judge.judge for judge in model.judges]
    letter = {name: _letter(number) for number, name in enumerate(names)}
    if not isinstance(model, Undefined):
        model = replace(model, judges=tuple(replace(each, judge=letter[each.judge]) for each in model.judges))
    without = sorted(
        (replace(each, judge=letter[each.judge]) for each in found.without), key=lambda each: _order(each.judge)
    )
    return replace(
        found,
        groups=tuple(
            replace(group, judges=tuple(sorted((letter[judge] for judge in group.judges), key=_order)))
            for group in found.groups
        ),
        constant_judges=tuple(sorted((letter[judge] for judge in found.constant_judges), key=_order)),
        model=model,
        without=tuple(without),
    )


def _letter(number: int) -> str:
    """A … Z, AA, AB …"""
    first, last = divmod(number, 26)
    return (_letter(first - 1) if first else "") + chr(ord("A") + last)


def _order(letters: str) -> tuple[int, str]:
    return len(letters), letters
