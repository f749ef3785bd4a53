"""What is to be assigned: entries, judges, and what holds for them. Plain values, no solver."""

import hashlib
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from msgspec import Struct

Pair = tuple[str, str]
"""(entry, judge)"""


Aim = Literal["worst_first", "total"]


class Problem(Struct, frozen=True, kw_only=True):
    """Every entry wants `per_entry` judges, never one it has a conflict with; every judge's load keeps its bounds.

    `per_entry_of`, `least_of` and `most_of` say otherwise for single entries and judges; `most` None: no bound.
    `fixed` pairs stay, whatever else changes (work begun or finished). They count towards the loads; an entry with more
    of them than it needs keeps them all, and so does a judge with more than the judge may take.
    `expertise`: how well a judge knows an entry's matter, ≥ 0 in any unit, as long as sums mean something; a missing
    pair is 0. `aim` "worst_first": the worst-served entry's expertise, then the total; "total": the total alone.
    `seed` chooses among answers that are equally good. `run_limit_s`: seconds for each single run of the solver (most
    answers need one to four, and few of those come near the limit); None: no limit. Only expertise needs the solver,
    and only an answer that no limit has cut short is the same on every machine.
    """

    entries: Sequence[str]
    judges: Sequence[str]
    per_entry: int
    per_entry_of: Mapping[str, int] = {}
    least: int = 0
    most: int | None = None
    least_of: Mapping[str, int] = {}
    most_of: Mapping[str, int] = {}
    conflicts: Collection[Pair] = ()
    fixed: Collection[Pair] = ()
    expertise: Mapping[Pair, float] = {}
    aim: Aim = "worst_first"
    seed: int = 0
    run_limit_s: float | None = 10.0


@dataclass(frozen=True)
class Limits:
    """A problem in the form that the methods work on: one number per entry and judge, fixed work allowed for.

    `most` holds only judges with a bound. `open_to`: the judges of each entry without conflict, in the seed's order.
    `mixed`: the entries in the seed's order.
    """

    entries: tuple[str, ...]
    judges: tuple[str, ...]
    mixed: tuple[str, ...]
    needs: dict[str, int]
    least: dict[str, int]
    most: dict[str, int]
    open_to: dict[str, tuple[str, ...]]
    fixed: frozenset[Pair]
    seed: int

    def room(self, judge: str) -> int:
        return self.most.get(judge, len(self.entries))

    def in_order(self, pairs: Iterable[Pair]) -> tuple[Pair, ...]:
        """Pairs as entries and judges were given."""
        row = {entry: i for i, entry in enumerate(self.entries)}
        column = {judge: i for i, judge in enumerate(self.judges)}
        return tuple(sorted(pairs, key=lambda pair: (row[pair[0]], column[pair[1]])))


def limits_of(problem: Problem) -> Limits:
    """The problem's numbers, checked. Raises ValueError with a sentence that names the culprit."""
    _check_names(problem)
    _check_numbers(problem)
    fixed = frozenset(problem.fixed)
    begun = dict.fromkeys((*problem.entries, *problem.judges), 0)
    begun_by = {judge: sum(pair[1] == judge for pair in fixed) for judge in problem.judges}
    begun |= {entry: sum(pair[0] == entry for pair in fixed) for entry in problem.entries}
    mosts = {judge: problem.most_of.get(judge, problem.most) for judge in problem.judges}
    judges = seeded(problem.judges, problem.seed)
    barred = frozenset(problem.conflicts)
    return Limits(
        entries=tuple(problem.entries),
        judges=tuple(problem.judges),
        mixed=tuple(seeded(problem.entries, problem.seed)),
        needs={e: max(problem.per_entry_of.get(e, problem.per_entry), begun[e]) for e in problem.entries},
        least={judge: problem.least_of.get(judge, problem.least) for judge in problem.judges},
        most={judge: max(most, begun_by[judge]) for judge, most in mosts.items() if most is not None},
        open_to={e: tuple(judge for judge in judges if (e, judge) not in barred) for e in problem.entries},
        fixed=fixed,
        seed=problem.seed,
    )


def seeded(names: Iterable[str], seed: int) -> list[str]:
    """An order that depends on the seed and on the names only, not on the order they came in."""
    return sorted(names, key=lambda name: hashlib.sha256(f"{seed}/{name}".encode()).digest())


def _check_names(problem: Problem) -> None:
    for what, names in (("entry", problem.entries), ("judge", problem.judges)):
        if twice := sorted(
            {name for name in names if list(names).count(name) > 1} if len(set(names)) < len(names) else ()
        ):
            raise ValueError(
                f"an {what} is named twice: {twice}" if what == "entry" else f"a judge is named twice: {twice}"
            )
    entries, judges = set(problem.entries), set(problem.judges)
    for what, pairs in (("fixed", problem.fixed), ("conflicts", problem.conflicts), ("expertise", problem.expertise)):
        if stray := sorted(pair for pair in pairs if pair[0] not in entries or pair[1] not in judges):
            raise ValueError(f"pairs with unknown names in {what}: {stray}")
    if stray_names := sorted(set(problem.per_entry_of) - entries):
        raise ValueError(f"unknown entries in per_entry_of: {stray_names}")
    for what, named in (("least_of", problem.least_of), ("most_of", problem.most_of)):
        if stray_names := sorted(set(named) - judges):
            raise ValueError(f"unknown judges in {what}: {stray_names}")
    if both := sorted(set(problem.fixed) & set(problem.conflicts)):
        raise ValueError(f"fixed pairs that are conflicts: {both}")


def _check_numbers(problem: Problem) -> None:
    if problem.per_entry < 1:
        raise ValueError(f"every entry needs at least one judge, not {problem.per_entry}")
    if few := sorted(entry for entry, wanted in problem.per_entry_of.items() if wanted < 1):
        raise ValueError(f"every entry needs at least one judge; not so: {few}")
    for judge in problem.judges:
        least = problem.least_of.get(judge, problem.least)
        most = problem.most_of.get(judge, problem.most)
        if least < 0 or (most is not None and most < least):
            raise ValueError(f"judge {judge!r} cannot take at least {least} and at most {most} entries")
    if odd := sorted(pair for pair, much in problem.expertise.items() if not (math.isfinite(much) and much >= 0)):
        raise ValueError(f"expertise must be a number that is not negative: {odd}")
    if problem.run_limit_s is not None and not problem.run_limit_s > 0:
        raise ValueError(f"a run of the solver needs time, not {problem.run_limit_s} s")
