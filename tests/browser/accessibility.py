"""What is wrong with a page for somebody who cannot see it as its maker did."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
COLOURS = ["color-contrast", "link-in-text-block"]
"""What a page in dark can have wrong that it has not in light."""


def faults_of(page: Page) -> list[str]:
    """WCAG 2.2 A and AA by axe-core, in light and in dark; and whether the page is wider than the screen."""
    page.emulate_media(color_scheme="light")
    page.evaluate(Axe().axe_script)
    found = _wider_than_the_screen(page) + _violations(page, {"type": "tag", "values": TAGS})
    page.emulate_media(color_scheme="dark")
    return found + _violations(page, {"type": "rule", "values": COLOURS})


def _wider_than_the_screen(page: Page) -> list[str]:
    width, screen = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    return [f"{width} px wide on a screen of {screen}"] if width > screen else []


def _violations(page: Page, rules: dict[str, Any]) -> list[str]:
    run = "options => axe.run(options).then(results => results.violations)"
    return [
        f"{each['id']}: {node['html']} {node['failureSummary']}"
        for each in page.evaluate(run, {"runOnly": rules, "resultTypes": ["violations"]})
        for node in each["nodes"]
    ]
