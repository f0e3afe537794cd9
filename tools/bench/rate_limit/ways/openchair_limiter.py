"""OpenChair: its client, with the turns of all processes in one table."""

from collections.abc import Mapping
from types import SimpleNamespace

from openchair.clients.factory import EhrClients
from openchair.models.practice import Ehr, OpenDentalSettings, Practice, PracticeRecord
from openchair.store.limit_store import DynamoLimits
from openchair.store.system_clock import SystemClock
from openchair.store.token_store import DynamoTokens
from tools.bench.rate_limit.job import Job, Read, carry_out

ACCOUNT = "bench"


class _Keys:
    def __init__(self, job: Job) -> None:
        self._keys = {"devKey": job.developer_key, "custKey": job.customer_key}

    def keys(self, secret_name: str, fresh: bool = False) -> Mapping[str, str]:
        return self._keys


def new_reader(job: Job) -> Read:
    clock = SystemClock()
    addresses = SimpleNamespace(open_dental_base_url=job.url, nexhealth_base_url="")
    clients = EhrClients(
        _Keys(job), DynamoLimits(), DynamoTokens(clock), lambda: addresses, clock, lambda _call: None, lane=job.lane
    )
    practice = Practice(
        id="bench",
        name="Juniper Falls Dental",
        timezone="America/Denver",
        ehr=Ehr.OPEN_DENTAL,
        open_dental=OpenDentalSettings(api_key_secret_name=f"practice-{ACCOUNT}-opendental-api-key"),
        services=(),
    )
    record = PracticeRecord(practice, 1, ACCOUNT)
    return lambda: clients.client(record, deadline=clock.monotonic() + 60).providers(max_age_seconds=0)


if __name__ == "__main__":
    carry_out(new_reader)
