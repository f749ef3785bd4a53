"""The databases of `plenaria.testing` under the short names that our own tests use.

A test that asks for one of them runs twice: `[sqlite]` and `[postgres]`; `parametrize("dialect", ["sqlite"])` runs it on one.
"""

import pytest

from plenaria.core.storage.database import Database
from plenaria.testing.databases import PostgresCluster, installed_apps, installed_tables

__all__ = ["PostgresCluster", "installed_apps", "installed_tables"]


@pytest.fixture(params=["sqlite", "postgres"])
def dialect(request: pytest.FixtureRequest) -> str:
    """`plenaria_dialect` takes it (tests/conftest.py)."""
    return str(request.param)


@pytest.fixture
def engine_url(plenaria_url: str) -> str:
    return plenaria_url


@pytest.fixture
def empty_engine_url(plenaria_empty_url: str) -> str:
    return plenaria_empty_url


@pytest.fixture
def database(plenaria_database: Database) -> Database:
    return plenaria_database
