"""The frame, the macros and the stylesheet, drawn with the strictness of the running house."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Any

import pytest
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from lxml import html  # type: ignore[import-untyped]  # lxml ships no types
from msgspec import Meta, Struct

from plenaria.core.forms import form_for, parse
from plenaria.core.kernel.values import Money

CORE = Path(__file__).parents[2] / "core"
TEMPLATES = CORE / "templates"
STATIC = CORE / "static"


def _static(name: str) -> str:
    assert (STATIC / name).is_file(), name
    return f"/static/{name}"


@pytest.fixture
def environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_callables(  # type: ignore[attr-defined]  # added by the i18n extension
        lambda text: text, lambda one, many, n: one if n == 1 else many, newstyle=True
    )
    environment.globals.update(static=_static, language_url=lambda code: f"?lang={code}")
    return environment


def _frame(**changes: Any) -> SimpleNamespace:
    event = SimpleNamespace(
        name="CIIAM <2025>",
        dates="1–2 October 2025",
        place="Mexico City",
        slug="ciiam-2025",
        accent="#b00",
        organiser="INA",
    )
    frame = {
        "event": event,
        "person": None,
        "navigation": [{"label": "Agenda", "href": "/ciiam-2025/agenda", "current": True}],
        "sections": [],
        "notices": [{"kind": "success", "message": "Saved."}],
        "footer": [],
        "language": "en",
        "languages": [{"code": "es", "name": "Español"}, {"code": "en", "name": "English"}],
        "path": "/",
        "debug": True,
    }
    return SimpleNamespace(**(frame | changes))


def _field(name: str, kind: str = "text", **changes: Any) -> dict[str, Any]:
    field: dict[str, Any] = {"name": name, "id": name, "label": name.title(), "kind": kind, "help": "", "unit": ""}
    field |= {"required": True, "value": "", "choices": [], "attrs": {}, "errors": [], "children": []}
    return field | changes


def _drawn(environment: Environment, *fields: dict[str, Any], problems: tuple[str, ...] = ()) -> Any:
    source = '{% from "_form.html" import form with context %}{{ form(the_form, action="/x") }}'
    the_form = {"fields": list(fields), "problems": list(problems)}
    return html.fromstring(environment.from_string(source).render(the_form=the_form, frame=_frame()))


@pytest.fixture
def patterns(environment: Environment) -> str:
    return environment.get_template("patterns.html").render(frame=_frame())


def test_the_patterns_page_keeps_to_the_content_security_policy(patterns: str) -> None:
    page = html.document_fromstring(patterns)

    assert page.xpath("//style | //*[@style] | //script[not(@src)] | //@*[starts-with(name(), 'on')]") == []
    assert [url for url in page.xpath("//@src | //link/@href") if not url.startswith(("/", "?"))] == []


def test_every_id_on_the_patterns_page_is_there_once_and_every_reference_finds_its_own(patterns: str) -> None:
    page = html.document_fromstring(patterns)

    ids = page.xpath("//@id")
    references = page.xpath("//label/@for")
    for several in page.xpath("//@aria-describedby | //@aria-labelledby"):
        references += several.split()
    references += [href[1:] for href in page.xpath("//a/@href[starts-with(., '#')]")]

    assert len(ids) == len(set(ids))
    assert set(references) - set(ids) == set()


def test_the_frame_escapes_the_name_of_an_event(environment: Environment) -> None:
    page = environment.get_template("_frame.html").render(frame=_frame())

    assert "CIIAM &lt;2025&gt;" in page
    assert "<2025>" not in page


def test_the_frame_stands_without_an_event_a_person_and_a_navigation(environment: Environment) -> None:
    frame = _frame(event=None, navigation=[], notices=[])

    page = html.document_fromstring(environment.get_template("_frame.html").render(frame=frame))

    assert page.xpath("//title/text()") == ["Plenaria"]
    assert page.xpath("//nav") == []
    assert page.xpath("//link[contains(@href, 'theme.css')]") == []


def test_the_console_shows_its_sections_and_marks_the_current_page(environment: Environment) -> None:
    items = [
        SimpleNamespace(label="Orders", href="/o", current=True),
        SimpleNamespace(label="People", href="/p", current=False),
    ]
    frame = _frame(sections=[SimpleNamespace(label="Registration", items=items)])

    page = html.document_fromstring(environment.get_template("_console.html").render(frame=frame))

    menu = page.xpath("//*[contains(@class, 'console-menu')]")[0]
    assert menu.xpath(".//a/text()") == ["Orders", "People"]
    assert menu.xpath(".//a[@aria-current='page']/text()") == ["Orders"]


def test_an_error_stands_at_its_field_and_in_the_summary(environment: Environment) -> None:
    seats = _field("seats", "number", value="-5", errors=["At least 1."])

    form = _drawn(environment, _field("types", "list", children=[_field("types-0", "group", children=[seats])]))

    assert form.xpath("//input[@id='seats']/@value") == ["-5"]
    assert form.xpath("//input[@id='seats']/@aria-describedby") == ["seats-error"]
    assert "At least 1." in form.xpath("//*[@id='seats-error']")[0].text_content()
    assert form.xpath("//*[@class='error-summary']//a/@href") == ["#seats"]
    assert form.xpath("//*[@class='error-summary']//a/text()") == ["Types · Types-0 · Seats: At least 1."]


class _Seats(Struct):
    size: Annotated[int, Meta(ge=1, title="Seats")] = 10
    price: Annotated[Money, Meta(title="Price")] = Money(0, "MXN")


class _Sale(Struct):
    name: Annotated[str, Meta(title="Name", min_length=1)] = ""
    types: Annotated[list[_Seats], Meta(title="Types")] = []


def test_a_form_of_a_struct_comes_back_with_what_was_typed_and_every_hidden_part(environment: Environment) -> None:
    typed = {
        "name": "A & B",
        "types-0": "",
        "types-0-size": "1,2x",
        "types-0-price": "5",
        "types-0-price-currency": "MXN",
    }
    problems = parse(_Sale, typed, zone="America/Mexico_City").problems
    sale = form_for(_Sale, raw=typed, problems=problems, language="en", zone="America/Mexico_City")

    form = html.fromstring(
        environment.from_string('{% from "_form.html" import form with context %}{{ form(sale, action="/x") }}').render(
            sale=sale, frame=_frame()
        )
    )

    assert dict(form.form_values()) == typed
    assert form.xpath("//*[@class='error-summary']//a/@href") == ["#field-types-0-size"]
    assert len(form.xpath("//@id")) == len(set(form.xpath("//@id")))
    assert form.xpath("//button[@name='_remove']/@value") == ["types-0"]


def test_a_form_without_errors_has_no_summary(environment: Environment) -> None:
    assert _drawn(environment, _field("name")).xpath("//*[@class='error-summary']") == []


def test_what_was_typed_comes_back_escaped_and_whole(environment: Environment) -> None:
    typed = '\n"><script>alert(1)</script>\n  & so on'

    form = _drawn(environment, _field("name", value=typed), _field("text", "textarea", value=typed))

    assert form.xpath("//script") == []
    assert form.xpath("//input[@id='name']/@value") == [typed]
    # One line break directly after the tag is the template's own and dropped by browsers; lxml keeps it.
    assert form.xpath("//textarea/text()") == ["\n" + typed]


def test_messages_with_markup_are_escaped_in_the_summary_too(environment: Environment) -> None:
    form = _drawn(environment, _field("name", errors=["<b>no</b>"]), problems=("<i>never</i>",))

    assert form.xpath("//b | //i") == []
    assert "<b>no</b>" in form.xpath("//*[@class='error-summary']")[0].text_content()


def test_enter_presses_neither_add_nor_remove(environment: Environment) -> None:
    form = _drawn(environment, _field("types", "list", children=[_field("types-0")]))

    buttons = form.xpath("//button[@type='submit']")

    assert [button.get("name") for button in buttons] == [None, "_remove", "_add", None]
    assert form.xpath("//button[@name='_remove']/@value") == ["types-0"]
    assert form.xpath("//button[@name='_add']/@value") == ["types"]


def test_a_file_deep_inside_makes_the_form_multipart(environment: Environment) -> None:
    group = _field("evidence", "group", children=[_field("report", "file")])

    assert _drawn(environment, group).get("enctype") == "multipart/form-data"
    assert _drawn(environment, _field("name")).get("enctype") is None


def test_a_chosen_choice_is_kept(environment: Environment) -> None:
    choices = [("a", "A"), ("b", "B")]

    form = _drawn(
        environment,
        _field("one", "radio", choices=choices, value="b"),
        _field("many", "multiselect", choices=choices, value=["a", "b"]),
        _field("select", "select", choices=choices, value="a"),
        _field("yes", "checkbox", value=True),
        _field("no", "checkbox", value=False),
    )

    assert form.xpath("//input[@checked]/@name") == ["one", "many", "many", "yes"]
    assert form.xpath("//option[@selected]/@value") == ["a"]


def test_a_password_is_never_written_back(environment: Environment) -> None:
    form = _drawn(environment, _field("password", "password", value="secret"))

    assert "secret" not in html.tostring(form, encoding="unicode")


def test_a_text_in_another_language_says_so(environment: Environment) -> None:
    source = '{% from "_parts.html" import words with context %}{{ words(text) }}'
    template = environment.from_string(source)

    assert template.render(frame=_frame(), text={"en": "Door", "es": "Puerta"}).strip() == "Door"
    fallback = html.fromstring(template.render(frame=_frame(), text={"es": "Puerta"}))
    assert fallback.xpath("//span[@lang='es']/text()") == ["Puerta", "Español"]


def test_the_bars_of_a_chart_are_as_long_as_their_numbers(environment: Environment) -> None:
    source = """{% from "_parts.html" import bar_chart with context %}
        {{ bar_chart("c", "Seats", "Most are members.", items, "Type", "Seats") }}"""
    items = [{"label": "Member", "value": 8}, {"label": "Press", "value": 2}, {"label": "None", "value": 0}]

    figure = html.fromstring(environment.from_string(source).render(frame=_frame(), items=items))

    assert figure.xpath("//*[@class='chart-bar']/@width") == ["100.0%", "25.0%", "0.0%"]
    assert figure.xpath("//tbody//td/text()") == ["8", "2", "0"]


def test_the_day_grid_has_the_rows_and_rooms_it_promises() -> None:
    css = (STATIC / "day-grid.css").read_text()

    assert {int(n) for n in re.findall(r"\.from-(\d+) ", css)} == set(range(1, 73))
    assert {int(n) for n in re.findall(r"\.to-(\d+) ", css)} == set(range(2, 74))
    assert {int(n) for n in re.findall(r"\.room-(\d+) ", css)} == set(range(1, 13))


def test_the_stylesheets_ask_no_other_host() -> None:
    for sheet in STATIC.glob("*.css"):
        assert re.findall(r"url\(|@import|https?:", sheet.read_text()) == [], sheet.name


def test_every_token_that_is_used_is_defined() -> None:
    sheets = "".join(sheet.read_text() for sheet in STATIC.glob("*.css"))

    used = set(re.findall(r"var\((--[\w-]+)\)", sheets))
    defined = set(re.findall(r"(--[\w-]+):", sheets))

    assert used - defined == set()
