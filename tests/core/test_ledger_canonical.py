"""RFC 8785's own examples, and what JSON cannot hold."""

import enum
import hashlib
import json
import math
import struct
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plenaria.core.kernel.ledger import NotJSON, canonical, digest, plain

# RFC 8785 appendix B: the bits of an IEEE 754 double and how ECMAScript writes it.
PUBLISHED_NUMBERS = {
    "0000000000000000": "0",
    "8000000000000000": "0",
    "0000000000000001": "5e-324",
    "8000000000000001": "-5e-324",
    "7fefffffffffffff": "1.7976931348623157e+308",
    "ffefffffffffffff": "-1.7976931348623157e+308",
    "4340000000000000": "9007199254740992",
    "c340000000000000": "-9007199254740992",
    "4430000000000000": "295147905179352830000",
    "44b52d02c7e14af5": "9.999999999999997e+22",
    "44b52d02c7e14af6": "1e+23",
    "44b52d02c7e14af7": "1.0000000000000001e+23",
    "444b1ae4d6e2ef4e": "999999999999999700000",
    "444b1ae4d6e2ef4f": "999999999999999900000",
    "444b1ae4d6e2ef50": "1e+21",
    "3eb0c6f7a0b5ed8c": "9.999999999999997e-7",
    "3eb0c6f7a0b5ed8d": "0.000001",
    "41b3de4355555553": "333333333.3333332",
    "41b3de4355555554": "333333333.33333325",
    "41b3de4355555555": "333333333.3333333",
    "41b3de4355555556": "333333333.3333334",
    "41b3de4355555557": "333333333.33333343",
    "becbf647612f3696": "-0.0000033333333333333333",
    "43143ff3c1cb0959": "1424953923781206.2",
}

# RFC 8785 section 3.2.2, and the bytes of section 3.2.4.
PUBLISHED_INPUT = r"""{
  "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
  "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
  "literals": [null, true, false]
}"""
PUBLISHED_BYTES = """
    7b 22 6c 69 74 65 72 61 6c 73 22 3a 5b 6e 75 6c 6c 2c 74 72
    75 65 2c 66 61 6c 73 65 5d 2c 22 6e 75 6d 62 65 72 73 22 3a
    5b 33 33 33 33 33 33 33 33 33 2e 33 33 33 33 33 33 33 2c 31
    65 2b 33 30 2c 34 2e 35 2c 30 2e 30 30 32 2c 31 65 2d 32 37
    5d 2c 22 73 74 72 69 6e 67 22 3a 22 e2 82 ac 24 5c 75 30 30
    30 66 5c 6e 41 27 42 5c 22 5c 5c 5c 5c 5c 22 2f 22 7d
"""

# RFC 8785 section 3.2.3: the order of keys is that of UTF-16 code units, not of code points.
PUBLISHED_KEYS = {
    "\u20ac": "Euro Sign",
    "\r": "Carriage Return",
    "\ufb33": "Hebrew Letter Dalet With Dagesh",
    "1": "One",
    "\U0001f600": "Emoji: Grinning Face",
    "\x80": "Control",
    "\u00f6": "Latin Small Letter O With Diaeresis",
}
PUBLISHED_ORDER = [
    "Carriage Return",
    "One",
    "Control",
    "Latin Small Letter O With Diaeresis",
    "Euro Sign",
    "Emoji: Grinning Face",
    "Hebrew Letter Dalet With Dagesh",
]


@pytest.mark.parametrize(("bits", "expected"), PUBLISHED_NUMBERS.items())
def test_a_published_number_is_written_as_published(bits: str, expected: str) -> None:
    number = struct.unpack(">d", bytes.fromhex(bits))[0]

    assert canonical(number).decode() == expected


@pytest.mark.parametrize("bits", ["7fffffffffffffff", "7ff0000000000000", "fff0000000000000"])
def test_a_published_non_number_is_refused(bits: str) -> None:
    number = struct.unpack(">d", bytes.fromhex(bits))[0]

    with pytest.raises(NotJSON):
        canonical(number)


