"""The record of changes as JSON, with the filters of its page."""

from datetime import datetime
from typing import Annotated, Any, Final

from litestar import Request, Response, get
from litestar.params import Parameter
from msgspec import Meta, Struct

from plenaria.core.events.record import ShownLine, shown_lines
from plenaria.core.forms import RecordedChange
from plenaria.core.host.visit import Visit
from plenaria.core.kernel.values import EventView
from plenaria.core.storage import audit
from plenaria.core.web.api import After, Limit, Page, id_after, paged

Anything = Request[Any, Any, Any]

Actor = Annotated[
    str, Parameter(max_length=100, description="Who: `person:12` (by their tokens too), `system`, `cli`.")
]
Action = Annotated[
    str, Parameter(max_length=100, description="What: `order.paid`; `order` stands for all that begin with `order.`")
]
Subject = Annotated[
    str, Parameter(max_length=200, description="About what: `order:7Q2K`; `order` stands for every order.")
]
Since = Annotated[
    Annotated[datetime, Meta(tz=True)] | None, Parameter(description="From this instant on, with its offset.")
]
Until = Annotated[
    Annotated[datetime, Meta(tz=True)] | None, Parameter(description="Before this instant, with its offset.")
]


class ChangedField(Struct, frozen=True, kw_only=True):
    """One field: as it is stored (`old`, `new`) and in words. A `kind` of `hidden` keeps personal data out of the record."""

    field: str
    label: str
    kind: str
    old: Any
    new: Any
    old_words: str
    new_words: str


class RecordedLine(Struct, frozen=True, kw_only=True):
    """A line of the record of changes. `…_words` are in the caller's language; `facts` is what its hash covers, as JSON text."""

    id: int
    at: datetime
    by: str
    by_words: str
    action: str
    action_words: str
    subject: str
    subject_words: str
    href: str
    """The page of what it is about; "" where there is none, or not for the caller."""
    changes: list[ChangedField]
    facts: str
    sealed: bool


@get("/api/v1/events/{event_slug:str}/changes", permission="event.audit", operation_id="listChanges", tags=["events"])
async def list_changes(
    request: Anything,
    event: EventView,
    visit: Visit,
    actor: Actor = "",
    action: Action = "",
    subject: Subject = "",
    since: Since = None,
    until: Until = None,
    after: After = "",
    limit: Limit = 50,
) -> Response[Page[RecordedLine]]:
    """The record of changes, the latest first: who changed what from what to what, and when."""
    chosen = audit.Chosen(actor=actor, action=action, subject=subject, since=since, until=until)
    before = id_after(after) if after else None
    lines = await audit.lines(event=event.id, before=before, most=limit + 1, chosen=chosen)
    shown = await shown_lines(lines, event, visit)
    items = [_line(line, each.changes) for line, each in zip(shown, lines, strict=True)]
    return paged(request, items, key=lambda line: line.id, limit=limit)


def _line(line: ShownLine, changes: list[RecordedChange]) -> RecordedLine:
    values = {name: getattr(line, name) for name in RecordedLine.__struct_fields__ if name != "changes"}
    fields = [
        ChangedField(
            field=change.field,
            label=words.label,
            kind=change.kind,
            old=change.old,
            new=change.new,
            old_words=words.old,
            new_words=words.new,
        )
        for change, words in zip(changes, line.changes, strict=True)
    ]
    return RecordedLine(**values, changes=fields)


ROUTES: Final = [list_changes]
