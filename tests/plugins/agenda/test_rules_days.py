from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from plenaria.plugins.agenda.rules import Box, grid
from tests.plugins.agenda.samples import NINE


def box(key: str, start_min: int, end_min: int, room: str) -> Box:
    return Box(key, NINE + timedelta(minutes=start_min), NINE + timedelta(minutes=end_min), room)


def test_rooms_become_columns_in_their_order_and_instants_rows() -> None:
    laid = grid(
        [box("b", 0, 60, "side"), box("a", 30, 90, "main"), box("coffee", 90, 120, "")], ["main", "empty", "side"]
    )

    assert laid.rooms == ("main", "side")
    assert len(laid.instants) == 5
    assert [(place.key, place.from_row, place.to_row, place.column) for place in laid.placed] == [
        ("b", 1, 3, 2),
        ("a", 2, 4, 1),
        ("coffee", 4, 5, 0),
    ]


def test_what_would_lie_on_another_stands_beside() -> None:
    laid = grid([box("a", 0, 60, "main"), box("b", 30, 90, "main"), box("c", 30, 60, "side")], ["main", "side"])

    assert laid.beside == ("b",)
    assert [place.key for place in laid.placed] == ["a", "c"]


def test_a_day_with_too_many_rooms_is_a_list() -> None:
    rooms = [f"room-{number}" for number in range(13)]

    laid = grid([box(room, 0, 60, room) for room in rooms], rooms)

    assert laid.placed == ()
    assert len(laid.beside) == 13


boxes = st.lists(
    st.builds(
        lambda key, start, length, room: box(str(key), start, start + length, room),
        st.integers(),
        st.integers(0, 600),
        st.integers(5, 120),
        st.sampled_from(["", "main", "side"]),
    ),
    max_size=20,
    unique_by=lambda one: one.key,
)


@given(boxes)
def test_nothing_is_lost_and_nothing_lies_on_another(given_boxes: list[Box]) -> None:
    laid = grid(given_boxes, ["main", "side"])

    assert sorted([place.key for place in laid.placed] + list(laid.beside)) == sorted(one.key for one in given_boxes)
    for index, one in enumerate(laid.placed):
        for other in laid.placed[index + 1 :]:
            same_column = one.column == other.column or 0 in (one.column, other.column)
            assert not (same_column and one.from_row < other.to_row and other.from_row < one.to_row)
