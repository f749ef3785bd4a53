"""What `event plan` shows."""

from hypothesis import given
from hypothesis import strategies as st

from plenaria.core.forms import Change, difference

EARLY = {"code": "early", "price": 100}
LATE = {"code": "late", "price": 200}

documents = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(0, 3), st.sampled_from(["a", "b"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["code", "slug", "x"]), inner),
)


def test_items_are_matched_by_their_key():
    before = {"ticket_types": [EARLY, LATE], "title": "A"}
    after = {"ticket_types": [{**LATE, "price": 250}, {"code": "group"}], "title": "A", "zone": "UTC"}

    changes = difference(before, after, keys=("code",))

    assert changes == [
        Change("/ticket_types/late/price", "changed", 200, 250),
        Change("/ticket_types/group", "added", None, {"code": "group"}),
        Change("/ticket_types/early", "removed", EARLY, None),
        Change("/zone", "added", None, "UTC"),
    ]


def test_another_order_is_one_change_of_the_list():
    changes = difference({"t": [EARLY, LATE]}, {"t": [LATE, EARLY]}, keys=("code",))

    assert changes == [Change("/t", "changed", ["early", "late"], ["late", "early"])]


def test_a_list_without_a_key_changes_as_a_whole():
    assert difference({"t": [1, 2]}, {"t": [1, 3]}, keys=("code",)) == [Change("/t", "changed", [1, 2], [1, 3])]


def test_true_is_not_one():
    assert difference({"t": 1}, {"t": True}) == [Change("/t", "changed", 1, True)]
    assert difference({"t": [1]}, {"t": [True]}) == [Change("/t", "changed", [1], [True])]


@given(documents)
def test_a_document_does_not_differ_from_itself(document):
    assert difference(document, document) == []


@given(documents, documents)
def test_there_is_no_difference_only_between_equal_documents(before, after):
    assert (difference(before, after) == []) == (repr(_sorted(before)) == repr(_sorted(after)))


def _sorted(value):
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(one) for one in value] if isinstance(value, list) else value
