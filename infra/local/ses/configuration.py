"""Configuration sets and their Firehose event destinations: one function an operation.

Sources: SES API v2 reference, KinesisFirehoseDestination; Developer Guide, "Set up a Data Firehose event destination"
(what the role must be allowed). The wording of the refusals is not documented.
"""

import re
from typing import Any

from infra.local.ses.account import ConfigurationSet
from infra.local.ses.errors import AlreadyExists, BadRequest, NotFound
from infra.local.ses.http import Request
from infra.local.ses.operations import Service

EVENT_TYPES = {"SEND", "REJECT", "BOUNCE", "COMPLAINT", "DELIVERY", "OPEN", "CLICK", "RENDERING_FAILURE"}
EVENT_TYPES |= {"DELIVERY_DELAY", "SUBSCRIPTION"}
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_ROLE = re.compile(r"arn:aws:iam::\d{12}:role/.+")
_STREAM = re.compile(r"arn:aws:firehose:[a-z0-9-]+:\d{12}:deliverystream/[A-Za-z0-9_.-]{1,64}")


def create(service: Service, request: Request) -> dict[str, Any]:
    """CreateConfigurationSet; the options are kept as given and SendingOptions are obeyed."""
    body, sets = request.document, service.account.configuration_sets
    name = _name("configuration set name", body.get("ConfigurationSetName"))
    with service.account.lock:
        if name in sets:
            raise AlreadyExists(f"Configuration set {name} already exists.")
        sets[name] = ConfigurationSet(name, body)
    return {}


def get(service: Service, request: Request, name: str) -> dict[str, Any]:
    """GetConfigurationSet."""
    return {"SendingOptions": {"SendingEnabled": True}, **service.account.configuration_set(name).options}


def delete(service: Service, request: Request, name: str) -> dict[str, Any]:
    """DeleteConfigurationSet."""
    service.account.configuration_sets.pop(service.account.configuration_set(name).name, None)
    return {}


def create_destination(service: Service, request: Request, name: str) -> dict[str, Any]:
    """CreateConfigurationSetEventDestination; the role must be allowed to publish by then."""
    body, chosen = request.document, service.account.configuration_set(name)
    key = _name("event destination name", body.get("EventDestinationName"))
    destination = _destination(service, body)
    with service.account.lock:
        if key in chosen.destinations:
            raise AlreadyExists(
                f"An event destination with name <{key}> already exists for configuration set <{name}>."
            )
        chosen.destinations[key] = destination
    return {}


def get_destinations(service: Service, request: Request, name: str) -> dict[str, Any]:
    """GetConfigurationSetEventDestinations."""
    destinations = service.account.configuration_set(name).destinations
    return {"EventDestinations": [{"Name": key, **value} for key, value in destinations.items()]}


def update_destination(service: Service, request: Request, name: str, key: str) -> dict[str, Any]:
    """UpdateConfigurationSetEventDestination."""
    _destinations(service, name, key)[key] = _destination(service, request.document)
    return {}


def delete_destination(service: Service, request: Request, name: str, key: str) -> dict[str, Any]:
    """DeleteConfigurationSetEventDestination."""
    _destinations(service, name, key).pop(key, None)
    return {}


def _destinations(service: Service, name: str, key: str) -> dict[str, dict[str, Any]]:
    destinations = service.account.configuration_set(name).destinations
    if key not in destinations:
        raise NotFound(f"An event destination with name <{key}> does not exist for configuration set <{name}>.")
    return destinations


def _name(what: str, given: object) -> str:
    if not _NAME.fullmatch(str(given or "")):
        raise BadRequest(f"Invalid {what} <{given}>: only alphanumeric ASCII characters, '_', and '-' are allowed.")
    return str(given)


def _destination(service: Service, body: dict[str, Any]) -> dict[str, Any]:
    given: dict[str, Any] = body.get("EventDestination") or {}
    firehose = given.get("KinesisFirehoseDestination") or {}
    role, stream = str(firehose.get("IamRoleArn") or ""), str(firehose.get("DeliveryStreamArn") or "")
    unknown = set(given.get("MatchingEventTypes") or []) - EVENT_TYPES
    if not _ROLE.fullmatch(role) or not _STREAM.fullmatch(stream):
        raise BadRequest("Only a KinesisFirehoseDestination with the ARNs of a role and a stream is supported here.")
    if unknown or not given.get("MatchingEventTypes"):
        raise BadRequest(f"Invalid MatchingEventTypes: {', '.join(sorted(unknown)) or 'none given'}.")
    if service.may and not service.may(role, "firehose:PutRecordBatch", stream):
        raise BadRequest(f"Delivery stream <{stream}>: access denied for IAM role <{role}>.")
    return {
        "Enabled": bool(given.get("Enabled", False)),
        "MatchingEventTypes": list(given["MatchingEventTypes"]),
        "KinesisFirehoseDestination": {"IamRoleArn": role, "DeliveryStreamArn": stream},
    }
