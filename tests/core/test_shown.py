"""How values look to a reader in Mexico, in Spanish and in English."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest

from plenaria.core.kernel import i18n, shown
from plenaria.core.kernel.values import Money
from plenaria.core.web.templating import CORE

DEADLINE = datetime(2025, 9, 11, 5, 59, 59, tzinfo=UTC)


@pytest.fixture(autouse=True, scope="module")
def words() -> None:
    i18n.load([CORE / "locale"])


@pytest.fixture(params=["es", "en"])
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    with i18n.using(request.param):
        yield request.param


@pytest.mark.parametrize(
    ("minor", "expected"),
    [
        (123_456_750, "$1,234,567.50 MXN"),
        (0, "$0.00 MXN"),
        (1, "$0.01 MXN"),
        (-250_00, "-$250.00 MXN"),
        (9_007_199_254_740_993, "$90,071,992,547,409.93 MXN"),
    ],
)
def test_pesos_look_mexican_in_both_languages_to_the_centavo(language: str, minor: int, expected: str) -> None:
    assert shown.money(Money(minor)) == expected
    assert shown.money(minor) == expected


def test_other_currencies_have_their_own_decimals(language: str) -> None:
    dollars, yen = shown.money(Money(123_450, "USD")), shown.money(Money(1_500, "JPY"))

    assert dollars.endswith("1,234.50")
    assert yen.endswith("1,500")


def test_numbers_group_with_commas(language: str) -> None:
    assert shown.number(1234567) == "1,234,567"
    assert shown.number(4.25, 1) == "4.2"
    assert shown.number(3, 2) == "3.00"


@pytest.mark.parametrize(
    ("first", "last", "spanish", "english"),
    [
        (date(2025, 10, 1), date(2025, 10, 1), "1 de octubre de 2025", "October 1, 2025"),
        (date(2025, 10, 1), date(2025, 10, 2), "1–2 de octubre de 2025", "October 1–2, 2025"),
        (
            date(2025, 9, 30),
            date(2025, 10, 2),
            "30 de septiembre de 2025 – 2 de octubre de 2025",
            "September 30, 2025 – October 2, 2025",
        ),
        (
            date(2025, 12, 31),
            date(2026, 1, 1),
            "31 de diciembre de 2025 – 1 de enero de 2026",
            "December 31, 2025 – January 1, 2026",
        ),
        (
            date(2024, 10, 1),
            date(2025, 10, 2),
            "1 de octubre de 2024 – 2 de octubre de 2025",
            "October 1, 2024 – October 2, 2025",
        ),
    ],
)
def test_a_span_of_days(language: str, first: date, last: date, spanish: str, english: str) -> None:
    assert shown.days(first, last) == {"es": spanish, "en": english}[language]


def test_a_day_is_the_events_not_the_servers(language: str) -> None:
    expected = {"es": "miércoles 10 de septiembre de 2025", "en": "Wednesday, September 10, 2025"}

    assert shown.day(DEADLINE, "America/Mexico_City").replace(",", "") == expected[language].replace(",", "")
    assert shown.short_day(date(2025, 10, 1)) == {"es": "1 oct 2025", "en": "Oct 1, 2025"}[language]


def test_a_deadline_names_its_clock_and_its_offset(language: str) -> None:
    expected = {
        "es": "10 de septiembre de 2025, 23:59:59, hora de la Ciudad de México, UTC−6",
        "en": "September 10, 2025, 23:59:59, Mexico City time, UTC−6",
    }

    assert shown.instant(DEADLINE, "America/Mexico_City") == expected[language]


@pytest.mark.parametrize(
    ("zone", "winter", "summer"),
    [
        ("America/Mexico_City", "UTC−6", "UTC−6"),
        ("America/Cancun", "UTC−5", "UTC−5"),
        ("America/Tijuana", "UTC−8", "UTC−7"),
        ("America/Ojinaga", "UTC−6", "UTC−5"),
        ("America/St_Johns", "UTC−3:30", "UTC−2:30"),
        ("Asia/Kathmandu", "UTC+5:45", "UTC+5:45"),
        ("UTC", "UTC", "UTC"),
    ],
)
def test_an_offset_is_that_of_the_instant(zone: str, winter: str, summer: str) -> None:
    assert shown.offset(datetime(2025, 1, 15, tzinfo=UTC), zone) == winter
    assert shown.offset(datetime(2025, 7, 15, tzinfo=UTC), zone) == summer


def test_the_hour_that_comes_twice_differs_by_its_offset() -> None:
    first, second = datetime(2025, 11, 2, 8, 30, tzinfo=UTC), datetime(2025, 11, 2, 9, 30, tzinfo=UTC)

    assert shown.clock_time(first, "America/Tijuana") == shown.clock_time(second, "America/Tijuana") == "01:30"
    assert shown.offset(first, "America/Tijuana") == "UTC−7"
    assert shown.offset(second, "America/Tijuana") == "UTC−8"


def test_every_named_zone_has_a_spanish_name() -> None:
    with i18n.using("es"):
        same = [zone for zone, name in shown.ZONE_NAMES.items() if i18n.gettext(name) == name]

    assert same == []


def test_a_text_that_lacks_a_language_falls_back(language: str) -> None:
    assert shown.localized({"es": "Hola", "en": "Hello"}) == {"es": "Hola", "en": "Hello"}[language]
    assert shown.localized({"es": "Hola"}) == "Hola"
    assert shown.localized({"en": "Hello", "es": ""}) == "Hello"
    assert shown.localized(None) == shown.localized({}) == ""


@pytest.mark.parametrize(
    "source",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "![x](javascript:alert(1))",
        '<img src=x onerror="alert(1)">',
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        '[x](https://example.org" onclick="alert)',
    ],
)
def test_markdown_lets_nothing_run(source: str) -> None:
    html = shown.markdown(source)

    tags = re.findall(r"<[^>]*>", html)
    assert not [tag for tag in tags if re.search(r"script|data:|\bon\w+=|<img src=x", tag)]


def test_markdown_is_markdown() -> None:
    assert shown.markdown("**a** [b](https://example.org)") == (
        '<p><strong>a</strong> <a href="https://example.org" rel="noopener nofollow">b</a></p>\n'
    )
