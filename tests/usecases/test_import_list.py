"""Large lists: whoever dies where, everybody is there once and the counts are those of one undisturbed run."""

import copy
import csv
import io
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from chalicelib.adapters.queue import QueueFailed
from chalicelib.adapters.store.lists import ASKED_AFTER, ASKED_AGAIN_AFTER, Lists, Overtaken
from chalicelib.adapters.uploads import Uploads
from chalicelib.domain.errors import Conflict, Invalid, NotFound
from chalicelib.domain.event import utc
from chalicelib.domain.invitee import Invitee
from chalicelib.domain.uploaded_list import BLOCK, KEPT, LARGEST, LEASE, MOST_TRIES, SHOWN, UploadedList
from chalicelib.domain.work import Job
from chalicelib.usecases import import_list as importing
from chalicelib.usecases.import_invitees import People
from chalicelib.usecases.import_list import Intake, import_list, start_import
from chalicelib.usecases.offer_upload import offer_upload
from tests.shelf import SETTINGS, Shelf, table_definition

HEADER = "email,name,country\n"


class Died(BaseException):
    """The worker is gone in the middle of what it did."""


@pytest.fixture(autouse=True)
def event(shelf: Shelf) -> None:
    shelf.publish()


@pytest.fixture
def intake(shelf: Shelf) -> Intake:
    people = People(shelf.invitees, shelf.addresses, shelf.ledger, shelf.links)
    return Intake(shelf.events, people, Lists(shelf.table), Uploads(shelf.s3, SETTINGS["BUCKET"]), shelf.queue)


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of four rows, so that few rows have many."""
    monkeypatch.setattr(importing, "BLOCK", 4)


def rows(*names: str, country: str = "") -> str:
    return HEADER + "".join(f"{name}@example.org,{name.title()},{country}\n" for name in names)


def upload(shelf: Shelf, intake: Intake, content: str | bytes) -> UploadedList:
    listed, _ = offer_upload(intake.events, intake.lists, intake.uploads, "symposium", "people.csv", shelf.clock())
    put(shelf, listed, content)
    return listed


def put(shelf: Shelf, listed: UploadedList, content: str | bytes) -> None:
    body = content.encode() if isinstance(content, str) else content
    shelf.s3.put_object(Bucket=SETTINGS["BUCKET"], Key=f"lists/symposium/{listed.id}", Body=body)


def start(shelf: Shelf, intake: Intake, listed: UploadedList, *, dry_run: bool = False) -> UploadedList:
    return start_import(intake, "symposium", listed.id, shelf.clock(), dry_run=dry_run)


def work(
    shelf: Shelf, intake: Intake, listed: UploadedList, time_left: Callable[[], bool] = lambda: True
) -> UploadedList:
    return import_list(intake, "symposium", listed.id, shelf.clock, time_left)


def imported(shelf: Shelf, intake: Intake, content: str | bytes, *, dry_run: bool = False) -> UploadedList:
    listed = upload(shelf, intake, content)
    start(shelf, intake, listed, dry_run=dry_run)
    work(shelf, intake, listed)
    return stored(shelf, intake, listed)


def stored(shelf: Shelf, intake: Intake, listed: UploadedList) -> UploadedList:
    return intake.lists.get("symposium", listed.id, shelf.clock())


def names(shelf: Shelf) -> list[str]:
    return sorted(item["email"]["S"].partition("@")[0] for item in shelf.items("INVITEE", "PROFILE"))


def report(shelf: Shelf, listed: UploadedList) -> list[list[str]]:
    key = f"lists/symposium/{listed.id}.report.csv"
    content = shelf.s3.get_object(Bucket=SETTINGS["BUCKET"], Key=key)["Body"].read()
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def promises(shelf: Shelf) -> list[tuple[str, str]]:
    """The clock's rows of lists: (when, what job)."""
    found = [item for item in shelf.items("DUE#") if item["what"]["S"] == "job"]
    return [(item["at"]["S"], item["body"]["M"]["id"]["S"]) for item in found]


# an undisturbed run


