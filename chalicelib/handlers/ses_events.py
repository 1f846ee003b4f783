"""What SES tells of mails on their way, by way of SNS."""

import json

from chalice.app import Blueprint, SNSEvent

from chalicelib import wiring
from chalicelib.usecases.record_mail_event import record_mail_event

blueprint = Blueprint(__name__)


@blueprint.on_sns_message(topic="named-in-resources", name="ses_events")
def ses_events(event: SNSEvent) -> None:
    """Mail that is not ours is passed over, and so is the plain sentence that SES sends to a new destination."""
    try:
        told = json.loads(event.message)
    except ValueError:
        return
    if isinstance(told, dict) and "mail" in told:
        record_mail_event(wiring.ledger(), wiring.suppressions(), wiring.links(), told, wiring.now())
