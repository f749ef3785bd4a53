"""Problems to the fields that their pointers name."""

from collections.abc import Iterable

from plenaria.core.forms.fields.tree import Field, Form
from plenaria.core.forms.problems import Problem
from plenaria.core.forms.words import words


def place(form: Form, problems: Iterable[Problem], language: str) -> None:
    by_pointer = {field.pointer: field for field in form.walk() if field.kind != "hidden"}
    for problem in problems:
        pointer = problem.pointer
        while pointer and pointer not in by_pointer:
            pointer = pointer.rpartition("/")[0]
        sentence = words(problem, language)
        if pointer:
            field = by_pointer[pointer]
            field.errors = [*field.errors, _with_line(field, pointer, problem, sentence)]
        else:
            name = problem.pointer.strip("/").replace("/", " – ")
            form.problems = [*form.problems, f"{name}: {sentence}" if name else sentence]


def _with_line(field: Field, pointer: str, problem: Problem, sentence: str) -> str:
    """A problem of an item that has no field of its own (one line of a textarea) says which."""
    rest = problem.pointer[len(pointer) :].strip("/")
    return f"{int(rest) + 1}: {sentence}" if field.kind == "textarea" and rest.isdigit() else sentence
