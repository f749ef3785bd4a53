"""Writes of the awards: load, decide by the rules, store, record. Each is one transaction, or joins the caller's."""

from plenaria.plugins.awards.services.actors import Actor, Issuer
from plenaria.plugins.awards.services.assigning import assign_evenly, assign_juror, unassign
from plenaria.plugins.awards.services.collaborating import invite_collaborator, remove_collaborator
from plenaria.plugins.awards.services.conflicts import record_conflict
from plenaria.plugins.awards.services.declaring import apply_section
from plenaria.plugins.awards.services.exporting import result_sheet
from plenaria.plugins.awards.services.forgetting import RETENTION, erase, preview
from plenaria.plugins.awards.services.jury import invite_juror, remove_juror, tell_jurors
from plenaria.plugins.awards.services.nominating import (
    Draft,
    admit,
    attach,
    detach,
    save_draft,
    start_nomination,
    withdraw_nomination,
)
from plenaria.plugins.awards.services.sample import add_sample
from plenaria.plugins.awards.services.scoring import declare_no_conflict, recuse, save_scores, seal
from plenaria.plugins.awards.services.submitting import note_refused_submission, submit_nomination

__all__ = [
    "RETENTION",
    "Actor",
    "Draft",
    "Issuer",
    "add_sample",
    "admit",
    "apply_section",
    "assign_evenly",
    "assign_juror",
    "attach",
    "declare_no_conflict",
    "detach",
    "erase",
    "invite_collaborator",
    "invite_juror",
    "note_refused_submission",
    "preview",
    "record_conflict",
    "recuse",
    "remove_collaborator",
    "remove_juror",
    "result_sheet",
    "save_draft",
    "save_scores",
    "seal",
    "start_nomination",
    "submit_nomination",
    "tell_jurors",
    "unassign",
    "withdraw_nomination",
]
