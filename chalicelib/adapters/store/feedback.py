"""Feedback: that a person answered, and what somebody answered, kept so that the two cannot be joined.

INVITEE#<i>         FEEDBACK        answered (no time, no content)
FEEDBACK#<random>   ANSWERS         the answers (the day only), listed under a random shard
"""

import json
import secrets
from collections.abc import Iterator
from datetime import date
from typing import Any

from chalicelib.adapters.store.person import listed
from chalicelib.adapters.store.table import ABSENT, ConditionFailed, Put, Table


class Feedbacks:
    def __init__(self, table: Table) -> None:
        self._table = table

    def give(self, event: str, invitee_id: str, answers: dict[str, Any], today: date) -> bool:
        """Store one person's answers; False when this person has answered before."""
        number = secrets.token_hex(10)
        content = json.dumps(answers, ensure_ascii=False)
        try:
            self._table.transact(
                [
                    Put({"PK": f"INVITEE#{invitee_id}", "SK": "FEEDBACK"}, ABSENT),
                    Put(
                        {
                            "PK": f"FEEDBACK#{number}",
                            "SK": "ANSWERS",
                            **listed(event, number, "FEEDBACK"),
                            "day": today.isoformat(),
                            "answers": content,
                        }
                    ),
                ]
            )
        except ConditionFailed:
            return False
        return True

    def all(self, table_listing: Iterator[dict[str, Any]]) -> list[dict[str, Any]]:
        """The answers of an event's listing, in an order that says nothing about when they came."""
        rows = sorted(table_listing, key=lambda item: str(item["PK"]))
        return [{"day": item["day"], **json.loads(item["answers"])} for item in rows]
