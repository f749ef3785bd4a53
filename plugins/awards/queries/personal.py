"""What the awards hold about one person."""

from typing import Any

import msgspec

from plenaria.plugins.awards.queries.rows import Row
from plenaria.plugins.awards.tables import Conflict, Nominator, Sheet


async def personal_data(person: int, /) -> dict[str, Any]:
    """One's own nominations, score sheets and declared conflicts, as builtins; three queries."""
    nomination: Any = Nominator.nomination
    conflicting: Any = Conflict.nomination
    nominations = (
        await Nominator.select(
            nomination.event.slug.as_alias("event"),
            nomination.code.as_alias("code"),
            nomination.state.as_alias("state"),
            nomination.candidate.as_alias("candidate"),
            nomination.answers.as_alias("answers"),
            nomination.submitted_at.as_alias("submitted_at"),
            *(Nominator.role, Nominator.added_at),
        )
        .where(Nominator.person == person)
        .order_by(Nominator.id)
    )
    sheets = (
        await Sheet.select(
            Sheet.event.slug.as_alias("event"),
            Sheet.nomination.code.as_alias("nomination"),
            *(Sheet.state, Sheet.scores, Sheet.abstained, Sheet.comment, Sheet.assigned_at, Sheet.sealed_at),
        )
        .where(Sheet.juror == person)
        .order_by(Sheet.id)
    )
    conflicts = (
        await Conflict.select(
            conflicting.event.slug.as_alias("event"),
            conflicting.code.as_alias("nomination"),
            *(Conflict.reason, Conflict.declared_at),
        )
        .where(Conflict.juror == person)
        .order_by(Conflict.id)
    )
    return {
        "nominations": [_loaded(row, "candidate", "answers") for row in nominations],
        "sheets": [_loaded(row, "scores", "abstained") for row in sheets],
        "conflicts": conflicts,
    }


def _loaded(row: Row, *names: str) -> Row:
    loaded = {name: msgspec.json.decode(row[name]) for name in names if isinstance(row[name], str)}
    return {**row, **loaded}
