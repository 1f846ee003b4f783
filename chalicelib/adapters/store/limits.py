"""How often one link, and one network address, may change something in an hour.

    INVITEE#<i>          LIMIT#<hour>          changes by the person's link
    INVITEE#<i>          LIMIT#<hour>#join     presses of Join, also by links that colleagues see: they cost no change
    INVITEE#<i>          LIMIT#<day>#<of what> people whom this person invited: each of them gets mail
    LIMIT#<hash>#<hour>  COUNT                 changes from a network address, which is kept as a hash

All are counted in the transaction of the change itself, so a change that is refused costs nothing and counts nothing.
TTL deletes them after a day.
"""

from datetime import datetime, timedelta

from chalicelib.adapters.store.table import Condition, Key, Update, Write
from chalicelib.domain.errors import Limited

BY_LINK = 60
"""Changes of one person in an hour: a hand that changes its mind is far below."""

BY_ADDRESS = 600
"""Changes from one network address in an hour: a whole ministry may share one."""

INVITED = 10
"""Colleagues whom one person may name in a day; members whom a head may, beside as many as there are seats."""

KEPT = timedelta(days=1)


WAIT = "Too many changes were made in the last hour. Nothing was changed now. Try again in an hour."


def counted(invitee: str, address: str, now: datetime) -> list[Write]:
    """The writes that count a change; ``address`` is a hash, "" when it is not known. Raise Limited when it is one too
    many.
    """
    hour, wait = f"{now:%Y-%m-%dT%H}", Limited(WAIT)
    link = _count((f"INVITEE#{invitee}", f"LIMIT#{hour}"), BY_LINK, now, wait)
    return [link, _count((f"LIMIT#{address}#{hour}", "COUNT"), BY_ADDRESS, now, wait)] if address else [link]


def counted_press(invitee: str, now: datetime) -> list[Write]:
    """The write that counts a press of Join beside the first. Raises Limited when it is one too many."""
    return [_count((f"INVITEE#{invitee}", f"LIMIT#{now:%Y-%m-%dT%H}#join"), BY_LINK, now, Limited(WAIT))]


def counted_invitation(invitee: str, of: str, most: int, now: datetime, otherwise: Exception) -> Update:
    """The write that counts somebody whom this person invites. Raises ``otherwise`` after ``most`` of a day."""
    return _count((f"INVITEE#{invitee}", f"LIMIT#{now:%Y-%m-%d}#{of}"), most, now, otherwise)


def _count(key: Key, most: int, now: datetime, otherwise: Exception) -> Update:
    fewer = Condition("fewer than allowed", "NOT #count >= :most", {"most": most}, otherwise=otherwise)
    return Update(key, add={"count": 1}, first={"expires_at": int((now + KEPT).timestamp())}, condition=fewer)
