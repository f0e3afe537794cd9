"""After the whole story on canary data: what the logs, the queues and the keys of the tables give away of patients."""

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date

import pytest

from openchair.log import ALLOWED_FIELDS
from tests.e2e.world import DEV_KEY, OFFICES, Json, World, until

# The formatter's own beside the allow-list, and those of an error.
ALWAYS_LOGGED = {"level", "timestamp", "message", "error"}
OF_AN_ERROR = {"class", "code", "where"}
# Lambda's own lines about an invocation.
OF_LAMBDA = re.compile(r"(INIT_START|START|END|REPORT) ")
NAMES = ("first_name", "last_name", "preferred_name", "email", "address", "address2", "city", "chart_number")
PHONES = ("home_phone", "work_phone", "mobile_phone")
MIDDLE_OF_PHONE = r"[\s().+-]{0,3}"
SHORTEST_NAME = 4
TASKS_OF_THE_STORY = 6
PAUSE_SECONDS = 1.0
PERSON = {
    "first_name": "Ottilienne",
    "last_name": "Quernstoneham",
    "date_of_birth": "1987-02-28",
    "phone": "(303) 555-0177",
    "email": "ottilienne.quernstoneham@example.com",
}


@pytest.fixture(scope="module")
def lines(world: World, told_story: Callable[[], None]) -> list[str]:
    """Every line that any function has logged, once the story is told."""
    told_story()
    before: list[str] = []
    lines = list(world.log_lines())
    # A function's last lines come when its invocation ends, a moment after the caller has its answer.
    while len(lines) > len(before):
        time.sleep(PAUSE_SECONDS)
        before, lines = lines, list(world.log_lines())
    return lines


@pytest.fixture(scope="module")
def people(world: World, told_story: Callable[[], None]) -> list[Json]:
    told_story()
    return [person for practice_id in OFFICES for person in world.server.office(practice_id).truth("patients")]


def values(people: list[Json]) -> Iterator[str]:
    """Texts that stand for one patient and nobody else."""
    for person in people:
        yield from (person[name] for name in NAMES if len(person[name]) >= SHORTEST_NAME)
        if person["social_security_number"]:
            yield person["social_security_number"]


def born(people: list[Json]) -> Iterator[str]:
    for text in {person["date_of_birth"] for person in people if person["date_of_birth"]}:
        day = date.fromisoformat(text)
        yield from (text, f"{day:%m/%d/%Y}", f"{day.month}/{day.day}/{day.year}", f"{day:%Y%m%d}")


def phone_patterns(people: list[Json]) -> Iterator[str]:
    for person in people:
        for digits in (re.sub(r"\D", "", person[name])[-10:] for name in PHONES):
            if digits:
                yield "1?" + MIDDLE_OF_PHONE.join(("", digits[:3], digits[3:6], digits[6:]))


def found(text: str, people: list[Json]) -> set[str]:
    """What `text` gives away: patients' values, birth dates, phones in any punctuation."""
    lowered = text.lower()
    given_away = {value for value in values(people) if value.lower() in lowered}
    dates = "|".join(map(re.escape, born(people)))
    phones = "|".join(phone_patterns(people))
    for forms in (dates, phones):
        given_away |= set(re.findall(rf"(?<!\d)(?:{forms})(?!\d)", text))
    return given_away


def test_canaries_would_be_found(people: list[Json]) -> None:
    person = next(person for person in people if person["mobile_phone"])
    digits = re.sub(r"\D", "", person["mobile_phone"])[-10:]
    for text in (
        f'{{"message": "{person["last_name"].upper()}"}}',
        f"{digits[:3]}.{digits[3:6]}.{digits[6:]}",
        f"+1{digits[:3]} {digits[3:]}",
        f"born {date.fromisoformat(person['date_of_birth']):%m/%d/%Y}",
    ):
        assert found(text, people), text


def test_no_log_line_gives_a_patient_away(lines: list[str], people: list[Json]) -> None:
    assert found("\n".join(lines), people) == set()


def test_no_log_line_holds_a_key(world: World, lines: list[str]) -> None:
    hash_key = world.client("secretsmanager").get_secret_value(SecretId=world.description.hash_key_secret)
    keys = (DEV_KEY, *OFFICES.values(), hash_key["SecretString"], world.description.aws_secret_access_key)
    assert [line for line in lines if any(key in line for key in keys)] == []


def test_every_task_is_found_in_the_logs(world: World, lines: list[str]) -> None:
    text = "\n".join(lines)
    pages = [world.operator.get(f"/practices/{practice_id}/tasks", limit="100").body for practice_id in OFFICES]
    tasks = {task["id"] for page in pages for task in page["tasks"]} - world.tasks_worked_on_outside
    assert len(tasks) >= TASKS_OF_THE_STORY
    assert [task_id for task_id in tasks if f'"task_id": "{task_id}"' not in text] == []


def test_a_log_line_holds_allowed_fields_only(lines: list[str]) -> None:
    ours = [line for line in lines if not OF_LAMBDA.match(line)]
    told = [json.loads(line) for line in ours]
    assert told
    fields = {name for line in told for name in line}
    assert fields <= {*ALLOWED_FIELDS, *ALWAYS_LOGGED}
    assert {name for line in told for name in line.get("error", {})} <= OF_AN_ERROR


def test_every_call_to_the_ehr_is_on_record(world: World, told_story: Callable[[], None]) -> None:
    told_story()

    def told() -> list[Json]:
        calls = [json.loads(line) for line in world.log_lines() if '"message": "ehr call"' in line]
        return [call for call in calls if call["practice_id"] == "p1"]

    # Two requests are of whoever loaded the practice. A line comes when its invocation ends, so a moment later.
    until(lambda: len(told()) == len(world.server.office("p1").received()) - 2, "a line for every call")
    assert all({"operation", "status", "duration_ms", "attempt"} <= call.keys() for call in told())


def test_no_key_of_a_table_gives_a_patient_away(world: World, people: list[Json]) -> None:
    told = world.description
    keys: list[str] = []
    for table in (told.practices_table, told.tasks_table, told.claims_table, told.limits_table):
        pages = world.client("dynamodb").get_paginator("scan").paginate(TableName=table)
        keys += [name["S"] for page in pages for item in page["Items"] for name in (item["pk"], item["sk"])]
    assert keys
    assert found("\n".join(keys), people) == set()


@contextmanager
def _nobody_works_on_the_queue(world: World) -> Iterator[None]:
    aws = world.client("lambda")
    name = world.description.functions["process_tasks"]
    [mapping] = aws.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
    aws.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    # A look that had begun may still take one message.
    time.sleep(PAUSE_SECONDS)
    try:
        yield
    finally:
        aws.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)


def test_a_message_carries_ids_only(world: World, told_story: Callable[[], None]) -> None:
    told_story()
    caller, queue = world.operator, world.description.task_queue_url
    with _nobody_works_on_the_queue(world):
        task_id = caller.submit("p3", {"type": "ONBOARD_NEW_PATIENT", "patient": PERSON}).body["id"]
        sqs = world.client("sqs")
        received = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=5, VisibilityTimeout=0)
        bodies = [json.loads(message["Body"]) for message in received.get("Messages", [])]
    assert bodies == [{"practice_id": "p3", "task_id": task_id}]
    assert caller.ended("p3", task_id)["state"] == "completed"
    dead = sqs.get_queue_attributes(
        QueueUrl=world.description.dead_letters_url, AttributeNames=["ApproximateNumberOfMessages"]
    )
    assert dead["Attributes"]["ApproximateNumberOfMessages"] == "0"
