"""An analysis in words: what an organiser should know before the names are read out."""

from collections.abc import Iterable, Mapping, Sequence
from math import hypot
from typing import Final

from babel.lists import format_list
from babel.numbers import format_percent
from msgspec import Struct

from plenaria.core.kernel.i18n import gettext, ngettext
from plenaria.core.kernel.shown import locale, number
from plenaria.core.kernel.values import N_
from plenaria.plugins.awards.statistics import (
    AdditiveModel,
    Alpha,
    Analysis,
    Concordance,
    IccTable,
    Ranking,
    Reason,
    Undefined,
    WithoutJudge,
)

Names = Mapping[str, str]

FIRST: Final = 5
"""How many names an order in words lists."""

WHY_NOT: Final[Mapping[Reason, str]] = {
    "no_marks": N_("Nobody has scored anything in this category yet."),
    "one_entry": N_("Only one nomination has scores: there is nothing to compare it with."),
    "one_judge": N_("Only one juror scored: severity cannot be distinguished from merit."),
    "incomplete": N_("This needs every juror’s score of every nomination; here not everybody judged everything."),
    "constant": N_("Every score is the same: there are no differences to explain."),
    "all_tied": N_("Every juror gave all their nominations the same score."),
    "no_pairs": N_("No nomination was scored by two jurors."),
    "negative": N_("With scores below 0, ratios have no meaning."),
    "no_spare_scores": N_("There are too few scores to distinguish differences from chance."),
    "no_error": N_("Jurors differ by the same amount everywhere and by nothing else: chance cannot be measured."),
    "extra_missing": N_(
        "Severity, expected scores and probabilities need the extra “jury” (numpy and scipy), "
        "which is not installed here."
    ),
}


class Figure(Struct, frozen=True):
    """A figure of agreement; `value` is "" where `reading` says why there is none."""

    name: str
    value: str
    reading: str


class Without(Struct, frozen=True):
    """What becomes of the places without one juror."""

    juror: str
    first: str
    changes: str
    winner_changes: bool


def juror(letter: str) -> str:
    return gettext("Juror {letter}").format(letter=letter)


def why_not(undefined: Undefined) -> str:
    return gettext(WHY_NOT[undefined.reason])


def points(value: float, decimals: int) -> str:
    """A score or a difference of scores, with a true minus."""
    return number(value, decimals).replace("-", "−")


def chance(value: float) -> str:
    """A probability in whole per cent; it comes from draws, so that it is never certain."""
    if 0.005 <= value < 0.995:
        return _percent(value)
    if value < 0.5:
        return gettext("under {percent}").format(percent=_percent(0.01))
    return gettext("over {percent}").format(percent=_percent(0.99))


def _percent(value: float) -> str:
    return str(format_percent(value, locale=locale()))


def _listed(names: Iterable[str]) -> str:
    return str(format_list(list(names), locale=locale()))


# -- before anything else ------------------------------------------------------------------------------------------


def warnings(found: Analysis, names: Names) -> list[str]:
    """What makes the places mean something else than they seem to."""
    sentences = []
    if len(found.groups) > 1:
        sentences.append(
            gettext(
                "These nominations were judged by different jurors and cannot be compared with each other; "
                "places hold only within each group."
            )
        )
    if found.unscored and found.groups:
        sentences.append(gettext("Nobody has scored: {names}.").format(names=_listed(names[e] for e in found.unscored)))
    if found.single_judge and len(_judges(found)) > 1:
        sentences.append(
            gettext("Only one juror scored: {names}.").format(names=_listed(names[e] for e in found.single_judge))
        )
    sentences += [
        gettext("{juror} gave all their nominations the same score, so it distinguishes none of them.").format(
            juror=juror(letter)
        )
        for letter in found.constant_judges
    ]
    return sentences


def _judges(found: Analysis) -> list[str]:
    return [judge for group in found.groups for judge in group.judges]


# -- how sure ------------------------------------------------------------------------------------------------------


def findings(found: Analysis, names: Names) -> list[str]:
    """Sentences from the most to the least important; never none."""
    scored = [standing.entry for standing in found.standings if standing.place is not None]
    if len(scored) < 2:
        return [why_not(Undefined("one_entry" if scored else "no_marks"))]
    sentences = _without_one(found, names)
    if isinstance(found.model, Undefined):
        return [*sentences, why_not(found.model)]
    return [
        *sentences,
        *_severity(found.model),
        *_order(found, found.model, names),
        *_chances(found, found.model, names),
    ]


