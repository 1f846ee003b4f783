"""How long what is known of people is kept, and what stays when it is erased."""

from datetime import datetime, timedelta

from chalicelib.domain.event import EventDocument
from chalicelib.domain.model import Model


class Erased(Model):
    """How many people were erased, and how many of them had given each answer; nothing that leads to one of them."""

    people: int = 0
    needs_action: int = 0
    accepted: int = 0
    declined: int = 0
    tentative: int = 0
    delegated: int = 0
    registered: int = 0


def kept_until(document: EventDocument) -> datetime:
    """When the clock erases everybody of an event, whether they answered or not."""
    return document.ends_at + timedelta(days=document.retention_days)
