"""CPU of a registration: the request as API Gateway passes it on, in a warm container, against the stub."""

import time
from urllib.parse import urlsplit

from chalice.test import Client

from tests.performance import drive, stub
from tests.performance.report import Measured, Row, hand_over

REGISTERED = 400
"""People who register."""

REGISTRATION = b"name=Clara+Weiss&organisation=Ministry&sessions=session-1&consent=yes"


def registering() -> float:
    """Milliseconds of CPU of one registration."""
    from app import app
    from chalicelib import wiring

    with stub.running() as url:
        drive.environment(aws=url)
        drive.request("PUT", "", drive.document())
        people = [{"email": f"guest{n}@example.org", "name": f"Guest {n}", "language": "en"} for n in range(REGISTERED)]
        drive.request("POST", "/invitees", people)
        found = list(wiring.invitees().all(drive.EVENT))
        paths = [urlsplit(wiring.links().url(one, path="/registration")).path for one in found]
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        client, begun = Client(app), 0.0
        for number, path in enumerate(paths):
            if number == len(paths) // 10:
                begun = time.process_time()
            answer = client.http.request("POST", path, headers=form, body=REGISTRATION)
            assert answer.status_code == 303, answer.body
    return (time.process_time() - begun) / (len(paths) - len(paths) // 10) * 1000


def measure() -> Measured:
    return Measured([Row("CPU: a registration, in the handler", registering(), "ms", 15, note=f"{REGISTERED} people")])


if __name__ == "__main__":
    hand_over(measure)
