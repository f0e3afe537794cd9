"""AWS clients, each made when first asked. Endpoint, region and credentials come from the SDK's ordinary settings."""

from functools import cache
from typing import TYPE_CHECKING, Any, Protocol, cast

import botocore.session
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient

# Who waits for a bus keeps the queue waiting, and an event can be told later.
_EVENTS_CONFIG = Config(connect_timeout=2, read_timeout=4, retries={"mode": "standard", "total_max_attempts": 2})
_CONFIG = Config(connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 3})


class EventsClient(Protocol):
    """What we use of EventBridge."""

    def put_events(self, *, Entries: list[dict[str, str]]) -> dict[str, Any]: ...


@cache
def _session() -> botocore.session.Session:
    return botocore.session.get_session()


@cache
def sqs() -> "SQSClient":
    return cast("SQSClient", _session().create_client("sqs", config=_CONFIG))


@cache
def events() -> EventsClient:
    return cast(EventsClient, _session().create_client("events", config=_EVENTS_CONFIG))


@cache
def kms() -> "KMSClient":
    return cast("KMSClient", _session().create_client("kms", config=_CONFIG))


@cache
def secrets_manager() -> "SecretsManagerClient":
    return cast("SecretsManagerClient", _session().create_client("secretsmanager", config=_CONFIG))
