"""A small, strict Amazon SES v2 on loopback, for the local stack and for tests.

The rooms, from the door inwards::

    server     HTTP on 127.0.0.1: reads a request, asks one of the four below, writes the answer
    api        the SES v2 REST operations        (POST /v2/email/...)
    control    faults, limits and the mailbox for tests and demos  (/_control/...)
    pages      the mailbox for people            (/ and /messages/<id>)
    iam        asks an emulator's IAM whether the caller may do this
    sending    SendEmail: every refusal, then the accepted message
    account    identities, suppression list, configuration sets, limits, faults
    mailbox    accepted messages, byte for byte, on disk
    events     what happens to a message after it was accepted, as SES's event JSON
    publisher  publishes those events to Firehose, in order, in the background
    addresses, mime, errors   the small rules everybody needs

Where AWS documents a rule, the docstring names the page; where the wording of an error is only known from the
field, it says so.
"""

from infra.local.ses.server import SesServer

__all__ = ["SesServer"]
