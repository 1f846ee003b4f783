"""A small sound event document, to be bent by each test."""

from typing import Any

from chalicelib.domain.event import EventDocument


def item(name: str, starts: str, ends: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "title": {"en": name.title()}, "starts": starts, "ends": ends, **more}


def session(name: str, starts: str, ends: str, *items: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": name, "title": {"en": name.title()}, "starts": starts, "ends": ends, "items": list(items), **more}


def raw(*sessions: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A document as an organiser sends it; one session from 09:00 to 10:00 in Vienna when none is given."""
    return {
        "title": {"en": "Symposium"},
        "languages": ["en"],
        "time_zone": "Europe/Vienna",
        "date": "2021-01-28",
        "organiser": {
            "name": {"en": "Secretariat"},
            "sender": "events@symposium.example",
            "reply_to": "secretariat@symposium.example",
        },
        "venue": {"name": {"en": "Online"}},
        "sessions": list(sessions) or [session("morning", "09:00", "10:00")],
        "answer_by": {"days_before": 3, "at": "18:00"},
        "reminders": [{"id": "hour-before", "before_minutes": 60}],
        "consent": {"en": "I agree."},
        **changes,
    }


def document(*sessions: dict[str, Any], **changes: Any) -> EventDocument:
    return EventDocument.model_validate(raw(*sessions, **changes))
