"""A figure that the data do not determine, and why."""

from typing import Literal

from msgspec import Struct

Reason = Literal[
    "no_marks",  # nobody scored anything
    "one_entry",  # nothing to compare
    "one_judge",  # a judge's taste cannot be told from an entry's merit
    "incomplete",  # needs every judge's score of every entry
    "constant",  # every score is the same
    "all_tied",  # every judge gave all their entries the same
    "no_pairs",  # no entry has two scores
    "negative",  # ratios need scores from 0 up
    "no_spare_scores",  # as many unknowns as scores: nothing is left to tell chance by
    "no_error",  # judges differ by a constant and nothing else: chance cannot be measured
    "extra_missing",  # numpy and scipy are not installed (the extra `jury`)
]


class Undefined(Struct, frozen=True, tag="undefined", tag_field="kind"):
    """Stands where a figure would; `reason` is a stable code for the page to word."""

    reason: Reason
