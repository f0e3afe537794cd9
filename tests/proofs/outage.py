"""An office offline for hours with many tasks waiting, beside practices that work: nothing lost, nobody else slowed."""

from dataclasses import dataclass
from statistics import mean

from openchair.models.journal import TaskState
from openchair.models.person import Patient
from tests.proofs.scenarios import ADA, Outage, Request, Scenario, at, record, visit
from tests.proofs.simulation import Plan, Simulation

HOUR = 3600.0
WORKERS = 10
_EVERY = 1200.0


@dataclass(frozen=True, slots=True)
class Weathered:
    """What became of it: `lost` of all tasks, `dead` letters, mean seconds from accepted to ended at the others."""

    tasks: int
    lost: int
    dead: int
    effects: int
    seconds_at_others: float
    seconds_at_others_without: float
    violations: int


def weather_an_outage(waiting: int, practices: int, hours: float) -> Weathered:
    bad = _played(_scenario(waiting, practices, hours, is_offline=True))
    good = _played(_scenario(waiting, practices, hours, is_offline=False))
    tasks = bad.all_tasks()
    return Weathered(
        tasks=len(tasks),
        lost=sum(task.state is not TaskState.COMPLETED for task in tasks),
        dead=len(bad.messages.dead),
        effects=sum(one.kernel.effects + one.kernel.asides for one in (bad, good)),
        seconds_at_others=_seconds_at_others(bad),
        seconds_at_others_without=_seconds_at_others(good),
        violations=len(bad.violations) + len(good.violations),
    )


def _scenario(waiting: int, practices: int, hours: float, *, is_offline: bool) -> Scenario:
    names = [f"p{n}" for n in range(1, practices + 1)]
    requests = [_confirm(0.5 * n, f"1{n:05}", "p1") for n in range(waiting)]
    for place, name in enumerate(names[1:], 2):
        each = int(hours * HOUR // _EVERY)
        requests += [_confirm(7.0 * place + _EVERY * n, f"{place}{n:05}", name) for n in range(each)]
    patients = (ADA, Patient("12", "Bea", "Lind"))
    return Scenario(
        name="outage",
        records=tuple(record(name, f"account-{name}") for name in names),
        requests=tuple(requests),
        ends=(),
        visits=tuple(visit(str(request.body["appointment_id"]), at(10)) for request in requests),
        patients=patients,
        outages=(Outage("p1", 0.0, hours * HOUR),) if is_offline else (),
        workers=WORKERS,
    )


def _confirm(when: float, appointment_id: str, practice_id: str) -> Request:
    body = {"type": "CONFIRM_APPOINTMENT", "appointment_id": appointment_id}
    return Request(when, body, f"key-{appointment_id}", practice_id)


def _played(scenario: Scenario) -> Simulation:
    return Simulation(Plan("outage"), scenario=scenario).play()


def _seconds_at_others(simulation: Simulation) -> float:
    others = [task for task in simulation.all_tasks() if task.practice_id != "p1"]
    return mean((task.updated_at - task.accepted_at).total_seconds() for task in others)
