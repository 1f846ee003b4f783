"""The demo's promise: a step that does not happen ends it with exit status 1."""

import io

import pytest
from rich.console import Console

from infra.local import demo
from infra.local.stack import LocalStack

STACK = LocalStack("http://127.0.0.1:1", "http://127.0.0.1:2", "http://127.0.0.1:3", {})


def test_a_step_that_fails_is_marked_and_ends_the_story() -> None:
    said = io.StringIO()
    story = demo.Story(Console(file=said), STACK)
    with pytest.raises(demo.DidNotHappen, match="mail arrives; seen: nothing"), story.step("Mail goes out"):
        demo.expect(False, "mail arrives", "nothing")
    assert "✗ Mail goes out" in said.getvalue()


@pytest.mark.parametrize("arguments", [["demo"], ["demo", "--once"]])
def test_a_story_that_ends_early_exits_with_1(monkeypatch: pytest.MonkeyPatch, arguments: list[str]) -> None:
    def nothing_happens(_: demo.Story) -> None:
        raise demo.DidNotHappen("the event is created")

    monkeypatch.setattr("sys.argv", arguments)
    monkeypatch.setattr(demo, "up", lambda *_: STACK)
    monkeypatch.setattr(demo, "down", lambda *_: [])
    monkeypatch.setattr(demo.Story, "play", nothing_happens)
    with pytest.raises(SystemExit) as ended:
        demo.main()
    assert ended.value.code == 1
