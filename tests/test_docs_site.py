"""The documentation as a site (`make docs`): complete, without dead links, and without anything from another host."""

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
LOADING = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src", "video": "src"}
"""Tags that make a browser fetch something, and where they say what."""
NO_PAGES = (
    ".*",
    "build",
    "dist",
    "var",
    "src",
    "core",
    "tests",
    "templates",
    "static",
    "locale",
    "__pycache__",
    "*.egg-info",
)


def built(tree: Path, site: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(site)]
    quiet = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    return subprocess.run(command, cwd=tree, env=quiet, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("docs") / "site"
    run = built(ROOT, folder)
    assert run.returncode == 0, run.stderr
    return folder


class Html(HTMLParser):
    """What a page links to, loads, and can be jumped to."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.anchors = {""}
        self.text = path.read_text(encoding="utf-8")
        self.feed(self.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.anchors |= {values[name] for name in ("id", "name") if name in values}
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        if tag in LOADING and LOADING[tag] in values:
            self.loaded.append(values[LOADING[tag]])


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Html]:
    return {path: Html(path) for path in site.rglob("*.html")}


# ------------------------------------------------------------------------------------------------- what is there


def test_every_page_of_the_documentation_is_on_the_site(site: Path) -> None:
    documents = [path.relative_to(ROOT / "docs") for path in (ROOT / "docs").rglob("*.md")]
    documents += [path.relative_to(ROOT) for path in [*ROOT.glob("*.md"), *ROOT.glob("plugins/**/README.md")]]

    names = [path.with_name("index.md") if path.name == "README.md" else path for path in documents]
    assert [str(name) for name in names if not (site / name.with_suffix(".html")).is_file()] == []


def test_links_and_anchors_lead_somewhere(site: Path, pages: dict[Path, Html]) -> None:
    """The same that `--strict` looks at, read from what came out."""
    dead = []
    for path, page in pages.items():
        if path.name == "404.html":
            continue  # its links begin at the root of a host
        for link in page.links:
            parts = urlsplit(link)
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            is_dead = not target.is_file() or (target in pages and parts.fragment not in pages[target].anchors)
            if not parts.scheme and is_dead:
                dead.append(f"{path.relative_to(site)}: {link}")
    assert dead == []


def test_links_out_of_the_docs_folder_lead_to_pages_of_the_site(pages: dict[Path, Html], site: Path) -> None:
    linked = {
        (path.relative_to(site).as_posix(), link.partition("#")[0])
        for path, page in pages.items()
        for link in page.links
    }

    assert {
        ("architecture.html", "plugins/index.html"),
        ("architecture.html", "decisions/index.html"),
        ("developer/production.html", "../config/plenaria.toml"),
        ("developer/production.html", "../deploy/nginx/plenaria.conf"),
        ("plugins/index.html", "../hooks.html"),
        ("index.html", "developer/plugins.html"),
    } <= linked


def test_lists_are_written_so_that_they_become_lists(pages: dict[Path, Html], site: Path) -> None:
    """Unlike the hosting sites, Markdown wants a blank line before a list."""
    lost = [
        f"{path.relative_to(site)}: {paragraph[:60]}"
        for path, page in pages.items()
        for paragraph in re.findall(r"<p>(.*?)</p>", page.text, re.DOTALL)
        if re.search(r"(^|\n)\s*([-*|] |\d+\. )", paragraph)
    ]
    assert lost == []


# ----------------------------------------------------------------------------------------------- nothing from outside


def test_no_page_loads_anything_from_another_host(pages: dict[Path, Html], site: Path) -> None:
    foreign = [url for page in pages.values() for url in page.loaded if re.match(r"(?:[a-z]+:)?//", url)]
    styles = [
        path for path in site.rglob("*.css") if re.search(r"(?:url\(|@import)\s*[\"']?(?:https?:)?//", path.read_text())
    ]

    assert (foreign, styles) == ([], [])


@pytest.fixture
def address(site: Path) -> Iterator[str]:
    handler = partial(_Quiet, directory=str(site))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


def test_a_browser_asks_no_other_host_and_finds_a_word(address: str, chromium_path: str) -> None:
    asked: list[str] = []
    errors: list[str] = []

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=["--no-sandbox"])
        page = browser.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{address}/index.html", wait_until="networkidle")
        page.get_by_role("textbox", name="Search").click()
        page.keyboard.type("waiting list")  # the search listens to keys, once its script has run
        page.locator(".md-search-result__link").first.wait_for()
        browser.close()

    assert errors == []
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []


# -------------------------------------------------------------------------------------------------- what must fail


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of what the site is made of, that a test may spoil."""
    folder = tmp_path / "tree"
    shutil.copytree(ROOT, folder, symlinks=True, ignore=shutil.ignore_patterns(*NO_PAGES))
    return folder


@pytest.mark.parametrize(
    ("name", "line", "complaint"),
    [
        ("docs/architecture.md", "[away](developer/nowhere.md)", "developer/nowhere.md"),
        ("docs/architecture.md", "[away](hooks.md#nowhere)", "#nowhere"),
        ("plugins/agenda/README.md", "[away](../nowhere/README.md)", "nowhere/README.md"),
        ("docs/developer/left-out.md", "# A page that nobody can find", "left-out.md"),
    ],
)
def test_the_build_fails_for_a_dead_link_or_a_page_out_of_reach(
    tree: Path, tmp_path: Path, name: str, line: str, complaint: str
) -> None:
    with (tree / name).open("a", encoding="utf-8") as file:
        file.write(f"\n\n{line}\n")

    run = built(tree, tmp_path / "site")

    assert run.returncode != 0
    assert complaint in run.stderr


def test_the_copy_as_it_is_can_be_built(tree: Path, tmp_path: Path) -> None:
    run = built(tree, tmp_path / "site")
    assert run.returncode == 0, run.stderr
