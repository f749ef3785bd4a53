"""Results from score sheets: what is published, how sure it is, and how far the jury agrees.

`rank` gives the published result, in exact arithmetic, without numpy. `analyse` gives everything at once.
"""

from plenaria.plugins.awards.statistics.additive import AdditiveModel, EntryEffect, JudgeEffect, additive_model
from plenaria.plugins.awards.statistics.analysis import Agreement, Analysis, CriterionAgreement, Standing, analyse
from plenaria.plugins.awards.statistics.concordance import Concordance, kendall_w
from plenaria.plugins.awards.statistics.connectivity import Group, groups
from plenaria.plugins.awards.statistics.icc import Icc, IccTable, icc
from plenaria.plugins.awards.statistics.krippendorff import Alpha, Metric, krippendorff_alpha
from plenaria.plugins.awards.statistics.leave_one_out import Move, Ranking, WithoutJudge
from plenaria.plugins.awards.statistics.rubric import Mark, Result, TieRule, printed, rank, rounded, weighted_mean
from plenaria.plugins.awards.statistics.scores import Score, judge_scores
from plenaria.plugins.awards.statistics.undefined import Reason, Undefined

__all__ = [
    "AdditiveModel",
    "Agreement",
    "Alpha",
    "Analysis",
    "Concordance",
    "CriterionAgreement",
    "EntryEffect",
    "Group",
    "Icc",
    "IccTable",
    "JudgeEffect",
    "Mark",
    "Metric",
    "Move",
    "Ranking",
    "Reason",
    "Result",
    "Score",
    "Standing",
    "TieRule",
    "Undefined",
    "WithoutJudge",
    "additive_model",
    "analyse",
    "groups",
    "icc",
    "judge_scores",
    "kendall_w",
    "krippendorff_alpha",
    "printed",
    "rank",
    "rounded",
    "weighted_mean",
]
