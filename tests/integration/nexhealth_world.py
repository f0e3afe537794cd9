"""A practice behind NexHealth."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from openchair.models.practice import Practice
from tests.clients.support import Addresses
from tests.integration.ehr_world import EhrWorld, FixedKeys, Truth
from tools.simulators.nexhealth import InstitutionSpec, RunningSimulator, running_simulator

NOW = datetime(2026, 3, 2, 7, tzinfo=ZoneInfo("America/New_York"))


class NexHealthWorld(EhrWorld):
    """Monday 07:00 in New York."""

    def __init__(self, simulator: RunningSimulator) -> None:
        self.simulator = simulator
        told = simulator.described()
        (tenant,) = told["institutions"]
        practice = Practice.model_validate(
            {
                "id": "p2",
                "name": "Birch Dental",
                "timezone": "America/New_York",
                "ehr": "NEXHEALTH",
                "nexhealth": {
                    "api_key_secret_name": "practice-p2-nexhealth-api-key",
                    "subdomain": tenant["subdomain"],
                    "location_ids": tenant["location_ids"],
                },
                "services": [{"id": "filling", "name": "Filling", "minutes": 60}],
            }
        )
        addresses = Addresses(nexhealth_base_url=simulator.url)
        super().__init__(practice, FixedKeys(apiKey=told["api_key"]), simulator.control_url, NOW, addresses)

    def patient_ids(self) -> list[str]:
        people = self.control("truth/patients", "GET")["patients"]
        return [
            one["patient_id"] for one in people if not (one["inactive"] or one["placeholder"] or one["non_patient"])
        ]

    def register(self, **person: Any) -> str:
        """What the EHR's own preferred name is does not come through."""
        names = {"phone": "phone_number", "other_phone": "cell_phone_number"}
        columns = {names.get(name, name): value for name, value in person.items() if name != "preferred_name"}
        made = self.control("staff", action="add_patient", **columns)
        self.control("staff", action="read")
        people = self.control("truth/patients", "GET")["patients"]
        return next(str(one["patient_id"]) for one in people if one["foreign_id"] == made["foreign_id"])

    def make(self, patient_id: str, status: str) -> None:
        columns = {"inactive": status not in ("active", "guarantor"), "non_patient": status == "guarantor"}
        self.control("staff", action="set_patient", patient_id=patient_id, columns=columns)
        self.control("staff", action="read")

    def patients_called(self, last_name: str) -> list[str]:
        people = self.control("truth/patients", "GET")["patients"]
        return [one["patient_id"] for one in people if one["last_name"] == last_name]

    def visit(self, appointment_id: str | None) -> Truth:
        chart = self.truth(appointment_id)["chart"]
        is_cancelled = chart["status"] == "cancelled"
        return Truth(datetime.fromisoformat(chart["start"]), is_cancelled, chart["confirmed"], chart["note"])

    def staff_booked(self, start: datetime, patient_id: str) -> str:
        chair = next(one for one in self.control("truth/operatories", "GET")["operatories"] if not one["hidden"])
        given = {"patient_id": patient_id, "operatory_id": chair["operatory_id"], "start": start.isoformat()}
        booked = self.control("staff", action="book", **given)
        self.control("staff", action="read")
        rows = self.control(f"truth/appointments?foreign_id={booked['foreign_id']}", "GET")["appointments"]
        return str(rows[0]["appointment_id"])

    def arrives(self, appointment_id: str) -> None:
        self.control("staff", action="check_in", appointment_id=appointment_id)
        self.control("staff", action="read")

    def rewrites_note(self, note: str) -> dict[str, Any]:
        return {"action": "edit_note", "note": note}

    def does_not_write(self) -> None:
        """NexHealth writes nothing to the practice's own system from here on."""
        (location_id,) = self.simulator.described()["institutions"][0]["location_ids"]
        self.control("staff", action="set_location", location_id=location_id, columns={"insert_appt_client": False})

    def tokens_issued(self) -> int:
        (institution,) = self.control("state", "GET")["institutions"]
        return int(institution["tokens_issued"])

    def truth(self, appointment_id: str | None) -> dict[str, Any]:
        (row,) = self.control(f"truth/appointments?appointment_id={appointment_id}", "GET")["appointments"]
        return dict(row)


@contextmanager
def nexhealth_world(locations: int = 1) -> Iterator[NexHealthWorld]:
    spec = InstitutionSpec(patients=30 * locations, timezone="America/New_York", ehr="dentrix", locations=locations)
    with running_simulator([spec], now=NOW, frozen=True) as simulator:
        yield NexHealthWorld(simulator)
