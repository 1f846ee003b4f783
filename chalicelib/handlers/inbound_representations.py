"""What the API of mail to an event's own address answers, as models."""

from datetime import datetime

from pydantic import BaseModel, Field

from chalicelib.domain.calendar_reply import EXPLAINED, Mail, Why
from chalicelib.domain.inbound import Filed


class InboundLine(BaseModel):
    """A mail that was filed. Who it says it is from is proven only where ``why`` comes after that check: ``not-taken``,
    ``stale``, ``too-late``, ``too-many``, ``passed-on``, ``withdrawn``, ``waiting``, ``not-theirs``.
    """

    inbound: str
    at: datetime
    sender: str = Field(description="The address in From; empty when it could not be read")
    subject: str
    why: Why
    explained: str = Field(description="Why it was not applied, in a sentence")
    automatic: bool = Field(description="A machine wrote it: an absence note, a report of a mail that came back")
    invitee: str = Field(description="Whose entry it is about; empty when that is not known")

    @classmethod
    def of(cls, filed: Filed) -> "InboundLine":
        return cls(**_said(filed))


class InboundMail(InboundLine):
    """``text`` is the first 20,000 characters of its plain text; ``url`` saves the whole mail, for five minutes."""

    text: str
    url: str

    @classmethod
    def of_mail(cls, filed: Filed, mail: Mail, url: str) -> "InboundMail":
        return cls(**_said(filed), text=mail.text, url=url)


class InboundPage(BaseModel):
    """``cursor`` goes into the query of the next call; null on the last page. Mails are kept for 30 days."""

    mails: list[InboundLine]
    cursor: str | None


def _said(filed: Filed) -> dict[str, object]:
    said = filed.model_dump(include=set(InboundLine.model_fields))
    return {**said, "inbound": filed.id, "explained": EXPLAINED[filed.why]}