def _without_one(found: Analysis, names: Names) -> list[str]:
    alone = [each for each in found.without if each.parts == 0]
    if len(_judges(found)) == 1:
        return []
    sentences = []
    for each in found.without:
        if each.published is not None and each.published.winner_changes:
            sentences.append(_another_winner(each, each.published, names, several_groups=len(found.groups) > 1))
        elif each.parts > 1:
            sentences.append(
                gettext("Without {juror}, nominations would fall into groups that cannot be compared.").format(
                    juror=juror(each.judge)
                )
            )
    if sentences:
        return sentences
    if len(found.groups) > 1:
        if len(alone) == len(found.without):
            return []
        return [gettext("In each group the first place would be the same without any single juror.")]
    return [gettext("The winner would be the same without any single juror.")]


def _another_winner(each: WithoutJudge, ranking: Ranking, names: Names, *, several_groups: bool) -> str:
    winners = _listed(names[entry] for entry in ranking.winners)
    if several_groups:
        words = gettext("Without {juror} the first place of their group would go to {names}.")
    elif len(ranking.winners) > 1:
        words = gettext("Without {juror} the first place would be shared by {names}.")
    else:
        words = gettext("Without {juror} the winner would be {names}.")
    return words.format(juror=juror(each.judge), names=winners)


def _severity(model: AdditiveModel) -> list[str]:
    if "judges" in model.singular:
        return [gettext("The scores show no difference in severity between jurors.")]
    if len(model.means) > 1:
        return []
    most, least = model.judges[0], model.judges[-1]
    apart = most.severity - least.severity
    words = gettext(
        "Jurors differ in severity by about {points} points: {severe} is the most severe, {lenient} the most lenient."
    ).format(points=number(apart, 1 if apart >= 0.1 else 2), severe=juror(most.judge), lenient=juror(least.judge))
    if apart < 2 * hypot(most.standard_error, least.standard_error):
        words += " " + gettext("With so few scores, that may be chance.")
    return [words]


def _order(found: Analysis, model: AdditiveModel, names: Names) -> list[str]:
    if "entries" in model.singular:
        return [gettext("Nominations differ no more than chance would make them: the places are close to a draw.")]
    published = {standing.entry: standing.place for standing in found.standings}
    estimated = {each.entry: each.place for each in model.entries}
    if all(published[entry] == place for entry, place in estimated.items()):
        return [gettext("Allowing for who judged what, the order stays the same.")]
    if len(model.means) > 1:
        return [gettext("Allowing for who judged what, the order within a group would be another; see the table.")]
    order = " · ".join(f"{each.place}. {names[each.entry]}" for each in model.entries[:FIRST])
    if len(model.entries) > FIRST:
        order += " …"
    first = {entry for entry, place in estimated.items() if place == 1}
    if first == {entry for entry, place in published.items() if place == 1}:
        words = gettext("Allowing for who judged what, the winner stays the same, and the order would be: {order}")
    else:
        words = gettext("Allowing for who judged what, the winner would be another, and the order: {order}")
    return [words.format(order=order)]


def _chances(found: Analysis, model: AdditiveModel, names: Names) -> list[str]:
    if len(model.means) > 1:
        return [
            gettext("No probability of winning is given, since nominations of different groups cannot be compared.")
        ]
    first = [standing.entry for standing in found.standings if standing.place == 1]
    likeliest = max(model.entries, key=lambda each: each.win or 0)
    shown = [each for each in model.entries if each.entry in first or each == likeliest]
    sentences = []
    for each in shown[:FIRST]:
        if each.win is None or each.among_top is None:
            continue
        words = (
            gettext("{name}: probability to be the best {win}, to be among the first {top} {among_top}.")
            if len(model.entries) > model.top
            else gettext("{name}: probability to be the best {win}.")
        )
        sentences.append(
            words.format(name=names[each.entry], win=chance(each.win), top=model.top, among_top=chance(each.among_top))
        )
    return sentences


# -- without each juror --------------------------------------------------------------------------------------------


