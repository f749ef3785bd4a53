"""The arithmetic of a linear mixed model with two crossed random factors, by REML.

    y = X beta + Zb b + Zs s + error,   b ~ N(0, sigma² λb I),  s ~ N(0, sigma² λs I),  error ~ N(0, sigma² I)

`b` is the factor with more levels, `s` the other. X has one column per connected part of the design (one
column of ones if there is one part): what the parts differ by on the whole is nobody's merit.

Zb'Zb is diagonal, so `b` is eliminated from Henderson's equations in closed form (Henderson 1975, Biometrics
31, 423-447); what is left has the size of `s`. All that the eliminated levels contribute depends on λb only
through how often each was observed. So it is summed once for all levels observed equally often
(`Equations.grams`), and an evaluation costs the same for 2,000 levels as for 20.

The criterion is the profiled REML criterion of Bates, Mächler, Bolker & Walker (2015), Journal of Statistical
Software 67(1), eq. 41-42, with sigma² and beta maximised out; it is -2 log of the restricted likelihood.
"""

from dataclasses import dataclass
from math import log, pi, sqrt
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Reals = NDArray[np.float64]
    Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Equations:
    """The data as sufficient statistics. Q = [Zs X y]; n observations, m = levels of s + parts + 1.

    `big`, `small`, `part`: (n,) level of each observation; `y`: (n,). `rows`: (levels of b, m), Zb'Q.
    `counts`: (levels of b,), observations of each. `gram`: (m, m), Q'Q. `sizes`: (K,) distinct counts,
    `members`: (K,) how many levels have it, `grams`: (K, m, m) the sum of row'row over them.
    """

    y: "Reals"
    big: "Indices"
    small: "Indices"
    part: "Indices"
    counts: "Reals"
    rows: "Reals"
    gram: "Reals"
    sizes: "Reals"
    members: "Reals"
    grams: "Reals"
    levels: int
    parts: int

    @property
    def freedom(self) -> int:
        """Observations less fixed effects."""
        return len(self.y) - self.parts


@dataclass(frozen=True, slots=True)
class Solution:
    """The conditional distribution of the effects given the observations and the variance ratios.

    `variance` is sigma². v = (s / sqrt(λs), beta) has mean `inner` (q,) and covariance sigma² `inverse` (q, q);
    given v, the effects b are independent with mean k (Zb'y - F v) and variance sigma² k, where
    k = `shrinkage` (levels of b,) and F = `mixing` (levels of b, q). Nothing here divides by λ: 0 is an
    ordinary value.
    """

    variance: float
    inner: "Reals"
    inverse: "Reals"
    shrinkage: "Reals"
    mixing: "Reals"
    ratio_small: float
    big_effects: "Reals"
    small_effects: "Reals"
    fixed: "Reals"

    def big_variances(self) -> "Reals":
        """Var(b | y), the uncertainty of beta included."""
        spread = ((self.mixing @ self.inverse) * self.mixing).sum(axis=1)
        return self.variance * (self.shrinkage + self.shrinkage**2 * spread)  # type: ignore[no-any-return]  # numpy says Any

    def small_variances(self) -> "Reals":
        """Var(s | y), the uncertainty of beta included."""
        levels = len(self.small_effects)
        return self.variance * self.ratio_small * self.inverse.diagonal()[:levels]


def equations(y: "Reals", big: "Indices", small: "Indices", part: "Indices") -> Equations:
    """From one score a row. Levels and parts are numbered from 0 without gaps. Memory K m² + levels m."""
    import numpy as np

    bigs, levels, parts = int(big.max()) + 1, int(small.max()) + 1, int(part.max()) + 1

    def table(one: "Indices", many: int, other: "Indices", others: int) -> Any:
        return np.bincount(one * others + other, minlength=many * others).reshape(many, others).astype(float)

    def sums(one: "Indices", many: int) -> Any:
        return np.bincount(one, weights=y, minlength=many)[:, None]

    rows = np.hstack([table(big, bigs, small, levels), table(big, bigs, part, parts), sums(big, bigs)])
    crossed = table(small, levels, part, parts)
    gram = np.block(
        [
            [np.diag(crossed.sum(axis=1)), crossed, sums(small, levels)],
            [crossed.T, np.diag(crossed.sum(axis=0)), sums(part, parts)],
            [sums(small, levels).T, sums(part, parts).T, np.array([[y @ y]])],
        ]
    )
    counts = np.bincount(big, minlength=bigs).astype(float)
    sizes, members = np.unique(counts, return_counts=True)
    grams = np.stack([rows[counts == size].T @ rows[counts == size] for size in sizes])
    return Equations(y, big, small, part, counts, rows, gram, sizes, members.astype(float), grams, levels, parts)


