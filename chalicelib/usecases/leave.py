"""Somebody does not want invitations any more; or wants them again."""

from datetime import datetime

from chalicelib.adapters.store.invitees import Invitees
from chalicelib.domain.invitee import Invitee

INVITATIONS = "invitations"


def leave(invitees: Invitees, invitee: Invitee, now: datetime) -> None:
    """Once is enough: a second time changes nothing."""
    if INVITATIONS not in invitee.left:
        invitees.leave(invitee, [*invitee.left, INVITATIONS], now)


def come_back(invitees: Invitees, invitee: Invitee, now: datetime) -> None:
    if INVITATIONS in invitee.left:
        invitees.leave(invitee, [category for category in invitee.left if category != INVITATIONS], now)
