"""What the Python package ics reads. A process of its own, because its parser has colorama wrap the output streams
anew for each line, ever deeper. Input: a JSON array of texts; output: a JSON array of {uid: [start, end, title]}."""

import json
import sys

sys.modules["colorama"] = None  # type: ignore[assignment] - as if it were not installed

import ics  # noqa: E402 - after the line above

texts = json.load(sys.stdin)
found = [
    {e.uid: (e.begin.int_timestamp, e.end.int_timestamp, e.name) for e in ics.Calendar(text).events} for text in texts
]
json.dump(found, sys.stdout)
