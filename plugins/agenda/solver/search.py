"""From a problem to an answer: a quick timetable first, then better ones, then the proof."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np

from .bounds import lower_bound
from .contradictions import explain, impossible_part
from .heuristic import Cells, Draft, construct, cost_of, improve
from .model import Model, least_of, search
from .neighbourhoods import descend
from .problem import TERMS, Answer, Contradiction, Cost, Problem, Progress, Proposal, Unsolved
from .rooming import Packing, chosen_rooms, guided
from .stopwatch import Stopwatch
from .table import Table, table_of

OnProgress = Callable[[Progress], None]

Way = Callable[[Cells, int, float], tuple[Cells, int]]
"""A way of searching: from places and their cost, until so many seconds have passed, to better ones."""

WHOLE_MODEL_SESSIONS = 150
"""Up to so many sessions CP-SAT works on the whole problem at once; beyond, it finds nothing that the heuristic misses."""

SMALL = 30
"""Up to so many sessions ruin and recreate goes before the whole model; beyond, rooms first and neighbourhoods too."""

ROOMS_FIRST_SESSIONS = 300
"""Beyond, choosing rooms first and neighbourhoods take longer than they gain: ruin and recreate alone ends lower."""

ROUNDS = 4_000
"""Rounds of ruin and recreate before the models take over."""

HELD_BACK = 0.08
"""The part of each room's time that is left empty when rooms are chosen, so that sessions can be cut to fit it."""

ROOMING_SHARE, RUIN_SHARE, TURNS_SHARE = 0.12, 0.3, 0.5
"""Of the time left: each step of choosing rooms; before the whole model ruin and recreate, where it has turns with others."""

TURNS = 24
"""How often ruin and recreate and neighbourhoods may take turns."""

SHORTEST_TURN_S = 1.0


class Reporter:
    """Reports the best cost and bound so far; neither ever grows worse."""

    def __init__(self, watch: Stopwatch, on_progress: OnProgress | None) -> None:
        self._watch, self._on_progress = watch, on_progress
        self.cost: int | None = None
        self.bound: int | None = None

    def report(self, phase: Any, cost: int | None = None, bound: int | None = None) -> None:
        if cost is not None and (self.cost is None or cost < self.cost):
            self.cost = cost
        if bound is not None and (self.bound is None or bound > self.bound):
            self.bound = bound
        if self._on_progress is not None:
            shown = self.bound if self.bound is None or self.cost is None else min(self.bound, self.cost)
            self._on_progress(Progress(phase=phase, seconds=self._watch.seconds, cost=self.cost, bound=shown))


@dataclass(frozen=True)
class Run:
    """What all steps of one search share."""

    watch: Stopwatch
    reporter: Reporter
    rng: np.random.Generator
    seed: int
    workers: int

    @classmethod
    def begin(cls, watch: Stopwatch, on_progress: OnProgress | None, seed: int, workers: int) -> Self:
        return cls(watch, Reporter(watch, on_progress), np.random.default_rng(seed), seed, workers)

    def search(self, model: Model, limit_s: float, heard: Callable[[int, int], None] | None = None) -> tuple[Any, Any]:
        """CP-SAT's solver after its search of the model, and its status."""
        return search(model.cp, self.watch, seed=self.seed, workers=self.workers, limit_s=limit_s, heard=heard)


@dataclass(frozen=True)
class Aim:
    """What is bettered: the sessions that may move, the phase that is reported, and what is known of the cost.

    `least` is what rooms are known to cost at least; a bound is reported only where it holds for the whole answer.
    """

    free: list[int]
    phase: Literal["search", "cost"] = "search"
    is_bound_reported: bool = True
    least: int = 0


