"""The row that is written to see whether anything can be."""

from piccolo.columns import Serial, Timestamptz
from piccolo.table import Table


class Probe(Table, tablename="core_probe"):
    """One row, whose key is 1."""

    id: Serial
    written_at = Timestamptz(default=None)
