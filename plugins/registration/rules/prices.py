"""What an order costs: whole centavos, value-added tax inside the prices or on top of them."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from plenaria.core.kernel.values import PriceLine, Refusal
from plenaria.plugins.registration.rules.orders import TicketType


class Totals(Struct, frozen=True):
    """`net + tax == total`, in minor units."""

    net: int
    tax: int
    total: int


class Price(Struct, frozen=True):
    """What an order costs: its lines as the plugins left them, and their totals."""

    lines: tuple[PriceLine, ...]
    totals: Totals


def ticket_lines(codes: Iterable[str], types: Mapping[str, TicketType]) -> list[PriceLine]:
    """One line for each ticket type, before any plugin has changed them; unknown codes are refused elsewhere."""
    return [
        PriceLine(code=code, name=types[code].name, count=count, each_minor=types[code].price_minor)
        for code, count in Counter(codes).items()
        if code in types
    ]


def price(lines: Sequence[PriceLine], *, tax_percent: int, tax_included: bool) -> Price:
    return Price(
        tuple(lines),
        totals([line.minor for line in lines], tax_percent=tax_percent, tax_included=tax_included),
    )


def price_refusals(total_minor: int, *, expected_minor: int | None, currency: str) -> list[Refusal]:
    """Why an order cannot be placed at this price: another one was shown, or discounts are larger than the tickets."""
    if total_minor < 0:
        return [Refusal("price_below_zero")]
    if expected_minor is not None and expected_minor != total_minor:
        facts = {"total_minor": total_minor, "expected_minor": expected_minor, "currency": currency}
        return [Refusal("price_changed", facts)]
    return []


def totals(prices: Iterable[int], *, tax_percent: int, tax_included: bool) -> Totals:
    """The totals of ticket prices in minor units. The tax is reckoned once, on the sum, halves rounded up."""
    amount = sum(prices)
    if tax_included:
        tax = _rounded(amount * tax_percent, 100 + tax_percent)
        return Totals(net=amount - tax, tax=tax, total=amount)
    tax = _rounded(amount * tax_percent, 100)
    return Totals(net=amount, tax=tax, total=amount + tax)


def _rounded(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)
