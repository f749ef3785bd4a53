"""Registration: ticket types, orders, payment by bank transfer, tickets, and check-in."""
