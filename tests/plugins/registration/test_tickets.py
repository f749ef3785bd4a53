"""Tickets as files: the QR code can be read off the page, calendars and sheets are what they should be."""

import io
import zipfile
from datetime import UTC, date, datetime

import pypdf
import pytest
import zxingcpp
from icalendar import Calendar
from PIL import Image, ImageChops

from plenaria.core.kernel.values import Column, Sheet
from plenaria.core.web import sheets
from plenaria.plugins.registration import rules, tickets
from plenaria.plugins.registration.ics import EventDays, calendar
from plenaria.plugins.registration.tickets import PrintedTicket, TicketSheet

MADE_AT = datetime(2025, 9, 1, 18, 0, tzinfo=UTC)
CODE = next(code for number in range(10**12, 10**12 + 99) if (code := rules.code_of(number, rules.TICKET_LENGTH)))


def sheet(*names: str, language: str = "es") -> TicketSheet:
    return TicketSheet(
        language=language,
        event="CIIAM 2025",
        dates="1–2 de octubre de 2025",
        place="Hacienda de los Morales, Ciudad de México",
        address="Vázquez de Mella 525",
        organiser="Industria Nacional de Autopartes",
        accent="#b3261e",
        labels={name: name for name in ("ticket", "when", "where", "order", "show")},
        tickets=[
            PrintedTicket(
                name=name, kind="Socio", code=rules.grouped(CODE), order="M3TD-9KQ2", employer="#set «$x$» [*_"
            )
            for name in names
        ],
    )


def test_a_scanner_reads_the_code_off_the_ticket() -> None:
    drawn = tickets.ticket_file(sheet("María Elena Ríos Castañeda"), made_at=MADE_AT, file_format="png")

    (found,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(drawn)))

    assert found.text == CODE


def test_a_pdf_has_a_page_for_each_ticket_and_says_who_it_is_for() -> None:
    pages = pypdf.PdfReader(io.BytesIO(tickets.ticket_file(sheet("Ana Lugo", "Beto Ruiz"), made_at=MADE_AT))).pages

    assert ["Ana Lugo" in pages[0].extract_text(), "Beto Ruiz" in pages[1].extract_text(), len(pages)] == [
        True,
        True,
        2,
    ]
    assert rules.grouped(CODE) in pages[0].extract_text()


def test_markup_in_a_name_is_a_name() -> None:
    name = '#panic("x") $1$ *b* \\ `c`'

    page = pypdf.PdfReader(io.BytesIO(tickets.ticket_file(sheet(name), made_at=MADE_AT))).pages[0]

    assert "#panic" in page.extract_text()


def test_the_accents_of_capitals_are_printed() -> None:
    blank, plain, accented = (
        Image.open(io.BytesIO(tickets.ticket_file(sheet(name), made_at=MADE_AT, file_format="png"))).convert("L")
        for name in ("", "INIGO", "ÍÑIGO")
    )

    capitals = ImageChops.difference(blank, plain).getbbox()
    accents = ImageChops.difference(plain, accented).getbbox()

    assert capitals is not None
    assert accents is not None
    assert capitals[1] - accents[1] > 8  # pixels of 1/200 inch that the accents rise above the capitals


def test_the_same_ticket_is_the_same_file() -> None:
    assert tickets.ticket_file(sheet("Ana"), made_at=MADE_AT) == tickets.ticket_file(sheet("Ana"), made_at=MADE_AT)


# -- calendar ------------------------------------------------------------------------------------------------------

DAYS = EventDays(
    uid="order-x@congress",
    title="Congreso\x07, con coma",
    starts_on=date(2025, 10, 1),
    ends_on=date(2025, 10, 2),
    changed_at=MADE_AT,
    location="Hacienda; Ciudad",
    description="Ana\nBeto",
)


def test_the_entry_covers_whole_days_and_ends_the_day_after_the_last() -> None:
    (entry,) = Calendar.from_ical(calendar(DAYS)).walk("VEVENT")

    assert (entry["DTSTART"].dt, entry["DTEND"].dt) == (date(2025, 10, 1), date(2025, 10, 3))
    assert (entry["SUMMARY"], entry["LOCATION"], entry["DESCRIPTION"]) == (
        "Congreso, con coma",
        "Hacienda; Ciudad",
        "Ana\nBeto",
    )
    assert entry["DTSTAMP"].dt == MADE_AT


def test_the_same_days_are_the_same_bytes_with_short_lines_and_no_control_characters() -> None:
    content = calendar(DAYS)

    assert content == calendar(DAYS)
    assert b"\x07" not in content
    assert max(len(line) for line in content.split(b"\r\n")) <= 75


# -- sheets --------------------------------------------------------------------------------------------------------

NAME = Column("name", "Nombre")


@pytest.mark.parametrize(
    "evil", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =cmd|' /C calc'!A0", ";=1", "\xa0=1", "\uff1d1", ";x"]
)
def test_no_cell_of_a_csv_is_a_formula(evil: str) -> None:
    content = sheets.csv_file(Sheet([NAME], [[evil], ["Peña"]])).decode("utf-8-sig")

    assert "'" + evil in content
    assert content.endswith("Peña\r\n")


@pytest.mark.parametrize("separator", [";", "\t", "|", "\n", "; "])
def test_no_part_of_a_cell_is_a_formula_where_a_spreadsheet_splits_it(separator: str) -> None:
    content = sheets.csv_file(Sheet([NAME], [[f"Ana{separator}=1+1"]])).decode("utf-8-sig")

    assert f"Ana{separator}'=1+1" in content


@pytest.mark.parametrize("plain", ["Ana-María", "a=b", "C+ plus", "ana@example.mx", "uno; dos"])
def test_a_cell_that_is_no_formula_stays_as_it_is(plain: str) -> None:
    assert sheets.csv_file(Sheet([NAME], [[plain]])).decode("utf-8-sig").splitlines()[1] == plain


def test_no_cell_of_a_workbook_is_a_formula_or_a_link() -> None:
    content = sheets.xlsx_file(
        "Asistentes: [todos]", Sheet([NAME], [["=1+1"], ["http://example.org"], [7]]), made_at=MADE_AT
    )

    with zipfile.ZipFile(io.BytesIO(content)) as book:
        written = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in written
    assert "hyperlink" not in written
    assert '<c r="A2" t="inlineStr"><is><t>=1+1</t></is></c>' in written
