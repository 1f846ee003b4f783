"""What an SES account knows: identities, suppression list, configuration sets, limits, and what a test arranged.

Sources: SES API v2 reference; Developer Guide, "Verified identities" (a verified domain covers its subdomains and
every address below it; local parts are case-sensitive) and "Using the account-level suppression list".
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from infra.local.ses.addresses import bare, canonical, domain_of
from infra.local.ses.errors import NotFound
from infra.local.ses.limits import Faults, Limits

Outcome = Literal["delivery", "bounce", "complaint", "delay"]
OUTCOMES: tuple[Outcome, ...] = ("delivery", "bounce", "complaint", "delay")


@dataclass
class Identity:
    """A verified address or domain and its default configuration set."""

    name: str
    configuration_set: str | None = None

    @property
    def kind(self) -> str:
        """EMAIL_ADDRESS or DOMAIN."""
        return "EMAIL_ADDRESS" if "@" in self.name else "DOMAIN"


@dataclass(frozen=True)
class Suppressed:
    """One entry of the account's suppression list; ``since`` is seconds since the epoch."""

    address: str
    reason: str
    since: float


@dataclass
class ConfigurationSet:
    """A configuration set; ``destinations`` maps a name to SES's EventDestination object."""

    name: str
    options: dict[str, Any] = field(default_factory=dict)
    destinations: dict[str, dict[str, Any]] = field(default_factory=dict)

    def streams(self, event_type: str) -> list[str]:
        """The streams that want this kind of event (SEND, DELIVERY, BOUNCE, COMPLAINT, REJECT, DELIVERY_DELAY)."""
        return [
            destination["KinesisFirehoseDestination"]["DeliveryStreamArn"]
            for destination in self.destinations.values()
            if destination.get("Enabled") and event_type in destination["MatchingEventTypes"]
        ]


class Account:
    """The mutable state, behind one lock that callers hold for a read followed by a write."""

    def __init__(self, *, region: str, number: str, rate: float, quota: float, clock: Callable[[], float]) -> None:
        self.region, self.number = region, number
        self._start = (rate, quota, clock)
        self.lock = threading.RLock()
        self.reset()

    def reset(self) -> None:
        """Back to an account without identities, with the limits it was started with."""
        with self.lock:
            rate, quota, clock = self._start
            self.limits, self.faults = Limits(rate, quota, clock), Faults()
            self.sending_enabled = True
            self.identities: dict[str, Identity] = {}
            self.suppressed: dict[str, Suppressed] = {}
            self.configuration_sets: dict[str, ConfigurationSet] = {}
            self.outcomes: dict[str, Outcome] = {}

    def identity_of(self, sender: str) -> Identity | None:
        """The identity that verifies a bare address: the address itself, its domain, or a parent domain."""
        labels = domain_of(sender).split(".")
        names = [canonical(sender), *(".".join(labels[index:]) for index in range(len(labels)))]
        with self.lock:
            return next((self.identities[name] for name in names if name in self.identities), None)

    def default_configuration_set(self, sender: str) -> str | None:
        """The default configuration set of the sender's identity, if it has one."""
        identity = self.identity_of(sender)
        return identity.configuration_set if identity else None

    def configuration_set(self, name: str) -> ConfigurationSet:
        """A configuration set by name.

        Raises:
            NotFound: in SES's words.
        """
        with self.lock:
            if name not in self.configuration_sets:
                raise NotFound(f"Configuration set <{name}> does not exist.")
            return self.configuration_sets[name]

    def suppress(self, address: str, reason: str) -> None:
        """Put an address on the suppression list for BOUNCE or COMPLAINT; the newest reason stays."""
        key = canonical(bare(address))
        with self.lock:
            self.suppressed[key] = Suppressed(key, reason, time.time())

    def arn(self, resource: str) -> str:
        """``identity/example.org`` as an ARN of this account."""
        return f"arn:aws:ses:{self.region}:{self.number}:{resource}"
