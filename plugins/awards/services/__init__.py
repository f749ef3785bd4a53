"""Writes of the awards: load, decide by the rules, store, record. Each is one transaction, or joins the caller's."""

from plenaria.plugins.awards.services.actors import Actor, Issuer
from plenaria.plugins.awards.services.declaring import apply_section
from plenaria.plugins.awards.services.exporting import result_sheet
from plenaria.plugins.awards.services.forgetting import erase, preview
from plenaria.plugins.awards.services.judging import (
    assign_evenly,
    assign_juror,
    declare_no_conflict,
    invite_juror,
    record_conflict,
    recuse,
    remove_juror,
    save_scores,
    seal,
    tell_jurors,
    unassign,
)
from plenaria.plugins.awards.services.nominating import (
    MOST_COLLABORATORS,
    Draft,
    admit,
    attach,
    detach,
    invite_collaborator,
    note_refused_submission,
    remove_collaborator,
    save_draft,
    start_nomination,
    submit_nomination,
    withdraw_nomination,
)
from plenaria.plugins.awards.services.sample import add_sample

__all__ = [
    "MOST_COLLABORATORS",
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
