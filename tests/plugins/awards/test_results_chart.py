"""Where the marks of a chart of estimates stand, and how chances are put in words."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plenaria.core.kernel.i18n import using
from plenaria.plugins.awards.web.findings import chance
from plenaria.plugins.awards.web.interval_chart import MARGIN, MOST_STEPS, Line, chart

values = st.floats(-1000, 1000).map(lambda value: round(value, 4))
errors = st.floats(0, 500).map(lambda value: round(value, 4))


@given(st.lists(st.builds(Line, st.just("X"), values, errors), min_size=1, max_size=8), st.booleans())
@settings(deadline=None, max_examples=200)
def test_everything_stands_inside_and_in_order(lines: list[Line], around_zero: bool) -> None:
    drawn = chart(lines, around_zero=around_zero)

    for line in drawn.lines:
        places = [line.lowest, line.low, line.at, line.high, line.highest]
        assert places == sorted(places)
        assert line.lowest >= MARGIN - 0.01
        assert line.highest <= 100 - MARGIN + 0.01
    assert 1 <= len(drawn.ticks) <= MOST_STEPS + 1
    assert all(MARGIN - 0.01 <= tick.at <= 100 - MARGIN + 0.01 for tick in drawn.ticks)
    assert len({tick.words for tick in drawn.ticks}) == len(drawn.ticks)


def test_differences_stand_around_zero() -> None:
    drawn = chart([Line("A", 0.9, 0.2), Line("B", -0.3, 0.2)], around_zero=True)

    assert [(tick.at, tick.words) for tick in drawn.ticks if tick.zero] == [(50.0, "0.0")]
    assert [line.words for line in drawn.lines] == ["+0.90 ± 0.20", "−0.30 ± 0.20"]
    assert drawn.lines[0].at > 50 > drawn.lines[1].at


def test_one_estimate_without_error_is_a_point_in_the_middle() -> None:
    drawn = chart([Line("A", 4.0, 0.0)])

    assert (drawn.lines[0].lowest, drawn.lines[0].at, drawn.lines[0].highest) == (50.0, 50.0, 50.0)


@pytest.mark.parametrize(
    ("value", "words"), [(0.0, "under 1%"), (0.004, "under 1%"), (0.724, "72%"), (0.996, "over 99%"), (1.0, "over 99%")]
)
def test_no_chance_is_called_certain(value: float, words: str) -> None:
    with using("en"):
        assert chance(value) == words
