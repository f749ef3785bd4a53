"""Mail against a real SMTP server on loopback: one that takes it, refuses it, hangs, is down; and what a mail may contain."""

import asyncio
import logging
import re
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope
from lxml import html as lxml_html

from plenaria.core import mail
from plenaria.core.app.application import CARRIERS
from plenaria.core.host import plugins
from plenaria.core.host.plugins import PluginHost
from plenaria.core.kernel.settings import Mail as MailSettings
from plenaria.core.kernel.settings import Settings
from plenaria.core.kernel.values import MailText, Refused
from plenaria.core.storage import outbox
from plenaria.core.storage.database import Database, transaction
from plenaria.core.storage.outbox import carriers, delivering
from plenaria.core.storage.outbox.tables import OutboxLine
from tests.site import Site

NOW = datetime(2025, 9, 1, 18, 0, tzinfo=UTC)
ADDRESS = "ana.secreta@example.mx"
LATER = "core.invitation"
"""A mail that is not urgent."""


@pytest.fixture(autouse=True)
def _as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail.installation, "_settings", Settings(address="https://congress.example"))
    monkeypatch.setattr(plugins, "_host", PluginHost([]))
    monkeypatch.setattr(carriers, "_carriers", dict(CARRIERS))


class Mailbox:
    """What an SMTP server does with a mail: keeps it, or answers as told."""

    def __init__(
        self,
        answer: str = "250 OK",
        *,
        hang: bool = False,
        to_content: str = "250 OK",
        refuses: str = "",
        drops: int = 0,
    ) -> None:
        self.answer = answer
        self.to_content = to_content
        self.refuses = refuses
        self.drops = drops
        self.hang = hang
        self.connections = self.open = 0
        self.on_mail: Callable[[], None] = lambda: None
        self.arrived: list[tuple[Envelope, EmailMessage]] = []

    async def handle_RCPT(self, server: Any, session: Any, envelope: Envelope, address: str, options: Any) -> str:  # noqa: N802 - aiosmtpd's name
        if self.hang:
            await asyncio.sleep(60)
        if not self.answer.startswith("250"):
            return f"{self.answer} <{address}>"
        if self.refuses and address.startswith(self.refuses):
            return f"550 5.1.1 <{address}> unknown"
        envelope.rcpt_tos.append(address)
        return self.answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        if self.to_content.startswith("250"):
            self.arrived.append((envelope, message))
            self.on_mail()
        if self.drops:
            self.drops -= 1
            server.transport.close()
        return self.to_content


class CountedSMTP(SMTP):
    """aiosmtpd, with the mailbox counting its connections."""

    def connection_made(self, transport: Any) -> None:
        self.event_handler.connections += 1
        self.event_handler.open += 1
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.event_handler.open -= 1
        super().connection_lost(error)


