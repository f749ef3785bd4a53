"""The page handlers of registration."""

from plenaria.plugins.registration.web import door, orders, organise, register, ticket_types
from plenaria.plugins.registration.web.panels import my_tickets_panel, price_panel

ROUTES = [*register.ROUTES, *orders.ROUTES, *door.ROUTES, *organise.ROUTES, *ticket_types.ROUTES]

__all__ = ["ROUTES", "my_tickets_panel", "price_panel"]
