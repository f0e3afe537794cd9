"""Who may import whom (design section 3), read from the source without running it."""

import ast
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.structure.template import ROOT

PACKAGE = ROOT / "layers" / "shared" / "openchair"
# Edges shared by handlers: they join the core to Lambda, so they may know Powertools.
EDGES = {"settings", "http_api", "log", "queue_messages"}
AWS = {"boto3", "botocore", "pynamodb"}
CORE_LIBRARIES = {"pydantic"}
PHONES = PACKAGE / "contacts" / "phones.py"
SIMULATORS = ROOT / "tools" / "simulators"


def modules(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py")) if folder.exists() else []


def imported(module: Path) -> Iterator[str]:
    """Dotted names of everything a module imports, also inside functions."""
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        yield from _imported_by(node)


def _imported_by(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0, "imports are absolute"
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


def top(name: str) -> str:
    return name.partition(".")[0]


def area(module: Path) -> str:
    """The part of the package a module belongs to: core, clients, store or edge."""
    first = module.relative_to(PACKAGE).parts[0]
    if first in {"clients", "store"}:
        return first
    return "edge" if Path(first).stem in EDGES else "core"


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def violations(wrong: list[tuple[Path, str]]) -> list[str]:
    return [f"{named(module)} imports {name}" for module, name in wrong]


def test_the_core_knows_only_itself_the_standard_library_and_pydantic() -> None:
    inner = ("openchair.clients", "openchair.store", *(f"openchair.{edge}" for edge in EDGES))
    wrong = [
        (module, name)
        for module in modules(PACKAGE)
        if area(module) == "core"
        for name in imported(module)
        if name.startswith(inner) or (top(name) not in CORE_LIBRARIES | {"openchair"} | sys.stdlib_module_names)
        if (module, top(name)) != (PHONES, "phonenumbers")
    ]
    assert violations(wrong) == []


def test_the_library_of_phone_numbers_is_imported_only_when_a_number_needs_it() -> None:
    """It takes longer to import than all else of ours, and most numbers do without."""
    at_import = {top(name) for node in ast.parse(PHONES.read_text("utf-8")).body for name in _imported_by(node)}
    assert "phonenumbers" not in at_import


def test_clients_and_store_do_not_know_each_other() -> None:
    wrong = [
        (module, name)
        for module in modules(PACKAGE)
        for name in imported(module)
        if (area(module), True)
        in {("clients", name.startswith("openchair.store")), ("store", name.startswith("openchair.clients"))}
    ]
    assert violations(wrong) == []


def test_the_layer_knows_neither_functions_nor_tools_nor_tests() -> None:
    wrong = [
        (module, name)
        for module in modules(PACKAGE)
        for name in imported(module)
        if top(name) in {"functions", "tools", "tests"}
    ]
    assert violations(wrong) == []


def test_no_function_knows_another() -> None:
    wrong = [
        (module, name)
        for module in modules(ROOT / "functions")
        for name in imported(module)
        if top(name) in {"functions", "tools", "tests"}
    ]
    assert violations(wrong) == []


def test_requests_is_imported_in_the_wire_only() -> None:
    wrong = [
        (module, name)
        for folder in (PACKAGE, ROOT / "functions")
        for module in modules(folder)
        for name in imported(module)
        if top(name) in {"requests", "urllib3", "httpx"} and module != PACKAGE / "clients" / "wire.py"
    ]
    assert violations(wrong) == []


def test_aws_is_imported_in_the_store_only() -> None:
    wrong = [
        (module, name)
        for folder in (PACKAGE, ROOT / "functions")
        for module in modules(folder)
        for name in imported(module)
        if top(name) in AWS and not (module.is_relative_to(PACKAGE) and area(module) in {"store", "edge"})
    ]
    assert violations(wrong) == []


def test_simulators_share_nothing_with_the_layer() -> None:
    wrong = [
        (module, name)
        for module in modules(SIMULATORS)
        for name in imported(module)
        if top(name) in {"openchair", "functions", "tests"} or name.startswith(("tools.cli", "tools.local"))
    ]
    assert violations(wrong) == []


@pytest.mark.parametrize("folder", [PACKAGE, ROOT / "functions"], ids=["layer", "functions"])
def test_the_environment_is_read_in_the_settings_only(folder: Path) -> None:
    readers = {
        named(module)
        for module in modules(folder)
        if module != PACKAGE / "settings.py"
        for node in ast.walk(ast.parse(module.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "environb", "getenv"}
    }
    assert readers == set()


@pytest.mark.parametrize(
    "module",
    [one for one in modules(PACKAGE) if area(one) == "core" and one != PACKAGE / "models" / "practice.py"],
    ids=named,
)
def test_the_core_never_asks_which_vendor_it_is(module: Path) -> None:
    """The practice document alone has a section for each; what differs else is told by `capabilities`."""
    asked = {"Ehr", "open_dental", "nexhealth", "OPEN_DENTAL", "NEXHEALTH", "OpenDentalSettings", "NexHealthSettings"}
    tree = ast.parse(module.read_text("utf-8"))
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    names |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}

    assert not names & asked


def test_an_ehr_is_no_more_than_two_hundred_lines_to_the_core() -> None:
    """The task suite (`tests/unit/tasks`) runs on this one; its type is checked against the port."""
    assert len((ROOT / "tests" / "toy_ehr.py").read_text("utf-8").splitlines()) <= 200


def test_no_file_of_the_layer_is_longer_than_four_hundred_lines() -> None:
    lengths = {named(module): len(module.read_text("utf-8").splitlines()) for module in modules(PACKAGE)}
    assert {name: length for name, length in lengths.items() if length > 400} == {}


@pytest.mark.parametrize("base", [ROOT / "layers" / "shared", ROOT], ids=["layer", "all-else"])
def test_no_import_closes_a_circle(base: Path) -> None:
    """Also not one that only types need."""
    roots = [PACKAGE] if base != ROOT else [ROOT / "functions", ROOT / "tools"]
    known = {dotted(base, module): module for root in roots for module in modules(root)}
    imports = {name: {one for one in targets(module, known) if one != name} for name, module in known.items()}
    left = dict(imports)
    while free := [name for name, needed in left.items() if not needed & left.keys()]:
        for name in free:
            del left[name]
    assert {name: sorted(needed & left.keys()) for name, needed in left.items()} == {}


def dotted(base: Path, module: Path) -> str:
    parts = module.relative_to(base).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def targets(module: Path, known: Mapping[str, Path]) -> Iterator[str]:
    """The modules that an import names: of `from a.b import c`, a.b.c where that is one, else a.b."""
    for name in imported(module):
        yield from [one for one in (name, name.rpartition(".")[0]) if one in known][:1]
