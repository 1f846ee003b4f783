"""Each entity's items and access patterns, by what stands in the table."""

from datetime import date, timedelta

import pytest

from chalicelib.adapters.store.audit import Audit
from chalicelib.adapters.store.due import Due
from chalicelib.adapters.store.feedback import Feedbacks
from chalicelib.adapters.store.invitees import TOGETHER
from chalicelib.adapters.store.person import SHARDS
from chalicelib.adapters.store.table import ConditionFailed
from chalicelib.domain.batch import MOVES, Batch, BatchState, Plan
from chalicelib.domain.errors import NotFound
from chalicelib.domain.event import Event
from chalicelib.domain.history import AuditEntry, Suppression
from chalicelib.domain.invitee import Attendance, Registration
from tests.shelf import NOW, Shelf, document, keyed, person


def registration(invitee: str, version: int = 1, **facts: object) -> Registration:
    said = {"name": "N", "organisation": "O", "sessions": ["session-1"], "consented_at": NOW, "updated_at": NOW}
    return Registration.model_validate({"invitee": invitee, "event": "symposium", "version": version, **said, **facts})


def outbox(reference: str = "r", minutes: int = 2) -> Due:
    return Due(what="outbox", reference=reference, at=NOW + timedelta(minutes=minutes), body={"event": "symposium"})


