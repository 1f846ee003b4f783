"""Mail to an event's own address: answers of calendars are applied once, the rest is filed and changes nothing."""

from datetime import datetime, timedelta
from typing import Any

import icalendar
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.adapters.inbound_mail import SETUP, InboundMails
from chalicelib.adapters.language import load_locale
from chalicelib.adapters.store.erasures import Erasures
from chalicelib.adapters.store.inbound import BY_CALENDAR, Inbound
from chalicelib.adapters.store.limits import BY_LINK
from chalicelib.adapters.store.person import profile_key
from chalicelib.adapters.store.table import Delete, Update
from chalicelib.domain.invitee import Invitee
from chalicelib.usecases import receive_mail as receiving
from chalicelib.usecases.calendar_entry import calendar_objects
from chalicelib.usecases.receive_mail import Mailroom, receive_mail
from infra.local.inbound import as_received
from tests.replies import PROGRAMS, TO, answered, mailed, written
from tests.shelf import DEADLINE, DOCUMENT, ENDS, NOW, SETTINGS, Shelf
from tests.usecases.steps import answer, register, work_off
from tests.usecases.test_places import LINE, sessions, state

ORGANISER = {**DOCUMENT["organiser"], "inbound": TO.replace("answers", "answers+symposium")}
ONE, TWO = "session-1", "session-2"
MINUTE = timedelta(minutes=1)


def publish(shelf: Shelf, **changes: Any) -> None:
    entries = {"calendar_method": "REQUEST", "attachments": {"invitation": ["calendar"]}}
    shelf.publish(**{"organiser": ORGANISER, **entries, **changes})


@pytest.fixture
def clara(shelf: Shelf) -> Invitee:
    publish(shelf)
    return shelf.invite("clara")[0]


def room(shelf: Shelf) -> Mailroom:
    mails = InboundMails(shelf.s3, SETTINGS["BUCKET"])
    return Mailroom(mails, Inbound(shelf.table), shelf.events, shelf.invitees, shelf.desk.places, shelf.queue)


def put(shelf: Shelf, content: bytes, key: str = "inbound/one") -> str:
    shelf.s3.put_object(Bucket=SETTINGS["BUCKET"], Key=key, Body=content)
    return key


def receive(shelf: Shelf, content: bytes, key: str = "inbound/one", **found: str) -> str | None:
    """SES stores a mail, and it is taken in at the shelf's time."""
    return receive_mail(room(shelf), put(shelf, as_received(content, **found), key), shelf.clock())


def entry(shelf: Shelf, invitee: Invitee) -> bytes:
    """What our mail asks this person's calendar: its objects, one after the other."""
    file, event = shelf.file(invitee), shelf.events.get("symposium")
    page = "https://x.example/i/1"
    made = calendar_objects(shelf.events, shelf.links, event, file.invitee, load_locale("en"), page, shelf.clock())
    return b"".join(one.content for one in made if one.method == "REQUEST")


def uid(invitee: Invitee, session: str = ONE) -> str:
    return f"{session}.{invitee.id}@symposium"


def reply(shelf: Shelf, invitee: Invitee, partstat: str, session: str = ONE, **said: Any) -> bytes:
    """The answer of this person's calendar to the entry that it has, a moment ago."""
    at = said.pop("at", shelf.clock())
    calendar = answered(entry(shelf, invitee), partstat, at, uid=uid(invitee, session), **said)
    return mailed(calendar, invitee.email, method=said.get("method", "REPLY"))


def rsvp(shelf: Shelf, invitee: Invitee) -> tuple[str, list[str]]:
    """The answer there is, and the sessions of the registration that stands."""
    file = shelf.file(invitee)
    return file.invitee.rsvp, file.registered.sessions if file.registered else []


def filed(shelf: Shelf) -> list[tuple[str, str]]:
    found, _ = Inbound(shelf.table).page("symposium", 100, "", shelf.clock())
    return [(one.why, one.invitee.strip("x")) for one in found]


def history(shelf: Shelf, invitee: Invitee) -> list[str]:
    entries = shelf.invitees.whole_file(invitee.id).timeline
    return [one.detail for one in entries if one.who == BY_CALENDAR]


def told(shelf: Shelf) -> list[str]:
    work_off(shelf)
    return [one.tags["occurrence"] for one in shelf.ses.messages(kind="confirmation")]


# entries of our own, answered


