"""Somebody does not want a category of mail any more; or wants it again."""

from collections.abc import Sequence
from datetime import datetime

from chalicelib.adapters.store.invitees import Invitees
from chalicelib.adapters.store.table import ConditionFailed, Write
from chalicelib.domain.delivery import CATEGORIES, Category
from chalicelib.domain.errors import Conflict, Invalid, NotFound
from chalicelib.domain.invitee import Invitee

ONE_CLICK = ("List-Unsubscribe", ["One-Click"])
"""The field that a mail program posts for its reader (RFC 8058, section 3.1)."""

TRIES = 3


def category_of(said: str) -> Category:
    """The category that a link or a form names; none is the first. Raises NotFound for another one: a link that was
    altered leads nowhere, because leaving something else than the mail said would be worse.
    """
    for category in CATEGORIES:
        if category == (said or CATEGORIES[0]):
            return category
    raise NotFound("There is no such category of mail.")


def leave_or_come_back(
    invitees: Invitees, invitee: Invitee, category: Category, form: dict[str, list[str]], now: datetime,
    guard: Sequence[Write] = (),
) -> bool:
    """Do what the form says, and whether a mail program sent it. Raises Invalid when it says neither, Conflict.

    Coming back needs a tick from a hand: programs that try every button of a page set none. ``guard`` counts that, and
    raises Limited; leaving is never refused, and once more is nothing before somebody has come back.
    """  # fmt: skip
    one_click = ONE_CLICK in form.items()
    if one_click or form.get("action") == ["leave"]:
        leave(invitees, invitee, now, category)
    elif form.get("action") == ["come-back"] and form.get("again") == ["yes"]:
        come_back(invitees, invitee, now, category, guard)
    else:
        raise Invalid.field("again", "Tick the box first.")
    return one_click


def leave(invitees: Invitees, invitee: Invitee, now: datetime, category: Category = CATEGORIES[0]) -> None:
    """Once is enough: a second time changes nothing. Raises Conflict."""
    _change(invitees, invitee, category, True, now)


def come_back(
    invitees: Invitees, invitee: Invitee, now: datetime, category: Category = CATEGORIES[0],
    guard: Sequence[Write] = (),
) -> None:  # fmt: skip
    """Raises Limited and Conflict."""
    _change(invitees, invitee, category, False, now, guard)


def _change(
    invitees: Invitees, invitee: Invitee, category: Category, gone: bool, now: datetime, guard: Sequence[Write] = ()
) -> None:
    """Two clicks at once, of the one category and of the other, must both count."""
    for _ in range(TRIES):
        if (category in invitee.left) is gone:
            return
        others = [name for name in invitee.left if name != category]
        entry = ("left" if gone else "came back", category)
        try:
            return invitees.leave(invitee, [*others, category] if gone else others, entry, now, guard)
        except ConditionFailed:
            again = invitees.file(invitee.id)
            if again is None:
                return
            invitee = again.invitee
    raise Conflict("This was changed in another window a moment ago.")
