"""Libraries of others that read our calendars back, each as `texts -> [{uid: (start, end, title)}]`, instants in
seconds since 1970. None shares code with icalendar, khal excepted."""

import ctypes
import ctypes.util
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.programs import not_run, require_program

Found = dict[str, tuple[int, int, str]]
HERE = Path(__file__).parent
ELSEWHERE = {"TZ": "Pacific/Kiritimati"}
"""The machine's zone while programs read: a time that floats is 20 hours off, not right by accident."""


# -------------------------------------------------------------------------------------------------- Python


def with_vobject(texts: Sequence[str]) -> list[Found]:
    import vobject

    return [_read_by_vobject(vobject, text) for text in texts]


def _read_by_vobject(vobject: Any, text: str) -> Found:
    vars(vobject.icalendar)["__tzidMap"].clear()  # it would take the zone of an earlier file for this one's
    vobject.icalendar.registerTzid("UTC", vobject.icalendar.utc)
    return {
        event.uid.value: _found(event.dtstart.value, event.dtend.value, event.summary.value)
        for event in vobject.readOne(text).vevent_list
    }


def with_ics(texts: Sequence[str]) -> list[Found]:
    if importlib.util.find_spec("ics") is None:
        not_run("ics", "the Python package is not installed")
    return _of_json(_output([sys.executable, str(HERE / "read_with_ics.py")], texts))


def with_khal(texts: Sequence[str]) -> list[Found]:
    if importlib.util.find_spec("khal") is None:
        not_run("khal", "the Python package is not installed")
    return _of_json(_output([sys.executable, str(HERE / "read_with_khal.py")], texts))


def _found(starts_at: datetime, ends_at: datetime, title: str) -> tuple[int, int, str]:
    return int(starts_at.timestamp()), int(ends_at.timestamp()), title


# ---------------------------------------------------------------------------------------------------- node


def with_node(texts: Sequence[str]) -> dict[str, list[Found]]:
    """What ical.js, node-ical and ts-ics read."""
    node = require_program("ical.js, node-ical, ts-ics", "node")
    found = _output([node, str(HERE / "read.mjs"), str(_installed())], texts)
    return {name: _of_json(calendars) for name, calendars in found.items()}


def _output(command: list[str], texts: Sequence[str]) -> Any:
    """The JSON that a program answers to the texts, far from home."""
    done = subprocess.run(
        command,
        input=json.dumps(list(texts)),
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, **ELSEWHERE},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def _of_json(calendars: list[Any]) -> list[Found]:
    return [{uid: tuple(entry) for uid, entry in (calendar or {}).items()} for calendar in calendars]


def _installed() -> Path:
    """The folder with the packages of package.json, installed once per set of versions, outside the repository."""
    wanted = (HERE / "package.json").read_bytes()
    name = f"plenaria-calendar-readers-{os.getuid()}-{hashlib.sha256(wanted).hexdigest()[:12]}"
    folder = Path(os.environ.get("PLENARIA_READERS", tempfile.gettempdir())) / name
    if not (folder / "complete").exists():
        _install(wanted, folder)
    return folder


def _install(wanted: bytes, folder: Path) -> None:
    npm = require_program("ical.js, node-ical, ts-ics", "npm")
    fresh = Path(tempfile.mkdtemp(prefix="plenaria-calendar-readers-"))
    (fresh / "package.json").write_bytes(wanted)
    quiet = ["--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    try:
        done = subprocess.run(
            [npm, "install", *quiet], cwd=fresh, capture_output=True, text=True, timeout=90, check=False
        )
    except subprocess.TimeoutExpired:
        not_run("ical.js, node-ical, ts-ics", "npm did not answer within 90 s")
    if done.returncode:
        not_run("ical.js, node-ical, ts-ics", f"npm: {done.stderr.strip()[:200]}")
    (fresh / "complete").touch()
    try:
        fresh.rename(folder)
    except OSError:  # another process was first
        shutil.rmtree(fresh)


# -------------------------------------------------------------------------------------------------- libical


class _Time(ctypes.Structure):
    """`struct icaltimetype` of libical 3."""

    _fields_ = [
        *[
            (part, ctypes.c_int)
            for part in ["year", "month", "day", "hour", "minute", "second", "is_date", "is_daylight"]
        ],
        ("zone", ctypes.c_void_p),
    ]


VEVENT = 4
"""ICAL_VEVENT_COMPONENT of libical 3."""


def with_libical(texts: Sequence[str]) -> list[Found]:
    library = _libical()
    return [_read_by(library, text) for text in texts]


def _read_by(library: ctypes.CDLL, text: str) -> Found:
    calendar = library.icalparser_parse_string(text.encode())
    found: Found = {}
    event = library.icalcomponent_get_first_component(calendar, VEVENT)
    while event:
        start, end = library.icalcomponent_get_dtstart(event), library.icalcomponent_get_dtend(event)
        instants = [library.icaltime_as_timet_with_zone(at, at.zone) for at in (start, end)]
        uid = library.icalcomponent_get_uid(event).decode()
        found[uid] = (*instants, library.icalcomponent_get_summary(event).decode())
        event = library.icalcomponent_get_next_component(calendar, VEVENT)
    library.icalcomponent_free(calendar)
    return found


def _libical() -> ctypes.CDLL:
    path = os.environ.get("PLENARIA_LIBICAL") or ctypes.util.find_library("ical")
    if not path:
        not_run("libical", "Debian's libical3 is not installed")
    library = ctypes.CDLL(path)
    pointer, text = ctypes.c_void_p, ctypes.c_char_p
    for name, gives, takes in (
        ("icalparser_parse_string", pointer, [text]),
        ("icalcomponent_get_first_component", pointer, [pointer, ctypes.c_int]),
        ("icalcomponent_get_next_component", pointer, [pointer, ctypes.c_int]),
        ("icalcomponent_get_dtstart", _Time, [pointer]),
        ("icalcomponent_get_dtend", _Time, [pointer]),
        ("icaltime_as_timet_with_zone", ctypes.c_longlong, [_Time, pointer]),
        ("icalcomponent_get_uid", text, [pointer]),
        ("icalcomponent_get_summary", text, [pointer]),
        ("icalcomponent_free", None, [pointer]),
    ):
        function = getattr(library, name)
        function.restype, function.argtypes = gives, takes
    return library


PYTHON_READERS: dict[str, Callable[[Sequence[str]], list[Found]]] = {
    "vobject": with_vobject,
    "ics": with_ics,
    "khal": with_khal,
    "libical": with_libical,
}
NODE_READERS = ("ical.js", "node-ical", "ts-ics")
