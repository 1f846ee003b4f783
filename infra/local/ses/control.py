"""``/_control``: faults, limits and the mailbox, as JSON, for tests and demos.

====================================  =========================================================================
``POST /_control/faults``             ``{"mode": "throttle" | "fail" | "drop" | "reset", "calls": 3, "skip": 0}``,
                                      or ``{"mode", "rate": 0.05, "seed": 7}`` until ``rate`` is 0 or a reset
``POST /_control/limits``             ``{"max_send_rate", "max_24_hour_send", "latency_ms", "sending_enabled"}``
``POST /_control/addresses``          ``{"address", "outcome": "bounce" | "complaint" | "delay" | "delivery"}``
``GET /_control/messages``            oldest first; filters ``?to=``, ``?since=``, ``?tag.NAME=VALUE``
``GET /_control/messages/<id>.eml``   the bytes
``DELETE /_control/messages``         empties the mailbox
``POST /_control/reset``              everything back to the start
``GET /_control/health``              ``{"status": "ok", "messages", "events_waiting", "events_lost", ...}``
====================================  =========================================================================
"""

from typing import Any

from infra.local.ses.account import OUTCOMES, Account
from infra.local.ses.addresses import bare, canonical
from infra.local.ses.errors import BadRequest, NotFound, SesError
from infra.local.ses.http import Request, Response, error_response, json_response
from infra.local.ses.limits import FAULTS
from infra.local.ses.mailbox import Mailbox
from infra.local.ses.publisher import Publisher


class Control:
    """The control interface of one server."""

    def __init__(self, account: Account, mailbox: Mailbox, publisher: Publisher) -> None:
        self.account, self.mailbox, self.publisher = account, mailbox, publisher

    def answer(self, request: Request) -> Response:
        """Answer a request below ``/_control/``."""
        try:
            match request.method, request.path[1:]:
                case "GET", ["health"]:
                    return json_response(self.health())
                case "GET", ["messages"]:
                    return json_response(self._messages(request))
                case "GET", ["messages", name] if name.endswith(".eml"):
                    return self._raw(name.removesuffix(".eml"))
                case "DELETE", ["messages"]:
                    self.mailbox.clear()
                case "POST", ["reset"]:
                    self.reset()
                case "POST", [("faults" | "limits" | "addresses") as what]:
                    getattr(self, f"_{what}")(request.document)
                case _:
                    raise NotFound(f"There is no {request.method} {request.target}.")
            return json_response(self.health())
        except SesError as error:
            return error_response(error)
        except (KeyError, TypeError, ValueError) as error:
            return error_response(BadRequest(f"{type(error).__name__}: {error}"))

    def reset(self) -> None:
        """Empty the mailbox and forget identities, suppressions, configuration sets, limits and faults."""
        self.publisher.settle()
        self.account.reset()
        self.mailbox.clear()

    def health(self) -> dict[str, Any]:
        """What the server holds and what it still has to do."""
        return {
            "status": "ok",
            "messages": len(self.mailbox.find()),
            "events_waiting": self.publisher.waiting,
            "events_lost": self.publisher.lost,
            "faults_armed": self.account.faults.waiting(),
            "faults_at_random": self.account.faults.rates(),
            "max_send_rate": self.account.limits.max_send_rate,
            "max_24_hour_send": self.account.limits.max_24_hour_send,
            "latency_ms": self.account.limits.latency_ms,
            "sending_enabled": self.account.sending_enabled,
        }

    def _messages(self, request: Request) -> list[Any]:
        tags = {name.removeprefix("tag."): values[0] for name, values in request.query.items() if name[:4] == "tag."}
        found = self.mailbox.find(to=request.parameter("to"), since=request.parameter("since"), tags=tags)
        return [message.document() for message in found]

    def _raw(self, message_id: str) -> Response:
        if self.mailbox.get(message_id) is None:
            raise NotFound(f"There is no message {message_id}.")
        return Response(body=self.mailbox.raw(message_id), headers=[("Content-Type", "message/rfc822")])

    def _faults(self, body: dict[str, Any]) -> None:
        if body["mode"] not in FAULTS:
            raise ValueError(f"mode must be one of {', '.join(FAULTS)}")
        if "rate" in body:
            self.account.faults.sometimes(body["mode"], float(body["rate"]), int(body.get("seed", 0)))
        else:
            self.account.faults.arm(body["mode"], int(body["calls"]), int(body.get("skip", 0)))

    def _limits(self, body: dict[str, Any]) -> None:
        self.account.limits.set(body.get("max_send_rate"), body.get("max_24_hour_send"))
        self.account.limits.latency_ms = float(body.get("latency_ms", self.account.limits.latency_ms))
        self.account.sending_enabled = bool(body.get("sending_enabled", self.account.sending_enabled))

    def _addresses(self, body: dict[str, Any]) -> None:
        if body["outcome"] not in OUTCOMES:
            raise ValueError(f"outcome must be one of {', '.join(OUTCOMES)}")
        self.account.outcomes[canonical(bare(body["address"]))] = body["outcome"]
