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
        "discarded": pgettext("proposal", "Put aside"),
    }[state]


def asked_words(asked: NewProposal) -> str:
    parts = [gettext(rules.MAY_MOVE[asked.may_move])]
    parts += [gettext("Rooms stay")] if asked.keeps_rooms else []
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
        return ngettext("{count} wish cannot be kept", "{count} wishes contradict each other", wishes).format(
            count=wishes
        )
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
            return gettext("Stopping; the best timetable so far will be the answer.")
        return gettext("Stopping; no timetable has been found so far.")
    phase = view.progress.phase if view.progress else "start"
    if has_timetable and phase in ("start", "search"):
        phase = "cost"
    return {
        "start": gettext("Looking for a first timetable."),
        "search": gettext("Looking for a first timetable."),
        "moves": gettext("Looking for fewer moves."),
        "cost": gettext("Looking for a better timetable."),
        "explain": gettext("Impossible so far: looking for the wishes that contradict each other."),
    }[phase]


def _best_words(cost: int, bound: int | None) -> str:
    if bound is None:
        return gettext("Best so far: {cost} points.").format(cost=number(cost))
    words = gettext("Best so far: {cost} points; fewer than {bound} cannot be had.")
    return words.format(cost=number(cost), bound=number(bound))


def failure_words(code: str) -> str:
    return {
        "": "",
        "solver_missing": gettext("The worker does not have the extra “timetable” that this needs."),
        "search_killed": gettext("The search was broken off several times. Perhaps there is too little memory for it."),
    }.get(code, gettext("The search went wrong; that was noted. The draft is as it was."))


def contradiction_words(view: ProposalView, is_minimal: bool) -> str:
    if is_minimal:
        return gettext("Change any one of them, and the others can be kept together.")
    if view.is_stopping:
        return gettext("The search was stopped before the fewest were found.")
    return gettext("The time ran out before the fewest were found.")


def nothing_found_words(view: ProposalView) -> str:
    if view.is_stopping:
        return gettext("The search was stopped before a timetable was found. Whether there is one is not known.")
    if view.asked.may_move == "all":
        return gettext(
            "No timetable was found in the time there was, and no proof that there is none. Ask again with more time."
        )
    return gettext(
        "No timetable was found in the time there was, and no proof that there is none. "
        "Ask again with more time, or let more sessions move."
    )


def quality_words(answer: Proposal, *, was_stopped: bool) -> list[str]:
    """How good it is, in sentences. The cost of a repair is compared only with timetables of as few moves."""
    sentences = []
    is_repair = answer.fewest_moves_proven is not None
    if answer.moved and is_repair:
        sentences.append(_fewest_words(bool(answer.fewest_moves_proven), was_stopped))
    if answer.is_proven and is_repair:
        sentences.append(gettext("No timetable with so few moves costs less: that is proven."))
    elif answer.is_proven:
        sentences.append(gettext("No timetable that keeps every wish costs less: that is proven."))
    else:
        words = gettext("It costs {cost} points; at best there could be one of {bound}. A longer search may find it.")
        sentences.append(words.format(cost=number(answer.cost), bound=number(answer.bound)))
    return sentences


def _fewest_words(is_proven: bool, was_stopped: bool) -> str:
    if is_proven:
        return gettext("Fewer moves cannot do it: that is proven.")
    if was_stopped:
        return gettext("Perhaps it can be done with fewer moves; the search was stopped.")
    return gettext("Perhaps it can be done with fewer moves; the time ran out.")


def cost_line(cost: Cost) -> dict[str, Any]:
    minutes = gettext("{minutes} minutes").format(minutes=number(cost.amount * GRID_MIN))
    words, amount = {
        "clash": (gettext("People who want two sessions that overlap"), number(cost.amount)),
        "overflow": (gettext("Guests beyond a room’s seats"), number(cost.amount)),
        "track_room": (gettext("Rooms of a track beyond its first"), number(cost.amount)),
        "track_parallel": (gettext("Pairs of sessions of one track at the same time"), number(cost.amount)),
        "idle": (gettext("People on stage waiting between their sessions"), minutes),
        "balance": (gettext("Sessions on a day beyond its share"), minutes),
    }[cost.term]
    return {"words": words, "amount": amount, "cost": number(cost.cost)}
