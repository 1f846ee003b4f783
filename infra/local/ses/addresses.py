"""Email addresses as SES reads them: ``local@domain`` or ``Name <local@domain>``, 7-bit ASCII throughout.

Source: SES API v2 reference, SendEmail (no SMTPUTF8: local parts are ASCII, domains punycode, names encoded words).
The wording of the refusals is that of ``javax.mail``'s ``InternetAddress``, which SES passes on.
"""

import re
from email.utils import getaddresses

from infra.local.ses.errors import BadRequest

MAX_LENGTH = 320
_NAMED = re.compile(r'(?P<name>"(?:[^"\\]|\\.)*"|[^"<>,;:@()\[\]\\]*)<(?P<address>[^<>]*)>')
_ILLEGAL_LOCAL = frozenset('()<>,;:\\"[]@')


def bare(text: str) -> str:
    """``local@domain`` out of one address with or without a display name.

    Raises:
        BadRequest: what SES would say about this address.
    """
    text = text.strip(" ")
    if not text.isascii() and "<" in text:
        raise BadRequest("Non-ASCII characters in a display name must be encoded words (RFC 2047).")
    named = _NAMED.fullmatch(text)
    if named is None and "<" in text:
        raise BadRequest("Illegal address")
    address = named["address"] if named else text
    _check(address)
    if any(ord(character) < 32 for character in text):
        raise BadRequest("Local address contains control or whitespace")
    return address


def canonical(address: str) -> str:
    """The key of an address: SES compares local parts exactly and domains without case."""
    local, _, domain = address.strip().rpartition("@")
    return f"{local}@{domain.lower()}" if local else domain


def domain_of(address: str) -> str:
    """The lower-case domain of ``local@domain``."""
    return address.rpartition("@")[2].lower()


def listed(*headers: str) -> list[str]:
    """The bare addresses in the values of To, Cc, Bcc headers, in order, checked one by one."""
    return [bare(address) for _, address in getaddresses(list(headers)) if address]


def _check(address: str) -> None:
    local, at, domain = address.rpartition("@")
    if not at:
        raise BadRequest("Missing final '@domain'")
    if not domain:
        raise BadRequest("Missing domain")
    if not local:
        raise BadRequest("Missing local name")
    if len(address) > MAX_LENGTH:
        raise BadRequest("Illegal address")
    _check_local(local)
    _check_domain(domain)


def _check_local(local: str) -> None:
    if any(not 32 < ord(character) < 127 for character in local):
        raise BadRequest("Local address contains control or whitespace")
    if local.startswith('"') and local.endswith('"') and len(local) > 2:
        return
    if _ILLEGAL_LOCAL.intersection(local):
        raise BadRequest("Local address contains illegal character")
    if local.startswith("."):
        raise BadRequest("Local address starts with dot")
    if ".." in local or local.endswith("."):
        raise BadRequest("Local address contains dot-dot")


def _check_domain(domain: str) -> None:
    if any(not 32 < ord(character) < 127 for character in domain):
        raise BadRequest("Domain contains control or whitespace")
    if not all(character.isalnum() or character in "-." for character in domain):
        raise BadRequest("Domain contains illegal character")
    if domain.startswith("."):
        raise BadRequest("Domain starts with dot")
    if ".." in domain or domain.endswith("."):
        raise BadRequest("Domain contains dot-dot")
