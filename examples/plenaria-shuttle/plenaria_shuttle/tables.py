"""The plugin's table."""

from piccolo.columns import ForeignKey, Serial, Timestamptz, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from plenaria.plugin import EVENT


class Departure(Table, tablename="shuttle_departure"):
    """One bus: from where, and when."""

    id: Serial
    event = ForeignKey(references=EVENT, null=False)
    leaves_at = Timestamptz(default=None)
    leaves_from = Varchar(length=100)
    changed_at = Timestamptz(default=None)

    shuttle_departure_once = Unique([event, leaves_at, leaves_from])
