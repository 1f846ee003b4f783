"""Another address for a person: old links die, what bounced may go out anew, and it is all or nothing."""

from typing import Any

import pytest

from chalicelib.adapters.store.invitees import profile_key
from chalicelib.adapters.store.table import Table, Update
from chalicelib.domain.errors import Conflict, NotFound
from chalicelib.domain.invitee import Invitee
from chalicelib.usecases.replace_address import replace_address
from tests.shelf import NOW, Shelf
from tests.usecases.steps import WHO, accept, invite_all, outcomes, told

OLD, NEW = "clara@example.org", "clara@ministry.example.org"


@pytest.fixture
def clara(shelf: Shelf) -> Invitee:
    shelf.publish()
    return shelf.invite("clara")[0]


def replace(shelf: Shelf, invitee: Invitee, email: str = NEW, event: str = "symposium") -> Invitee:
    return replace_address(shelf.invitees, shelf.addresses, shelf.batches, shelf.links, event, invitee.id, email,
                           "a typing error", WHO, shelf.clock())  # fmt: skip


def bounced(shelf: Shelf, kind: str = "bounce") -> Any:
    """SES says that the last mail came back."""
    return told(shelf, shelf.told(shelf.ses.messages()[-1].id, "Bounce", kind))


def test_the_person_has_the_new_address_and_the_old_one_is_free(shelf: Shelf, clara: Invitee) -> None:
    now = replace(shelf, clara)
    facts = {"email": NEW, "generation": 2, "revision": clara.revision + 1, "revised_at": shelf.clock(), "feed": 1}
    assert shelf.file(clara).invitee == now == clara.model_copy(update=facts)
    hashes = {shelf.hash_of(OLD): OLD, shelf.hash_of(NEW): NEW}
    assert shelf.addresses.claimed("symposium", hashes) == {shelf.hash_of(NEW): clara.id}
    shelf.invite("other", email=OLD)


def test_old_links_stop_working_and_new_ones_work(shelf: Shelf, clara: Invitee) -> None:
    old = shelf.links.token(clara)
    now = replace(shelf, clara)
    assert not shelf.links.verifies(old, now)
    assert shelf.links.verifies(shelf.links.token(now), now)


def test_it_stands_in_the_persons_file_and_in_the_audit_log_with_who_and_why(shelf: Shelf, clara: Invitee) -> None:
    replace(shelf, clara)
    whole = shelf.invitees.whole_file(clara.id)
    assert whole is not None
    [entry] = whole.timeline
    assert (entry.at, entry.what, entry.detail, entry.who) == (NOW, "address replaced", f"{OLD} -> {NEW}", WHO)
    [audited] = shelf.desk.audit.all("symposium")
    assert (audited.who, audited.what, audited.reason) == (WHO, "address replaced", "a typing error")
    assert audited.detail == clara.id, "addresses stand with the person alone, and go with them"


def test_the_suppression_stays_with_the_old_address(shelf: Shelf, clara: Invitee) -> None:
    shelf.addresses.suppress(shelf.hash_of(OLD), "bounce", NOW)
    assert replace(shelf, clara).suppressed == ""
    assert list(shelf.addresses.suppressions([shelf.hash_of(OLD)])) == [shelf.hash_of(OLD)]
    shelf.addresses.suppress(shelf.hash_of(OLD), "complaint", NOW)
    assert shelf.file(clara).invitee.suppressed == ""


def test_a_new_address_that_is_suppressed_says_so(shelf: Shelf, clara: Invitee) -> None:
    shelf.addresses.suppress(shelf.hash_of(NEW), "complaint", NOW)
    assert replace(shelf, clara).suppressed == "complaint"


def test_a_bounce_of_the_new_address_at_this_very_moment_is_not_missed(
    shelf: Shelf, clara: Invitee, monkeypatch: pytest.MonkeyPatch
) -> None:
    transact = Table.transact

    def overtaken(self: Table, *arguments: Any) -> None:
        monkeypatch.setattr(Table, "transact", transact)
        shelf.addresses.suppress(shelf.hash_of(NEW), "bounce", NOW)
        transact(self, *arguments)

    monkeypatch.setattr(Table, "transact", overtaken)
    assert replace(shelf, clara).suppressed == "bounce"


@pytest.mark.parametrize("email", [OLD, "Clara@Example.org"])
def test_the_same_address_is_refused_and_changes_nothing(shelf: Shelf, clara: Invitee, email: str) -> None:
    before = shelf.items()
    with pytest.raises(Conflict, match="already"):
        replace(shelf, clara, email)
    assert shelf.items() == before


def test_an_address_of_somebody_else_of_the_event_is_refused_and_names_them(shelf: Shelf, clara: Invitee) -> None:
    [boris] = shelf.invite("boris")
    before = shelf.items()
    with pytest.raises(Conflict, match=boris.id):
        replace(shelf, clara, "Boris@example.org")
    assert shelf.items() == before


def test_an_address_of_another_event_may_be_taken(shelf: Shelf, clara: Invitee) -> None:
    shelf.invite("twin", email=NEW, event="forum")
    assert replace(shelf, clara).email == NEW


def test_a_person_of_another_event_is_not_found(shelf: Shelf, clara: Invitee) -> None:
    shelf.publish("forum")
    with pytest.raises(NotFound):
        replace(shelf, clara, event="forum")


