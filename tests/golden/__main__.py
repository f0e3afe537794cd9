"""Writes tasks as this version stores them: `python -m tests.golden 0.2.0`. What was written once is never changed."""

import json
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from openchair.errors import EhrOffline, EhrOutcomeUnknown
from openchair.models.journal import Task
from openchair.models.person import Patient
from openchair.tasks.withdraw import withdraw_task
from tests.task_world import World, at, cancel, confirm, create, onboard, reschedule, visit

_CHAIR_1 = {"provider_id": "1", "operatory_id": "1"}


def _fail(world: World, write: str, error: Exception) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise error

    setattr(world.ehr, write, refuse)


def items() -> Iterator[tuple[str, Task]]:
    """A name for each way a task can stand."""
    world = World(visit("50", at(11)), may_overlap=True)
    yield "create-queued", world.submit(create(**_CHAIR_1, notes="window seat"))
    yield "create-completed", world.do(create(start=at(14).isoformat()))
    yield "create-over-another", world.do(create(start=at(11).isoformat(), allow_overlap=True))
    yield "create-failed", world.do(create(patient_id="99"))
    yield "move-completed", world.do(reschedule("50", at(15), notes="later"))
    yield "confirm-completed", world.do(confirm("50", patient_id="11"))
    yield "cancel-completed", world.do(cancel("50", send_to_unscheduled_list=False))
    yield "onboard-completed", world.do(onboard(create_visit(), email="bea@example.com", address={"line1": "1 Elm St"}))
    yield "review", world.in_review(confirm("50"))
    withdrawn = world.submit(create(start=at(16).isoformat()))
    yield "withdrawn", withdraw_task("p1", withdrawn.id, world.tasks, world.queue, world.clock)

    world = World(visit("50", at(11)))
    _fail(world, "create_appointment", EhrOutcomeUnknown())
    yield "create-sent", world.do(create())
    _fail(world, "confirm_appointment", EhrOutcomeUnknown(fingerprint="0123456789abcdef"))
    yield "confirm-refused-unlisted", world.do(confirm("50"))
    _fail(world, "create_patient", EhrOffline())
    yield "onboard-waiting", world.do(onboard())

    world = World(visit("50", at(11)), writes_later=True)
    yield "create-awaiting", world.do(create(start=at(14).isoformat()))
    yield "move-awaiting", world.do(reschedule("50", at(15)))

    world = World(visit("50", at(11)), reschedule="rebook")
    yield "rebook-completed", world.do(reschedule("50", at(15)))

    world = World()
    twice = [Patient(number, "Bea", "Lind", date(1990, 5, 6), ("3035550142",)) for number in ("71", "72")]
    world.ehr.people |= {one.id: one for one in twice}
    yield "onboard-several", world.do(onboard())


def create_visit() -> dict[str, object]:
    return {"service_id": "exam", "start": at(10).isoformat()}


def main(version: str) -> None:
    folder = Path(__file__).parent / version
    folder.mkdir()
    for name, task in items():
        stored = json.loads(task.model_dump_json(exclude={"version", "next_attempt_at"}))
        (folder / f"{name}.json").write_text(json.dumps(stored, indent=1, sort_keys=True) + "\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
