"""Every state of every page, in both languages: no accessibility violation, nothing that scrolls sideways, a picture.

The pages are rendered as the API renders them, and given to the browser as they are; the pictures lie in .build/pages.
"""

import shutil
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from infra.build import ROOT
from tests.adapters.page_cases import STATES, page
from tests.browser.test_journey import CHROMIUM, DESK, QUIET

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed; .ci/run installs it on Debian"),
]

PICTURES = ROOT / ".build/pages"
SMALLEST = {"width": 320, "height": 800}
"""WCAG 2.2, 1.4.10: content reflows at a width of 320 CSS pixels."""


@pytest.fixture(scope="module")
def shown() -> Iterator[Page]:
    shutil.rmtree(PICTURES, ignore_errors=True)
    PICTURES.mkdir(parents=True)
    with sync_playwright() as playwright:
        browser: Browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser.new_context(bypass_csp=True, reduced_motion="reduce").new_page()
        browser.close()


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("case", STATES)
def test_a_page_can_be_used_by_everybody_and_fits_the_smallest_screen(shown: Page, case: str, language: str) -> None:
    shown.set_viewport_size(SMALLEST)  # type: ignore[arg-type]
    shown.set_content(page(case, language).html)
    shown.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    found = Axe().run(shown).response["violations"]
    assert not found, [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in found]
    wide = shown.evaluate(
        "[...document.querySelectorAll('main *')].filter(one => one.getBoundingClientRect().right > innerWidth + 1"
        " && !one.closest('.hidden') && getComputedStyle(one).position !== 'absolute')"
        ".map(one => one.outerHTML.slice(0, 120))"
    )
    assert wide == [] and shown.evaluate("document.documentElement.scrollWidth") <= SMALLEST["width"]
    for name, size in (("phone", {"width": 390, "height": 844}), ("desk", DESK)):
        shown.set_viewport_size(size)  # type: ignore[arg-type]
        shown.screenshot(path=PICTURES / f"{case}-{language}-{name}.png", full_page=True)
