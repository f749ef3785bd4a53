"""For whom something is written, and the schedule's names in their language."""

from collections.abc import Mapping

from msgspec import Struct

from plenaria.core.kernel.values import in_language
from plenaria.plugins.agenda.rules import Schedule


class Reader(Struct, frozen=True):
    """For whom something is written: the language, the site's address, and the words for roles by code."""

    language: str
    address: str
    roles: Mapping[str, str] = {}


class Book:
    """A schedule's names by code, in one language."""

    def __init__(self, schedule: Schedule, language: str) -> None:
        self.rooms = {each.code: in_language(each.name, language) for each in schedule.rooms}
        self.tracks = {each.code: in_language(each.name, language) for each in schedule.tracks}
        self.types = {each.code: in_language(each.name, language) for each in schedule.types}
        self.people = {each.code: each.name for each in schedule.people}
