"""A practice behind NexHealth."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from openchair.models import Practice
from tests.clients.support import Addresses
from tests.integration.ehr_world import EhrWorld, FixedKeys, Truth
from tools.simulators.nexhealth import RunningSimulator, TenantSpec, running_nexhealth

NOW = datetime(2026, 3, 2, 7, tzinfo=ZoneInfo("America/New_York"))


class NexHealthWorld(EhrWorld):
    """Monday 07:00 in New York."""

    def __init__(self, simulator: RunningSimulator) -> None:
        self.simulator = simulator
        told = simulator.described()
        (tenant,) = told["tenants"]
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
        return [one["patient_id"] for one in people if not one["inactive"]]

    def visit(self, appointment_id: str | None) -> Truth:
        chart = self.truth(appointment_id)["chart"]
        return Truth(datetime.fromisoformat(chart["start"]), chart["cancelled"], chart["confirmed"])

    def truth(self, appointment_id: str | None) -> dict[str, Any]:
        (row,) = self.control(f"truth/appointments?appointment_id={appointment_id}", "GET")["appointments"]
        return dict(row)


@contextmanager
def nexhealth_world() -> Iterator[NexHealthWorld]:
    with running_nexhealth([TenantSpec(patients=30)], now=NOW, is_throttled=False) as simulator:
        simulator.simulator.clock.freeze(frozen=True)
        yield NexHealthWorld(simulator)
