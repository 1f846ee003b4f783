"""What the package is made of: bytecode that is used, the same bytes each time, alarms that reach somebody."""

import gzip
import importlib.util
import json
import re
import shutil
import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import botocore.session
import pytest
import yaml
from botocore import xform_name
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.loaders import Loader

from infra import build
from infra.build import ROOT, require_python
from infra.trim import CALLED, trim

SQS = {
    "metadata": {"protocol": "json"},
    "clientContextParams": {"Express": {"type": "boolean", "documentation": "words that botocore reads"}},
    "operations": {"SendMessageBatch": {"input": {"shape": "Batch"}, "documentation": "words"}, "PurgeQueue": {}},
    "shapes": {
        "Batch": {"type": "structure", "members": {"entries": {"shape": "Entries", "documentation": "words"}}},
        "Entries": {"type": "list", "member": {"shape": "Entry"}},
        "Entry": {"type": "structure", "members": {"documentation": {"shape": "Text"}, "in": {"shape": "Entry"}}},
        "Text": {"type": "string", "documentation": "words"},
        "Purge": {"type": "structure", "members": {}},
    },
    "documentation": "words",
}
ENDPOINTS = {"version": 3, "partitions": [{"partition": "aws", "services": {"sqs": {"a": 1}, "ec2": {"a": 1}}}]}


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A zip as Chalice leaves it: one module, one service that is called and one that is not."""
    monkeypatch.setattr(build, "BUILD", tmp_path)
    path = tmp_path / "deployment.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("room/__init__.py", "NAMES = frozenset({'a', 'b', 'c'})\n\n\ndef fail():\n    raise KeyError\n")
        packed.writestr("botocore/data/sqs/2012-11-05/service-2.json.gz", gzip.compress(json.dumps(SQS).encode()))
        packed.writestr("botocore/data/ec2/2016-11-15/service-2.json.gz", gzip.compress(b"{}"))
        packed.writestr("botocore/data/endpoints.json", json.dumps(ENDPOINTS))
    return path


def names(archive: Path) -> set[str]:
    with zipfile.ZipFile(archive) as packed:
        return set(packed.namelist())


def test_the_package_has_the_bytecode_of_its_modules_and_only_services_that_are_called(archive: Path) -> None:
    build._slim(archive)
    bytecode = importlib.util.cache_from_source("room/__init__.py")
    described = {"botocore/data/sqs/2012-11-05/service-2.json", "botocore/data/endpoints.json"}
    assert names(archive) == {"room/__init__.py", bytecode, *described}


def test_a_service_is_described_by_what_is_called_and_what_that_uses_without_words(archive: Path) -> None:
    build._slim(archive)
    with zipfile.ZipFile(archive) as packed:
        service = json.loads(packed.read("botocore/data/sqs/2012-11-05/service-2.json"))
        endpoints = json.loads(packed.read("botocore/data/endpoints.json"))
    assert service == {
        "metadata": {"protocol": "json"},
        "clientContextParams": {"Express": {"type": "boolean", "documentation": "words that botocore reads"}},
        "operations": {"SendMessageBatch": {"input": {"shape": "Batch"}}},
        "shapes": {
            "Batch": {"type": "structure", "members": {"entries": {"shape": "Entries"}}},
            "Entries": {"type": "list", "member": {"shape": "Entry"}},
            "Entry": {"type": "structure", "members": {"documentation": {"shape": "Text"}, "in": {"shape": "Entry"}}},
            "Text": {"type": "string"},
        },
        "documentation": "",
    }
    assert endpoints == {"version": 3, "partitions": [{"partition": "aws", "services": {"sqs": {"a": 1}}}]}


def test_every_method_that_the_adapters_call_of_a_client_is_packed() -> None:
    """Those of a client that is held, given or asked for; ``botocore.xform_name`` makes them of the operations."""
    called = set()
    for path in sorted((ROOT / "chalicelib/adapters").rglob("*.py")):
        called |= set(re.findall(r"\b(?:_?client|_s3|_invoke\(\))\.([a-z_]+)\b", path.read_text("utf-8")))
    packed = {xform_name(operation) for operations in CALLED.values() for operation in operations}
    signed = {"generate_presigned_url": set[str](), "generate_presigned_post": {"create_bucket"}}
    assert signed.keys() <= called
    assert (called - signed.keys()).union(*signed.values()) == packed


KEY = {"PK": {"S": "EVENT#symposium"}, "SK": {"S": "META"}}
FILE = {"Bucket": "convoke-files", "Key": "symposium/agenda.pdf"}
CALLS: dict[str, dict[str, dict[str, Any]]] = {
    "dynamodb": {
        "BatchGetItem": {"RequestItems": {"convoke": {"Keys": [KEY]}}},
        "BatchWriteItem": {"RequestItems": {"convoke": [{"PutRequest": {"Item": KEY}}]}},
        "DeleteItem": {"TableName": "convoke", "Key": KEY},
        "GetItem": {"TableName": "convoke", "Key": KEY, "ConsistentRead": True},
        "PutItem": {"TableName": "convoke", "Item": KEY, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"},
        "Query": {"TableName": "convoke", "KeyConditionExpression": "#pk = :pk", "IndexName": "GSI1"},
        "TransactWriteItems": {"TransactItems": [{"Put": {"TableName": "convoke", "Item": KEY}}],
                               "ClientRequestToken": "one"},
        "UpdateItem": {"TableName": "convoke", "Key": KEY, "UpdateExpression": "SET #a = :a"},
    },
    "lambda": {"Invoke": {"FunctionName": "typeset", "Payload": b"{}"}},
    "s3": {
        "CopyObject": {**FILE, "CopySource": FILE, "CopySourceIfMatch": '"one"', "MetadataDirective": "REPLACE"},
        "CreateBucket": {"Bucket": "convoke-files"},
        "DeleteObject": FILE,
        "GetObject": {**FILE, "IfNoneMatch": '"one"'},
        "HeadObject": FILE,
        "PutObject": {**FILE, "Body": b"%PDF", "ContentType": "application/pdf"},
    },
    "secretsmanager": {"GetSecretValue": {"SecretId": "link-keys"}},
    "sesv2": {"GetAccount": {}, "SendEmail": {"Content": {"Raw": {"Data": b"From: a"}}}},
    "sqs": {
        "GetQueueAttributes": {"QueueUrl": "https://sqs/1/deliver", "AttributeNames": ["All"]},
        "SendMessageBatch": {"QueueUrl": "https://sqs/1/deliver", "Entries": [{"Id": "1", "MessageBody": "{}"}]},
    },
}  # fmt: skip


@pytest.mark.parametrize("region", ["eu-central-1", "us-east-1", "us-gov-west-1", "cn-north-1"])
def test_clients_of_the_packed_descriptions_ask_what_all_of_botocore_would(tmp_path: Path, region: str) -> None:
    whole = Path(botocore.__file__).parent / "data"
    for name in ("endpoints.json", "partitions.json", "sdk-default-configuration.json", "_retry.json"):
        shutil.copy(whole / name, tmp_path)
    for service in CALLED:
        shutil.copytree(whole / service, tmp_path / service)
    trim(tmp_path)
    for service, operations in CALLED.items():
        ours, theirs = (asked(service, region, data, CALLS[service]) for data in (tmp_path, whole))
        assert ours == theirs
        assert ours.keys() == operations


def asked(service: str, region: str, data: Path, calls: dict[str, dict[str, Any]]) -> dict[str, tuple[Any, ...]]:
    """The request of each call, as it would go out: method, address, body, and the type of it."""
    session = botocore.session.Session()
    loader = Loader(extra_search_paths=[str(data)], include_default_search_paths=False)
    session.register_component("data_loader", loader)
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    client, said = session.create_client(service, region_name=region, **keys), dict[str, tuple[Any, ...]]()

    def answer(request: AWSPreparedRequest, event_name: str, **_: Any) -> AWSResponse:
        sent = request.body.read() if hasattr(request.body, "read") else request.body
        said[event_name.rpartition(".")[2]] = request.method, request.url, sent, request.headers.get("Content-Type")
        s3 = b"<CopyObjectResult/>" if "x-amz-copy-source" in request.headers else b""  # nothing would be a failure
        return AWSResponse(request.url, 200, {}, Answer(s3 if service == "s3" else b"{}"))

    client.meta.events.register("before-send", answer)
    for operation, parameters in calls.items():
        getattr(client, xform_name(operation))(**parameters)
    return said


class Answer(BytesIO):
    """A body as urllib3 gives it."""

    def stream(self, **_: Any) -> list[bytes]:
        return [self.read()]



def test_python_takes_the_bytecode_without_a_look_at_the_source(archive: Path, tmp_path: Path) -> None:
    build._slim(archive)
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(tmp_path / "task")
    (tmp_path / "task/room/__init__.py").write_text("raise SystemExit('compiled anew')")
    subprocess.run([sys.executable, "-c", "import room; assert room.NAMES"], cwd=tmp_path / "task", check=True)


def test_the_same_sources_give_the_same_bytes_wherever_they_were_unpacked(archive: Path) -> None:
    before = archive.read_bytes()
    build._slim(archive)
    first = archive.read_bytes()
    archive.write_bytes(before)
    build._slim(archive)
    assert archive.read_bytes() == first
    assert str(archive.parent).encode() not in first


def test_a_module_that_does_not_compile_stops_the_build(archive: Path) -> None:
    with zipfile.ZipFile(archive, "a") as packed:
        packed.writestr("broken.py", "def (")
    with pytest.raises(subprocess.CalledProcessError):
        build._slim(archive)


def test_a_swap_happens_before_the_bytecode_is_made(archive: Path) -> None:
    build._slim(archive, lambda tree: (tree / "swapped.py").write_text("X = 1\n") and None)
    assert importlib.util.cache_from_source("swapped.py") in names(archive)


def test_only_a_python_that_lambda_offers_may_pack() -> None:
    require_python((3, 11))
    for version in ((3, 9), (3, 15)):
        with pytest.raises(SystemExit, match=rf"no Python 3\.{version[1]}.*3\.11, 3\.12, 3\.13, 3\.14"):
            require_python(version)


class _Template(yaml.SafeLoader):
    """Reads CloudFormation's short forms as ``{tag: value}``."""


