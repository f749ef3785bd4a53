"""A Struct as a tree of fields for the templates, filled with a value or with what was typed."""

from collections.abc import Callable, Collection, Iterable
from zoneinfo import ZoneInfo

from msgspec import Struct

from plenaria.core.forms.checking import Known
from plenaria.core.forms.fields.draw import draw_fields
from plenaria.core.forms.fields.drawing import Drawing
from plenaria.core.forms.fields.placing import place
from plenaria.core.forms.fields.tree import Field, Form
from plenaria.core.forms.problems import Problem
from plenaria.core.forms.schema import fields_of
from plenaria.core.forms.typed import FormData, as_typed, flat, tree
from plenaria.core.kernel.i18n import gettext, using
from plenaria.core.kernel.languages import LANGUAGES

__all__ = ["Field", "Form", "form_for"]


def form_for(
    struct_type: type[Struct],
    *,
    value: Struct | None = None,
    raw: FormData | None = None,
    problems: Iterable[Problem] = (),
    language: str,
    zone: str | ZoneInfo,
    only: Collection[str] | None = None,
    known: Known | None = None,
    currency: str = "MXN",
    languages: Collection[str] = LANGUAGES,
    translate: Callable[[str], str] = gettext,
) -> Form:
    """The form of a Struct: with `raw` exactly what was typed, else `value`, else the defaults.

    Errors stand at the field that their pointer names, or at the nearest one around it that is drawn.
    """
    where = ZoneInfo(zone) if isinstance(zone, str) else zone
    data = flat(raw) if raw is not None else as_typed(struct_type, value, where)
    drawing = Drawing(where, known or {}, currency, tuple(languages), translate)
    with using(language):
        asked = [field for field in fields_of(struct_type) if only is None or field.key in only]
        form = Form(fields=draw_fields(drawing, asked, tree(data), "", ""))
        place(form, problems, language)
    return form
