"""Sending one mail through SES v2: one recipient, one attempt, and an error that says what can be known.

    MailError
    ├── NotAccepted    SES said no, for now: nothing was sent, try later
    │   ├── Throttled      too many at once: go slower
    │   └── QuotaUsedUp    too many for one day
    ├── Misconfigured  SES takes no mail at all from us as things stand: nothing was sent, somebody must set it right
    ├── Refused        SES said no to this mail for good: nothing was sent, trying again is useless
    └── Unsure         no answer, or a server error: it may have been sent, so it is never blindly sent again

Source: Amazon SES API v2 reference, SendEmail, "Errors"; botocore's exceptions for what happens below HTTP.
"""

from typing import Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    SSLError,
)
from botocore.parsers import ResponseParserError

from chalicelib.domain.message import Message
from chalicelib.domain.pace import Limits

NOT_ACCEPTED = {"TooManyRequestsException", "LimitExceededException", "ThrottlingException"}
"""Too much at once, or for today."""

MISCONFIGURED = {
    "AccessDeniedException",
    "AccountSuspendedException",
    "SendingPausedException",
    "NotFoundException",
    "MailFromDomainNotVerifiedException",
    "ExpiredTokenException",
    "InvalidSignatureException",
    "UnrecognizedClientException",
}
"""Faults of the account, its configuration, our credentials; a sender that is not verified is a MessageRejected."""


class MailError(Exception):
    """``reason`` is SES's code and words, for the ledger."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NotAccepted(MailError):
    """Nothing was sent; it may be tried again."""


class Throttled(NotAccepted):
    """The account sends faster than SES allows at this moment."""


class QuotaUsedUp(NotAccepted):
    """The account sent as many as SES allows in 24 hours."""


class Misconfigured(MailError):
    """Nothing was sent, and no other mail would be until somebody sets the account or its configuration right."""


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
        """Send ``raw``, built of ``message``; returns SES's message id. Raises a MailError of each kind."""
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
        except (HTTPClientError, SSLError, ResponseParserError) as error:
            raise Unsure(f"no answer: {error}") from error
        except BotoCoreError as error:  # credentials: before anything went out (parameters are ours, and not looked at)
            raise NotAccepted(f"not asked: {error}") from error
        return str(answer["MessageId"])

    def limits(self) -> Limits:
        """How fast and how much the account may send (GetAccount). Raises NotAccepted when SES does not say."""
        try:
            quota = self._client.get_account()["SendQuota"]
        except (ClientError, BotoCoreError) as error:
            raise NotAccepted(f"GetAccount: {error}") from error
        return Limits(
            max_send_rate=quota["MaxSendRate"],
            max_24_hour_send=quota["Max24HourSend"],
            sent_last_24_hours=quota["SentLast24Hours"],
        )


def _understood(error: ClientError) -> MailError:
    code, status = error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
    reason = f"{code}: {error.response['Error'].get('Message', '')}"[:500]
    if code in NOT_ACCEPTED or status == 429:
        return QuotaUsedUp(reason) if "quota" in reason.lower() else Throttled(reason)
    if code in MISCONFIGURED or (code == "MessageRejected" and "not verified" in reason):
        return Misconfigured(reason)
    if status in (401, 403):  # credentials, a proxy, a policy: never one mail's own fault
        return Misconfigured(reason)
    return Unsure(reason) if status >= 500 or status == 408 else Refused(reason)
