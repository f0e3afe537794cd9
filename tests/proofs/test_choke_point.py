"""What the simulation rests on: the core reaches the outside only through its ports, and never outlives a kill."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "layers" / "shared" / "openchair"
CORE = sorted([*(PACKAGE / "tasks").rglob("*.py"), *(PACKAGE / "slots").rglob("*.py"), PACKAGE / "visits.py"])
OUTSIDE = {"time", "random", "secrets", "os", "uuid", "threading", "concurrent", "asyncio", "socket", "subprocess"}


def nodes(module: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(module.read_text("utf-8")))


def imports(module: Path) -> set[str]:
    found = set()
    for node in nodes(module):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


@pytest.mark.parametrize("module", CORE, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_the_core_has_no_way_outside_but_its_ports(module: Path) -> None:
    allowed = {"secrets"} if module.name == "ids.py" else set()

    assert imports(module) & OUTSIDE <= allowed


@pytest.mark.parametrize("module", CORE, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_the_core_asks_the_clock_port_for_the_time(module: Path) -> None:
    calls = {ast.unparse(node.func) for node in nodes(module) if isinstance(node, ast.Call)}

    assert not calls & {"datetime.now", "datetime.utcnow", "date.today", "datetime.today"}


@pytest.mark.parametrize("module", CORE, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_nothing_in_the_core_catches_a_kill(module: Path) -> None:
    for node in nodes(module):
        if isinstance(node, ast.ExceptHandler):
            assert node.type is not None, f"{module.name}:{node.lineno} catches everything"
            assert "BaseException" not in ast.unparse(node.type)
        assert not (isinstance(node, ast.Try) and node.finalbody), f"{module.name} has a finally"
