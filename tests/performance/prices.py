"""What AWS asks, in US dollars, for US East (N. Virginia), without free tiers. Looked up in November 2026.

AWS's own pages give prices by script, so they could not be read directly; each figure stands in the named description
of them. Frankfurt asks more for some (DynamoDB about a fifth); the console of the account's region has the last word.
"""

from collections.abc import Mapping

MILLION = 1e6

PRICES: dict[str, tuple[float, str]] = {
    "write unit": (0.625 / MILLION, "DynamoDB on demand since November 2024; airbyte.com/…/dynamodb-pricing, 2025-07"),
    "read unit": (0.125 / MILLION, "the same"),
    "SQS request": (0.40 / MILLION, "standard queue, first 100 billion; cloudburn.io/blog/amazon-sqs-pricing, 2026-03"),
    "Firehose 5 KB": (0.029 * 5 / 1024**2, "0.029 a GB, each record rounded up to 5 KB, first 500 TB; "
                      "aws.amazon.com/kinesis/data-firehose/pricing (the steps), several cost tables (the price)"),
    "S3 PUT": (0.005 / 1000, "standard; c3x.dev/blog/s3-request-fees-explained"),
    "S3 GET": (0.0004 / 1000, "standard; c3x.dev/blog/s3-request-fees-explained"),
    "S3 GB-month": (0.023, "standard, first 50 TB; the same cost tables as for Firehose"),
    "secret read": (0.05 / 10_000, "hivebook.wiki/wiki/aws-secrets-manager-…"),
    "Lambda request": (0.20 / MILLION, "git.mcrn.ar/…/lambda-13-cost.md, 2026-05"),
    "GB-second x86_64": (0.0000166667, "the same"),
    "GB-second arm64": (0.0000133334, "the same"),
    "log KB": (0.50 / MILLION, "CloudWatch Logs, 0.50 a GB for the first 10 TB; duckbillgroup.com/?p=9080, 2025-05"),
}
"""Price of one, and where it stands."""


def cost(used: Mapping[str, float]) -> float:
    """US dollars for so many of each."""
    return sum(PRICES[what][0] * count for what, count in used.items())
