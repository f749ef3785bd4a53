"""COSPLIB solved with CP-SAT and scored by our reading of its objective, beside what others reached.

    python -m benchmarks.cosplib FOLDER [SECONDS] [NAME …]

FOLDER is a copy of github.com/ahmedkheiri/CoSPLib (its data is not ours to pass on), SECONDS the time of a run
(180). Each instance is solved in two runs with two workers: with one room for each track, as the papers demand, then with
changes of room allowed and penalised, begun from the first answer. The model is the library's own problem, not the
agenda's: it shows what the method reaches, not what `plugins.agenda.solver` does.

The terms by slot and the wished order of submissions are not in the model, as in the papers; the score has them all.
"""

import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from msgspec import Struct

from tests.plugins.agenda.solver.cosplib import (
    Instance,
    Solution,
    Submission,
    attendee_conflicts,
    chair_conflicts,
    faults,
    presenter_conflicts,
    read_instance,
    score,
    solution_of,
    zone_penalty,
)

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

WORKERS = 2
SECONDS = 180.0

PUBLISHED = {"GECCO19": 1_000_116, "GECCO20": 6_298, "GECCO21": 11_130, "N2OR": 2}
"""The published scores with one room for each track, which the library's own solution files should confirm."""

PROTOTYPE = {"GECCO19": (1_000_029, 38), "GECCO20": (6_210, 5_796), "GECCO21": (11_130, 10_933), "N2OR": (1, 1)}
"""What an earlier model of ours reached in 180 s: with one room for each track, and with changes of room allowed."""


class Solved(Struct, frozen=True):
    """`cost` is what the model says of the terms it has, `bound` a proven lower bound of that."""

    solution: Solution
    cost: int
    bound: int
    is_proven: bool