def test_an_entry_goes_out_with_the_address_that_receives_answers(shelf: Shelf, clara: Invitee) -> None:
    calendars = icalendar.Calendar.from_ical(entry(shelf, clara), multiple=True)
    organisers = [str(one["ORGANIZER"]) for each in calendars for one in each.walk("VEVENT")]
    assert organisers == [f"mailto:{ORGANISER['inbound']}"] * 2


def test_without_an_address_that_receives_or_without_asking_answers_go_where_people_read(shelf: Shelf) -> None:
    for changes in ({"organiser": DOCUMENT["organiser"]}, {"calendar_method": "PUBLISH"}):
        publish(shelf, **changes)
        document = shelf.events.get("symposium").document
        assert document.calendar_mailbox == "secretariat@symposium.example.org"


@pytest.mark.parametrize("partstat, becomes", [("ACCEPTED", "accepted"), ("TENTATIVE", "tentative")])
def test_an_answer_of_who_has_not_answered_is_theirs(
    shelf: Shelf, clara: Invitee, partstat: str, becomes: str
) -> None:
    assert receive(shelf, reply(shelf, clara, partstat)) is None
    assert rsvp(shelf, clara) == (becomes, [])
    assert shelf.file(clara).invitee.answered_at == NOW
    assert (history(shelf, clara), filed(shelf)) == ([f"session-1: {becomes}"], [])


@pytest.mark.parametrize("program", PROGRAMS)
def test_each_program_can_decline(shelf: Shelf, clara: Invitee, program: str) -> None:
    publish(shelf, sessions=DOCUMENT["sessions"][:1])
    assert receive(shelf, written(program, uid(clara), clara.email, "DECLINED", NOW)) is None
    assert rsvp(shelf, clara) == ("declined", [])


def test_who_declines_one_session_of_several_has_not_declined_the_event_until_the_last(
    shelf: Shelf, clara: Invitee
) -> None:
    assert receive(shelf, reply(shelf, clara, "DECLINED")) is None
    assert rsvp(shelf, clara) == ("needs-action", [])
    assert receive(shelf, reply(shelf, clara, "DECLINED", TWO, comment="On leave"), "inbound/two") is None
    assert rsvp(shelf, clara) == ("declined", [])
    assert shelf.file(clara).invitee.reason == "On leave"
    assert sorted(history(shelf, clara)) == ["session-1: declined", "session-2: declined: On leave"]


def test_a_session_that_was_declined_before_the_person_said_something_else_does_not_count_to_the_last(
    shelf: Shelf, clara: Invitee
) -> None:
    assert receive(shelf, reply(shelf, clara, "DECLINED")) is None
    shelf.clock.pass_(minutes=1)
    answer(shelf, clara, "tentative")
    shelf.clock.pass_(minutes=1)
    assert receive(shelf, reply(shelf, clara, "DECLINED", TWO), "inbound/two") is None
    assert rsvp(shelf, clara) == ("tentative", [])


def test_who_is_registered_drops_the_session_that_they_decline_and_gives_its_place_back(shelf: Shelf) -> None:
    publish(shelf, sessions=sessions(session_1=1), waitlist=LINE, capacity=5)
    clara, boris = shelf.invite("clara", "boris")
    before = register(shelf, clara, sessions=[ONE, TWO])
    register(shelf, boris)
    assert (told(shelf), state(shelf, boris)) == (["1"], "waiting")
    shelf.clock.pass_(hours=1)
    assert receive(shelf, reply(shelf, clara, "DECLINED")) is None
    after = shelf.file(clara).registered
    assert (after.sessions, after.version, after.name) == ([TWO], 2, before.name)
    assert after.consented_at == before.consented_at
    [seats] = shelf.items("EVENT#symposium", "SEATS")
    assert (seats["t_session__session_1"]["N"], seats["t_event"]["N"]) == ("0", "1")
    assert [row["what"]["S"] for row in shelf.items("DUE#") if row["what"]["S"] == "places"]  # the next is looked for
    assert told(shelf) == ["1", "2"]


def test_who_declines_their_last_session_declines(shelf: Shelf, clara: Invitee) -> None:
    register(shelf, clara, sessions=[ONE, TWO])
    shelf.clock.pass_(hours=1)
    assert receive(shelf, reply(shelf, clara, "DECLINED")) is None
    assert receive(shelf, reply(shelf, clara, "DECLINED", TWO), "inbound/two") is None
    assert rsvp(shelf, clara) == ("declined", [])
    assert filed(shelf) == []


