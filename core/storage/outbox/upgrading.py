"""What a migration does with the lines that are there, and the index that Piccolo cannot declare."""

from typing import Final

from plenaria.core.storage.database import Database

_FILL: Final = {
    "sqlite": (
        "UPDATE core_outbox_line SET recipient = lower(substr(json_extract(payload, '$.to'), 1, 254)) WHERE kind = 'mail'",
        "UPDATE core_outbox_line SET lane = substr(recipient, instr(recipient, '@') + 1) WHERE kind = 'mail'",
    ),
    "postgres": (
        "UPDATE core_outbox_line SET recipient = lower(substr(payload::json ->> 'to', 1, 254)) WHERE kind = 'mail'",
        "UPDATE core_outbox_line SET lane = substr(recipient, strpos(recipient, '@') + 1) WHERE kind = 'mail'",
    ),
}


async def fill_lanes(database: Database) -> None:
    """Give every line its lane, and mails their recipient; index what is claimed."""
    for statement in (
        "UPDATE core_outbox_line SET lane = plugin WHERE kind = 'fact'",
        *_FILL[database.dialect],
        "CREATE INDEX core_outbox_line_due ON core_outbox_line (kind, urgent, due_at, id) WHERE due_at IS NOT NULL",
    ):
        await database.engine.run_ddl(statement)


async def without_index(database: Database) -> None:
    """For a migration that goes back."""
    await database.engine.run_ddl("DROP INDEX IF EXISTS core_outbox_line_due")
