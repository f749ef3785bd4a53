"""Which errors are answers, and how a terminal hears them."""

import sqlite3
from dataclasses import dataclass

import asyncpg

from plenaria.core.forms import words
from plenaria.core.kernel.i18n import current_language
from plenaria.core.kernel.settings import Misconfigured
from plenaria.core.kernel.values import Refused
from plenaria.core.storage.database import DatabaseProblem
from plenaria.core.web.errors import Invalid
from plenaria.core.web.refusals import sentence

REFUSED = 1
MISCONFIGURED = 2


@dataclass(frozen=True, slots=True)
class Answer:
    exit_code: int
    lines: tuple[str, ...]


def answer_to(error: Exception) -> Answer | None:
    """The lines to print and the code to end with; None for an error that nobody foresaw."""
    if isinstance(error, Misconfigured | DatabaseProblem):
        return Answer(MISCONFIGURED, (_one_line(str(error)),))
    if isinstance(error, OSError | sqlite3.OperationalError | asyncpg.PostgresError):
        return Answer(MISCONFIGURED, (_one_line(f"the database or a file cannot be used: {error}"),))
    if isinstance(error, Refused):
        return Answer(REFUSED, tuple(_with_pointer(each.pointer, sentence(each)) for each in error.refusals))
    if isinstance(error, Invalid):
        lines = tuple(_with_pointer(each.pointer, words(each, current_language())) for each in error.problems)
        return Answer(REFUSED, lines)
    return None


def _with_pointer(pointer: str, text: str) -> str:
    return f"{pointer.lstrip('/').replace('/', '.')}: {text}" if pointer else text


def _one_line(text: str) -> str:
    return " ".join(text.split())
