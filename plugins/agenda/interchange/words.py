"""Words of a file as our texts in two languages: within their lengths, Markdown where it may be long."""

from collections.abc import Iterable

from plenaria.core.kernel.values import LANGUAGES, LocalizedText

from .markup import is_html, markdown
from .notes import Findings
from .parsed import Source, Words
from .text import cut, one_line, plain


def shown(given: Words, language: str) -> str:
    """The words that name something, in one language."""
    return one_line(next(iter(_by_language(given, language).values()), ""))


def name(given: Words, language: str, most: int, findings: Findings, source: Source, field: str) -> LocalizedText:
    """A name or a title, without line breaks."""
    found = {code: one_line(text) for code, text in _by_language(given, language).items()}
    return _within({code: text for code, text in found.items() if text}, most, findings, source, field)


def text(
    given: Iterable[Words], language: str, most: int, findings: Findings, source: Source, field: str
) -> LocalizedText:
    """Several texts as one, a paragraph between; one that says the same as another goes."""
    pieces_by_code: dict[str, list[str]] = {}
    for each in given:
        for code, piece in _by_language(each, language).items():
            found = _markdown(plain(piece), findings)
            if found and found not in pieces_by_code.setdefault(code, []):
                pieces_by_code[code].append(found)
    whole = {code: "\n\n".join(pieces) for code, pieces in pieces_by_code.items() if pieces}
    return _within(whole, most, findings, source, field)


def _by_language(given: Words, language: str) -> dict[str, str]:
    """By our languages; what is in none of them counts as the one the caller named."""
    if isinstance(given, str):
        return {language: given} if given else {}
    ours = {code: given[code] for code in (language, *LANGUAGES) if given.get(code)}
    other = next(iter(given.values()), "")
    return ours or ({language: other} if other else {})


def _markdown(given: str, findings: Findings) -> str:
    if not is_html(given):
        return given
    findings.count("markup_converted")
    return markdown(given)


def _within(given: LocalizedText, most: int, findings: Findings, source: Source, field: str) -> LocalizedText:
    if any(len(each) > most for each in given.values()):
        findings("text_cut", source, field=field, most=most)
    return {code: cut(each, most) for code, each in given.items()}
