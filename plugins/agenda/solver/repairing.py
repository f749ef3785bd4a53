"""A timetable mended after a loss: fewest moves first, then cost.

What cannot stay is known without a search: places that are no longer allowed, and of places that exclude each other all
but one. If those alone can be placed around all the others, fewer moves are impossible. Otherwise others are pushed out
of the way by the heuristic, and CP-SAT looks for fewer moves: among the sessions near those that moved, and where there
are few enough, among all, which is the proof.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from .contradictions import explain, impossible_part
from .heuristic import Cells, Draft, construct, cost_of
from .model import Model, least_of
from .problem import GRID_MIN, Answer, Placement, Problem, Unsolved
from .search import Aim, OnProgress, Run, better_cells, is_hopeless, proposal
from .stopwatch import Stopwatch
from .table import Table, table_of

ALL_SESSIONS: Final = 300
"""Up to so many sessions the fewest moves are looked for among all of them at once."""

NEAR_SESSIONS: Final = 80
"""How many sessions are looked at together where there are more."""


@dataclass
class Loss:
    """What is left of a timetable: who was where, who can stay, who has to move, and who is new."""

    old: Cells
    stay: Cells
    moving: list[int]
    new: list[int]
    least: int  # moves that nothing can avoid
    is_forced: bool  # exactly `moving` have to move, whatever else is done

    @property
    def free(self) -> list[int]:
        return sorted([*self.moving, *self.new])

    def moved(self, cells: Cells) -> list[int]:
        return [session for session, cell in self.old.items() if cells[session] != cell]


def loss_of(table: Table, before: Sequence[Placement]) -> Loss:
    old = {
        table.session_of[placed.session]: table.cell_of(placed)
        for placed in before
        if placed.session in table.session_of
    }
    on_grid = {placed.session: (placed.start - table.origin) % GRID_MIN == 0 for placed in before}
    draft = Draft(table)
    moving, blamed, least = [], set[int](), 0
    is_forced = True
    for session, (start, room) in sorted(old.items()):
        if not on_grid[table.problem.sessions[session].code] or not table.allows(session, start, room):
            moving.append(session)
            least += 1
            continue
        others = draft.conflicts(session, start, room)
        if not others:
            draft.place(session, start, room)
            continue
        moving.append(session)
        is_forced = False
        if not blamed & {session, *others}:
            blamed |= {session, *others}
            least += 1
    new = [session for session in range(table.sessions) if session not in old]
    return Loss(old, draft.cells, moving, new, least, is_forced)


def repair(
    problem: Problem,
    before: Sequence[Placement],
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
        return proposal(table, {}, 0, 0, watch, fewest_moves_proven=True)
    if is_hopeless(table):
        return explain(problem, watch, run.reporter.report, seed=seed)
    loss = loss_of(table, before)
    run.reporter.report("moves")
    mended = _with_fewest_moves(table, loss, run)
    if mended is None:
        return Unsolved(seconds=watch.seconds)
    if not mended.cells:
        return explain(problem, watch, run.reporter.report, seed=seed, part=mended.part)
    return _cheapest(table, loss, mended, Run(watch, run.reporter, np.random.default_rng(seed), seed, workers))


@dataclass
class Mended:
    """A timetable after the loss and how few moves are known to be needed; no cells: there is none."""

    cells: Cells
    least: int
    part: Problem | None = None


def _with_fewest_moves(table: Table, loss: Loss, run: Run) -> Mended | None:
    cells, is_impossible = _around(table, loss, run)
    least = loss.least + (1 if is_impossible and loss.is_forced else 0)
    if cells is not None and len(loss.moved(cells)) <= least:
        return Mended(cells, least)
    if cells is None:
        cells = _pushed(table, loss, run)
    if cells is None:
        part = impossible_part(table.problem, run.watch, seed=run.seed)
        if part is not None:
            return Mended({}, least, part)
    if cells is not None and table.sessions > ALL_SESSIONS:
        return _fewer_nearby(table, loss, cells, least, run)
    return _fewest_of_all(table, loss, cells, least, run)


def _around(table: Table, loss: Loss, run: Run) -> tuple[Cells | None, bool]:
    """All that can stay stays; the places, or none and whether that is proven impossible."""
    watch = run.watch
    draft = Draft(table)
    for session, cell in loss.stay.items():
        draft.place(session, *cell)
    movable = np.zeros(table.sessions, dtype=np.bool_)
    movable[loss.free] = True
    tries = 20 * len(loss.free)
    if construct(table, draft, loss.free, run.rng, is_over=lambda: watch.is_over, ejections=tries, is_free=movable):
        return draft.cells, False
    model = Model(table, loss.free, loss.stay)
    solver, status = run.search(model, watch.left_s / 3)
    name = solver.status_name(status)
    return (model.cells(solver.value) if name in ("OPTIMAL", "FEASIBLE") else None), name == "INFEASIBLE"


def _pushed(table: Table, loss: Loss, run: Run) -> Cells | None:
    """Some timetable that keeps much: sessions in the way are pushed out, and go back where that is possible."""
    watch, draft = run.watch, Draft(table)
    for session, cell in loss.stay.items():
        draft.place(session, *cell)
    if not construct(table, draft, loss.free, run.rng, is_over=lambda: watch.is_over, ejections=5 * table.sessions):
        return None
    has_changed = True
    while has_changed:
        has_changed = False
        for session in loss.moved(draft.cells):
            was = draft.remove(session)
            start, room = loss.old[session]
            if table.allows(session, start, room) and not draft.conflicts(session, start, room):
                draft.place(session, start, room)
                has_changed = True
            else:
                draft.place(session, *was)
    return draft.cells


def _moves(model: Model, loss: Loss) -> Any:
    """How many of the model's free sessions move, for an objective or a limit."""
    kept, could = [], 0
    for session in model.free:
        if session not in loss.old:
            continue
        could += 1
        start, room = loss.old[session]
        if session in loss.stay or model.table.allows(session, start, room):
            stays = model.cp.new_bool_var(f"stays{session}")
            model.cp.add(model.start[session] == start).only_enforce_if(stays)
            model.cp.add_implication(stays, model.in_room[session, room])
            kept.append(stays)
    return could - sum(kept)


