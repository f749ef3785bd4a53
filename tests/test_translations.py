"""Every text in both languages: nothing untranslated, nothing that disagrees, nothing visible that nobody marked."""

import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from jinja2 import Environment, nodes
from jinja2.ext import InternationalizationExtension

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "examples" / "plenaria-shuttle" / "plenaria_shuttle"
ROOMS = [ROOT / "core", *sorted(path.parent for path in (ROOT / "plugins").glob("*/plugin.py")), EXAMPLE]
each_room = pytest.mark.parametrize("room", ROOMS, ids=lambda path: path.name)

PLACEHOLDER = re.compile(r"\{(\w*)[^}]*\}|%\((\w+)\)[sd]|%[sd]")
_extracted: dict[Path, Catalog] = {}


def extracted(room: Path, folder: Path) -> Catalog:
    """The room's texts, collected with the Makefile's own settings."""
    if room not in _extracted:
        keywords = re.search(r"^MESSAGE_KEYWORDS := (.*)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
        assert keywords is not None
        template = folder / "messages.pot"
        pybabel = [sys.executable, "-m", "babel.messages.frontend", "--quiet", "extract", "--no-default-keywords"]
        options = [*keywords[1].split(), "--mapping-file=pyproject.toml", f"--output-file={template}"]
        subprocess.run([*pybabel, *options, str(room)], cwd=ROOT, check=True, timeout=120)
        with template.open("rb") as file:
            _extracted[room] = read_po(file)
    return _extracted[room]


def translated(room: Path) -> Catalog:
    with (room / "locale" / "es" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale="es")


def key(message: Message) -> tuple[str | None, str]:
    return message.context, message.id[0] if isinstance(message.id, (list, tuple)) else message.id


def said(message: Message) -> list[str]:
    """Its strings, one or one for each number."""
    return [message.string] if isinstance(message.string, str) else list(message.string)


def messages(catalogue: Catalog) -> list[Message]:
    return [message for message in catalogue if message.id]


@each_room
def test_every_text_has_its_spanish(room: Path, tmp_path: Path) -> None:
    spanish = {key(message) for message in messages(translated(room)) if all(said(message)) and not message.fuzzy}

    missing = [key(message) for message in messages(extracted(room, tmp_path)) if key(message) not in spanish]

    assert missing == [], "run `make messages`, then translate"


@each_room
def test_no_translation_is_fuzzy_or_left_over(room: Path, tmp_path: Path) -> None:
    wanted = {key(message) for message in messages(extracted(room, tmp_path))}

    assert [key(message) for message in messages(translated(room)) if message.fuzzy] == []
    assert [key(message) for message in messages(translated(room)) if key(message) not in wanted] == []


@each_room
def test_both_languages_have_the_same_placeholders(room: Path) -> None:
    """Of a text with a number the singular may leave the number out ("one seat")."""
    differing = []
    for message in messages(translated(room)):
        english = [message.id] if isinstance(message.id, str) else list(message.id)
        for source, spanish in zip(english, said(message), strict=True):
            if sorted(PLACEHOLDER.findall(source)) != sorted(PLACEHOLDER.findall(spanish)):
                differing.append((source, spanish))
    assert differing == []


def test_no_two_rooms_translate_the_same_text_differently() -> None:
    """At run time the catalogues are one, and the first room would win. Two meanings need a context."""
    found: dict[tuple[str | None, str], dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for room in ROOMS:
        for message in messages(translated(room)):
            found[key(message)][" / ".join(said(message))].append(room.name)

    assert {text: dict(spanish) for text, spanish in found.items() if len(spanish) > 1} == {}


@each_room
def test_the_spanish_is_the_one_we_write(room: Path) -> None:
    """Usted; both question marks; the quotes of the rest (docs/developer/translating.md)."""
    informal = re.compile(
        r"\b(tú|tus?|vosotros|vuestr[oa]s?|tienes|puedes|quieres|debes|haz|ordenador|móvil|fichero|pulse|pinche)\b",
        re.IGNORECASE,
    )
    wrong = []
    for message in messages(translated(room)):
        for words in (re.sub(r"<code>.*?</code>", "", string) for string in said(message)):
            opened = words.count("¿") == words.count("?") and words.count("¡") == words.count("!")
            is_address = "?" in words and "http" in words
            if informal.search(words) or "«" in words or not (opened or is_address):
                wrong.append(words)
    assert wrong == []


# -------------------------------------------------------------------------------------------- nothing unmarked

ALLOWED = {
    "Plenaria": "the product's name",
    "Español": "a language in its own words",
    "English": "a language in its own words",
    "ES": "a language's code",
    "EN": "a language's code",
    "UTC": "a time scale",
    "CSV": "a format's name",
    "Excel": "a product's name",
    "iCal": "a format's name",
    "ICS": "a format's name",
    "PDF": "a format's name",
    "JSON": "a format's name",
    "XML": "a format's name",
    "SHA-256": "an algorithm's name",
    "MB": "a unit",
    "kB": "a unit",
    "OpenAPI": "a standard's name",
    "file": "what the macro has_file answers, compared by its caller",
    "QR": "a kind of code",
}
SHOWN_ATTRIBUTES = r"title|alt|placeholder|aria-label|aria-description|data-confirm|data-label|label"
TEMPLATES = sorted(path for room in ROOMS for path in (room / "templates").rglob("*.html"))
PATTERNS = ROOT / "core" / "templates" / "patterns.html"
"""The page of parts, for developers only; its sample texts are in English."""


class Marked(InternationalizationExtension):
    """Takes the inside of {% trans %} out, so that what remains is what nobody marked."""

    def parse(self, parser: object) -> nodes.Output:
        super().parse(parser)  # type: ignore[arg-type]
        return nodes.Output([])


def literals(node: nodes.Node) -> Iterator[tuple[int, str]]:
    """Text of the template itself, and strings that an expression prints as they are ({{ "Open" if … }})."""
    for output in node.find_all(nodes.Output):
        for part in output.nodes:
            if isinstance(part, nodes.TemplateData):
                yield output.lineno, part.data
            else:
                yield from ((part.lineno, f"\0{words}\0") for words in printed(part))


def printed(expression: nodes.Expr) -> Iterator[str]:
    if isinstance(expression, nodes.Const) and isinstance(expression.value, str):
        yield expression.value
    elif isinstance(expression, nodes.CondExpr):
        yield from printed(expression.expr1)
        if expression.expr2 is not None:
            yield from printed(expression.expr2)
    elif isinstance(expression, nodes.Or):
        yield from printed(expression.right)
    elif isinstance(expression, nodes.Concat):
        for part in expression.nodes:
            yield from printed(part)


def unmarked(source: str) -> list[str]:
    """Visible words of a template, in text or in an attribute, that go through no gettext."""
    source = re.sub(r"{% block \w+_class %}.*?{% endblock %}", "", source)
    tree = Environment(extensions=[Marked, "jinja2.ext.do"], autoescape=True).parse(source)
    html = "".join(text for _, text in literals(tree))
    html = re.sub(r"<(script|style|svg|code|pre)\b.*?</\1>|<!--.*?-->", " ", html, flags=re.DOTALL)
    tags = r"<(?:[^<>\"']|\"[^\"]*\"|'[^']*')*>"
    attributes = re.findall(rf"\s(?:{SHOWN_ATTRIBUTES})=\"([^\"]*)\"", " ".join(re.findall(tags, html)))
    buttons = re.findall(r"<input[^>]*type=\"(?:submit|button)\"[^>]*value=\"([^\"]*)\"", html)
    texts = re.sub(r"[\w-]*=\"[^\"]*\"", " ", re.sub(tags, "\n", html)).replace("\0", "\n").split("\n")
    found = [
        re.sub(r"&\w+;|\0", " ", text).strip(" \t·–—:,;.()[]/|→←×%#\"'") for text in [*texts, *attributes, *buttons]
    ]
    return [text for text in found if text not in ALLOWED and any(is_word(each) for each in text.split())]


def is_word(text: str) -> bool:
    return bool(re.search(r"[^\W\d_]{2,}", text)) and text not in ALLOWED


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_visible_text_of_a_template_is_unmarked(path: Path) -> None:
    if path == PATTERNS:
        assert "development=True" in (ROOT / "core" / "web" / "service.py").read_text(encoding="utf-8")
        return

    assert unmarked(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("<p>Hello</p>", ["Hello"]),
        ("<p>{% trans %}Hello{% endtrans %} {{ _('you') }}</p>", []),
        ("<p>{% trans n=2 %}{{ n }} seat{% pluralize %}{{ n }} seats{% endtrans %}</p>", []),
        ('<img alt="A mark">', ["A mark"]),
        ('<img alt="{{ _("A mark") }}">', []),
        ('<a class="button" href="/hello">{{ "Open" if x else _("Closed") }}</a>', ["Open"]),
        ('<input type="submit" value="Send">', ["Send"]),
        ('<input type="hidden" name="on" value="yes">', []),
        ("{% macro m(x) %}<b>{{ x }} left</b>{% endmacro %}", ["left"]),
        ("<code>plenaria migrate</code> · 12 – 30 % · <time>UTC</time>", []),
        ("{# a comment #}<script type='module'>let words = 1</script>", []),
    ],
)
def test_the_search_finds_what_nobody_marked(source: str, found: list[str]) -> None:
    assert unmarked(source) == found