def test_an_entry_of_the_whole_event_is_declined_as_a_whole(shelf: Shelf, clara: Invitee) -> None:
    register(shelf, clara, sessions=[ONE, TWO])
    shelf.clock.pass_(hours=1)
    whole = f"{clara.id}@symposium"
    calendar = answered(entry(shelf, clara), "DECLINED", shelf.clock()).replace(uid(clara), whole)
    assert receive(shelf, mailed(calendar, clara.email)) is None
    assert rsvp(shelf, clara) == ("declined", [])
    assert history(shelf, clara) == ["declined"]


def test_who_is_registered_and_accepts_changes_nothing_but_their_history(shelf: Shelf, clara: Invitee) -> None:
    register(shelf, clara)
    shelf.clock.pass_(hours=1)
    before = shelf.file(clara)
    assert receive(shelf, reply(shelf, clara, "ACCEPTED")) is None
    assert shelf.file(clara) == before
    assert (history(shelf, clara), filed(shelf), told(shelf)) == (["session-1: accepted"], [], ["1"])


def test_who_accepts_a_session_that_they_are_not_registered_for_is_told_of_to_the_organiser(
    shelf: Shelf, clara: Invitee
) -> None:
    content = reply(shelf, clara, "ACCEPTED", TWO)
    register(shelf, clara)
    assert receive(shelf, content) == "not-theirs"
    assert (rsvp(shelf, clara), filed(shelf)) == (("accepted", [ONE]), [("not-theirs", "clara")])


@pytest.mark.parametrize("there", [[TWO], [TWO, "session-3"]])
def test_who_is_registered_and_waits_for_another_place_is_left_to_the_organiser(shelf: Shelf, there: list[str]) -> None:
    third = {"id": "session-3", "title": {"en": "Third", "ru": "Третья"}, "starts": "12:00", "ends": "13:00"}
    publish(shelf, sessions=[*sessions(session_1=1), third], waitlist=LINE, capacity=5)
    clara, boris = shelf.invite("clara", "boris")
    register(shelf, boris)
    register(shelf, clara, sessions=there)
    register(shelf, clara, sessions=[ONE, TWO])
    assert receive(shelf, reply(shelf, clara, "DECLINED", TWO)) == "waiting"
    assert (state(shelf, clara), rsvp(shelf, clara)[1]) == ("registered waiting", there)
    assert receive(shelf, reply(shelf, clara, "ACCEPTED", TWO), "inbound/two") is None


# once


def test_the_same_mail_again_changes_nothing(shelf: Shelf, clara: Invitee) -> None:
    content = reply(shelf, clara, "ACCEPTED")
    assert receive(shelf, content) is None
    before = shelf.items()
    shelf.clock.pass_(minutes=20)
    assert receive_mail(room(shelf), "inbound/one", shelf.clock()) is None
    assert receive(shelf, content, "inbound/copy") is None
    assert shelf.items() == before


def test_an_answer_that_came_again_does_not_undo_what_was_said_on_the_page_meanwhile(
    shelf: Shelf, clara: Invitee
) -> None:
    content = reply(shelf, clara, "TENTATIVE")
    assert receive(shelf, content) is None
    shelf.clock.pass_(minutes=1)
    answer(shelf, clara, "accepted")
    assert receive(shelf, content, "inbound/again") is None
    assert rsvp(shelf, clara) == ("accepted", [])


def test_an_answer_that_is_older_than_what_was_said_on_the_page_is_filed(shelf: Shelf, clara: Invitee) -> None:
    content = reply(shelf, clara, "DECLINED", at=NOW)
    shelf.clock.pass_(minutes=1)
    register(shelf, clara)
    assert receive(shelf, content) == "stale"
    assert (rsvp(shelf, clara), filed(shelf)) == (("accepted", [ONE]), [("stale", "clara")])


def two_answers(shelf: Shelf, invitee: Invitee) -> tuple[bytes, bytes]:
    """Accepted, and a minute later perhaps."""
    return reply(shelf, invitee, "ACCEPTED", at=NOW), reply(shelf, invitee, "TENTATIVE", at=NOW + MINUTE)


def test_two_answers_of_one_calendar_count_in_the_order_in_which_they_were_given(shelf: Shelf, clara: Invitee) -> None:
    first, second = two_answers(shelf, clara)
    shelf.clock.pass_(hours=1)
    assert receive(shelf, second) is None
    assert receive(shelf, first, "inbound/late") == "stale"
    assert rsvp(shelf, clara) == ("tentative", [])


