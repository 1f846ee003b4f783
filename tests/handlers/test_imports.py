"""What a container loads before its first request: what invitees' pages need, and no more."""

import json
import subprocess
import sys

import pytest

from chalicelib.handlers.organisers import ROUTES, view
from infra.build import ROOT

INVITEES = {
    "answer", "call_off", "give_feedback", "leave", "open_link", "outbox", "register",
    "registration_form", "take_place",
}  # fmt: skip
"""The use cases behind an invitee's pages."""

ROOMS = {
    "calendar_feed", "clock", "contributions", "delegation", "deliver", "desk", "form_files",
    "inbound_mail", "invitees", "join", "mailing", "organisers", "own_data", "problems", "requests",
    "ses_events", "typeset", "visit",
}  # fmt: skip
"""The handlers' rooms with routes and functions, and what invitees' pages need of the others."""

HEAVY = {"boto3", "concurrent.futures.thread", "icalendar", "jinja2.ext", "openpyxl", "s3transfer", "typst"}

LOADED = """
import json, sys
import {module}
from pydantic import BaseModel

def descendants(model):
    for one in model.__subclasses__():
        yield one
        yield from descendants(one)

ours = (model for model in descendants(BaseModel) if model.__module__.startswith("chalicelib"))
print(json.dumps([sorted(sys.modules), [model.__name__ for model in ours if model.__pydantic_complete__]]))
"""


def loaded(module: str) -> tuple[set[str], list[str]]:
    """The modules that a fresh interpreter has after importing this one, and the models whose schema it built."""
    code = LOADED.format(module=module)
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    modules, built = json.loads(done.stdout)
    return set(modules), built


def below(package: str, modules: set[str]) -> set[str]:
    return {name.removeprefix(f"{package}.") for name in modules if name.startswith(f"{package}.")}


def test_the_api_loads_the_rooms_of_invitees_and_none_of_organisers_or_of_the_machinery() -> None:
    modules, _ = loaded("app")
    assert below("chalicelib.usecases", modules) == INVITEES
    assert below("chalicelib.handlers", modules) == ROOMS
    assert not HEAVY & modules
    assert not {"chalicelib.domain.file_kinds", "chalicelib.adapters.private_files"} & modules


def test_the_api_builds_the_schema_of_a_model_when_it_is_first_used() -> None:
    _, built = loaded("app")
    assert built == ["Settings"]


@pytest.mark.parametrize("function", ["clock", "deliver", "desk", "inbound_mail", "ses_events", "typeset"])
def test_a_function_without_pages_loads_no_templates_and_no_use_case_before_it_is_called(function: str) -> None:
    modules, _ = loaded(f"chalicelib.handlers.{function}")
    assert not below("chalicelib.usecases", modules)
    assert not (HEAVY | {"jinja2"}) & modules


def test_every_route_of_the_organisers_has_its_view() -> None:
    for route in ROUTES:
        assert callable(view(route.view)), route