@asynccontextmanager
async def server_for(mailbox: Mailbox, *, timeout_s: float = 5, port: int = 0) -> AsyncIterator[int]:
    """A server on loopback, and the settings that send there; gives its port."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: CountedSMTP(mailbox, enable_SMTPUTF8=True, loop=loop), "127.0.0.1", port)
    port = server.sockets[0].getsockname()[1]
    use_server(port, timeout_s=timeout_s)
    try:
        yield port
    finally:
        server.close()


def use_server(port: int, *, timeout_s: float = 5, **more: Any) -> None:
    sender = "Congreso <no-reply@congress.example>"
    server = MailSettings(host="127.0.0.1", port=port, security="none", sender=sender, timeout_s=timeout_s, **more)
    mail.use(Settings(address="https://congress.example", mail=server))


async def send_one(to: str = ADDRESS, key: str = "core.sign_in", **facts: str) -> None:
    told = {"site": "Congreso", "minutes": "15", "link": "https://congress.example/sign-in/abc_d-e", **facts}
    async with transaction():
        await mail.send(
            key,
            to=to,
            language="es",
            facts=told,
            now=NOW,
            attachments=[mail.Attachment("boleto ñ.pdf", "application/pdf", b"%PDF-1.7 \x00\xff")],
        )


async def the_line() -> dict[str, Any]:
    (line,) = await OutboxLine.select()
    found: dict[str, Any] = line
    return found


# ------------------------------------------------------------------------------------------------------- delivered


async def test_a_mail_arrives_whole(database: Database) -> None:
    mailbox = Mailbox()

    async with server_for(mailbox):
        await send_one()
        await outbox.deliver_due(now=NOW)

    ((envelope, message),) = mailbox.arrived
    assert (envelope.mail_from, envelope.rcpt_tos) == ("no-reply@congress.example", [ADDRESS])
    assert message["Subject"] == "Su enlace para entrar a Congreso"
    assert (message["From"], message["To"]) == ("Congreso <no-reply@congress.example>", ADDRESS)
    assert (message["Content-Language"], message["Auto-Submitted"]) == ("es", "auto-generated")
    assert message["Message-ID"].endswith("@congress.example>")
    assert message["Date"].datetime.tzinfo is not None
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None
    assert "https://congress.example/sign-in/abc_d-e" in text.get_content()
    assert 'href="https://congress.example/sign-in/abc_d-e"' in html.get_content()
    (attachment,) = message.iter_attachments()
    assert (attachment.get_filename(), attachment.get_content_type()) == ("boleto ñ.pdf", "application/pdf")
    assert attachment.get_content() == b"%PDF-1.7 \x00\xff"
    assert (await the_line())["done_at"] is not None


def test_a_message_whose_headers_are_kept_has_the_bytes_of_one_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    file = mail.Attachment("boleto ñ.pdf", "application/pdf", b"%PDF-1.7")
    letters = [
        mail.Mail(f"{name}@example.mx", f"Hola {name} ñ", "texto ñ", "<p>ñ</p>", language, f"<{name}@x>", files)
        for name in ("ana", "eva")
        for language in ("es", "en")
        for files in ([], [file])
    ]
    kept = [without_boundaries(letter) for letter in letters]
    monkeypatch.setattr(mail.delivery, "Message", EmailMessage)

    anew = [without_boundaries(letter) for letter in letters]

    assert kept == anew
    assert len(set(kept)) == len(letters)


def without_boundaries(letter: mail.Mail) -> bytes:
    written = mail.message_of(letter, "Congreso ñ <a@example.mx>", sent_at=NOW).as_bytes(policy=policy.SMTP)
    return re.sub(rb"={10,}\d+==", b"B", written)


async def test_a_delivered_mail_is_kept_without_its_link_and_its_files(database: Database) -> None:
    await send_one()

    async with server_for(Mailbox()):
        await outbox.deliver_due(now=NOW)

    (line,) = await outbox.lines(None)
    assert (line.state, line.to) == ("delivered", ADDRESS)
    assert "sign-in/abc" not in line.payload
    assert "boleto" not in line.payload


async def test_a_message_keeps_its_id_when_it_is_sent_twice(database: Database) -> None:
    """So that a reader's program can tell the same mail that came twice (at least once, never lost)."""
    first, second = Mailbox("451 Later"), Mailbox()
    await send_one()
    stored = (await the_line())["payload"]

    async with server_for(first):
        await outbox.deliver_due(now=NOW)
    async with server_for(second):
        await outbox.deliver_due(now=NOW + timedelta(minutes=1))

    assert second.arrived[0][1]["Message-ID"] in stored


# ---------------------------------------------------------------------------------------- refused, hanging, down


