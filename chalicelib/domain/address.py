"""Mail addresses: which ones SES delivers to, and one spelling for each.

Sources: RFC 5321, 4.5.3.1 (64 octets before the "@", 254 in all); RFC 5322, 3.2.3 (dot-atom); RFC 1035, 2.3.1 (labels);
RFC 5890 (Punycode); RFC 6531, 3.3 and RFC 6532, 3.2 (letters beyond ASCII); Amazon SES API v2, ``SendEmail``: the local
part of an address is ASCII.
"""

import re
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

from chalicelib.domain.text import one_line

_ATOM = r'[^\x00-\x20"(),.:;<>@\[\\\]\x7f]+'
"""All but what RFC 5322 keeps out. The same as a list of what may stand is a tenth as fast to compile."""

_LOCAL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_MAILTO = re.compile(r"^mailto:\s*", re.IGNORECASE)
_IN_BRACKETS = re.compile(r"[^<>]*<([^<>]*)>")
_AMBIGUOUS = frozenset("ßς\u200c\u200d")
"""Python's idna codec turns these into other domains than browsers and mail servers do (RFC 5894, 7.2)."""


def normalise(value: str) -> str:
    """``"Aziz <mailto:A.Karimov@Ministry.Example>"`` gives ``"A.Karimov@ministry.example"``; the domain in Punycode.

    Raises ValueError with a sentence for the person whose list it is, also for what SES does not deliver to.
    """
    address = spelled(value)
    if sentence := undeliverable(address):
        raise ValueError(sentence)
    return address


def spelled(value: str) -> str:
    """The same for any address that can be somebody's (RFC 6532): before the "@" there may be letters of any script."""
    text = one_line(value).rstrip(" ;,")
    if bracketed := _IN_BRACKETS.fullmatch(text):
        text = bracketed[1].strip()
    text = _MAILTO.sub("", text)
    if not text:
        raise ValueError("Write an address, such as name@ministry.example.")
    if text.count("@") != 1:
        raise ValueError(f'"{_short(text)}" is not one address. Write one, such as name@ministry.example.')
    local, _, domain = text.partition("@")
    domain = _domain(domain.strip())
    local = _local(local.strip())
    if len(local.encode()) + 1 + len(domain) > 254:
        raise ValueError("The address is longer than 254 characters. Check it.")
    return f"{local}@{domain}"


def undeliverable(address: str) -> str:
    """Why SES does not deliver to an address, and what to do; empty when it does."""
    if address.isascii():
        return ""
    strange = next(character for character in address if not character.isascii())
    return f'SES cannot deliver to an address with "{strange}" before the "@". Ask for another address.'


def address_key(email: str) -> str:
    """What makes an address the same address: all in lower case. Never raises, whatever it is given."""
    try:
        return spelled(email).lower()
    except ValueError:
        return email.strip().lower()


Address = Annotated[str, AfterValidator(normalise), WithJsonSchema({"type": "string", "format": "email"})]
"""A normalised address."""


def _local(local: str) -> str:
    if len(local.encode()) > 64:
        raise ValueError('More than 64 characters stand before the "@". Check the address.')
    if not _LOCAL.fullmatch(local):
        raise ValueError(f'"{_short(local)}" cannot stand before the "@". Check for spaces, brackets and double dots.')
    return local


def _domain(domain: str) -> str:
    if _AMBIGUOUS & set(domain):
        raise ValueError(f'Write the domain "{_short(domain)}" in its form with "xn--", which is never ambiguous.')
    try:
        ascii_domain = domain.lower() if domain.isascii() else domain[:254].encode("idna").decode("ascii").lower()
    except UnicodeError:
        ascii_domain = ""
    labels = ascii_domain.split(".")
    known = len(ascii_domain) <= 253 and all(_LABEL.fullmatch(label) for label in labels)
    if not known or len(labels) < 2 or labels[-1].isdigit():
        raise ValueError(f'"{_short(domain)}" is not a mail domain. Write one such as ministry.example.')
    return ascii_domain


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:59]}…"
