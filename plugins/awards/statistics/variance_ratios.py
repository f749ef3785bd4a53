"""The variance ratios at which the REML criterion is lowest, found the same way every time.

Two unknowns, φ = log(1 + λ) for each factor, bounded below by 0. At φ = 0 the slope is finite, so that a
variance of exactly 0 is found as an ordinary bound, and the sign of the slope there proves it (Karush-Kuhn-
Tucker). The criterion of crossed factors may have more than one valley, mostly where there are hardly more scores than
effects: every valley of a coarse grid, edges included, is descended into, and the lowest wins.
"""

from collections.abc import Sequence
from math import expm1, log1p
from typing import TYPE_CHECKING

from msgspec import Struct

from plenaria.plugins.awards.statistics.mixed_equations import Equations, criterion

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Reals = NDArray[np.float64]

HIGHEST = log1p(1e10)
"""Of φ; an error of 1e-5 of the factor's standard deviation. `fitting` asks for no fit of data with less."""
GRID = (0.0, 0.01, 0.1, 0.5, 2.0, 8.0, 40.0, 200.0, 1e3, 1e4, 1e6)
_STEP = 1e-4
_FLAT = 1e-9


class Ratios(Struct, frozen=True):
    """λ = variance of the factor over variance of the error, and the criterion there."""

    big: float
    small: float
    criterion: float


def lowest(given: Equations, *, near: Ratios | None = None) -> Ratios:
    """The lowest point; with `near`, descended from there alone and to 5 digits: for data that differ little."""
    if near is not None:
        return _at(given, _descent(given, [log1p(near.big), log1p(near.small)], exactly=False))
    candidates = [_at(given, _descent(given, start)) for start in _valleys(given)]
    least = min(each.criterion for each in candidates)
    return next(each for each in candidates if each.criterion <= least + _FLAT)  # the simplest of equals


def _valleys(given: Equations) -> list[list[float]]:
    """Points of the grid that are no higher than any neighbour, those with the smaller variances first."""
    axis = [log1p(each) for each in GRID]
    heights = {
        (row, column): _value(given, [big, small])[0]
        for row, big in enumerate(axis)
        for column, small in enumerate(axis)
    }
    near = (-1, 0, 1)
    return [
        [axis[row], axis[column]]
        for (row, column), height in heights.items()
        if all(height <= heights.get((row + up, column + across), height) for up in near for across in near)
    ]


def _at(given: Equations, point: Sequence[float]) -> Ratios:
    return Ratios(expm1(point[0]), expm1(point[1]), _value(given, point)[0])


def _value(given: Equations, point: Sequence[float]) -> tuple[float, "Reals"]:
    """The criterion at φ and its gradient in φ."""
    import numpy as np

    value, gradient = criterion(given, expm1(point[0]), expm1(point[1]))
    return value, gradient * np.exp(point)


def _descent(given: Equations, start: Sequence[float], *, exactly: bool = True) -> list[float]:
    from scipy.optimize import minimize

    found = minimize(
        lambda point: _value(given, point),
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=[(0.0, HIGHEST)] * 2,
        options={"ftol": 1e-13 if exactly else 1e-10, "gtol": 1e-8 if exactly else 1e-4},
    )
    point = [float(each) for each in found.x]
    return _polished(given, point) if exactly else point


def _polished(given: Equations, point: list[float]) -> list[float]:
    """A few steps of Newton's on what is off its bounds, while the slope shrinks."""
    import numpy as np

    inside = [axis for axis in (0, 1) if 0 < point[axis] < HIGHEST]
    if not inside:
        return point
    slope = _value(given, point)[1][inside]
    for _ in range(3):
        step = np.linalg.lstsq(_curvature(given, point, inside), slope, rcond=None)[0]
        trial = list(point)
        for axis, by in zip(inside, step, strict=True):
            trial[axis] = float(min(max(point[axis] - by, point[axis] / 2), HIGHEST))
        new = _value(given, trial)[1][inside]
        if not np.abs(new).max() < np.abs(slope).max():
            break
        point, slope = trial, new
    return point


def _curvature(given: Equations, point: Sequence[float], inside: Sequence[int]) -> "Reals":
    import numpy as np

    columns = []
    for axis in inside:
        ahead, behind = list(point), list(point)
        ahead[axis] += _STEP
        behind[axis] = max(point[axis] - _STEP, 0.0)
        change = _value(given, ahead)[1] - _value(given, behind)[1]
        columns.append(change[inside] / (ahead[axis] - behind[axis]))
    return np.array(columns)
