"""Wishes in words. The handler puts titles for codes and clock times for the minutes `start` and `end`, then formats."""

from collections.abc import Mapping
from typing import Final

from plenaria.core.kernel.values import N_

WISHES: Final[Mapping[str, str]] = {
    "fixed": N_("“{session}” is fixed: in {room} at {start}."),
    "windows": N_("“{session}” may be held only within its time windows."),
    "availability": N_("{person} can come only at certain times."),
    "order": N_("“{then}” begins at least {gap_min} minutes after the end of “{first}”."),
    "rooms": N_("“{session}” may be held only in: {rooms}."),
    "features": N_("“{session}” needs a room with: {features}."),
    "seats": N_("“{session}” needs a room with at least {seats} seats."),
    "plenary": N_("“{session}” is a plenary: nothing else is held at that time."),
    "closed": N_("{room} is closed from {start} to {end}."),
    "meal": N_("On {day}, everybody on stage has {length_min} minutes for a meal between {start} and {end}."),
    "break": N_("On {day} there is a break from {start} to {end}."),
    "day": N_("{day} lasts from {start} to {end}."),
    "changeover": N_("Anyone who changes rooms has at least {minutes} minutes between two sessions."),
    "way": N_("Getting from {one} to {other} or back takes {minutes} minutes."),
    "too_much": N_(
        "There are {minutes} minutes of sessions: too many for {rooms} rooms on {days} days, whatever else is changed."
    ),
}
"""By the code of a `Wish`; the placeholders are its facts."""
