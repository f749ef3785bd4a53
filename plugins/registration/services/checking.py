"""Whether orders and the record of changes agree."""

from collections.abc import Iterable, Sequence

from plenaria.core.kernel.i18n import fill, gettext
from plenaria.core.kernel.values import EventView, RecordedFact, RecordFinding
from plenaria.plugins.registration import queries


async def check_records(event: EventView, lines: Sequence[RecordedFact], /) -> list[RecordFinding]:
    """Orders whose state or total is not what their lines say, orders without lines, and lines of orders that are gone."""
    recorded = _recorded(lines)
    orders = {f"order:{code}": (state, total) for code, state, total in await queries.states_of_orders(event.id)}
    found = []
    for subject in sorted({*recorded, *orders}):
        if words := _disagreement(recorded.get(subject), orders.get(subject)):
            found.append(RecordFinding("registration.order_unlike_record", subject, words))
    return found


Known = tuple[str, int]
"""State and total in minor units."""


def _recorded(lines: Iterable[RecordedFact]) -> dict[str, Known]:
    known: dict[str, Known] = {}
    for line in lines:
        if line.action == "order.placed":
            known[line.subject] = (str(line.facts.get("state")), int(line.facts.get("total_minor", 0)))
        elif line.action == "order.address_confirmed":
            known[line.subject] = (str(line.facts.get("state")), known.get(line.subject, ("", 0))[1])
        elif line.action in ("order.paid", "order.cancelled", "order.expired"):
            state = "confirmed" if line.action == "order.paid" else line.action.removeprefix("order.")
            known[line.subject] = (state, known.get(line.subject, ("", 0))[1])
    return known


def _disagreement(recorded: Known | None, order: Known | None) -> str:
    """In words; "" when there is none."""
    if recorded is None:
        return gettext("the order is not in the record")
    if order is None:
        return gettext("the order of these lines is gone")
    if recorded[0] != order[0]:
        return fill(gettext("is {state}, by the record {recorded}"), {"state": order[0], "recorded": recorded[0]})
    if recorded[1] != order[1]:
        facts = {"total": order[1], "recorded": recorded[1]}
        return fill(gettext("its total is {total} (minor units), by the record {recorded}"), facts)
    return ""
