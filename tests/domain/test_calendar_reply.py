"""What an answer from a calendar does, by every state that a person may be in."""

from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.calendar_reply import (
    AHEAD,
    ANSWERED,
    EXPLAINED,
    CalendarReply,
    Mail,
    Why,
    effect,
    why_not,
)
from chalicelib.domain.entries import WHOLE, person_of_uid, uid_of
from chalicelib.domain.inbound import inbound_id, named_by

NOW = datetime(2021, 1, 14, 9, 0, tzinfo=UTC)
ID = "0123456789abcdef0123"
SAID = CalendarReply("REPLY", f"one.{ID}@symposium", ("clara@example.org",), "DECLINED", 1, NOW)
MAIL = Mail(sender="clara@example.org", dmarc="pass", proven="example.org", answers=(SAID,))


@pytest.mark.parametrize(
    "uid, whose",
    [
        (f"session-1.{ID}@symposium", ("session-1", ID, "symposium")),
        (f"SESSION-1.{ID.upper()}@Symposium", ("session-1", ID, "symposium")),
        (f" {ID}@symposium\n", ("", ID, "symposium")),
        (f"a.b.{ID}@symposium", None),
        (f"session-1.{ID}@symposium.example.org", None),
        (f"session-1.{ID}", None),
        ("short@symposium", None),
        ("", None),
    ],
)
def test_a_uid_names_a_session_a_person_and_an_event(uid: str, whose: tuple[str, str, str] | None) -> None:
    assert person_of_uid(uid) == whose


@pytest.mark.parametrize("part", ["session-1", WHOLE])
def test_the_uid_that_we_write_is_the_one_that_we_read(part: str) -> None:
    session = "" if part == WHOLE else part
    assert person_of_uid(uid_of(part, ID, "symposium")) == (session, ID, "symposium")


def test_a_proven_answer_of_one_person_counts() -> None:
    assert why_not(MAIL, NOW) is None


def test_an_answer_from_the_future_would_make_every_later_one_old() -> None:
    def stamped(at: datetime) -> Mail:
        return Mail(**{**vars(MAIL), "answers": (CalendarReply(**{**vars(SAID), "stamp": at}),)})

    assert why_not(stamped(NOW + AHEAD), NOW) is None
    assert why_not(stamped(NOW + AHEAD + timedelta(seconds=1)), NOW) == "unreadable"


def test_every_reason_is_explained() -> None:
    assert set(EXPLAINED) == set(get_args(Why))


# (said, session, rsvp, registered, theirs, declined before) -> effect; the event has the sessions one, two and three
ALL = ["one", "two", "three"]
EFFECTS: list[tuple[Any, ...]] = [
    ("ACCEPTED", "one", "needs-action", False, ALL, [], "accepted"),
    ("ACCEPTED", "one", "declined", False, ALL, ["one"], "accepted"),
    ("ACCEPTED", "one", "accepted", False, ALL, [], "nothing"),
    ("ACCEPTED", "one", "accepted", True, ["one", "two"], [], "nothing"),
    ("ACCEPTED", "three", "accepted", True, ["one", "two"], [], "not-theirs"),
    ("ACCEPTED", "", "accepted", True, ["one"], [], "nothing"),
    ("DECLINED", "one", "accepted", True, ["one", "two"], [], "drop"),
    ("DECLINED", "one", "accepted", True, ["one"], [], "declined"),
    ("DECLINED", "three", "accepted", True, ["one", "two"], [], "nothing"),
    ("DECLINED", "", "accepted", True, ["one", "two"], [], "declined"),
    ("DECLINED", "one", "needs-action", False, ALL, [], "nothing"),
    ("DECLINED", "one", "needs-action", False, ALL, ["two"], "nothing"),
    ("DECLINED", "one", "needs-action", False, ALL, ["two", "three"], "declined"),
    ("DECLINED", "one", "accepted", True, ["one", "two"], ["two"], "drop"),
    ("DECLINED", "one", "needs-action", False, ["one"], [], "declined"),
    ("DECLINED", "one", "declined", False, ["one"], [], "nothing"),
    ("DECLINED", "", "needs-action", False, ALL, [], "declined"),
    ("TENTATIVE", "one", "needs-action", False, ALL, [], "tentative"),
    ("TENTATIVE", "one", "tentative", False, ALL, [], "nothing"),
    ("TENTATIVE", "one", "accepted", True, ["one", "two"], [], "nothing"),
    ("TENTATIVE", "one", "accepted", True, ["one"], [], "tentative"),
    ("TENTATIVE", "three", "accepted", True, ["one"], [], "nothing"),
    ("TENTATIVE", "", "accepted", True, ["one", "two"], [], "tentative"),
]


@pytest.mark.parametrize("said, session, rsvp, registered, sessions, declined, does", EFFECTS)
def test_what_an_answer_does(
    said: Any, session: str, rsvp: Any, registered: bool, sessions: list[str], declined: list[str], does: str
) -> None:
    found = effect(said, session, rsvp=rsvp, registered=registered, sessions=sessions, declined=declined)
    assert found == does


PARTSTATS = st.sampled_from([*ANSWERED, "DELEGATED", "NEEDS-ACTION", "IN-PROCESS", "COMPLETED", "X-OTHER", ""])
METHODS = st.sampled_from(["REPLY", "COUNTER", "DECLINECOUNTER", "REFRESH", "REQUEST", "CANCEL", "PUBLISH", "ADD", ""])
PEOPLE = st.sampled_from(["clara@example.org", "Clara@Example.org", "boris@example.org", "clara@example.com", ""])


@given(
    METHODS,
    PARTSTATS,
    st.lists(PEOPLE, max_size=2),
    PEOPLE,
    st.sampled_from(["pass", "fail", "none", ""]),
    st.sampled_from(["example.org", "example.com", "org", ""]),
    st.sampled_from(["PASS", "FAIL", "GRAY", ""]),
)
def test_only_a_reply_of_its_own_attendee_from_a_proven_sender_counts(
    method: str, partstat: str, attendees: list[str], sender: str, dmarc: str, proven: str, spam: str
) -> None:
    said = CalendarReply(method, SAID.uid, tuple(attendees), partstat, 1, NOW)
    mail = Mail(sender=sender, dmarc=dmarc, proven=proven, spam=spam, answers=(said,))
    counts = (
        (method, dmarc) == ("REPLY", "pass")
        and partstat in ANSWERED
        and len(attendees) == 1
        and attendees[0].lower() == sender.lower() != ""
        and (proven == sender.lower().rpartition("@")[2] or (proven == "org" and sender.lower().endswith(".org")))
        and spam != "FAIL"
    )
    assert (why_not(mail, NOW) is None) == counts


def test_an_address_names_the_event_by_its_name_or_after_a_plus() -> None:
    assert list(named_by("Symposium@in.example.org")) == ["symposium"]
    assert list(named_by("answers+symposium-2021@in.example.org")) == ["symposium-2021"]
    assert list(named_by("+@x")) == []


def test_ids_sort_by_time_and_are_the_same_for_the_same_mail() -> None:
    one, later = inbound_id("inbound/b", NOW), inbound_id("inbound/a", NOW + timedelta(seconds=1))
    assert one < later
    assert one == inbound_id("inbound/b", NOW) != inbound_id("inbound/c", NOW)
