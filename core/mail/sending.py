"""A mail into the outbox, rendered in the caller's transaction, so that it says what was true then."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from email.utils import make_msgid, parseaddr

import msgspec

from plenaria.core.host import plugins
from plenaria.core.kernel.languages import spoken
from plenaria.core.kernel.values import Attachment, EventView, MailDraft
from plenaria.core.mail import placeholders
from plenaria.core.mail.delivery import Mail
from plenaria.core.mail.filling import Markdown, as_html, as_plain, fill
from plenaria.core.mail.installation import server
from plenaria.core.mail.placeholders import used_in
from plenaria.core.mail.texts import texts
from plenaria.core.mail.wording import wording_in
from plenaria.core.storage import outbox
from plenaria.core.storage.database import savepoint


async def send(
    key: str,
    *,
    to: str,
    language: str,
    facts: Mapping[str, str],
    now: datetime,
    event: EventView | None = None,
    attachments: Sequence[Attachment] = (),
) -> None:
    """Put a mail into the outbox, in the caller's transaction. `facts` fill the text's `{placeholders}`.

    A fact is shown as it is: what looks like Markdown or HTML in it has no effect. Its lines stay lines, those that begin with
    `- ` are a list, and an address of this installation becomes a link. `Markdown` facts are the exception.
    """
    plugin, text = texts()[key]
    wanted = spoken(language, event.language if event else "")
    language, subject, body = await wording_in(text, event, wanted)
    draft = MailDraft(subject, body, attachments=list(attachments))
    if event is not None:
        draft = await plugins.host().adjust(
            "adjust_mail", draft, event=event, guard=savepoint, key=key, to=to, language=language, now=now
        )
        further = used_in(draft.subject, draft.body) - set(facts)
        if further:
            facts = {**facts, **await placeholders.values(further, event, to=to, language=language, now=now)}
    domain = parseaddr(server().sender)[1].rpartition("@")[2] or "localhost"
    mail = Mail(
        to=to,
        subject=fill(draft.subject, facts),
        text=fill(
            as_plain(draft.body),
            {name: as_plain(fact) if isinstance(fact, Markdown) else fact for name, fact in facts.items()},
        ),
        html=as_html(draft.body, facts, language),
        language=language,
        message_id=make_msgid(domain=domain),
        attachments=draft.attachments,
    )
    await outbox.put_mail(
        key, plugin=plugin, event_id=event.id if event else None, mail=msgspec.to_builtins(mail), now=now
    )
