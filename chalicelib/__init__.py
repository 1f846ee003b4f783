"""Convoke, floor by floor. A room imports only from the floors below its own.

    handlers   4th  Chalice blueprints: parse, call one use case, shape the reply
    usecases   3rd  one verb a file: plain functions; adapters and ``now`` come in as arguments
    adapters   2nd  one outside thing a file: the table, SES, SQS, S3, Jinja2, iCalendar, typesetting, links
    domain     1st  pydantic models and pure rules; the standard library and pydantic only

``settings`` is read once from the environment, on first use; ``wiring`` builds the adapters once per Lambda container
and is imported by handlers alone. ``import-linter`` holds all of this in ``make check``.
"""

import gc
import zoneinfo
from pathlib import Path

import tzdata  # type: ignore[import-untyped]

gc.set_threshold(150_000)
"""Imports and a first request make a hundred thousand objects, and nearly all of them stay. Python looks for those that
nobody needs after every 700, which takes a tenth of a cold start; here it looks after a hundred and fifty thousand.
"""

zoneinfo.reset_tzpath([Path(tzdata.__file__).parent / "zoneinfo"])
"""Time zones are those of the package, pinned in ``requirements.txt``, and not what the machine happens to have: when a
country changes its clocks, that is a release of ours, on every Lambda and laptop at once.
"""