def test_the_published_example_becomes_the_published_bytes() -> None:
    assert canonical(json.loads(PUBLISHED_INPUT)) == bytes.fromhex(PUBLISHED_BYTES)


def test_keys_come_in_the_published_order() -> None:
    assert list(json.loads(canonical(PUBLISHED_KEYS)).values()) == PUBLISHED_ORDER


def test_the_digest_is_sha_256_of_the_canonical_text() -> None:
    assert digest({"b": 1, "a": "ñ"}) == hashlib.sha256('{"a":"ñ","b":1}'.encode()).hexdigest()


@pytest.mark.parametrize(
    ("instant", "expected"),
    [
        (datetime(2025, 9, 11, 5, 59, 59, tzinfo=UTC), "2025-09-11T05:59:59.000000Z"),
        (
            datetime(2025, 9, 10, 23, 59, 59, 999999, tzinfo=ZoneInfo("America/Mexico_City")),
            "2025-09-11T05:59:59.999999Z",
        ),
        (
            datetime(2025, 9, 11, 11, 29, 59, tzinfo=timezone(timedelta(hours=5, minutes=30))),
            "2025-09-11T05:59:59.000000Z",
        ),
        (datetime(1, 1, 2, tzinfo=UTC), "0001-01-02T00:00:00.000000Z"),
    ],
)
def test_an_instant_is_written_in_utc_with_microseconds(instant: datetime, expected: str) -> None:
    assert plain(instant) == expected


def test_both_sides_of_an_overlap_stay_two_instants() -> None:
    first = datetime(2025, 11, 2, 1, 30, tzinfo=ZoneInfo("America/Tijuana"))

    assert plain([first, first.replace(fold=1)]) == [
        "2025-11-02T08:30:00.000000Z",
        "2025-11-02T09:30:00.000000Z",
    ]


class Kind(enum.StrEnum):
    PLANT = "plant"


class Entry(msgspec.Struct, rename="camel", tag="entry"):
    closes_on: date
    kinds: tuple[Kind, ...] = ()


def test_structs_enums_dates_and_tuples_become_plain() -> None:
    assert plain({"entry": Entry(date(2025, 9, 10), (Kind.PLANT,))}) == {
        "entry": {"type": "entry", "closesOn": "2025-09-10", "kinds": ["plant"]}
    }


def test_a_default_is_written_even_where_the_struct_leaves_it_out() -> None:
    class Sparse(msgspec.Struct, omit_defaults=True):
        seats: int = 0

    assert plain(Sparse()) == {"seats": 0}


@pytest.mark.parametrize(
    "value",
    [
        datetime(2025, 9, 10),  # noqa: DTZ001 - naive is what is refused
        datetime.max.replace(tzinfo=timezone(timedelta(hours=-6))),
        math.nan,
        math.inf,
        2**53,
        -(2**53),
        Decimal("1.10"),
        b"bytes",
        {1, 2},
        "\ud800",
        {"\ud800": 1},
        {1: "one"},
        {None: 1},
        {Kind.PLANT: 1},
        object(),
        timedelta(1),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_json_cannot_hold_is_refused(value: object) -> None:
    with pytest.raises(NotJSON):
        digest({"facts": [value]})


def test_a_refusal_points_at_the_value() -> None:
    with pytest.raises(NotJSON) as refused:
        plain({"a/b": [1, {"~": b""}]})

    assert refused.value.pointer == "/a~1b/1/~0"


def test_a_value_within_itself_is_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)

    with pytest.raises(NotJSON, match="too deep"):
        plain(endless)


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(JSON_VALUES)
def test_the_text_reads_back_as_the_value_and_writes_the_same_text(value: object) -> None:
    text = canonical(value)

    read = json.loads(text, parse_int=float)  # RFC 8785 means ECMAScript's numbers, and those are doubles

    assert read == value
    assert canonical(read) == text


@given(st.dictionaries(st.text(), st.integers(0, 9), min_size=2, max_size=5), st.randoms())
def test_the_order_of_keys_does_not_matter(value: dict[str, int], chance: Any) -> None:
    items = list(value.items())
    chance.shuffle(items)

    assert digest(dict(items)) == digest(value)
