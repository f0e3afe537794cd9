"""What API Gateway does in front of the functions: from an HTTP request to a proxy event, and to the right handler."""

import base64
import json
import re
from collections.abc import Mapping, Sequence
from importlib import import_module
from types import ModuleType
from typing import Any

from tests.structure.template import ROOT, routes

Event = dict[str, Any]
CALLER_ARN = "arn:aws:sts::123456789012:assumed-role/Receptionist/voice-agent"
CALLER_ID = "arn:aws:iam::123456789012:role/Receptionist"


def event(name: str) -> Event:
    """`events/<name>.json` as it is."""
    loaded: Event = json.loads((ROOT / "events" / f"{name}.json").read_text("utf-8"))
    return loaded


def request(
    name: str,
    *,
    body: Any = None,
    path: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    caller: str | None = None,
) -> Event:
    """A request of `events/` with other content; `path` gives path parameters, a `body` that is no text is dumped."""
    made = event(name)
    if body is not None:
        made["body"] = body if isinstance(body, str) else json.dumps(body)
    made["pathParameters"] |= path or {}
    made["path"] = re.sub(r"\{(\w+)\}", lambda found: made["pathParameters"][found[1]], made["resource"])
    if query is not None:
        made["queryStringParameters"] = dict(query) or None
        made["multiValueQueryStringParameters"] = {field: [value] for field, value in query.items()} or None
    made["headers"] |= headers or {}
    made["multiValueHeaders"] = {field: [value] for field, value in made["headers"].items()}
    if caller is not None:
        made["requestContext"]["identity"]["userArn"] = caller
    return made


def handler(folder: str) -> ModuleType:
    return import_module(f"functions.{folder}.handler")


def route_of(method: str, path: str) -> tuple[str, dict[str, str], str] | None:
    """(resource, path parameters, function) of the route that a decoded path takes, None when there is none."""
    for wanted, resource, folder in sorted(routes()):
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", resource)
        if wanted.upper() == method and (found := re.fullmatch(pattern, path)):
            return resource, found.groupdict(), folder
    return None


def proxy_event(
    method: str,
    path: str,
    query: Sequence[tuple[str, str]] = (),
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    caller: str = CALLER_ARN,
) -> tuple[str, Event] | None:
    """The function and the event it gets for this request; None where the gateway itself refuses it."""
    found = route_of(method, path)
    if found is None:
        return None
    resource, names, folder = found
    made = request("check_health/health", caller=caller, headers=headers)
    values: dict[str, list[str]] = {}
    for name, value in query:
        values.setdefault(name, []).append(value)
    try:
        text, is_base64 = body.decode(), False
    except UnicodeDecodeError:
        text, is_base64 = base64.b64encode(body).decode(), True
    made |= {
        "resource": resource,
        "path": path,
        "httpMethod": method,
        "pathParameters": names,
        "queryStringParameters": {name: given[-1] for name, given in values.items()} or None,
        "multiValueQueryStringParameters": values or None,
        "body": text or None,
        "isBase64Encoded": is_base64,
    }
    made["requestContext"] |= {"httpMethod": method, "resourcePath": resource, "path": f"/v1{path}"}
    return folder, made
