"""What an organiser decides about the buses of an event."""

from typing import Annotated

from msgspec import Meta, Struct

from plenaria.plugin import N_, LocalizedText


class ShuttleSettings(Struct, frozen=True, kw_only=True):
    ride_minutes: Annotated[
        int,
        Meta(
            ge=5,
            le=600,
            title=N_("Length of the ride"),
            description=N_("How long the calendar entry of a departure is."),
            extra={"unit": N_("minutes")},
        ),
    ] = 30
    meeting_point: Annotated[
        LocalizedText,
        Meta(title=N_("Where to wait"), description=N_("Shown above the timetable."), extra={"max_length": 200}),
    ] = {}
    tell_contact: Annotated[bool, Meta(title=N_("Mail the event’s contact address when a departure is added"))] = True
