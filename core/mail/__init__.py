"""Mail: texts by plugin and language, reworded per event, sent through the outbox.

`send` renders the text inside the caller's transaction, so that the mail says what was true then; the worker hands it to
the SMTP server later (`CARRIER`).
"""

from plenaria.core.kernel.values import Attachment
from plenaria.core.mail.delivery import CARRIER, Mail, message_of
from plenaria.core.mail.filling import content_of, subject_of
from plenaria.core.mail.installation import address, has_server, title, use
from plenaria.core.mail.markup import PLACEHOLDER, Markdown, is_address
from plenaria.core.mail.sending import Letter, send, send_many
from plenaria.core.mail.texts import texts, texts_of
from plenaria.core.mail.trial import Preview, preview, send_test
from plenaria.core.mail.validity import event_end
from plenaria.core.mail.wording import Rewording, copy_wordings, restore, reword, reworded, sample_of, wording

__all__ = [
    "CARRIER",
    "PLACEHOLDER",
    "Attachment",
    "Letter",
    "Mail",
    "Markdown",
    "Preview",
    "Rewording",
    "address",
    "content_of",
    "copy_wordings",
    "event_end",
    "has_server",
    "is_address",
    "message_of",
    "preview",
    "restore",
    "reword",
    "reworded",
    "sample_of",
    "send",
    "send_many",
    "send_test",
    "subject_of",
    "texts",
    "texts_of",
    "title",
    "use",
    "wording",
]
