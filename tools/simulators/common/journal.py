"""What goes out on the socket, and what is remembered of a request."""

import json
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

_MOST_REMEMBERED = 200_000


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; `ending` drop, reset or truncate spoil it."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    ending: str | None = None


@dataclass(slots=True)
class Received:
    """A request as remembered. `monotonic` is its arrival on this machine's monotonic clock."""

    number: int
    at: str
    monotonic: float
    method: str
    path: str
    query: dict[str, Any]
    body: Any
    status: int | None = None
    faults: list[str] = field(default_factory=list)
    finished: float | None = None
    error: str | None = None


class Journal[R: Received]:
    """The latest requests, oldest first."""

    def __init__(self, row: type[R]) -> None:
        self._row = row
        self._rows: deque[R] = deque(maxlen=_MOST_REMEMBERED)
        self._received = 0
        self._lock = threading.Lock()

    def __iter__(self) -> Iterator[R]:
        return iter(list(self._rows))

    def __len__(self) -> int:
        return len(self._rows)

    def remember(self, at: str, method: str, path: str, query: dict[str, Any], body: bytes) -> R:
        with self._lock:
            self._received += 1
            row = self._row(self._received, at, time.monotonic(), method, path, query, _shown(body))
            self._rows.append(row)
        return row

    def clear(self) -> None:
        self._rows.clear()


def _shown(body: bytes) -> Any:
    try:
        return json.loads(body) if body else None
    except (ValueError, RecursionError):
        return body.decode(errors="replace")
