"""Both ways to assign: by expertise where it is given, else evenly."""

from collections.abc import Collection

from plenaria.plugins.awards.matching.answer import Assigned, Connection, Impossible
from plenaria.plugins.awards.matching.connection import is_hopeless, join, parts_of
from plenaria.plugins.awards.matching.expertise import assign_experts
from plenaria.plugins.awards.matching.problem import Limits, Pair, Problem, limits_of
from plenaria.plugins.awards.matching.reasons import first_plan


def assign(problem: Problem) -> Assigned | Impossible:
    """Give every entry its judges.

    By expertise (scipy) if any pair has some, else evenly (pure Python). Raises ValueError for a problem that
    contradicts its own words, and ExpertiseNeedsScipy.
    """
    limits = limits_of(problem)
    plan = first_plan(limits)
    if isinstance(plan, Impossible):
        return plan
    plan.even_out()
    pairs = join(limits, plan.pairs(), stay=limits.fixed)
    if not any(problem.expertise.values()):
        return evenly_assigned(limits, pairs)
    return assign_experts(limits, problem.expertise, fallback=pairs, aim=problem.aim, run_limit_s=problem.run_limit_s)


def evenly_assigned(limits: Limits, pairs: Collection[Pair]) -> Assigned:
    """The pairs in words. Whether they could be connected at all is known by simple counts only."""
    parts = parts_of(limits, pairs)
    connection: Connection = "connected"
    if len(parts) > 1:
        connection = "impossible" if is_hopeless(limits) else "not_found"
    loads = {judge: sum(pair[1] == judge for pair in pairs) for judge in limits.judges}
    return Assigned(limits.in_order(pairs), loads, parts, connection)
