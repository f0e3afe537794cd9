"""What the environment tells a function, read once when first asked. Nothing else reads the environment."""

import os
from functools import cache

from pydantic import BaseModel, ConfigDict

from openchair.errors import SettingMissing


class Settings(BaseModel):
    """Each function is given only what it needs; asking for an absent one raises SettingMissing."""

    model_config = ConfigDict(frozen=True)

    practices_table: str | None = None
    tasks_table: str | None = None
    claims_table: str | None = None
    limits_table: str | None = None
    task_queue_url: str | None = None
    task_events_bus: str | None = None
    hash_key_secret: str | None = None
    token_key_arn: str | None = None
    opendental_api_base_url: str = "https://api.opendental.com/api/v1"
    nexhealth_api_base_url: str = "https://nexhealth.info"
    process_tasks_timeout_seconds: int = 180
    metrics_namespace: str = "OpenChair"
    log_level: str = "INFO"

    def required(self, name: str) -> str:
        value = getattr(self, name)
        if not value:
            raise SettingMissing(f"The setting {name.upper()} is missing.")
        return str(value)

    @property
    def open_dental_base_url(self) -> str:
        return self.opendental_api_base_url.rstrip("/")

    @property
    def nexhealth_base_url(self) -> str:
        return self.nexhealth_api_base_url.rstrip("/")


@cache
def settings() -> Settings:
    return Settings.model_validate(
        {name: os.environ[name.upper()] for name in Settings.model_fields if os.environ.get(name.upper())}
    )
