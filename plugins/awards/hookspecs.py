"""Hooks that the awards offer. Another plugin implements them by name: `@hookimpl(optionalhook=True)`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from plenaria.plugin import EventView, Refusal, hookspec


@hookspec
async def refuse_nomination(event: EventView, nomination: dict[str, Any], now: datetime) -> Sequence[Refusal]:  # type: ignore[empty-body]  # a hookspec has no body
    """Asked before a nomination is submitted, inside that transaction. May refuse; fails closed.

    `nomination`: code, category, candidate (kind, name, company, place, position) and answers by question code.

    Example::

        @hookimpl(optionalhook=True)
        async def refuse_nomination(event: EventView, nomination: dict[str, Any]) -> Sequence[Refusal]:
            known = await queries.is_member(nomination["candidate"]["company"])
            return [] if known else [Refusal("members_only", {}, "/candidate/company")]
    """


@hookspec
async def nomination_submitted(event: EventView, nomination: dict[str, Any], now: datetime) -> None:
    """A nomination was submitted. Delivered after the commit; may come twice.

    `nomination`: code, category, candidate, and `submitted_at`, the instant on its receipt (RFC 3339).

    Example::

        @hookimpl(optionalhook=True)
        async def nomination_submitted(event: EventView, nomination: dict[str, Any]) -> None:
            await services.note_interest(event, nomination["candidate"]["company"])
    """


@hookspec
async def nomination_withdrawn(event: EventView, nomination: dict[str, Any], now: datetime) -> None:
    """A nomination was withdrawn. Delivered after the commit; may come twice. `nomination`: code, category and candidate.

    Example::

        @hookimpl(optionalhook=True)
        async def nomination_withdrawn(event: EventView, nomination: dict[str, Any]) -> None:
            await services.forget_interest(event, nomination["code"])
    """


@hookspec
async def results_ready(event: EventView, now: datetime) -> None:
    """The last open score sheet was sealed or taken away: results may be seen. Delivered after the commit; may come twice.

    Example::

        @hookimpl(optionalhook=True)
        async def results_ready(event: EventView) -> None:
            await services.plan_ceremony(event)
    """
