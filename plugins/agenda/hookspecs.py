"""Hooks that the agenda offers to other plugins. Payloads are builtins and `plenaria.core.kernel.values` only.

Another plugin implements them by name with `@hookimpl(optionalhook=True)`, so that it also runs without the agenda.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from plenaria.plugin import EventView, Refusal, hookspec


@hookspec
async def refuse_release(event: EventView, sessions: list[dict[str, Any]], now: datetime) -> Sequence[Refusal]:  # type: ignore[empty-body]
    """Asked before a schedule is released, inside that transaction. May refuse; fails closed.

    `sessions` are those that would be public, each with `code`, `uid`, `title` (by language), `room`, `starts_at` and `ends_at`
    (RFC 3339), `cancelled`, `revision` and `people` (list of `person`, `role`, `employer`).

    Example::

        @hookimpl(optionalhook=True)
        async def refuse_release(event: EventView, sessions: list[dict[str, Any]]) -> Sequence[Refusal]:
            late = [each for each in sessions if each["starts_at"][11:13] > "20"]
            return [Refusal("last_bus_is_gone", {"session": late[0]["title"]})] if late else []
    """


@hookspec
async def schedule_released(event: EventView, release: dict[str, Any], now: datetime) -> None:
    """A schedule became public. Delivered after the commit; may come twice: `release["number"]` tells.

    `release` has `number`, `released_at`, `note`, and `changes`: a list of `session`, `kind` (added, moved, changed, cancelled,
    restored), `title` and `fields`.

    Example::

        @hookimpl(optionalhook=True)
        async def schedule_released(event: EventView, release: dict[str, Any], now: datetime) -> None:
            await services.plan_runs(event, release["number"], now=now)
    """


@hookspec
async def session_changed(event: EventView, session: dict[str, Any], now: datetime) -> None:
    """A released session was added, moved, changed, cancelled or is on again. Delivered after the commit; may come twice.

    `session` is as in `refuse_release`, with `kind` and `fields` of its change.

    Example::

        @hookimpl(optionalhook=True)
        async def session_changed(event: EventView, session: dict[str, Any], now: datetime) -> None:
            if session["kind"] in ("moved", "cancelled"):
                await services.tell_starred(event, session["code"], now=now)
    """
