"""One schema, three ways in: a Struct is the organiser's form, the TOML of an event and the JSON of the API."""

from plenaria.core.forms.checking import Known, check
from plenaria.core.forms.differences import Change, difference
from plenaria.core.forms.fields import Field, Form, form_for
from plenaria.core.forms.parsing import edited_lists, parse
from plenaria.core.forms.problems import Checked, Problem, refusals
from plenaria.core.forms.recorded import RecordedChange, ShownChange, changed_text, changed_value, in_words, recorded
from plenaria.core.forms.seen import fingerprint, refuse_unseen
from plenaria.core.forms.settings_page import settings_page
from plenaria.core.forms.toml_files import as_toml, complaint, line_of, lines_of
from plenaria.core.forms.words import words

__all__ = [
    "Change",
    "Checked",
    "Field",
    "Form",
    "Known",
    "Problem",
    "RecordedChange",
    "ShownChange",
    "as_toml",
    "changed_text",
    "changed_value",
    "check",
    "complaint",
    "difference",
    "edited_lists",
    "fingerprint",
    "form_for",
    "in_words",
    "line_of",
    "lines_of",
    "parse",
    "recorded",
    "refusals",
    "refuse_unseen",
    "settings_page",
    "words",
]
