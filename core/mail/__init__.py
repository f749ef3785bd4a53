"""Mail: texts by plugin and language, reworded per event, sent through the outbox.

`send` renders the text inside the caller's transaction, so that the mail says what was true then; the worker hands it to
the SMTP server later (`CARRIER`).
"""

from plenaria.core.kernel.values import Attachment
from plenaria.core.mail.delivery import CARRIER, Mail, message_of
from plenaria.core.mail.filling import Markdown, as_html, fill
from plenaria.core.mail.installation import address, has_server, use
from plenaria.core.mail.placeholders import PLACEHOLDER
from plenaria.core.mail.sending import Letter, send, send_many
from plenaria.core.mail.texts import texts
from plenaria.core.mail.validity import event_end
from plenaria.core.mail.wording import copy_wordings, restore, reword, reworded, sample_of, wording

__all__ = [
    "CARRIER",
    "PLACEHOLDER",
    "Attachment",
    "Letter",
    "Mail",
    "Markdown",
    "address",
    "as_html",
    "copy_wordings",
    "event_end",
    "fill",
    "has_server",
    "message_of",
    "restore",
    "reword",
    "reworded",
    "sample_of",
    "send",
    "send_many",
    "texts",
    "use",
    "wording",
]
