"""Which foreign keys no index begins with: whoever asks by such a key reads the whole table."""

from collections.abc import Iterable, Iterator

from piccolo.constraints import Unique
from piccolo.table import Table


def unindexed_keys(tables: Iterable[type[Table]]) -> list[str]:
    """`table.column` of each, sorted; deleting the row that a key points to reads the whole table as well."""
    return sorted(f"{table._meta.tablename}.{column}" for table in tables for column in _unindexed(table))


def _unindexed(table: type[Table]) -> Iterator[str]:
    first = {_first_column(one) for one in table._meta.constraints if isinstance(one, Unique)}
    for key in table._meta.foreign_key_columns:
        name = key._meta.db_column_name
        if not (key._meta.index or key._meta.unique or key._meta.primary_key or name in first):
            yield name


def _first_column(constraint: Unique) -> str:
    column = constraint.columns[0]
    return column if isinstance(column, str) else column._meta.db_column_name
