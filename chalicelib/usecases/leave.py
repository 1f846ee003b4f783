"""Somebody does not want invitations any more; or wants them again."""

from datetime import datetime

from chalicelib.adapters.store.invitees import Invitees
from chalicelib.domain.errors import Invalid
from chalicelib.domain.invitee import Invitee

INVITATIONS = "invitations"

ONE_CLICK = ("List-Unsubscribe", ["One-Click"])
"""The field that a mail program posts for its reader (RFC 8058, section 3.1)."""


def leave_or_come_back(invitees: Invitees, invitee: Invitee, form: dict[str, list[str]], now: datetime) -> bool:
    """Do what the form says, and whether a mail program sent it. Raises Invalid when it says neither.

    Coming back needs a tick from a hand: programs that try every button of a page set none.
    """
    one_click = ONE_CLICK in form.items()
    if one_click or form.get("action") == ["leave"]:
        leave(invitees, invitee, now)
    elif form.get("action") == ["come-back"] and form.get("again") == ["yes"]:
        come_back(invitees, invitee, now)
    else:
        raise Invalid.field("again", "Tick the box first.")
    return one_click


def leave(invitees: Invitees, invitee: Invitee, now: datetime) -> None:
    """Once is enough: a second time changes nothing."""
    if INVITATIONS not in invitee.left:
        invitees.leave(invitee, [*invitee.left, INVITATIONS], now)


def come_back(invitees: Invitees, invitee: Invitee, now: datetime) -> None:
    if INVITATIONS in invitee.left:
        invitees.leave(invitee, [category for category in invitee.left if category != INVITATIONS], now)
