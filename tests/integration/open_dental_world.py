"""A practice on Open Dental."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from openchair.models.practice import Practice
from tests.clients.support import Addresses
from tests.integration.ehr_world import EhrWorld, FixedKeys, Truth
from tools.simulators.open_dental import OfficeSpec, RunningSimulator, running_simulator

NOW = datetime(2026, 3, 2, 7, tzinfo=ZoneInfo("America/Denver"))


class OpenDentalWorld(EhrWorld):
    """Monday 07:00 in Denver."""

    def __init__(self, simulator: RunningSimulator) -> None:
        told = simulator.described()
        practice = Practice.model_validate(
            {
                "id": "p1",
                "name": "Aspen Dental House",
                "timezone": "America/Denver",
                "ehr": "OPEN_DENTAL",
                "open_dental": {"api_key_secret_name": "practice-p1-opendental-api-key"},
                "services": [{"id": "filling", "name": "Filling", "minutes": 60}],
            }
        )
        keys = FixedKeys(devKey=told["dev_key"], custKey=told["cust_key"])
        super().__init__(practice, keys, told["control_url"], NOW, Addresses(simulator.url))

    def patient_ids(self) -> list[str]:
        people = self.control("truth/patients?status=Patient", "GET")["patients"]
        return [one["patient_id"] for one in people]

    def register(self, **person: Any) -> str:
        names = {
            "first_name": "FName",
            "last_name": "LName",
            "preferred_name": "Preferred",
            "date_of_birth": "Birthdate",
            "phone": "WirelessPhone",
            "other_phone": "HmPhone",
            "email": "Email",
        }
        columns = {names[name]: value for name, value in person.items() if value is not None}
        return str(self.control("staff", action="add_patient", columns=columns)["patient_id"])

    def make(self, patient_id: str, status: str) -> None:
        words = {"active": "Patient", "guarantor": "NonPatient"}
        columns = {"PatStatus": words.get(status, status.capitalize())}
        self.control("staff", action="set_patient", patient_id=patient_id, columns=columns)

    def patients_called(self, last_name: str) -> list[str]:
        people = self.control("truth/patients", "GET")["patients"]
        return [one["patient_id"] for one in people if one["last_name"] == last_name]

    def visit(self, appointment_id: str | None) -> Truth:
        (row,) = self.control(f"truth/appointments?appointment_id={appointment_id}", "GET")["appointments"]
        start = datetime.fromisoformat(row["start"]) if row["start"] else datetime.min.replace(tzinfo=UTC)
        is_cancelled = row["status"] in ("Broken", "UnschedList")
        return Truth(start.astimezone(UTC), is_cancelled, "Confirmed" in str(row["confirmed"]), row["note"])

    def staff_booked(self, start: datetime, patient_id: str) -> str:
        chair = next(one for one in self.control("truth/operatories", "GET")["operatories"] if not one["hidden"])
        given = {"patient_id": patient_id, "operatory_id": chair["operatory_id"], "start": start.isoformat()}
        return str(self.control("staff", action="book", **given)["appointment_id"])

    def arrives(self, appointment_id: str) -> None:
        self.control("staff", action="arrive", appointment_id=appointment_id)

    def rewrites_note(self, note: str) -> dict[str, Any]:
        return {"action": "edit_note", "note": note}


@contextmanager
def open_dental_world(timezone: str = "America/Denver") -> Iterator[OpenDentalWorld]:
    """`timezone` is the office's; the practice document says Denver."""
    with running_simulator([OfficeSpec(patients=30, timezone=timezone)], now=NOW) as simulator:
        simulator.simulator.settings.clock.freeze(frozen=True)
        yield OpenDentalWorld(simulator)
