"""Whatever colour an organiser picks, text in it can be read."""

from hypothesis import given
from hypothesis import strategies as st

from plenaria.core.events.theme import stylesheet
from plenaria.core.kernel.colours import READABLE, contrast, readable

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


def _channels(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    return red, green, blue


def test_contrast_is_that_of_wcag() -> None:
    assert round(contrast((0, 0, 0), (1, 1, 1)), 6) == 21
    assert contrast((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)) == 1
    assert round(contrast(_channels("#767676"), (1, 1, 1)), 2) == 4.54


@given(COLOURS)
def test_any_accent_is_readable_on_white_and_on_dark_paper(accent: str) -> None:
    # 0.05: a channel is one of 256 steps, rounded after the search.
    assert contrast(_channels(readable(accent, on_dark=False)), (1, 1, 1)) >= READABLE - 0.05
    assert contrast(_channels(readable(accent, on_dark=True)), (0.06, 0.08, 0.10)) >= READABLE - 0.05


def test_a_readable_accent_is_left_alone() -> None:
    assert readable("#0b5cad", on_dark=False) == "#0b5cad"


def test_the_houses_own_colour_needs_no_stylesheet() -> None:
    assert stylesheet("") == ""
    assert "--accent:#0b5cad" in stylesheet("#0b5cad")
