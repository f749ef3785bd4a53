"""The version, the changelog and the tags say the same (docs/developer/releasing.md)."""

import re
import subprocess
import tomllib
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
VERSION = Version(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])
KINDS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


class Disorder(Exception):
    """The changelog is not in the form that the releasing page says."""


def releases(text: str) -> dict[Version, date]:
    """The released versions with their dates, newest first. Raises Disorder."""
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    if headings[:1] != ["Unreleased"]:
        raise Disorder("“Unreleased” does not stand first")
    found = [(heading, re.fullmatch(r"(\d+\.\d+\.\d+) – (\d{4}-\d\d-\d\d)", heading)) for heading in headings[1:]]
    if wrong := [heading for heading, parts in found if parts is None]:
        raise Disorder(f"not “X.Y.Z – YYYY-MM-DD”: {wrong[0]}")
    released = [(Version(parts[1]), date.fromisoformat(parts[2])) for _, parts in found if parts is not None]
    if any(newer[0] <= older[0] or newer[1] < older[1] for newer, older in pairwise(released)):
        raise Disorder("versions and dates do not fall from top to bottom")
    return dict(released)


def test_the_changelog_has_a_section_with_a_date_for_each_release_and_unreleased_first() -> None:
    released = releases(CHANGELOG)

    assert all(version <= VERSION for version in released), "pyproject.toml is behind the changelog"


def test_what_changed_is_of_a_known_kind() -> None:
    assert set(re.findall(r"^### (.+)$", CHANGELOG, re.MULTILINE)) <= KINDS


def test_every_tag_is_a_release_of_the_changelog() -> None:
    tags = subprocess.run(["git", "tag", "--list", "v*"], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert {Version(tag[1:]) for tag in tags.split()} <= releases(CHANGELOG).keys()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("## 0.1.0 – 2026-01-31", "does not stand first"),
        ("## Unreleased\n## 0.1.0", "not “X.Y.Z – YYYY-MM-DD”: 0.1.0"),
        ("## Unreleased\n## 0.1.0 - 2026-01-31", "not “X.Y.Z"),
        ("## Unreleased\n## 0.1.0 – 2026-01-31\n## 0.2.0 – 2026-01-30", "do not fall"),
        ("## Unreleased\n## 0.2.0 – 2026-01-31\n## 0.1.0 – 2026-02-28", "do not fall"),
        ("## Unreleased\n## 0.1.0 – 2026-01-31\n## 0.1.0 – 2026-01-31", "do not fall"),
    ],
)
def test_a_changelog_in_disorder_is_seen(text: str, complaint: str) -> None:
    with pytest.raises(Disorder, match=complaint):
        releases(text)


def test_a_changelog_in_order_is_read() -> None:
    text = "## Unreleased\n### Added\n- x\n## 0.10.0 – 2026-03-01\n## 0.9.0 – 2026-03-01\n"

    assert releases(text) == {Version("0.10.0"): date(2026, 3, 1), Version("0.9.0"): date(2026, 3, 1)}
