"""Put a built package onto AWS, or onto anything that speaks its API: upload what the template points at, then deploy.

``python -m infra.deploy --stack convoke --base-url https://events.example.org`` uses the credentials of the
environment. Without ``--base-url`` it uses the API's own address, which is known after the first deployment only, so
the first time it deploys twice.
"""

import argparse
import hashlib
import time
from pathlib import Path
from typing import Any

import boto3
import yaml
from botocore.exceptions import ClientError

from infra.build import OUT

PLACEHOLDER = "https://not-yet.invalid"


class DeployFailed(RuntimeError):
    """The stack did not get there; carries the reasons that CloudFormation gave, one a line."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stack", default="convoke")
    parser.add_argument("--base-url", help="the address people see; default: the API's own")
    options = parser.parse_args()
    session = boto3.Session()
    outputs = deploy(session, options.stack, {"BaseUrl": options.base_url or PLACEHOLDER})
    if not options.base_url:
        outputs = deploy(session, options.stack, {"BaseUrl": outputs["EndpointURL"].rstrip("/")})
    for name, value in sorted(outputs.items()):
        print(f"{name:20} {value}")


def deploy(session: Any, stack: str, parameters: dict[str, str], package: Path = OUT, **client: Any) -> dict[str, str]:
    """Create or update ``stack`` and wait for it; returns the stack's outputs. Raises DeployFailed with the reasons."""
    cloudformation = session.client("cloudformation", **client)
    location = _upload(session, package, **client)
    arguments = {
        "StackName": stack,
        "TemplateURL": location,
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
    }
    try:
        _change(cloudformation, stack, arguments)
    except ClientError as error:
        if "No updates are to be performed" not in str(error):
            raise
    return _settle(cloudformation, stack)


def _change(cloudformation: Any, stack: str, arguments: dict[str, Any]) -> None:
    try:
        cloudformation.describe_stacks(StackName=stack)
    except ClientError:
        cloudformation.create_stack(**arguments)
    else:
        cloudformation.update_stack(**arguments)


def _settle(cloudformation: Any, stack: str, seconds: float = 1800) -> dict[str, str]:
    """Wait until the stack rests; returns its outputs."""
    deadline, pause = time.monotonic() + seconds, 0.1
    while True:
        described = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
        status = described["StackStatus"]
        if status in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            return {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}
        if not status.endswith("IN_PROGRESS") or time.monotonic() > deadline:
            events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
            reasons = [
                f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', '')}"
                for event in events
                if event["ResourceStatus"].endswith("FAILED")
            ]
            raise DeployFailed("\n".join([f"{stack} is {status}", *reasons]))
        time.sleep(pause)
        pause = min(pause * 1.5, 5)


def _upload(session: Any, package: Path, **client: Any) -> str:
    """Upload the zips and the template under their own hashes; returns the template's URL."""
    s3 = session.client("s3", **client)
    account = session.client("sts", **client).get_caller_identity()["Account"]
    bucket = f"convoke-artifacts-{account}-{session.region_name}"
    try:
        s3.head_bucket(Bucket=bucket)
    except ClientError:
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": session.region_name})
    template = yaml.safe_load((package / "sam.yaml").read_text())
    for resource in template["Resources"].values():
        for key in ("CodeUri", "ContentUri"):
            local = resource.get("Properties", {}).get(key)
            if isinstance(local, str) and not local.startswith("s3://"):
                resource["Properties"][key] = f"s3://{bucket}/{_put(s3, bucket, (package / local).read_bytes())}"
    key = _put(s3, bucket, yaml.safe_dump(template, allow_unicode=True).encode())
    return f"{s3.meta.endpoint_url}/{bucket}/{key}"


def _put(s3: Any, bucket: str, content: bytes) -> str:
    key = hashlib.sha256(content).hexdigest()
    try:
        s3.head_object(Bucket=bucket, Key=key)
    except ClientError:
        s3.put_object(Bucket=bucket, Key=key, Body=content)
    return key


if __name__ == "__main__":
    main()
