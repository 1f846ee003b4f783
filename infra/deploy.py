"""Put a built package onto AWS, or onto anything that speaks its API: upload what the template points at, then deploy.

``python -m infra.deploy --stack convoke --base-url https://events.example.org`` uses the credentials of the
environment. Without ``--base-url`` it uses the API's own address, which is known after the first deployment only, so
the first time it deploys twice.
"""

import argparse
import hashlib
import json
import sys
import time
from pathlib import Path
from typing import Any

import boto3
import yaml
from botocore.exceptions import BotoCoreError, ClientError

from infra.build import OUT

PLACEHOLDER = "https://not-yet.invalid"


class DeployFailed(RuntimeError):
    """The stack did not get there; carries the reasons that CloudFormation gave, one a line."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stack", default="convoke")
    parser.add_argument("--base-url", help="the address people see; default: what the stack has, else the API's own")
    parser.add_argument("--alarm-email", help="who is told when something is stuck")
    parser.add_argument("--inbound-domain", help="the domain whose mail SES receives, for the answers of calendars")
    options = parser.parse_args()
    wanted = {
        "BaseUrl": options.base_url,
        "AlarmEmail": options.alarm_email,
        "InboundDomain": options.inbound_domain,
    }
    try:
        outputs = publish(boto3.Session(), options.stack, {name: value for name, value in wanted.items() if value})
    except (BotoCoreError, ClientError, DeployFailed) as error:
        sys.exit(f"Not deployed: {error}")
    for name, value in sorted(outputs.items()):
        print(f"{name:20} {value}")


def publish(session: Any, stack: str, parameters: dict[str, str], package: Path = OUT) -> dict[str, str]:
    """Deploy for real people: a living stack keeps its address; a new one without an address gets the API's own."""
    standing = _standing(session.client("cloudformation"), stack)
    address = {one["ParameterKey"]: one["ParameterValue"] for one in (standing or {}).get("Parameters", [])}.get(
        "BaseUrl"
    )
    if "BaseUrl" in parameters or address not in (None, PLACEHOLDER):
        return deploy(session, stack, parameters, package)
    outputs = deploy(session, stack, {**parameters, "BaseUrl": PLACEHOLDER}, package)
    return deploy(session, stack, {**parameters, "BaseUrl": outputs["EndpointURL"].rstrip("/")}, package)


def deploy(session: Any, stack: str, parameters: dict[str, str], package: Path = OUT, **client: Any) -> dict[str, str]:
    """Create or update ``stack`` and wait for it; returns the stack's outputs. Raises DeployFailed with the reasons.

    Parameters that are not given keep the value that the stack has.
    """
    cloudformation = session.client("cloudformation", **client)
    arguments = {
        "StackName": stack,
        "TemplateURL": _upload(session, package, **client),
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
    }
    standing = _standing(cloudformation, stack)
    if standing is None:
        cloudformation.create_stack(**arguments)
        return _settle(cloudformation, stack)
    kept = [one["ParameterKey"] for one in standing.get("Parameters", []) if one["ParameterKey"] not in parameters]
    arguments["Parameters"] += [{"ParameterKey": key, "UsePreviousValue": True} for key in kept]
    try:
        cloudformation.update_stack(**arguments)
    except ClientError as error:
        if "No updates are to be performed" not in str(error):
            raise
    return _settle(cloudformation, stack)


def _standing(cloudformation: Any, stack: str) -> dict[str, Any] | None:
    """The stack as it is; None when there is none. One whose creation failed is removed: it cannot be updated."""
    try:
        described: dict[str, Any] = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError as error:
        if "does not exist" not in str(error):
            raise
        return None
    if described["StackStatus"] == "ROLLBACK_COMPLETE":
        cloudformation.delete_stack(StackName=stack)
        cloudformation.get_waiter("stack_delete_complete").wait(StackName=stack)
        return None
    return described


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
    """Upload the zips and the template under their own hashes; returns the template's URL.

    The template goes as JSON: CloudFormation refuses the aliases that YAML is dumped with.
    """
    s3 = session.client("s3", **client)
    bucket = _bucket(s3, session.client("sts", **client).get_caller_identity()["Account"], session.region_name)
    template = yaml.safe_load((package / "sam.yaml").read_text())
    for resource in template["Resources"].values():
        for key in ("CodeUri", "ContentUri"):
            local = resource.get("Properties", {}).get(key)
            if isinstance(local, str) and not local.startswith("s3://"):
                stored = _put(s3, bucket, (package / local).read_bytes())
                resource["Properties"][key] = f"s3://{bucket['Bucket']}/{stored}"
    return f"{s3.meta.endpoint_url}/{bucket['Bucket']}/{_put(s3, bucket, json.dumps(template).encode())}"


def _bucket(s3: Any, account: str, region: str) -> dict[str, str]:
    """Our bucket for packages, made on first use, as arguments for S3: every call insists that it is ours."""
    bucket = {"Bucket": f"convoke-artifacts-{account}-{region}", "ExpectedBucketOwner": account}
    try:
        s3.head_bucket(**bucket)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("404", "NoSuchBucket"):
            raise
        place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        s3.create_bucket(Bucket=bucket["Bucket"], **place)
        names = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
        s3.put_public_access_block(**bucket, PublicAccessBlockConfiguration=dict.fromkeys(names, True))
    return bucket


def _put(s3: Any, bucket: dict[str, str], content: bytes) -> str:
    key = hashlib.sha256(content).hexdigest()
    try:
        s3.head_object(**bucket, Key=key)
    except ClientError:
        s3.put_object(**bucket, Key=key, Body=content)
    return key


if __name__ == "__main__":
    main()
