"""Deploying: what CloudFormation would refuse is caught here, on moto."""

import json
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

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