def test_a_list_becomes_invitees_and_tells_what_became_of_each_row(shelf: Shelf, intake: Intake) -> None:
    shelf.invite("anna", "boris", country="AT")
    text = rows("anna", "clara", "clara") + "boris@example.org,Boris,UZ\nno address,X,\nазиз@example.org,Aziz,\n"
    done = imported(shelf, intake, text.replace("country", "country,Room").encode("cp1251"))
    assert (done.state, done.total, done.rows) == ("done", 6, 6)
    assert done.counts == {
        "updated": 1, "unchanged": 1, "created": 1, "duplicate": 1, "invalid": 1, "undeliverable": 1,
    }  # fmt: skip
    assert (done.format, done.encoding, done.unknown_columns) == ("CSV", "Windows-1251", ["Room"])
    assert names(shelf) == ["anna", "boris", "clara", "азиз"]
    looked_at = [(one.row, one.outcome) for one in done.attention]
    assert looked_at == [(4, "duplicate"), (6, "invalid"), (7, "undeliverable")]


def test_the_report_has_every_row_to_look_at_is_safe_to_open_and_can_be_mended_and_uploaded(
    shelf: Shelf, intake: Intake
) -> None:
    bad = "".join(f"=cmd|{n},Name {n},UZ\n" for n in range(SHOWN + 20))
    listed = imported(shelf, intake, HEADER + bad + "anna@example.org,Anna,UZ\n")
    header, *lines = report(shelf, listed)
    assert header[:5] == ["row", "outcome", "what to do", "email", "name"]
    assert len(lines) == SHOWN + 20
    assert lines[0][:2] == ["2", "invalid"]
    assert "email: " in lines[0][2]
    assert lines[0][3:5] == ["'=cmd|0", "Name 0"]
    assert (len(listed.attention), listed.attention[-1].row) == (SHOWN, SHOWN + 1)
    mended = [[*line[:3], f"p{n}@example.org", *line[4:]] for n, line in enumerate(lines)]
    text = io.StringIO()
    csv.writer(text).writerows([header, *mended])
    again = imported(shelf, intake, "\ufeff" + text.getvalue())
    assert (again.counts, again.unknown_columns) == ({"created": SHOWN + 20}, ["row", "outcome", "what to do"])


def test_a_dry_run_of_a_list_tells_the_same_and_stores_nobody(shelf: Shelf, intake: Intake) -> None:
    shelf.invite("anna")
    text = rows("anna", "clara", "clara", country="UZ")
    before = shelf.items("INVITEE"), shelf.items("ADDRESS")
    told = imported(shelf, intake, text, dry_run=True)
    assert (shelf.items("INVITEE"), shelf.items("ADDRESS")) == before
    start(shelf, intake, told)
    done = work(shelf, intake, told)
    assert (told.dry_run, done.dry_run) == (True, False)
    assert told.counts == done.counts == {"updated": 1, "created": 1, "duplicate": 1}
    assert told.attention == done.attention


def test_a_list_is_judged_by_the_event_as_it_was_when_the_import_began(shelf: Shelf, intake: Intake) -> None:
    listed = upload(shelf, intake, "email,name,category\nanna@example.org,Anna,un\n")
    start(shelf, intake, listed)
    shelf.publish(categories={})
    shelf.publish(categories={"press": {"en": "Press", "ru": "Пресса"}})
    assert work(shelf, intake, listed).counts == {"created": 1}


def test_a_header_alone_is_a_list_of_nobody(shelf: Shelf, intake: Intake) -> None:
    done = imported(shelf, intake, HEADER)
    assert (done.state, done.counts, done.rows) == ("done", {}, 0)


def test_what_a_list_tells_fits_into_its_item_whatever_is_in_it(shelf: Shelf, intake: Intake) -> None:
    long = "ж" * 10_000
    header = "email,name,time_zone,language,country,category," + ",".join(f"{n}{long[:1000]}" for n in range(190))
    done = imported(shelf, intake, header + "\n" + f"{long},{long},{long},{long},{long},{long}\n" * SHOWN)
    assert (done.state, done.counts) == ("done", {"invalid": SHOWN})
    [item] = shelf.items("EVENT#symposium", "LIST#")
    assert len(json.dumps(item, ensure_ascii=False).encode()) < 400_000


