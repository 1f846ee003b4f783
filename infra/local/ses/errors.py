"""What SES answers when it refuses, as one family.

Source: SES API v2 reference, SendEmail and CommonErrors; HTTP statuses as in botocore's ``sesv2`` model::

    SesError
    ├── BadRequest         400  the request or the message is malformed
    ├── MessageRejected    400  the sender is not verified
    ├── AlreadyExists      400
    ├── SendingPaused      400  sending is switched off for the account or the configuration set
    ├── NotFound           404
    ├── TooManyRequests    429  send rate or daily quota used up
    └── InternalFailure    500
"""

from typing import ClassVar


class SesError(Exception):
    """A refusal: ``code`` is SES's error code, ``status`` the HTTP status, the message SES's wording."""

    code: ClassVar[str] = "InternalFailure"
    status: ClassVar[int] = 500

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class BadRequest(SesError):
    code, status = "BadRequestException", 400


class MessageRejected(SesError):
    code, status = "MessageRejected", 400


class AlreadyExists(SesError):
    code, status = "AlreadyExistsException", 400


class SendingPaused(SesError):
    code, status = "SendingPausedException", 400


class NotFound(SesError):
    code, status = "NotFoundException", 404


class TooManyRequests(SesError):
    code, status = "TooManyRequestsException", 429


class InternalFailure(SesError):
    """The default code and status; armed by ``POST /_control/faults``."""
