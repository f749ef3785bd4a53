"""The page handlers: for nominators, for jurors, and the organiser's console."""

from plenaria.plugins.awards.web import console, jury, nominators, results

ROUTES = [*nominators.ROUTES, *jury.ROUTES, *results.ROUTES, *console.ROUTES]
