"""Languages: catalogues read from the rooms' own .po files, and the current reader's language.

The message files are read as they are (no compiled copies in the repository), merged once per process: core first, then
the plugins in order. A message that two rooms translate differently needs a context (`pgettext`); a test watches that.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from babel.messages.pofile import read_po

from plenaria.core.kernel.values import LANGUAGES

SOURCE_LANGUAGE = "en"

_current: ContextVar[str] = ContextVar("language", default=LANGUAGES[0])
_catalogues: dict[str, dict[str | tuple[str, str], str | tuple[str, ...]]] = {}


def load(folders: Iterable[Path]) -> None:
    """Read `<folder>/<language>/LC_MESSAGES/messages.po` of every folder; the first room to translate wins."""
    for folder in folders:
        for language in LANGUAGES:
            path = folder / language / "LC_MESSAGES" / "messages.po"
            if path.is_file():
                _merge(language, path)


def _merge(language: str, path: Path) -> None:
    catalogue = _catalogues.setdefault(language, {})
    with path.open("rb") as file:
        for message in read_po(file, locale=language):
            words = message.string
            if not message.id or not words or (isinstance(words, tuple) and not all(words)) or message.fuzzy:
                continue
            singular = message.id[0] if isinstance(message.id, (list, tuple)) else message.id
            key = (message.context, singular) if message.context else singular
            catalogue.setdefault(key, tuple(words) if isinstance(words, (list, tuple)) else words)


def current_language() -> str:
    """The code of the reader’s language: `es`, `en`."""
    return _current.get()


@contextmanager
def using(language: str) -> Iterator[None]:
    """Speak that language within the block (a request, a mail)."""
    token = _current.set(language)
    try:
        yield
    finally:
        _current.reset(token)


def set_language(language: str) -> None:
    """Speak that language for the rest of this context (the request's own task)."""
    _current.set(language)


def _look_up(key: str | tuple[str, str]) -> str | tuple[str, ...] | None:
    return _catalogues.get(_current.get(), {}).get(key)


def gettext(message: str) -> str:
    """The message in the current language; itself when there is no translation."""
    found = _look_up(message)
    return (found[0] if isinstance(found, tuple) else found) or message


def pgettext(context: str, message: str) -> str:
    """As `gettext`, for a message that says something else elsewhere."""
    found = _look_up((context, message))
    return (found[0] if isinstance(found, tuple) else found) or message


def ngettext(singular: str, plural: str, count: int) -> str:
    """Spanish and English both have one plural form, used for every count but 1."""
    found = _look_up(singular)
    if isinstance(found, tuple):
        return found[0] if count == 1 else found[1]
    return singular if count == 1 else plural


def negotiate(accepted: str, supported: Iterable[str] = LANGUAGES, default: str = LANGUAGES[0]) -> str:
    """The best supported language of an Accept-Language header (RFC 9110, 12.5.4)."""
    supported = tuple(supported)
    best, best_weight = default, 0.0
    for part in accepted.split(","):
        tag, _, parameters = part.strip().partition(";")
        weight = _weight(parameters)
        code = tag.split("-")[0].lower()
        if code in supported and weight > best_weight:
            best, best_weight = code, weight
    return best


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name != "q":
        return 1.0
    try:
        return min(max(float(value), 0.0), 1.0)
    except ValueError:
        return 0.0


def fill(message: str, facts: Mapping[str, object]) -> str:
    """Put facts into `{names}` of a translated message; an unknown name stays visible instead of failing."""
    return message.format_map(_Visible(facts))


class _Visible(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return "{" + key + "}"