class _Model:
    """Which track is in which room in which session, and which submission is where.

    `z[track, session, room]` and `x[submission, session, room]` are 0 or 1. With `one_room` the rooms of a track are
    decided once, by `y[track, room]`, and with that a submission is placed by its session alone.
    """

    def __init__(self, instance: Instance, one_room: bool) -> None:
        from ortools.sat.python import cp_model

        self.instance, self.one_room = instance, one_room
        self.model = cp_model.CpModel()
        self.costs: list[tuple[int, cp_model.IntVar]] = []
        self.constant = 0
        self.sessions = [session.code for session in instance.sessions]
        self.of_track: dict[str, list[Submission]] = defaultdict(list)
        for one in instance.submissions:
            self.of_track[one.track].append(one)
        self._variables()
        self._places()
        self._wishes()
        self._rooms_of_tracks()
        self._parallel_tracks()
        self._pauses_of_tracks()
        self._conflicts()
        self.model.minimize(sum(cost * variable for cost, variable in self.costs) + self.constant)

    def _new(self) -> "cp_model.IntVar":
        return self.model.new_bool_var("")

    def _variables(self) -> None:
        tracks = [track.code for track in self.instance.tracks]
        self.y = {(t, r): self._new() for t in tracks for r in self.instance.rooms}
        self.z = {(t, s, r): self._new() for t in tracks for s in self.sessions for r in self.instance.rooms}
        self.u = {(t, s): self._new() for t in tracks for s in self.sessions}
        self.xs = {(one.code, s): self._new() for one in self.instance.submissions for s in self.sessions}
        self.x = {} if self.one_room else {
            (one.code, s, r): self._new()
            for one in self.instance.submissions
            for s in self.sessions
            for r in self.instance.rooms
        }  # fmt: skip

    def _places(self) -> None:
        """Submissions fit into the rooms and sessions of their track; a room holds one track in a session."""
        instance, model = self.instance, self.model
        for s in self.sessions:
            for r in instance.rooms:
                model.add_at_most_one(self.z[track.code, s, r] for track in instance.tracks)
        for one in instance.submissions:
            model.add_exactly_one(self.xs[one.code, s] for s in self.sessions)
            if not self.one_room:
                for s in self.sessions:
                    model.add(sum(self.x[one.code, s, r] for r in instance.rooms) == self.xs[one.code, s])
        for track in instance.tracks:
            if self.one_room:
                model.add_exactly_one(self.y[track.code, r] for r in instance.rooms)
            for session in instance.sessions:
                here = [self.z[track.code, session.code, r] for r in instance.rooms]
                used = self.u[track.code, session.code]
                model.add_max_equality(used, here)
                for r, z in zip(instance.rooms, here, strict=True):
                    model.add_implication(z, self.y[track.code, r])
                if self.one_room:
                    model.add_at_most_one(here)
                    self._filled(
                        track.code, session.slots, used, {x: self.xs[x, session.code] for x in self._codes(track.code)}
                    )
                    continue
                for r, z in zip(instance.rooms, here, strict=True):
                    held = {x: self.x[x, session.code, r] for x in self._codes(track.code)}
                    self._filled(track.code, session.slots, z, held)

    def _codes(self, track: str) -> list[str]:
        return [one.code for one in self.of_track[track]]

    def _filled(self, track: str, slots: int, used: "cp_model.IntVar", held: "dict[str, cp_model.IntVar]") -> None:
        needed = {one.code: one.slots for one in self.of_track[track]}
        self.model.add(sum(needed[code] * variable for code, variable in held.items()) <= slots * used)
        self.model.add(sum(held.values()) >= used)
        for variable in held.values():
            self.model.add_implication(variable, used)

    def _pay(self, cost: int, variable: "cp_model.IntVar") -> None:
        if cost:
            self.costs.append((cost, variable))

    def _wishes(self) -> None:
        """The penalties of tracks and submissions with sessions and rooms, and those of time zones."""
        instance, weights = self.instance, self.instance.weights
        for (t, s, r), z in self.z.items():
            self._pay(
                weights["tracks_sessions"] * instance.tracks_sessions.get((t, s), 0)
                + weights["tracks_rooms"] * instance.tracks_rooms.get((t, r), 0)
                + weights["sessions_rooms"] * instance.sessions_rooms.get((s, r), 0),
                z,
            )
        for one in instance.submissions:
            for session in instance.sessions:
                wish = weights["submissions_sessions"] * instance.submissions_sessions.get((one.code, session.code), 0)
                zone = weights["submissions_timezones"] * zone_penalty(instance.hours, one.zone, session)
                self._pay(one.slots * (wish + zone), self.xs[one.code, session.code])
            for r in instance.rooms:
                cost = one.slots * weights["submissions_rooms"] * instance.submissions_rooms.get((one.code, r), 0)
                if self.one_room:
                    self._pay(cost, self.y[one.track, r])
                else:
                    for s in self.sessions:
                        self._pay(cost, self.x[one.code, s, r])

    def _rooms_of_tracks(self) -> None:
        if self.one_room:
            return
        for track in self.instance.tracks:
            for r in self.instance.rooms:
                self._pay(self.instance.weights["rooms_per_track"], self.y[track.code, r])
            self.constant -= self.instance.weights["rooms_per_track"]
            for s in self.sessions:
                for r in self.instance.rooms:
                    self._pay(self.instance.weights["parallel_tracks"], self.z[track.code, s, r])
                self._pay(-self.instance.weights["parallel_tracks"], self.u[track.code, s])

    def _parallel_tracks(self) -> None:
        """Similar tracks and tracks with a chair in common, for each two rooms in which they are at once."""
        weights, chairs = self.instance.weights, chair_conflicts(self.instance)
        for pair in sorted({*self.instance.similar_tracks, *chairs}, key=sorted):
            similar = weights["similar_tracks"] * self.instance.similar_tracks.get(pair, 0)
            cost = similar + weights["chairs"] * (pair in chairs)
            one, other = sorted(pair)
            for s in self.sessions if cost else ():
                for first, second in self._at_once(one, other, s):
                    both = self._new()
                    self.model.add_bool_or(first.negated(), second.negated(), both)
                    self._pay(cost, both)

    def _at_once(self, one: str, other: str, s: str) -> "Iterator[tuple[cp_model.IntVar, cp_model.IntVar]]":
        if self.one_room:
            yield self.u[one, s], self.u[other, s]
            return
        for r in self.instance.rooms:
            for q in self.instance.rooms:
                if r != q:
                    yield self.z[one, s, r], self.z[other, s, q]

    def _pauses_of_tracks(self) -> None:
        cost = self.instance.weights["consecutive_tracks"]
        for track in self.instance.tracks if cost else ():
            here = [self.u[track.code, s] for s in self.sessions]
            begins = [here[0], *(self._new() for _ in here[1:])]
            for before, now, begin in zip(here, here[1:], begins[1:], strict=False):
                self.model.add_bool_or(before, now.negated(), begin)
            torn = self._new()
            self.model.add(sum(begins) <= 1 + len(here) * torn)
            self._pay(cost, torn)

    def _conflicts(self) -> None:
        """Submissions that somebody should be at, in one session but not in one room."""
        weights = self.instance.weights
        costs: dict[frozenset[str], int] = defaultdict(int)
        for pair in presenter_conflicts(self.instance):
            costs[pair] += weights["presenters"]
        for pair in attendee_conflicts(self.instance):
            costs[pair] += weights["attendees"]
        track_of = {one.code: one.track for one in self.instance.submissions}
        for pair, cost in sorted(costs.items(), key=lambda item: sorted(item[0])):
            one, other = sorted(pair)
            same_track = track_of[one] == track_of[other]
            if not cost or (same_track and self.one_room):
                continue
            missed = self._new()
            self._pay(cost, missed)
            for s in self.sessions:
                together = [self.xs[one, s].negated(), self.xs[other, s].negated(), missed]
                if not same_track:
                    self.model.add_bool_or(together)
                    continue
                for r in self.instance.rooms:
                    self.model.add_bool_or(
                        self.x[one, s, r].negated(), self.xs[other, s].negated(), self.x[other, s, r], missed
                    )

    def hint(self, solution: Solution) -> None:
        where = {code: place for place, codes in solution.slots.items() for code in codes if code}
        rooms = {(track, r) for (_, r), track in solution.tracks.items()}
        for pair, variable in self.y.items():
            self.model.add_hint(variable, pair in rooms)
        for (t, s, r), variable in self.z.items():
            self.model.add_hint(variable, solution.tracks.get((s, r)) == t)
        for (code, s), variable in self.xs.items():
            self.model.add_hint(variable, where[code][0] == s)
        for (code, s, r), variable in self.x.items():
            self.model.add_hint(variable, where[code] == (s, r))

    def places(self, solver: "cp_model.CpSolver") -> dict[str, tuple[str, str]]:
        places = {}
        for one in self.instance.submissions:
            s = next(s for s in self.sessions if solver.boolean_value(self.xs[one.code, s]))
            rooms = self.instance.rooms
            r = next(
                r
                for r in rooms
                if solver.boolean_value(self.z[one.track, s, r] if self.one_room else self.x[one.code, s, r])
            )
            places[one.code] = s, r
        return places


