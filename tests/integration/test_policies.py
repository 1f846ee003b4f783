"""Each function runs under its own policy: take one action away, and what that function does fails."""

import contextlib
import json
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from chalicelib.domain.event import utc
from infra.build import ROOT
from infra.local.actors import Answer, Mailbox, Organiser, tick, wait_until
from infra.local.stack import STACK, LocalStack
from tests.deployed import symposium

pytestmark = pytest.mark.integration

DAY = (date.today() + timedelta(days=30)).isoformat()


@contextlib.contextmanager
def without(stack: LocalStack, function: str, action: str) -> Iterator[None]:
    """The function's role without ``action`` (and what begins so) while the block runs."""
    iam = stack.client("iam")
    role = f"{function}Role"
    resource = stack.client("cloudformation").describe_stack_resource(StackName=STACK, LogicalResourceId=role)
    name = resource["StackResourceDetail"]["PhysicalResourceId"]
    [policy] = iam.list_role_policies(RoleName=name)["PolicyNames"]
    document = iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
    narrowed = json.loads(json.dumps(document))
    removed = 0
    for statement in narrowed["Statement"]:
        kept = [one for one in statement["Action"] if not one.startswith(action)]  # SendMessage: SendMessageBatch too
        removed += len(statement["Action"]) - len(kept)
        statement["Action"] = kept or ["none:Nothing"]
    assert removed, f"{role} does not allow {action}"
    iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=json.dumps(narrowed))
    try:
        time.sleep(1.2)  # the strict SES remembers a permission for a second
        yield
    finally:
        iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=json.dumps(document))
        time.sleep(1.2)


@pytest.fixture
def event(organiser: Organiser) -> str:
    """A published event with one invitee."""
    name = f"policies-{uuid.uuid4().hex[:8]}"
    assert organiser.call("PUT", f"/events/{name}", symposium(DAY)).status == 201
    people = [{"email": f"{name}@example.org", "name": "Somebody"}]
    assert organiser.call("POST", f"/events/{name}/invitees", people).status == 200
    return name


def plan(organiser: Organiser, event: str) -> Answer:
    return organiser.call("POST", f"/events/{event}/batches", {"kind": "invitation"}, idempotency_key="x")


def invite(organiser: Organiser, event: str) -> str:
    """Plan and approve; returns where the batch is found."""
    planned = plan(organiser, event).json
    answer = organiser.approve(event, planned)
    assert answer.status == 200, answer.text
    return f"/events/{event}/batches/{planned['batch']}"


def test_each_function_has_a_role_of_its_own(stack: LocalStack) -> None:
    resources = stack.client("cloudformation").describe_stack_resources(StackName=STACK)["StackResources"]
    functions = [one for one in resources if one["ResourceType"] == "AWS::Lambda::Function"]
    roles = {
        stack.client("lambda").get_function_configuration(FunctionName=one["PhysicalResourceId"])["Role"]
        for one in functions
    }
    named = json.loads((ROOT / ".chalice/config.json").read_text())["stages"]["prod"]["lambda_functions"]
    assert len(functions) == len(roles) == 1 + len(named)


def test_the_api_cannot_plan_without_put_item(stack: LocalStack, organiser: Organiser, event: str) -> None:
    with without(stack, "ApiHandler", "dynamodb:PutItem"):
        assert plan(organiser, event).status == 500


def test_the_api_cannot_take_an_address_without_the_key_of_its_hash(
    stack: LocalStack, organiser: Organiser, event: str
) -> None:
    restart(stack, "APIHandlerName")
    with without(stack, "ApiHandler", "secretsmanager:GetSecretValue"):
        people = [{"email": "another@example.org", "name": "Another"}]
        assert organiser.call("POST", f"/events/{event}/invitees", people).status == 500


@pytest.mark.parametrize("action", ["sqs:SendMessage", "sqs:GetQueueAttributes"])
def test_what_the_api_cannot_queue_waits_for_the_clock_which_needs_the_same(
    stack: LocalStack, organiser: Organiser, mailbox: Mailbox, event: str, action: str
) -> None:
    with without(stack, "ApiHandler", action):
        invite(organiser, event)
        time.sleep(3)
        assert mailbox.messages(event=event) == []
    with without(stack, "Clock", action), pytest.raises(RuntimeError, match="could not be done"):
        tick(stack, utc(datetime.now(UTC)))
    tick(stack, utc(datetime.now(UTC)))
    wait_until(lambda: len(mailbox.messages(event=event)) == 1, "the invitation", 30)


