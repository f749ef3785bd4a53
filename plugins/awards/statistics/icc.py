"""Intraclass correlations: how far judges agree who all scored the same entries.

All six of Shrout & Fleiss (1979), Psychological Bulletin 86, 420-428, with the confidence intervals given there and
in McGraw & Wong (1996), Psychological Methods 1, 30-46 (table 7).
"""

from collections.abc import Sequence
from math import isfinite
from typing import Literal

from msgspec import Struct

from plenaria.plugins.awards.statistics.undefined import Undefined

Name = Literal["ICC(1,1)", "ICC(2,1)", "ICC(3,1)", "ICC(1,k)", "ICC(2,k)", "ICC(3,k)"]


_Interval = tuple[float | None, float | None, float | None]


class Icc(Struct, frozen=True, kw_only=True):
    """One coefficient and its interval.

    (1, ·): every entry has judges of its own. (2, ·): the judges are a sample of possible ones; absolute agreement.
    (3, ·): these judges and no others; consistency. (·, 1): of one judge; (·, k): of the mean of all k.
    Below 0 where judges disagree more than by chance. The interval of (2, ·) is an approximation that, far below 0,
    need not hold its own value, and is None where it breaks down. The value of (2, k) is None where the variance of a
    mean of k is estimated as 0 or less, and its lower limit where that is so at the limit: minus infinity.

    `f` tests for 0 on `df1`, `df2` degrees of freedom, with probability `p`. `f` is None and the interval shut where
    the scores leave no error at all.
    """

    name: Name
    value: float | None
    lower: float | None
    upper: float | None
    f: float | None
    df1: int
    df2: int
    p: float


class IccTable(Struct, frozen=True, kw_only=True, tag="icc", tag_field="kind"):
    """The six, in the order of `Name`; `confidence` is that of each interval."""

    entries: int
    judges: int
    confidence: float
    coefficients: tuple[Icc, ...]


def icc(table: Sequence[Sequence[float | None]], *, confidence: float = 0.95) -> IccTable | Undefined:
    """From a complete table, (entries, judges); None or NaN is a missing score, and then it is Undefined.

    A table with gaps is refused and not filled in or cut down: leaving out an entry or a judge would be a choice
    that changes the figure. For gaps take `AdditiveModel.reliability_agreement`. Raises ValueError for rows of
    different lengths, an infinite score and a confidence outside (0, 1). Needs the extra `jury`.
    """
    import numpy as np

    if not 0 < confidence < 1:
        raise ValueError("the confidence must lie between 0 and 1")
    if len({len(row) for row in table}) > 1:
        raise ValueError("every row of the table must have as many scores")
    scores = np.array([[np.nan if score is None else score for score in row] for row in table], dtype=float)
    if np.isinf(scores).any():
        raise ValueError("a score is infinite")
    if not scores.size:
        return Undefined("no_marks")
    if np.isnan(scores).any():
        return Undefined("incomplete")
    n, k = scores.shape
    if n < 2:
        return Undefined("one_entry")
    if k < 2:
        return Undefined("one_judge")
    if np.ptp(scores) <= 1e-12 * np.abs(scores).max():
        return Undefined("constant")
    return _table(_Squares.of(scores), confidence)


_NOTHING = 1e-9


class _Squares(Struct, frozen=True):
    """Mean squares of the two-way table: between entries, between judges, error, and within entries."""

    n: int
    k: int
    between: float
    judges: float
    error: float
    within: float

    @classmethod
    def of(cls, scores: "object") -> "_Squares":
        import numpy as np

        y = np.asarray(scores, dtype=float)
        n, k = y.shape
        y = (y - y.mean()) / y.std()
        rows, columns = y.mean(axis=1, keepdims=True), y.mean(axis=0, keepdims=True)
        error = float(((y - rows - columns) ** 2).sum())
        judges = float(n * (columns**2).sum())
        between = float(k * (rows**2).sum())
        nothing = 1e-24 * n * k  # what rounding leaves of no difference, in units of the scores' variance
        between, error, judges = (0.0 if each <= nothing else each for each in (between, error, judges))
        return cls(
            n,
            k,
            between / (n - 1),
            judges / (k - 1),
            error / ((n - 1) * (k - 1)),
            (error + judges) / (n * (k - 1)),
        )


