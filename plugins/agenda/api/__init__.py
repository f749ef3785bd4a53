"""The JSON API of the agenda, by what it works on: the public schedule, the draft, imports, releases, timetable proposals."""

from plenaria.plugins.agenda.api import draft, imports, proposals, public, releases

ROUTES = [*proposals.ROUTES, *public.ROUTES, *draft.ROUTES, *imports.ROUTES, *releases.ROUTES]
