"""What the environment tells the functions, read once, on first use."""

import os
from functools import cache

from pydantic import BaseModel


class Settings(BaseModel):
    """The names that the template gives (``infra/resources.yaml``, Globals); ``typesetter`` to those that want PDFs."""

    table: str
    bucket: str
    private_bucket: str
    queue: str
    urgent_queue: str
    jobs_queue: str
    link_keys: str
    address_key: str
    base_url: str
    configuration_set: str
    typesetter: str = ""


@cache
def settings() -> Settings:
    """Raises pydantic's ValidationError naming each variable that is missing."""
    return Settings.model_validate(
        {name: os.environ[name.upper()] for name in Settings.model_fields if name.upper() in os.environ}
    )
