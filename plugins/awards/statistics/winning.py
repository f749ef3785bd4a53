"""How sure the first places are: probabilities out of joint draws of all entries' effects."""

from collections.abc import Iterator
from math import sqrt
from typing import TYPE_CHECKING

from msgspec import Struct

from plenaria.plugins.awards.statistics.mixed_equations import Solution

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Reals = NDArray[np.float64]

BATCH = 1024


class Chances(Struct, frozen=True, kw_only=True):
    """By entry, in the order of its level: to be the best, and to be among the best `top`.

    `win` adds up to 1, `among_top` to `top` (or to the number of entries, if that is less). `error` is the largest
    standard error of any of these numbers, from the finite number of draws; where draws cannot move, 0.
    """

    win: tuple[float, ...]
    among_top: tuple[float, ...]
    error: float


def chances(found: Solution, *, entries_are_big: bool, top: int, seed: int, draws: int) -> Chances:
    """Counts wins over `draws` (above 0) joint draws from the conditional distribution of the entries' effects.

    Drawn in two steps, which costs entries times judges instead of entries squared: first the smaller factor and
    the mean, then the larger factor, independent given the first. The same seed gives the same draws (PCG64, which
    numpy promises to keep). A place that several entries share in a draw is shared out among them.
    """
    import numpy as np

    wins: Reals | None = None
    for effects in _draws(found, entries_are_big, seed, draws):
        best, first = _shares(effects, 1), _shares(effects, top)
        both = np.stack([best, first])
        wins = both if wins is None else wins + both
    assert wins is not None  # noqa: S101 - draws is above 0
    frequency = np.clip(wins / draws, 0.0, 1.0)
    moves = found.variance > 0 and (found.shrinkage.any() if entries_are_big else found.ratio_small > 0)
    widest = float((frequency * (1 - frequency)).max()) if moves else 0.0
    win, among_top = frequency.tolist()
    return Chances(win=tuple(win), among_top=tuple(among_top), error=sqrt(widest / draws))


def _draws(found: Solution, entries_are_big: bool, seed: int, draws: int) -> "Iterator[Reals]":
    """Batches of draws, (up to BATCH, entries)."""
    import numpy as np

    chance = np.random.default_rng(seed)
    sigma = sqrt(found.variance)
    lower = sigma * np.linalg.cholesky(found.inverse)
    noise = sigma * np.sqrt(found.shrinkage)
    # The mean of b given v is its mean plus what v differs from its own mean, mixed in.
    mixed = lower.T @ (found.mixing * -found.shrinkage[:, None]).T
    levels = len(found.small_effects)
    for begin in range(0, draws, BATCH):
        size = min(BATCH, draws - begin)
        inner = chance.standard_normal((size, len(lower)))
        if entries_are_big:
            yield found.big_effects + inner @ mixed + noise * chance.standard_normal((size, len(noise)))
        else:
            yield found.small_effects + sqrt(found.ratio_small) * (inner @ lower.T)[:, :levels]


def _shares(effects: "Reals", top: int) -> "Reals":
    """(entries,): how often each was among the best `top` of a row, shared where the last place is tied."""
    import numpy as np

    entries = effects.shape[1]
    if top >= entries:
        return np.full(entries, float(len(effects)))
    edge = np.partition(effects, entries - top, axis=1)[:, entries - top, None]
    above, level = effects > edge, effects == edge
    left = (top - above.sum(axis=1)) / level.sum(axis=1)
    return (above + level * left[:, None]).sum(axis=0)  # type: ignore[no-any-return]  # numpy says Any
