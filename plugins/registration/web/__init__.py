"""The page handlers of registration."""

from plenaria.plugins.registration.web import door, orders, organise, register, ticket_types
from plenaria.plugins.registration.web.panels import figures_panel, my_tickets_panel, price_panel, ticket_part
from plenaria.plugins.registration.web.readiness import what_is_missing

ROUTES = [*register.ROUTES, *orders.ROUTES, *door.ROUTES, *organise.ROUTES, *ticket_types.ROUTES]

__all__ = ["ROUTES", "figures_panel", "my_tickets_panel", "price_panel", "ticket_part", "what_is_missing"]
