"""The door of the SES v2 REST API: route, authorize, meet armed faults, run, answer in SES's form.

Paths, members and error shapes are those of botocore's ``sesv2`` model (API version 2019-09-27).
"""

from collections.abc import Callable
from typing import Any

from infra.local.ses import configuration, operations
from infra.local.ses.errors import BadRequest, InternalFailure, NotFound, SesError, TooManyRequests
from infra.local.ses.http import Request, Response, error_response, json_response
from infra.local.ses.iam import Iam, Question
from infra.local.ses.operations import Service
from infra.local.ses.sending import resources

Operation = Callable[..., dict[str, Any]]
DESTINATIONS = "configuration-sets/*/event-destinations"
ROUTES: tuple[tuple[str, str, str, Operation], ...] = (
    ("POST", "outbound-emails", "SendEmail", operations.send),
    ("GET", "account", "GetAccount", operations.get_account),
    ("POST", "identities", "CreateEmailIdentity", operations.create_identity),
    ("POST", "list-identities", "ListEmailIdentities", operations.list_identities),
    ("GET", "identities", "ListEmailIdentities", operations.list_identities),  # older SDK models
    ("GET", "identities/*", "GetEmailIdentity", operations.get_identity),
    ("DELETE", "identities/*", "DeleteEmailIdentity", operations.delete_identity),
    ("PUT", "suppression/addresses", "PutSuppressedDestination", operations.put_suppressed),
    ("GET", "suppression/addresses", "ListSuppressedDestinations", operations.list_suppressed),
    ("GET", "suppression/addresses/*", "GetSuppressedDestination", operations.get_suppressed),
    ("DELETE", "suppression/addresses/*", "DeleteSuppressedDestination", operations.delete_suppressed),
    ("POST", "configuration-sets", "CreateConfigurationSet", configuration.create),
    ("GET", "configuration-sets/*", "GetConfigurationSet", configuration.get),
    ("DELETE", "configuration-sets/*", "DeleteConfigurationSet", configuration.delete),
    ("POST", DESTINATIONS, "CreateConfigurationSetEventDestination", configuration.create_destination),
    ("GET", DESTINATIONS, "GetConfigurationSetEventDestinations", configuration.get_destinations),
    ("PUT", f"{DESTINATIONS}/*", "UpdateConfigurationSetEventDestination", configuration.update_destination),
    ("DELETE", f"{DESTINATIONS}/*", "DeleteConfigurationSetEventDestination", configuration.delete_destination),
)


def answer(service: Service, iam: Iam | None, request: Request) -> Response:
    """Answer any request below ``/v2/email/``; a refusal is an answer too."""
    try:
        action, operation, names = _route(request)
        refused = iam.refusal(request, _question(service, action, request)) if iam else None
        if refused is not None:
            return refused
        fault = service.account.faults.next() if action == "SendEmail" else None
        if fault == "throttle":
            raise TooManyRequests("Maximum sending rate exceeded.")
        if fault == "fail":
            raise InternalFailure("An internal failure occurred.")
        if fault == "reset":
            return Response(drop=True)
        result = json_response(operation(service, request, *names))
        return Response(drop=True) if fault == "drop" else result
    except SesError as error:
        return error_response(error)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        return error_response(BadRequest(f"The request has a member of the wrong type ({error})."))


def _route(request: Request) -> tuple[str, Operation, list[str]]:
    path = [segment for segment in request.path[2:] if segment]
    for method, pattern, action, operation in ROUTES:
        expected = pattern.split("/")
        if method == request.method and len(path) == len(expected):
            pairs = list(zip(expected, path, strict=True))
            if all(want in ("*", have) for want, have in pairs):
                return action, operation, [have for want, have in pairs if want == "*"]
    raise NotFound("This operation is not supported here.")


def _question(service: Service, action: str, request: Request) -> Question:
    named = resources(service.account, request.document) if action == "SendEmail" else ()
    return Question(f"ses:{action}", named)
