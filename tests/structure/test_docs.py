"""What is generated under docs/ is what the code now says, and its examples are true to its schemas."""

import json
from typing import Any

import jsonschema_rs
import pytest
from pydantic import TypeAdapter

from openchair.errors import OpenChairError
from openchair.models.journal import TaskState
from openchair.models.request import TaskType
from openchair.store.task_events import detail_of
from openchair.tasks import outcomes
from tests.structure.template import ROOT
from tests.task_world import World, create
from tools.docs import pages
from tools.docs.codes import every_code, tree
from tools.docs.openapi import openapi
from tools.docs.operations import OPERATIONS, Operation

DOCUMENT = openapi(ROOT)


def schema(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}


def test_the_generated_pages_are_up_to_date() -> None:
    assert pages.out_of_date(ROOT) == [], "run python -m tools.docs"


def test_every_code_of_the_error_tree_and_of_tasks_is_explained() -> None:
    told = {one.code for one in every_code(ROOT)}

    assert told >= {error.code for error in tree(OpenChairError)} | outcomes.SENTENCES.keys()


def test_every_code_has_something_to_do_about_it() -> None:
    assert [one.code for one in every_code(ROOT) if not one.what_to_do or not one.sentence] == []


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_an_example_is_what_its_schema_says(operation: Operation) -> None:
    sent, answered = operation.example

    jsonschema_rs.validate(schema(operation.answers[200]), answered, validate_formats=True)
    if operation.body is not None:
        jsonschema_rs.validate(schema(operation.body_name), sent, validate_formats=True)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_an_example_request_is_taken_by_the_code(operation: Operation) -> None:
    sent, _ = operation.example
    if operation.body is not None:
        TypeAdapter(operation.body).validate_python(sent)
    if operation.query is not None:
        TypeAdapter(operation.query).validate_strings({name: str(value) for name, value in sent.items()})


def test_every_schema_is_a_schema() -> None:
    for name in DOCUMENT["components"]["schemas"]:
        jsonschema_rs.validator_for(schema(name))


def test_an_event_is_what_its_schema_says() -> None:
    document = json.loads((ROOT / "docs" / "task-changed.json").read_text("utf-8"))

    jsonschema_rs.validate(document, detail_of(World().do(create())), validate_formats=True)
    assert document["properties"]["state"]["enum"] == [
        state.value for state in TaskState if state is not TaskState.UNKNOWN
    ]
    assert document["properties"]["type"]["enum"] == [kind.value for kind in TaskType]
