"""Writes of the agenda: each is one transaction with its audit line.

What organisers edit is the draft; nothing of it is public before `release`.
"""

from plenaria.plugins.agenda.services.attendees import sessions_by_address, with_sessions
from plenaria.plugins.agenda.services.catalogue import move, remove, store
from plenaria.plugins.agenda.services.declaring import apply_section
from plenaria.plugins.agenda.services.exporting import schedule_ics, schedule_json, schedule_xml
from plenaria.plugins.agenda.services.feed_reader import reader_of
from plenaria.plugins.agenda.services.forgetting import erase, preview
from plenaria.plugins.agenda.services.importing import (
    IMPORT_REFUSALS,
    ImportChoices,
    Preview,
    counts,
    import_schedule,
    preview_import,
)
from plenaria.plugins.agenda.services.participation import confirm_part
from plenaria.plugins.agenda.services.placeholders import agenda_link, next_session
from plenaria.plugins.agenda.services.proposals import (
    accept_proposal,
    ask_for_proposal,
    changed_since,
    discard_proposal,
    solver_is_installed,
    stop_proposal,
)
from plenaria.plugins.agenda.services.release_mails import MAIL_OF, outdated_notices
from plenaria.plugins.agenda.services.releasing import conflicts_of, release
from plenaria.plugins.agenda.services.searching import LOOK_EVERY_S, run_searches, stop_searches
from plenaria.plugins.agenda.services.sessions import move_session, remove_session, store_session

__all__ = [
    "IMPORT_REFUSALS",
    "LOOK_EVERY_S",
    "MAIL_OF",
    "ImportChoices",
    "Preview",
    "accept_proposal",
    "agenda_link",
    "apply_section",
    "ask_for_proposal",
    "changed_since",
    "confirm_part",
    "conflicts_of",
    "counts",
    "discard_proposal",
    "erase",
    "import_schedule",
    "move",
    "move_session",
    "next_session",
    "outdated_notices",
    "preview",
    "preview_import",
    "reader_of",
    "release",
    "remove",
    "remove_session",
    "run_searches",
    "schedule_ics",
    "schedule_json",
    "schedule_xml",
    "sessions_by_address",
    "solver_is_installed",
    "stop_proposal",
    "stop_searches",
    "store",
    "store_session",
    "with_sessions",
]
