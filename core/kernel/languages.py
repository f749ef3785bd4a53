"""The languages of this installation: codes from its settings, names and habits from Unicode's CLDR (through Babel)."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Final, overload

from babel import Locale, UnknownLocaleError, negotiate_locale

SOURCE: Final = "en"
"""What messages are written in; it needs no catalogue."""

_TERRITORIES: Final = {"es": "MX"}
"""Whose way of writing days and amounts is meant by a code that names no territory; for other languages CLDR's own choice."""


class Languages(Sequence[str]):
    """The codes (BCP 47), the fallback first. One installation a process: set once at start, read wherever it is needed."""

    def __init__(self, *codes: str) -> None:
        self._codes = codes

    def use(self, codes: Iterable[str]) -> None:
        self._codes = tuple(codes)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[str, ...]: ...
    def __getitem__(self, index: int | slice) -> str | tuple[str, ...]:
        return self._codes[index]

    def __len__(self) -> int:
        return len(self._codes)

    def __repr__(self) -> str:
        return f"Languages{self._codes!r}"


LANGUAGES: Final = Languages("es", "en")
"""Every text that an attendee reads exists in the first; do not copy it at import, it is set when the program starts."""


def spoken(*codes: str) -> str:
    """The first of these that the installation speaks, else the fallback."""
    return next((code for code in codes if code in LANGUAGES), LANGUAGES[0])


@cache
def locale_of(language: str) -> Locale:
    """es_MX for Spanish, never plain es: `$1,234,567.50`. Raises `UnknownLocaleError` or ValueError for a code without data."""
    locale = Locale.parse(language, sep="-")
    territory = None if locale.territory else _TERRITORIES.get(locale.language)
    return Locale(locale.language, territory) if territory else locale


def is_known(language: str) -> bool:
    """Whether there is data on how that language writes numbers and days."""
    try:
        return locale_of(language).language != ""
    except (UnknownLocaleError, ValueError):
        return False


def own_name(language: str) -> str:
    """The language in its own words, for who looks for it: Español, English, Français."""
    return name_in(language, language)


def name_in(language: str, reader: str) -> str:
    """The language's name as a reader of another language calls it; the code when there is no data on it."""
    if not is_known(language):
        return language
    name = Locale.parse(language, sep="-").get_display_name(locale_of(reader)) or language
    return name[0].upper() + name[1:]


class Names(Mapping[str, str]):
    """Code → name of each language of the installation, read anew each time: fit for the `choices` of a form's field.

    `before`: choices that there are besides, which stand first.
    """

    def __init__(self, name: Callable[[str], str], **before: str) -> None:
        self._name, self._before = name, before

    def __getitem__(self, code: str) -> str:
        if code in self._before:
            return self._before[code]
        if code not in LANGUAGES:
            raise KeyError(code)
        return self._name(code)

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys((*self._before, *LANGUAGES)))

    def __len__(self) -> int:
        return len({*self._before, *LANGUAGES})


LANGUAGE_NAMES: Final = Names(own_name)


def negotiate(accepted: str, supported: Sequence[str] | None = None, default: str | None = None) -> str:
    """The best supported language of an Accept-Language header (RFC 9110, 12.5.4); of the installation's where none are given."""
    available = {code.lower(): code for code in supported or LANGUAGES}
    ranges = [_weighted(part) for part in accepted.split(",")]
    wanted = sorted((each for each in ranges if each[1] > 0), key=lambda each: -each[1])
    found = (available.get(_nearest(tag, list(available))) for tag, _ in wanted)
    return next((code for code in found if code), default or LANGUAGES[0])


def _nearest(tag: str, available: list[str]) -> str:
    """The language itself, its general form (es for es-MX), else the first of its other forms (pt-BR for pt); or ""."""
    if exact := negotiate_locale([tag], available, sep="-"):
        return exact.lower()
    primary = tag.lower().partition("-")[0]
    return next((code for code in available if code.partition("-")[0] == primary), "")


def _weighted(part: str) -> tuple[str, float]:
    tag, _, parameters = part.strip().partition(";")
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return tag.strip(), 1.0
    try:
        weight = float(value)
    except ValueError:
        return tag.strip(), 0.0
    return tag.strip(), min(weight, 1.0) if weight > 0 else 0.0
