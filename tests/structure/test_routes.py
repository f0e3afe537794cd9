"""Every route stands in the template, in its handler and in the OpenAPI document, and lets nobody in unchecked."""

import ast
import json
import re
import socket
from types import ModuleType
from typing import Any

import pytest

from openchair.errors import PracticeNotFound
from openchair.http_api import ControlApi
from openchair.models.practice import PracticeRecord
from tests.integration.handlers.gateway import handler, proxy_event
from tests.structure.template import ROOT, routes
from tools.docs.openapi import openapi

FOLDERS = sorted({folder for _, _, folder in routes()})
ROUTES = sorted((method.upper(), path) for method, path, _ in routes())
EXAMPLE_BODIES = (b"", b"{", b'{"type": "CANCEL_APPOINTMENT", "appointment_id": "50"}')


def registered(folder: str) -> list[tuple[str, str]]:
    """(METHOD, path as the template writes it) of a handler's routes."""
    api: ControlApi = handler(folder).api
    return [(method, re.sub(r"<(\w+)>", r"{\1}", path)) for method, path in api.routes]


def source(folder: str) -> ast.Module:
    return ast.parse((ROOT / "functions" / folder / "handler.py").read_text("utf-8"))


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_handler_registers_the_routes_that_the_template_sends_it(folder: str) -> None:
    sent = sorted((method.upper(), path) for method, path, owner in routes() if owner == folder)

    assert sorted(registered(folder)) == sent


def test_every_route_is_one_handlers_only() -> None:
    everything = [route for folder in FOLDERS for route in registered(folder)]

    assert sorted(everything) == ROUTES
    assert len(set(everything)) == len(everything)


def test_the_openapi_document_has_these_routes_and_no_others() -> None:
    paths = openapi(ROOT)["paths"]

    assert sorted((method.upper(), path) for path, methods in paths.items() for method in methods) == ROUTES


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_only_way_in_is_the_checked_one(folder: str) -> None:
    """The resolver behind a `ControlApi` would take routes that check nobody; no handler may reach it."""
    module = handler(folder)
    imported = {
        name
        for node in ast.walk(source(folder))
        for name in (
            [node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in getattr(node, "names", [])]
        )
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    private = [
        node.attr for node in ast.walk(source(folder)) if isinstance(node, ast.Attribute) and node.attr[0] == "_"
    ]

    assert not [name for name in imported if name.startswith("aws_lambda_powertools")]
    assert private == []
    assert module.lambda_handler == module.api.resolve
    assert len(module.api._app._static_routes) + len(module.api._app._dynamic_routes) == len(module.api.routes)


class NobodyMayEnter:
    """Satisfies `ports.PracticeReader`."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def practice(self, practice_id: str) -> PracticeRecord:
        raise AssertionError("a practice was read without its caller")

    def practice_for_caller(self, practice_id: str, caller_id: str) -> PracticeRecord:
        self.asked.append((practice_id, caller_id))
        raise PracticeNotFound


@pytest.fixture
def no_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """No EHR, no secret, no table: a handler that tries to reach anything fails."""

    def refuse(*_: Any) -> None:
        raise AssertionError("something was reached before the caller was checked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    for folder in FOLDERS:
        module: ModuleType = handler(folder)
        for name in ("ehr", "tasks", "queue", "claims"):
            if hasattr(module, name):
                monkeypatch.setattr(module, name, None)


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize("body", EXAMPLE_BODIES)
def test_a_caller_who_is_not_allowed_gets_404_before_anything_else_happens(
    no_way_out: None, monkeypatch: pytest.MonkeyPatch, method: str, path: str, body: bytes
) -> None:
    practices = NobodyMayEnter()
    made = proxy_event(method, re.sub(r"\{(\w+)\}", r"\1", path).replace("practice_id", "p1"), [("x", "1")], {}, body)
    assert made is not None
    folder, event = made
    monkeypatch.setattr(handler(folder).api, "_practices", practices)

    answer = handler(folder).lambda_handler(event, None)

    assert answer["statusCode"] == 404
    assert json.loads(answer["body"])["code"] == "practice_not_found"
    assert practices.asked == [("p1", "arn:aws:iam::123456789012:role/Receptionist")]
