"""Who is who in a file: people with identifiers, with numbers, or with nothing but a name."""

import textwrap
import unicodedata
from collections.abc import Iterable

from plenaria.plugins.agenda.rules import Part, Person

from . import words
from .codes import Codes
from .notes import Findings
from .parsed import ParsedPerson, ParsedSession, Source
from .text import cut, one_line

MOST_NAME, MOST_BIO, MOST_ON_STAGE = 100, 2000, 100


class People:
    """Everybody of a file, in the order in which they appear.

    Two are one person if both their keys and their names are the same, or if their names are and only one of them has a key. A
    key that goes by two names is two people: better a twin to merge than two people made one.
    """

    def __init__(self, sessions: Iterable[ParsedSession], language: str, findings: Findings) -> None:
        self._language, self._findings = language, findings
        self._codes = Codes("person")
        self._known: dict[tuple[str, str], str] = {}
        self._found: dict[str, Person] = {}
        self._key_of_name: dict[str, str] = {}
        names_of_key: dict[str, set[str]] = {}
        for person in (person for session in sessions for person in session.people):
            name = folded(person.name)
            if name and person.key:
                self._key_of_name.setdefault(name, person.key)
                names_of_key.setdefault(person.key, set()).add(name)
        for key, names in names_of_key.items():
            if len(names) > 1:
                findings.count("person_number_repeated", len(names), key=key[:50])

    @property
    def everybody(self) -> tuple[Person, ...]:
        return tuple(self._found.values())

    def parts(self, session: ParsedSession) -> tuple[Part, ...]:
        """A part for each person of a session, once."""
        codes: dict[str, None] = {}
        for person in session.people:
            code = self._met(person, session.source)
            if code in codes:
                self._findings("person_repeated", session.source, person=self._found[code].name)
            elif code:
                codes[code] = None
        if len(codes) > MOST_ON_STAGE:
            left_out = len(codes) - MOST_ON_STAGE
            self._findings("too_many_people", session.source, most=MOST_ON_STAGE, count=left_out)
        return tuple(Part(person=code) for code in list(codes)[:MOST_ON_STAGE])

    def _met(self, person: ParsedPerson, source: Source) -> str:
        name = folded(person.name)
        if not name:
            self._findings.count("person_without_name")
            return ""
        known_as = (person.key or self._key_of_name.get(name, ""), name)
        if known_as not in self._known:
            self._known[known_as] = self._new(person, source)
        return self._known[known_as]

    def _new(self, person: ParsedPerson, source: Source) -> str:
        name = one_line(person.name)
        fields = _fields(name)
        if " ".join(fields).rstrip() != name:
            self._findings("text_cut", source, field="name", most=MOST_NAME)
        code = self._codes.give(name)
        bio = words.text([person.bio], self._language, MOST_BIO, self._findings, source, "biography")
        self._found[code] = Person(
            code=code, given_names=fields[0], first_surname=fields[1], second_surname=fields[2], bio=bio
        )
        return code


def _fields(name: str) -> tuple[str, str, str]:
    """Given names and surnames. Which words are surnames nobody can tell: all are given names, and what is too long goes on."""
    whole = " ".join(cut(word, MOST_NAME) for word in name.split())
    found = textwrap.wrap(whole, MOST_NAME, break_on_hyphens=False, max_lines=3, placeholder="…")
    first, second, third = (*found, "", "")[:3]
    return first, second, third


def folded(name: str) -> str:
    """Names that differ only in case, width or spaces are one."""
    return " ".join(unicodedata.normalize("NFKC", one_line(name)).casefold().split())