def _short_form(loader: Any, tag: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        return {tag: loader.construct_scalar(node)}
    return {tag: loader.construct_sequence(node, deep=True)}


_Template.add_multi_constructor("!", _short_form)


@pytest.fixture
def resources() -> dict[str, Any]:
    whole: dict[str, Any] = yaml.load((ROOT / "infra/resources.yaml").read_text(), _Template)
    return whole["Resources"]


def test_whoever_is_told_of_alarms_hears_of_every_function_that_works_unseen(resources: dict[str, Any]) -> None:
    alarms = [one["Properties"] for one in resources.values() if one.get("Type") == "AWS::CloudWatch::Alarm"]
    assert all(alarm["AlarmActions"] == [{"Ref": "Alarms"}] for alarm in alarms)
    failing = [alarm["Dimensions"][0]["Value"]["Ref"] for alarm in alarms if alarm["MetricName"] == "Errors"]
    assert sorted(failing) == ["Clock", "Deliver", "DeliverNow", "Desk", "InboundMail", "SesEvents"]


def test_no_mail_is_received_unless_a_domain_is_named_and_then_by_one_rule_alone(resources: dict[str, Any]) -> None:
    named = {name for name, one in resources.items() if one.get("Condition") == "MailIsReceived"}
    assert named == {"InboundRules", "InboundRule", "InboundBucketPolicy"}
    rule, rules = resources["InboundRule"]["Properties"]["Rule"], resources["InboundRules"]["Properties"]
    [statement] = resources["InboundBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    told = statement["Condition"]["StringEquals"]
    assert told["aws:SourceArn"]["Sub"].endswith(
        f":receipt-rule-set/{rules['RuleSetName']['Sub']}:receipt-rule/{rule['Name']}"
    )
    assert told["aws:SourceAccount"] == {"Ref": "AWS::AccountId"}
    [action] = rule["Actions"]
    assert statement["Resource"]["Sub"] == f"${{Bucket.Arn}}/{action['S3Action']['ObjectKeyPrefix']}*"
    assert (rule["ScanEnabled"], statement["Action"]) == (True, "s3:PutObject")


def test_each_queue_has_dead_letters_of_its_own_and_somebody_hears_of_them(resources: dict[str, Any]) -> None:
    alarms = [one["Properties"] for one in resources.values() if one.get("Type") == "AWS::CloudWatch::Alarm"]
    watched = {one["Dimensions"][0]["Value"]["GetAtt"] for one in alarms if one["Namespace"] == "AWS/SQS"}
    queues = [one["Properties"] for one in resources.values() if one.get("Type") == "AWS::SQS::Queue"]
    sources = [one["RedrivePolicy"]["deadLetterTargetArn"]["GetAtt"] for one in queues if "RedrivePolicy" in one]
    assert watched == {arn.replace(".Arn", ".QueueName") for arn in sources}
    assert len(set(sources)) == len(sources)


def test_a_queue_hides_a_message_six_times_as_long_as_its_function_may_take(resources: dict[str, Any]) -> None:
    functions = json.loads((ROOT / ".chalice/config.json").read_text())["stages"]["prod"]["lambda_functions"]
    for function in ("deliver", "deliver_now", "desk", "ses_events", "inbound_mail"):
        [source] = resources[function.title().replace("_", "")]["Properties"]["Events"].values()
        queue = resources[source["Properties"]["Queue"]["GetAtt"].removesuffix(".Arn")]["Properties"]
        assert queue["VisibilityTimeout"] >= 6 * functions[function]["lambda_timeout"]
        assert source["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


RETAINED = ["Table", "Bucket", "PrivateBucket", "LinkKeys", "AddressKey", "Organisers"]


def test_what_is_kept_when_a_stack_goes_does_not_stay_behind_a_creation_that_failed(resources: dict[str, Any]) -> None:
    kept = {name: one["DeletionPolicy"] for name, one in resources.items() if "DeletionPolicy" in one}
    assert kept == dict.fromkeys(RETAINED, "RetainExceptOnCreate")


def test_logs_are_not_kept_for_ever() -> None:
    assert json.loads((ROOT / ".chalice/config.json").read_text())["log_retention_in_days"] == 90