async def test_a_mail_that_is_refused_for_now_is_tried_again_and_nothing_is_lost(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    mailbox = Mailbox(answer := "451 Try again later")
    await send_one()

    with caplog.at_level(logging.DEBUG, logger="plenaria"):
        async with server_for(mailbox):
            await outbox.deliver_due(now=NOW)
            line = await the_line()
            mailbox.answer = "250 OK"
            early = await outbox.deliver_due(now=line["due_at"] - timedelta(seconds=1))
            await outbox.deliver_due(now=line["due_at"])

    assert (line["attempts"], line["done_at"], early) == (1, None, 0)
    assert round((line["due_at"] - NOW).total_seconds()) == outbox.PAUSES_S[0]
    assert answer.partition(" ")[2] in line["last_error"]
    assert len(mailbox.arrived) == 1
    ours = [record for record in caplog.records if record.name.startswith("plenaria")]
    assert [record.getMessage() for record in ours] == ["delivery failed"]
    assert all(ADDRESS not in str(vars(record)) for record in ours), "the log names the address"


@pytest.mark.parametrize(
    "mailbox", [{"answer": "550 5.1.1 No such mailbox"}, {"to_content": "554 5.7.1 Looks like spam"}]
)
async def test_a_final_answer_is_final_at_once_and_its_reason_is_kept(
    mailbox: dict[str, str], database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    await send_one()

    with caplog.at_level(logging.DEBUG, logger="plenaria"):
        async with server_for(Mailbox(**mailbox)):  # type: ignore[arg-type]
            await outbox.deliver_due(now=NOW)
            again = await outbox.deliver_due(now=NOW + timedelta(days=30))

    line = await the_line()
    assert (line["attempts"], line["due_at"], line["given_up_at"] >= NOW, again) == (1, None, True, 0)
    assert line["last_error"].startswith(next(iter(mailbox.values())))
    ours = [record for record in caplog.records if record.name.startswith("plenaria")]
    assert all(ADDRESS not in str(vars(record)) for record in ours), "the log names the address"


@pytest.mark.parametrize("answer", ["530 5.7.0 Authentication required", "503 5.5.1 Bad sequence"])
async def test_an_answer_about_how_we_sign_in_is_not_held_against_the_mail(answer: str, database: Database) -> None:
    await send_one()

    async with server_for(Mailbox(answer)):
        await outbox.deliver_due(now=NOW)

    line = await the_line()
    assert (line["attempts"], line["given_up_at"], line["due_at"] is not None) == (1, None, True)


async def test_an_address_that_no_mail_can_be_sent_to_is_given_up_at_once(database: Database) -> None:
    mailbox = Mailbox()
    await send_one(to="a b@example.mx\u0007")
    await send_one()

    async with server_for(mailbox):
        await outbox.deliver_due(now=NOW)

    assert [envelope.rcpt_tos for envelope, _ in mailbox.arrived] == [[ADDRESS]]
    wrong, right = await OutboxLine.select().order_by(OutboxLine.id)
    assert (wrong["given_up_at"] is not None, right["done_at"] is not None) == (True, True)


async def test_many_mails_go_over_few_connections_also_after_a_refusal(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail.smtp, "MAILS_PER_CONNECTION", 10)
    mailbox = Mailbox(refuses="nobody")
    for number in range(30):
        await send_one(to=f"{number}@example.mx")
    await send_one(to="nobody@example.mx")

    async with server_for(mailbox):
        await outbox.deliver_due(now=NOW)
        await asyncio.sleep(0.05)
        open_then = mailbox.open

    assert len(mailbox.arrived) == 30
    assert 3 <= mailbox.connections <= 6, "ten mails a connection, two for a domain at once, urgent ones"
    assert open_then == 0, "nothing is due and a connection is kept open"


async def test_a_mail_that_the_server_took_without_saying_so_comes_twice_with_one_message_id(
    database: Database,
) -> None:
    """It dropped the connection after the content: nobody can know, so it is sent once more, and no third time."""
    mailbox = Mailbox(drops=1)
    await send_one()
    await send_one(to="eva@example.mx")

    async with server_for(mailbox):
        for minutes in range(0, 60, 10):
            await outbox.deliver_due(now=NOW + timedelta(minutes=minutes))

    ids = [(envelope.rcpt_tos[0], message["Message-ID"]) for envelope, message in mailbox.arrived]
    assert (len(ids), len(set(ids))) == (3, 2)
    assert all(row["done_at"] is not None for row in await OutboxLine.select())


WORKER = """
import asyncio, sys
from datetime import datetime
from plenaria.core import mail
from plenaria.core.app.application import CARRIERS
from plenaria.core.host import plugins
from plenaria.core.host.plugins import PluginHost
from plenaria.core.kernel.settings import Mail, Settings
from plenaria.core.storage import outbox
from plenaria.core.storage.database import Database

async def main(url, instant, port):
    plugins.use(PluginHost([]))
    mail.use(Settings(mail=Mail(host="127.0.0.1", port=int(port), security="none", sender="a@congress.example")))
    outbox.use(CARRIERS)
    await Database(url).open(plugins.host().tables())
    await outbox.deliver_due(now=datetime.fromisoformat(instant))

asyncio.run(main(*sys.argv[1:]))
"""


async def test_of_a_killed_worker_each_mail_comes_once_or_twice_with_one_message_id(
    engine_url: str, database: Database
) -> None:
    mailbox, some_arrived = Mailbox(), asyncio.Event()
    mailbox.on_mail = lambda: some_arrived.set() if len(mailbox.arrived) >= 10 else None
    addresses = [f"{number}@d{number % 5}.example" for number in range(40)]
    for address in addresses:
        await send_one(key=LATER, to=address)

    async with server_for(mailbox) as port:
        worker = await asyncio.create_subprocess_exec(
            sys.executable, "-c", WORKER, engine_url, NOW.isoformat(), str(port), cwd=Path(__file__).parents[2]
        )
        async with asyncio.timeout(30):
            await some_arrived.wait()
        worker.kill()
        await worker.wait()
        before = len(mailbox.arrived)
        await outbox.deliver_due(now=NOW + timedelta(seconds=2 * outbox.LEASE_S))

    came = Counter(envelope.rcpt_tos[0] for envelope, _ in mailbox.arrived)
    assert 10 <= before <= 40
    assert set(came) == set(addresses)
    assert max(came.values()) <= 2
    assert len({message["Message-ID"] for _, message in mailbox.arrived}) == 40
    assert all(row["done_at"] is not None for row in await OutboxLine.select())


async def test_mail_is_handed_over_at_the_pace_of_the_settings(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailbox = Mailbox()
    async with server_for(mailbox) as port:
        use_server(port, rate_per_minute=600)
        begun: list[float] = []
        mailbox.on_mail = lambda: begun.append(asyncio.get_running_loop().time())
        for number in range(4):
            await send_one(key=LATER, to=f"{number}@example.mx")
        await outbox.deliver_due(now=NOW)

    assert len(begun) == 4
    assert begun[-1] - begun[0] >= 0.29


async def test_a_server_that_hangs_is_left_and_tried_again(database: Database) -> None:
    mailbox = Mailbox(hang=True)
    await send_one()

    async with server_for(mailbox, timeout_s=0.2), asyncio.timeout(5):
        await outbox.deliver_due(now=NOW)
        line = await the_line()
        mailbox.hang = False
        await outbox.deliver_due(now=line["due_at"])

    assert (line["attempts"], line["done_at"]) == (1, None)
    assert "Timed out" in line["last_error"] or "Timeout" in line["last_error"]
    assert len(mailbox.arrived) == 1


async def test_a_server_that_hangs_longer_than_its_own_limit_is_cut_off(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivering, "DELIVER_WITHIN_S", 0.2)
    await send_one()

    async with server_for(Mailbox(hang=True), timeout_s=300), asyncio.timeout(5):
        await outbox.deliver_due(now=NOW)

    line = await the_line()
    assert (line["attempts"], line["last_error"].split(":")[0]) == (1, "TimeoutError")


async def test_a_server_that_is_down_delays_the_mail_until_it_is_back(database: Database) -> None:
    mailbox = Mailbox()
    async with server_for(mailbox) as port:
        pass
    await send_one()

    await outbox.deliver_due(now=NOW)
    line = await the_line()
    async with server_for(mailbox, port=port):
        await outbox.deliver_due(now=line["due_at"])

    assert (line["attempts"], line["done_at"]) == (1, None)
    assert len(mailbox.arrived) == 1


async def test_a_server_without_encryption_gets_nothing_when_encryption_is_asked_for(database: Database) -> None:
    mailbox = Mailbox()
    await send_one()

    async with server_for(mailbox) as port:
        mail.use(Settings(mail=MailSettings(host="127.0.0.1", port=port, security="starttls", timeout_s=2)))
        await outbox.deliver_due(now=NOW)

    assert mailbox.arrived == []
    assert (await the_line())["attempts"] == 1


# ------------------------------------------------------------------------------------------------ kept back, readable


async def test_kept_back_mail_can_be_read_in_development_only(site: Site) -> None:
    owner = await site.signed_in("owner")
    await owner.post("/congress/organise/team", data={"email": "luis@example.mx", "role": "door"})
    await site.deliver()
    (line,) = [line for line in await outbox.lines(site.event.id) if line.kind == "mail"]

    listed = await owner.get("/congress/organise/outbox?lang=en")
    read = await owner.get(f"/congress/organise/outbox/{line.id}?lang=en")
    site.app.state.settings = Settings(database=site.settings.database, key_file=site.settings.key_file)
    in_production = await owner.get(f"/congress/organise/outbox/{line.id}")

    assert line.state == "kept back"
    assert "No mail server is set up" in listed.text
    assert (read.status_code, "/sign-in/" in read.text) == (200, True)
    assert in_production.status_code == 404


# ---------------------------------------------------------------------------------------------------------- wording

TEXT = MailText(
    key="test.seat",
    title="Seat",
    subject={"es": "Su lugar, {name}", "en": "Your seat, {name}"},
    body={"es": "Hola, **{name}**:\n\n{seats}\n\n[Ver]({page}) {link}.", "en": "Hello {name}"},
    sample={"name": "Ana", "seats": "- 1", "page": "https://example.org", "link": "https://example.org"},
)


def elements(facts: dict[str, str], body: str = TEXT.body["es"]) -> Any:
    return lxml_html.fromstring(f"<div>{mail.content_of(body, facts, 'es').html}</div>")


NASTY = [
    "[gratis](http://evil.example)",
    "![x](http://evil.example/pixel.png)",
    "<script>alert(1)</script>",
    "<a href='http://evil.example'>x</a>",
    "<img src=x onerror=alert(1)>",
    "http://evil.example/win",
    "<http://evil.example>",
    "https://congress.example.evil.example/x",
    "https://congress.example/x [y](http://evil.example)",
    "**x** `y` # z",
    "&lt;script&gt;",
    "a\n\n# Big\n\n- [x](http://evil.example)",
    "[ref]\n\n[ref]: http://evil.example",
    "factmark0end",
    "O’Neil & Söhne <3 _x_ *y*",
    "{link}",
]


@pytest.mark.parametrize("name", NASTY)
def test_what_a_visitor_typed_is_shown_as_it_is(name: str) -> None:
    found = elements(
        {"name": name, "seats": name, "page": "https://congress.example/a", "link": "https://congress.example/b"}
    )

    hrefs = [link.get("href") for link in found.iter("a")]
    assert hrefs == ["https://congress.example/a", "https://congress.example/b"]
    assert {each.tag for each in found.iter()} <= {"div", "p", "strong", "a", "br", "ul", "li"}
    seats = " ".join(" ".join(each.itertext()) for each in found[1:-1])
    assert " ".join(name.replace("\n- ", "\n").split()) == " ".join(seats.split())


@pytest.mark.parametrize("page", ["javascript:alert(1)", 'https://x.example/" onclick="alert(1)', "data:text/html,<b>"])
def test_an_address_that_a_visitor_gave_cannot_run_anything(page: str) -> None:
    found = elements({"name": "Ana", "seats": "", "page": page, "link": ""})

    for each in found.iter():
        assert not [name for name in each.attrib if name.startswith("on")]
        assert not str(each.get("href", "")).lower().startswith(("javascript:", "data:"))


def test_lines_stay_lines_and_a_list_a_list() -> None:
    found = elements({"name": "Ana", "seats": "- 1A\n- <b>2B</b>", "page": "https://congress.example", "link": "x"})

    assert [each.text_content() for each in found.iter("li")] == ["1A", "<b>2B</b>"]


def test_markdown_of_the_plugin_itself_works() -> None:
    facts = {
        "name": "Ana",
        "seats": mail.Markdown("- **1A**\n\n![x](https://evil.example/p.png)"),
        "page": "",
        "link": "",
    }

    found = elements(facts)

    assert [each.text for each in found.iterfind(".//li/strong")] == ["1A"]
    assert list(found.iter("img")) == []


def test_a_fact_in_a_code_span_shows_no_backslashes() -> None:
    assert ">A_1-*2*</code>" in mail.content_of("`{name}`", {"name": "A_1-*2*"}, "es").html


def test_the_plain_text_is_plain() -> None:
    assert mail.content_of("Hola, {name} {unknown}", {"name": "[x](y) & <b>"}, "es").text == (
        "Hola, [x](y) & <b> {unknown}\n"
    )


def test_a_line_break_in_a_fact_adds_no_header() -> None:
    letter = mail.Mail(ADDRESS, "Hola\r\nBcc: all@example.mx", "t", "h", "es", "<1@x>")

    message = mail.message_of(letter, "a@example.mx", sent_at=NOW)

    assert (message["Subject"], message["Bcc"]) == ("Hola Bcc: all@example.mx", None)


async def test_an_event_words_a_mail_itself_and_goes_back(site: Site) -> None:
    text = mail.texts()["core.invitation"][1]
    by = {"by": None, "now": site.now}

    await mail.reword(text, site.event, "es", subject="Equipo {event}", body="Hola", **by)  # type: ignore[arg-type]

    assert await mail.wording(text, site.event, "es") == ("Equipo {event}", "Hola")
    assert await mail.wording(text, site.event, "en") == (text.subject["en"], text.body["en"])
    assert await mail.wording(text, site.other_event, "es") == (text.subject["es"], text.body["es"])
    assert set(await mail.reworded(site.event)) == {("core.invitation", "es")}
    await mail.restore(text, site.event, "es", by="test", now=site.now)
    assert await mail.wording(text, site.event, "es") == (text.subject["es"], text.body["es"])


async def test_a_placeholder_that_the_mail_does_not_have_is_refused_with_those_it_has(site: Site) -> None:
    text = mail.texts()["core.sign_in"][1]

    with pytest.raises(Refused) as refused:
        await mail.reword(text, site.event, "es", subject="{sito}", body="{link} {nombre}", by=None, now=site.now)

    assert [(each.code, each.facts["name"], each.pointer) for each in refused.value.refusals] == [
        ("unknown_placeholder", "sito", "/subject"),
        ("unknown_placeholder", "nombre", "/body"),
    ]
    known = refused.value.refusals[0].facts["known"]
    assert known == "{agenda_link}, {agenda_next_session}, {registration_link}, {site}, {minutes}, {link}"


async def test_the_preview_is_made_with_the_events_facts_and_the_sample(site: Site) -> None:
    owner = await site.signed_in("owner")

    page = await owner.post(
        "/congress/organise/mail/core.invitation/es",
        data={"subject": "Entre a {event}", "body": "En {days} días, **ya**. <script>x</script>", "preview": "1"},
    )

    assert page.status_code == 200
    assert "Entre a Congreso congress" in page.text
    assert "<p>En 7 días, <strong>ya</strong>." in page.text
    assert "<script>x" not in page.text
    assert await mail.reworded(site.event) == {}


def test_every_mail_has_a_sample_for_each_placeholder_in_both_languages() -> None:
    host = PluginHost.discover()
    plugins.use(host)

    for key, (_, text) in mail.texts().items():
        for language in ("es", "en"):
            assert text.subject.get(language), (key, language)
            assert text.body.get(language), (key, language)
            used = set(mail.PLACEHOLDER.findall(text.subject[language] + text.body[language]))
            assert used <= set(text.sample), (key, language, used - set(text.sample))


def test_the_text_part_carries_no_marks_of_emphasis_but_what_people_are_called() -> None:
    content = mail.content_of("Hola, **{name}**: _lea_ {x} a_b_c 2*3", {"name": "_Ana_ **B**"}, "es")

    assert content.text == "Hola, _Ana_ **B**: lea {x} a_b_c 2*3\n"
