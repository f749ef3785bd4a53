"""Why nothing fits: smallest sets of wishes that contradict each other.

Where an alternating path ends, a cut begins: judges A and entries B such that B's needs are more than A's room and the
open pairs from B to other judges allow (too little room), or A's least loads more than B's needs and the open pairs from A
to other entries (Hoffman's circulation theorem; with bounds on one side only it is Hall's, 1935). Both are one shape, a
demand on one side against capacity on the other, so the wishes of a cut never mix least with most. The wishes that the cut
is made of are then left out one after another, as long as the rest stays impossible (deletion filter: Chinneck, Dravnieks:
Locating minimal infeasible constraint sets in linear programs, ORSA J. Computing 3, 1991): what is left is a smallest set,
not one of the fewest wishes.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from plenaria.plugins.awards.matching.answer import Impossible, Reason, ReasonCode
from plenaria.plugins.awards.matching.even import Plan
from plenaria.plugins.awards.matching.problem import Limits, Pair

MOST_REASONS = 20

WishKind = Literal["demand", "capacity", "conflict", "fixed"]


class _Wish(NamedTuple):
    """One thing that an organiser asks for. The demander wants places, the supplier has them; `_Side` says which are entries."""

    kind: WishKind
    demander: str = ""
    supplier: str = ""


@dataclass(frozen=True)
class _Side:
    """A problem seen from those who ask: entries that need judges, or judges with a least load."""

    demands: Mapping[str, int]
    capacities: Mapping[str, int]
    suppliers: Sequence[str]
    is_entries: bool

    def pair(self, demander: str, supplier: str) -> Pair:
        return (demander, supplier) if self.is_entries else (supplier, demander)


def first_plan(limits: Limits) -> Plan | Impossible:
    """An assignment that keeps all bounds, not yet even; or why there is none."""
    plan = Plan(limits)
    if plan.fill() is None and plan.meet_least() is None:
        return plan
    return Impossible(tuple(_reasons(limits)))


def _reasons(limits: Limits) -> Iterable[Reason]:
    """Reasons one by one: each one's demands are given up before the next is looked for.

    An entry whose need is given up could take any number, so that the least loads are not judged from there on.
    """
    is_whole = True
    for _ in range(MOST_REASONS):
        reason = (_sum_reason(limits) if is_whole else None) or _reason(limits, with_leasts=is_whole)
        if reason is None:
            return
        yield reason
        is_whole = is_whole and reason.code not in {"too_few_judges", "judges_full"}
        limits = _without(limits, reason)


def _sum_reason(limits: Limits) -> Reason | None:
    """A contradiction of the sums alone, that no conflict has a part in: nobody needs to be named."""
    if not limits.entries or not limits.judges:
        return None
    needed, leasts = sum(limits.needs.values()), sum(limits.least.values())
    are_all_bounded = len(limits.most) == len(limits.judges)
    is_no_need_absurd = max(limits.needs.values()) <= len(limits.judges)
    is_no_least_absurd = max(limits.least.values()) <= len(limits.entries)
    if are_all_bounded and is_no_need_absurd and needed > (room := sum(limits.most.values())):
        return Reason("too_little_room", (), (), needed, room)
    if is_no_least_absurd and leasts > needed:
        return Reason("leasts_above_needs", (), (), leasts, needed)
    return None


def _reason(limits: Limits, *, with_leasts: bool) -> Reason | None:
    plan = Plan(limits)
    if (entry := plan.fill()) is not None:
        return _reason_of(limits, *_entries_cut(limits, plan.full_for(entry)))
    if with_leasts and (judge := plan.meet_least()) is not None:
        return _reason_of(limits, *_judges_cut(limits, plan.starving_with(judge)))
    return None


def _entries_cut(limits: Limits, full: set[str]) -> tuple[_Side, list[_Wish]]:
    """The wishes of the cut at these full judges: the entries in it are those that ask for more than the others give."""
    side = _Side(limits.needs, limits.most, limits.judges, is_entries=True)
    begun = {e: sum((e, judge) in limits.fixed for judge in full) for e in limits.entries}
    asking = [
        e for e in limits.entries if limits.needs[e] - sum(judge not in full for judge in limits.open_to[e]) > begun[e]
    ]
    return side, _wishes(limits, side, asking, [judge for judge in limits.judges if judge in full])


def _judges_cut(limits: Limits, starving: set[str]) -> tuple[_Side, list[_Wish]]:
    """The same for judges who cannot reach their least load; the entries in the cut are those whose needs are used up."""
    side = _Side(limits.least, limits.needs, limits.entries, is_entries=False)
    asking = [judge for judge in limits.judges if judge in starving]
    used_up = []
    for entry in limits.entries:
        could_have = sum(judge in starving for judge in limits.open_to[entry])
        elsewhere = sum((entry, judge) in limits.fixed for judge in limits.judges if judge not in starving)
        if limits.needs[entry] - elsewhere < could_have:
            used_up.append(entry)
    return side, _wishes(limits, side, asking, used_up)


def _wishes(limits: Limits, side: _Side, asking: Sequence[str], bounded: Sequence[str]) -> list[_Wish]:
    """All wishes that have a part in the cut, those first that an organiser would rather not read about."""
    open_to = {entry: frozenset(judges) for entry, judges in limits.open_to.items()}
    inside, full = set(asking), set(bounded)

    def is_open(demander: str, supplier: str) -> bool:
        entry, judge = side.pair(demander, supplier)
        return judge in open_to[entry]

    everybody = limits.entries if side.is_entries else limits.judges
    return [
        *(
            _Wish("fixed", demander, supplier)
            for demander in everybody
            if demander not in inside
            for supplier in bounded
            if side.pair(demander, supplier) in limits.fixed
        ),
        *(
            _Wish("conflict", demander, supplier)
            for demander in asking
            for supplier in side.suppliers
            if supplier not in full and not is_open(demander, supplier)
        ),
        *(_Wish("demand", demander=demander) for demander in reversed(asking)),
        *(_Wish("capacity", supplier=supplier) for supplier in bounded if supplier in side.capacities),
    ]


def _reason_of(limits: Limits, side: _Side, wishes: list[_Wish]) -> Reason:
    """The reason that a smallest set of these wishes makes."""

    def is_impossible(some: Sequence[_Wish]) -> bool:
        needed, available = _served(side, some)
        return available < needed

    kept = _smallest(wishes, is_impossible)
    needed, available = _served(side, kept)
    demanders = {wish.demander for wish in kept if wish.kind == "demand"}
    bounded = {wish.supplier for wish in kept if wish.kind == "capacity"}
    suppliers = _open_suppliers(side, demanders, kept)
    entries, judges = (demanders, suppliers) if side.is_entries else (suppliers, demanders)
    return Reason(
        code=_code(side, bounded),
        entries=tuple(entry for entry in limits.entries if entry in entries),
        judges=tuple(judge for judge in limits.judges if judge in judges),
        needed=needed,
        available=available,
        bounded=tuple(name for name in side.suppliers if name in bounded),
        conflicts=limits.in_order(_pairs(side, kept, "conflict")),
        fixed=limits.in_order(_pairs(side, kept, "fixed")),
    )


def _code(side: _Side, bounded: Collection[str]) -> ReasonCode:
    if not side.is_entries:
        return "least_too_high"
    return "judges_full" if bounded else "too_few_judges"


def _open_suppliers(side: _Side, demanders: Iterable[str], wishes: Sequence[_Wish]) -> set[str]:
    """Those that at least one of the demanders has no conflict with, among these wishes."""
    conflicts = {(wish.demander, wish.supplier) for wish in wishes if wish.kind == "conflict"}
    return {supplier for demander in demanders for supplier in side.suppliers if (demander, supplier) not in conflicts}


def _pairs(side: _Side, wishes: Sequence[_Wish], kind: WishKind) -> set[Pair]:
    return {side.pair(wish.demander, wish.supplier) for wish in wishes if wish.kind == kind}


def _smallest(wishes: list[_Wish], is_impossible: Callable[[Sequence[_Wish]], bool]) -> list[_Wish]:
    """Leave out wishes, many at once at first, as long as the rest is impossible."""
    size = len(wishes)
    while size:
        at = 0
        while at < len(wishes):
            rest = wishes[:at] + wishes[at + size :]
            if is_impossible(rest):
                wishes = rest
            else:
                at += size
        size //= 2
    return wishes


def _served(side: _Side, wishes: Sequence[_Wish]) -> tuple[int, int]:
    """How much these wishes ask for together and how much of it they allow, each supplier once for each demander.

    A supplier without a bound among the wishes gives to all; the others hand on along augmenting paths.
    """
    demands = {wish.demander: side.demands[wish.demander] for wish in wishes if wish.kind == "demand"}
    room = {wish.supplier: side.capacities[wish.supplier] for wish in wishes if wish.kind == "capacity"}
    barred = {(wish.demander, wish.supplier) for wish in wishes if wish.kind == "conflict"}
    for wish in wishes:
        if wish.kind == "fixed" and wish.supplier in room:
            room[wish.supplier] -= 1
    given: dict[str, set[str]] = {supplier: set() for supplier in room}
    served = 0
    for demander, wanted in demands.items():
        freely = sum(supplier not in room and (demander, supplier) not in barred for supplier in side.suppliers)
        served += min(wanted, freely)
        for _ in range(wanted - freely):
            served += _augment(demander, room, given, barred)
    return sum(demands.values()), served


def _augment(demander: str, room: Mapping[str, int], given: dict[str, set[str]], barred: set[Pair]) -> bool:
    """One place more for the demander, others moving on where they must; False when there is none."""
    came_from: dict[str, tuple[str, str]] = {}
    queue = [(demander, "")]
    for mover, left in queue:
        for supplier in room:
            if supplier in came_from or mover in given[supplier] or (mover, supplier) in barred:
                continue
            came_from[supplier] = (mover, left)
            if len(given[supplier]) < room[supplier]:
                _move_up(supplier, came_from, given)
                return True
            queue.extend((other, supplier) for other in sorted(given[supplier]))
    return False


def _move_up(free: str, came_from: Mapping[str, tuple[str, str]], given: dict[str, set[str]]) -> None:
    while free:
        mover, left = came_from[free]
        given[free].add(mover)
        if left:
            given[left].remove(mover)
        free = left


def _without(limits: Limits, reason: Reason) -> Limits:
    """The limits with the demands of a reason given up, but for what is fixed."""
    if reason.code == "least_too_high":
        return replace(limits, least=limits.least | dict.fromkeys(reason.judges, 0))
    if reason.code == "leasts_above_needs":
        return replace(limits, least=dict.fromkeys(limits.judges, 0))
    if reason.code == "too_little_room":
        return replace(limits, most={})
    begun = {entry: sum(pair[0] == entry for pair in limits.fixed) for entry in reason.entries}
    return replace(limits, needs=limits.needs | begun)
