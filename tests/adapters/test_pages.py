"""What holds for every page an invitee can meet: in each language, for browsers, screen readers and a strict CSP."""

import re
from base64 import b64encode
from collections import Counter
from hashlib import sha256

import pytest

from chalicelib.adapters.language import load_locale
from chalicelib.adapters.pages import DARK, LIGHT, Page, render_page
from chalicelib.adapters.templates import TEMPLATES
from chalicelib.domain.colour import contrast
from tests.adapters.page_cases import EVENT, FILE_PAGES, LINKS, PERSON, STATES, Tags, page
from tests.adapters.sample_event import event


@pytest.fixture(params=["en", "ru"])
def language(request) -> str:
    return request.param


@pytest.fixture(params=STATES)
def case(request) -> str:
    return request.param


@pytest.fixture
def shown(case, language) -> Page:
    return page(case, language)


@pytest.fixture
def tags(shown) -> Tags:
    return Tags(shown.html)


def test_every_page_has_landmarks_one_heading_and_a_language(tags, language):
    counted = Counter(name for name, _ in tags.found)
    assert [counted[name] for name in ("header", "main", "footer", "h1", "title")] == [1, 1, 1, 1, 1]
    assert tags.all("html") == [{"lang": language, "dir": "ltr"}]
    assert tags.all("a")[0] == {"class": "skip", "href": "#main"}


SENDING = ("contribution", "contribution-handed-in-text", "contribution-handed-in-file", "contribution-refused",
           "contribution-unticked", "form-file", "form-file-there", "form-file-refused")
"""The states with a form that posts to the bucket."""


def has_script(case: str) -> bool:
    """Whether the page has a script of ours: that of the registration form, that beside the form of a file, or that of
    the pages where the registration form leads.
    """
    led_to = case.startswith(("confirmation", "erased")) or "request" in (STATES[case][1] or {})
    return case in SENDING or case.startswith("registration") or led_to


def test_no_page_loads_anything_or_runs_anything_but_a_script_of_ours(case, tags):
    assert not {name for name, _ in tags.found} & {"iframe", "object", "embed", "link", "img", "base"}
    assert bool(tags.script) == (tags.all("script") == [{}]) == has_script(case)
    for _, attributes in tags.found:
        assert not [name for name in attributes if name == "style" or name.startswith("on") or name == "src"]
        assert not attributes.get("href", "").startswith(("javascript:", "data:"))


def digest(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def test_the_policy_allows_this_stylesheet_a_script_of_ours_and_one_bucket_and_nothing_else(case, shown, tags):
    script = f"script-src {digest(tags.script)}; " if has_script(case) else ""
    bucket = " https://private.s3.example" if case in SENDING else ""
    bucket = " https:" if case.startswith("join-open") else bucket
    assert shown.headers["Content-Security-Policy"] == (
        f"default-src 'none'; style-src {digest(tags.style)}; {script}form-action 'self'{bucket}; base-uri 'none'; "
        "frame-ancestors 'none'")
    assert "<" not in tags.style


def test_every_page_is_kept_from_caches_referrers_and_search_engines(shown):
    expected = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff",
                "X-Robots-Tag": "noindex", "Content-Type": "text/html; charset=utf-8"}
    assert {name: shown.headers[name] for name in expected} == expected
    assert "max-age=" in shown.headers["Strict-Transport-Security"]


def test_every_field_has_a_label_and_every_reference_a_target(tags):
    ids = [attributes["id"] for _, attributes in tags.found if "id" in attributes]
    assert len(ids) == len(set(ids))
    labels = {attributes["for"] for attributes in tags.all("label")}
    fields = {attributes["id"] for attributes in tags.all("input", "textarea", "select")
              if attributes.get("type") != "hidden"}
    assert fields == labels
    for _, attributes in tags.found:
        for name in ("aria-describedby", "aria-labelledby"):
            assert set(attributes.get(name, "").split()) <= set(ids)
        if attributes.get("href", "").startswith("#"):
            assert attributes["href"][1:] in ids


