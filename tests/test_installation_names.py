"""What belongs to one installation stands in config/ and nowhere else: the product serves any congress."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NAMES = re.compile(
    r"\bINA\b|CIIAM|Industria Nacional de Autopartes|Hacienda de los Morales|Premio Nacional de la Industria",
    re.IGNORECASE,
)
TEXTS = {".py", ".html", ".txt", ".js", ".css", ".po", ".md", ".toml", ".typ", ".svg", ".json", ".xml", ".webmanifest"}


def found_under(folder: str) -> list[str]:
    """`file:line` of every line that names the first installation."""
    files = [
        path for path in sorted((ROOT / folder).rglob("*")) if path.suffix in TEXTS and "__pycache__" not in path.parts
    ]
    return [
        f"{path.relative_to(ROOT)}:{number}"
        for path in files
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if NAMES.search(line)
    ]


def test_the_core_and_the_plugins_name_no_installation() -> None:
    assert found_under("core") + found_under("plugins") == []


def test_the_search_finds_names_where_there_are_some() -> None:
    assert any(place.startswith("config/events/") for place in found_under("config"))
