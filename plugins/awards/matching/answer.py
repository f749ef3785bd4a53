"""What an assignment gives: the pairs with what can be said of them, or the reasons why there is none."""

from typing import Literal

from msgspec import Struct

from plenaria.plugins.awards.matching.problem import Pair

Connection = Literal["connected", "impossible", "not_found"]
"""Whether every two entries are linked through judges they share. `impossible` is proven; `not_found` is not."""


class Quality(Struct, frozen=True):
    """How well expertise is used. `worst`: the total expertise of the entry that has least; `total`: of all pairs.

    The bounds are proven: no assignment (that is connected, if this one is) has a worst entry above `worst_at_most`, and
    none whose worst entry is as good as this one's has a total above `total_at_most`. A stage is proven when its value
    is the bound; expertise is compared in whole steps of `step` (0: exactly), and "is" means in steps.
    """

    worst: float
    worst_at_most: float
    is_worst_proven: bool
    total: float
    total_at_most: float
    is_total_proven: bool
    step: float


class Assigned(Struct, frozen=True):
    """The pairs, entry by entry and judge by judge in the order given, and each judge's load.

    `parts`: the entries that can be compared with each other, through chains of shared judges; one part when connected.
    `quality` is None where no expertise was given.
    """

    pairs: tuple[Pair, ...]
    loads: dict[str, int]
    parts: tuple[tuple[str, ...], ...]
    connection: Connection
    quality: Quality | None = None


ReasonCode = Literal["too_few_judges", "judges_full", "least_too_high", "too_little_room", "leasts_above_needs"]


class Reason(Struct, frozen=True):
    """One smallest set of wishes that cannot all be met: without any single one of those named, the others can.

    too_few_judges      `entries` need `needed` judgings; `judges`, all that are open to them, allow `available`
    judges_full         the same, because `bounded` judges take no more
    least_too_high      `judges` must take at least `needed` entries together; `entries`, all that are open to them, allow
                        `available`; `bounded`: the entries of which this is so because they have as many as they need
    too_little_room     all entries together need `needed`, all judges together take `available` (nobody is named)
    leasts_above_needs  all judges together must take `needed`, all entries together need `available` (nobody is named)

    The wishes named: the needs of `entries` (in least_too_high the least loads of `judges`), the bounds of `bounded`,
    `conflicts`, and that the work in `fixed` stays. In the last two codes: the needs as a whole and the bounds as a whole.
    """

    code: ReasonCode
    entries: tuple[str, ...]
    judges: tuple[str, ...]
    needed: int
    available: int
    bounded: tuple[str, ...] = ()
    conflicts: tuple[Pair, ...] = ()
    fixed: tuple[Pair, ...] = ()


class Impossible(Struct, frozen=True):
    """Why there is no assignment: each reason holds even if the demands of those before it are given up. All must be
    cured; where entries find no judges, least loads that are too high may come to light only after that."""

    reasons: tuple[Reason, ...]


class Repaired(Struct, frozen=True):
    """An assignment after a loss, and how it differs from the one before: pairs added and removed, in the order given."""

    assigned: Assigned
    added: tuple[Pair, ...]
    removed: tuple[Pair, ...]
