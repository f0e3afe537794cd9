"""Each function may do what its row in design section 3 grants, and is refused everything else by IAM itself."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.e2e.world import World
from tests.structure.template import folder_name, functions

READ = frozenset({"GetItem", "Query"})
WRITE = READ | {"PutItem", "UpdateItem"}
LIMITS = frozenset({"GetItem", "PutItem", "UpdateItem"})
TOKENS = frozenset({"Encrypt", "Decrypt"})
SECRET = frozenset({"GetSecretValue"})

# Design section 3, row by row. An EHR key is a secret named practice-*.
GRANTS: Mapping[str, Mapping[str, frozenset[str]]] = {
    "find_slots": {"Practices": READ, "Claims": READ, "Limits": LIMITS, "EHR key": SECRET, "token key": TOKENS},
    "read_patients": {"Practices": READ, "Limits": LIMITS, "EHR key": SECRET, "token key": TOKENS},
    # HashKey is no row of its own: the keyed hashes of idempotency keys and lines are made here.
    "submit_tasks": {
        "Practices": READ,
        "Tasks": WRITE,
        "Claims": WRITE,
        "task queue": frozenset({"SendMessage"}),
        "HashKey": SECRET,
    },
    "process_tasks": {
        "Practices": READ,
        "Tasks": WRITE,
        "Claims": WRITE,
        "Limits": LIMITS,
        "task queue": frozenset({"ReceiveMessage", "DeleteMessage"}),
        "EHR key": SECRET,
        "token key": TOKENS,
        "task events": frozenset({"PutEvents"}),
    },
    "wake_tasks": {
        "Tasks": frozenset({"UpdateItem"}),
        "due index": frozenset({"Query"}),
        "task queue": frozenset({"SendMessage"}),
    },
    "check_health": {"Practices": READ, "Limits": LIMITS, "EHR key": SECRET, "token key": TOKENS},
}

DENIED = {"AccessDenied", "AccessDeniedException"}
# What a call that IAM lets through is answered here: each is made so that it changes nothing.
HARMLESS = {
    "ConditionalCheckFailedException",
    "MissingParameter",
    "InvalidParameterValue",
    "ReceiptHandleIsInvalid",
}
NOTHING = {"pk": {"S": "NOTHING"}, "sk": {"S": "NOTHING"}}
SERVICES = ("dynamodb", "sqs", "secretsmanager", "kms", "lambda", "events")
TOKEN_CONTEXT = {"ehr_account_id": "none"}
ONLY_IF_THERE = "attribute_exists(pk)"

Call = Callable[[Any], Any]
# (what is touched, what is done to it) -> (service, call)
Calls = Mapping[tuple[str, str], tuple[str, Call]]


def every_call(world: World) -> Calls:
    told = world.description
    calls: dict[tuple[str, str], tuple[str, Call]] = {}
    tables = {
        "Practices": told.practices_table,
        "Tasks": told.tasks_table,
        "Claims": told.claims_table,
        "Limits": told.limits_table,
    }
    for name, table in tables.items():
        for action, call in _table_calls(table).items():
            calls[name, action] = ("dynamodb", call)
    calls["due index", "Query"] = ("dynamodb", _due_query(told.tasks_table))
    calls["due index", "Scan"] = ("dynamodb", lambda db: db.scan(TableName=told.tasks_table, IndexName="due", Limit=1))
    for name, queue in {"task queue": told.task_queue_url, "dead letters": told.dead_letters_url}.items():
        for action, call in _queue_calls(queue).items():
            calls[name, action] = ("sqs", call)
    secrets = {
        "EHR key": "practice-p1-opendental-api-key",
        "HashKey": told.hash_key_secret,
        "a secret of somebody else": "somebody-elses",
    }
    for name, secret in secrets.items():
        for action, call in _secret_calls(secret).items():
            calls[name, action] = ("secretsmanager", call)
    # Outside its services the key opens nothing, and no function calls another.
    calls["key", "Encrypt"] = ("kms", lambda kms: kms.encrypt(KeyId=told.key_arn, Plaintext=b"x"))
    encrypted = _encrypted_token(world)
    calls["token key", "Encrypt"] = (
        "kms",
        lambda kms: kms.encrypt(KeyId=told.token_key_arn, Plaintext=b"x", EncryptionContext=TOKEN_CONTEXT),
    )
    calls["token key", "Decrypt"] = (
        "kms",
        lambda kms: kms.decrypt(CiphertextBlob=encrypted, EncryptionContext=TOKEN_CONTEXT),
    )
    entry = {"EventBusName": told.task_events_bus, "Source": "openchair", "DetailType": "Nothing", "Detail": "{}"}
    calls["task events", "PutEvents"] = ("events", lambda events: events.put_events(Entries=[entry]))
    calls["wake_tasks", "Invoke"] = ("lambda", lambda aws: aws.invoke(FunctionName=told.functions["wake_tasks"]))
    return calls


def _encrypted_token(world: World) -> bytes:
    kms = world.client("kms")
    found = kms.encrypt(KeyId=world.description.token_key_arn, Plaintext=b"x", EncryptionContext=TOKEN_CONTEXT)
    blob: bytes = found["CiphertextBlob"]
    return blob


def _table_calls(table: str) -> dict[str, Call]:
    where = "pk = :pk"
    values = {":pk": {"S": "NOTHING"}}
    return {
        "GetItem": lambda db: db.get_item(TableName=table, Key=NOTHING),
        "Query": lambda db: db.query(
            TableName=table, KeyConditionExpression=where, ExpressionAttributeValues=values, Limit=1
        ),
        "PutItem": lambda db: db.put_item(TableName=table, Item=NOTHING, ConditionExpression=ONLY_IF_THERE),
        "UpdateItem": lambda db: db.update_item(
            TableName=table,
            Key=NOTHING,
            UpdateExpression="SET nothing = :pk",
            ExpressionAttributeValues=values,
            ConditionExpression=ONLY_IF_THERE,
        ),
        "DeleteItem": lambda db: db.delete_item(TableName=table, Key=NOTHING, ConditionExpression=ONLY_IF_THERE),
        "Scan": lambda db: db.scan(TableName=table, Limit=1),
        "BatchWriteItem": lambda db: db.batch_write_item(RequestItems={table: [{"DeleteRequest": {"Key": NOTHING}}]}),
    }


def _due_query(table: str) -> Call:
    return lambda db: db.query(
        TableName=table,
        IndexName="due",
        KeyConditionExpression="due_shard = :shard",
        ExpressionAttributeValues={":shard": {"S": "none"}},
    )


def _queue_calls(queue: str) -> dict[str, Call]:
    return {
        # Without a group a FIFO queue takes no message; eleven at once it gives none.
        "SendMessage": lambda sqs: sqs.send_message(QueueUrl=queue, MessageBody="{}"),
        "ReceiveMessage": lambda sqs: sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=11),
        "DeleteMessage": lambda sqs: sqs.delete_message(QueueUrl=queue, ReceiptHandle="none"),
        "PurgeQueue": lambda sqs: sqs.purge_queue(QueueUrl=queue),
    }


def _secret_calls(secret: str) -> dict[str, Call]:
    return {
        "GetSecretValue": lambda store: store.get_secret_value(SecretId=secret),
        "PutSecretValue": lambda store: store.put_secret_value(SecretId=secret, SecretString="{}"),
        "DeleteSecret": lambda store: store.delete_secret(SecretId=secret),
    }


@pytest.fixture(scope="module")
def calls(world: World) -> Calls:
    secrets = world.client("secretsmanager")
    with suppress(secrets.exceptions.ResourceExistsException):
        secrets.create_secret(Name="somebody-elses", SecretString="{}")
    return every_call(world)


def is_allowed(client: Any, call: Call) -> bool:
    try:
        call(client)
    except ClientError as error:
        code = error.response["Error"]["Code"].rpartition(".")[2]
        if code not in DENIED | HARMLESS:
            raise
        return code not in DENIED
    return True


def test_every_function_has_its_row() -> None:
    assert {folder_name(function) for function in functions().values()} == GRANTS.keys()


@pytest.mark.parametrize("function", sorted(GRANTS))
def test_a_function_may_do_what_its_row_grants_and_nothing_else(world: World, calls: Calls, function: str) -> None:
    keys = world.function_keys(function)
    clients = {service: world.client(service, keys) for service in SERVICES}

    allowed = {touched: is_allowed(clients[name], call) for touched, (name, call) in calls.items()}

    granted = {(what, action) for what, actions in GRANTS[function].items() for action in actions}
    assert {touched for touched, answer in allowed.items() if answer} == granted


def test_who_runs_the_cli_may_not_look_at_tasks(world: World) -> None:
    table = world.description.tasks_table
    assert not is_allowed(world.client("dynamodb", world.operator_keys), _table_calls(table)["Scan"])
