"""The tables of the stack in moto, made from the PynamoDB models that a structure test holds equal to the template."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import pytest
from moto import mock_aws

from openchair.settings import settings
from openchair.store import aws
from openchair.store.tables import CircuitItem, ClaimItem, IdempotencyItem, LineItem, PracticeItem, TaskItem

MODELS = (PracticeItem, TaskItem, ClaimItem, CircuitItem)
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_REGION": "us-east-1",
    "PRACTICES_TABLE": "practices",
    "TASKS_TABLE": "tasks",
    "CLAIMS_TABLE": "claims",
    "LIMITS_TABLE": "limits",
    "TOKEN_KEY_ARN": "alias/openchair",
}


def forget_clients() -> None:
    for cached in (settings, aws._session, aws.sqs, aws.secrets_manager, aws.kms):
        cached.cache_clear()
    for model in MODELS:
        model._connection = None


@contextmanager
def moto_tables() -> Iterator[None]:
    """Made once for many tests, since making AWS clients is what takes the time; `empty_tables` between them."""
    with pytest.MonkeyPatch.context() as environment:
        for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
            environment.delenv(name, raising=False)
        for name, value in ENVIRONMENT.items():
            environment.setenv(name, value)
        forget_clients()
        with mock_aws():
            for model in MODELS:
                model.create_table(billing_mode="PAY_PER_REQUEST", wait=True)
            yield
        forget_clients()


def empty_tables() -> None:
    for model in MODELS:
        with model.batch_write() as batch:
            for item in model.scan():
                batch.delete(item)


def sweep_tables(now: datetime) -> None:
    """What TTL does some day after."""
    for model in (ClaimItem, IdempotencyItem, LineItem):
        for item in list(model.scan(model.expires_at <= int(now.timestamp()))):
            item.delete()
