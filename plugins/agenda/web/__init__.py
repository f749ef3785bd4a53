"""The pages and feeds of the agenda."""

from plenaria.plugins.agenda.web import board, console, importing, lists, mine, proposals, public, release

ROUTES = [
    *public.ROUTES,
    *mine.ROUTES,
    *console.ROUTES,
    *lists.ROUTES,
    *board.ROUTES,
    *proposals.ROUTES,
    *importing.ROUTES,
    *release.ROUTES,
]
