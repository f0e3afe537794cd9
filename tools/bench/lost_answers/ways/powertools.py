"""The call decorated with Powertools' idempotency, its records in DynamoDB; nothing is retried but by the queue."""

import os

import boto3
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.typing import LambdaContext

from tools.bench.lost_answers.order import Order, Visit, carry_out
from tools.bench.lost_answers.ways import plain

TABLE_SETTING = "IDEMPOTENCY_TABLE"
FUNCTION_SECONDS = 2.0


class _Context(LambdaContext):
    """The invocation's end is what the library calls a call in progress lost by."""

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return int(FUNCTION_SECONDS * 1000)


def do(order: Order, visit: Visit) -> None:
    config = IdempotencyConfig(expires_after_seconds=3600)
    config.register_lambda_context(_Context())
    store = DynamoDBPersistenceLayer(os.environ[TABLE_SETTING], key_attr="id", boto3_session=boto3.Session())

    def booked(booking: dict[str, str | int]) -> str:
        return plain.book(order, visit, plain.session(order, 0))

    once = idempotent_function(booked, data_keyword_argument="booking", persistence_store=store, config=config)
    once(booking={**visit.open_dental_body, "order": order.name})


if __name__ == "__main__":
    carry_out(do)
