from dataclasses import FrozenInstanceError, replace
from datetime import UTC, datetime

import pytest

from chalicelib.domain.message import Attachment, Message

MESSAGE = Message(
    reference="invitee.invitation.1", date=datetime(2021, 1, 14, tzinfo=UTC), language="en", sender_name="IOM",
    sender="events@symposium.example", reply_to="secretariat@symposium.example", recipient_name="Nigora Karimova",
    recipient="n.karimova@example.org", subject="Invitation", text="Text", html="<p>Text</p>")


def test_a_message_does_not_change_once_it_is_made() -> None:
    with pytest.raises(FrozenInstanceError):
        MESSAGE.subject = "Another"  # type: ignore[misc]


def test_the_same_file_read_twice_is_the_same_attachment() -> None:
    one, other = (Attachment("agenda.pdf", "application/pdf", bytes(bytearray(b"content"))) for _ in range(2))
    assert one == other
    assert hash(one) == hash(other)
    assert one != replace(one, content=b"changed")


def test_the_content_of_a_file_stays_out_of_logs() -> None:
    assert "secret" not in repr(Attachment("agenda.pdf", "application/pdf", b"secret"))
