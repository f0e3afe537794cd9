"""The OpenAPI 3.1 document: requests from the models that check them, answers and refusals as written down here."""

import re
import tomllib
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from openchair.http_api import JSON, PROBLEM_JSON, status_of
from tools.docs.answers import ANSWERS, Schema, ref
from tools.docs.fields import described, meaning
from tools.docs.gateway import refusals
from tools.docs.operations import OPERATIONS, Operation

_ID = {"type": "string", "pattern": r"^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$"}
_PATH_SCHEMAS = {"practice_id": {"type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,47}$"}}
_GATEWAY_STATUSES = (403, 429)
# What a validator of ours checks, in a word that JSON schema has for it.
_FORMATS: dict[str, Schema] = {"email": {"format": "email"}, "start": {"format": "date-time"}}

_ANSWERED = {
    (200, False): "As asked.",
    (200, True): "It ended, or a person has to look at it.",
    (202, True): "It goes on.",
}

_HEADERS: dict[str, Schema] = {
    "Idempotency-Key": {
        "name": "Idempotency-Key",
        "in": "header",
        "required": True,
        "description": "Chosen by the caller, kept 30 days. The same key with the same body is the same task; "
        "with another body it is refused.",
        "schema": {"type": "string", "pattern": "^[ -~]{1,255}$"},
    },
    "Prefer": {
        "name": "Prefer",
        "in": "header",
        "required": False,
        "description": "`wait=N`: seconds to wait for the task's end, until 25 after the request at most.",
        "schema": {"type": "string", "examples": ["wait=20"]},
    },
}


def openapi(root: Path) -> dict[str, Any]:
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    bodies = _bodies()
    schemas = {**ANSWERS, **bodies}
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, root)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "OpenChair control API",
            "version": project["version"],
            "description": "Find a chair, book, move, confirm and cancel visits, and onboard patients in a practice's "
            "own EHR. Requests are signed with AWS Signature Version 4 for the service `execute-api`. Everything that "
            "is refused is a problem document (RFC 9457) with a stable `code`; docs/codes.md lists them.",
        },
        "servers": [
            {
                "url": "https://{api_id}.execute-api.{region}.amazonaws.com/v1",
                "variables": {"api_id": {"default": "API_ID"}, "region": {"default": "us-east-1"}},
            }
        ],
        "security": [{"sigv4": []}],
        "paths": paths,
        "components": {
            "schemas": {name: _shown(name, schemas[name]) for name in sorted(schemas)},
            "securitySchemes": {
                "sigv4": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Authorization",
                    "description": "AWS Signature Version 4. The caller is the IAM role or user that signs.",
                    "x-amazon-apigateway-authtype": "awsSigv4",
                }
            },
        },
    }


# ---------------------------------------------------------------------------------------------------- requests


