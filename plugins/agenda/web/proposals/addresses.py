"""Where proposals are, and what a timetable depends on is changed."""

from plenaria.core.kernel.values import EventView


def proposal_address(event: EventView, number: int) -> str:
    return f"/{event.slug}/organise/agenda/proposals/{number}"


def settings_address(event: EventView) -> str:
    """Where the hours, the meal and the weights are changed."""
    return f"/{event.slug}/organise/plugins/agenda"
