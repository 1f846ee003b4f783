"""The words of Convoke and their translations: gettext catalogues in ``templates/locale``, kept by Babel."""

import ast
import io
import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

DOMAIN = "convoke"

SOURCE = "en"
"""The language that the msgids are written in: its catalogue stays empty."""

EXTRACT = [
    ("templates/pages", ".html", "jinja2"),
    ("templates/email", ".txt", "jinja2"),
    ("templates/email", ".mjml", "jinja2"),
    ("templates/email", ".html", "jinja2"),
    ("chalicelib", ".py", "python"),
]
"""Where words stand: folder, suffix, and Babel's extraction method. Made files (``body.html``) are left out below."""

FORMS = (
    "domain/file_kinds",
    "domain/form",
    "handlers/contributions",
    "handlers/own_data",
    "usecases/answer",
    "usecases/contribute",
    "usecases/delegate",
    "usecases/give_feedback",
    "usecases/lead_delegation",
    "usecases/own_data",
    "usecases/private_uploads",
    "usecases/register",
    "usecases/registration_form",
    "usecases/take_place",
)
"""The rooms whose sentences a form shows beside its fields."""

CHANGING = re.compile(
    rb'"(Report-Msgid-Bugs-To|POT-Creation-Date|PO-Revision-Date|Last-Translator|Language-Team|'
    rb"Generated-By):[^\n]*\n"
)
"""Header lines that would differ from run to run, or say nothing."""

KEYWORDS: dict[str, Any] = {
    "gettext": None,
    "_": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}


def languages(root: Path) -> list[str]:
    """Every language that has a catalogue."""
    return sorted(path.parts[-3] for path in (root / "templates/locale").glob(f"*/LC_MESSAGES/{DOMAIN}.po"))


def compile_catalogues(root: Path) -> list[Path]:
    from babel.messages.mofile import write_mo

    made = []
    for language in languages(root):
        source, compiled = _catalogue(root, language), io.BytesIO()
        catalogue = _read(source)
        catalogue.creation_date = catalogue.revision_date = datetime(2000, 1, 1, tzinfo=UTC)
        write_mo(compiled, catalogue, use_fuzzy=False)
        made += write_if_changed(source.with_suffix(".mo"), compiled.getvalue())
    return made


def update_messages(root: Path) -> None:
    """Bring each catalogue up to date with the words in use. Translations stay; those out of use become comments."""
    from babel.messages.pofile import write_po

    for language in languages(root):
        if language == SOURCE:
            continue
        catalogue, found = _read(_catalogue(root, language)), extract(root)
        for message in list(catalogue.obsolete.values()):
            if found.get(message.id, message.context):
                catalogue[message.id] = message
        catalogue.update(found, no_fuzzy_matching=True)
        text = io.BytesIO()
        write_po(text, catalogue, width=120, include_lineno=False, sort_by_file=True)
        write_if_changed(_catalogue(root, language), CHANGING.sub(b"", text.getvalue()))


def extract(root: Path) -> Any:
    """A Babel catalogue of every msgid in templates and code, each with the files that it stands in."""
    from babel.messages.catalog import Catalog
    from babel.messages.extract import extract_from_file

    found = Catalog(project="Convoke", version="1", charset="utf-8")
    for folder, suffix, method in EXTRACT:
        for path in sorted((root / folder).rglob(f"*{suffix}")):
            if suffix == ".html" and path.with_suffix(".mjml").exists():
                continue
            name, how = path.relative_to(root).as_posix(), "jinja2.ext:babel_extract" if method == "jinja2" else method
            options = {"trimmed": "true", "silent": "false"}
            for line, message, comments, context in extract_from_file(how, path, KEYWORDS, ["Translators:"], options):
                found.add(message, None, [(name, line)], auto_comments=comments, context=context)
    for name in FORMS:
        path = root / f"chalicelib/{name}.py"
        for sentence in sentences(path.read_text("utf-8")) if path.exists() else []:
            found.add(sentence, None, [(path.relative_to(root).as_posix(), 0)])
    return found


def sentences(source: str) -> list[str]:
    """The sentences in Python source: string literals that end like one, docstrings apart."""
    tree = ast.parse(source)
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and id(node) not in alone
        and isinstance(node.value, str)
        and re.fullmatch(r"[A-Z].* .*\.", node.value)
    ]


def _catalogue(root: Path, language: str) -> Path:
    return root / f"templates/locale/{language}/LC_MESSAGES/{DOMAIN}.po"


def _read(path: Path) -> Any:
    from babel.messages.pofile import read_po

    with path.open("rb") as file:
        return read_po(file, locale=path.parts[-3], domain=DOMAIN, abort_invalid=True)


def write_if_changed(path: Path, content: bytes) -> list[Path]:
    """The paths that changed: this one, or none. A reader never sees half a file."""
    if path.exists() and path.read_bytes() == content:
        return []
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    aside.write_bytes(content)
    aside.replace(path)
    return [path]
