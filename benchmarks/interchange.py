"""A large conference's schedule.xml read into values, against ElementTree merely parsing the same bytes in the same run.

    python benchmarks/interchange.py path/to/fosdem-2023.xml [Europe/Brussels]

Prints the median of seven runs of each, in seconds, and their ratio. ElementTree parses in C and understands nothing;
ours checks, repairs and reports.
"""

import statistics
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from xml.etree import ElementTree

from plenaria.plugins.agenda.interchange import read

RUNS = 7


def median_s(work: Callable[[], object]) -> float:
    times = []
    for _ in range(RUNS):
        begun = perf_counter()
        work()
        times.append(perf_counter() - begun)
    return statistics.median(times)


def main() -> None:
    data = Path(sys.argv[1]).read_bytes()
    zone = sys.argv[2] if len(sys.argv) > 2 else "Europe/Brussels"
    ours = median_s(lambda: read(data, zone=zone, language="en"))
    baseline = median_s(lambda: ElementTree.fromstring(data))  # noqa: S314 - the file is the caller's own
    sessions = len(read(data, zone=zone, language="en").imported.draft.sessions)
    print(
        f"{len(data)} bytes, {sessions} sessions: {ours:.3f} s; ElementTree {baseline:.3f} s; {ours / baseline:.1f} times"
    )


if __name__ == "__main__":
    main()