def test_the_clock_does_not_learn_how_fast_ses_is_without_get_account(
    stack: LocalStack, organiser: Organiser, event: str
) -> None:
    with without(stack, "ApiHandler", "sqs:SendMessage"):  # so that the batch is still being sent when the clock looks
        invite(organiser, event)
    with without(stack, "Clock", "ses:GetAccount"):
        tick(stack, utc(datetime.now(UTC)))
    assert "SES does not tell its limits" in log_of(stack, "ClockName")


def test_the_worker_cannot_send_without_ses(
    stack: LocalStack, organiser: Organiser, mailbox: Mailbox, event: str
) -> None:
    with without(stack, "Deliver", "ses:Send"):
        invite(organiser, event)
        time.sleep(5)
        assert mailbox.messages(event=event) == []
        assert "AccessDenied" in log_of(stack, "DeliverName")


def test_the_clock_cannot_start_a_mailing_without_the_index(stack: LocalStack, event: str) -> None:
    with without(stack, "Clock", "dynamodb:Query"), pytest.raises(RuntimeError, match="AccessDenied"):
        tick(stack, f"{DAY}T12:00:00Z")


@pytest.mark.parametrize("action", ["dynamodb:UpdateItem", "s3:GetObject"])
def test_events_do_not_reach_the_ledger_without_update_or_their_object(
    stack: LocalStack, organiser: Organiser, event: str, action: str
) -> None:
    with without(stack, "SesEvents", action):
        place = invite(organiser, event)
        time.sleep(5)
        outcomes = organiser.call("GET", place).json["outcomes"]
        assert (outcomes["delivered"], outcomes["sent"]) == (0, 1)


def test_ses_takes_no_destination_that_its_role_may_not_publish_to(stack: LocalStack) -> None:
    ses, name = stack.client("sesv2"), stack.outputs["ConfigurationSet"]
    stream = {"DeliveryStreamArn": stack.outputs["MailEventsStream"], "IamRoleArn": stack.outputs["MailEventsRole"]}
    destination = {"MatchingEventTypes": ["BOUNCE"], "KinesisFirehoseDestination": stream}
    arguments = {"ConfigurationSetName": name, "EventDestinationName": "other", "EventDestination": destination}
    with without(stack, "MailEventsTeller", "firehose:"), pytest.raises(ClientError, match="access denied for"):
        ses.create_configuration_set_event_destination(**arguments)
    ses.create_configuration_set_event_destination(**arguments)
    ses.delete_configuration_set_event_destination(ConfigurationSetName=name, EventDestinationName="other")


def test_no_agenda_is_kept_without_put_object(stack: LocalStack, event: str) -> None:
    described = stack.client("cloudformation").describe_stack_resource(StackName=STACK, LogicalResourceId="Typeset")
    name = described["StackResourceDetail"]["PhysicalResourceId"]
    order = json.dumps({"event": event, "version": 1, "language": "en", "zone": "Europe/Vienna"}).encode()

    def typeset() -> dict:  # type: ignore[type-arg]
        return json.loads(stack.client("lambda").invoke(FunctionName=name, Payload=order)["Payload"].read())

    assert typeset()["bytes"] > 10_000
    with without(stack, "Typeset", "s3:PutObject"):
        assert "AccessDenied" in typeset()["errorMessage"]


def log_of(stack: LocalStack, output: str) -> str:
    """Everything a function has logged."""
    group = f"/aws/lambda/{stack.outputs[output]}"
    events = stack.client("logs").filter_log_events(logGroupName=group)["events"]
    return "\n".join(one["message"] for one in events)


def restart(stack: LocalStack, output: str) -> None:
    """A new container for the function, so that nothing it read before is remembered."""
    client, name = stack.client("lambda"), stack.outputs[output]
    configuration = client.get_function_configuration(FunctionName=name)
    client.update_function_configuration(FunctionName=name, MemorySize=configuration["MemorySize"] + 1)
