"""How soon the first timetable is there and how near the best known bound it ends, at four sizes of congress.

    python benchmarks/timetables.py [sessions …]

Congresses are those of `benchmarks.timetable_instances` with seed 1, searches have seed 0 and 2 workers. Every answer is
judged by the independent checker before its figures are printed.
"""

import sys
from time import perf_counter

from benchmarks.timetable_instances import contradictory, instance, lose_half_day, lose_room_morning
from plenaria.plugins.agenda.solver import Contradiction, Problem, Progress, Proposal, costs, repair, solve, violations

SIZES = {40: (4, 2, 10), 200: (10, 3, 10), 500: (20, 3, 60), 1_000: (30, 4, 180)}
"""Sessions: rooms, days, and the seconds that a search may take."""

REPAIR_S = 5
CONTRADICTION_S = 60


def main(asked: list[int]) -> None:
    for sessions in asked or list(SIZES):
        rooms, days, limit_s = SIZES[sessions]
        problem = instance(sessions, rooms, days, 1)
        print(f"{sessions} sessions, {rooms} rooms, {days} days, {limit_s} s")
        found = solved(problem, limit_s)
        mended("speaker's half-day", lose_half_day(problem, found.placements, 1), found)
        mended("room's morning", lose_room_morning(problem, found.placements, 1), found)
        explained(contradictory(problem, 1))


def solved(problem: Problem, limit_s: float) -> Proposal:
    told: list[Progress] = []
    answer = solve(problem, limit_s=limit_s, on_progress=told.append)
    judged(problem, answer)
    assert isinstance(answer, Proposal)
    first = next(one for one in told if one.cost is not None)
    gap = (answer.cost - answer.bound) / max(1, answer.cost)
    print(f"  first {first.seconds:.2f} s ({first.cost}); after {answer.seconds:.1f} s {answer.cost},", end=" ")
    print(f"bound {answer.bound} ({gap:.0%} off)" + (", proven" if answer.is_proven else ""))
    return answer


def mended(loss: str, problem: Problem, before: Proposal) -> None:
    answer = repair(problem, before.placements, limit_s=REPAIR_S)
    judged(problem, answer)
    assert isinstance(answer, Proposal)
    proofs = f"fewest moves proven: {answer.fewest_moves_proven}, cost proven: {answer.is_proven}"
    print(f"  a {loss} lost: {len(answer.moved)} moves in {answer.seconds:.2f} s ({proofs})")


def explained(problem: Problem) -> None:
    begun = perf_counter()
    answer = solve(problem, limit_s=CONTRADICTION_S)
    assert isinstance(answer, Contradiction)
    names = ", ".join(wish.code for wish in answer.wishes)
    print(f"  contradiction in {perf_counter() - begun:.2f} s: {names} (minimal: {answer.is_minimal})")


def judged(problem: Problem, answer: object) -> None:
    assert isinstance(answer, Proposal)
    assert violations(problem, answer.placements) == ()
    assert costs(problem, answer.placements) == answer.costs


if __name__ == "__main__":
    main([int(one) for one in sys.argv[1:]])
