"""A timetable from wishes: `Problem` in, `Proposal` or `Contradiction` out. Needs the extra `timetable` only to solve."""

from collections.abc import Callable, Sequence

from .check import Fault, Violation, costs, problem_faults, violations
from .problem import (
    GRID_MIN,
    TERMS,
    Answer,
    Before,
    Clash,
    Contradiction,
    Cost,
    Day,
    Meal,
    Person,
    Placement,
    Problem,
    Progress,
    Proposal,
    Room,
    Session,
    Span,
    Travel,
    Unsolved,
    Weights,
    Wish,
    clashes_of,
)
from .words import WISHES

__all__ = [
    "GRID_MIN",
    "TERMS",
    "WISHES",
    "Answer",
    "Before",
    "Clash",
    "Contradiction",
    "Cost",
    "Day",
    "Fault",
    "Meal",
    "Person",
    "Placement",
    "Problem",
    "Progress",
    "Proposal",
    "Room",
    "Session",
    "Span",
    "Travel",
    "Unsolved",
    "Violation",
    "Weights",
    "Wish",
    "clashes_of",
    "costs",
    "problem_faults",
    "repair",
    "solve",
    "violations",
]


def solve(
    problem: Problem,
    *,
    limit_s: float,
    seed: int = 0,
    workers: int = 2,
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Answer:
    """The best timetable found within `limit_s` seconds, or why there is none, or that neither is known.

    Works in this process and blocks; `process.solve` does the same in a child. `on_progress` may be called from another
    thread, its cost and bound never grow worse; `should_stop` is asked several times a second, and what was found until
    then is the answer. Raises ValueError for a problem with faults.
    """
    _refuse_faults(problem)
    from . import search

    return search.solve(
        problem, limit_s=limit_s, seed=seed, workers=workers, on_progress=on_progress, should_stop=should_stop
    )


def repair(
    problem: Problem,
    before: Sequence[Placement],
    *,
    limit_s: float,
    seed: int = 0,
    workers: int = 2,
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Answer:
    """A timetable that differs from `before` in the fewest sessions, and of those the cheapest; otherwise as `solve`.

    `problem` is the one after the loss. Sessions that `before` does not place are placed and count as no move; placements
    of sessions that the problem no longer has are passed over.
    """
    _refuse_faults(problem)
    from . import repairing

    return repairing.repair(
        problem, before, limit_s=limit_s, seed=seed, workers=workers, on_progress=on_progress, should_stop=should_stop
    )


def _refuse_faults(problem: Problem) -> None:
    if faults := problem_faults(problem):
        facts = ", ".join(f"{name}: {fact}" for name, fact in faults[0].facts.items())
        raise ValueError(f"the problem has {len(faults)} faults, the first: {faults[0].code} ({facts})")