def overtaken(shelf: Shelf, monkeypatch: pytest.MonkeyPatch, clara: Invitee, *addresses: str) -> None:
    """Let others replace the address after the next replacement has looked at the person."""
    whole_file = shelf.invitees.whole_file

    def looked_at(invitee: str) -> Any:
        monkeypatch.setattr(shelf.invitees, "whole_file", whole_file)
        seen = whole_file(invitee)
        for address in addresses:
            replace(shelf, clara, address)
        return seen

    monkeypatch.setattr(shelf.invitees, "whole_file", looked_at)


def test_of_two_replacements_at_once_one_is_told_so_and_writes_nothing(
    shelf: Shelf, clara: Invitee, monkeypatch: pytest.MonkeyPatch
) -> None:
    overtaken(shelf, monkeypatch, clara, "first@example.org")
    with pytest.raises(Conflict, match="at this very moment"):
        replace(shelf, clara)
    assert shelf.file(clara).invitee.email == "first@example.org"
    assert shelf.addresses.claimed("symposium", [shelf.hash_of(NEW)]) == {}
    assert len(shelf.desk.audit.all("symposium")) == 1


def test_links_that_were_revoked_there_and_back_meanwhile_stay_revoked(
    shelf: Shelf, clara: Invitee, monkeypatch: pytest.MonkeyPatch
) -> None:
    overtaken(shelf, monkeypatch, clara, "first@example.org", OLD)
    with pytest.raises(Conflict, match="at this very moment"):
        replace(shelf, clara)
    assert shelf.file(clara).invitee.generation == 3


def test_what_bounced_is_given_up_and_the_next_batch_reaches_the_new_address(shelf: Shelf, clara: Invitee) -> None:
    first = invite_all(shelf)
    bounced(shelf)
    assert outcomes(shelf, first) == {"bounced": 1}
    shelf.clock.pass_(minutes=1)
    assert accept(shelf, key="before").plan.suppressed == 1
    replace(shelf, clara)
    line = shelf.delivery(clara)
    assert (line["state"], line["reason"]) == ("failed", "bounced at the old address (Permanent General)")
    assert line["message_id"] and line["batch"] == first.id, "what was known of it stays"
    assert outcomes(shelf, first) == {"failed": 1}
    shelf.clock.pass_(minutes=1)
    second = invite_all(shelf, "second")
    assert (second.plan.to_send, shelf.state(clara)) == (1, "sent")
    assert shelf.recipients() == [OLD, NEW]
    assert bounced(shelf)
    assert shelf.state(clara) == "bounced"


def test_the_counts_of_a_large_batch_follow(shelf: Shelf, clara: Invitee) -> None:
    batch = invite_all(shelf)
    bounced(shelf)
    replace(shelf, clara)
    moved = shelf.batches.get("symposium", batch.id).moved
    assert {state: count for state, count in moved.items() if count} == {"sent": -1, "failed": 1}


def test_a_mail_that_bounces_after_its_address_was_replaced_does_not_keep_the_next_batch_away(
    shelf: Shelf, clara: Invitee
) -> None:
    invite_all(shelf)
    replace(shelf, clara)
    assert bounced(shelf)
    assert (shelf.state(clara), shelf.file(clara).invitee.suppressed) == ("failed", "")
    assert shelf.delivery(clara)["reason"] == "bounced at the old address (Permanent General)"
    shelf.clock.pass_(minutes=1)
    assert invite_all(shelf, "second").plan.to_send == 1
    assert shelf.recipients() == [OLD, NEW]


@pytest.mark.parametrize("state", ["sent", "delivered", "complained", "unknown"])
def test_what_was_not_bounced_stays_as_it_is(shelf: Shelf, clara: Invitee, state: str) -> None:
    invite_all(shelf)
    shelf.table.write(Update((f"INVITEE#{clara.id}", "DELIVERY#invitation#1"), {"state": state}))
    before = shelf.delivery(clara)
    replace(shelf, clara)
    assert shelf.delivery(clara) == before


def test_nothing_is_replaced_when_news_of_the_mail_come_at_this_very_moment(
    shelf: Shelf, clara: Invitee, monkeypatch: pytest.MonkeyPatch
) -> None:
    invite_all(shelf)
    bounced(shelf)
    whole_file = shelf.invitees.whole_file

    def overtaken(invitee: str) -> Any:
        seen = whole_file(invitee)
        shelf.table.write(Update((f"INVITEE#{clara.id}", "DELIVERY#invitation#1"), {"state": "complained"}))
        return seen

    monkeypatch.setattr(shelf.invitees, "whole_file", overtaken)
    with pytest.raises(Conflict):
        replace(shelf, clara)
    assert (shelf.file(clara).invitee.email, shelf.state(clara)) == (OLD, "complained")
    assert shelf.table.get(profile_key(clara.id))["generation"] == 1  # type: ignore[index]


def test_a_reminder_that_bounced_keeps_its_state(shelf: Shelf, clara: Invitee) -> None:
    key = {"PK": f"INVITEE#{clara.id}", "SK": "DELIVERY#reminder#r"}
    facts = {"invitee": clara.id, "event": "symposium", "kind": "reminder", "occurrence": "r", "state": "bounced"}
    shelf.table.put_many([{**key, **facts}])
    replace(shelf, clara)
    assert shelf.state(clara, "reminder", "r") == "bounced"