def solve(
    problem: Problem,
    *,
    limit_s: float,
    seed: int,
    workers: int,
    on_progress: OnProgress | None,
    should_stop: Callable[[], bool] | None,
) -> Answer:
    watch = Stopwatch(limit_s, should_stop)
    run = Run.begin(watch, on_progress, seed, workers)
    run.reporter.report("start")
    table = table_of(problem)
    if not table.sessions:
        return proposal(table, {}, 0, 0, watch)
    if is_hopeless(table):
        return explain(problem, watch, run.reporter.report, seed=seed)
    quick = quick_cells(table, run, ejections=100 + 2 * table.sessions)
    if quick is None and (part := impossible_part(problem, watch, seed=seed)):
        return explain(problem, watch, run.reporter.report, seed=seed, part=part)
    quick = quick or quick_cells(table, run, ejections=50 * table.sessions)
    cells = quick or any_cells(table, run)
    if isinstance(cells, Unsolved):
        return cells
    if isinstance(cells, Contradiction):
        return explain(problem, watch, run.reporter.report, seed=seed, part=problem)
    cost = cost_of(table, cells)
    run.reporter.report("search", cost, 0)
    cells, cost, least = roomed_cells(table, cells, cost, run)
    cells, cost, bound = better_cells(table, cells, cost, Aim(list(range(table.sessions)), least=least), run)
    run.reporter.report("search", cost, bound)
    return proposal(table, cells, cost, bound, watch)


def is_hopeless(table: Table) -> bool:
    """Some session has no place at all, whatever else is held."""
    if not table.steps:
        return bool(table.sessions)
    return not bool(table.starts_ok.any(axis=1).all() and table.rooms_ok.any(axis=1).all())


def quick_cells(table: Table, run: Run, *, ejections: int) -> Cells | None:
    """A timetable by the heuristic alone; half of the time is left for asking CP-SAT whether there is one."""
    watch, draft = run.watch, Draft(table)
    until = watch.seconds + watch.left_s / 2
    everybody = range(table.sessions)
    found = construct(
        table, draft, everybody, run.rng, is_over=lambda: watch.is_over or watch.seconds >= until, ejections=ejections
    )
    return draft.cells if found else None


def any_cells(table: Table, run: Run) -> Cells | Contradiction | Unsolved:
    """Any timetable, by CP-SAT; a contradiction, yet without its reasons, where it proves that there is none."""
    watch = run.watch
    if watch.is_over:
        return Unsolved(seconds=watch.seconds)
    model = Model(table, range(table.sessions), {})
    solver, status = run.search(model, watch.left_s)
    name = solver.status_name(status)
    if name in ("OPTIMAL", "FEASIBLE"):
        return model.cells(solver.value)
    if name == "INFEASIBLE":
        return Contradiction(wishes=(), is_minimal=False, seconds=watch.seconds)
    return Unsolved(seconds=watch.seconds)


def roomed_cells(table: Table, cells: Cells, cost: int, run: Run) -> tuple[Cells, int, int]:
    """The better of these places and of some in rooms that were chosen first, its cost, and what rooms cost at least."""
    watch, options = run.watch, {"seed": run.seed, "workers": run.workers}
    if not SMALL < table.sessions <= ROOMS_FIRST_SESSIONS or watch.is_over:
        return cells, cost, 0
    share = watch.left_s * ROOMING_SHARE
    rooms = chosen_rooms(table, cells, run.rng, watch, held_back=HELD_BACK, limit_s=share, **options)
    if not watch.is_over:
        found = _placed_in(guided(table, rooms), share, run)
        if found is not None and (found_cost := cost_of(table, found)) < cost:
            cells, cost = found, found_cost
    packing = Packing(table, by_day=table.sessions <= WHOLE_MODEL_SESSIONS)
    packing.begin_from(cells)
    return cells, cost, packing.solved(watch, limit_s=share / 2, **options).bound


def _placed_in(guide: Table, share: float, run: Run) -> Cells | None:
    """A timetable in the guide's rooms, bettered for as long as the share of the time lasts."""
    watch, draft, begun = run.watch, Draft(guide), run.watch.seconds

    def is_over() -> bool:
        return watch.is_over or watch.seconds > begun + share

    everybody = range(guide.sessions)
    if not construct(guide, draft, everybody, run.rng, is_over=is_over, ejections=20 * guide.sessions):
        return None
    cells, _ = improve(
        guide,
        draft,
        np.arange(guide.sessions),
        run.rng,
        rounds=ROUNDS if guide.sessions <= WHOLE_MODEL_SESSIONS else 10**9,
        is_over=is_over,
        on_better=lambda better: run.reporter.report("search", better),
    )
    return cells


