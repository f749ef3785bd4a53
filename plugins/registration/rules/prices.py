"""What an order costs: whole centavos, value-added tax inside the prices or on top of them."""

from collections.abc import Iterable

from msgspec import Struct


class Totals(Struct, frozen=True):
    """`net + tax == total`, in minor units."""

    net: int
    tax: int
    total: int


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
