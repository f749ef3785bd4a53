"""The generated page of settings."""

from plenaria.core.forms import settings_page
from tests.core.forms.sample import Sample


def test_every_setting_has_a_row_with_default_unit_and_sentence():
    page = settings_page(Sample, "en")

    rows = {cells[1].strip(): [cell.strip() for cell in cells[2:5]] for cells in map(_cells, page.splitlines())}
    assert rows["Setting"] == ["Default", "Unit", "What it does"]
    assert rows["`title`"] == ["required", "", "**Title.** Shown everywhere."]
    assert rows["`ticket_types`"] == ["`[]`", "", ""]
    assert rows["`ticket_types[].size`"] == ["`50`", "seats", ""]
    assert rows["`ticket_types[].sales.opens_at`"] == ["–", "", "Opens"]
    assert rows["`share`"] == ["`0.5`", "", ""]


def _cells(row: str) -> list[str]:
    return row.split("|")
