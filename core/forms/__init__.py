"""One schema, three doors: a Struct is the organiser's form, the TOML of an event and the JSON of the API."""

from core.forms.checking import Known, check
from core.forms.fields import Field, Form, form_for
from core.forms.parsing import edited_lists, parse
from core.forms.problems import Checked, Problem, refusals
from core.forms.words import words

__all__ = [
    "Checked",
    "Field",
    "Form",
    "Known",
    "Problem",
    "check",
    "edited_lists",
    "form_for",
    "parse",
    "refusals",
    "words",
]
