"""What the queries of the awards return."""

from datetime import datetime

from msgspec import Struct

from plenaria.core.storage.files import FileView
from plenaria.plugins.awards.rules import (
    Attachment,
    Candidate,
    JurorSeat,
    Nomination,
    NominationState,
    NominatorRole,
    ScoreSheet,
    SheetState,
)


class NominatorView(Struct, frozen=True):
    """Somebody who works on a nomination."""

    person: int
    name: str
    email: str
    role: NominatorRole


class StoredAttachment(Struct, frozen=True, kw_only=True):
    """A file of a nomination, and where its content lies."""

    attachment: Attachment
    file: FileView
    in_draft: bool
    in_submission: bool


class Submission(Struct, frozen=True):
    """What was submitted last, as jurors see it."""

    candidate: Candidate
    answers: dict[str, str]
    category: str = ""


class NominationView(Struct, frozen=True, kw_only=True):
    """A nomination with everything about it: `nomination` is the working copy, `submission` what was submitted."""

    id: int
    category_id: int
    nomination: Nomination
    submission: Submission | None
    files: tuple[StoredAttachment, ...]
    nominators: tuple[NominatorView, ...]
    reason: str
    created_at: datetime
    changed_at: datetime
    submitted_at: datetime | None

    def role_of(self, person: int | None) -> NominatorRole | None:
        return next((each.role for each in self.nominators if each.person == person), None)

    def file(self, code: str) -> StoredAttachment | None:
        return next((each for each in self.files if each.attachment.code == code), None)


class NominationLine(Struct, frozen=True, kw_only=True):
    """A nomination in a list: the candidate as submitted, else as drafted."""

    id: int
    code: str
    category: str
    state: NominationState
    candidate: Candidate
    has_unsubmitted_changes: bool
    created_at: datetime
    changed_at: datetime
    submitted_at: datetime | None
    assigned: int = 0
    sealed: int = 0
    event: int = 0


class ReceiptView(Struct, frozen=True, kw_only=True):
    """Proof of one submission; `document` is the signed file to keep, `form` the canonical JSON that was hashed."""

    revision: int
    received_at: datetime
    form_sha256: str
    log_index: int
    document: str
    form: str


class JurorLine(Struct, frozen=True, kw_only=True):
    """A juror and how far they have come."""

    person: int
    name: str
    email: str
    assigned: int = 0
    sealed: int = 0
    recused: int = 0

    @property
    def open(self) -> int:
        return self.assigned - self.sealed


class SheetLine(Struct, frozen=True, kw_only=True):
    """A score sheet in a list, without its scores."""

    id: int
    state: SheetState
    juror: int
    nomination: str
    nomination_id: int
    nomination_state: NominationState
    category: str
    candidate: Candidate
    decided: int = 0
    event: int = 0


class SheetView(Struct, frozen=True, kw_only=True):
    """A juror's own score sheet with the nomination that it is about."""

    id: int
    juror: int
    nomination_id: int
    nomination: str
    nomination_state: NominationState
    category: str
    submission: Submission
    files: tuple[StoredAttachment, ...]
    sheet: ScoreSheet
    seat: JurorSeat
    nominators: tuple[NominatorView, ...]
    sealed_at: datetime | None
    digest: str


class ConflictLine(Struct, frozen=True, kw_only=True):
    """A conflict of interest."""

    nomination: str
    juror: int
    juror_name: str
    reason: str
    by_juror: bool
    declared_at: datetime
