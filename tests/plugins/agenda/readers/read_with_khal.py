"""What khal reads: its own events, asked in a zone far away. Input: a JSON array of texts; output: a JSON array of
{uid: [start, end, title]}. It parses with icalendar as we do, but makes instants of the result in its own way."""

import json
import sys

import pytz
from khal.icalendar import cal_from_ics
from khal.khalendar.event import Event

FAR_AWAY = pytz.timezone("Pacific/Kiritimati")
LOCALE = {"default_timezone": FAR_AWAY, "local_timezone": FAR_AWAY}


def read(text: str) -> dict[str, list[int | str]]:
    events = [Event.fromVEvents([part], locale=LOCALE) for part in cal_from_ics(text).walk() if part.name == "VEVENT"]
    return {
        event.uid: [int(event.start_local.timestamp()), int(event.end_local.timestamp()), event.summary]
        for event in events
    }


json.dump([read(text) for text in json.load(sys.stdin)], sys.stdout)