def _table(squares: _Squares, confidence: float) -> IccTable | Undefined:
    n, k = squares.n, squares.k
    tail = (1 + confidence) / 2
    one = _of_ratio(squares.between, squares.within, n - 1, n * (k - 1), k, tail)
    three = _of_ratio(squares.between, squares.error, n - 1, (n - 1) * (k - 1), k, tail)
    if one is None or three is None:
        return Undefined("all_tied")
    two = _absolute(squares, tail)
    f1, p1 = _test(squares.between, squares.within, n - 1, n * (k - 1))
    f3, p3 = _test(squares.between, squares.error, n - 1, (n - 1) * (k - 1))
    tests = {"1": (f1, n * (k - 1), p1), "2": (f3, (n - 1) * (k - 1), p3), "3": (f3, (n - 1) * (k - 1), p3)}
    values: tuple[tuple[Name, _Interval], ...] = (
        ("ICC(1,1)", one[0]),
        ("ICC(2,1)", two[0]),
        ("ICC(3,1)", three[0]),
        ("ICC(1,k)", one[1]),
        ("ICC(2,k)", two[1]),
        ("ICC(3,k)", three[1]),
    )
    return IccTable(
        entries=n,
        judges=k,
        confidence=confidence,
        coefficients=tuple(
            Icc(
                name=name,
                value=value,
                lower=lower,
                upper=upper,
                f=tests[name[4]][0],
                df1=n - 1,
                df2=tests[name[4]][1],
                p=tests[name[4]][2],
            )
            for name, (value, lower, upper) in values
        ),
    )


def _of_ratio(
    between: float, error: float, df1: int, df2: int, k: int, tail: float
) -> tuple[_Interval, _Interval] | None:
    """(value, lower, upper) of one judge and of the mean of k, from a ratio of mean squares."""
    from scipy.stats import f as distribution

    if not between:
        return None
    # In 1 / F, so that no error is 0 and not a division by it.
    inverse = error / between
    low = inverse * float(distribution.ppf(tail, df1, df2))
    high = inverse / float(distribution.ppf(tail, df2, df1))
    single = tuple((1 - each) / (1 + (k - 1) * each) for each in (inverse, low, high))
    mean = tuple(1 - each for each in (inverse, low, high))
    return (single[0], single[1], single[2]), (mean[0], mean[1], mean[2])


def _absolute(squares: _Squares, tail: float) -> tuple[_Interval, _Interval]:
    """(value, lower, upper) of ICC(2,1) and ICC(2,k); the interval by Satterthwaite (Shrout & Fleiss, p. 424)."""
    n, k, between, judges, error = squares.n, squares.k, squares.between, squares.judges, squares.error
    value = (between - error) / (between + (k - 1) * error + k * (judges - error) / n)
    single = (value, *_satterthwaite(squares, value, tail))
    return single, (_of_the_mean(single[0], k), _of_the_mean(single[1], k), _of_the_mean(single[2], k))


def _satterthwaite(squares: _Squares, value: float, tail: float) -> tuple[float | None, float | None]:
    """Limits of ICC(2,1), with degrees of freedom that make two moments right; None where there are none left."""
    from scipy.stats import f as distribution

    n, k, between, judges, error = squares.n, squares.k, squares.between, squares.judges, squares.error
    if not judges and not error:
        return 1.0, 1.0
    a = k * value * judges
    b = (n * (1 + (k - 1) * value) - k * value) * error
    size = (n - 1) * a**2 + b**2
    freedom = (k - 1) * (n - 1) * (a + b) ** 2 / size if size else 0.0
    if freedom < _NOTHING:
        return None, None
    rest = k * judges + (k * n - k - n) * error
    low = float(distribution.ppf(tail, n - 1, freedom))
    high = float(distribution.ppf(tail, freedom, n - 1))
    lower = n * (between - low * error) / (low * rest + n * between)
    upper = n * (high * between - error) / (rest + n * high * between)
    return (lower if isfinite(lower) else None), (upper if isfinite(upper) else None)


def _of_the_mean(single: float | None, k: int) -> float | None:
    """The coefficient of a mean of k judges, from that of one (Spearman-Brown)."""
    if single is None:
        return None
    variance = 1 + (k - 1) * single
    return k * single / variance if variance > _NOTHING else None


def _test(between: float, error: float, df1: int, df2: int) -> tuple[float | None, float]:
    from scipy.stats import f as distribution

    if not error:
        return None, 0.0
    return between / error, float(distribution.sf(between / error, df1, df2))