def batch(recipients: int, key: str = "b", plan_id: str = "p") -> Batch:
    return Batch(
        id=key,
        event="symposium",
        kind="invitation",
        occurrence="1",
        plan=Plan(audience=recipients, to_send=recipients),
        chunks=-(-recipients // 25),
        plan_id=plan_id,
        accepted_at=NOW,
    )


def event(version: int = 1) -> Event:
    return Event(id="symposium", version=version, document=document(), published_at=NOW)


# events


def test_an_event_reads_back_as_it_was_published_and_each_version_stays(shelf: Shelf) -> None:
    second = event(2).model_copy(update={"document": document(date="2021-02-04")})
    shelf.events.publish(event(), [])
    shelf.events.publish(second, [])
    assert shelf.events.get("symposium") == second
    assert shelf.events.version("symposium", 1) == event()
    assert shelf.events.version("symposium", 3) is None


@pytest.mark.parametrize("version", [1, 3])
def test_only_the_version_after_the_stored_one_can_be_published(shelf: Shelf, version: int) -> None:
    shelf.events.publish(event(1), [])
    before = shelf.items()
    with pytest.raises(ConditionFailed):
        shelf.events.publish(event(version), [])
    assert shelf.items() == before


@pytest.mark.parametrize("name", ["unknown", "x" * 3000, "symposium\n", "", "a#b"])
def test_an_event_that_is_not_there_is_not_found_whatever_its_name(shelf: Shelf, name: str) -> None:
    shelf.publish()
    with pytest.raises(NotFound):
        shelf.events.get(name)


def test_the_first_opening_of_the_feedback_counts(shelf: Shelf) -> None:
    shelf.publish()
    shelf.events.open_feedback("symposium", NOW)
    shelf.events.open_feedback("symposium", NOW + timedelta(days=1))
    assert shelf.events.get("symposium").feedback_opened_at == NOW


def test_opening_the_feedback_of_no_event_makes_none(shelf: Shelf) -> None:
    shelf.events.open_feedback("nothing", NOW)
    assert shelf.items() == []


def test_a_mailing_is_settled_once_and_only_at_the_moment_it_is_planned_for(shelf: Shelf) -> None:
    shelf.publish()
    [mailing, *_] = shelf.events.mailings("symposium")
    moved = mailing.model_copy(update={"due_at": mailing.due_at + timedelta(hours=1)})
    assert not shelf.events.settle_mailing(moved, "fired")
    assert shelf.events.settle_mailing(mailing, "fired")
    assert not shelf.events.settle_mailing(mailing, "skipped", "late")
    assert shelf.events.mailing("symposium", mailing.occurrence).state == "fired"


# invitees


def test_a_persons_file_is_one_query_with_all_that_is_kept_of_them(shelf: Shelf) -> None:
    [clara] = shelf.invite("clara", country="AT", delegation="Austria", category="un")
    shelf.invitees.register(clara, None, registration(clara.id), outbox())
    Feedbacks(shelf.table).give("symposium", clara.id, {"overall": 5}, date(2021, 1, 29))
    file = shelf.file(clara)
    coming = Attendance(sessions=registration(clara.id).sessions, version=1)
    said = {"rsvp": "accepted", "answered_at": NOW, "attending": coming, "revision": 1, "revised_at": NOW}
    assert file.invitee == clara.model_copy(update=said)
    assert file.registration == registration(clara.id)
    assert file.gave_feedback
    assert shelf.invitees.file("nobodyxxxxxxxxxxxxxx") is None


def test_an_address_belongs_to_one_invitee_of_an_event_and_to_another_of_another_event(shelf: Shelf) -> None:
    shelf.invite("clara")
    before = shelf.items()
    twin = person("twin", email="clara@example.org")
    with pytest.raises(ConditionFailed, match="address is free"):
        shelf.invitees.create([(person("new"), shelf.hash_of("new@example.org")), (twin, shelf.hash_of(twin.email))])
    assert shelf.items() == before
    shelf.invite("twin", email="clara@example.org", event="forum")


def test_people_are_listed_shard_by_shard_without_anybody_twice_or_missing(shelf: Shelf) -> None:
    people = shelf.invite(*(f"p{n}" for n in range(60)))
    shelf.invite("stranger", event="other")
    found, cursor = [], (0, None)
    while cursor is not None:
        page, cursor = shelf.invitees.page("symposium", 7, cursor)
        assert len(page) <= 7
        found += page
    assert sorted(one.id for one in found) == sorted(one.id for one in people)
    assert sorted(one.id for one in shelf.invitees.all("symposium")) == sorted(one.id for one in people)
    shards = {item["GSI1PK"]["S"] for item in shelf.items("INVITEE#p", "PROFILE")}
    assert len(shards) == SHARDS


def test_an_update_keeps_what_the_person_answered_and_their_address(shelf: Shelf) -> None:
    [clara] = shelf.invite("clara")
    shelf.invitees.answer(clara, "tentative", None, NOW)
    shelf.invitees.update(
        clara.model_copy(update={"name": "Clara Weiss", "email": "other@example.org", "rsvp": "declined"}), NOW
    )
    now = shelf.file(clara).invitee
    assert (now.name, now.email, now.rsvp) == ("Clara Weiss", "clara@example.org", "tentative")


def test_declining_takes_the_registration_out_of_the_listing_and_keeps_it_in_the_file(shelf: Shelf) -> None:
    [clara] = shelf.invite("clara")
    shelf.invitees.register(clara, None, registration(clara.id), outbox())
    assert [one.invitee for one in shelf.invitees.registrations("symposium")] == [clara.id]
    shelf.invitees.answer(clara, "declined", registration(clara.id), NOW)
    assert list(shelf.invitees.registrations("symposium")) == []
    assert shelf.file(clara).registration.withdrawn_at == NOW


def test_of_two_registrations_at_once_one_is_overtaken_and_writes_nothing(shelf: Shelf) -> None:
    [clara] = shelf.invite("clara")
    shelf.invitees.register(clara, None, registration(clara.id), outbox("first"))
    before = shelf.items()
    with pytest.raises(ConditionFailed, match="not overtaken"):
        shelf.invitees.register(clara, None, registration(clara.id, name="Other"), outbox("second"))
    assert shelf.items() == before


def test_a_confirmation_is_promised_in_the_transaction_of_the_registration(shelf: Shelf) -> None:
    [clara] = shelf.invite("clara")
    shelf.invitees.register(clara, None, registration(clara.id), outbox("promise"))
    assert [due.reference for due in shelf.dues.until(NOW + timedelta(minutes=2))] == ["promise"]


@pytest.mark.parametrize("change", ["answer", "register"])
def test_nothing_is_changed_by_a_link_that_was_revoked_while_it_was_used(shelf: Shelf, change: str) -> None:
    [clara] = shelf.invite("clara", generation=2)
    before, holder = shelf.items(), clara.model_copy(update={"generation": 1})
    with pytest.raises(ConditionFailed, match="same links"):
        if change == "answer":
            shelf.invitees.answer(holder, "accepted", None, NOW)
        else:
            shelf.invitees.register(holder, None, registration(clara.id), outbox())
    assert shelf.items() == before


def test_what_happened_to_a_person_is_written_down_in_order(shelf: Shelf) -> None:
    [clara] = shelf.invite("clara")
    shelf.invitees.answer(clara, "tentative", None, NOW)
    shelf.invitees.leave(clara, ["invitations"], ("left", "invitations"), NOW + timedelta(minutes=1))
    assert [item["what"]["S"] for item in shelf.items("INVITEE#", "LOG#")] == ["answered", "left"]
    whole = shelf.invitees.whole_file(clara.id)
    assert [(entry.at, entry.what, entry.detail, entry.who) for entry in whole.timeline] == [
        (NOW + timedelta(minutes=1), "left", "invitations", ""),
        (NOW, "answered", "needs-action -> tentative", ""),
    ]


def test_as_many_people_as_a_transaction_takes_are_stored_together(shelf: Shelf) -> None:
    people = [(one, shelf.hash_of(one.email)) for one in (person(f"p{n}") for n in range(TOGETHER))]
    shelf.invitees.create(people)
    assert len(list(shelf.invitees.all("symposium"))) == TOGETHER


# what the clock and the workers read


def test_due_rows_come_up_to_the_moment_itself_and_no_later_ones(shelf: Shelf) -> None:
    rows = [outbox(f"r{minutes}", minutes) for minutes in range(0, 60, 5)]
    for row in rows:
        shelf.dues.add(row)
    found = list(shelf.dues.until(NOW + timedelta(minutes=20)))
    assert sorted(due.reference for due in found) == ["r0", "r10", "r15", "r20", "r5"]
    assert all(due in rows for due in found)
    for due in found:
        shelf.dues.remove(due)
        shelf.dues.remove(due)
    assert len(shelf.items("DUE#")) == len(rows) - len(found)


PEOPLE = [f"i{n:03}" for n in range(60)]
PARTS = [PEOPLE[:25], PEOPLE[25:50], PEOPLE[50:]]


def test_chunks_are_read_by_number_or_all_in_order(shelf: Shelf) -> None:
    shelf.batches.write_chunks("p", 0, PARTS[:1], NOW)
    shelf.batches.write_chunks("p", 1, PARTS[1:], NOW)
    assert [shelf.batches.chunk("p", n).invitees for n in range(3)] == PARTS
    assert [(one.number, one.invitees) for one in shelf.batches.chunks("p")] == list(enumerate(PARTS))
    assert list(shelf.batches.recipients("p")) == PEOPLE
    with pytest.raises(NotFound, match="no chunk 3"):
        shelf.batches.chunk("p", 3)


def test_the_first_count_of_a_chunk_stands(shelf: Shelf) -> None:
    shelf.batches.write_chunks("p", 0, PARTS, NOW)
    shelf.batches.finish_chunk("p", 1, {"sent": 24, "skipped": 1}, NOW)
    shelf.batches.finish_chunk("p", 1, {"sent": 25}, NOW + timedelta(minutes=1))
    shelf.batches.finish_chunk("p", 7, {"sent": 25}, NOW)
    counted = list(shelf.batches.chunks("p", counted_only=True))
    assert [one.done_at for one in counted] == [None, NOW, None]
    assert (counted[1].tally, counted[1].invitees) == ({"sent": 24, "skipped": 1}, [])
    assert len(shelf.items("BATCH#p")) == 3, "a chunk that there is not is not made"


def test_the_first_batch_of_an_id_stands_and_the_second_has_no_effect(shelf: Shelf) -> None:
    first = shelf.batches.accept(batch(1))
    before = shelf.items()
    assert shelf.batches.accept(batch(2, plan_id="q")) == first == shelf.batches.find("symposium", "b")
    assert shelf.items() == before


@pytest.mark.parametrize("state, watched", [("planning", True), ("draft", False), ("sending", True)])
def test_a_batch_that_something_is_to_be_done_for_is_stored_with_a_row_of_the_clock(
    shelf: Shelf, state: BatchState, watched: bool
) -> None:
    shelf.batches.accept(batch(1).model_copy(update={"state": state}))
    rows = list(shelf.dues.until(NOW))
    assert [(due.what, due.reference, due.body) for due in rows] == (
        [("batch", "batch#b", {"event": "symposium", "batch": "b"})] if watched else []
    )


@pytest.mark.parametrize("before", sorted(MOVES))
@pytest.mark.parametrize("to", sorted(to for to in MOVES if MOVES[to]))
def test_a_batch_moves_only_as_its_states_allow_and_its_row_follows(
    shelf: Shelf, before: BatchState, to: BatchState
) -> None:
    stored = shelf.batches.accept(batch(1).model_copy(update={"state": before}))
    items = shelf.items()
    moved = shelf.batches.move(stored, to, NOW, reason="r")
    if before in MOVES[to]:
        assert moved is not None and (moved.state, moved.reason) == (to, "r")
        assert moved.completed_at == (NOW if to == "complete" else None)
        assert len(shelf.items("DUE#")) == (to == "sending")
    else:
        assert moved is None and shelf.items() == items


@pytest.mark.parametrize("seen", [{"plan_id": "other"}, {"fingerprint": "f"}])
def test_a_batch_whose_plan_is_not_what_was_seen_does_not_move(shelf: Shelf, seen: dict[str, str]) -> None:
    stored = shelf.batches.accept(batch(1).model_copy(update={"state": "draft"}))
    assert shelf.batches.move(stored.model_copy(update=seen), "sending", NOW) is None
    assert shelf.batches.move(stored, "sending", NOW, plan_id="q", plan=Plan(audience=7, to_send=7)) is not None
    moved = shelf.batches.get("symposium", "b")
    assert (moved.plan_id, moved.plan.audience) == ("q", 7)


def test_the_cursor_of_a_batch_moves_on_from_where_it_was_seen(shelf: Shelf) -> None:
    stored = shelf.batches.accept(batch(60))
    assert shelf.batches.feed(stored, 2, NOW)
    assert not shelf.batches.feed(stored, 3, NOW)
    fed = shelf.batches.get("symposium", "b")
    assert (fed.fed, fed.fed_at) == (2, NOW)
    shelf.batches.move(fed, "paused", NOW)
    assert not shelf.batches.feed(fed, 3, NOW)


def test_what_moves_after_the_count_is_added_up(shelf: Shelf) -> None:
    shelf.batches.accept(batch(60))
    for moves in ({"sent": -2, "delivered": 2}, {"sent": -1, "bounced": 1, "unknown": 0}):
        shelf.batches.note_moves("symposium", "b", moves)
    assert shelf.batches.get("symposium", "b").moved == {"sent": -3, "delivered": 2, "bounced": 1}


def test_batches_are_listed_newest_first(shelf: Shelf) -> None:
    for n in range(3):
        shelf.batches.accept(batch(0, f"b{n}").model_copy(update={"accepted_at": NOW + timedelta(minutes=n)}))
    assert [one.id for one in shelf.batches.all("symposium")] == ["b2", "b1", "b0"]


def test_chunks_are_removed_by_ttl_after_their_batch_is_long_over(shelf: Shelf) -> None:
    shelf.batches.write_chunks("p", 0, [["one"]], NOW)
    [chunk] = shelf.items("BATCH#")
    assert int(chunk["expires_at"]["N"]) > (NOW + timedelta(days=365)).timestamp()


def test_an_addresss_claims_and_suppression_stand_in_one_partition(shelf: Shelf) -> None:
    shelf.invite("clara")
    shelf.invite("twin", email="clara@example.org", event="forum")
    address = shelf.hash_of("clara@example.org")
    shelf.addresses.suppress(address, "bounce", NOW)
    assert [item["SK"]["S"] for item in shelf.items(f"ADDRESS#{address}")] == [
        "EVENT#forum", "EVENT#symposium", "SUPPRESSION",
    ]  # fmt: skip
    assert shelf.addresses.claimed("forum", [address, "other"]) == {address: "twin".ljust(20, "x")}


def test_suppressions_answer_for_the_addresses_that_were_asked_about(shelf: Shelf) -> None:
    shelf.addresses.suppress("h1", "bounce", NOW)
    shelf.addresses.suppress("h2", "complaint", NOW)
    assert shelf.addresses.suppressions(["h1", "h3"]) == {"h1": Suppression(reason="bounce", at=NOW)}


# what organisers did


def test_the_audit_log_of_an_event_is_read_newest_first(shelf: Shelf) -> None:
    audit = Audit(shelf.table)
    audit.write("symposium", "anna@example.org", "first", "detail", "why", NOW)
    audit.write("symposium", "boris@example.org", "second", "", "", NOW + timedelta(seconds=1))
    audit.write("forum", "boris@example.org", "elsewhere", "", "", NOW)
    assert audit.all("symposium") == [
        AuditEntry(at=NOW + timedelta(seconds=1), who="boris@example.org", what="second"),
        AuditEntry(at=NOW, who="anna@example.org", what="first", detail="detail", reason="why"),
    ]


# feedback


def test_nothing_in_the_table_leads_from_feedback_to_the_person_or_back(shelf: Shelf) -> None:
    [clara] = shelf.invite("clara")
    assert Feedbacks(shelf.table).give("symposium", clara.id, {"overall": 5}, date(2021, 1, 29))
    [answers] = shelf.items("FEEDBACK#")
    assert clara.id not in str(answers) and "clara" not in str(answers)
    assert shelf.items(f"INVITEE#{clara.id}", "FEEDBACK") == [
        {"PK": {"S": f"INVITEE#{clara.id}"}, "SK": {"S": "FEEDBACK"}}
    ]


def test_a_person_gives_feedback_once(shelf: Shelf) -> None:
    feedbacks = Feedbacks(shelf.table)
    assert feedbacks.give("symposium", "clara", {"overall": 5}, date(2021, 1, 29))
    before = shelf.items()
    assert not feedbacks.give("symposium", "clara", {"overall": 1}, date(2021, 1, 30))
    assert shelf.items() == before
    assert feedbacks.all(shelf.invitees.listing("symposium", "FEEDBACK")) == [{"day": "2021-01-29", "overall": 5}]


def test_the_keys_of_an_events_items_are_those_of_the_plan_of_the_house(shelf: Shelf) -> None:
    shelf.publish()
    shelf.invite("clara")
    found = list(keyed(shelf.items()))
    assert "EVENT#symposium META" in found and "EVENT#symposium AGENDA#0001" in found
    assert "INVITEE#claraxxxxxxxxxxxxxxx PROFILE" in found
    assert any(key.startswith("ADDRESS#") and key.endswith(" EVENT#symposium") for key in found)
    assert "clara@" not in "".join(found), "a key says nothing about an address"
