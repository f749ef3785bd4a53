"""What a jury's result is worth: the plain mean, the additive model and the per-judge z-score against the truth.

    python benchmarks/jury_simulation.py [repetitions] [seed]

A score is  severity + (1 + 0.25 z) merit + 0.6 chance,  with severity of sd 0.8 and z of sd 1 by judge, merit of sd 1
by entry, chance of sd 1 by score. (Spread: how much of the scale a judge uses, sd 0.25.)

1. One jury: 120 entries, 15 judges, 4 judges an entry, drawn by chance and evenly. Kendall's tau of the estimated
   merits with the true ones.
2. Juries that differ: 8 juries of 5 judges, each sees 15 entries of its own and every judge all of them; the juries'
   entries differ in quality (sd of a jury's mean 0.65 of a total of 1). Besides, 6 entries of every jury are judged by
   one judge of the next jury too, which connects the design. Recall: how many of the true best 5 are among the
   estimated best 5.
3. The same 480 scores in one stage (4 judges an entry) or two (3 an entry; then the best 8 by all 15 judges, whose
   mean decides). How often the truly best entry comes first.

4. How far to trust P(winner): for three sizes of contest, scored as the model assumes (every judge's spread 1), the
   chance that the model gives its favourite, and how often the favourite is the best.

With 400 repetitions and seed 1979:

    Kendall's tau        raw mean .721   additive .803   z-score .792
    top-5 recall         raw mean .635   additive .647   z-score .452
    right winner         raw mean .487 in one stage, .762 in two   additive .522 in one stage, .815 in two
    favourite's chance   said .845, came true .825 (12 entries, all by all 12 judges); .694, .713 (12 by 3 of 6);
                         .579, .600 (30 by 2 of 5)
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import kendalltau

from plenaria.plugins.awards.statistics import AdditiveModel, Score, additive_model
from plenaria.plugins.awards.statistics.fitting import Fit, fit
from plenaria.plugins.awards.statistics.threads import one_thread

SEVERITY_SD, SPREAD_SD, NOISE_SD = 0.8, 0.25, 0.6
ENTRIES, JUDGES, PER_ENTRY = 120, 15, 4
JURIES, JURY_SIZE, JURY_ENTRIES, JURY_SD, BRIDGES = 8, 5, 15, 0.65, 6
FIRST_ROUND, FINALISTS = 3, 8
TOP = 5
CONTESTS = ((12, 12, 12), (12, 6, 3), (30, 5, 2))
"""Entries, judges, judges an entry."""

Reals = Any
Seats = list[tuple[int, int]]
Method = Callable[["Scored"], Reals]


@dataclass(frozen=True)
class Scored:
    """Who (judge) scored what (entry), and how; one element a score."""

    entry: Reals
    judge: Reals
    value: Reals
    entries: int


@dataclass(frozen=True)
class Jury:
    severity: Reals
    spread: Reals

    @classmethod
    def drawn(cls, judges: int, chance: np.random.Generator) -> "Jury":
        return cls(chance.normal(0, SEVERITY_SD, judges), 1 + chance.normal(0, SPREAD_SD, judges))

    def scores(self, seats: Seats, merit: Reals, chance: np.random.Generator) -> Scored:
        entry, judge = np.array(seats).T
        noise = chance.normal(0, NOISE_SD, len(seats))
        return Scored(entry, judge, self.spread[judge] * merit[entry] - self.severity[judge] + noise, len(merit))


# ---------------------------------------------------------------------------------------------- methods


def as_scores(given: Scored) -> list[Score]:
    rows = zip(given.entry.tolist(), given.judge.tolist(), given.value.tolist(), strict=True)
    return [Score(f"{judge:04}", f"{entry:04}", value) for entry, judge, value in rows]


def raw_mean(given: Scored) -> Reals:
    return np.bincount(given.entry, given.value, given.entries) / np.bincount(given.entry, minlength=given.entries)


def additive(given: Scored) -> Reals:
    """Entries' effects; where the juries are not connected this is not meant to be called."""
    found = fit(as_scores(given))
    assert isinstance(found, Fit)
    assert len(found.groups) == 1
    return found.entry_effects


def z_score(given: Scored) -> Reals:
    """What plugins.awards.statistics does not offer: each judge's scores less their mean over their sd."""
    count = np.bincount(given.judge)
    mean = np.bincount(given.judge, given.value) / count
    centred = given.value - mean[given.judge]
    sd = np.sqrt(np.bincount(given.judge, centred**2) / (count - 1))
    return raw_mean(Scored(given.entry, given.judge, centred / sd[given.judge], given.entries))


METHODS: dict[str, Method] = {"raw mean": raw_mean, "additive": additive, "z-score": z_score}


# ---------------------------------------------------------------------------------------------- designs


