"""How an order is reached: by its code, and by the secret address of its page."""

from datetime import datetime

from plenaria.core.kernel.secrets import hashed, new_secret
from plenaria.core.kernel.values import EventView, Refusal, Refused
from plenaria.plugins.registration import queries
from plenaria.plugins.registration.queries import OrderView
from plenaria.plugins.registration.tables import OrderLinkRow


async def required_order(event: EventView, code: str) -> OrderView:
    """The order with that code, of this event alone. Raises `Refused(not_found)`."""
    order = await queries.order(event.id, code)
    if order is None:
        raise Refused(Refusal("not_found", {"order": code}))
    return order


async def new_order_link(order_id: int, *, now: datetime) -> str:
    """A new secret for the order's page; the earlier ones stay good."""
    secret = new_secret()
    await OrderLinkRow(order=order_id, secret_hash=hashed(secret), made_at=now).save()
    return secret
