"""Tables as files for a spreadsheet: CSV and XLSX, in which no cell can become a formula. Pure."""

import csv
import io
import re
from datetime import datetime
from typing import Final

import xlsxwriter  # type: ignore[import-untyped]  # the package has none

from plenaria.core.kernel.values import Sheet

_FORMULA: Final = re.compile(
    r"((?:^|[;|\t\r\n])[\s\ufeff\u200b\xa0]*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])|^(?=[;|\t\r\n])"
)
"""Where a spreadsheet would see a formula begin (OWASP, CSV Injection): at the front, and behind what its language may take
for the end of a cell. Full-width signs count too.
"""

CSV: Final = "text/csv; charset=utf-8"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

Cell = str | int | None


def csv_file(sheet: Sheet) -> bytes:
    """UTF-8 with a byte order mark, so that Excel reads the accents; a text that could be a formula gets an apostrophe."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([_harmless(column.heading) for column in sheet.columns])
    writer.writerows([_harmless(cell) for cell in row] for row in sheet.rows)
    return text.getvalue().encode("utf-8-sig")


def _harmless(cell: Cell) -> Cell:
    return _FORMULA.sub(_with_apostrophe, cell) if isinstance(cell, str) else cell


def _with_apostrophe(found: re.Match[str]) -> str:
    """In front of everything at the front of a cell, else right before the sign."""
    before = found[1] or ""
    return "'" + before if found.start() == 0 else before + "'"


def xlsx_file(title: str, table: Sheet, *, made_at: datetime) -> bytes:
    """A workbook of one sheet; every text is stored as a text, whatever it begins with."""
    content = io.BytesIO()
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(content, options)
    book.set_properties({"title": title, "created": made_at.replace(tzinfo=None)})
    sheet = book.add_worksheet(_sheet_name(title))
    bold = book.add_format({"bold": True, "bottom": 1})
    heading = [column.heading for column in table.columns]
    for column, length in enumerate(_lengths(heading, table)):
        sheet.set_column(column, column, min(length + 2, 50))
    sheet.freeze_panes(1, 0)
    for column, words in enumerate(heading):
        sheet.write_string(0, column, words, bold)
    for place, row in enumerate(table.rows, start=1):
        for column, cell in enumerate(row):
            if isinstance(cell, int):
                sheet.write_number(place, column, cell)
            elif cell:
                sheet.write_string(place, column, cell)
    book.close()
    return content.getvalue()


def _lengths(heading: list[str], table: Sheet) -> list[int]:
    """The longest text of each column; a workbook that is written row by row wants the widths first."""
    longest = [len(words) for words in heading]
    for row in table.rows:
        longest = [
            max(most, len(cell) if isinstance(cell, str) else 0) for most, cell in zip(longest, row, strict=True)
        ]
    return longest


def _sheet_name(title: str) -> str:
    """Excel takes at most 31 characters, without []:*?/\\ ."""
    return "".join(letter for letter in title if letter not in "[]:*?/\\'")[:31] or "1"
