"""MkDocs hook: pages that lie beside the code become pages of the site, and links between both lead on.

On the site a file of `docs/` stands without that folder, any other page where it stands in the checkout. A link is resolved as
in the checkout: to a page, it leads to that page; to a folder, to its README; to another file, that file is copied into the
site; to a folder without a README, only its words stay. What does not exist is left to `mkdocs build --strict`, which fails.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from pymdownx.slugs import slugify

ROOT = Path(__file__).resolve().parent.parent
BESIDE = (
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "CHANGELOG.md",
    "plugins/README.md",
    "plugins/*/README.md",
    "examples/*/README.md",
)
"""Pages outside `docs/`."""

_FENCE = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?P<words>!?\[(?:[^\[\]]|\[[^\]]*\])*\])\((?P<target>[^)\s]+)\)")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Headings get the anchors that code-hosting sites give them; a folder in `nav` stands for its pages."""
    config.mdx_configs.setdefault("toc", {})["slugify"] = slugify(case="lower")
    config.nav = [_with_folder(entry) for entry in config.nav or ()]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    for path in sorted(path for pattern in BESIDE for path in ROOT.glob(pattern)):
        _add(files, config, path)
    for page in [file for file in files if file.is_documentation_page()]:
        for target in _targets(page):
            if target.is_file() and files.get_file_from_path(site_uri(target)) is None:
                _add(files, config, target)
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """The text with its links as they stand on the site."""
    source = Path(str(page.file.abs_src_path))
    parts = _FENCE.split(markdown)
    fences = [*_FENCE.findall(markdown), ""]
    rewritten = [_LINK.sub(lambda link: _on_the_site(link, source), part) for part in parts]
    return "".join(part + fence for part, fence in zip(rewritten, fences, strict=True))


def site_uri(path: Path) -> str:
    """Where a file of the checkout stands on the site."""
    return path.relative_to(ROOT).as_posix().removeprefix("docs/")


def _with_folder(entry: Any) -> Any:
    match entry:
        case {**one} if len(one) == 1 and str(folder := next(iter(one.values()))).endswith("/"):
            pages = sorted(
                (ROOT / "docs" / folder).glob("*.md"), key=lambda path: (path.name != "README.md", path.name)
            )
            return {next(iter(one)): [site_uri(path) for path in pages]}
    return entry


def _add(files: Files, config: MkDocsConfig, path: Path) -> None:
    files.append(File.generated(config, site_uri(path), abs_src_path=str(path)))


def _targets(page: File) -> Iterator[Path]:
    source = Path(str(page.abs_src_path))
    for link in _LINK.finditer(_FENCE.sub("", source.read_text(encoding="utf-8"))):
        if (target := _target(link["target"], source)) is not None:
            yield target


def _target(address: str, source: Path) -> Path | None:
    """The file that a link leads to, a folder's README for the folder; None for another page, host or nothing."""
    place = address.partition("#")[0]
    if not place or re.match(r"[a-z]+:", address):
        return None
    target = Path(os.path.normpath(source.parent / place))
    if not target.is_relative_to(ROOT):
        return None
    return target / "README.md" if (target / "README.md").is_file() else target


def _on_the_site(link: re.Match[str], source: Path) -> str:
    target = _target(link["target"], source)
    if target is None or not target.exists():
        return link[0]
    if target.is_dir():
        return link["words"][1:-1]
    start = PurePosixPath(site_uri(source)).parent
    anchor = link["target"].partition("#")[1:]
    return f"{link['words']}({os.path.relpath(site_uri(target), start)}{''.join(anchor)})"
