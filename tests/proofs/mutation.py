"""Sabotage in memory: a module's source is changed as it is imported, in a process of its own, never on disk."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import spec_from_loader
from pathlib import Path
from types import ModuleType


@dataclass(frozen=True, slots=True)
class Edit:
    """`old` stands exactly once in the module's source and becomes `new`."""

    module: str
    old: str
    new: str

    def applied(self, source: str) -> str:
        found = source.count(self.old)
        if found != 1:
            raise LookupError(f"the snippet to change stands {found} times in {self.module}: {self.old!r}")
        return source.replace(self.old, self.new)


@dataclass(frozen=True, slots=True)
class Mutant:
    """A sabotage, why it must be seen, and the scenarios in which it is looked for first."""

    name: str
    sentence: str
    edits: tuple[Edit, ...]
    scenarios: tuple[str, ...]


class _Patched(Loader):
    def __init__(self, path: str, edits: Sequence[Edit]) -> None:
        self._path = path
        self._edits = edits

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        source = Path(self._path).read_text("utf-8")
        for edit in self._edits:
            source = edit.applied(source)
        exec(compile(source, self._path, "exec"), module.__dict__)


class _Saboteur(MetaPathFinder):
    def __init__(self, edits: Sequence[Edit]) -> None:
        self._edits = edits

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        edits = [edit for edit in self._edits if edit.module == fullname]
        if not edits:
            return None
        real = PathFinder.find_spec(fullname, path)
        if real is None or real.origin is None:
            return None
        return spec_from_loader(fullname, _Patched(real.origin, edits), origin=real.origin)


def source_of(module: str) -> str:
    """The source as it stands on disk."""
    path = None
    for end in range(1, len(module.split(".")) + 1):
        spec = PathFinder.find_spec(".".join(module.split(".")[:end]), path)
        if spec is None:
            raise LookupError(f"there is no module {module}")
        path = list(spec.submodule_search_locations or ())
        origin = spec.origin
    assert origin is not None
    return Path(origin).read_text("utf-8")


def sabotage(mutant: Mutant) -> None:
    """From now on imports of these modules are changed; none of them may have been imported before."""
    early = [edit.module for edit in mutant.edits if edit.module in sys.modules]
    if early:
        raise RuntimeError(f"{', '.join(early)} was imported before it could be changed")
    sys.meta_path.insert(0, _Saboteur(mutant.edits))