def better_cells(table: Table, cells: Cells, cost: int, aim: Aim, run: Run) -> tuple[Cells, int, int]:
    """The best timetable found in what is left of the time, its cost, and a proven bound below it."""
    watch, free = run.watch, aim.free
    stay = {session: cell for session, cell in cells.items() if session not in set(free)}
    bound = lower_bound(table, free, stay, aim.least)
    run.reporter.report(aim.phase, cost, bound if aim.is_bound_reported else None)
    is_whole = len(free) <= WHOLE_MODEL_SESSIONS
    has_turns = not stay and SMALL < len(free) <= ROOMS_FIRST_SESSIONS
    share = 0.97 if not is_whole else TURNS_SHARE if has_turns else RUIN_SHARE
    until = watch.seconds + share * watch.left_s

    def on_better(better: int) -> None:
        run.reporter.report(aim.phase, better)

    def ruined(cells: Cells, cost: int, ends_at: float) -> tuple[Cells, int]:
        draft = Draft(table)
        for session, cell in cells.items():
            draft.place(session, *cell)
        return improve(
            table,
            draft,
            np.array(free, dtype=np.int64),
            run.rng,
            rounds=min(ROUNDS, 60 * len(free)) if is_whole else 10**9,
            is_over=lambda: watch.is_over or watch.seconds >= ends_at,
            on_better=on_better,
            floor=bound,
        )

    def descended(cells: Cells, cost: int, ends_at: float) -> tuple[Cells, int]:
        return descend(
            table,
            cells,
            cost,
            run.rng,
            watch,
            seed=run.seed,
            workers=run.workers,
            is_over=lambda: watch.is_over or watch.seconds >= ends_at,
            on_better=on_better,
            floor=bound,
        )

    if has_turns:
        cells, cost = _in_turns([ruined, descended], cells, cost, bound, watch, until)
    else:
        cells, cost = ruined(cells, cost, until)
    if cost > bound and is_whole and not watch.is_over:
        cells, cost, bound = _proven_cells(table, cells, cost, bound, stay, aim, run)
    return cells, cost, min(bound, cost)


def _in_turns(
    ways: list[Way], cells: Cells, cost: int, bound: int, watch: Stopwatch, until: float
) -> tuple[Cells, int]:
    """Each way of searching once, then for every turn the one that gained most in its last, or was in vain longest ago."""
    turn_s = max(SHORTEST_TURN_S, (until - watch.seconds) / TURNS)
    gains = [float("inf")] * len(ways)
    number = 0
    while cost > bound and watch.seconds < until and not watch.is_over:
        number += 1
        chosen, begun, before = gains.index(max(gains)), watch.seconds, cost
        cells, cost = ways[chosen](cells, cost, min(until, begun + turn_s))
        gains[chosen] = (before - cost) / (watch.seconds - begun + 0.01) or -number
    return cells, cost


def _proven_cells(
    table: Table, cells: Cells, cost: int, bound: int, stay: Cells, aim: Aim, run: Run
) -> tuple[Cells, int, int]:
    model = Model(table, aim.free, stay)
    model.add_costs()
    model.begin_from(cells)
    whole = sum(model.costs)
    model.cp.add(whole >= bound)
    model.cp.minimize(whole)
    solver, status = run.search(
        model,
        run.watch.left_s,
        heard=lambda better, least: run.reporter.report(aim.phase, better, least if aim.is_bound_reported else None),
    )
    if solver.status_name(status) not in ("OPTIMAL", "FEASIBLE"):
        return cells, cost, bound
    bound = max(bound, least_of(solver))
    found = model.cells(solver.value)
    found_cost = cost_of(table, found)
    return (found, found_cost, bound) if found_cost < cost else (cells, cost, bound)


def proposal(table: Table, cells: Cells, cost: int, bound: int, watch: Stopwatch, **moves: Any) -> Proposal:
    """The answer that says what these places cost; `moves` are a repair's own fields."""
    placements = table.placements([cells[session] for session in range(table.sessions)])
    return Proposal(
        placements=placements,
        costs=costs_of(table, cells),
        cost=cost,
        bound=min(bound, cost),
        is_proven=bound >= cost,
        seconds=watch.seconds,
        **moves,
    )


def costs_of(table: Table, cells: Cells) -> tuple[Cost, ...]:
    """Each soft term by itself: the timetable is priced with all other weights at 0 and this one at 1."""
    from msgspec.structs import replace

    from .problem import Weights

    weights, found = table.problem.weights, []
    for term in TERMS:
        alone = Weights(**{other: int(other == term) for other in TERMS})
        amount = cost_of(table_of(replace(table.problem, weights=alone)), cells)
        found.append(Cost(term, amount, amount * int(getattr(weights, term))))
    return tuple(found)
