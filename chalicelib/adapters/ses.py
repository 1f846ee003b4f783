"""Sending one mail through SES v2: one recipient, one attempt, and an error that says what can be known.

    MailError
    ├── NotAccepted   SES said no, for now (throttled, paused, unreachable): nothing was sent, try later
    ├── Refused       SES said no for good: nothing was sent, trying again is useless
    └── Unsure        no answer, or a server error: it may have been sent, so it is never blindly sent again

Source: Amazon SES API v2 reference, SendEmail, "Errors"; botocore's exceptions for what happens below HTTP.
"""

from typing import Any

from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError, HTTPClientError

from chalicelib.domain.message import Message

NOT_ACCEPTED = {
    "TooManyRequestsException",
    "LimitExceededException",
    "AccountSuspendedException",
    "SendingPausedException",
    "ThrottlingException",
    "AccessDeniedException",
}


class MailError(Exception):
    """``reason`` is SES's code and words, for the ledger."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NotAccepted(MailError):
    """Nothing was sent; it may be tried again."""


class Refused(MailError):
    """Nothing was sent, and nothing will be."""


class Unsure(MailError):
    """Nobody knows; SES's events will tell."""


class Mailer:
    """Sends raw messages. ``client`` must make one attempt per call (``adapters.aws.ONCE``)."""

    def __init__(self, client: Any, configuration_set: str) -> None:
        self._client = client
        self._configuration_set = configuration_set

    def send(self, message: Message, raw: bytes) -> str:
        """Send ``raw``, built of ``message``; returns SES's message id. Raises NotAccepted, Refused, Unsure."""
        try:
            answer = self._client.send_email(
                FromEmailAddress=message.sender,
                Destination={"ToAddresses": [message.recipient]},
                Content={"Raw": {"Data": raw}},
                ConfigurationSetName=self._configuration_set,
                EmailTags=[{"Name": name, "Value": value} for name, value in message.tags.items()],
            )
        except ClientError as error:
            raise _understood(error) from error
        except (EndpointConnectionError, ConnectTimeoutError) as error:
            raise NotAccepted(f"no connection: {error}") from error
        except HTTPClientError as error:
            raise Unsure(f"no answer: {error}") from error
        return str(answer["MessageId"])


def _understood(error: ClientError) -> MailError:
    code, status = error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
    reason = f"{code}: {error.response['Error'].get('Message', '')}"[:500]
    if code in NOT_ACCEPTED or status == 429:
        return NotAccepted(reason)
    return Unsure(reason) if status >= 500 else Refused(reason)
