"""What SES does with a mail that it receives, on a laptop: ``python -m infra.local.inbound answer.eml``.

It writes what it found at the head of the mail and puts the whole into the bucket, which tells the function. The mail's
sender counts as proven, unless ``--dmarc fail`` says otherwise.

Source: Amazon SES developer guide, "Email receiving"; what it writes is as in mails that it received in 2025.
"""

import argparse
import secrets
import sys
from email import policy
from email.parser import BytesHeaderParser
from pathlib import Path

from chalicelib.adapters.inbound_mail import FOLDER
from infra.build import ROOT
from infra.local.stack import Home, LocalStack


def as_received(mail: bytes, *, dmarc: str = "pass", spam: str = "PASS", virus: str = "PASS") -> bytes:
    """The mail as SES stores it."""
    parsed = BytesHeaderParser(policy=policy.default).parsebytes(mail)
    sender, recipient = parsed["From"].addresses[0], parsed["To"].addresses[0]
    head = [
        f"Return-Path: <{sender.addr_spec}>",
        f"Received: from mx.{sender.domain} (mx.{sender.domain} [192.0.2.1])",
        f" by inbound-smtp.eu-central-1.amazonaws.com with SMTP id {secrets.token_hex(20)}",
        f" for {recipient.addr_spec};",
        " Thu, 14 Jan 2021 09:00:00 +0000 (UTC)",
        f"X-SES-Spam-Verdict: {spam}",
        f"X-SES-Virus-Verdict: {virus}",
        f"Received-SPF: pass (spfCheck: domain of {sender.domain} designates 192.0.2.1 as permitted sender)"
        f" client-ip=192.0.2.1; envelope-from={sender.addr_spec}; helo=mx.{sender.domain};",
        "Authentication-Results: amazonses.com;",
        f" spf=pass (spfCheck: domain of {sender.domain} designates 192.0.2.1 as permitted sender)"
        f" client-ip=192.0.2.1; envelope-from={sender.addr_spec}; helo=mx.{sender.domain};",
        f" dkim=pass header.i=@{sender.domain};",
        f" dmarc={dmarc} header.from={sender.domain};",
        f"X-SES-RECEIPT: {secrets.token_urlsafe(60)}",
    ]
    return "\r\n".join([*head, ""]).encode() + mail


def drop(stack: LocalStack, mail: bytes, **found: str) -> str:
    """Let the local stack receive a mail; the key of its object."""
    key = f"{FOLDER}{secrets.token_hex(20)}"
    stack.client("s3").put_object(Bucket=stack.outputs["BucketName"], Key=key, Body=as_received(mail, **found))
    return key


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("mail", type=Path, help="a mail as a file (RFC 5322), with From and To")
    parser.add_argument("--dmarc", default="pass", choices=("pass", "fail", "none"))
    options = parser.parse_args()
    stack = Home(ROOT / ".local").state()
    if stack is None:
        sys.exit("Not running. `make up` starts it.")
    print(drop(stack, options.mail.read_bytes(), dmarc=options.dmarc))


if __name__ == "__main__":
    main()
