"""Fair work for a jury: who judges what.

`assign` answers a `Problem`, `repair` mends an answer when judges drop out. Entries get their judges, loads keep their
bounds, conflicts and work begun are respected, or the reasons why that cannot be are named. The order of wishes beyond
that, each as far as the ones before allow:

1. (repair only) as few pairs as possible change;
2. the judge–entry graph is connected, so that every two entries can be compared: without that a result says nothing about
   entries judged by different people, however expert they are;
3. with expertise: the worst-served entry's expertise, then the total; without: the evenness of the loads.

Without expertise pure Python does it; there 2 yields to 3, joins are made by swaps that leave every load as it is, and
what they cannot join is reported as `not_found`. With expertise scipy's solver HiGHS is loaded (the extra `jury`).
"""

from plenaria.plugins.awards.matching.answer import (
    Assigned,
    Connection,
    Impossible,
    Quality,
    Reason,
    ReasonCode,
    Repaired,
)
from plenaria.plugins.awards.matching.assigning import assign
from plenaria.plugins.awards.matching.expertise import ExpertiseNeedsScipy
from plenaria.plugins.awards.matching.problem import Pair, Problem
from plenaria.plugins.awards.matching.repairing import repair

__all__ = [
    "Assigned",
    "Connection",
    "ExpertiseNeedsScipy",
    "Impossible",
    "Pair",
    "Problem",
    "Quality",
    "Reason",
    "ReasonCode",
    "Repaired",
    "assign",
    "repair",
]