def solve(
    instance: Instance, *, one_room: bool, limit_s: float, workers: int = WORKERS, start: Solution | None = None
) -> Solved | None:
    """The best solution found in the time; None: there is none, or none was found."""
    from ortools.sat.python import cp_model

    built = _Model(instance, one_room)
    if start:
        built.hint(start)
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = limit_s
    solver.parameters.num_workers = workers
    solver.parameters.random_seed = 1
    status = solver.solve(built.model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None
    return Solved(
        solution_of(instance, built.places(solver)),
        round(solver.objective_value),
        round(solver.best_objective_bound),
        status == cp_model.OPTIMAL,
    )


def report(name: str, path: Path, limit_s: float) -> None:
    instance = read_instance(path)
    print(
        f"{name}: {len(instance.submissions)} submissions, {len(instance.sessions)} sessions, {len(instance.rooms)} rooms"
    )
    before: Solution | None = None
    for one_room, prototype in zip((True, False), PROTOTYPE.get(name, (None, None)), strict=True):
        begun = perf_counter()
        solved = solve(instance, one_room=one_room, limit_s=limit_s, start=before)
        took = perf_counter() - begun
        rule = "one room for each track" if one_room else "changes of room penalised"
        if solved is None:
            print(f"  {rule}: nothing in {took:.0f} s")
            continue
        before = solved.solution
        terms = score(instance, solved.solution)
        wrong = faults(instance, solved.solution)
        published = PUBLISHED.get(name) if one_room else None
        proof = "least possible" if solved.is_proven else f"not below {solved.bound:,}"
        print(
            f"  {rule}: {sum(terms.values()):,} in {took:.0f} s; the model's terms {solved.cost:,}, {proof};"
            f" published {published if published is None else f'{published:,}'}, prototype {prototype}"
        )
        print(f"    {', '.join(f'{term} {cost:,}' for term, cost in terms.items() if cost) or 'no penalty'}")
        if wrong:
            print(f"    NOT A SOLUTION: {'; '.join(wrong)}")


def main() -> None:
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    folder, rest = Path(sys.argv[1]), sys.argv[2:]
    limit_s = float(rest.pop(0)) if rest and rest[0].replace(".", "").isdigit() else SECONDS
    for name in rest or PUBLISHED:
        report(name, folder / "Dataset" / f"{name}.xlsx", limit_s)


if __name__ == "__main__":
    main()
