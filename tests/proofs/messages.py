"""The task queue as SQS FIFO behaves: one message of a group at a time, hidden while worked on."""

from collections import deque
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from openchair.models.journal import Task

if TYPE_CHECKING:
    from tests.proofs.simulation import Simulation

VISIBILITY_SECONDS = 200.0
DEDUPE_SECONDS = 300.0
RECEIVES = 5
_POLL_SECONDS = 0.02


@dataclass(slots=True)
class Message:
    practice_id: str
    task_id: str
    group: str
    receives: int = 0


class Messages:
    """Delivers to `Simulation.work`; a message is deleted only when that says it was done."""

    def __init__(self, simulation: "Simulation") -> None:
        self._simulation = simulation
        self._kernel = simulation.kernel
        self._groups: dict[str, deque[Message]] = {}
        self._sent: dict[str, float] = {}
        self.dead: list[Message] = []
        self._free = simulation.scenario.workers
        self._waiting: deque[deque[Message]] = deque()

    def send(self, task: Task) -> None:
        once = f"{task.id}#{task.version}"
        now = self._kernel.now
        if now - self._sent.get(once, -DEDUPE_SECONDS) < DEDUPE_SECONDS:
            self._kernel.tell("a repeated message")
            return
        self._sent[once] = now
        line = task.lines[0] if task.lines else task.id
        message = Message(task.practice_id, task.id, f"{task.practice_id}#{sum(line.encode()) % 4}")
        group = self._groups.setdefault(message.group, deque())
        group.append(message)
        if len(group) == 1:
            self._deliver_soon(group)

    def _deliver_soon(self, group: deque[Message]) -> None:
        simulation, delay = self._simulation, _POLL_SECONDS
        if simulation.is_faulty and simulation.draw(simulation.weather.late_delivery):
            delay = self._kernel.rng.uniform(0.0, 600.0)
        self._kernel.at(self._kernel.now + delay, partial(self._deliver, group))

    def _deliver(self, group: deque[Message]) -> None:
        if self._free is not None:
            if not self._free:
                self._waiting.append(group)
                return
            self._free -= 1
        message = group[0]
        message.receives += 1
        if message.receives > RECEIVES:
            self.dead.append(message)
            self._freed()
            self._done(group)
            return
        simulation, received = self._simulation, self._kernel.now

        def worked(is_done: bool) -> None:
            self._freed()
            if is_done:
                self._done(group)
            else:
                visible = max(received + VISIBILITY_SECONDS, self._kernel.now)
                self._kernel.at(visible, partial(self._deliver, group))

        simulation.work(message.practice_id, message.task_id, worked)
        if simulation.is_faulty and simulation.draw(simulation.weather.duplicate):
            again = received + self._kernel.rng.uniform(0.0, 240.0)
            self._kernel.at(again, lambda: simulation.work(message.practice_id, message.task_id, _nobody_waits))

    def _freed(self) -> None:
        if self._free is not None:
            self._free += 1
            if self._waiting:
                group = self._waiting.popleft()
                self._kernel.at(self._kernel.now, partial(self._deliver, group))

    def _done(self, group: deque[Message]) -> None:
        group.popleft()
        if group:
            self._deliver_soon(group)


def _nobody_waits(is_done: bool) -> None:
    """The queue did not know it delivered twice."""
