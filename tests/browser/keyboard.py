"""Somebody who has a keyboard and nothing else, in a real browser; and what is looked at on each page on their way."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from chalicelib.adapters.language import load_locale
from infra.build import ROOT

expect.set_options(timeout=20_000)

PICTURES = ROOT / ".build/pages"

MOST = 60
"""How often somebody would press Tab before giving up."""

FOCUSED = """target => {
  const one = document.activeElement;
  const what = one.outerHTML.slice(0, 160);
  if (one === document.body) return { seen: true, framed: true, what: "", there: false };
  const box = one.getBoundingClientRect();
  let frame = one;
  for (let up = 0; up < 3 && getComputedStyle(frame).outlineStyle === "none"; up++) frame = frame.parentElement;
  return {
    seen: box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight,
    framed: getComputedStyle(frame).outlineStyle !== "none" || !one.matches(":focus"),
    what,
    there: one === target || target.type === "radio" && one.name === target.name,
  };
}"""
"""Whether the focused element is on the screen (WCAG 2.2, 2.4.11), whether it or what holds it is framed (2.4.7), and
whether it is the target or in its group of radio buttons. Between the last element and the first it is none. A button
inside a field of the browser's own, as for a calendar, is framed by the browser."""

WIDE = """[...document.querySelectorAll("body *")].filter(one => one.getBoundingClientRect().right > innerWidth + 1
  && !one.closest(".hidden")).map(one => one.outerHTML.slice(0, 120))"""


class Keyboard:
    """Presses keys on one page. ``words`` are the page's, by their English."""

    def __init__(self, page: Page, language: str) -> None:
        self.page, self.language, self._locale = page, language, load_locale(language)

    def anew(self, link: str) -> "Keyboard":
        """The page is closed, and the link opened again in the same browser."""
        browser = self.page.context
        self.page.close()
        page = browser.new_page()
        page.goto(link)
        return Keyboard(page, self.language)

    def words(self, english: str, **facts: str) -> str:
        """What the page says for this, in its language."""
        said = self._locale.gettext(english)
        assert self.language == "en" or said != english, f"{english!r} has no translation"
        return said % facts if facts else said

    def button(self, english: str) -> Locator:
        return self.page.get_by_role("button", name=self.words(english), exact=True)

    def link(self, english: str) -> Locator:
        return self.page.get_by_role("link", name=self.words(english), exact=True)

    def field(self, english: str) -> Locator:
        return self.page.get_by_label(self.words(english), exact=True)

    def summary(self, english: str) -> Locator:
        return self.page.locator("summary", has_text=self.words(english))

    def sees(self, english: str, **facts: str) -> None:
        """A heading with these words is on the page."""
        expect(self.page.get_by_role("heading", name=self.words(english, **facts), exact=True).first).to_be_visible()

    def reach(self, target: Locator, key: str = "Tab") -> None:
        """Tab, or Shift+Tab, until the focus is there; a radio button is reached with its group."""
        expect(target).to_be_visible()
        passed = list[str]()
        for _ in range(MOST):
            self.page.keyboard.press(key)
            focused = target.evaluate(FOCUSED)
            assert focused["seen"] and focused["framed"], focused
            if focused["there"]:
                return
            passed.append(focused["what"][:80])
        raise AssertionError(f"{key} never comes to {target}; it passed {passed}")

    def press(self, target: Locator, key: str = "Enter") -> None:
        self.reach(target)
        self.page.keyboard.press(key)

    def follow(self, target: Locator, key: str = "Tab") -> None:
        """A link or button that leads to another page, or to this one anew."""
        self.reach(target, key)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def choose(self, target: Locator) -> None:
        """A radio button: Tab to its group, then the arrows."""
        self.reach(target)
        for _ in range(12):
            if target.evaluate("one => one === document.activeElement"):
                break
            self.page.keyboard.press("ArrowDown")
        if not target.is_checked():
            self.page.keyboard.press("Space")
        expect(target).to_be_checked()

    def tick(self, target: Locator) -> None:
        expect(target).not_to_be_checked()
        self.press(target, "Space")
        expect(target).to_be_checked()

    def write(self, target: Locator, text: str) -> None:
        """Replaces what stands in the field, which Tab has selected."""
        self.reach(target)
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.type(text)
        expect(target).to_have_value(text)

    def pick(self, target: Locator, value: str) -> None:
        """One of a list that opens: the arrows, as typing its first letters is a matter of how fast one types."""
        self.reach(target)
        for _ in range(MOST):
            self.page.keyboard.press("ArrowDown")
            if target.input_value() == value:
                return
        raise AssertionError(f"the arrows never come to {value}")

    def told_what_is_wrong(self, *messages: str) -> None:
        """The focus is on the summary of errors, which says these things and no others."""
        summary = self.page.get_by_role("alert")
        expect(summary).to_be_focused()
        expect(summary.get_by_role("listitem")).to_have_text(list(messages))
        assert self.page.title().startswith(self.words("Error:"))

    def go_to_error(self, message: str, field: Locator) -> None:
        """The summary's link leads to the field, which says what is wrong with it."""
        self.press(self.page.get_by_role("alert").get_by_role("link", name=message, exact=True))
        expect(field).to_be_focused()

    def look(self, name: str) -> None:
        """The page is in this language, holds no accessibility violation, fits; its picture lies in .build/pages."""
        expect(self.page.locator("html")).to_have_attribute("lang", self.language)
        found = Axe().run(self.page).response["violations"]
        assert not found, [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in found]
        width = self.page.viewport_size["width"] if self.page.viewport_size else 0
        assert self.page.evaluate("document.documentElement.scrollWidth") <= width, self.page.evaluate(WIDE)
        size = "phone" if width < 600 else "desk"
        PICTURES.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=PICTURES / f"way-{name}-{self.language}-{size}.png", full_page=True)
