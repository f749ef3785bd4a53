"""A proposal in words: its state, what was asked, how its search goes, how good its timetable is."""

from typing import Any, Final

from plenaria.core.kernel.i18n import gettext, ngettext, pgettext
from plenaria.core.kernel.shown import number
from plenaria.plugins.agenda import rules
from plenaria.plugins.agenda.queries import ProposalState, ProposalView
from plenaria.plugins.agenda.settings import AgendaSettings, NewProposal
from plenaria.plugins.agenda.solver.problem import GRID_MIN, Cost, Proposal

TONES: Final[dict[ProposalState, str]] = {
    "waiting": "neutral",
    "solving": "info",
    "solved": "success",
    "contradicted": "warning",
    "gave_up": "warning",
    "failed": "danger",
    "accepted": "success",
    "discarded": "neutral",
}


def state_words(state: ProposalState) -> str:
    """What became of a proposal; with a context, because “proposal” is grammatically feminine in Spanish."""
    return {
        "waiting": pgettext("proposal", "Waiting"),
        "solving": pgettext("proposal", "Searching"),
        "solved": pgettext("proposal", "Ready"),
        "contradicted": pgettext("proposal", "Impossible"),
        "gave_up": pgettext("proposal", "Nothing found"),
        "failed": pgettext("proposal", "Failed"),
        "accepted": pgettext("proposal", "Accepted"),
        "discarded": pgettext("proposal", "Discarded"),
    }[state]


def asked_words(asked: NewProposal) -> str:
    parts = [gettext(rules.MAY_MOVE[asked.may_move])]
    parts += [gettext("Keep the rooms")] if asked.keeps_rooms else []
    parts += [gettext("As few moves as possible")] if asked.few_moves else []
    return " · ".join(parts)


def hours_words(settings: AgendaSettings) -> str:
    asked = settings.timetable
    words = gettext("Sessions are placed between {opens} and {closes}.")
    hours = words.format(opens=f"{asked.opens:%H:%M}", closes=f"{asked.closes:%H:%M}")
    if not asked.meal_min:
        return hours
    meal = gettext("Everybody on stage has {minutes} minutes to eat between {start} and {end}.")
    times = {"start": f"{asked.meal_from:%H:%M}", "end": f"{asked.meal_until:%H:%M}"}
    return f"{hours} {meal.format(minutes=asked.meal_min, **times)}"


def result_words(view: ProposalView) -> str:
    if view.answer.proposal:
        changes = len(view.moves)
        return ngettext("{count} session placed", "{count} sessions placed", changes).format(count=changes)
    if view.answer.contradiction:
        wishes = len(view.answer.contradiction.wishes)
        return ngettext(
            "{count} requirement cannot be met", "{count} requirements contradict each other", wishes
        ).format(count=wishes)
    return ""


def progress(view: ProposalView) -> dict[str, Any]:
    """Seconds that have passed of those there are, and the best so far."""
    latest = view.progress
    seconds = min(int(latest.seconds), view.asked.limit_s) if latest else 0
    return {
        "seconds": seconds,
        "limit": view.asked.limit_s,
        "words": gettext("{seconds} of at most {limit} s").format(seconds=seconds, limit=view.asked.limit_s),
        "phase": _phase_words(view),
        "best": _best_words(latest.cost, latest.bound) if latest and latest.cost is not None else "",
    }


def _phase_words(view: ProposalView) -> str:
    if view.state == "waiting":
        return gettext("Waiting for its turn.")
    has_timetable = view.progress is not None and view.progress.cost is not None
    if view.is_stopping:
        if has_timetable:
            return gettext("Stopping; you will get the best timetable found so far.")
        return gettext("Stopping; no timetable has been found so far.")
    phase = view.progress.phase if view.progress else "start"
    if has_timetable and phase in ("start", "search"):
        phase = "cost"
    return {
        "start": gettext("Looking for a first timetable."),
        "search": gettext("Looking for a first timetable."),
        "moves": gettext("Looking for a timetable with fewer moves."),
        "cost": gettext("Looking for a better timetable."),
        "explain": gettext("Probably impossible: looking for the requirements that contradict each other."),
    }[phase]


def _best_words(cost: int, bound: int | None) -> str:
    if bound is None:
        return gettext("Best so far: {cost} points.").format(cost=number(cost))
    words = gettext("Best so far: {cost} points; no timetable can have fewer than {bound}.")
    return words.format(cost=number(cost), bound=number(bound))


def failure_words(code: str) -> str:
    return {
        "": "",
        "solver_missing": gettext("The background worker lacks the extra “timetable”, which the search needs."),
        "search_killed": gettext("The search was interrupted several times. There may be too little memory for it."),
    }.get(code, gettext("The search failed with an error, which was logged. The draft has not changed."))


def contradiction_words(view: ProposalView, is_minimal: bool) -> str:
    if is_minimal:
        return gettext("If you change any one of them, the others can be met together.")
    if view.is_stopping:
        return gettext("The search was stopped before this list could be made as short as possible.")
    return gettext("The time ran out before this list could be made as short as possible.")


def nothing_found_words(view: ProposalView) -> str:
    if view.is_stopping:
        return gettext("The search was stopped before a timetable was found. There may still be one.")
    if view.asked.may_move == "all":
        return gettext(
            "No timetable was found in the time available, but there may be one. Request another with more time."
        )
    return gettext(
        "No timetable was found in the time available, but there may be one. Request another with "
        "more time, or let more sessions move."
    )


def quality_words(answer: Proposal, *, was_stopped: bool) -> list[str]:
    """How good it is, in sentences. The cost of a repair is compared only with timetables of as few moves."""
    sentences = []
    is_repair = answer.fewest_moves_proven is not None
    if answer.moved and is_repair:
        sentences.append(_fewest_words(bool(answer.fewest_moves_proven), was_stopped))
    if answer.is_proven and is_repair:
        sentences.append(gettext("This is the best possible timetable with so few moves."))
    elif answer.is_proven:
        sentences.append(gettext("This is the best possible timetable."))
    else:
        words = gettext(
            "It has {cost} points; a longer search may find a better one, but none with fewer than {bound}."
        )
        sentences.append(words.format(cost=number(answer.cost), bound=number(answer.bound)))
    return sentences


def _fewest_words(is_proven: bool, was_stopped: bool) -> str:
    if is_proven:
        return gettext("This is the smallest possible number of moves.")
    if was_stopped:
        return gettext("Fewer moves may be possible; the search was stopped.")
    return gettext("Fewer moves may be possible; the time ran out.")


def cost_line(cost: Cost) -> dict[str, Any]:
    minutes = gettext("{minutes} minutes").format(minutes=number(cost.amount * GRID_MIN))
    words, amount = {
        "clash": (gettext("People who want two sessions that overlap"), number(cost.amount)),
        "overflow": (gettext("Attendees beyond a room’s seats"), number(cost.amount)),
        "track_room": (gettext("Additional rooms that a track uses"), number(cost.amount)),
        "track_parallel": (gettext("Pairs of sessions of one track at the same time"), number(cost.amount)),
        "idle": (gettext("People on stage waiting between their sessions"), minutes),
        "balance": (gettext("Session time beyond a day’s fair share"), minutes),
    }[cost.term]
    return {"words": words, "amount": amount, "cost": number(cost.cost)}