def test_an_answer_to_an_older_version_of_an_entry_is_older_whatever_its_clock_says(
    shelf: Shelf, clara: Invitee
) -> None:
    assert receive(shelf, reply(shelf, clara, "TENTATIVE", sequence=7)) is None
    shelf.clock.pass_(hours=1)
    assert receive(shelf, reply(shelf, clara, "ACCEPTED", sequence=6), "inbound/two") == "stale"
    assert receive(shelf, reply(shelf, clara, "ACCEPTED", sequence=7), "inbound/three") is None
    assert rsvp(shelf, clara) == ("accepted", [])


def test_an_answer_that_is_overtaken_while_it_is_written_is_filed(
    shelf: Shelf, clara: Invitee, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = two_answers(shelf, clara)
    done = receiving._done

    def after_the_other(*arguments: Any) -> Any:
        monkeypatch.setattr(receiving, "_done", done)
        assert receive(shelf, second, "inbound/second") is None
        return done(*arguments)

    monkeypatch.setattr(receiving, "_done", after_the_other)
    assert receive(shelf, first) == "stale"
    assert rsvp(shelf, clara) == ("tentative", [])


def test_two_workers_with_the_same_mail_apply_it_once(
    shelf: Shelf, clara: Invitee, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = reply(shelf, clara, "ACCEPTED")
    done = receiving._done

    def after_the_other(*arguments: Any) -> Any:
        monkeypatch.setattr(receiving, "_done", done)
        assert receive_mail(room(shelf), "inbound/one", shelf.clock()) is None
        return done(*arguments)

    monkeypatch.setattr(receiving, "_done", after_the_other)
    assert receive(shelf, content) is None
    assert (rsvp(shelf, clara), filed(shelf), len(history(shelf, clara))) == (("accepted", []), [], 1)


@pytest.mark.parametrize("call", range(5))
def test_a_worker_that_dies_at_any_call_leaves_nothing_half_done(shelf: Shelf, clara: Invitee, call: int) -> None:
    register(shelf, clara, sessions=[ONE, TWO])
    shelf.clock.pass_(hours=1)
    key = put(shelf, as_received(reply(shelf, clara, "DECLINED")))
    before = shelf.items()
    with calls(shelf, dies_at=call) as made:
        if call < 4:
            with pytest.raises(RuntimeError, match="dies"):
                receive_mail(room(shelf), key, shelf.clock())
            assert shelf.items() == before
        else:
            assert receive_mail(room(shelf), key, shelf.clock()) is None
    assert len(made) == min(call + 1, 4)
    assert receive_mail(room(shelf), key, shelf.clock()) is None
    assert (rsvp(shelf, clara), len(history(shelf, clara)), filed(shelf)) == (("accepted", [TWO]), 1, [])


def test_a_worker_that_dies_after_the_answer_files_nothing_when_it_comes_again(
    shelf: Shelf, clara: Invitee, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = reply(shelf, clara, "ACCEPTED")
    apply = receiving._apply

    def dies(*arguments: Any) -> Any:
        apply(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(receiving, "_apply", dies)
    with pytest.raises(KeyboardInterrupt):
        receive(shelf, content)
    monkeypatch.setattr(receiving, "_apply", apply)
    shelf.clock.pass_(hours=1)
    assert receive_mail(room(shelf), "inbound/one", shelf.clock()) is None
    assert (rsvp(shelf, clara), filed(shelf), len(history(shelf, clara))) == (("accepted", []), [], 1)


def test_a_calendar_that_answers_without_end_is_stopped(shelf: Shelf, clara: Invitee) -> None:
    first, second = two_answers(shelf, clara)
    shelf.clock.pass_(minutes=1)
    assert receive(shelf, first) is None
    [count] = [item["SK"]["S"] for item in shelf.items(f"INVITEE#{clara.id}", "LIMIT#")]
    shelf.table.write(Update((f"INVITEE#{clara.id}", count), {"count": BY_LINK}))
    assert receive(shelf, second, "inbound/two") == "too-many"
    assert rsvp(shelf, clara) == ("accepted", [])


# what does not count


def nothing_changed(shelf: Shelf, before: list[dict[str, Any]]) -> bool:
    return [item for item in shelf.items() if not item["SK"]["S"].startswith("INBOUND#")] == before


@pytest.mark.parametrize("dmarc", ["fail", "none"])
def test_a_forged_answer_is_filed(shelf: Shelf, clara: Invitee, dmarc: str) -> None:
    content, before = reply(shelf, clara, "DECLINED"), shelf.items()
    assert receive(shelf, content, dmarc=dmarc) == "not-proven"
    assert nothing_changed(shelf, before)
    assert filed(shelf) == [("not-proven", "clara")]


def test_somebody_elses_answer_to_an_entry_is_filed(shelf: Shelf, clara: Invitee) -> None:
    boris, before = "boris@example.org", shelf.items()
    calendar = answered(entry(shelf, clara), "DECLINED", NOW, uid=uid(clara), attendee=f"mailto:{boris}")
    assert receive(shelf, mailed(calendar, boris)) == "other-person"
    assert nothing_changed(shelf, before)


def test_an_answer_after_the_deadline_is_filed(shelf: Shelf, clara: Invitee) -> None:
    content, before = reply(shelf, clara, "ACCEPTED", at=DEADLINE), shelf.items()
    shelf.clock.time = DEADLINE + MINUTE
    assert receive(shelf, content) == "too-late"
    shelf.clock.time = ENDS + MINUTE
    assert receive(shelf, content, "inbound/two") == "too-late"
    assert nothing_changed(shelf, before)


def test_an_answer_to_an_invitation_that_was_passed_on_or_taken_back_is_filed(shelf: Shelf, clara: Invitee) -> None:
    content = reply(shelf, clara, "ACCEPTED")
    for facts, why in (({"rsvp": "delegated"}, "passed-on"), ({"withdrawn_by": "head"}, "withdrawn")):
        shelf.table.write(Update(profile_key(clara.id), facts))
        before = [item for item in shelf.items() if not item["SK"]["S"].startswith("INBOUND#")]
        assert receive(shelf, content, f"inbound/{why}") == why
        assert nothing_changed(shelf, before)


def test_an_answer_to_a_session_that_the_agenda_lost_is_filed(shelf: Shelf, clara: Invitee) -> None:
    content = reply(shelf, clara, "DECLINED", TWO)
    publish(shelf, sessions=DOCUMENT["sessions"][:1])
    before = shelf.items()
    assert receive(shelf, content) == "unknown-entry"
    assert nothing_changed(shelf, before)


def test_an_answer_for_an_event_that_receives_none_is_filed(shelf: Shelf, clara: Invitee) -> None:
    content = reply(shelf, clara, "ACCEPTED")
    publish(shelf, organiser=DOCUMENT["organiser"])
    before = shelf.items()
    assert receive(shelf, content) == "not-taken"
    assert nothing_changed(shelf, before)
    assert filed(shelf) == [("not-taken", "clara")]


STRANGE = st.sampled_from(
    ["COUNTER", "DECLINECOUNTER", "REFRESH", "REQUEST", "CANCEL", "ADD", "PUBLISH", "reply-all", "REPLY REPLY"]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(
    STRANGE,
    st.sampled_from(["ACCEPTED", "DECLINED", "TENTATIVE", "DELEGATED"]),
    st.sampled_from([ONE, TWO]),
    st.sampled_from(["", "boris@example.org", "clara@example.com"]),
)
def test_no_counter_and_no_answer_to_somebody_elses_entry_changes_anything(
    shelf: Shelf, method: str, partstat: str, session: str, other: str
) -> None:
    if not shelf.items():
        publish(shelf)
        for one in shelf.invite("clara", "boris"):
            register(shelf, one, sessions=[ONE, TWO])
    clara = shelf.invitees.file("claraxxxxxxxxxxxxxxx").invitee
    before = [item for item in shelf.items() if not item["SK"]["S"].startswith("INBOUND#")]
    method, attendee = ("REPLY", f"mailto:{other}") if other else (method, "")
    calendar = answered(
        entry(shelf, clara), partstat, NOW, uid=uid(clara, session), method=method, attendee=attendee
    )
    assert receive(shelf, mailed(calendar, other or clara.email, method=method)) is not None
    assert nothing_changed(shelf, before)


def test_an_answer_of_another_event_of_the_same_person_changes_that_one_alone(shelf: Shelf, clara: Invitee) -> None:
    shelf.publish("other", organiser=ORGANISER, calendar_method="REQUEST")
    [other] = shelf.invite("claras", event="other", email=clara.email)
    assert receive(shelf, reply(shelf, clara, "ACCEPTED")) is None
    assert (rsvp(shelf, clara)[0], rsvp(shelf, other)[0]) == ("accepted", "needs-action")


# where it is filed


def human(to: str = ORGANISER["inbound"]) -> bytes:
    return f"From: Clara <clara@example.org>\r\nTo: {to}\r\nSubject: Question\r\n\r\nWhere is it?\r\n".encode()


def test_a_persons_mail_is_filed_with_the_event_of_its_address(shelf: Shelf, clara: Invitee) -> None:
    assert receive(shelf, human()) == "message"
    [one], following = Inbound(shelf.table).page("symposium", 100, "", shelf.clock())
    assert (one.sender, one.subject, one.why, one.invitee, one.key, following) == (
        "clara@example.org", "Question", "message", "", "inbound/one", None,
    )  # fmt: skip


def test_the_same_mail_is_filed_once(shelf: Shelf, clara: Invitee) -> None:
    receive(shelf, human())
    before = shelf.items()
    shelf.clock.pass_(minutes=20)
    assert receive_mail(room(shelf), "inbound/one", shelf.clock()) == "message"
    assert shelf.items() == before


@pytest.mark.parametrize(
    "to", ["answers+other@symposium.example.org", "answers@symposium.example.org", "symposium@x.example"]
)
def test_a_mail_that_belongs_to_no_event_stays_in_the_bucket_and_is_logged(
    shelf: Shelf, clara: Invitee, caplog: pytest.LogCaptureFixture, to: str
) -> None:
    before = shelf.items()
    assert receive(shelf, human(to)) == "message"
    assert (shelf.items(), "inbound/one (message) belongs to no event" in caplog.text) == (before, True)
    assert "clara@example.org" not in caplog.text


def test_the_answer_of_who_was_erased_is_filed_without_a_person(shelf: Shelf, clara: Invitee) -> None:
    calendar = answered(entry(shelf, clara), "DECLINED", NOW, uid=uid(clara))
    shelf.table.write(Delete(profile_key(clara.id)))
    assert receive(shelf, mailed(calendar, clara.email, to=ORGANISER["inbound"])) == "unknown-entry"
    assert filed(shelf) == [("unknown-entry", "")]


def test_an_absence_note_is_filed_and_nothing_is_mailed_back(shelf: Shelf, clara: Invitee) -> None:
    receive(shelf, b"Auto-Submitted: auto-replied\r\n" + human())
    [one], _ = Inbound(shelf.table).page("symposium", 100, "", shelf.clock())
    assert one.automatic
    assert (shelf.queued(), shelf.ses.messages()) == ([], [])


def test_what_ses_writes_when_the_rule_is_made_is_no_mail(shelf: Shelf) -> None:
    put(shelf, b"setup", SETUP)
    assert receive_mail(room(shelf), SETUP, NOW) is None


def test_what_was_filed_is_gone_after_thirty_days_whether_it_was_removed_or_not(shelf: Shelf, clara: Invitee) -> None:
    receive(shelf, human())
    assert filed(shelf) == [("message", "")]
    shelf.clock.time = datetime.now(NOW.tzinfo) + timedelta(days=31)
    assert filed(shelf) == []


def test_a_person_who_is_erased_takes_what_their_calendar_answered_along(shelf: Shelf, clara: Invitee) -> None:
    receive(shelf, reply(shelf, clara, "ACCEPTED"))
    shelf.table.write(Delete(profile_key(clara.id)))
    left = {sk for _, sk in Erasures(shelf.table).rest(clara.id).items}
    assert f"REPLY#{ONE}" in left


def test_an_answer_takes_few_calls(shelf: Shelf, clara: Invitee) -> None:
    content = put(shelf, as_received(reply(shelf, clara, "ACCEPTED")))
    with calls(shelf) as made:
        receive_mail(room(shelf), content, shelf.clock())
    assert made == ["Query", "BatchGetItem", "Query", "TransactWriteItems"]


class calls:
    """The calls to the table within a block, of which one may be the last."""

    def __init__(self, shelf: Shelf, dies_at: int = -1) -> None:
        self._events, self._made, self._dies_at = shelf.dynamodb.meta.events, list[str](), dies_at

    def __enter__(self) -> list[str]:
        self._events.register("before-call.dynamodb", self._count)
        return self._made

    def __exit__(self, *_: object) -> None:
        self._events.unregister("before-call.dynamodb", self._count)

    def _count(self, model: Any, **_: Any) -> None:
        self._made.append(model.name)
        if len(self._made) == self._dies_at + 1:
            raise RuntimeError("dies")


