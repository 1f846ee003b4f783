"""The clock: one scheduled function a minute."""

from datetime import UTC, datetime
from typing import Any

from chalice.app import Blueprint, CloudWatchEvent

from chalicelib import wiring

blueprint = Blueprint(__name__)


@blueprint.schedule("rate(1 minute)", name="clock")
def clock(event: CloudWatchEvent) -> dict[str, Any]:
    """Takes its time from the event, never from the machine. Raises when something failed, or was given up."""
    from chalicelib.usecases.tick import tick

    now = datetime.fromisoformat(event.to_dict()["time"]).astimezone(UTC)
    done = tick(wiring.desk(), now)
    if done.failed:
        raise RuntimeError(f"{len(done.failed)} due things could not be done: {', '.join(done.failed)}")
    if done.stuck:
        raise RuntimeError(f"{len(done.stuck)} things are given up: {', '.join(done.stuck)}")
    return done.model_dump()
