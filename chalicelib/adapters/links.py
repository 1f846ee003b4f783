"""Personal links, and keyed hashes of addresses. Each has a secret of its own in Secrets Manager.

A token is ``<invitee>.<key id>.<MAC>``: HMAC-SHA256 over purpose, invitee and link generation, cut to 160 bits. Making
one writes nothing, every mail carries the same one, a leaked table leaks none, and raising a person's generation
revokes that person's. The address of their calendar feed has a generation of its own: programs hold it, not mails.

    page         all that the person may do
    unsubscribe  leave a category of mail
    feed         look at the calendar, until the feed has another address
    join         join their sessions, and nothing else: in calendar entries, which colleagues see
    feed-join    the same in the feed, until it has another address or the links are revoked, whichever comes first
"""

import base64
import hashlib
import hmac
import json
import re
import threading
import time
from collections.abc import Callable
from functools import cached_property
from typing import Any, Literal

from chalicelib.domain.delivery import CATEGORIES
from chalicelib.domain.invitee import Invitee

Purpose = Literal["page", "unsubscribe", "feed", "join", "feed-join"]

LETTERS: dict[Purpose, str] = {"page": "i", "unsubscribe": "u", "feed": "c", "join": "j", "feed-join": "f"}
"""What an address begins with, by what it opens; the handlers' routes begin so too."""

_TOKEN = re.compile(r"(?P<invitee>[a-z0-9]{16,40})\.(?P<key>[A-Za-z0-9]{1,8})\.(?P<mac>[A-Za-z0-9_-]{27})")

RELOAD_SECONDS = 60
"""How long a key that is not known stays so: no link, however often it is tried, asks for the keys more often."""


class Links:
    """Tokens for one deployment: ``load_keys`` gives ``{"current": "<key id>", "<key id>": "<secret>"}``.

    ``load_address_key`` gives the key of the address hashes, which stays when the keys of the links change: what is
    known of an address, such as that it is suppressed, would else be forgotten.
    """

    def __init__(
        self,
        load_keys: Callable[[], dict[str, str]],
        base_url: str,
        load_address_key: Callable[[], str],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._load_keys = load_keys
        self._base_url = base_url.rstrip("/")
        self._load_address_key = load_address_key
        self._clock = clock
        self._loaded_at = 0.0
        self._held_keys: dict[str, str] | None = None
        self._lock = threading.Lock()  # a worker's threads want the keys at the same moment

    def url(self, invitee: Invitee, purpose: Purpose = "page", path: str = "") -> str:
        """The address of a person's page, or of a page below it (``path`` such as ``/calendar.ics``)."""
        return f"{self._base_url}/{LETTERS[purpose]}/{self.token(invitee, purpose)}{path}"

    def leaving(self, invitee: Invitee, category: str = CATEGORIES[0]) -> str:
        """The address of the page where this person leaves a category of mail; a bare POST to it leaves at once."""
        return self.url(invitee, "unsubscribe", leaving_path(category))

    def token(self, invitee: Invitee, purpose: Purpose = "page") -> str:
        key_id = self._keys["current"]
        return f"{invitee.id}.{key_id}.{self._mac(key_id, purpose, invitee)}"

    def claimed_invitee(self, token: str) -> str | None:
        """The invitee that a token names, unverified; None when it is no token at all."""
        found = _TOKEN.fullmatch(token)
        return found["invitee"] if found else None

    def verifies(self, token: str, invitee: Invitee, purpose: Purpose = "page") -> bool:
        """Whether we made this token for this person, purpose and generation; also with a key that is new meanwhile."""
        found = _TOKEN.fullmatch(token)
        if not found or found["invitee"] != invitee.id or found["key"] == "current":
            return False
        if found["key"] not in self._keys and self._clock() - self._loaded_at >= RELOAD_SECONDS:
            self._held_keys = self._loaded()
        if found["key"] not in self._keys:
            return False
        expected = self._mac(found["key"], purpose, invitee)
        return hmac.compare_digest(expected, found["mac"])

    def address_hash(self, address_key: str) -> str:
        """A keyed hash of a normalised address: it says "the same address" and not which one."""
        return hmac.new(self._address_key, f"address\0{address_key}".encode(), hashlib.sha256).hexdigest()[:40]

    @property
    def _keys(self) -> dict[str, str]:
        with self._lock:
            if self._held_keys is None:
                self._held_keys = self._loaded()
            return self._held_keys

    def _loaded(self) -> dict[str, str]:
        self._loaded_at = self._clock()
        return self._load_keys()

    @cached_property
    def _address_key(self) -> bytes:
        return self._load_address_key().encode()

    def _mac(self, key_id: str, purpose: Purpose, invitee: Invitee) -> str:
        bound: dict[Purpose, object] = {"feed": invitee.feed, "feed-join": f"{invitee.generation}.{invitee.feed}"}
        message = f"{purpose}\0{invitee.id}\0{bound.get(purpose, invitee.generation)}".encode()
        digest = hmac.digest(self._keys[key_id].encode(), message, "sha256")[:20]
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def leaving_path(category: str) -> str:
    """What comes after the token in the address of a category's page."""
    return "" if category == CATEGORIES[0] else f"?category={category}"


def keys_from_secret(client: Any, secret: str) -> dict[str, str]:
    """The keys as Secrets Manager holds them."""
    loaded: dict[str, str] = json.loads(secret_string(client, secret))
    return loaded


def secret_string(client: Any, secret: str) -> str:
    """A secret as Secrets Manager holds it, by name or ARN."""
    return str(client.get_secret_value(SecretId=secret)["SecretString"])
