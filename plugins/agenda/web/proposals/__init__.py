"""Timetable proposals: requested, watched, looked at, accepted or discarded."""

from plenaria.plugins.agenda.web.proposals import asking, deciding

ROUTES = [*asking.ROUTES, *deciding.ROUTES]
