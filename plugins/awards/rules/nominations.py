"""The life of a nomination: draft, submitted, and from there withdrawn or not admitted.

A submitted nomination may go on being edited while nominations are open and no juror has begun with it. What was
submitted stands until it is submitted again, so that nobody loses a nomination by opening it once more.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec
from msgspec import Struct

from plenaria.core.kernel.ledger import digest
from plenaria.core.kernel.values import Refusal, Window
from plenaria.plugins.awards.rules.entry import Attachment, Candidate, Category, entry_refusals

NominationState = Literal["draft", "submitted", "withdrawn", "not_admitted"]
NominatorRole = Literal["owner", "collaborator"]


class Nomination(Struct, frozen=True, kw_only=True):
    """What the rules need to know of a nomination.

    `revision` counts every change of the working copy; `submitted_revision` is the one that was submitted last
    (0: never). `in_judging`: some juror has begun with it.
    """

    code: str
    category: str
    state: NominationState = "draft"
    candidate: Candidate = Candidate()
    answers: dict[str, str] = {}
    attachments: tuple[Attachment, ...] = ()
    revision: int = 1
    submitted_revision: int = 0
    in_judging: bool = False

    @property
    def has_unsubmitted_changes(self) -> bool:
        return self.state == "submitted" and self.revision != self.submitted_revision


class Seen(Struct, frozen=True):
    """As whom somebody looks at one nomination."""

    role: NominatorRole | None = None
    manages: bool = False
    judges: bool = False
    """Whether they hold a score sheet of this nomination that is not recused."""


def creation_refusals(window: Window, now: datetime, *, drafts: int, most_drafts: int) -> tuple[Refusal, ...]:
    """Why nobody may start a nomination now, or this person no further one."""
    refusals = list(window.refusals(now, subject="nominations"))
    if drafts >= most_drafts:
        refusals.append(Refusal("too_many_drafts", {"most": most_drafts}))
    return tuple(refusals)


def edit_refusals(
    nomination: Nomination, window: Window, now: datetime, *, revision: int | None, seen: Seen
) -> tuple[Refusal, ...]:
    """Why the working copy may not change. `revision` is the one the editor started from; None skips that
    question."""
    refusals = (
        list(_nominator_refusals(seen))
        + list(window.refusals(now, subject="nominations"))
        + list(_state_refusals(nomination))
    )
    if revision is not None and revision != nomination.revision:
        refusals.append(Refusal("draft_changed", {"yours": revision, "current": nomination.revision}))
    return tuple(refusals)


def submit_refusals(
    nomination: Nomination,
    category: Category | None,
    window: Window,
    now: datetime,
    *,
    most_files: int,
    seen: Seen,
) -> tuple[Refusal, ...]:
    """Every reason why this nomination cannot be submitted at `now`, all at once.

    `category` is None when it was taken out of the award while the draft lay there.
    """
    refusals = (
        list(_nominator_refusals(seen))
        + list(window.refusals(now, subject="nominations"))
        + list(_state_refusals(nomination))
    )
    if category is None:
        refusals.append(Refusal("category_gone", {"category": nomination.category}, "/category"))
    else:
        refusals += entry_refusals(
            nomination.answers, nomination.candidate, nomination.attachments, category, most_files
        )
    return tuple(refusals)


def withdraw_refusals(nomination: Nomination, *, seen: Seen) -> tuple[Refusal, ...]:
    """Why it may not be withdrawn: it is already, or (for its nominators) a juror has begun with it."""
    refusals = []
    if seen.role != "owner" and not seen.manages:
        refusals.append(Refusal("not_the_owner"))
    if nomination.state == "withdrawn":
        refusals.append(Refusal("nomination_withdrawn", {"code": nomination.code}))
    if not seen.manages:
        refusals += _judging_refusals(nomination)
    return tuple(refusals)


def admission_refusals(nomination: Nomination, *, admit: bool, reason: str) -> tuple[Refusal, ...]:
    """Why the organiser may not take a submitted nomination out of the competition, or back in."""
    refusals = []
    if nomination.state != ("not_admitted" if admit else "submitted"):
        refusals.append(Refusal("wrong_state", {"state": nomination.state}))
    if not admit and not reason:
        refusals.append(Refusal("reason_missing", {}, "/reason"))
    return tuple(refusals)


def collaboration_refusals(
    nomination: Nomination,
    window: Window,
    now: datetime,
    *,
    seen: Seen,
    email: str,
    present: Sequence[str],
    most: int = 10,
) -> tuple[Refusal, ...]:
    """Why this address cannot be invited to work on the draft; `present` are the addresses already there."""
    refusals = (
        list(_owner_refusals(seen))
        + list(window.refusals(now, subject="nominations"))
        + list(_state_refusals(nomination))
    )
    if email in present:
        refusals.append(Refusal("already_a_collaborator", {"email": email}, "/email"))
    if len(present) >= most:
        refusals.append(Refusal("too_many_collaborators", {"most": most}))
    return tuple(refusals)


def may_see(nomination: Nomination, seen: Seen) -> bool:
    """A nomination exists for its nominators, for organisers with the permission, and, once submitted, for
    its jurors."""
    return seen.role is not None or seen.manages or (seen.judges and nomination.state == "submitted")


def form_digest(nomination: Nomination) -> str:
    """SHA-256 (hex) over the canonical JSON (RFC 8785) of `form`: the same entry, the same digest, however
    it was sent."""
    return digest(form(nomination))


def form(nomination: Nomination) -> dict[str, Any]:
    """What is submitted, as builtins: category, candidate, answers, and each file's question, name, size and
    digest."""
    files = [
        {"question": a.question, "name": a.name, "size": a.size, "sha256": a.sha256}
        for a in sorted(nomination.attachments, key=lambda a: (a.question, a.name, a.sha256))
    ]
    return {
        "nomination": nomination.code,
        "category": nomination.category,
        "candidate": msgspec.to_builtins(nomination.candidate),
        "answers": {code: text for code, text in nomination.answers.items() if text},
        "files": files,
    }


def _nominator_refusals(seen: Seen) -> tuple[Refusal, ...]:
    return () if seen.role is not None else (Refusal("not_a_nominator"),)


def _owner_refusals(seen: Seen) -> tuple[Refusal, ...]:
    return () if seen.role == "owner" else (Refusal("not_the_owner"),)


def _judging_refusals(nomination: Nomination) -> tuple[Refusal, ...]:
    return (Refusal("nomination_in_judging", {"code": nomination.code}),) if nomination.in_judging else ()


def _state_refusals(nomination: Nomination) -> tuple[Refusal, ...]:
    if nomination.state == "withdrawn":
        return (Refusal("nomination_withdrawn", {"code": nomination.code}),)
    if nomination.state == "not_admitted":
        return (Refusal("nomination_not_admitted", {"code": nomination.code}),)
    return _judging_refusals(nomination)
