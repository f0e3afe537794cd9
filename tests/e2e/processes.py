"""Which processes belong to a run of the stack, and where they listen (Linux: read from /proc)."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LISTENING = "0A"
# As /proc/net writes them: 127.0.0.1 and ::1.
LOOPBACK = {"0100007F", "00000000000000000000000001000000"}


@dataclass(frozen=True, order=True)
class Process:
    """Told apart from a later one of the same id by when it was started."""

    id: int
    started: str
    command: str

    @property
    def lives(self) -> bool:
        return _process(self.id) == self


def processes_of(starter_id: int, *folders: Path) -> set[Process]:
    """The starter, all that it or its children started, and all that name one of the folders or work in it."""
    found = {process.id: process for process in _processes()}
    children: dict[int, list[int]] = {}
    for process_id in found:
        children.setdefault(_parent(process_id), []).append(process_id)
    mine, new = set[int](), {starter_id, *(one for one in found if _names(one, folders))}
    while new:
        mine |= new
        new = {child for parent in new for child in children.get(parent, ())} - mine
    return {found[process_id] for process_id in mine - {os.getpid()} if process_id in found}


def listeners(processes: set[Process]) -> set[tuple[str, str]]:
    """(address, port) in hexadecimal, as /proc/net writes them."""
    sockets = {target for process in processes for target in _open_files(process.id)}
    return {(address, port) for inode, address, port in _listening() if f"socket:[{inode}]" in sockets}


def everywhere() -> set[tuple[str, str]]:
    return {(address, port) for _, address, port in _listening()}


def _listening() -> Iterator[tuple[str, str, str]]:
    for table in ("tcp", "tcp6"):
        path = Path("/proc/net") / table
        if path.exists():
            for line in path.read_text("ascii").splitlines()[1:]:
                fields = line.split()
                address, _, port = fields[1].partition(":")
                if fields[3] == LISTENING:
                    yield fields[9], address, port


def _processes() -> Iterator[Process]:
    for path in Path("/proc").iterdir():
        if path.name.isdigit() and (process := _process(int(path.name))):
            yield process


def _process(process_id: int) -> Process | None:
    """None when it is gone, or dead and only waits to be collected."""
    fields = _stat(process_id)
    if not fields or fields[0] in "ZX":
        return None
    return Process(process_id, fields[19], _text(process_id, "cmdline"))


def _parent(process_id: int) -> int:
    fields = _stat(process_id)
    return int(fields[1]) if fields else 0


def _stat(process_id: int) -> list[str]:
    """From the state on: state, parent, ..., the time of its start."""
    return _text(process_id, "stat").rpartition(")")[2].split()


def _names(process_id: int, folders: tuple[Path, ...]) -> bool:
    texts = [_text(process_id, "cmdline"), _text(process_id, "environ"), _link(Path(f"/proc/{process_id}/cwd"))]
    return any(str(folder) in text for folder in folders for text in texts)


def _open_files(process_id: int) -> list[str]:
    try:
        return [_link(path) for path in Path(f"/proc/{process_id}/fd").iterdir()]
    except OSError:
        return []


def _link(path: Path) -> str:
    try:
        return str(path.readlink())
    except OSError:
        return ""


def _text(process_id: int, name: str) -> str:
    try:
        return Path(f"/proc/{process_id}/{name}").read_text("utf-8", errors="replace")
    except OSError:
        return ""
