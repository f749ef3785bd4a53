"""Files of others that the interchange is tested with: schemas and schedules, not ours to copy."""

from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec
from lxml import etree

from tests.programs import third_party_file


def schema_file(name: str) -> Path:
    """A schema of the frab family."""
    return third_party_file(f"frab/{name}")


def schedule_file(name: str) -> bytes:
    """A conference's real schedule."""
    return third_party_file(f"schedules/{name}").read_bytes()


def json_problems(document: bytes) -> list[str]:
    """Where a `schedule.json` is not valid by the published JSON Schema."""
    return [error.message for error in _json_schema().iter_errors(msgspec.json.decode(document))]


def xml_problems(document: bytes) -> list[str]:
    """Where a `schedule.xml` is not valid by the published XSD."""
    schema = _xsd()
    schema.validate(etree.fromstring(document, etree.XMLParser(huge_tree=True)))
    return [str(error) for error in schema.error_log]


@cache
def _json_schema() -> Any:
    return jsonschema_rs.validator_for(msgspec.json.decode(schema_file("schema.json").read_bytes()))


@cache
def _xsd() -> Any:
    return etree.XMLSchema(etree.parse(schema_file("schedule.xml.xsd")))
