"""Deploying: what CloudFormation would refuse is caught here, on moto."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.cloudformation.models import cloudformation_backends

from infra import deploy

TEMPLATE = """
Parameters:
  BaseUrl: {Type: String}
  AlarmEmail: {Type: String, Default: ""}
Resources:
  Function:
    Type: AWS::SNS::Topic
    Properties: &shared {DisplayName: !Ref BaseUrl}
  Other:
    Type: AWS::SNS::Topic
    Properties: *shared
Outputs:
  EndpointURL: {Value: "https://api.example.org/convoke/"}
""".replace("!Ref BaseUrl", '{"Ref": "BaseUrl"}')


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    (tmp_path / "sam.yaml").write_text(TEMPLATE)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        yield tmp_path


def parameters(session: boto3.Session) -> dict[str, str]:
    [stack] = session.client("cloudformation").describe_stacks(StackName="s")["Stacks"]
    return {one["ParameterKey"]: one["ParameterValue"] for one in stack["Parameters"]}


def test_the_uploaded_template_has_no_aliases_which_cloudformation_refuses(package: Path) -> None:
    session = boto3.Session(region_name="eu-central-1")
    deploy.deploy(session, "s", {"BaseUrl": "https://e.example.org"}, package)
    s3 = session.client("s3")
    [bucket] = s3.list_buckets()["Buckets"]
    texts = [s3.get_object(Bucket=bucket["Name"], Key=one["Key"])["Body"].read().decode()
             for one in s3.list_objects_v2(Bucket=bucket["Name"])["Contents"]]  # fmt: skip
    [template] = [json.loads(text) for text in texts if "Resources" in text]
    assert template["Resources"]["Function"]["Properties"] == template["Resources"]["Other"]["Properties"]
    blocked = s3.get_public_access_block(Bucket=bucket["Name"])["PublicAccessBlockConfiguration"]
    assert all(blocked.values())


def test_a_new_stack_without_an_address_gets_the_apis_own(package: Path) -> None:
    session = boto3.Session(region_name="eu-central-1")
    deploy.publish(session, "s", {"AlarmEmail": "me@example.org"}, package)
    assert parameters(session)["BaseUrl"] == "https://api.example.org/convoke"


def test_a_living_stack_keeps_its_address_and_who_is_told(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    session = boto3.Session(region_name="eu-central-1")
    deploy.publish(session, "s", {"BaseUrl": "https://events.example.org", "AlarmEmail": "me@example.org"}, package)
    seen = []
    real = deploy.deploy
    monkeypatch.setattr(deploy, "deploy", lambda *given, **named: seen.append(given[2]) or real(*given, **named))
    (package / "sam.yaml").write_text(TEMPLATE + '  Another: {Value: "1"}\n')
    deploy.publish(session, "s", {}, package)
    assert all(deploy.PLACEHOLDER not in given.values() for given in seen)
    assert parameters(session) == {"BaseUrl": "https://events.example.org", "AlarmEmail": "me@example.org"}


def test_the_region_that_takes_no_location_can_be_used(package: Path) -> None:
    session = boto3.Session(region_name="us-east-1")
    assert deploy.deploy(session, "s", {"BaseUrl": "https://e.example.org"}, package)


def test_a_bucket_of_that_name_that_is_not_ours_gets_nothing(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Moto knows no owners, so the refusal that S3 gives is put into its mouth."""
    session = boto3.Session(region_name="eu-central-1")
    s3 = session.client("s3")
    asked = []

    def refuse(params: dict[str, Any], **_: Any) -> tuple[AWSResponse, dict[str, Any]]:
        asked.append(params["headers"].get("x-amz-expected-bucket-owner"))
        return AWSResponse("", 403, {}, None), {"Error": {"Code": "403", "Message": "Forbidden"}}

    s3.meta.events.register("before-call.s3", refuse)
    monkeypatch.setattr(session, "client", lambda name, real=session.client, **more: s3 if name == "s3" else real(name))
    with pytest.raises(ClientError, match="403"):
        deploy.deploy(session, "s", {"BaseUrl": "https://e.example.org"}, package)
    assert asked == ["123456789012"]
    assert boto3.client("s3", region_name="eu-central-1").list_buckets()["Buckets"] == []


def test_every_call_to_the_bucket_insists_that_it_is_ours(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    session = boto3.Session(region_name="eu-central-1")
    s3 = session.client("s3")
    owners = {}
    s3.meta.events.register(
        "provide-client-params.s3",
        lambda params, model, **_: owners.update({model.name: params.get("ExpectedBucketOwner")}),
    )
    monkeypatch.setattr(session, "client", lambda name, real=session.client, **more: s3 if name == "s3" else real(name))
    deploy.deploy(session, "s", {"BaseUrl": "https://e.example.org"}, package)
    assert owners.pop("CreateBucket") is None  # that call knows no owner: it makes the caller one
    assert owners == dict.fromkeys(["HeadBucket", "PutPublicAccessBlock", "HeadObject", "PutObject"], "123456789012")


def test_a_stack_whose_creation_failed_is_removed_and_made_anew(package: Path) -> None:
    session = boto3.Session(region_name="eu-central-1")
    deploy.deploy(session, "s", {"BaseUrl": "https://e.example.org"}, package)
    [failed] = cloudformation_backends["123456789012"]["eu-central-1"].stacks.values()
    failed.status = "ROLLBACK_COMPLETE"
    deploy.deploy(session, "s", {"BaseUrl": "https://e.example.org"}, package)
    [stack] = session.client("cloudformation").describe_stacks(StackName="s")["Stacks"]
    assert (stack["StackStatus"], stack["StackId"] == failed.stack_id) == ("CREATE_COMPLETE", False)
