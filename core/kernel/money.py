"""Amounts as people type and read them."""

import re
from decimal import Decimal

_AMOUNT = re.compile(r"([+-]?)(\d{1,3}(?:,\d{3})+|\d+|(?=\.\d))(?:\.(\d*))?", re.ASCII)
_DIGITS = {"BIF": 0, "CLP": 0, "JPY": 0, "KRW": 0, "PYG": 0, "VND": 0, "BHD": 3, "KWD": 3, "TND": 3}
"""Decimal digits of the minor unit (ISO 4217) where it is not 2."""
_MOST_DIGITS = 16


class AmountError(ValueError):
    """The text is no amount of money."""


class TooFineError(ValueError):
    """The text has more decimals than the currency has."""


def digits_of(currency: str) -> int:
    return _DIGITS.get(currency, 2)


def smallest(currency: str) -> str:
    """The smallest amount: "0.01"."""
    return str(Decimal(1).scaleb(-digits_of(currency)))


def minor_units(text: str, currency: str) -> int:
    """123450 for "1,234.50"; a comma groups thousands.

    Raises AmountError (also for "12,50") or TooFineError.
    """
    match = _AMOUNT.fullmatch(text.replace("$", "", 1).removesuffix(currency).replace("\u00a0", " ").strip())
    if match is None:
        raise AmountError(text)
    sign, whole, fraction = match[1], match[2].replace(",", ""), (match[3] or "").rstrip("0")
    digits = digits_of(currency)
    if len(fraction) > digits:
        raise TooFineError(text)
    if len(whole) > _MOST_DIGITS:
        raise AmountError(text)
    amount = int((whole or "0") + fraction.ljust(digits, "0"))
    return -amount if sign == "-" else amount


def typed_amount(minor: int, currency: str) -> str:
    """ "1234.50" for 123450, as a person would type it."""
    digits = digits_of(currency)
    whole, fraction = divmod(abs(minor), 10**digits)
    sign = "-" if minor < 0 else ""
    return f"{sign}{whole}.{fraction:0{digits}}" if digits else f"{sign}{whole}"