# asking for it


def test_the_button_pressed_twice_asks_once(shelf: Shelf, intake: Intake) -> None:
    listed = upload(shelf, intake, rows("anna"))
    first = start(shelf, intake, listed)
    shelf.clock.pass_(seconds=5)
    assert start(shelf, intake, listed) == first
    assert shelf.jobs() == [Job(what="import", event="symposium", id=listed.id)]
    done = work(shelf, intake, listed)
    assert start(shelf, intake, listed) == done
    assert len(shelf.jobs()) == 1


def test_while_a_list_is_read_no_run_of_the_other_kind_begins(shelf: Shelf, intake: Intake) -> None:
    listed = upload(shelf, intake, rows("anna"))
    start(shelf, intake, listed, dry_run=True)
    with pytest.raises(Conflict, match="A dry run of this list is going on"):
        start(shelf, intake, listed)
    work(shelf, intake, listed)
    start(shelf, intake, listed)
    with pytest.raises(Conflict, match="The import of this list is going on"):
        start(shelf, intake, listed, dry_run=True)
    work(shelf, intake, listed)
    with pytest.raises(Conflict, match="This list is imported"):
        start(shelf, intake, listed, dry_run=True)


def test_a_dry_run_is_made_again_only_of_another_file(shelf: Shelf, intake: Intake) -> None:
    told = imported(shelf, intake, rows("anna"), dry_run=True)
    assert start(shelf, intake, told, dry_run=True) == told
    put(shelf, told, rows("anna", "boris"))
    assert start(shelf, intake, told, dry_run=True).state == "reading"
    assert work(shelf, intake, told).counts == {"created": 2}


def test_two_who_press_at_the_same_moment_start_one_import(shelf: Shelf, intake: Intake) -> None:
    listed = upload(shelf, intake, rows("anna"))
    find = intake.uploads.find

    def slow(one: UploadedList) -> Any:
        intake.uploads.find = find  # type: ignore[method-assign]
        start(shelf, intake, listed)
        return find(one)

    intake.uploads.find = slow  # type: ignore[method-assign]
    assert start(shelf, intake, listed).state == "reading"
    assert len(shelf.jobs()) == 1


def test_without_a_file_or_with_too_large_a_one_nothing_begins(shelf: Shelf, intake: Intake) -> None:
    listed, _ = offer_upload(intake.events, intake.lists, intake.uploads, "symposium", "", shelf.clock())
    with pytest.raises(Conflict, match=r"the list until \d\d:\d\d on .* \(Europe/Vienna, \d\d:\d\d UTC\)\.$"):
        start(shelf, intake, listed)
    put(shelf, listed, b"x" * (LARGEST + 1))
    with pytest.raises(Invalid, match="more than 50 MB"):
        start(shelf, intake, listed)
    assert (stored(shelf, intake, listed).state, shelf.jobs(), promises(shelf)) == ("waiting", [], [])


def test_lists_are_told_newest_first_and_forgotten_with_their_files(shelf: Shelf, intake: Intake) -> None:
    first = upload(shelf, intake, rows("anna"))
    shelf.clock.pass_(minutes=1)
    second = upload(shelf, intake, rows("anna"))
    assert [one.id for one in intake.lists.all("symposium", shelf.clock())] == [second.id, first.id]
    shelf.clock.time = first.created_at + KEPT
    assert [one.id for one in intake.lists.all("symposium", shelf.clock())] == [second.id]
    with pytest.raises(NotFound, match="kept for 30 days"):
        stored(shelf, intake, first)
    with pytest.raises(NotFound):
        offer_upload(intake.events, intake.lists, intake.uploads, "nothing", "", shelf.clock())


# dying


