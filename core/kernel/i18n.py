"""Languages: catalogues read from .po files, and the current reader's language.

The message files are read as they are (no compiled copies in the repository), merged once per process: the installation's own
folder, the core, then the plugins in order. A message that two of them translate differently needs a context (`pgettext`); a
test watches that.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from gettext import c2py
from pathlib import Path
from typing import NamedTuple

from babel.messages.pofile import read_po

from plenaria.core.kernel.languages import LANGUAGES, SOURCE, is_known, locale_of
from plenaria.core.kernel.settings import Misconfigured

Key = str | tuple[str, str]
"""A message, or its context and itself."""


class Plural(NamedTuple):
    """A message that counts: its forms, and which of them a number takes (the catalogue's Plural-Forms)."""

    forms: tuple[str, ...]
    form_of: Callable[[int], int]

    def of(self, count: int) -> str:
        return self.forms[min(self.form_of(count), len(self.forms) - 1)]


_current: ContextVar[str] = ContextVar("language", default="")
_catalogues: dict[str, dict[Key, str | Plural]] = {}


def start(languages: Sequence[str], *folders: Path) -> None:
    """Speak these languages, the fallback first, with the catalogues of these folders. Raises `Misconfigured`."""
    if unknown := [code for code in languages if not is_known(code)]:
        raise Misconfigured(
            f"languages: nothing is known of “{unknown[0]}”; write a language's code, as in es or pt-BR"
        )
    LANGUAGES.use(dict.fromkeys(languages))
    _catalogues.clear()
    load(folders)


def refuse_untranslated() -> None:
    """Raise `Misconfigured` when one of the languages has no catalogue in any folder that was read."""
    for language in LANGUAGES:
        if language != SOURCE and not _catalogues.get(language):
            expected = catalogue_file(Path("locale_folder"), language)
            raise Misconfigured(f"languages: there is no catalogue for “{language}” (expected: {expected})")


def load(folders: Iterable[Path]) -> None:
    """Read the catalogue of each of the installation's languages in every folder; the first to translate a message wins."""
    for folder in folders:
        for language in LANGUAGES:
            if (path := catalogue_file(folder, language)).is_file():
                _merge(language, path)


def catalogue_file(folder: Path, language: str) -> Path:
    """`<folder>/<language>/LC_MESSAGES/messages.po`; the language as gettext's folders have it (`pt_BR`)."""
    return folder / language.replace("-", "_") / "LC_MESSAGES" / "messages.po"


def _merge(language: str, path: Path) -> None:
    with path.open("rb") as file:
        messages = read_po(file, locale=locale_of(language))
    form_of = c2py(messages.plural_expr)
    catalogue = _catalogues.setdefault(language, {})
    for message in messages:
        words = message.string
        if not message.id or not words or (isinstance(words, tuple) and not all(words)) or message.fuzzy:
            continue
        singular = message.id[0] if isinstance(message.id, (list, tuple)) else message.id
        key = (message.context, singular) if message.context else singular
        catalogue.setdefault(key, Plural(tuple(words), form_of) if isinstance(words, (list, tuple)) else words)


def current_language() -> str:
    """The code of the reader’s language: `es`, `en`."""
    return _current.get() or LANGUAGES[0]


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


def _look_up(key: Key) -> str | Plural | None:
    return _catalogues.get(current_language(), {}).get(key)


def gettext(message: str) -> str:
    """The message in the current language; itself when there is no translation."""
    return _one(_look_up(message)) or message


def pgettext(context: str, message: str) -> str:
    """As `gettext`, for a message that says something else elsewhere."""
    return _one(_look_up((context, message))) or message


def _one(translated: str | Plural | None) -> str | None:
    return translated.of(1) if isinstance(translated, Plural) else translated


def ngettext(singular: str, plural: str, count: int) -> str:
    """The form that the language's rule gives that number; in English the singular is for 1 alone."""
    translated = _look_up(singular)
    if isinstance(translated, Plural):
        return translated.of(count)
    return singular if count == 1 else plural


def fill(message: str, facts: Mapping[str, object]) -> str:
    """Put facts into `{names}` of a translated message; an unknown name stays visible instead of failing."""
    return message.format_map(_Visible(facts))


class _Visible(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return "{" + key + "}"
