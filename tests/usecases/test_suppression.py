"""An address that gets no mail: for every event, whatever dies or comes at the same moment; and how it is lifted."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.adapters.store.table import Table
from chalicelib.domain.errors import Conflict, NotFound
from chalicelib.domain.history import LogEntry, Suppression
from chalicelib.domain.invitee import Invitee
from chalicelib.usecases.import_invitees import People, import_invitees
from chalicelib.usecases.lift_suppression import AT_AWS, COMPLAINED, lift_suppression
from tests.shelf import NOW, Shelf
from tests.usecases.steps import WHO, accept, deliver, invite_all, told, work_off

EMAIL = "clara@example.org"


@pytest.fixture(autouse=True)
def events(shelf: Shelf) -> None:
    shelf.publish()
    shelf.publish("forum")


@pytest.fixture
def clara(shelf: Shelf) -> Invitee:
    return shelf.invite("clara")[0]


@pytest.fixture
def twin(shelf: Shelf) -> Invitee:
    """Clara, as another event knows her."""
    return shelf.invite("twin", email=EMAIL, event="forum")[0]


def suppress(shelf: Shelf, reason: Any = "bounce", email: str = EMAIL) -> list[tuple[str, str]]:
    return shelf.addresses.suppress(shelf.hash_of(email), reason, shelf.clock())


def lift(shelf: Shelf, invitee: Invitee, reason: str = "it was a full mailbox") -> list[str]:
    return lift_suppression(
        shelf.invitees, shelf.addresses, shelf.links, invitee.event, invitee.id, reason, WHO, shelf.clock()
    )


def said(shelf: Shelf, *people: Invitee) -> list[str]:
    """What the profiles say."""
    return [shelf.file(one).invitee.suppressed for one in people]


def record(shelf: Shelf) -> Suppression | None:
    return shelf.addresses.suppressions([shelf.hash_of(EMAIL)]).get(shelf.hash_of(EMAIL))


def timeline(shelf: Shelf, invitee: Invitee) -> list[LogEntry]:
    whole = shelf.invitees.whole_file(invitee.id)
    assert whole is not None
    return whole.timeline


def log(shelf: Shelf, invitee: Invitee) -> list[str]:
    return [entry.what for entry in timeline(shelf, invitee)]


class Dying(Exception):
    """The function was killed."""


def dying(shelf: Shelf, at: int, monkeypatch: pytest.MonkeyPatch, what: Callable[[], Any]) -> bool:
    """Do it, and be killed before write number ``at``; False when there are not so many."""
    writes = 0

    def counted(write: Callable[..., Any]) -> Callable[..., Any]:
        def one(self: Table, *arguments: Any, **named: Any) -> Any:
            nonlocal writes
            if writes == at:
                raise Dying
            writes += 1
            return write(self, *arguments, **named)

        return one

    with monkeypatch.context() as killing:
        for name in ("write", "transact"):
            killing.setattr(Table, name, counted(getattr(Table, name)))
        try:
            what()
        except Dying:
            return True
    return False


# suppressing


def test_everybody_who_has_the_address_is_marked_and_nobody_else(shelf: Shelf, clara: Invitee, twin: Invitee) -> None:
    [boris] = shelf.invite("boris")
    assert sorted(suppress(shelf)) == [("forum", twin.id), ("symposium", clara.id)]
    assert said(shelf, clara, twin, boris) == ["bounce", "bounce", ""]


@pytest.mark.parametrize(
    "reasons, stands", [("bc", "complaint"), ("cb", "complaint"), ("bb", "bounce"), ("cc", "complaint")]
)
def test_the_first_moment_stays_and_a_complaint_outweighs_a_bounce(
    shelf: Shelf, clara: Invitee, reasons: str, stands: str
) -> None:
    for letter in reasons:
        suppress(shelf, {"b": "bounce", "c": "complaint"}[letter])
        shelf.clock.pass_(hours=1)
    assert record(shelf) == Suppression.model_validate({"reason": stands, "at": NOW})
    assert said(shelf, clara) == [stands]


@pytest.mark.parametrize("at", range(6))
def test_what_died_anywhere_is_mended_by_the_event_coming_again(
    shelf: Shelf, clara: Invitee, twin: Invitee, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    invite_all(shelf)
    bounce = shelf.told(shelf.ses.messages()[0].id, "Bounce", "bounce")
    died = dying(shelf, at, monkeypatch, lambda: told(shelf, bounce))
    told(shelf, bounce)
    assert died is (at < 5), "the record, two profiles, the notice, the ledger"
    assert said(shelf, clara, twin) == ["bounce", "bounce"]
    assert shelf.state(clara) == "bounced"
    assert log(shelf, clara).count("suppressed") == log(shelf, twin).count("suppressed") == 1
    assert [item["what"]["S"] for item in shelf.items("DUE#")].count("notice") == 1


def test_a_bounce_that_finds_a_complaint_which_died_halfway_marks_the_profiles_for_the_complaint(
    shelf: Shelf, clara: Invitee, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert dying(shelf, 1, monkeypatch, lambda: suppress(shelf, "complaint"))
    assert said(shelf, clara) == [""]
    suppress(shelf, "bounce")
    assert said(shelf, clara) == ["complaint"]


def test_a_claim_that_is_given_up_while_its_profile_is_marked_leaves_the_profile_alone(
    shelf: Shelf, clara: Invitee, monkeypatch: pytest.MonkeyPatch
) -> None:
    follow = shelf.addresses._follow

    def overtaken(*arguments: Any) -> bool:
        new = shelf.hash_of("new@example.org")
        shelf.invitees.replace_address(clara, "new@example.org", shelf.hash_of(EMAIL), new, NOW, [])
        return bool(follow(*arguments))

    monkeypatch.setattr(shelf.addresses, "_follow", overtaken)
    suppress(shelf)
    assert said(shelf, clara) == [""]


# creating people


def test_somebody_who_comes_later_is_suppressed_from_the_first_moment(shelf: Shelf) -> None:
    suppress(shelf, "complaint")
    assert said(shelf, *shelf.invite("clara", "boris")) == ["complaint", ""]


def at_the_last_moment(shelf: Shelf, monkeypatch: pytest.MonkeyPatch, what: Callable[[], Any]) -> None:
    """Let something happen after the suppressions were looked up, and before the people are stored."""
    transact = Table.transact

    def overtaken(self: Table, *arguments: Any, **named: Any) -> None:
        monkeypatch.setattr(Table, "transact", transact)
        what()
        transact(self, *arguments, **named)

    monkeypatch.setattr(Table, "transact", overtaken)


def test_who_is_created_at_the_very_moment_of_a_bounce_is_marked(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_the_last_moment(shelf, monkeypatch, lambda: suppress(shelf))
    assert said(shelf, *shelf.invite("clara", "boris")) == ["bounce", ""]


def test_who_is_created_at_the_very_moment_of_a_lifting_is_not_marked(
    shelf: Shelf, twin: Invitee, monkeypatch: pytest.MonkeyPatch
) -> None:
    suppress(shelf)
    at_the_last_moment(shelf, monkeypatch, lambda: lift(shelf, twin))
    assert said(shelf, *shelf.invite("clara"), twin) == ["", ""]


def test_who_is_created_between_the_record_and_the_profiles_is_marked_once(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    people, came = shelf.addresses._people, list[Invitee]()

    def meanwhile(address: str) -> list[tuple[str, str]]:
        came.extend(shelf.invite("clara"))
        return people(address)

    monkeypatch.setattr(shelf.addresses, "_people", meanwhile)
    suppress(shelf)
    assert said(shelf, *came) == ["bounce"]


def test_a_list_with_a_suppressed_address_reports_it_as_created_and_mails_it_nothing(shelf: Shelf) -> None:
    suppress(shelf)
    rows = [(2, {"email": EMAIL, "name": "Clara"}), (3, {"email": "boris@example.org", "name": "Boris"})]
    people = People(shelf.invitees, shelf.addresses, shelf.ledger, shelf.links)
    report = import_invitees(shelf.events, people, "symposium", rows, shelf.clock(), dry_run=False)
    assert report.counts == {"created": 2}
    batch = accept(shelf)
    assert (batch.plan.suppressed, batch.plan.to_send) == (1, 1)
    work_off(shelf)
    assert shelf.recipients() == ["boris@example.org"]


def test_who_is_suppressed_between_plan_and_send_is_skipped_with_the_reason(shelf: Shelf, clara: Invitee) -> None:
    accept(shelf)
    suppress(shelf)
    for work in shelf.take():
        assert deliver(shelf, work) == {"skipped": 1}
    assert shelf.delivery(clara)["reason"] == "suppressed: bounce"


# lifting


def test_lifting_is_for_every_event_and_stands_in_the_audit_log_and_in_each_file(
    shelf: Shelf, clara: Invitee, twin: Invitee
) -> None:
    suppress(shelf)
    assert lift(shelf, clara) == [AT_AWS]
    assert (record(shelf), said(shelf, clara, twin)) == (None, ["", ""])
    [entry] = [one for one in shelf.desk.audit.all("symposium") if one.what == "suppression lifted"]
    assert (entry.who, entry.reason, entry.at) == (WHO, "it was a full mailbox", NOW)
    assert entry.detail == f"{clara.id}: bounce"
    for one in (clara, twin):
        [lifted] = [entry for entry in timeline(shelf, one) if entry.what == "suppression lifted"]
        assert (lifted.detail, lifted.who) == ("it was a full mailbox", WHO)


def test_a_complaint_can_be_lifted_and_the_answer_warns(shelf: Shelf, clara: Invitee) -> None:
    suppress(shelf, "complaint")
    assert lift(shelf, clara) == [COMPLAINED, AT_AWS]
    assert said(shelf, clara) == [""]


def test_what_is_not_suppressed_is_not_lifted(shelf: Shelf, clara: Invitee) -> None:
    before = shelf.items()
    with pytest.raises(Conflict, match="Nothing keeps mail from"):
        lift(shelf, clara)
    assert shelf.items() == before
    suppress(shelf)
    lift(shelf, clara)
    with pytest.raises(Conflict):
        lift(shelf, clara)


def test_a_person_of_another_event_is_not_found(shelf: Shelf, clara: Invitee) -> None:
    suppress(shelf)
    for invitee in (clara.model_copy(update={"event": "forum"}), clara.model_copy(update={"id": "x" * 3000})):
        with pytest.raises(NotFound):
            lift(shelf, invitee)
    assert said(shelf, clara) == ["bounce"]


@pytest.mark.parametrize("at", range(4))
def test_a_lifting_that_died_is_finished_when_it_is_repeated(
    shelf: Shelf, clara: Invitee, twin: Invitee, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    suppress(shelf)
    died = dying(shelf, at, monkeypatch, lambda: lift(shelf, clara))
    assert died is (at < 3), "the record with the audit log, two profiles"
    if died:
        lift(shelf, clara)
    assert (record(shelf), said(shelf, clara, twin)) == (None, ["", ""])
    assert len(shelf.items("EVENT#symposium", "AUDIT#")) == 1


def test_a_bounce_at_the_very_moment_of_a_lifting_stays(
    shelf: Shelf, clara: Invitee, monkeypatch: pytest.MonkeyPatch
) -> None:
    suppress(shelf)
    people = shelf.addresses._people

    def then_a_bounce(address: str) -> list[tuple[str, str]]:
        monkeypatch.setattr(shelf.addresses, "_people", people)
        suppress(shelf, "complaint")
        return people(address)

    monkeypatch.setattr(shelf.addresses, "_people", then_a_bounce)
    lift(shelf, clara)
    assert record(shelf) == Suppression(reason="complaint", at=NOW)
    assert said(shelf, clara) == ["complaint"]


def test_who_was_lifted_gets_the_next_mail(shelf: Shelf, clara: Invitee) -> None:
    suppress(shelf)
    assert accept(shelf).plan.to_send == 0
    lift(shelf, clara)
    shelf.clock.pass_(minutes=1)
    assert accept(shelf, key="again").plan.to_send == 1
    work_off(shelf)
    assert shelf.recipients() == [EMAIL]


def test_the_moment_of_a_new_suppression_after_a_lifting_is_its_own(shelf: Shelf, clara: Invitee) -> None:
    suppress(shelf)
    lift(shelf, clara)
    shelf.clock.pass_(days=1)
    suppress(shelf)
    assert record(shelf) == Suppression(reason="bounce", at=NOW + timedelta(days=1))
