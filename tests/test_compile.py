"""Packaging makes the same files from the same sources, and every word that people read has a translation."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from jinja2 import ModuleLoader

from chalicelib.adapters import templates
from infra.compile import ROOT, compile_all, compile_templates, names
from infra.messages import extract, languages, sentences, update_messages
from tests.adapters.page_cases import STATES, page

OTHERS = [language for language in languages(ROOT) if language != "en"]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The project's templates and code, without what was made from them."""
    for folder in ("templates", "chalicelib"):
        shutil.copytree(ROOT / folder, tmp_path / folder,
                        ignore=shutil.ignore_patterns("*.mo", "names.json", "body.html", "__pycache__"))
    return tmp_path


def catalogue(root: Path, language: str):
    with (root / f"templates/locale/{language}/LC_MESSAGES/convoke.po").open("rb") as file:
        return read_po(file, locale=language)


def filled(message) -> bool:
    return all(message.string) if isinstance(message.string, tuple) else bool(message.string)


def test_compiling_makes_words_and_names_of_each_language_and_a_second_time_changes_nothing(copy):
    made = {path.relative_to(copy).as_posix() for path in compile_all(copy)}
    for language in languages(copy):
        assert f"templates/locale/{language}/names.json" in made
        assert f"templates/locale/{language}/LC_MESSAGES/convoke.mo" in made
    assert compile_all(copy) == []


def test_collecting_the_words_twice_changes_nothing_the_second_time(copy):
    update_messages(copy)
    once = [path.read_bytes() for path in sorted(copy.rglob("*.po"))]
    update_messages(copy)
    assert [path.read_bytes() for path in sorted(copy.rglob("*.po"))] == once


@pytest.mark.parametrize("language", OTHERS)
def test_every_word_in_use_is_translated_and_none_is_a_guess(language):
    translated = catalogue(ROOT, language)
    missing = []
    for message in extract(ROOT):
        found = message.id and translated.get(message.id, message.context)
        if message.id and (found is None or not filled(found) or found.fuzzy):
            missing.append(message.id)
    assert missing == []


@pytest.mark.parametrize("language", OTHERS)
def test_translations_keep_the_placeholders_of_their_originals(language):
    for message in catalogue(ROOT, language):
        if message.id and filled(message):
            assert list(message.check()) == []


def test_words_that_come_into_use_again_get_their_old_translation_back(copy):
    page = copy / "templates/pages/unsubscribe.html"
    before = page.read_text("utf-8")
    said = catalogue(copy, "ru")["Stop the invitations"].string
    page.write_text(before.replace("Stop the invitations", "Something else"), "utf-8")
    update_messages(copy)
    assert catalogue(copy, "ru").get("Stop the invitations") is None
    page.write_text(before, "utf-8")
    update_messages(copy)
    assert catalogue(copy, "ru")["Stop the invitations"].string == said


def test_what_a_form_says_back_is_among_the_words():
    found = sentences('"""A docstring is not one."""\nx = ("name", "Enter your name.", "no sentence")\n')
    assert found == ["Enter your name."]
    assert extract(ROOT).get("Enter your name as it should stand on the badge.")


def test_names_have_twelve_months_seven_days_and_no_letters_that_fonts_lack():
    for language in languages(ROOT):
        made = names(language)
        assert (len(made["months"]), len(made["weekdays"])) == (12, 7)
        assert "\u202f" not in str(made["dates"])


def test_templates_made_ready_for_the_package_say_the_same_as_their_sources(tmp_path, monkeypatch):
    shown = {(case, code): page(case, code) for case in STATES for code in languages(ROOT)}
    shutil.copytree(ROOT / "templates/locale", tmp_path / "locale")
    compile_templates(tmp_path / templates.COMPILED)
    monkeypatch.setattr(templates, "TEMPLATES", tmp_path)
    templates.environment.cache_clear()
    try:
        assert {(case, code): page(case, code) for case, code in shown} == shown
        assert isinstance(templates.environment("ru").loader, ModuleLoader)
    finally:
        templates.environment.cache_clear()


def test_templates_are_made_ready_alike_whatever_seeds_the_hashes(tmp_path):
    code = "import sys, pathlib; from infra.compile import compile_templates as c; c(pathlib.Path(sys.argv[1]))"
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        subprocess.run([sys.executable, "-c", code, str(tmp_path / seed)], cwd=ROOT, env=environment, check=True)
    first, second = ({file.name: file.read_bytes() for file in (tmp_path / seed).iterdir()} for seed in ("1", "2"))
    assert first == second and first
