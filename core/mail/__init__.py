"""Mail: texts by plugin and language, reworded per event, sent through the outbox.

`send` renders the text inside the caller's transaction, so that the mail says what was true then; the worker hands it to
the SMTP server later (`deliver`).
"""

from plenaria.core.mail.delivery import Attachment, Mail, deliver, message_of
from plenaria.core.mail.filling import PLACEHOLDER, Markdown, as_html, fill
from plenaria.core.mail.installation import address, has_server, use
from plenaria.core.mail.sending import send
from plenaria.core.mail.texts import texts
from plenaria.core.mail.wording import restore, reword, reworded, wording

__all__ = [
    "PLACEHOLDER",
    "Attachment",
    "Mail",
    "Markdown",
    "address",
    "as_html",
    "deliver",
    "fill",
    "has_server",
    "message_of",
    "restore",
    "reword",
    "reworded",
    "send",
    "texts",
    "use",
    "wording",
]
