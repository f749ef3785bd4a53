"""How an order is reached: by its code, and by the secret address of its page."""

from datetime import datetime

from plenaria.core.host.visit import Visit
from plenaria.core.kernel.secrets import hashed, new_secret
from plenaria.core.kernel.values import EventView, Refusal, Refused
from plenaria.core.people.queries import normal_email
from plenaria.plugins.registration import queries
from plenaria.plugins.registration.forms import OrderRequest
from plenaria.plugins.registration.queries import OrderView
from plenaria.plugins.registration.tables import OrderLinkRow


async def required_order(event: EventView, code: str) -> OrderView:
    """The order with that code, of this event alone. Raises `Refused(not_found)`."""
    order = await queries.order(event.id, code)
    if order is None:
        raise Refused(Refusal("not_found", {"order": code}))
    return order


async def new_order_link(order_id: int, *, now: datetime, is_mailed: bool = False) -> str:
    """A new secret for the order's page; the earlier ones stay good. One that `is_mailed` to the buyer confirms the address."""
    secret = new_secret()
    await OrderLinkRow(order=order_id, secret_hash=hashed(secret), made_at=now, confirms=is_mailed).save()
    return secret


def buyer_is_known(visit: Visit, event: EventView, request: OrderRequest) -> bool:
    """Whether the buyer's address need not be confirmed: they are signed in with it, or an organiser enters the order."""
    if visit.may("registration.edit", event):
        return True
    return visit.person is not None and visit.person.email == normal_email(request.buyer_email)
