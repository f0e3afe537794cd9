"""Handlers and the events they are tried with."""

import ast
import json
import re
from pathlib import Path

import pytest

from tests.structure.template import ROOT, folder_name, functions, routes

FOLDERS = sorted(folder_name(function) for function in functions().values())
EVENTS = sorted((ROOT / "events").rglob("*.json"))
TESTS = "\n".join(path.read_text("utf-8") for path in (ROOT / "tests" / "integration" / "handlers").glob("*.py"))


def case(event: Path) -> str:
    return str(event.relative_to(ROOT / "events").with_suffix(""))


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_function_has_an_event(folder: str) -> None:
    assert [event for event in EVENTS if event.parent.name == folder]


def test_every_event_belongs_to_a_function() -> None:
    assert {event.parent.name for event in EVENTS} == set(FOLDERS)


@pytest.mark.parametrize("event", EVENTS, ids=case)
def test_every_event_is_used_by_a_test(event: Path) -> None:
    short = f'"{event.stem}"' if event.parent.name == "submit_tasks" else f'"{case(event)}"'

    assert f'"{case(event)}"' in TESTS or short in TESTS


@pytest.mark.parametrize("event", EVENTS, ids=case)
def test_an_event_of_the_api_is_for_a_route_of_its_function(event: Path) -> None:
    loaded = json.loads(event.read_text("utf-8"))
    if "httpMethod" in loaded:
        route = (loaded["httpMethod"].lower(), loaded["resource"], event.parent.name)
        assert route in routes()
        assert loaded["path"] == re.sub(r"\{(\w+)\}", lambda m: loaded["pathParameters"][m[1]], loaded["resource"])
        assert loaded["requestContext"]["identity"]["userArn"].startswith("arn:aws:sts::123456789012:assumed-role/")


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_handler_reads_in_one_order(folder: str) -> None:
    """Docstring, imports, then what it keeps and its functions, `lambda_handler` last."""
    body = ast.parse((ROOT / "functions" / folder / "handler.py").read_text("utf-8")).body
    kinds = ["import" if isinstance(node, ast.Import | ast.ImportFrom) else "code" for node in body[1:]]
    last = body[-1]
    name = last.name if isinstance(last, ast.FunctionDef) else ast.unparse(last).split(" ")[0]

    assert isinstance(body[0], ast.Expr)
    assert kinds == sorted(kinds, reverse=True)
    assert name == "lambda_handler"
