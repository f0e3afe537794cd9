"""One worker at NexHealth: OpenChair's client as fast as its turns allow, on lists of appointments or on slots."""

import json
import math
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from types import SimpleNamespace

from openchair.clients.factory import EhrClients
from openchair.clients.nexhealth import NexHealthClient
from openchair.errors import OpenChairError
from openchair.models.practice import Ehr, NexHealthSettings, Practice, PracticeRecord
from openchair.store.limit_store import DynamoLimits
from openchair.store.system_clock import SystemClock
from openchair.store.token_store import DynamoTokens

ACCOUNT = "bench"


@dataclass(frozen=True, slots=True)
class Work:
    """`reads`: appointments or slots. `day` is the first one asked for, in ISO form."""

    reads: str
    url: str
    api_key: str
    subdomain: str
    location_id: str
    day: str
    seconds: float

    def as_json(self) -> str:
        return json.dumps(asdict(self))


class _Keys:
    def __init__(self, api_key: str) -> None:
        self._keys = {"apiKey": api_key}

    def keys(self, secret_name: str, fresh: bool = False) -> Mapping[str, str]:
        return self._keys


def main() -> None:
    """Reads its work and prints how many calls were answered, and by its code how many were not."""
    work = Work(**json.load(sys.stdin))
    clock, read = SystemClock(), _reader(work)
    deadline = clock.monotonic() + work.seconds
    told: Counter[str] = Counter()
    while clock.monotonic() < deadline:
        try:
            read()
        except OpenChairError as error:
            told[error.code] += 1
        else:
            told["ok"] += 1
    print(json.dumps(told))


def _reader(work: Work) -> Callable[[], object]:
    clock = SystemClock()
    addresses = SimpleNamespace(open_dental_base_url="", nexhealth_base_url=work.url)
    clients = EhrClients(
        _Keys(work.api_key),
        DynamoLimits(),
        DynamoTokens(clock),
        lambda: addresses,
        clock,
        lambda _call: None,
        lane="background",
    )
    practice = Practice(
        id="bench",
        name="Juniper Falls Dental",
        timezone="America/Denver",
        ehr=Ehr.NEXHEALTH,
        nexhealth=NexHealthSettings(
            api_key_secret_name=f"practice-{ACCOUNT}-nexhealth-api-key",
            subdomain=work.subdomain,
            location_ids=(work.location_id,),
        ),
        services=(),
    )
    client = clients.client(PracticeRecord(practice, 1, ACCOUNT), deadline=math.inf)
    assert isinstance(client, NexHealthClient)
    day = date.fromisoformat(work.day)
    if work.reads == "appointments":
        return lambda: client.appointments(day, day)
    provider_ids = [one.provider_id for one in client.schedule(day, day + timedelta(days=6)).work_blocks][:1]
    return lambda: client.available_slots(day, 1, provider_ids=provider_ids)


if __name__ == "__main__":
    main()
