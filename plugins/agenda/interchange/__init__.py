"""Schedules in and out. Pure: bytes and values, neither database nor network.

Out: a release as calendar entries (`entries`), as `schedule.json` (`frab_json`) and as `schedule.xml` (`frab_xml`), both strictly
valid by the schemas that https://c3voc.de/wiki/schedule publishes.
"""

from .audience import Reader
from .entries import contributed, entries, entry_of
from .json_writing import frab_json
from .xml_writing import frab_xml

__all__ = ["Reader", "contributed", "entries", "entry_of", "frab_json", "frab_xml"]
