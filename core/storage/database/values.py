"""What may be sent to a database."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from plenaria.core.storage.database.errors import DatabaseProblem


def refuse_naive_datetimes(args: Iterable[Any]) -> None:
    """Raises for a datetime without a zone: SQLite would store it silently, as nobody knows which instant."""
    for value in args:
        if isinstance(value, datetime) and value.tzinfo is None:
            raise DatabaseProblem(f"The datetime {value.isoformat()} has no time zone; give it one (UTC).")
