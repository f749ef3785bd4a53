"""Large neighbourhood search: some sessions that have to do with each other are placed anew by CP-SAT, all else stays.

After Shaw 1998, "Using constraint programming and local search methods to solve vehicle routing problems". Costly sessions
are chosen more often, and neighbourhoods grow as long as they are solved to the end in vain. A neighbourhood ends by
CP-SAT's deterministic time, so that all but the last one of a search depend on the seed alone with one worker.
"""

from collections.abc import Callable
from typing import Final

import numpy as np

from .heuristic import Cells, Draft, cost_of
from .model import Model, search
from .stopwatch import Stopwatch
from .table import Ints, Table

EFFORT: Final = 0.3
"""Deterministic seconds of a neighbourhood; on a quiet core about twice as many of the clock."""

SMALLEST, FIRST, LARGEST = 6, 12, 60
"""Sessions of a neighbourhood."""


def descend(
    table: Table,
    cells: Cells,
    cost: int,
    rng: np.random.Generator,
    watch: Stopwatch,
    *,
    seed: int,
    workers: int,
    is_over: Callable[[], bool],
    on_better: Callable[[int], None],
    floor: int,
) -> tuple[Cells, int]:
    """The best timetable met and its cost."""
    size = FIRST
    while cost > floor and not is_over():
        free = _neighbours(table, cells, rng, min(size, table.sessions))
        model = Model(table, free, cells)
        model.add_costs()
        model.cp.minimize(sum(model.costs))
        for session in free:
            model.cp.add_hint(model.start[session], cells[session][0])
            model.cp.add_hint(model.in_room[session, cells[session][1]], 1)
        solver, status = search(model.cp, watch, seed=seed, workers=workers, limit_s=watch.left_s, effort=EFFORT)
        name = solver.status_name(status)
        if name not in ("OPTIMAL", "FEASIBLE"):
            size = max(SMALLEST, size - 2)
            continue
        found = model.cells(solver.value)
        found_cost = cost_of(table, found)
        if found_cost < cost:
            on_better(found_cost)
        elif name == "OPTIMAL":
            size = min(LARGEST, size + 1)
        else:
            size = max(SMALLEST, size - 2)
        if found_cost <= cost:
            cells, cost = found, found_cost
    return cells, cost


def _neighbours(table: Table, cells: Cells, rng: np.random.Generator, size: int) -> list[int]:
    """A session that costs much, by chance, and those nearest to it in one of five senses, also by chance."""
    start = np.array([cells[session][0] for session in range(table.sessions)])
    room = np.array([cells[session][1] for session in range(table.sessions)])
    weight = _burdens(table, cells)
    middle = int(rng.choice(table.sessions, p=weight / weight.sum()))
    distance = rng.random(table.sessions)
    in_track = table.track == table.track[middle]
    in_room = room == room[middle]
    kind = int(rng.integers(5))
    if kind == 0:  # the same hour
        distance += np.abs(start - start[middle]) / 3
    elif kind == 1:  # two tracks
        other = int(rng.integers(max(1, table.tracks)))
        distance += np.where(in_track, 0, np.where(table.track == other, 1, 9))
    elif kind == 2:  # a day of a few rooms
        rank = rng.permutation(table.rooms)
        distance += 10 * (table.day_at[start] != table.day_at[start[middle]]) + np.where(in_room, 0, 2 + rank[room])
    elif kind == 3:  # who shares people or audience
        near = [*table.partners[middle][0].tolist(), *table.mates[middle]]
        distance += 3
        distance[[mate for one in near for mate in table.mates[one]]] -= 2
        distance[near] = rng.random(len(near))
    else:  # the rooms of a track
        own = np.isin(room, room[in_track]) if table.track[middle] >= 0 else in_room
        distance += np.where(own, 0, 3) + np.where(in_track, 0, 1)
    distance[middle] = -1
    return [int(session) for session in np.argsort(distance)[:size]]


def _burdens(table: Table, cells: Cells) -> Ints:
    """What each session costs where it is, beside all others, and a little for those that cost nothing."""
    draft = Draft(table)
    for session, cell in cells.items():
        draft.place(session, *cell)
    burdens: Ints = np.ones(table.sessions, dtype=np.int64)
    for session in range(table.sessions):
        cell = draft.remove(session)
        burdens[session] += max(0, draft.marginal(session, *cell))
        draft.place(session, *cell)
    return burdens
