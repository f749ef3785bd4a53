"""Tickets on paper: a PDF (or PNG) with the QR code, an A6 page for each. Pure: same input, same bytes."""

import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec
import segno
import typst
from msgspec import Struct

TEMPLATE = Path(__file__).parent / "templates" / "registration" / "ticket.typ"


class PrintedTicket(Struct, frozen=True, kw_only=True):
    """What stands on one ticket; every text already in the reader's language."""

    name: str
    kind: str
    code: str
    """As it is printed: with its hyphen."""
    order: str
    employer: str = ""
    job_title: str = ""


class TicketSheet(Struct, frozen=True, kw_only=True):
    """The tickets of a file and what stands on each of them. `labels`: ticket, when, where, order, show."""

    language: str
    event: str
    dates: str
    place: str
    address: str
    organiser: str
    accent: str
    labels: Mapping[str, str]
    tickets: Sequence[PrintedTicket]


@cache
def _fonts() -> typst.Fonts:
    """The fonts of this machine, looked for once: that takes longer than a ticket. A new one is seen after a restart."""
    return typst.Fonts()


def qr_svg(code: str) -> str:
    """The QR code of a ticket: the code itself, nothing else, so that any scanner can type it. Error correction M."""
    drawn = io.BytesIO()
    segno.make(code, error="m", micro=False).save(drawn, kind="svg", border=0, xmldecl=False, svgns=True, dark="#000")
    return drawn.getvalue().decode()


def qr_data_uri(code: str) -> str:
    """For an `<img>`, with the quiet zone of four modules that ISO/IEC 18004 asks for."""
    return str(segno.make(code, error="m", micro=False).svg_data_uri(border=4, scale=4, light="#fff", dark="#000"))


def ticket_file(sheet: TicketSheet, *, made_at: datetime, file_format: Literal["pdf", "png"] = "pdf") -> bytes:
    """The tickets as one PDF, a page each (PNG: the first alone)."""
    tickets = [
        {**msgspec.to_builtins(ticket), "qr": qr_svg(ticket.code.replace("-", ""))}
        for ticket in (sheet.tickets if file_format == "pdf" else sheet.tickets[:1])
    ]
    values = {**msgspec.to_builtins(sheet), "tickets": tickets}
    made = typst.compile(
        str(TEMPLATE),
        font_paths=_fonts(),
        root=str(TEMPLATE.parent),
        format=file_format,
        ppi=200.0,
        sys_inputs={"sheet": msgspec.json.encode(values).decode()},
        timestamp=int(made_at.timestamp()),
    )
    return bytes(made)
