"""Where the marks of a chart of estimates with their errors stand, as shares of its width; the template draws them."""

from collections.abc import Sequence
from math import ceil, floor, log10
from typing import Final

from msgspec import Struct

from plenaria.core.kernel.shown import number

SURE: Final = 1.96
"""Standard errors to each side that hold 95 of 100 estimates."""
MARGIN: Final = 5.0
"""Per cent of the width left free at each side, for the numbers of the scale."""
MOST_STEPS: Final = 6


class Line(Struct, frozen=True):
    """What one line of the chart shows."""

    label: str
    value: float
    error: float


class Drawn(Struct, frozen=True, kw_only=True):
    """One line: a dot at `at`, thick from `low` to `high` (one standard error), thin from `lowest` to `highest`; per cent."""

    label: str
    words: str
    at: float
    low: float
    high: float
    lowest: float
    highest: float


class Tick(Struct, frozen=True):
    """A number of the scale, and where it stands, in per cent."""

    at: float
    words: str
    zero: bool


class Chart(Struct, frozen=True):
    """The lines from above, and the scale from the left."""

    lines: tuple[Drawn, ...]
    ticks: tuple[Tick, ...]


def chart(lines: Sequence[Line], *, around_zero: bool = False) -> Chart:
    """`around_zero`: 0 stands in the middle, for differences."""
    low = min(line.value - SURE * line.error for line in lines)
    high = max(line.value + SURE * line.error for line in lines)
    if around_zero:
        high = max(-low, high)
        low = -high
    if high - low < 1e-9:
        low, high = low - 0.5, high + 0.5
    step, digits = _step(high - low)

    def at(value: float) -> float:
        return round(MARGIN + (100 - 2 * MARGIN) * (value - low) / (high - low), 2)

    numbers = [step * count for count in range(ceil(low / step), floor(high / step) + 1)]
    return Chart(
        tuple(
            Drawn(
                label=line.label,
                words=f"{_signed(line.value, digits + 1, around_zero)} ± {number(line.error, digits + 1)}",
                at=at(line.value),
                low=at(line.value - line.error),
                high=at(line.value + line.error),
                lowest=at(line.value - SURE * line.error),
                highest=at(line.value + SURE * line.error),
            )
            for line in lines
        ),
        tuple(Tick(at(each), _signed(each, digits, around_zero), around_zero and each == 0) for each in numbers),
    )


def _step(span: float) -> tuple[float, int]:
    """The smallest round step that takes at most `MOST_STEPS` over the span, and the decimals to print it."""
    power = floor(log10(span / MOST_STEPS))
    step = next(size * 10.0**power for size in (1, 2, 5, 10) if span / (size * 10.0**power) <= MOST_STEPS)
    return step, max(0, -floor(log10(step) + 1e-9))


def _signed(value: float, digits: int, signed: bool) -> str:
    text = number(abs(value), digits)
    if not signed or text == number(0, digits):
        return text if value >= 0 else f"−{text}"
    return f"+{text}" if value > 0 else f"−{text}"
