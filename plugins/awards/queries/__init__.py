"""Reads of the awards: structs, never rows. Each asks as many queries for three rows as for three hundred."""

from plenaria.plugins.awards.queries.declared import award_settings, category_id, section_of
from plenaria.plugins.awards.queries.judging import barred_pairs, conflicts, jurors, seat, sheet, sheets
from plenaria.plugins.awards.queries.nominating import (
    drafts_of,
    nomination,
    nominations,
    nominations_of,
    receipts,
    seen_as,
)
from plenaria.plugins.awards.queries.panels import event_panel, my_panel
from plenaria.plugins.awards.queries.personal import personal_data
from plenaria.plugins.awards.queries.standings import (
    TOP,
    CategoryAnalysis,
    CategoryResults,
    ResultLine,
    Results,
    analysis,
    results,
)
from plenaria.plugins.awards.queries.views import (
    ConflictLine,
    JurorLine,
    NominationLine,
    NominationView,
    NominatorView,
    ReceiptView,
    SheetLine,
    SheetView,
    StoredAttachment,
    Submission,
)

__all__ = [
    "TOP",
    "CategoryAnalysis",
    "CategoryResults",
    "ConflictLine",
    "JurorLine",
    "NominationLine",
    "NominationView",
    "NominatorView",
    "ReceiptView",
    "ResultLine",
    "Results",
    "SheetLine",
    "SheetView",
    "StoredAttachment",
    "Submission",
    "analysis",
    "award_settings",
    "barred_pairs",
    "category_id",
    "conflicts",
    "drafts_of",
    "event_panel",
    "jurors",
    "my_panel",
    "nomination",
    "nominations",
    "nominations_of",
    "personal_data",
    "receipts",
    "results",
    "seat",
    "section_of",
    "seen_as",
    "sheet",
    "sheets",
]
