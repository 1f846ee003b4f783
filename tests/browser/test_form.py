"""The registration form's script in a real browser, on pages as the API renders them."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect, sync_playwright

from tests.adapters.page_cases import page
from tests.browser.test_journey import CHROMIUM, QUIET

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed; .ci/run installs it on Debian"),
]


@pytest.fixture(scope="module", params=[True, False], ids=["scripts", "no scripts"])
def shown(request: pytest.FixtureRequest) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser.new_context(java_script_enabled=request.param, bypass_csp=True).new_page()
        browser.close()


def test_two_sessions_at_the_same_time_are_told_before_anything_is_sent(
    shown: Page, request: pytest.FixtureRequest
) -> None:
    scripts = "no scripts" not in request.node.callspec.id
    shown.set_content(page("registration-clashing").html)
    notice = shown.get_by_text("are held at the same time. You can register for both")
    first, second = (shown.locator(f'[name="sessions"][value="{name}"]') for name in ("session-1", "session-2"))
    expect(second).to_be_checked()
    expect(first).not_to_be_checked()
    expect(notice).to_be_hidden()
    expect(shown.get_by_text("At the same time as").first).to_be_visible()
    first.press("Space")
    expect(notice).to_be_visible(visible=scripts)
    if scripts:
        assert not Axe().run(shown).response["violations"]
    second.press("Space")
    expect(notice).to_be_hidden()