def criterion(given: Equations, ratio_big: float, ratio_small: float) -> tuple[float, "Reals"]:
    """The profiled REML criterion at (λb, λs) and its gradient (2,), both valid down to λ = 0.

    With K = Q'V⁻¹Q and V the covariance of y in units of sigma²: dK/dλs = -K[:, s] K[s, :] and
    dK/dλb = -Q'V⁻¹ Zb Zb'V⁻¹ Q (Harville 1977, JASA 72, 320-338, sec. 4).
    """
    import numpy as np
    from scipy.linalg import cho_solve

    s, x = slice(given.levels), slice(given.levels, -1)
    kept = 1 / (1 + ratio_big * given.sizes)
    S = given.gram - np.tensordot(ratio_big * kept, given.grams, axes=1)
    D = np.tensordot(kept**2, given.grams, axes=1)
    lower = np.linalg.cholesky(np.eye(given.levels) + ratio_small * S[s, s])
    W = cho_solve((lower, True), np.eye(given.levels))
    WS = W @ S[s]
    K = S - ratio_small * S[s].T @ WS
    B = np.eye(len(S))
    B[s] -= ratio_small * WS
    slopes = (B.T @ D @ B, K[:, s] @ K[s])  # of -K

    fixed_inverse = np.linalg.inv(K[x, x])
    beta = fixed_inverse @ K[x, -1]
    contrast = np.append(-beta, 1.0)
    residual = float(contrast @ K[given.levels :, given.levels :] @ contrast)
    freedom = given.freedom
    value = (
        given.members @ np.log1p(ratio_big * given.sizes)
        + 2 * np.log(lower.diagonal()).sum()
        + np.linalg.slogdet(K[x, x])[1]
        + freedom * (1 + log(2 * pi * residual / freedom))
    )
    traces = (
        given.members @ (given.sizes * kept) - ratio_small * (W * D[s, s]).sum(),
        K[s, s].trace(),
    )
    gradient = [
        trace
        - (fixed_inverse * slope[x, x]).sum()
        - freedom / residual * (contrast @ slope[given.levels :, given.levels :] @ contrast)
        for trace, slope in zip(traces, slopes, strict=True)
    ]
    return float(value), np.array(gradient)


def solve(given: Equations, ratio_big: float, ratio_small: float) -> Solution:
    """The effects' conditional distribution at these ratios, sigma² at its REML estimate."""
    import numpy as np

    shrinkage = ratio_big / (1 + ratio_big * given.counts)
    scale = np.ones(given.levels + given.parts)
    scale[: given.levels] = sqrt(ratio_small)
    S = given.gram - (given.rows * shrinkage[:, None]).T @ given.rows
    matrix = S[:-1, :-1] * np.outer(scale, scale)
    matrix[np.arange(given.levels), np.arange(given.levels)] += 1
    inverse = np.linalg.inv(matrix)
    symmetric: Reals = (inverse + inverse.T) / 2
    inner: Reals = np.asarray(np.linalg.solve(matrix, scale * S[:-1, -1]), dtype=np.float64)
    mixing = given.rows[:, :-1] * scale
    big_effects = shrinkage * (given.rows[:, -1] - mixing @ inner)
    effects = scale * inner
    small_effects, fixed = effects[: given.levels], effects[given.levels :]
    residuals = given.y - fixed[given.part] - small_effects[given.small] - big_effects[given.big]
    # y'V⁻¹(y - X beta) = y'(residuals): no difference of large numbers where the error is small
    variance = float(given.y @ residuals) / given.freedom
    return Solution(variance, inner, symmetric, shrinkage, mixing, ratio_small, big_effects, small_effects, fixed)


def leverages(given: Equations, found: Solution) -> tuple["Reals", "Reals"]:
    """Residuals (n,) and leverages h (n,): a residual's variance is sigma² (1 - h)."""
    import numpy as np

    fitted = found.fixed[given.part] + found.small_effects[given.small] + found.big_effects[given.big]
    own = -found.shrinkage[given.big, None] * found.mixing[given.big]
    observations = np.arange(len(given.y))
    own[observations, given.small] += sqrt(found.ratio_small)
    own[observations, given.levels + given.part] += 1
    h = found.shrinkage[given.big] + ((own @ found.inverse) * own).sum(axis=1)
    return given.y - fitted, h


def additive_residuals(given: Equations) -> tuple[float, int]:
    """Sum of squares and degrees of freedom of what is left when all effects are fixed (ordinary least squares)."""
    import numpy as np

    S = given.gram - np.tensordot(1 / given.sizes, given.grams, axes=1)
    s = slice(given.levels)
    effects = np.linalg.lstsq(S[s, s], S[s, -1], rcond=None)[0]
    levels = (given.rows[:, -1] - given.rows[:, s] @ effects) / given.counts
    residuals = given.y - effects[given.small] - levels[given.big]
    freedom = len(given.y) - len(given.counts) - given.levels + given.parts
    return float(residuals @ residuals), freedom
