"""A person who settles reviews: some time after a task came before them, by what the chart then shows, or wrongly."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from openchair.models.journal import Task
from tests.proofs.chart import STAFF, Row

if TYPE_CHECKING:
    from tests.proofs.simulation import Simulation

SECONDS_TO_DECIDE = 20.0
TRIED_AGAIN_AFTER = 60.0
MOST_DECISIONS = 6


@dataclass(frozen=True, slots=True)
class Decision:
    """As stored; `at` in seconds of the run."""

    at: float
    action: str
    appointment_id: str | None = None
    patient_id: str | None = None


def body_of(word: str, task: Task, simulation: "Simulation") -> bytes:
    """The request's body for a word of `WORDS`."""
    return json.dumps(WORDS[word](task, simulation)).encode()


def _visit(found: list[Row]) -> dict[str, Any]:
    return {"action": "adopt", "appointment_id": found[-1].visit.id if found else "9999"}


def _adopt_ours(task: Task, simulation: "Simulation") -> dict[str, Any]:
    return _visit([row for row in simulation.chart.live() if row.origin == task.id])


def _adopt_theirs(task: Task, simulation: "Simulation") -> dict[str, Any]:
    """What the front desk booked for this patient."""
    patient_id = _patient_of(task, simulation)
    return _visit([row for row in simulation.rows_of(patient_id or "") if row.origin == STAFF and row.is_live])


def _adopt_hers(task: Task, simulation: "Simulation") -> dict[str, Any]:
    """Any visit of this patient's but the one that the request names, standing or not."""
    patient_id, named = _patient_of(task, simulation), getattr(task.request, "appointment_id", None)
    return _visit([row for row in simulation.rows_of(patient_id or "") if row.visit.id != named])


def _adopt_another_patients(task: Task, simulation: "Simulation") -> dict[str, Any]:
    patient_id = _patient_of(task, simulation)
    return _visit([row for row in simulation.chart.live() if row.visit.patient_id != patient_id])


def _adopt_named(task: Task, simulation: "Simulation") -> dict[str, Any]:
    """The visit that the request names."""
    return {"action": "adopt", "appointment_id": getattr(task.request, "appointment_id", "9999")}


def _adopt_chart(task: Task, simulation: "Simulation") -> dict[str, Any]:
    charts = [patient.id for patient in simulation.chart.patients.values() if patient.last_name == "Marsh"]
    return {"action": "adopt", "patient_id": charts[0] if charts else "9999"}


def _adopt_strangers_chart(task: Task, simulation: "Simulation") -> dict[str, Any]:
    charts = [patient.id for patient in simulation.chart.patients.values() if patient.last_name != "Marsh"]
    return {"action": "adopt", "patient_id": charts[0]}


def _patient_of(task: Task, simulation: "Simulation") -> str | None:
    named = simulation.chart.rows.get(getattr(task.request, "appointment_id", ""))
    return named.visit.patient_id if named else task.patient_id


WORDS: dict[str, Callable[[Task, "Simulation"], dict[str, Any]]] = {
    "resend": lambda task, simulation: {"action": "resend"},
    "give_up": lambda task, simulation: {"action": "give_up"},
    "adopt_ours": _adopt_ours,
    "adopt_theirs": _adopt_theirs,
    "adopt_hers": _adopt_hers,
    "adopt_another_patients": _adopt_another_patients,
    "adopt_named": _adopt_named,
    "adopt_missing": lambda task, simulation: {"action": "adopt", "appointment_id": "9999"},
    "adopt_chart": _adopt_chart,
    "adopt_strangers_chart": _adopt_strangers_chart,
    "adopt_missing_chart": lambda task, simulation: {"action": "adopt", "patient_id": "9999"},
}
