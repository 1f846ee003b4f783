"""What the package is made of: bytecode that is used, the same bytes each time, alarms that reach somebody."""

import importlib.util
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra import build
from infra.build import ROOT, require_python


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A zip as Chalice leaves it: one module, one service that is called and one that is not."""
    monkeypatch.setattr(build, "BUILD", tmp_path)
    path = tmp_path / "deployment.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("room/__init__.py", "NAMES = frozenset({'a', 'b', 'c'})\n\n\ndef fail():\n    raise KeyError\n")
        packed.writestr("botocore/data/sqs/service-2.json", "{}")
        packed.writestr("botocore/data/ec2/service-2.json", "{}")
    return path


def names(archive: Path) -> set[str]:
    with zipfile.ZipFile(archive) as packed:
        return set(packed.namelist())


def test_the_package_has_the_bytecode_of_its_modules_and_only_services_that_are_called(archive: Path) -> None:
    build._slim(archive)
    bytecode = importlib.util.cache_from_source("room/__init__.py")
    assert names(archive) == {"room/__init__.py", bytecode, "botocore/data/sqs/service-2.json"}


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
    assert sorted(failing) == ["Clock", "Deliver", "DeliverNow", "Desk", "SesEvents"]


def test_each_queue_has_dead_letters_of_its_own_and_somebody_hears_of_them(resources: dict[str, Any]) -> None:
    alarms = [one["Properties"] for one in resources.values() if one.get("Type") == "AWS::CloudWatch::Alarm"]
    watched = {one["Dimensions"][0]["Value"]["GetAtt"] for one in alarms if one["Namespace"] == "AWS/SQS"}
    queues = [one["Properties"] for one in resources.values() if one.get("Type") == "AWS::SQS::Queue"]
    sources = [one["RedrivePolicy"]["deadLetterTargetArn"]["GetAtt"] for one in queues if "RedrivePolicy" in one]
    assert watched == {arn.replace(".Arn", ".QueueName") for arn in sources}
    assert len(set(sources)) == len(sources)


def test_a_queue_hides_a_message_six_times_as_long_as_its_function_may_take(resources: dict[str, Any]) -> None:
    functions = json.loads((ROOT / ".chalice/config.json").read_text())["stages"]["prod"]["lambda_functions"]
    for function in ("deliver", "deliver_now", "desk", "ses_events"):
        [source] = resources[function.title().replace("_", "")]["Properties"]["Events"].values()
        queue = resources[source["Properties"]["Queue"]["GetAtt"].removesuffix(".Arn")]["Properties"]
        assert queue["VisibilityTimeout"] >= 6 * functions[function]["lambda_timeout"]
        assert source["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_what_is_kept_when_a_stack_goes_does_not_stay_behind_a_creation_that_failed(resources: dict[str, Any]) -> None:
    kept = {name: one["DeletionPolicy"] for name, one in resources.items() if "DeletionPolicy" in one}
    assert kept == dict.fromkeys(["Table", "Bucket", "LinkKeys", "AddressKey", "Organisers"], "RetainExceptOnCreate")


def test_logs_are_not_kept_for_ever() -> None:
    assert json.loads((ROOT / ".chalice/config.json").read_text())["log_retention_in_days"] == 90