class _Plain(GenerateJsonSchema):
    """Leaves out titles, which only repeat names, and what `null` adds to fields that may be absent anyway."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        made = super().model_schema(schema)
        made.pop("title", None)
        # Docstrings of models speak to readers of the code.
        made.pop("description", None)
        return made


def _bodies() -> dict[str, Schema]:
    found: dict[str, Schema] = {}
    for operation in OPERATIONS:
        if operation.body is not None:
            schema = _schema_of(operation.body)
            found |= schema.pop("$defs", {})
            found[operation.body_name] = schema
    return found


def _schema_of(model: Any) -> Schema:
    adapter: TypeAdapter[Any] = (
        TypeAdapter(model) if isinstance(model, type) else TypeAdapter(model, config=ConfigDict(defer_build=True))
    )
    return adapter.json_schema(ref_template="#/components/schemas/{model}", schema_generator=_Plain)


# --------------------------------------------------------------------------------------------------- operations


def _operation(operation: Operation, root: Path) -> dict[str, Any]:
    sent, answered = operation.example
    made: dict[str, Any] = {
        "operationId": operation.id,
        "summary": operation.summary,
        "parameters": [
            *_path_parameters(operation),
            *[_HEADERS[name] for name in operation.headers],
            *_query_parameters(operation, sent),
        ],
        "responses": _responses(operation, answered, root),
    }
    if operation.body is not None:
        made["requestBody"] = {
            "required": True,
            "content": {JSON: {"schema": ref(operation.body_name), "example": sent}},
        }
    return made


def _path_parameters(operation: Operation) -> list[Schema]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": meaning("Path", name),
            "schema": _PATH_SCHEMAS.get(name, _ID),
        }
        for name in re.findall(r"\{(\w+)\}", operation.path)
    ]


def _query_parameters(operation: Operation, sent: Mapping[str, Any]) -> list[Schema]:
    if operation.query is None:
        return []
    schema = _schema_of(operation.query)
    definitions = schema.get("$defs", {})
    return [
        {
            "name": name,
            "in": "query",
            "required": name in schema.get("required", ()),
            "description": meaning(operation.query.__name__, name),
            "schema": _given(inner, definitions),
            **({"example": sent[name]} if name in sent else {}),
        }
        for name, inner in schema["properties"].items()
    ]


def _given(schema: Schema, definitions: Mapping[str, Schema]) -> Schema:
    """A query parameter is there or not: no null, no default of null, and no reference."""
    choices = [one for one in schema.get("anyOf", [schema]) if one.get("type") != "null"]
    made = {**{name: value for name, value in schema.items() if name not in ("anyOf", "default")}, **choices[0]}
    if "$ref" in made:
        made |= definitions[made.pop("$ref").rsplit("/", 1)[-1]]
    return {name: value for name, value in made.items() if name not in ("title", "description")}


def _responses(operation: Operation, answered: Mapping[str, Any], root: Path) -> dict[str, Any]:
    made: dict[str, Any] = {
        str(status): {
            "description": _ANSWERED[status, 202 in operation.answers],
            "content": {JSON: {"schema": ref(name), **({"example": answered} if status == 200 else {})}},
        }
        for status, name in operation.answers.items()
    }
    codes: dict[int, list[str]] = {status: [] for status in _GATEWAY_STATUSES}
    for error in operation.all_errors:
        codes.setdefault(status_of(error), []).append(error.code)
    for refusal in refusals(root):
        if refusal.status in codes:
            codes[refusal.status].append(refusal.code)
    for status in sorted(codes):
        made[str(status)] = _refusal(status, sorted(set(codes[status])))
    return made


def _refusal(status: int, codes: list[str]) -> Schema:
    phrase = HTTPStatus(status).phrase
    made: Schema = {
        "description": f"{phrase}: {', '.join(f'`{code}`' for code in codes)}",
        "content": {PROBLEM_JSON: {"schema": {"allOf": [ref("Problem"), {"properties": {"code": {"enum": codes}}}]}}},
    }
    if status == 503:
        made["headers"] = {"Retry-After": {"required": True, "schema": {"type": "integer", "minimum": 1}}}
    return made


def _shown(name: str, schema: Schema) -> Schema:
    """A schema of the models as a reader wants it: nullable fields in one line, every field with its meaning."""
    if "properties" not in schema:
        return schema
    fields = {field: {**_in_one(inner), **_FORMATS.get(field, {})} for field, inner in schema["properties"].items()}
    return described(name, {**schema, "properties": fields})


def _in_one(schema: Schema) -> Schema:
    """`anyOf` of a plain type and null as that type or null; null is no default worth telling."""
    made = {key: value for key, value in schema.items() if (key, value) != ("default", None)}
    choices = made.get("anyOf", ())
    if len(choices) == 2 and choices[1] == {"type": "null"} and "type" in choices[0] and "enum" not in choices[0]:
        del made["anyOf"]
        return {**choices[0], "type": [choices[0]["type"], "null"], **made}
    return made
