"""Which errors are answers, and how a terminal hears them."""

import sqlite3
from dataclasses import dataclass

import asyncpg

from plenaria.core.forms import words
from plenaria.core.kernel.i18n import current_language
from plenaria.core.kernel.settings import Misconfigured
from plenaria.core.kernel.trouble import Unavailable
from plenaria.core.kernel.values import Refused
from plenaria.core.storage.database import DatabaseProblem
from plenaria.core.web.errors import Invalid
from plenaria.core.web.refusals import sentence

REFUSED = 1
MISCONFIGURED = 2
UNAVAILABLE = 75
"""`EX_TEMPFAIL` of sysexits.h: the same command may succeed later."""


@dataclass(frozen=True, slots=True)
class Answer:
    exit_code: int
    lines: tuple[str, ...]


def answer_to(error: Exception) -> Answer | None:
    """The lines to print and the code to end with; None for an error that nobody foresaw."""
    if isinstance(error, Misconfigured | DatabaseProblem):
        return Answer(MISCONFIGURED, (_one_line(str(error)),))
    if isinstance(error, Unavailable):
        return _unavailable(error)
    if isinstance(error, OSError | sqlite3.OperationalError | asyncpg.PostgresError):
        return Answer(MISCONFIGURED, (_one_line(f"the database or a file cannot be used: {error}"),))
    if isinstance(error, Refused):
        return Answer(REFUSED, tuple(_with_pointer(each.pointer, sentence(each)) for each in error.refusals))
    if isinstance(error, Invalid):
        lines = tuple(_with_pointer(each.pointer, words(each, current_language())) for each in error.problems)
        return Answer(REFUSED, lines)
    return None


def _unavailable(trouble: Unavailable) -> Answer:
    """What a statement failed with stays out: it may quote what somebody typed."""
    if trouble.kind == "unreachable":  # away, or the address is wrong: nobody can tell from here
        return Answer(MISCONFIGURED, (_one_line(f"the database cannot be reached: {trouble.__cause__ or ''}"),))
    return Answer(UNAVAILABLE, (f"the database cannot serve now ({trouble.kind}); try again later",))


def _with_pointer(pointer: str, text: str) -> str:
    return f"{pointer.lstrip('/').replace('/', '.')}: {text}" if pointer else text


def _one_line(text: str) -> str:
    return " ".join(text.split())