def even_seats(entries: int, judges: int, per_entry: int, chance: np.random.Generator) -> Seats:
    """Every entry `per_entry` different judges, loads as even as they can be."""
    load = np.zeros(judges)
    seats = []
    for entry in chance.permutation(entries):
        least = np.argsort(load + 1e-6 * chance.random(judges))[:per_entry]
        load[least] += 1
        seats += [(int(entry), int(judge)) for judge in least]
    return seats


def separate_juries() -> Seats:
    seats = []
    for jury in range(JURIES):
        for number in range(JURY_ENTRIES):
            entry = jury * JURY_ENTRIES + number
            seats += [(entry, jury * JURY_SIZE + judge) for judge in range(JURY_SIZE)]
            if number < BRIDGES:
                seats.append((entry, (jury + 1) % JURIES * JURY_SIZE + number % JURY_SIZE))
    return seats


# -------------------------------------------------------------------------------------------- questions


def taus(chance: np.random.Generator) -> dict[str, float]:
    """One repetition of 1."""
    merit = chance.normal(size=ENTRIES)
    scored = Jury.drawn(JUDGES, chance).scores(even_seats(ENTRIES, JUDGES, PER_ENTRY, chance), merit, chance)
    return {name: float(kendalltau(merit, method(scored)).statistic) for name, method in METHODS.items()}


def recalls(chance: np.random.Generator) -> dict[str, float]:
    """One repetition of 2."""
    of_jury = np.repeat(chance.normal(0, JURY_SD, JURIES), JURY_ENTRIES)
    merit = of_jury + chance.normal(0, np.sqrt(1 - JURY_SD**2), JURIES * JURY_ENTRIES)
    scored = Jury.drawn(JURIES * JURY_SIZE, chance).scores(separate_juries(), merit, chance)
    best = set(np.argsort(-merit)[:TOP].tolist())
    return {name: len(best & set(np.argsort(-method(scored))[:TOP].tolist())) / TOP for name, method in METHODS.items()}


def winners(chance: np.random.Generator) -> dict[str, float]:
    """One repetition of 3."""
    merit, jury = chance.normal(size=ENTRIES), Jury.drawn(JUDGES, chance)
    once = jury.scores(even_seats(ENTRIES, JUDGES, PER_ENTRY, chance), merit, chance)
    first = jury.scores(even_seats(ENTRIES, JUDGES, FIRST_ROUND, chance), merit, chance)
    found = {}
    for name in ("raw mean", "additive"):
        found[f"one stage, {name}"] = float(np.argmax(METHODS[name](once)) == np.argmax(merit))
        finalists = np.argsort(-METHODS[name](first))[:FINALISTS]
        final = jury.scores([(int(e), judge) for e in finalists for judge in range(JUDGES)], merit, chance)
        last = np.bincount(final.entry, final.value, ENTRIES) / JUDGES  # everybody judges: severity cancels out
        winner = finalists[np.argmax(last[finalists])]
        found[f"two stages, {name}"] = float(winner == np.argmax(merit))
    return found


def trusted(chance: np.random.Generator) -> dict[str, float]:
    """One repetition of 4."""
    found = {}
    for entries, judges, per_entry in CONTESTS:
        merit = chance.normal(size=entries)
        jury = Jury(chance.normal(0, SEVERITY_SD, judges), np.ones(judges))
        model = additive_model(as_scores(jury.scores(even_seats(entries, judges, per_entry, chance), merit, chance)))
        assert isinstance(model, AdditiveModel)
        favourite = model.entries[0]
        name = f"{entries} by {per_entry} of {judges}"
        found[f"{name}: said"] = 1 / entries if favourite.win is None else favourite.win
        found[f"{name}: came true"] = float(int(favourite.entry) == np.argmax(merit))
    return found


def averaged(
    question: Callable[[np.random.Generator], dict[str, float]], repetitions: int, seed: int
) -> dict[str, tuple[float, float]]:
    """Mean and its standard error of every figure."""
    with one_thread():
        found = [question(chance) for chance in np.random.default_rng(seed).spawn(repetitions)]
    table = {name: np.array([each[name] for each in found]) for name in found[0]}
    return {name: (float(row.mean()), float(row.std(ddof=1) / np.sqrt(repetitions))) for name, row in table.items()}


def main(repetitions: int = 400, seed: int = 1979) -> None:
    print(f"{repetitions} repetitions, seed {seed}; mean ± standard error")
    for title, question in [
        ("Kendall's tau with the truth", taus),
        (f"top-{TOP} recall where juries differ", recalls),
        (f"right winner, {ENTRIES * PER_ENTRY} scores", winners),
        ("the favourite's chance", trusted),
    ]:
        print(title)
        for name, (mean, error) in averaged(question, repetitions, seed).items():
            print(f"  {name:24} {mean:.3f} ± {error:.3f}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
