"""A Struct with every kind of field, and values of it."""

import enum
import unicodedata
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Annotated, Literal

from hypothesis import strategies as st
from msgspec import Meta, Struct

from plenaria.core.forms import Problem
from plenaria.core.kernel.values import N_, LocalizedText, Money, Slug, Window


class Mode(enum.Enum):
    HALL = "hall"
    ONLINE = "online"


class Place(Struct, kw_only=True, frozen=True):
    street: Annotated[str, Meta(max_length=40)]
    floor: int = 0
    has_lift: bool = False


class TicketType(Struct, kw_only=True, frozen=True):
    code: Slug
    name: Annotated[LocalizedText, Meta(title=N_("Name"), extra={"max_length": 60})]
    price: Money
    size: Annotated[int, Meta(ge=1, le=5000, extra={"unit": N_("seats")})] = 50
    sales: Window = Window()
    is_hidden: bool = False


class Sample(Struct, kw_only=True, frozen=True):
    title: Annotated[str, Meta(max_length=60, title=N_("Title"), description=N_("Shown everywhere."))]
    mode: Mode
    starts_at: datetime
    note: Annotated[str, Meta(max_length=2000)] = ""
    nickname: str | None = None
    zone: Annotated[str, Meta(extra={"zone": True})] = "America/Mexico_City"
    contact: Annotated[str, Meta(extra={"kind": "email", "autocomplete": "email"})] = ""
    level: Literal[1, 2, 3] = 1
    share: Annotated[float, Meta(ge=0, le=1)] = 0.5
    rate: Annotated[Decimal, Meta(ge=0)] = Decimal("0.16")
    seats: Annotated[int | None, Meta(ge=0, multiple_of=5)] = None
    is_public: bool = True
    wants_mail: bool | None = None
    day: date | None = None
    doors_at: time | None = None
    ends_at: datetime | None = None
    summary: Annotated[LocalizedText, Meta(extra={"kind": "localized_textarea"})] = {}
    fee: Money | None = None
    deposit: Annotated[int, Meta(ge=0, extra={"kind": "money"})] = 0
    modes: list[Mode] = []
    topics: Annotated[list[str], Meta(max_length=5, extra={"choices": {"a": N_("A"), "b": N_("B")}})] = []
    keywords: list[Annotated[str, Meta(max_length=20)]] = []
    days: tuple[date, ...] = ()
    place: Place | None = None
    ticket_types: Annotated[list[TicketType], Meta(extra={"unique": "code"})] = []
    weights: Annotated[
        dict[str, Annotated[int, Meta(ge=0)]],
        Meta(extra={"choices": {"vision": N_("Vision"), "re-use": N_("R")}}),
    ] = {}
    words: Annotated[dict[str, str], Meta(extra={"kind": "mapping"})] = {}

    def problems(self) -> Iterable[Problem]:
        if self.ends_at is not None and self.ends_at <= self.starts_at:
            yield Problem("/ends_at", "ends_before_it_starts", {}, N_("Must be after the start."))


def texts(most: int, *, least: int = 0, long: bool = False) -> st.SearchStrategy[str]:
    """Text as it is stored: NFC, stripped, without control characters."""
    letters = st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"])
    alphabet = st.one_of(letters, st.just("\n")) if long else letters
    return st.text(alphabet, max_size=most // 4).map(_stored).filter(lambda text: least <= len(text) <= most)


def _stored(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip()


slugs = st.from_regex(r"[a-z0-9]{2,8}(-[a-z0-9]{1,8}){0,2}", fullmatch=True)
instants = st.integers(631_152_000, 2_840_140_800).map(lambda second: datetime.fromtimestamp(second, UTC))
amounts = st.builds(Money, st.integers(0, 10**15), st.sampled_from(["MXN", "USD", "JPY", "KWD"]))
clocks = st.times()


def localized(most: int, *, least: int = 0, long: bool = False) -> st.SearchStrategy[dict[str, str]]:
    words = texts(most, least=1, long=long)
    return st.dictionaries(st.sampled_from(["es", "en", "pt-BR"]), words, min_size=least)


windows = st.one_of(
    st.just(Window()),
    st.builds(Window, instants, st.none(), st.integers(0, 3600)),
    st.tuples(instants, instants)
    .filter(lambda pair: pair[0] != pair[1])
    .map(lambda pair: Window(min(pair), max(pair))),
)
ticket_types = st.builds(
    TicketType,
    code=slugs,
    name=localized(60, least=1),
    price=amounts,
    size=st.integers(1, 5000),
    sales=windows,
    is_hidden=st.booleans(),
)
places = st.builds(Place, street=texts(40, least=1), floor=st.integers(-5, 99), has_lift=st.booleans())
samples = st.builds(
    Sample,
    title=texts(60, least=1),
    mode=st.sampled_from(Mode),
    starts_at=instants,
    note=texts(200, long=True),
    nickname=st.none() | texts(40, least=1),
    zone=st.sampled_from(["America/Mexico_City", "UTC", "America/Tijuana"]),
    contact=st.sampled_from(["", "ana@example.org"]),
    level=st.sampled_from([1, 2, 3]),
    share=st.floats(0, 1),
    rate=st.decimals(0, 10**9, places=4),
    seats=st.none() | st.integers(0, 100).map(lambda fives: fives * 5),
    is_public=st.booleans(),
    wants_mail=st.none() | st.booleans(),
    day=st.none() | st.dates(),
    doors_at=st.none() | clocks,
    ends_at=st.none(),
    summary=localized(100, long=True),
    fee=st.none() | amounts,
    deposit=st.integers(0, 10**15),
    modes=st.lists(st.sampled_from(Mode)),
    topics=st.lists(st.sampled_from(["a", "b"]), max_size=5),
    keywords=st.lists(texts(20, least=1)),
    days=st.lists(st.dates()).map(tuple),
    place=st.none() | places,
    ticket_types=st.lists(ticket_types, max_size=3, unique_by=lambda ticket: ticket.code),
    weights=st.dictionaries(st.sampled_from(["vision", "re-use"]), st.integers(0, 100)),
    words=st.dictionaries(texts(20, least=1), texts(20, least=1), max_size=3),
)
