"""Juries of two sizes: 120 entries × 15 judges and 1,000 × 80, four judges each, with conflicts.

    python benchmarks/jury_assignment.py            the smaller
    python benchmarks/jury_assignment.py large      both

Prints for each kind of expertise the seconds, what was reached and what is proven of it. `topics`: judges know the
entries of their own topic well and those of the neighbouring ones a little; loads within one of each other, the
tightest case. `stars`: some judges are better at everything, so that the bound on the worst entry cannot be reached.
"""

import sys
from collections.abc import Iterator
from random import Random
from time import perf_counter

from plenaria.plugins.awards.matching import Assigned, Pair, Problem, Repaired, assign, repair

SIZES = {"small": (120, 15), "large": (1_000, 80)}
PER_ENTRY = 4
TOPICS = 8


def problems(entries: int, judges: int) -> Iterator[tuple[str, Problem]]:
    chance = Random(1)
    names = [f"e{i}" for i in range(entries)], [f"j{i}" for i in range(judges)]
    cells = [(entry, judge) for entry in names[0] for judge in names[1]]
    entry_topic = {entry: chance.randrange(TOPICS) for entry in names[0]}
    judge_topic = {judge: chance.randrange(TOPICS) for judge in names[1]}
    fame = {judge: round(chance.random(), 2) for judge in names[1]}
    conflicts = set(chance.sample(cells, entries // 2))
    mean = entries * PER_ENTRY // judges

    def problem(expertise: dict[Pair, float], slack: int) -> Problem:
        return Problem(
            entries=names[0],
            judges=names[1],
            per_entry=PER_ENTRY,
            least=mean - slack,
            most=mean + slack + bool(entries * PER_ENTRY % judges),
            conflicts=conflicts,
            expertise=expertise,
        )

    def by_topic(entry: str, judge: str) -> float:
        far = abs(entry_topic[entry] - judge_topic[judge])
        return chance.randint(2, 5) if far == 0 else chance.randint(0, 2) if far == 1 else 0

    yield "even", problem({}, 0)
    yield "whole numbers", problem({cell: chance.randrange(6) for cell in cells}, 2)
    yield "fractions", problem({cell: chance.random() for cell in cells}, 2)
    yield "topics", problem({cell: by_topic(*cell) for cell in cells}, 0)
    yield "stars", problem({cell: fame[cell[1]] for cell in cells}, 0)


def line(kind: str, seconds: float, answer: Assigned) -> str:
    said = f"  {kind:14} {seconds:6.2f} s  {answer.connection}, loads {min(answer.loads.values())}"
    said += f"–{max(answer.loads.values())}"
    if (quality := answer.quality) is not None:
        said += f"; worst {quality.worst:g} of at most {quality.worst_at_most:g}"
        said += f", total {quality.total:.2f} of at most {quality.total_at_most:.2f}"
    return said


def main() -> None:
    for size in SIZES if "large" in sys.argv else ["small"]:
        entries, judges = SIZES[size]
        print(f"{entries} entries, {judges} judges, {PER_ENTRY} each")
        for kind, problem in problems(entries, judges):
            begun = perf_counter()
            answer = assign(problem)
            seconds = perf_counter() - begun
            assert isinstance(answer, Assigned)
            print(line(kind, seconds, answer), flush=True)
            if kind == "even":
                begun = perf_counter()
                repaired = repair(problem_without_bounds(problem), answer.pairs, gone={"j0"})
                assert isinstance(repaired, Repaired)
                print(line("…one gone", perf_counter() - begun, repaired.assigned))


def problem_without_bounds(problem: Problem) -> Problem:
    return Problem(
        entries=problem.entries, judges=problem.judges, per_entry=problem.per_entry, conflicts=problem.conflicts
    )


if __name__ == "__main__":
    main()
