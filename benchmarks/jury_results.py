"""Everything about a category's results at once, in seconds.

    python benchmarks/jury_results.py

Prints the median of three runs of a jury where everybody scores everything (120 entries, 15 judges, 5 criteria), and
of a large one (2,000 entries, 100 judges, 4 to 10 judges an entry, 5 criteria). "Everything" is `analyse`: published
places, model, probabilities, agreement, and all of it again without each judge. The first run, which imports
numpy and scipy, is printed by itself.
"""

import statistics
import sys
from time import perf_counter

import numpy as np

from plenaria.plugins.awards.statistics import AdditiveModel, Mark, analyse

WEIGHTS = {"innovation": 30, "impact": 25, "quality": 20, "reach": 15, "clarity": 10}
RUNS = 3


def marks(entries: int, judges: int, per_entry: tuple[int, int], seed: int = 1) -> tuple[list[str], list[Mark]]:
    """Scores from 0 to 10 by the additive model, rounded."""
    chance = np.random.default_rng(seed)
    merit, severity = chance.normal(0, 1.2, entries), chance.normal(0, 0.8, judges)
    given = []
    for entry in range(entries):
        several = chance.integers(per_entry[0], per_entry[1] + 1)
        for judge in chance.choice(judges, several, replace=False):
            scores = 6 + merit[entry] - severity[judge] + chance.normal(0, 1, len(WEIGHTS))
            given += [
                Mark(f"j{judge:03}", f"e{entry:04}", criterion, int(np.clip(round(score), 0, 10)))
                for criterion, score in zip(WEIGHTS, scores, strict=True)
            ]
    return [f"e{entry:04}" for entry in range(entries)], given


def main() -> None:
    for entries, judges, per_entry in [(120, 15, (15, 15)), (2_000, 100, (4, 10))]:
        names, given = marks(entries, judges, per_entry)
        times = []
        for _ in range(RUNS + 1):
            begun = perf_counter()
            found = analyse(names, given, WEIGHTS)
            times.append(perf_counter() - begun)
        assert isinstance(found.model, AdditiveModel)
        assert len(found.without) == judges
        print(
            f"{entries} entries, {judges} judges, {len(given)} marks: "
            f"first {times[0]:.2f} s, then {statistics.median(times[1:]):.2f} s"
        )
        sys.stdout.flush()


if __name__ == "__main__":
    main()
