"""The JSON doors of events."""

from typing import Any

ROUTES: list[Any] = []
