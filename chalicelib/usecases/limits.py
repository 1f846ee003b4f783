"""Ask SES how fast and how much this account may send, and let everybody know."""

import logging
from datetime import datetime

from chalicelib.adapters.ses import Mailer, NotAccepted
from chalicelib.adapters.store.rate import Pacer
from chalicelib.domain.pace import SANDBOX, Pace

logger = logging.getLogger(__name__)


def learn_limits(mailer: Mailer, pacer: Pacer, now: datetime) -> Pace:
    """What GetAccount says; when it does not answer what was known before, and else what every new account may."""
    try:
        limits = mailer.limits()
    except NotAccepted:
        logger.exception("SES does not tell its limits")
        known = pacer.pace()
        limits = known.limits if known else SANDBOX
    return pacer.learn(limits, now)
