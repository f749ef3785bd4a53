"""Header lines: what is read is what was written, with both of CPython's readers."""

import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr

from aiosmtplib.email import flatten_message
from hypothesis import example, given, settings
from hypothesis import strategies as st

from plenaria.core.mail import Mail, headers, message_of

WORDS = st.lists(
    st.text(max_size=20)
    | st.sampled_from(["edición", "Querétaro:", "x" * 120, "ñ" * 120, "👩‍👩‍👧", "مرحبا"])
    | st.sampled_from(["=?utf-8?q?x?=", "\r\nBcc:", '"a, b"', "<x@y>"]),
    max_size=12,
).map(" ".join)


def sent(**more: str) -> bytes:
    """As aiosmtplib hands it to the server."""
    values = {"to": "ana@example.mx", "subject": "x", "text": "t", "html": "h", "language": "es", "message_id": "<1@x>"}
    mail = Mail(**{**values, **more})
    message = message_of(mail, "Plenaria <no-reply@example.mx>", sent_at=datetime(2025, 9, 1, tzinfo=UTC))
    return flatten_message(message)


def read(octets: bytes) -> EmailMessage:
    message = message_from_bytes(octets, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


@settings(max_examples=300, deadline=None)
@given(subject=WORDS)
@example(subject="Su pedido M3TD-9KQ2 para Congreso de la Industria Automotriz,  edición Querétaro: cómo pagar")
@example(subject="=?utf-8?q?Hola?=")
def test_a_subject_is_read_as_it_was_written(subject: str) -> None:
    octets = sent(subject=subject)

    assert read(octets)["Subject"] == headers.one_line(subject)
    assert str(make_header(decode_header(message_from_bytes(octets)["Subject"] or ""))) == headers.one_line(subject)
    assert max(len(line) for line in octets.split(b"\r\n")) <= 78
    assert read(octets)["Bcc"] is None


@settings(max_examples=300, deadline=None)
@given(name=WORDS)
@example(name="Congreso Internacional de la Industria Automotriz de México, edición Querétaro")
def test_a_name_is_read_as_it_was_written(name: str) -> None:
    octets = sent(reply_to="congreso@example.mx", reply_name=name)

    shown, address = parseaddr(message_from_bytes(octets)["Reply-To"])
    assert address == "congreso@example.mx"
    assert str(make_header(decode_header(shown))) == headers.one_line(name)
    (mailbox,) = read(octets)["Reply-To"].addresses
    assert mailbox.addr_spec == "congreso@example.mx"
    if all(len(run.encode()) <= 42 for run in re.split(r"(?:^| )[A-Za-z0-9]{1,50}(?: |$)", headers.one_line(name))):
        assert mailbox.display_name == headers.one_line(name)
    assert max(len(line) for line in octets.split(b"\r\n")) <= 78


def test_a_message_says_that_a_machine_wrote_it_and_not_when_or_where_it_was_made() -> None:
    message = read(sent())

    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"] == "Mon, 01 Sep 2025 00:00:00 +0000"
    assert message["From"] == "Plenaria <no-reply@example.mx>"
    assert message["Reply-To"] is None
