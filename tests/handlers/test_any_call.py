"""Whatever the description of the API allows, and whatever it forbids, is answered: no call makes the API fail."""

import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, urlencode

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

from chalicelib.handlers.openapi import description
from chalicelib.handlers.operations import OPERATIONS
from chalicelib.handlers.organisers import SHEETS
from tests.handlers.conftest import Web
from tests.handlers.whole_event import EVERYTHING, Once
from tests.shelf import raw_document

CALLS = [(one.path, one.method) for one in OPERATIONS]

JSON = "application/json"

UNCHANGING = settings(deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))

WHOLE = Once()

for kind in ("application/pdf", "text/csv", SHEETS[1]):
    schemathesis.openapi.media_type(kind, st.binary(max_size=200))


@pytest.fixture(scope="module")
def described() -> Any:
    return schemathesis.openapi.from_dict(description())


@pytest.mark.parametrize("mode", list(GenerationMode), ids=["as described", "against it"])
@pytest.mark.parametrize(("path", "method"), CALLS, ids=[f"{method} {path}" for path, method in CALLS])
def test_no_call_makes_the_api_fail(web: Web, described: Any, path: str, method: str, mode: GenerationMode) -> None:
    there, met = WHOLE.on(web), set[int]()
    try:
        cases = described[path][method.upper()].as_strategy(generation_mode=mode)
        cases.validate()
    except Exception as none:
        assert mode is GenerationMode.NEGATIVE, none
        return

    examples = 3 if (path, method) == ("/api/events/{event}", "put") else 6  # an event document costs a second

    @settings(UNCHANGING, max_examples=examples)
    @given(case=cases, data=st.data())
    def answered(case: Any, data: st.DataObject) -> None:
        where, parts = path, case.path_parameters or {}
        for name, real in mostly(data, parts, {name: data.draw(st.sampled_from(there.named[name])) for name in parts}):
            where = where.replace(f"{{{name}}}", quote(str(real), safe="") or "_")
        query = urlencode({name: said for name, said in (case.query or {}).items()}, doseq=True)
        body = case.body
        if isinstance(body, dict):
            sensible = {**SENSIBLE, **raw_document(**EVERYTHING), "fingerprint": there.fingerprint}
            body = dict(mostly(data, body, {name: sensible[name] for name in body if name in sensible}))
        raw = body if isinstance(body, (bytes, str)) else json.dumps(body, default=str)
        octets = raw.encode("utf-8", "surrogatepass") if isinstance(raw, str) else raw
        answer = web.request(method.upper(), f"{where}?{query}", octets, content_type=case.media_type or JSON)
        assert answer.status_code < 500, answer.body[:300]
        met.add(answer.status_code)

    answered()
    assert mode is GenerationMode.NEGATIVE or met - {404}, "what the path names was there"


SENSIBLE = {"answer": "accepted", "sessions": ["session-1"], "consent": True, "answers": {"visa": False},
            "on_behalf": "Note verbale No 17", "reason": "asked", "email": "new@example.org",
            "answer_by": "2021-01-27T12:00:00+01:00", "kind": "chase"}  # fmt: skip
"""What an organiser writes in a body, by its field."""


def mostly(data: st.DataObject, made_up: dict[str, Any], real: dict[str, Any]) -> Iterable[tuple[str, Any]]:
    """All that is real, half of the time; else each with one chance in two."""
    kept = set(real) if data.draw(st.booleans()) is False else data.draw(st.sets(st.sampled_from(sorted(real) or [""])))
    return ((name, real[name] if name in real and name in kept else said) for name, said in made_up.items())
