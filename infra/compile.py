"""Make what the functions read ready-made: ``python -m infra.compile``; ``--messages`` updates the catalogues first.

Babel and MJML work here, when packaging, and are absent from Lambda. Made from what stands in ``templates/``:

    locale/<language>/LC_MESSAGES/convoke.mo   from convoke.po beside it
    locale/<language>/names.json               months, weekdays, cities of time zones, countries: from CLDR, by Babel
    email/<kind>/body.html                     from body.mjml beside it

and, in the package alone, ``compiled/``: each of Jinja2's templates as the Python module that Jinja2 makes of it.
"""

import argparse
import json
import re
import zoneinfo
from pathlib import Path
from typing import Any

from infra.messages import compile_catalogues, languages, update_messages, write_if_changed

ROOT = Path(__file__).resolve().parent.parent
CLDR = {"en": "en_GB"}
"""The CLDR locale of a language where it is not the language itself: day before month, and no commas within dates."""

OFFICIAL = {"ru": {"KG": "Кыргызстан"}}
"""Country names of the UN's list (UNTERM) where CLDR has a colloquial one."""

ABBREVIATIONS = {"ru": {"MSK": "МСК"}}
"""Zone letters that are written otherwise in a language; CLDR has none for these."""

NARROW, NO_BREAK = "\u202f", "\u00a0"
"""CLDR sets Russian "2021 г." with a narrow no-break space, which mail clients' fonts often lack."""

JINJA = re.compile(r"\{%.*?%\}", re.DOTALL)

INCLUDE = re.compile(r'<mj-include path="([^"]+)" */>')


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--messages", action="store_true", help="collect the words in use into the .po files")
    if parser.parse_args().messages:
        update_messages(ROOT)
    for path in compile_all(ROOT):
        print("made", path.relative_to(ROOT))


def compile_all(root: Path) -> list[Path]:
    """Make every file that is not up to date; the paths that changed. Running it again changes nothing."""
    return [*compile_catalogues(root), *write_names(root), *compile_mails(root)]


def write_names(root: Path) -> list[Path]:
    made = []
    for language in languages(root):
        text = json.dumps(names(language), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        made += write_if_changed(root / f"templates/locale/{language}/names.json", text.encode())
    return made


def names(language: str) -> dict[str, Any]:
    """What ``Locale`` reads: ``{"dates": {"full": "EEEE, d MMMM y", …}, "cities": {"Asia/Tashkent": …}, …}``."""
    from babel import Locale

    cldr = Locale.parse(CLDR.get(language, language))
    months, days = cldr.months["format"]["wide"], cldr.days["format"]["wide"]
    own_name = str(cldr.get_language_name())
    return {
        "name": own_name[:1].upper() + own_name[1:],
        "direction": cldr.text_direction,
        "dates": _patterns(cldr),
        "months": [months[number] for number in range(1, 13)],
        "weekdays": [days[number] for number in range(7)],
        "cities": _cities(cldr),
        "countries": {code: name for code, name in cldr.territories.items() if re.fullmatch("[A-Z]{2}", code)}
        | OFFICIAL.get(language, {}),
        "abbreviations": ABBREVIATIONS.get(language, {}),
    }


def _patterns(cldr: Any) -> dict[str, str]:
    """Date patterns with and without weekday and year. CLDR lists few of the latter: widened from its short ones."""
    full, long = cldr.date_formats["full"].pattern, cldr.date_formats["long"].pattern
    skeletons = {key: str(pattern) for key, pattern in cldr.datetime_skeletons.items()}
    day = skeletons.get("MMMMd") or skeletons["MMMd"].replace("MMM", "MMMM")
    weekday = skeletons.get("MMMMEEEEd") or re.sub("ccc|E+", "EEEE", skeletons["MMMEd"]).replace("MMM", "MMMM")
    patterns = {"full": full, "long": long, "weekday": weekday, "day": day}
    return {name: pattern.replace(NARROW, NO_BREAK) for name, pattern in patterns.items()}


def _cities(cldr: Any) -> dict[str, str]:
    """Every IANA zone that is named after a place, older names of zones included."""
    from babel.core import get_global

    alias = get_global("zone_aliases")
    listed = {zone: names["city"] for zone, names in cldr.time_zones.items() if "city" in names}
    listed = {alias.get(zone, zone): city for zone, city in listed.items()} | listed
    cities = {}
    for zone in zoneinfo.available_timezones():
        canonical = alias.get(zone, zone)
        if "/" in canonical and not canonical.startswith("Etc/"):
            cities[zone] = listed.get(zone) or listed.get(canonical) or canonical.rpartition("/")[2].replace("_", " ")
    return cities


def compile_mails(root: Path) -> list[Path]:
    """Each ``body.mjml`` to the ``body.html`` that is rendered for a person: still a Jinja2 template."""
    made = []
    for source in sorted((root / "templates/email").glob("*/body.mjml")):
        made += write_if_changed(source.with_suffix(".html"), _mail_html(source).encode())
    return made


def compile_templates(target: Path) -> None:
    """Every template as a module for ``ModuleLoader``, the same for each language. Raises TemplateSyntaxError."""
    from chalicelib.adapters.templates import environment

    environment("en").compile_templates(target, ["html", "txt"], zip=None, ignore_errors=False)


def _mail_html(source: Path) -> str:
    """Jinja's ``{% … %}`` goes through MJML and the inliner as comments, which HTML allows between table rows, where
    either would move or drop text. ``{{ … }}`` stands where text may, and stays. SystemExit for what gets lost."""
    from mjml import mjml_to_html

    marks: list[str] = []

    def hold(mark: re.Match[str]) -> str:
        marks.append(mark[0])
        return f"<!--mark{len(marks) - 1}-->"

    result = mjml_to_html(JINJA.sub(hold, _included(source)))
    if result.errors:
        raise SystemExit(f"{source}: {result.errors}")
    for number, mark in enumerate(marks):
        if result.html.count(f"<!--mark{number}-->") != 1:
            raise SystemExit(f"{source}: {mark} does not come through MJML where it stands")
    html = re.sub(r"<!--mark(\d+)-->", lambda found: marks[int(found[1])], result.html)
    html = re.sub(r"<table(?![^>]*\brole=)", '<table role="presentation"', html)  # MJML gives mj-table no role
    return re.sub(r"\n\s*", "\n", html) + "\n"


def _included(source: Path) -> str:
    """The MJML with each ``<mj-include path="…" />`` replaced by that file, as MJML does, before Jinja is held back."""
    return INCLUDE.sub(lambda found: _included(source.parent / found[1]), source.read_text("utf-8"))


if __name__ == "__main__":
    main()