def without_each(found: Analysis, names: Names) -> list[Without]:
    """Who would be first and the largest changes of place, without each juror without whom something changes."""
    if len(_judges(found)) < 2:
        return []
    return [_without(each, names) for each in found.without if each.published is None or each.published.moves]


def without_effect(found: Analysis) -> str:
    """Says without whom no place changes; "" if there is nobody such."""
    letters = [each.judge for each in found.without if each.published is not None and not each.published.moves]
    if not letters:
        return ""
    if len(letters) == len(found.without):
        return gettext("No place would change without any single juror.")
    return gettext("No place changes without: {jurors}.").format(jurors=_listed(map(juror, letters)))


def _without(each: WithoutJudge, names: Names) -> Without:
    if each.published is None:
        words = (
            gettext("Nothing would be left of their group.")
            if each.parts == 0
            else gettext("What is left falls into {count} groups that cannot be compared.").format(count=each.parts)
        )
        return Without(each.judge, "—", words, winner_changes=False)
    moves = [
        f"{names[move.entry]} {move.place} → {move.without if move.without is not None else '—'}"
        for move in each.published.moves[:3]
    ]
    rest = len(each.published.moves) - len(moves)
    if rest > 0:
        moves.append(ngettext("and %(count)s more", "and %(count)s more", rest) % {"count": rest})
    return Without(
        each.judge,
        _listed(names[entry] for entry in each.published.winners),
        "; ".join(moves),
        each.published.winner_changes,
    )


# -- agreement -----------------------------------------------------------------------------------------------------


def agreement(found: Analysis) -> list[Figure]:
    """Each figure with one sentence on how to read it, or on why there is none."""
    figures = found.agreement
    return [
        _alpha(
            gettext("Krippendorff’s alpha of the scores"),
            figures.interval,
            gettext(
                "1 is full agreement, 0 what chance would give, below 0 systematic disagreement. "
                "From 0.8 on it counts as reliable; under 0.667 even tentative conclusions are risky."
            ),
        ),
        _alpha(
            gettext("Krippendorff’s alpha of their order"),
            figures.ordinal,
            gettext("The same when only the order of the scores counts, not the distance between them."),
        ),
        *_icc(figures.icc, found),
        _concordance(figures.concordance),
    ]


def _alpha(name: str, alpha: Alpha | Undefined, reading: str) -> Figure:
    if isinstance(alpha, Undefined):
        return Figure(name, "", why_not(alpha))
    return Figure(name, _figure(alpha.value), reading)


def _icc(table: IccTable | Undefined, found: Analysis) -> Sequence[Figure]:
    if isinstance(table, Undefined):
        name = gettext("Intraclass correlation (ICC)")
        shown = [Figure(name, "", why_not(table))]
        if isinstance(found.model, AdditiveModel):
            shown.append(
                Figure(
                    gettext("Reliability of one score"),
                    _figure(found.model.reliability_agreement),
                    gettext(
                        "How much of the differences between single scores lies in the nominations; "
                        "the rest is severity and chance."
                    ),
                )
            )
        return shown
    by_name = {each.name: each for each in table.coefficients}
    one, mean = by_name["ICC(2,1)"], by_name["ICC(2,k)"]
    return [
        Figure(
            gettext("ICC(2,1): one juror’s score"),
            _with_limits(one.value, one.lower, one.upper),
            gettext(
                "How much of the differences between single scores lies in the nominations; "
                "the rest is severity and chance."
            ),
        ),
        Figure(
            gettext("ICC(2,k): the mean of all {count} jurors").format(count=table.judges),
            _with_limits(mean.value, mean.lower, mean.upper),
            gettext(
                "The same for the published mean: how far the mean of another jury of this size would agree with it."
            ),
        ),
    ]


def _concordance(found: Concordance | Undefined) -> Figure:
    name = gettext("Kendall’s W")
    if isinstance(found, Undefined):
        return Figure(name, "", why_not(found))
    return Figure(
        name,
        _figure(found.w),
        gettext("1: all jurors put the nominations in the same order; 0: their orders cancel out."),
    )


def _with_limits(value: float | None, lower: float | None, upper: float | None) -> str:
    if value is None:
        return "—"
    if lower is None or upper is None:
        return _figure(value)
    return f"{_figure(value)} ({_figure(lower)} – {_figure(upper)})"


def _figure(value: float) -> str:
    return points(value, 2)
