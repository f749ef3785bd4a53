"""The JSON doors. They call the same services as the pages; Structs here are the contract, apart from what rules need."""

from plenaria.plugins.awards.api import judging, nominating, results

ROUTES = [*nominating.ROUTES, *judging.ROUTES, *results.ROUTES]
