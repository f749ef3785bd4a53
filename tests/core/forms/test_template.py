"""The Form tree drawn by the project's own template gives back what went in."""

import re
from html import unescape
from pathlib import Path

from jinja2 import Environment, FileSystemLoader

from plenaria.core.forms import form_for, parse
from plenaria.core.kernel import i18n
from plenaria.core.kernel.values import Money
from tests.core.forms.sample import TicketType


def test_a_drawn_amount_keeps_its_currency():
    value = TicketType(code="early", name={"es": "Anticipado"}, price=Money(150_000, "USD"))
    form = form_for(TicketType, value=value, language="es", zone="UTC")

    page = _drawn(form)

    typed = [
        (name, unescape(text)) for name, text in re.findall(r'<input[^>]* name="([^"]+)"[^>]* value="([^"]*)"', page)
    ]
    assert parse(TicketType, [pair for pair in typed if pair[1] != "on"], zone="UTC").or_refuse() == value


def test_a_problem_of_a_part_without_a_label_is_said_without_a_colon():
    form = form_for(TicketType, language="es", zone="UTC")
    field = form.field("code")
    field.label, field.errors = "", ["Son demasiados."]

    assert ">Son demasiados.</a>" in _drawn(
        form, '{% from "_form.html" import error_summary with context %}{{ error_summary(form) }}'
    )


def _drawn(form, source='{% from "_form.html" import form_fields with context %}{{ form_fields(form.fields) }}') -> str:
    folder = Path(i18n.__file__).parents[1] / "templates"
    environment = Environment(loader=FileSystemLoader(folder), autoescape=True, extensions=["jinja2.ext.i18n"])
    environment.install_gettext_callables(i18n.gettext, i18n.ngettext, newstyle=False)
    return environment.from_string(source).render(form=form)