class Dying:
    """Kills the worker at the ``number``-th call to DynamoDB or S3 from now, before it is made or after."""

    CALLS = ("put_item", "update_item", "transact_write_items", "batch_get_item", "get_object", "put_object")

    def __init__(self, monkeypatch: pytest.MonkeyPatch, shelf: Shelf, number: int, *, after: bool) -> None:
        self.left, self.after, self.armed = number, after, True
        for client in (shelf.dynamodb, shelf.s3):
            for name in self.CALLS:
                if hasattr(client, name):
                    monkeypatch.setattr(client, name, self._around(getattr(client, name)))

    def _around(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def made(**arguments: Any) -> Any:
            self.left -= self.armed
            if self.armed and self.left == 0 and not self.after:
                self.armed = False
                raise Died
            answer = call(**arguments)
            if self.armed and self.left == 0:
                self.armed = False
                raise Died
            return answer

        return made


CROWD = rows("anna", "boris", "clara", *(f"p{n}" for n in range(6)), "clara", country="UZ") + "nobody,X,\n"
COUNTS = {"updated": 2, "unchanged": 1, "created": 6, "duplicate": 1, "invalid": 1}


@pytest.mark.faults
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_wherever_the_worker_dies_the_next_one_ends_what_it_began(
    shelf: Shelf, intake: Intake, small_blocks: None, after: bool
) -> None:
    tried, dead = 0, True
    while dead:
        tried += 1
        shelf.dynamodb.delete_table(TableName=SETTINGS["TABLE"])
        shelf.dynamodb.create_table(**table_definition())
        shelf.publish()
        shelf.invite("anna", "boris", country="AT")
        shelf.invite("clara", country="UZ")
        listed = upload(shelf, intake, CROWD)
        start(shelf, intake, listed)
        with pytest.MonkeyPatch.context() as patch:
            Dying(patch, shelf, tried, after=after)
            try:
                work(shelf, intake, listed)
                dead = False
            except Died:
                shelf.clock.time += LEASE + timedelta(seconds=1)
        done = work(shelf, intake, listed)
        assert (done.state, done.counts, done.rows) == ("done", COUNTS, 11), tried
        assert names(shelf) == sorted(["anna", "boris", "clara", *(f"p{n}" for n in range(6))]), tried
        assert {one.country for one in shelf.invitees.all("symposium")} == {"UZ"}
        assert [one.row for one in done.attention] == [11, 12]
        assert promises(shelf) == [], tried
    assert tried > 15
    print(f"the worker was killed {'after' if after else 'before'} each of {tried - 1} calls")


def test_a_worker_that_dies_after_another_died_forgets_nothing_of_what_both_did(
    shelf: Shelf, intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = ("anna", "boris", "clara")
    shelf.invite(*people, country="AT")
    listed = upload(shelf, intake, rows(*people, country="UZ"))
    start(shelf, intake, listed)
    update = shelf.invitees.update
    for _ in people:

        def dying(invitee: Invitee, now: datetime) -> None:
            update(invitee, now)
            raise Died

        monkeypatch.setattr(shelf.invitees, "update", dying)
        with pytest.raises(Died):
            work(shelf, intake, listed)
        shelf.clock.time += LEASE + timedelta(seconds=1)
    monkeypatch.setattr(shelf.invitees, "update", update)
    assert work(shelf, intake, listed).counts == {"updated": 3}


def test_thousands_of_people_and_a_crash_in_the_second_block(
    shelf: Shelf, intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    # moto copies the whole table for each transaction, to take back one that fails; here none does
    monkeypatch.setattr("moto.dynamodb.models.copy", SimpleNamespace(deepcopy=lambda kept: kept, copy=copy.copy))
    everybody = [f"person{n}" for n in range(2500)]
    listed = upload(shelf, intake, rows(*everybody))
    start(shelf, intake, listed)
    create, made = shelf.invitees.create, []

    def dying(people: Any) -> None:
        made.extend(people)
        if len(made) > BLOCK + 500:
            raise Died
        create(people)

    shelf.invitees.create = dying  # type: ignore[method-assign]
    with pytest.raises(Died):
        work(shelf, intake, listed)
    shelf.invitees.create = create  # type: ignore[method-assign]
    halfway = stored(shelf, intake, listed)
    assert (halfway.state, halfway.rows, halfway.total, halfway.counts) == ("reading", 1000, 2500, {"created": 1000})
    assert 1000 < len(names(shelf)) < 1600
    shelf.clock.time += LEASE + timedelta(seconds=1)
    assert work(shelf, intake, listed).counts == {"created": 2500}
    assert names(shelf) == sorted(everybody)


def test_the_same_message_twice_at_the_same_time_is_worked_off_once(shelf: Shelf, intake: Intake) -> None:
    listed = upload(shelf, intake, rows("anna"))
    start(shelf, intake, listed)
    first = intake.lists.take(stored(shelf, intake, listed), "first", shelf.clock())
    assert first
    assert work(shelf, intake, listed) == first
    assert names(shelf) == []


def test_a_worker_that_was_thought_dead_stops_at_the_end_of_its_block(
    shelf: Shelf, intake: Intake, small_blocks: None
) -> None:
    listed = upload(shelf, intake, rows(*(f"p{n}" for n in range(12))))
    start(shelf, intake, listed)
    create = shelf.invitees.create

    def slow(people: Any) -> None:
        shelf.invitees.create = create
        shelf.clock.time += LEASE + timedelta(seconds=1)
        work(shelf, intake, listed)
        create(people)

    shelf.invitees.create = slow  # type: ignore[method-assign]
    done = work(shelf, intake, listed)
    assert (done.state, done.counts) == ("done", {"created": 12})
    assert len(names(shelf)) == 12


def test_a_worker_whose_time_is_over_has_the_job_queued_again_and_the_next_goes_on_where_it_was(
    shelf: Shelf, intake: Intake, small_blocks: None
) -> None:
    listed = upload(shelf, intake, rows(*(f"p{n}" for n in range(10))))
    start(shelf, intake, listed)
    came = []
    for _ in range(3):
        came.append(work(shelf, intake, listed, lambda: False).rows)
        shelf.clock.pass_(seconds=1)
    assert came == [4, 8, 10]
    assert len(shelf.jobs()) == 3
    assert stored(shelf, intake, listed).counts == {"created": 10}


def test_the_clock_has_a_promise_for_each_list_that_is_being_read_and_for_no_other(
    shelf: Shelf, intake: Intake, small_blocks: None
) -> None:
    listed = upload(shelf, intake, rows(*(f"p{n}" for n in range(10))))
    assert promises(shelf) == []
    begun = shelf.clock()
    start(shelf, intake, listed)
    assert promises(shelf) == [(utc(begun + ASKED_AFTER), listed.id)]
    taken = shelf.clock.pass_(minutes=1)
    seen = []

    def time_left() -> bool:
        seen.append(promises(shelf))
        return False

    work(shelf, intake, listed, time_left)
    assert seen == [[(utc(taken + ASKED_AGAIN_AFTER), listed.id)]]
    assert promises(shelf) == [(utc(taken + ASKED_AFTER), listed.id)]
    shelf.clock.pass_(minutes=1)
    work(shelf, intake, listed)
    assert promises(shelf) == []


def test_a_promise_that_stays_where_it_is_is_written_once(shelf: Shelf, intake: Intake, small_blocks: None) -> None:
    listed = upload(shelf, intake, rows(*(f"p{n}" for n in range(10))))
    start(shelf, intake, listed)

    def time_left() -> bool:
        shelf.clock.time += ASKED_AGAIN_AFTER - ASKED_AFTER
        return False

    assert work(shelf, intake, listed, time_left).rows == 4
    assert len(promises(shelf)) == 1


def test_a_queue_that_fails_leaves_the_list_to_the_clock(
    shelf: Shelf, intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(_: Job) -> None:
        raise QueueFailed("no")

    monkeypatch.setattr(shelf.queue, "send_job", failing)
    listed = upload(shelf, intake, rows("anna"))
    assert start(shelf, intake, listed).state == "reading"
    assert len(promises(shelf)) == 1


def test_a_list_that_kills_every_worker_is_given_up_and_may_be_tried_again(shelf: Shelf, intake: Intake) -> None:
    listed = upload(shelf, intake, rows("anna"))
    start(shelf, intake, listed)
    read = intake.uploads.read

    def dying(*_: Any) -> None:
        raise Died

    intake.uploads.read = dying  # type: ignore[method-assign]
    for _ in range(MOST_TRIES):
        with pytest.raises(Died):
            work(shelf, intake, listed)
        shelf.clock.time += LEASE + timedelta(seconds=1)
    failed = work(shelf, intake, listed)
    assert (failed.state, failed.reason) == (
        "failed", "It could not be read, however often it was tried. The log of the function desk says why.",
    )  # fmt: skip
    assert promises(shelf) == []
    intake.uploads.read = read  # type: ignore[method-assign]
    assert start(shelf, intake, listed).tries == 0
    assert work(shelf, intake, listed).counts == {"created": 1}


# files that are no lists


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "The list is empty."),
        ("mail\na@example.org\n", "The list needs a column name"),
        (rows("anna") + '"open,x,\n', "line 3: The row that begins here cannot be read"),
        (bytes.fromhex("D0CF11E0A1B11AE1"), "old kind (.xls). Save it as XLSX or CSV"),
    ],
)
def test_a_file_that_is_no_list_to_its_very_end_fails_with_the_reason_and_imports_nobody(
    shelf: Shelf, intake: Intake, content: str | bytes, said: str
) -> None:
    failed = imported(shelf, intake, content)
    assert failed.state == "failed"
    assert said in failed.reason
    assert (names(shelf), promises(shelf)) == ([], [])


def test_a_list_that_is_too_long_imports_nobody(
    shelf: Shelf, intake: Intake, monkeypatch: pytest.MonkeyPatch, small_blocks: None
) -> None:
    monkeypatch.setattr(importing, "MOST_UPLOADED", 9)
    assert imported(shelf, intake, rows(*(f"p{n}" for n in range(9)))).state == "done"
    failed = imported(shelf, intake, rows(*(f"q{n}" for n in range(10))))
    assert (failed.state, failed.reason) == ("failed", "The list has more than 9 rows. Split it into several.")
    assert len(names(shelf)) == 9


def test_a_file_that_is_replaced_after_the_button_was_pressed_is_not_read(shelf: Shelf, intake: Intake) -> None:
    listed = upload(shelf, intake, rows("anna"))
    start(shelf, intake, listed)
    put(shelf, listed, rows("boris"))
    failed = work(shelf, intake, listed)
    assert (failed.state, failed.reason) == ("failed", "The file was changed while it was read. Import the list again.")
    start(shelf, intake, listed)
    assert (work(shelf, intake, listed).counts, names(shelf)) == ({"created": 1}, ["boris"])


def test_a_job_for_a_list_that_is_not_to_be_read_does_nothing(shelf: Shelf, intake: Intake) -> None:
    waiting = upload(shelf, intake, rows("anna"))
    assert work(shelf, intake, waiting).state == "waiting"
    done = imported(shelf, intake, rows("anna"))
    before = shelf.items()
    assert work(shelf, intake, done) == done
    assert shelf.items() == before


def test_who_lost_the_list_can_write_nothing_of_it(shelf: Shelf, intake: Intake) -> None:
    listed = upload(shelf, intake, rows("anna"))
    start(shelf, intake, listed)
    mine = intake.lists.take(stored(shelf, intake, listed), "first", shelf.clock())
    assert mine
    shelf.clock.time += LEASE + timedelta(seconds=1)
    assert intake.lists.take(stored(shelf, intake, listed), "second", shelf.clock())
    before = shelf.items()
    attempts: list[Callable[[], Any]] = [
        lambda: intake.lists.note(mine, rows=1),
        lambda: intake.lists.let_go(mine, shelf.clock()),
        lambda: intake.lists.finish(mine, shelf.clock()),
        lambda: intake.lists.fail(mine, "x", shelf.clock()),
    ]
    for attempt in attempts:
        with pytest.raises(Overtaken):
            attempt()
    assert shelf.items() == before
