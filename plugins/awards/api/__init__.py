"""The JSON handlers. They call the same services as the pages; the Structs here are the contract, whatever the rules need."""

from plenaria.plugins.awards.api import judging, nominating, results

ROUTES = [*nominating.ROUTES, *judging.ROUTES, *results.ROUTES]
