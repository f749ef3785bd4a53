"""What a form is drawn for."""

from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from plenaria.core.forms.checking import Known


@dataclass(frozen=True, slots=True)
class Drawing:
    """What a form is drawn for: the event's zone, currency and languages, what references may be, the reader's words."""

    zone: ZoneInfo
    known: Known
    currency: str
    languages: tuple[str, ...]
    translate: Callable[[str], str]

    def translated(self, message: str) -> str:
        return self.translate(message) if message else ""
