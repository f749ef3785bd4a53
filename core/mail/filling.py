"""Facts into a text: as plain text, and as HTML in which no fact becomes a link or a tag."""

import html
import re
from collections.abc import Mapping
from typing import Final

import nh3

from plenaria.core.kernel import shown
from plenaria.core.kernel.i18n import using
from plenaria.core.mail.installation import address
from plenaria.core.mail.placeholders import PLACEHOLDER

_BARE_ADDRESS: Final = re.compile(r"(?<![<(\"])(https?://[^\s<>)]*[^\s<>).,;:!?])")
_PLAIN_ADDRESS: Final = re.compile(r"[A-Za-z0-9._~:/?#@!$&+,;=%-]+")
_EMPHASIS: Final = re.compile(r"(\*\*|(?<!\w)_)(\S(?:.*?\S)?)\1")
_MARK: Final = re.compile(r"factmark(\d+)end")


class Markdown(str):
    """A fact that is Markdown of the plugin's own making. Never from text that a visitor typed: that stays a plain str."""

    __slots__ = ()


def fill(text: str, facts: Mapping[str, str]) -> str:
    return PLACEHOLDER.sub(lambda found: str(facts.get(found[1], found[0])), text)


def as_plain(markdown: str) -> str:
    """The Markdown without its marks of emphasis: the text part is read as it is."""
    return _EMPHASIS.sub(r"\2", markdown)


def as_html(body: str, facts: Mapping[str, str], language: str) -> str:
    """The Markdown body as a small HTML mail; addresses in it are made clickable.

    A fact goes through Markdown as a mark and is put in afterwards, escaped, so that nobody's name becomes a link or a tag.
    """
    quoted: list[str] = []
    filled = PLACEHOLDER.sub(
        lambda found: _for_markdown(facts[found[1]], quoted) if found[1] in facts else found[0], body
    )
    with using(language):
        marked = str(shown.markdown(_BARE_ADDRESS.sub(r"<\1>", filled)))
    put_in = _MARK.sub(lambda found: html.escape(quoted[int(found[1])]), marked)
    # Cleaned again: a fact may stand where an address does, [here]({website}).
    clean = nh3.clean(put_in, link_rel="noopener nofollow")
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"></head>'
        '<body style="font:16px/1.5 system-ui,sans-serif;color:#1b2430;max-width:40em;margin:0 auto;padding:24px">'
        f"{clean}</body></html>"
    )


def _for_markdown(fact: str, quoted: list[str]) -> str:
    if isinstance(fact, Markdown) or _is_ours(fact):
        return fact
    return "  \n".join(_quoted_line(line, quoted) for line in str(fact).splitlines())


def _quoted_line(line: str, quoted: list[str]) -> str:
    bullet = "- " if line.startswith("- ") else ""
    words = line[len(bullet) :].strip()
    if not words:
        return ""
    quoted.append(words)
    return f"{bullet}factmark{len(quoted) - 1}end"


def _is_ours(fact: str) -> bool:
    """Whether the fact is an address of this installation, and nothing else."""
    ours = address()
    return (fact == ours or fact.startswith(ours.rstrip("/") + "/")) and bool(_PLAIN_ADDRESS.fullmatch(fact))
