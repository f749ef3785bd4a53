"""Timetable proposals: asked for, watched, looked at, accepted or put aside."""

from plenaria.plugins.agenda.web.proposals import asking, deciding

ROUTES = [*asking.ROUTES, *deciding.ROUTES]
