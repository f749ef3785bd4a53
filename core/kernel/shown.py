"""How values look to a reader: money, days and instants, in the current language. Also the templates' filters."""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import nh3
from babel import Locale
from babel.dates import format_date, format_time
from babel.numbers import format_currency, format_decimal
from markdown_it import MarkdownIt
from markupsafe import Markup

from plenaria.core.kernel.i18n import current_language, gettext
from plenaria.core.kernel.languages import locale_of
from plenaria.core.kernel.money import digits_of
from plenaria.core.kernel.values import N_, Money, in_language

_PESOS = Locale("es", "MX")
"""Pesos are written as in Mexico in every language: the amount, then MXN."""

ZONE_NAMES = {
    "America/Mexico_City": N_("Mexico City time"),
    "America/Tijuana": N_("Tijuana time"),
    "America/Ciudad_Juarez": N_("Ciudad Juárez time"),
    "America/Cancun": N_("Cancún time"),
    "America/Monterrey": N_("Monterrey time"),
    "America/Hermosillo": N_("Hermosillo time"),
    "America/Chihuahua": N_("Chihuahua time"),
    "UTC": N_("universal time"),
}

_markdown = MarkdownIt("commonmark", {"html": False, "linkify": False})


def locale() -> Locale:
    """How the reader's language writes numbers and days."""
    return locale_of(current_language())


def money(amount: Money | int, currency: str = "MXN") -> str:
    """`$1,234.50 MXN` for pesos; minor units in, in the currency's own number of decimals."""
    value = amount if isinstance(amount, Money) else Money(amount, currency)
    units = Decimal(value.minor).scaleb(-digits_of(value.currency))
    text = format_currency(units, value.currency, locale=_PESOS if value.currency == "MXN" else locale())
    return f"{text} {value.currency}" if value.currency == "MXN" else text


def number(value: float, digits: int | None = None) -> str:
    """`1,234.5`, with exactly so many decimals where `digits` is given."""
    pattern = None if digits is None else "#,##0." + "0" * digits
    return format_decimal(value, format=pattern, locale=locale())


def day(value: date | datetime, zone: str | None = None) -> str:
    """ "miércoles 1 de octubre de 2025" / "Wednesday, October 1, 2025"."""
    return format_date(_in_zone(value, zone), format="full", locale=locale())


def short_day(value: date | datetime, zone: str | None = None) -> str:
    """ "1 oct 2025" / "Oct 1, 2025"."""
    return format_date(_in_zone(value, zone), format="medium", locale=locale())


def days(first: date, last: date) -> str:
    """ "1–2 de octubre de 2025" / "October 1–2, 2025"; the months and years that differ are named twice."""
    if first == last:
        return format_date(first, format="long", locale=locale())
    if (first.year, first.month) == (last.year, last.month):
        return format_date(last, format=_with_days(f"{first.day}–{last.day}"), locale=locale())
    return f"{format_date(first, format='long', locale=locale())} – {format_date(last, format='long', locale=locale())}"


def _with_days(span: str) -> str:
    """The language's long date as a pattern (CLDR) with those days instead of its one; quoted text stays."""
    pattern = locale().date_formats["long"].pattern
    return re.sub(r"'[^']*'|d+", lambda part: part[0] if part[0].startswith("'") else span, pattern)


def clock_time(value: datetime, zone: str) -> str:
    """ "09:30": 24 hours, in the event's zone."""
    return format_time(value.astimezone(ZoneInfo(zone)), format="HH:mm", locale=locale())


def offset(value: datetime, zone: str) -> str:
    """ "UTC−6": with a real minus sign, minutes only where there are any."""
    delta = value.astimezone(ZoneInfo(zone)).utcoffset() or timedelta()
    minutes = int(delta.total_seconds() // 60)
    hours, rest = divmod(abs(minutes), 60)
    sign = "−" if minutes < 0 else "+"
    return "UTC" if not minutes else f"UTC{sign}{hours}" + (f":{rest:02}" if rest else "")


def instant(value: datetime, zone: str) -> str:
    """ "10 de septiembre de 2025, 23:59:59, hora de la Ciudad de México, UTC−6"."""
    local = value.astimezone(ZoneInfo(zone))
    moment = format_date(local, format="long", locale=locale())
    name = gettext(ZONE_NAMES[zone]) if zone in ZONE_NAMES else zone
    return f"{moment}, {local:%H:%M:%S}, {name}, {offset(value, zone)}"


def localized(text: Mapping[str, str] | str | None) -> str:
    """The text in the reader's language, else in the first that has one."""
    if not text:
        return ""
    return text if isinstance(text, str) else in_language(text, current_language())


def markdown(text: Mapping[str, str] | str | None) -> Markup:
    """Markdown as safe HTML: no raw HTML in, and only harmless tags out."""
    html = _markdown.render(localized(text))
    return Markup(nh3.clean(html, link_rel="noopener nofollow"))  # noqa: S704 - cleaned on this very line


def iso(value: datetime | date) -> str:
    """For `<time datetime=…>`."""
    return value.isoformat()


def _in_zone(value: date | datetime, zone: str | None) -> date:
    if isinstance(value, datetime):
        return value.astimezone(ZoneInfo(zone or "UTC")).date()
    return value


FILTERS: dict[str, Any] = {
    "money": money,
    "number": number,
    "day": day,
    "short_day": short_day,
    "clock_time": clock_time,
    "datetime_zone": instant,
    "localized": localized,
    "markdown": markdown,
    "iso": iso,
}
