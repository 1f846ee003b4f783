"""What AWS does on a bad day, call by call, by a seed: refusals, lost answers, halves, deaths, odd orders."""

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from tests.faults.gate import Call, Killed, Make
from tests.faults.world import News, World, news_event, put_events

WRITES = {"put_item", "update_item", "delete_item", "transact_write_items", "batch_write_item"}
CALM_AFTER = 400
"""Calls, after which the bad day is over: somebody has to be able to finish."""


class BadDay:
    """A meddler for the gate. ``deaths`` are a tenth as many as other troubles."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.random = world, Random(seed)
        self.rate = self.random.choice([0.02, 0.05, 0.1, 0.2])
        self.met: list[str] = []

    def __call__(self, call: Call, do: Make) -> Any:
        if call.number > CALM_AFTER:
            return do()
        if self.random.random() < self.rate / 10:
            self._note(call, "killed")
            if self.random.random() < 0.5:
                _quietly(do)
            self.world.gate.dead = True
            raise Killed
        if self.random.random() >= self.rate:
            return self._hasty(do) if call.operation == "send_email" else do()
        trouble = self.random.choice(self._possible(call))
        self._note(call, trouble.__name__)
        return trouble(call, do)

    def _note(self, call: Call, what: str) -> None:
        self.met.append(f"{call}: {what}")
        self.world.history.append(f"    {call}: {what}")

    def _possible(self, call: Call) -> list[Callable[[Call, Make], Any]]:
        match call.service, call.operation:
            case "sesv2", "send_email":
                return [throttled, daily_quota, no_answer_after, reset_before, failed_before, failed_after]
            case "sesv2", _:
                return [throttled, failed_before]
            case "sqs", "send_message_batch":
                return [failed_before, no_answer_after, reset_before, taken_in_part]
            case "dynamodb", "batch_write_item":
                return [exceeded, failed_before, no_answer_after, written_in_part]
            case "dynamodb", "batch_get_item":
                return [exceeded, failed_before, read_in_part]
            case "dynamodb", "transact_write_items":
                return [exceeded, failed_before, no_answer_after, failed_after, transaction_in_the_way]
            case "dynamodb", operation if operation in WRITES:
                return [exceeded, failed_before, no_answer_after, failed_after, in_a_transaction, made_twice]
            case "dynamodb", _:
                return [exceeded, failed_before]
        return [failed_before, reset_before]

    def _hasty(self, do: Make) -> Any:
        """SES's events are sometimes there before SES's answer."""
        answer = do()
        if self.world.news and self.random.random() < 0.2:
            sent = self.world.ses.mailbox.get(answer["MessageId"])
            assert sent is not None
            bodies = self.world.news_of(sent)
            self.world.invoke("ses_events", news_event(put_events(bodies[: self.random.choice([1, 2])])))
        return answer

    def news(self, bodies: list[str]) -> list[News]:
        """SES's events come late, twice and in any order."""
        doubled = [body for body in bodies for _ in range(self.random.choice([1, 1, 1, 2]))]
        late = (timedelta(seconds=self.random.choice([0, 1, 2, 30, 700])) for _ in doubled)
        return [News(self.world.now + span, body) for span, body in zip(late, doubled, strict=True)]


def throttled(call: Call, do: Make) -> Any:
    raise _error(call, "TooManyRequestsException", 429, "Maximum sending rate exceeded.")


def daily_quota(call: Call, do: Make) -> Any:
    raise _error(call, "TooManyRequestsException", 429, "Daily message quota exceeded.")


def exceeded(call: Call, do: Make) -> Any:
    raise _error(call, "ProvisionedThroughputExceededException", 400)


def failed_before(call: Call, do: Make) -> Any:
    raise _error(call, "InternalFailure", 500)


def failed_after(call: Call, do: Make) -> Any:
    _quietly(do)
    raise _error(call, "InternalFailure", 500)


def reset_before(call: Call, do: Make) -> Any:
    raise ConnectionClosedError(endpoint_url="https://aws")


def no_answer_after(call: Call, do: Make) -> Any:
    _quietly(do)
    raise ReadTimeoutError(endpoint_url="https://aws")


def made_twice(call: Call, do: Make) -> Any:
    """The answer was lost, and boto3 made the call again by itself."""
    _quietly(do)
    return do()


def in_a_transaction(call: Call, do: Make) -> Any:
    raise _error(call, "TransactionConflictException", 400)


def transaction_in_the_way(call: Call, do: Make) -> Any:
    reasons = [{"Code": "None"} for _ in call.arguments["TransactItems"]]
    reasons[-1] = {"Code": "TransactionConflict"}
    raise _error(call, "TransactionCanceledException", 400, CancellationReasons=reasons)


def written_in_part(call: Call, do: Make) -> Any:
    [(table, requests)] = call.arguments["RequestItems"].items()
    half = len(requests) // 2
    if half:
        do(RequestItems={table: requests[:half]})
    return {"UnprocessedItems": {table: requests[half:]}}


def read_in_part(call: Call, do: Make) -> Any:
    [(table, asked)] = call.arguments["RequestItems"].items()
    half = -(-len(asked["Keys"]) // 2)
    answer = do(RequestItems={table: {**asked, "Keys": asked["Keys"][:half]}})
    left = asked["Keys"][half:]
    return {**answer, **({"UnprocessedKeys": {table: {**asked, "Keys": left}}} if left else {})}


def taken_in_part(call: Call, do: Make) -> Any:
    entries = call.arguments["Entries"]
    half = len(entries) // 2
    if half:
        do(Entries=entries[:half])
    return {"Failed": [{"Id": one["Id"], "Code": "InternalError", "SenderFault": False} for one in entries[half:]]}


def _quietly(do: Make) -> None:
    try:
        do()
    except Exception:
        return


def _error(call: Call, code: str, status: int, message: str = "a bad day", **more: Any) -> ClientError:
    answer: Any = {
        "Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}, **more
    }  # fmt: skip
    return ClientError(answer, call.operation)
