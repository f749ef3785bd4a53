"""A mail as its readers would get it, before anybody does: a preview with the event's own facts, and a test to oneself."""

from datetime import datetime, timedelta
from typing import Final, NamedTuple
from urllib.parse import urlsplit, urlunsplit

from plenaria.core.host.visit import PersonView
from plenaria.core.kernel import shown
from plenaria.core.kernel.i18n import gettext, using
from plenaria.core.kernel.values import EventView, MailText, refuse
from plenaria.core.mail import checking, placeholders
from plenaria.core.mail.filling import content_of, subject_of
from plenaria.core.mail.installation import address, site_title
from plenaria.core.mail.look import Look, look_of
from plenaria.core.mail.markup import is_address, used_in
from plenaria.core.mail.sending import Letter, send_worded
from plenaria.core.mail.wording import sample_of
from plenaria.core.storage import audit
from plenaria.core.storage.database import transaction
from plenaria.core.storage.requests import limits

TESTS_AN_HOUR: Final = 10
_LONGEST_SUBJECT: Final = 300
_OF_NOBODYS_EVENT: Final = ("sign-in", "me")
"""First parts of our addresses that are no event's slug."""


class Preview(NamedTuple):
    subject: str
    text: str
    html: str
    """Without a style of its own: for a page of ours."""
    look: Look


async def preview(
    text: MailText, event: EventView, language: str, *, subject: str, body: str, reader: PersonView, now: datetime
) -> Preview:
    """The mail in these words, with the event's own facts and samples for the others. Whatever the words are, it is drawn."""
    samples = placeholders.samples(event)
    facts = {name: _of_ours(sample, event) for name, sample in samples.items()}
    facts.update(own_facts(text, event, language, reader=reader))
    if offered := used_in(subject, body) & set(samples):
        async with transaction():
            real = await placeholders.values(offered, event, to=reader.email, language=language, now=now)
        facts.update({name: value for name, value in real.items() if value})
    content = content_of(body, facts, language)
    return Preview(subject_of(subject, facts), content.text, content.html, look_of(event, language))


async def send_test(
    text: MailText, event: EventView, language: str, *, subject: str, body: str, reader: PersonView, now: datetime
) -> None:
    """Mail these words to the reader's own address and to nobody else. Raises `Refused` as rewording does, and
    `too_many_requests` after some in an hour. Recorded."""
    refuse(checking.refusals(subject, body, sample_of(text, event)))
    await limits.count("mail test", str(reader.id), most=TESTS_AN_HOUR, span=timedelta(hours=1), now=now)
    with using(language):
        mark = gettext("Test")
    facts = own_facts(text, event, language, reader=reader)
    letter = Letter(key=text.key, to=reader.email, language=language, facts=facts)
    async with transaction():
        await send_worded(letter, (language, f"[{mark}] {subject}"[:_LONGEST_SUBJECT], body), event=event, now=now)
        await audit.record(
            "mail.tested",
            by=f"person:{reader.id}",
            subject=f"mail:{text.key}",
            event=event.id,
            facts={"language": language},
            now=now,
        )


def own_facts(text: MailText, event: EventView, language: str, *, reader: PersonView) -> dict[str, str]:
    """The mail's samples, with what the event and its reader are called instead of invented names, and our own addresses."""
    with using(language):
        known = {
            "event": shown.localized(event.name),
            "site": site_title(),
            "dates": shown.days(event.starts_on, event.ends_on),
            "place": ", ".join(part for part in (event.venue, event.city) if part),
            "name": reader.name if reader.given_names else "",
        }
    return {name: known.get(name) or _of_ours(sample, event) for name, sample in text.sample.items()}


def _of_ours(sample: str, event: EventView) -> str:
    """A sample address, as one of this installation and event; what it names there does not exist."""
    if not is_address(sample):
        return sample
    ours, sampled = urlsplit(address()), urlsplit(sample)
    first, *rest = sampled.path.removeprefix("/").split("/")
    path = "/".join(("", first if first in _OF_NOBODYS_EVENT else event.slug, *rest))
    return urlunsplit((ours.scheme, ours.netloc, path, sampled.query, ""))
