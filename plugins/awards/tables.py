"""Categories, nominations, score sheets, as stored."""

from piccolo.columns import JSON, Boolean, ForeignKey, Integer, Serial, Text, Timestamptz, Varchar
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from plenaria.core.events.tables import Event
from plenaria.core.people.tables import Person
from plenaria.core.storage.files.tables import StoredFile


class AwardCategory(Table, tablename="awards_category"):
    """A category of an event's award; `definition` is `rules.Category` as JSON."""

    id: Serial
    event = ForeignKey(references=Event, null=False)
    code = Varchar(length=50)
    position = Integer(default=0)
    definition = JSON()

    awards_category_event_code_key = Unique([event, code])


class AwardRubric(Table, tablename="awards_rubric"):
    """An event's rubric: a list of `rules.Criterion`, and the codes of those that break ties."""

    id: Serial
    event = ForeignKey(references=Event, null=False, unique=True)
    criteria = JSON(default="[]")
    tie_break = JSON(default="[]")


class Nomination(Table, tablename="awards_nomination"):
    """A nomination: its working copy, and what was submitted last (`submitted_form`, canonical JSON, "" before)."""

    id: Serial
    event = ForeignKey(references=Event, null=False, index=True)
    category = ForeignKey(references=AwardCategory, null=False, index=True)
    code = Varchar(length=32, unique=True)
    state = Varchar(length=20, default="draft")
    candidate = JSON(default="{}")
    answers = JSON(default="{}")
    revision = Integer(default=1)
    submitted_revision = Integer(default=0)
    submitted_form = Text(default="")
    submitted_at = Timestamptz(default=None, null=True)
    reason = Text(default="")
    """Why the organiser did not admit it."""
    created_at = Timestamptz(default=None)
    changed_at = Timestamptz(default=None)

    awards_nomination_known_state = Check("\"state\" IN ('draft', 'submitted', 'withdrawn', 'not_admitted')")
    awards_nomination_submitted_before = Check((submitted_revision >= 0) & (submitted_revision <= revision))


class Nominator(Table, tablename="awards_nominator"):
    """Somebody who works on a nomination: its owner, or a collaborator."""

    id: Serial
    nomination = ForeignKey(references=Nomination, null=False)
    person = ForeignKey(references=Person, null=False, index=True)
    role = Varchar(length=20)
    added_at = Timestamptz(default=None)

    awards_nominator_nomination_person_key = Unique([nomination, person])


class NominationFile(Table, tablename="awards_file"):
    """A file of a nomination: in its working copy, in what was submitted, or in both."""

    id: Serial
    nomination = ForeignKey(references=Nomination, null=False, index=True)
    question = Varchar(length=50)
    code = Varchar(length=32, unique=True)
    file = ForeignKey(references=StoredFile, null=False, index=True)
    in_draft = Boolean(default=True)
    in_submission = Boolean(default=False)


class Receipt(Table, tablename="awards_receipt"):
    """Proof of one submission: `form` is the canonical JSON that was hashed, `document` the signed receipt file."""

    id: Serial
    nomination = ForeignKey(references=Nomination, null=False)
    revision = Integer()
    form = Text()
    form_sha256 = Varchar(length=64)
    document = Text()
    log_index = Integer()
    received_at = Timestamptz(default=None)

    awards_receipt_nomination_revision_key = Unique([nomination, revision])


class Sheet(Table, tablename="awards_sheet"):
    """One juror's score sheet of one nomination."""

    id: Serial
    event = ForeignKey(references=Event, null=False, index=True)
    nomination = ForeignKey(references=Nomination, null=False)
    juror = ForeignKey(references=Person, null=False, index=True)
    state = Varchar(length=20, default="assigned")
    scores = JSON(default="{}")
    abstained = JSON(default="[]")
    comment = Text(default="")
    revision = Integer(default=1)
    digest = Varchar(length=64, default="")
    """SHA-256 of scores, abstentions, comment and salt when it was sealed."""
    salt = Varchar(length=64, default="")
    """Without it the few possible scores could be tried until one gives the digest, which stands in the audit log."""
    assigned_at = Timestamptz(default=None)
    sealed_at = Timestamptz(default=None, null=True)

    awards_sheet_nomination_juror_key = Unique([nomination, juror])
    awards_sheet_known_state = Check("\"state\" IN ('assigned', 'ready', 'sealed', 'recused')")


class Conflict(Table, tablename="awards_conflict"):
    """That somebody must not judge a nomination, declared by themselves or by an organiser."""

    id: Serial
    nomination = ForeignKey(references=Nomination, null=False)
    juror = ForeignKey(references=Person, null=False, index=True)
    reason = Text(default="")
    declared_by = ForeignKey(references=Person, null=False, index=True)
    declared_at = Timestamptz(default=None)

    awards_conflict_nomination_juror_key = Unique([nomination, juror])