def test_the_focus_goes_to_what_is_wrong_and_without_that_nowhere(case, shown, tags):
    focused = [attributes for _, attributes in tags.found if "autofocus" in attributes]
    assert focused == [attributes for _, attributes in tags.found if attributes.get("role") == "alert"]
    assert [attributes["tabindex"] for attributes in focused] == (["-1"] if 'class="error' in shown.html else [])


def test_what_people_typed_is_never_markup(shown):
    assert "<b>" not in shown.html
    assert shown.html.count("</textarea>") == shown.html.count("<textarea")


def test_the_join_link_is_on_no_page(shown):
    assert EVENT.document.venue.join_url.split("?")[0] not in shown.html


def test_forms_post_and_links_of_a_page_are_only_those_given(tags):
    assert {attributes["method"] for attributes in tags.all("form")} <= {"post"}
    below = {*LINKS["contributions"].values(), *LINKS["joins"].values(), *FILE_PAGES.values()}
    given = {*below, *map(str, LINKS.values())}
    for attributes in tags.all("a"):
        leads = attributes["href"].replace("webcal:", "https:")
        assert leads.partition("#")[0] in given or leads.startswith(("#", "mailto:", "?lang="))


@pytest.mark.parametrize("case", [case for case in STATES if case not in ("not-found", "problem", "too-many")])
def test_a_russian_page_holds_no_english_sentence(case):
    russian = Tags(page(case, "ru").html).text
    english = {text for text in re.split(r"[.:?] ", Tags(page(case, "en").html).text) if text.count(" ") > 2}
    theirs = "Nazarova|Ministry|nurse|her a place"
    assert [text for text in english if text in russian and not re.search(theirs, text)] == []


@pytest.mark.parametrize("name", [
    "invitation", "invitation-accepted", "invitation-declined", "invitation-tentative", "invitation-registered",
    "invitation-offered", "confirmation", "contribution"])
def test_a_deadline_is_given_in_the_events_zone_and_in_utc_too(name):
    hours = "10:00 in Vienna (CET, UTC+1) 09:00 UTC" if name == "invitation-offered" else (
        "18:00 in Vienna (CET, UTC+1) 17:00 UTC")
    assert hours in Tags(page(name, "en").html).text


def test_a_context_that_lacks_something_fails_loudly():
    with pytest.raises(ValueError, match="undefined"):
        render_page("invitation", load_locale("en"), event=EVENT, invitee=PERSON)


def test_an_accent_too_pale_to_read_is_darkened():
    style = Tags(page("invitation", of=event(accent="#ffee88")).html).style
    light, dark = re.findall(r"--accent(?:-dark)?:(#[0-9a-f]{6})", style)
    assert contrast(light, LIGHT) >= 4.5
    assert contrast(light, "#ffffff") >= 4.5
    assert dark == "#ffee88"


def colours(scheme: str) -> dict[str, str]:
    """The named colours of the stylesheet, ``light`` or ``dark``."""
    blocks = re.findall(r":root \{(.*?)\}", (TEMPLATES / "pages/convoke.css").read_text("utf-8"), re.DOTALL)
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", blocks[["light", "dark"].index(scheme)]))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_and_the_borders_of_fields_can_be_seen_on_every_ground(scheme):
    named = colours(scheme)
    for ground in ("ground", "sheet", "panel"):
        for text in ("ink", "soft", "wrong"):
            assert contrast(named[text], named[ground]) >= 4.5
    assert contrast(named["strong-line"], named["sheet"]) >= 3


def test_the_accent_is_checked_on_the_grounds_where_it_stands_out_least():
    light, dark = ([colours(scheme)[name] for name in ("ground", "sheet", "panel")] for scheme in ("light", "dark"))
    assert min(light, key=lambda ground: contrast(ground, "#000000")) == LIGHT
    assert max(dark, key=lambda ground: contrast(ground, "#000000")) == DARK
