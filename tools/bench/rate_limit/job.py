"""What a process of the bench does. Standard library only: each way has its own environment."""

import json
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from random import Random
from threading import local
from typing import Literal

CALLERS_AT_ONCE = 8
_PAUSE_AFTER_FAILURE = 0.2


@dataclass(frozen=True, slots=True)
class Job:
    """`calls_per_second` is what live callers ask for on the average; background asks for all it can get."""

    lane: Literal["live", "background"]
    url: str
    developer_key: str
    customer_key: str
    seconds: float
    calls_per_second: float = 0.0
    seed: int = 0

    def as_json(self) -> str:
        return json.dumps(asdict(self))


type Read = Callable[[], object]
"""One read of the office; raises when it gave no answer."""


def carry_out(new_reader: Callable[[Job], Read]) -> None:
    """Reads a job, does it, and prints how long each caller waited for an answer, None for one who got none."""
    job = Job(**json.load(sys.stdin))
    deadline = time.monotonic() + job.seconds
    waits = _callers(job, new_reader, deadline) if job.lane == "live" else _worker(job, new_reader, deadline)
    print(json.dumps({"waits": waits}))


def _worker(job: Job, new_reader: Callable[[Job], Read], deadline: float) -> list[float | None]:
    read = new_reader(job)
    waits: list[float | None] = []
    while time.monotonic() < deadline:
        waits.append(_waited(read))
        if waits[-1] is None:
            time.sleep(_PAUSE_AFTER_FAILURE)
    return waits


def _callers(job: Job, new_reader: Callable[[Job], Read], deadline: float) -> list[float | None]:
    """They come at random, whether those before them have their answer or not."""
    rng, of_thread = Random(job.seed), local()  # nosec B311

    def ask(came: float) -> float | None:
        if not hasattr(of_thread, "read"):
            of_thread.read = new_reader(job)
        return _waited(of_thread.read, came)

    with ThreadPoolExecutor(CALLERS_AT_ONCE) as pool:
        asked = []
        due = time.monotonic() + rng.expovariate(job.calls_per_second)
        while due < deadline:
            time.sleep(max(due - time.monotonic(), 0.0))
            asked.append(pool.submit(ask, due))
            due += rng.expovariate(job.calls_per_second)
        return [one.result() for one in asked]


def _waited(read: Read, came: float | None = None) -> float | None:
    began = time.monotonic() if came is None else came
    try:
        read()
    except Exception as error:  # whatever a library raises, its caller has no answer
        print(type(error).__name__, file=sys.stderr)
        return None
    return time.monotonic() - began
