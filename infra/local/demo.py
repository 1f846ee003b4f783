"""The symposium on one laptop, from the first invitation to the results: ``make demo``.

Every step is real: HTTP through API Gateway, queues, the clock's function, MIME in a mailbox. A step that does not
happen ends the story with exit status 1.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import yaml
from rich.console import Console
from rich.table import Table

from infra.build import ROOT
from infra.local.actors import Mailbox, Organiser, Participant, http, personal_link, tick, wait_until
from infra.local.stack import Home, LocalStack, Ports, down, up

EXAMPLE = ROOT / "examples/central-asia-symposium"
DAYS_AHEAD = 9
"""How far ahead the demo puts the symposium: the deadline for answers is still to come, and so is every reminder."""

COMMENTS = ("The roundtables were too short.", "Спасибо, очень полезно.", "=1+1 is what I would ask next time")


class DidNotHappen(Exception):
    """A step of the story did not happen; says which and what was seen instead."""


class Story:
    """The demo's plot: one organiser, everybody in ``invitees.csv``, and the numbers that come of it."""

    def __init__(self, console: Console, stack: LocalStack) -> None:
        self.console, self.stack, self.mailbox = console, stack, Mailbox(stack)
        self.numbers: dict[str, int] = {}
        self.event, self.document = "", {}
        self.people: dict[str, Participant] = {}

    @contextmanager
    def step(self, title: str) -> Iterator[list[str]]:
        """One line of the story: the title while it runs, then a mark, what came of it, and how long it took."""
        facts: list[str] = []
        begun = time.monotonic()
        try:
            with self.console.status(title):
                yield facts
        except Exception:
            self.console.print(f"[red]✗[/] {title}")
            raise
        took = time.monotonic() - begun
        self.console.print(f"[green]✓[/] {title}  [dim]{' · '.join(facts)}  {took:.1f} s[/]")

    def play(self) -> None:
        for scene in (
            self.sign_in,
            self.publish,
            self.invite_list,
            self.invite,
            self.scanners,
            self.answers,
            self.chase,
            self.reminders,
            self.feedback,
            self.results,
        ):
            scene()

    def sign_in(self) -> None:
        with self.step("An organiser signs in with Amazon Cognito") as facts:
            refused = http("GET", f"{self.stack.web}/api/events/none")
            expect(refused.status == 401, "API Gateway answers 401 without a token", refused.status)
            self.organiser = Organiser(self.stack)
            facts.append("without a token: 401")

    def publish(self) -> None:
        with self.step("The event is published, and its agenda checked") as facts:
            self.document = yaml.safe_load((EXAMPLE / "event.yaml").read_text())
            self.document["date"] = (date.today() + timedelta(days=DAYS_AHEAD)).isoformat()
            self.event, reused = self._free_name()
            answer = self.organiser.call("PUT", f"/events/{self.event}", self.document)
            expect(answer.status == 201, "the event is created", answer.text)
            facts.append(f"{self.event}, moved to {self.document['date']}{reused}")
            for document in EXAMPLE.glob("concept-note.*.pdf"):
                language = document.name.split(".")[1]
                path = f"/events/{self.event}/documents/concept-note/{language}"
                stored = self.organiser.call("PUT", path, document.read_bytes(), content_type="application/pdf")
                expect(stored.status == 200, "the concept note is stored", stored.text)
        for finding in answer.json["findings"]:
            self.console.print(f"  [yellow]{finding['severity']}[/] {finding['message']}")
        expect(
            any("100" in finding["message"] for finding in answer.json["findings"]),
            "the header of Session 1 is questioned",
        )

    def _free_name(self) -> tuple[str, str]:
        """The example's name; from the second run on with a number, because its people were mailed already."""
        for number in range(1, 1000):
            name = "central-asia-symposium" + (f"-{number}" if number > 1 else "")
            if self.organiser.call("GET", f"/events/{name}").status == 404:
                return name, f" (the {number - 1} before stay as they are)" if number > 1 else ""
        raise DidNotHappen("a thousand events are there already; `make clean` forgets them")

    def invite_list(self) -> None:
        with self.step("The list of invitees is tried, then taken") as facts:
            rows = (EXAMPLE / "invitees.csv").read_bytes()
            path = f"/events/{self.event}/invitees"
            tried = self.organiser.call("POST", f"{path}?dry_run=true", rows, content_type="text/csv").json
            taken = self.organiser.call("POST", path, rows, content_type="text/csv").json
            again = self.organiser.call("POST", path, rows, content_type="text/csv").json
            people = taken["counts"].get("created", 0)
            expect(people >= 60 and tried["counts"] == taken["counts"], "the dry run says what happens", (tried, taken))
            expect(again["counts"].get("unchanged") == people, "the same list again changes nobody", again["counts"])
            facts.append(f"{people} people; the same list again: {people} unchanged")
            self.numbers["on the list"] = people

    def invite(self) -> None:
        with self.step("Invitations go out, each once") as facts:
            gone = f"{self._addresses()[-1]}"
            self.mailbox.control("addresses", address=gone, outcome="bounce")
            path, key = f"/events/{self.event}/batches", f"{self.event}-invitation"
            plan = self.organiser.call("POST", f"{path}?dry_run=true", {"kind": "invitation"}, idempotency_key=key).json
            batch = self.organiser.call("POST", path, {"kind": "invitation"}, idempotency_key=key)
            twice = self.organiser.call("POST", path, {"kind": "invitation"}, idempotency_key=key)
            expect(batch.status == 202 and twice.json == batch.json, "pressing twice is pressing once", twice.text)
            expect(batch.json["state"] == "draft", "nothing is mailed before it is approved", batch.text)
            started = self.organiser.approve(self.event, batch.json)
            expect(started.json["state"] == "sending", "the approval of the plan starts it", started.text)
            expect(plan["plan"] == batch.json["plan"], "the dry run is the plan", plan)
            outcomes = self._settled(batch.json["batch"], "invitation")
            self.numbers |= {
                "invited": sum(outcomes.values()),
                "delivered": outcomes["delivered"],
                "bounced": outcomes["bounced"],
            }
            remembered = batch.json["plan"]["suppressed"]
            expect(outcomes["bounced"] + remembered == 1, "the one dead address bounces, or did before", outcomes)
            dead = f"{remembered} left out, it bounced before" if remembered else "1 bounced and noticed"
            facts.append(f"{outcomes['delivered']} delivered, {dead}")
            for message in self.mailbox.messages(event=self.event, kind="invitation"):
                if message["destination"] != [gone]:
                    mail = self.mailbox.read(message["id"])
                    self.people[message["destination"][0]] = Participant(personal_link(mail, self.stack.web))

    def _addresses(self) -> list[str]:
        found = self.organiser.call("GET", f"/events/{self.event}/invitees?limit=1000").json["invitees"]
        self.invitees = {invitee["email"]: invitee for invitee in found}
        return sorted(self.invitees)

    def _settled(self, batch: str, kind: str) -> dict[str, int]:
        """Wait until SES told what became of each mail of a batch; the outcome counts."""
        seen: dict[str, Any] = {}

        def settled() -> bool:
            seen.update(self.organiser.call("GET", f"/events/{self.event}/batches/{batch}").json)
            return bool(seen["complete"] and not seen["outcomes"]["sent"])

        wait_until(settled, f"every {kind} is delivered or bounced")
        outcomes: dict[str, int] = seen["outcomes"]
        expect(sum(outcomes.values()) == seen["plan"]["to_send"], "the outcomes add up to the plan", seen)
        return outcomes

    def scanners(self) -> None:
        with self.step("Mail scanners open every link; nothing changes") as facts:
            for participant in self.people.values():
                expect(participant.get().status == 200, "the page opens", participant.link)
            waiting = self.organiser.call("GET", f"/events/{self.event}/invitees?status=no-answer&limit=1000").json[
                "invitees"
            ]
            expect(len(waiting) == self.numbers["on the list"], "nobody has answered by a GET", len(waiting))
            forged = Participant(next(iter(self.people.values())).link[:-2] + "xx").get()
            expect(forged.status == 404, "an altered link leads nowhere", forged.status)
            facts.append(
                f"{len(self.people)} pages opened, {len(waiting)} still without an answer; an altered link: 404"
            )

    def answers(self) -> None:
        with self.step("People answer on their pages, and register") as facts:
            for number, address in enumerate(sorted(self.people)):
                if number % 10 < 6:
                    self._accept(address, familiar=number % 3 == 0)
                elif number % 10 < 8:
                    self._answer(address, "declined" if number % 10 == 6 else "tentative")
            registered = self.organiser.call("GET", f"/events/{self.event}/registrations").json["registrations"]
            wait_until(lambda: len(self._delivered("confirmation")) == len(registered), "every confirmation arrives")
            facts.append(f"{len(registered)} registered, each with one confirmation")

    def _accept(self, address: str, *, familiar: bool) -> None:
        invitee, participant = self.invitees[address], self.people[address]
        self._answer(address, "accepted")
        sessions = [
            one["id"]
            for one in self.document["sessions"]
            if one.get("kind", "session") == "session" or (familiar and one.get("kind") == "familiarisation")
        ]
        answer = participant.register(invitee["name"], invitee["delegation"] or "Independent", sessions)
        expect(answer.status == 303, "the registration is taken", answer.text)
        expect(participant.get("/confirmation").status == 200, "the confirmation page opens")

    def _answer(self, address: str, rsvp: str) -> None:
        answer = self.people[address].answer(rsvp)
        expect(answer.status == 303, f"{rsvp} is taken", answer.text)

    def _delivered(self, kind: str) -> list[dict[str, Any]]:
        return self.mailbox.messages(event=self.event, kind=kind)

    def chase(self) -> None:
        with self.step("Those who have not answered are asked once more") as facts:
            path, request = f"/events/{self.event}/batches", {"kind": "chase", "audience": {"statuses": ["no-answer"]}}
            batch = self.organiser.call("POST", path, request, idempotency_key=f"{self.event}-chase").json
            self.organiser.approve(self.event, batch)
            outcomes = self._settled(batch["batch"], "chase")
            chased = sorted(message["destination"][0] for message in self._delivered("chase"))
            expect(
                all(self.invitees[address]["rsvp"] == "needs-action" for address in chased),
                "only the silent are chased",
            )
            for address in chased[:3]:
                self._accept(address, familiar=False)
            facts.append(
                f"{sum(outcomes.values())} asked again, {len(chased[:3])} accept; the bounced address is left out"
            )
        people = self.organiser.call("GET", f"/events/{self.event}/invitees?limit=1000").json["invitees"]
        for rsvp in ("accepted", "declined", "tentative"):
            self.numbers[rsvp] = sum(person["rsvp"] == rsvp for person in people)

    def reminders(self) -> None:
        with self.step("The clock comes to each reminder") as facts:
            wait_until(
                lambda: len(self._delivered("confirmation")) == self.numbers["accepted"], "the last confirmations"
            )
            for moment in self._moments():
                tick(self.stack, moment)
            batches = self.organiser.call("GET", f"/events/{self.event}/batches").json["batches"]
            reminders = [batch for batch in batches if batch["kind"] == "reminder"]
            sent = [self._settled(batch["batch"], "reminder") for batch in reminders]
            self.numbers["reminded"] = sum(outcomes["delivered"] for outcomes in sent)
            expect(self.numbers["reminded"] > self.numbers["accepted"], "everybody registered is reminded", sent)
            before = self.numbers["reminded"]
            for moment in self._moments():
                tick(self.stack, moment)
            expect(len(self._delivered("reminder")) == before, "a tick that comes twice reminds nobody twice")
            facts.append(f"{before} reminders in {len(reminders)} mailings; the same minutes again: none")

    def _moments(self) -> list[str]:
        """Each minute at which a reminder is due, from the event document."""
        from chalicelib.domain.event import EventDocument, utc
        from chalicelib.domain.schedule import mailings

        planned = mailings(self.event, EventDocument.model_validate(self.document))
        return [utc(mailing.due_at) for mailing in planned if mailing.kind == "reminder"]

    def feedback(self) -> None:
        with self.step("After the end, feedback is asked for and given") as facts:
            first = next(iter(self.people.values()))
            expect(first.post("/feedback", {"overall": "5"}).status == 410, "no feedback before the end")
            end = datetime.combine(date.fromisoformat(self.document["date"]), datetime.min.time(), UTC) + timedelta(
                days=1
            )
            tick(self.stack, end.strftime("%Y-%m-%dT%H:%M:%SZ"))
            batches = self.organiser.call("GET", f"/events/{self.event}/batches").json["batches"]
            [batch] = [batch for batch in batches if batch["kind"] == "feedback"]
            self.numbers["asked for feedback"] = self._settled(batch["batch"], "feedback request")["delivered"]
            asked = sorted(message["destination"][0] for message in self._delivered("feedback"))
            for number, address in enumerate(asked[: len(asked) * 2 // 3]):
                given = self.people[address].post("/feedback", self._opinion(number))
                expect(given.status == 303, "the feedback is taken", given.text)
                self.people[address].post("/feedback", self._opinion(number))
            facts.append(f"{len(asked)} asked, two thirds answer; a second form from the same person is not counted")

    def _opinion(self, number: int) -> dict[str, str | list[str]]:
        said: dict[str, str | list[str]] = {}
        for question in self.document["feedback"]["questions"]:
            kinds = {
                "rating": str(3 + number % 3),
                "choice": str(number % max(1, len(question.get("choices", [])))),
                "text": COMMENTS[number % len(COMMENTS)],
            }
            said[question["id"]] = kinds[question["kind"]]
        return said

    def results(self) -> None:
        with self.step("The organiser takes the results as a spreadsheet") as facts:
            rows = self.organiser.call("GET", f"/events/{self.event}/feedback").json["feedback"]
            sheet = self.organiser.call("GET", f"/events/{self.event}/feedback", accept="text/csv").text
            people = self.organiser.call("GET", f"/events/{self.event}/registrations", accept="text/csv").text
            self.numbers["feedback"] = len(rows)
            expect(len(rows) == self.numbers["asked for feedback"] * 2 // 3, "one answer a person", len(rows))
            expect("\n=1+1" not in sheet and ",=1+1" not in sheet, "no cell is a formula", sheet[:300])
            expect(not any(address in sheet for address in self.people), "feedback names nobody")
            facts.append(f"{len(rows)} answers, {people.count(chr(10)) - 1} registrations")


def expect(true: bool, what: str, seen: Any = "") -> None:
    """Raises DidNotHappen with what was seen instead."""
    if not true:
        raise DidNotHappen(f"{what}; seen: {str(seen)[:600]}")


def summary(console: Console, story: Story) -> None:
    table = Table(title=f"{story.document['title']['en']}", title_justify="left", title_style="bold")
    for name in ("invited", "delivered", "accepted", "declined", "tentative", "reminded", "feedback"):
        table.add_column(name, justify="right")
    table.add_row(
        *(
            str(story.numbers[name])
            for name in ("invited", "delivered", "accepted", "declined", "tentative", "reminded", "feedback")
        )
    )
    console.print(table)


def where_to_look(console: Console, story: Story) -> None:
    token = ROOT / ".local/token"
    token.write_text(story.organiser.token)
    token.chmod(0o600)
    page = next(iter(story.people.values())).link
    for name, address in (
        ("An invitee's page", page),
        ("The mailbox", story.stack.mail),
        ("The API", f"{story.stack.web}/api/events/{story.event}"),
    ):
        console.print(f"{name:18} {address}", soft_wrap=True, highlight=False)
    console.print(
        f'Its description    curl -H "Authorization: $(cat .local/token)" {story.stack.web}/api/openapi.json',
        soft_wrap=True,
        highlight=False,
    )
    console.print("[dim]`make down` stops everything.[/]")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--once", action="store_true", help="stop what was started, and exit non-zero when a step failed"
    )
    once, console, home = parser.parse_args().once, Console(highlight=False), Home(ROOT / ".local")
    begun, ran_before = time.monotonic(), home.state() is not None
    with console.status("Building the package and starting the local AWS"):
        stack = up(home, Ports.from_environment())
    reuse = "the running local AWS and what is in it" if ran_before else "nothing: the local AWS is new"
    console.print(
        "[green]✓[/] The packaged template runs on a local AWS  "
        f"[dim]reused: {reuse}  {time.monotonic() - begun:.1f} s[/]"
    )
    story = Story(console, stack)
    try:
        story.play()
    except Exception as error:
        console.print(f"[red]The story ended early:[/] {error}", soft_wrap=True)
        console.print(f"[dim]The logs are in {(home.log).relative_to(ROOT)}.[/]")
        if once and not ran_before:
            down(home)
        sys.exit(1)
    summary(console, story)
    (home.run / "demo.json").write_text(json.dumps({"event": story.event, "numbers": story.numbers}))
    if once and not ran_before:
        down(home)
    else:
        where_to_look(console, story)
    console.print(f"[dim]The whole story took {time.monotonic() - begun:.0f} s.[/]")


if __name__ == "__main__":
    main()
