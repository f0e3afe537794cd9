"""Which lines and conditions of `tasks` a set of runs reaches. A condition is reached when it was both true and false.

A condition is an operand of `and`, `or` or `not`, or what an `if`, a `while`, a ternary or a comprehension asks. The
last operand of an `and` or `or` that is a value and no truth (`given or "default"`) is none. Asserts are left out.

The modules are compiled anew as they are imported, with each condition wrapped in a call that notes it; lines are told
by the interpreter.
"""

import ast
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import spec_from_loader
from pathlib import Path
from types import CodeType, ModuleType

PACKAGE = "openchair.tasks"
_TRUTHS = frozenset({"isinstance", "any", "all", "bool"})
_NOTE = "__noted__"

type Place = tuple[str, int, int]
"""File, line, column."""


@dataclass
class Reached:
    """What was there to reach, and what was; conditions by place with their text."""

    lines: set[tuple[str, int]] = field(default_factory=set)
    conditions: dict[Place, str] = field(default_factory=dict)
    seen_lines: set[tuple[str, int]] = field(default_factory=set)
    seen: set[tuple[Place, bool]] = field(default_factory=set)

    def missed_lines(self) -> list[tuple[str, int]]:
        return sorted(self.lines - self.seen_lines)

    def missed_conditions(self) -> list[tuple[Place, str, bool]]:
        """Place, text, and the value it never had."""
        wanted = ((place, text, value) for place, text in self.conditions.items() for value in (True, False))
        return sorted(one for one in wanted if (one[0], one[2]) not in self.seen)


reached = Reached()


class _Conditions(ast.NodeTransformer):
    def __init__(self, name: str) -> None:
        self._name = name

    def _noted(self, node: ast.expr) -> ast.expr:
        if isinstance(node, ast.Constant):
            return node
        place = (self._name, node.lineno, node.col_offset)
        reached.conditions[place] = ast.unparse(node)
        inner = self.visit(node)
        key = ast.Tuple([ast.Constant(part) for part in place], ast.Load())
        call = ast.Call(ast.Name(_NOTE, ast.Load()), [key, inner], [])
        return ast.fix_missing_locations(ast.copy_location(call, node))

    def _asked(self, node: ast.expr) -> ast.expr:
        """Where only the truth of an expression matters."""
        if isinstance(node, ast.BoolOp):
            node.values = [self._asked(value) for value in node.values]
            return node
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            node.operand = self._asked(node.operand)
            return node
        return self._noted(node)

    def visit_Assert(self, node: ast.Assert) -> ast.Assert:
        return node

    def visit_If(self, node: ast.If) -> ast.AST:
        node.test = self._asked(node.test)
        node.body = [self.visit(child) for child in node.body]
        node.orelse = [self.visit(child) for child in node.orelse]
        return node

    def visit_While(self, node: ast.While) -> ast.AST:
        node.test = self._asked(node.test)
        node.body = [self.visit(child) for child in node.body]
        return node

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        node.test = self._asked(node.test)
        node.body, node.orelse = self.visit(node.body), self.visit(node.orelse)
        return node

    def visit_comprehension(self, node: ast.comprehension) -> ast.AST:
        node.iter = self.visit(node.iter)
        node.ifs = [self._asked(test) for test in node.ifs]
        return node

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        *first, last = node.values
        asked = [self._asked(value) for value in first]
        node.values = [*asked, self._asked(last) if _is_truth(last) else self.visit(last)]
        return node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        if isinstance(node.op, ast.Not):
            return self._asked(node)
        return self.generic_visit(node)


def _is_truth(node: ast.expr) -> bool:
    if isinstance(node, ast.BoolOp):
        return _is_truth(node.values[-1])
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id in _TRUTHS
    return isinstance(node, ast.Compare) or (isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not))


def _note[T](place: Place, value: T) -> T:
    reached.seen.add((place, bool(value)))
    return value


class _Watched(Loader):
    def __init__(self, path: str) -> None:
        self._path = path

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        source = Path(self._path).read_text("utf-8")
        name = self._path.partition(f"{PACKAGE.replace('.', '/')}/")[2]
        tree = _Conditions(name).visit(ast.parse(source))
        code = compile(tree, self._path, "exec", dont_inherit=True)
        for each in _codes(code):
            reached.lines |= {(name, line) for _, _, line in each.co_lines() if line}
            sys.monitoring.set_local_events(sys.monitoring.COVERAGE_ID, each, sys.monitoring.events.LINE)
        module.__dict__[_NOTE] = _note
        exec(code, module.__dict__)


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


class _Watcher(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not fullname.startswith(f"{PACKAGE}."):
            return None
        real = PathFinder.find_spec(fullname, path)
        if real is None or real.origin is None:
            return None
        is_package = real.submodule_search_locations is not None
        spec = spec_from_loader(fullname, _Watched(real.origin), origin=real.origin, is_package=is_package)
        if spec is not None and is_package:
            spec.submodule_search_locations = real.submodule_search_locations
        return spec


def watch() -> None:
    """From now on imports of `tasks` are watched; none of it may have been imported before."""
    if any(name.startswith(f"{PACKAGE}.") for name in sys.modules):
        raise RuntimeError(f"{PACKAGE} was imported before it could be watched")
    sys.monitoring.use_tool_id(sys.monitoring.COVERAGE_ID, "proofs")
    sys.monitoring.register_callback(sys.monitoring.COVERAGE_ID, sys.monitoring.events.LINE, _line)
    sys.meta_path.insert(0, _Watcher())


def _line(code: CodeType, line: int) -> object:
    name = code.co_filename.partition(f"{PACKAGE.replace('.', '/')}/")[2]
    reached.seen_lines.add((name, line))
    return sys.monitoring.DISABLE


def tell() -> bool:
    """Prints what was missed; whether 95 % of the lines and all conditions were reached."""
    lines, conditions = reached.missed_lines(), reached.missed_conditions()
    for name, line in lines:
        print(f"  never run  : {name}:{line}")
    for (name, line, _), text, value in conditions:
        print(f"  never {str(value).lower():<5}: {name}:{line}  {text}")
    share = 1 - len(lines) / len(reached.lines)
    wanted = 2 * len(reached.conditions)
    print(
        f"lines={len(reached.lines) - len(lines)}/{len(reached.lines)} ({share:.1%})"
        f" conditions={wanted - len(conditions)}/{wanted} ({1 - len(conditions) / wanted:.1%})"
    )
    return share >= 0.95 and not conditions
