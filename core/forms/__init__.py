"""One schema, three doors: a Struct is the organiser's form, the TOML of an event and the JSON of the API."""

from core.forms.checking import Known, check
from core.forms.differences import Change, difference
from core.forms.fields import Field, Form, form_for
from core.forms.parsing import edited_lists, parse
from core.forms.problems import Checked, Problem, refusals
from core.forms.seen import fingerprint, refuse_unseen
from core.forms.settings_page import settings_page
from core.forms.toml_files import as_toml, complaint, line_of, lines_of
from core.forms.words import words

__all__ = [
    "Change",
    "Checked",
    "Field",
    "Form",
    "Known",
    "Problem",
    "as_toml",
    "check",
    "complaint",
    "difference",
    "edited_lists",
    "fingerprint",
    "form_for",
    "line_of",
    "lines_of",
    "parse",
    "refusals",
    "refuse_unseen",
    "settings_page",
    "words",
]