def _fewest_of_all(table: Table, loss: Loss, cells: Cells | None, least: int, run: Run) -> Mended | None:
    model = Model(table, range(table.sessions), {})
    moves = _moves(model, loss)
    model.cp.add(moves >= least)
    model.cp.minimize(moves)
    if cells is not None:
        model.cp.add(moves <= len(loss.moved(cells)))
        model.begin_from(cells)
    solver, status = run.search(model, run.watch.left_s * 0.6)
    name = solver.status_name(status)
    if name in ("OPTIMAL", "FEASIBLE"):
        found = model.cells(solver.value)
        return Mended(found, len(loss.moved(found)) if name == "OPTIMAL" else least)
    if name == "INFEASIBLE":
        return Mended({}, least)
    return None if cells is None else Mended(cells, least)


def _fewer_nearby(table: Table, loss: Loss, cells: Cells, least: int, run: Run) -> Mended:
    """Fewer moves among the sessions near those that moved; the others stay as they are now."""
    moved = loss.moved(cells)
    near = _near(table, cells, {*moved, *loss.free})
    model = Model(table, near, {session: cell for session, cell in cells.items() if session not in near})
    moves = _moves(model, loss)
    model.cp.add(moves >= min(least, len(moved)))
    model.cp.minimize(moves)
    model.begin_from(cells)
    solver, status = run.search(model, run.watch.left_s * 0.6)
    if solver.status_name(status) in ("OPTIMAL", "FEASIBLE"):
        found = model.cells(solver.value)
        if len(loss.moved(found)) < len(moved):
            return Mended(found, least)
    return Mended(cells, least)


def _near(table: Table, cells: Cells, middle: set[int]) -> set[int]:
    """The middle, those who share its people, and those held at about the same time, up to `NEAR_SESSIONS`."""
    related = {mate for session in middle for mate in table.mates[session]} - middle
    others = sorted(
        set(cells) - middle,
        key=lambda one: (one not in related, min(abs(cells[one][0] - cells[session][0]) for session in middle), one),
    )
    return middle | set(others[: max(0, NEAR_SESSIONS - len(middle))])


def _cheapest(table: Table, loss: Loss, mended: Mended, run: Run) -> Answer:
    """The cheapest places with no more moves: of those that have to move, or where others must too, of a choice."""
    cells, cost = mended.cells, cost_of(table, mended.cells)
    run.reporter.report("cost", cost)
    moved = loss.moved(cells)
    has_fewest = len(moved) <= mended.least
    is_exact = loss.is_forced and set(moved) == set(loss.moving)
    free = sorted({*moved, *loss.new})
    bound = cost
    if free:
        aim = Aim(free, phase="cost", is_bound_reported=is_exact)
        cells, cost, bound = better_cells(table, cells, cost, aim, run)
    if not is_exact:
        bound = 0
        if table.sessions <= ALL_SESSIONS and not run.watch.is_over:
            cells, cost, bound = _cheapest_choice(table, loss, cells, cost, len(moved), run)
    run.reporter.report("cost", cost, bound)
    names = sorted(table.problem.sessions[session].code for session in loss.moved(cells))
    return proposal(table, cells, cost, bound, run.watch, moved=tuple(names), fewest_moves_proven=has_fewest)


def _cheapest_choice(table: Table, loss: Loss, cells: Cells, cost: int, most: int, run: Run) -> tuple[Cells, int, int]:
    """The cheapest timetable of all with at most so many moves."""
    model = Model(table, range(table.sessions), {})
    model.add_costs()
    model.cp.add(_moves(model, loss) <= most)
    model.begin_from(cells)
    model.cp.minimize(sum(model.costs))
    solver, status = run.search(
        model, run.watch.left_s, heard=lambda better, least: run.reporter.report("cost", better, least)
    )
    if solver.status_name(status) not in ("OPTIMAL", "FEASIBLE"):
        return cells, cost, 0
    found = model.cells(solver.value)
    found_cost, bound = cost_of(table, found), least_of(solver)
    return (found, found_cost, bound) if found_cost < cost else (cells, cost, bound)
