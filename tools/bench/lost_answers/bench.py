"""The same scenarios for each way of booking, one after the other, against one simulated office in one run.

A way is a process behind a queue that delivers at least once: a delivery that fails, or whose process is killed, is
made again, at most five times. What counts is what stands in the office's own book at the end.
"""

import json
import os
import subprocess  # nosec B404
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table
from rich.text import Text

from openchair.clients.factory import EhrClients
from openchair.models.journal import Claim
from openchair.settings import settings
from openchair.slots.book import LiveBook
from openchair.slots.find import SlotQuery, find_slots
from openchair.store.limit_store import DynamoLimits
from openchair.store.system_clock import SystemClock
from openchair.store.tables import CircuitItem, ClaimItem, TaskItem
from openchair.store.token_store import DynamoTokens
from tools.bench.lost_answers.order import Order, Visit
from tools.bench.lost_answers.practice import MINUTES, SERVICE_ID, TIMEZONE, bench_practice
from tools.bench.other_libraries import SDK, sdk_environment
from tools.local import environments
from tools.local.emulator import REGION, Emulator
from tools.local.failures import StackError
from tools.local.stack import tool_environment
from tools.simulators.open_dental import OfficeSpec, RunningSimulator, running_simulator
from tools.simulators.open_dental.staff import act

WAYS = {
    "openchair_task": "OpenChair",
    "opendental_sdk": SDK.replace("==", " "),
    "powertools": "Powertools idempotency",
    "plain": "requests, retries",
}
RACERS = 16
PATIENTS = 600
PIPED_WIDTH = 120
MOST_DELIVERIES = 5
DELIVERY_SECONDS = 60.0
# From a delivery that was killed to the next: the function's time-out of each way is over by then.
REAL_PAUSE, OPENCHAIRS_PAUSE = 2.5, 200.0
_BOOKING = {"method": "POST", "path_regex": "^/appointments$"}
_TABLES = {"TASKS_TABLE": TaskItem, "CLAIMS_TABLE": ClaimItem, "LIMITS_TABLE": CircuitItem}
_IDEMPOTENCY_TABLE = "idempotency"


@dataclass(frozen=True, slots=True)
class Scenario:
    """`fault` strikes bookings; `kills`: the process dies once its booking stands, its answer still on the way."""

    name: str
    fault: Mapping[str, object] | None = None
    times: int = 1
    kills: bool = False
    racers: int = 1
    rebooks: bool = False


SCENARIOS = (
    Scenario("answer lost after the effect", {"kind": "drop_after"}),
    Scenario("answer lost three times in a row", {"kind": "drop_after"}, times=3),
    Scenario("504 after the effect", {"kind": "timed_out", "when": "after"}),
    Scenario("killed after the effect", {"kind": "delay", "when": "after", "seconds": 30}, kills=True),
    Scenario(f"{RACERS} patients at once, one chair", racers=RACERS),
    Scenario("rebooked, new time just taken", rebooks=True),
)


@dataclass
class Found:
    """Visits that stand where one should; whether the way came to an end; whether the patient ever held none."""

    visits: int
    has_ended: bool
    ever_without: bool = False

    @property
    def is_right(self) -> bool:
        return self.visits == 1 and self.has_ended and not self.ever_without

    def __str__(self) -> str:
        without = ", without a visit" if self.ever_without else ""
        return f"{self.visits}{without}{'' if self.has_ended else ', no end'}"


@dataclass
class Bench:
    """What all ways share: the office, the emulated tables, and the environments of their processes."""

    office: RunningSimulator
    environment: Mapping[str, str]
    sdk: Path
    slots: Iterator[Visit]
    patients: Iterator[str]
    found: dict[str, dict[str, Found]] = field(default_factory=dict)


def main() -> None:
    """Measures and prints. Raises `StackError` when something cannot be built or started."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else PIPED_WIDTH)
    with tempfile.TemporaryDirectory(prefix="lost-answers-", ignore_cleanup_errors=True) as scratch:
        with console.status("an office, tables and the other libraries"):
            sdk = sdk_environment(Path(scratch))
            emulator = Emulator(environments.ensure("aws"), Path(scratch), Path(scratch))
            emulator.start(discard=[])
        try:
            with running_simulator([OfficeSpec(patients=PATIENTS)]) as office:
                bench = _bench(office, emulator, sdk)
                for scenario in SCENARIOS:
                    for way in WAYS:
                        with console.status(f"{scenario.name}: {WAYS[way]}"):
                            bench.found.setdefault(scenario.name, {})[way] = _run(bench, scenario, way)
        finally:
            emulator.stop()
    _print(console, bench.found)


def _run(bench: Bench, scenario: Scenario, way: str) -> Found:
    control = _Control(bench.office)
    visits = _visits(bench, scenario, control)
    order = _order(bench.office, f"{scenario.name} {way}", visits, looks_first=scenario.racers > 1)
    control.set_faults(_faults(scenario, visits[0], bench))
    control.set_overlap("reject" if scenario.rebooks else "accept")
    watched = visits[0].patient_id if scenario.rebooks else None
    try:
        with control.watching(watched) as was_without:
            ended = _deliver(bench, order, way, lambda: scenario.kills and control.stands(visits) > 0)
    finally:
        control.set_faults([])
    if scenario.rebooks:
        return Found(control.booked(visits[0].patient_id), ended, was_without())
    return Found(control.stands(visits), ended)


def _visits(bench: Bench, scenario: Scenario, control: "_Control") -> tuple[Visit, ...]:
    slot = next(bench.slots)
    visits = [replace(slot, patient_id=next(bench.patients)) for _ in range(scenario.racers)]
    if scenario.rebooks:
        old = replace(next(bench.slots), patient_id=visits[0].patient_id)
        visits = [replace(visits[0], old_appointment_id=control.book(old))]
    return tuple(visits)


def _faults(scenario: Scenario, visit: Visit, bench: Bench) -> list[dict[str, object]]:
    faults: list[dict[str, object]] = []
    if scenario.racers > 1:
        # As an office answers: nobody is done before the others have looked.
        faults.append({"match": {"times": 0}, "fault": {"kind": "delay", "seconds": 0.2}})
    if scenario.rebooks:
        taken = {"action": "book", **_staff(replace(visit, patient_id=next(bench.patients)))}
        faults.append({"match": _BOOKING, "fault": {"kind": "staff", "when": "before", "action": taken}})
    if scenario.fault is not None:
        faults.append({"match": {**_BOOKING, "times": scenario.times}, "fault": dict(scenario.fault)})
    return faults


# ------------------------------------------------------------------------------------------------ the queue


def _deliver(bench: Bench, order: Order, way: str, is_to_be_killed: Callable[[], bool]) -> bool:
    """Whether the way said that it is done with it. Raises `StackError` for one that cannot run at all."""
    may_kill = True
    for _ in range(MOST_DELIVERIES):
        process = subprocess.Popen(  # nosec B603
            [bench.sdk if way == "opendental_sdk" else sys.executable, "-m", f"tools.bench.lost_answers.ways.{way}"],
            cwd=environments.ROOT,
            env=dict(bench.environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        with process, _ended(process):
            told, errors, killed = _talk(process, order, is_to_be_killed if may_kill else lambda: False)
        if killed:
            may_kill = False
            _Control(bench.office).set_faults([])
            time.sleep(REAL_PAUSE)
            order = replace(order, seconds_later=order.seconds_later + OPENCHAIRS_PAUSE)
            continue
        if not told:
            raise StackError(f"{WAYS[way]} cannot be run:\n{errors[-2000:]}")
        again_in = json.loads(told)["again_in"]
        if again_in is None:
            return True
        order = replace(order, seconds_later=order.seconds_later + again_in + 1)
    return False


def _talk(process: "subprocess.Popen[str]", order: Order, is_to_be_killed: Callable[[], bool]) -> tuple[str, str, bool]:
    """What it printed, its errors, and whether it was killed."""
    given: str | None = order.as_json()
    deadline = time.monotonic() + DELIVERY_SECONDS
    while True:
        try:
            return *process.communicate(given, timeout=0.02), False
        except subprocess.TimeoutExpired:
            given = None
        if is_to_be_killed() or time.monotonic() > deadline:
            process.kill()
            return *process.communicate(), True


@contextmanager
def _ended(process: "subprocess.Popen[str]") -> Iterator[None]:
    try:
        yield
    finally:
        process.kill()


# ----------------------------------------------------------------------------------------------- the office


class _Control:
    """The office's own book and its faults; it runs in this process."""

    def __init__(self, office: RunningSimulator) -> None:
        self._simulator = office.simulator

    def set_faults(self, rules: Sequence[Mapping[str, object]]) -> None:
        self._simulator.faults.clear()
        self._simulator.faults.add([dict(rule) for rule in rules])

    def set_overlap(self, value: str) -> None:
        settings_of_office = self._simulator.settings
        settings_of_office.switches = settings_of_office.switches.changed({"overlap": value})

    def book(self, visit: Visit) -> str:
        """As the front desk does; the new appointment's id."""
        with self._simulator.lock:
            booked = act(self._simulator.first_office, {"action": "book", **_staff(visit)})
        return str(booked["appointment_id"])

    def stands(self, visits: Sequence[Visit]) -> int:
        """Booked visits of these patients at their time."""
        wanted = {(int(visit.patient_id), datetime.fromisoformat(visit.wall_start)) for visit in visits}
        return sum((patient, start) in wanted for patient, start in self._booked())

    def booked(self, patient_id: str) -> int:
        return sum(patient == int(patient_id) for patient, _ in self._booked())

    def _booked(self) -> list[tuple[int, datetime]]:
        with self._simulator.lock:
            rows = list(self._simulator.first_office.appointments.values())
        return [(row.PatNum, row.AptDateTime) for row in rows if row.AptStatus == "Scheduled"]

    @contextmanager
    def watching(self, patient_id: str | None) -> Iterator[Callable[[], bool]]:
        """Whether this patient was seen to hold no visit at any time of the block."""
        seen, over = threading.Event(), threading.Event()

        def look() -> None:
            while patient_id is not None and not over.is_set():
                if not self.booked(patient_id):
                    seen.set()
                over.wait(0.005)

        watcher = threading.Thread(target=look)
        watcher.start()
        try:
            yield seen.is_set
        finally:
            over.set()
            watcher.join()


def _staff(visit: Visit) -> dict[str, object]:
    return {
        "patient_id": visit.patient_id,
        "operatory_id": visit.operatory_id,
        "provider_id": visit.provider_id,
        "start": visit.wall_start,
        "minutes": visit.minutes,
    }


def _order(office: RunningSimulator, name: str, visits: tuple[Visit, ...], *, looks_first: bool = False) -> Order:
    keys = office.described()
    return Order(name, office.url, keys["dev_key"], keys["cust_key"], visits, looks_first)


class _NoClaims:
    def claims(self, ehr_account_id: str, start: datetime, end: datetime) -> Sequence[Claim]:
        return ()


def _free_slots(office: RunningSimulator) -> Iterator[Visit]:
    """Free times of the coming weeks, as OpenChair finds them; no two overlap."""
    order = _order(office, "slots", ())
    os.environ["OPENDENTAL_API_BASE_URL"] = office.url
    settings.cache_clear()
    from tools.bench.lost_answers.ways.openchair_task import _Keys

    clock = SystemClock()
    record = bench_practice(order)
    ehr = EhrClients(_Keys(order), DynamoLimits(), DynamoTokens(clock), settings, clock, lambda _call: None).client(
        record
    )
    first = clock.now().astimezone(ZoneInfo(TIMEZONE)).date() + timedelta(days=7)
    query = SlotQuery(service_id=SERVICE_ID, start_date=first, end_date=first + timedelta(days=6))
    taken: set[tuple[str, str]] = set()
    for provider in find_slots(record, query, LiveBook(ehr, _NoClaims(), record), clock)["providers"]:
        for slot in (slot for day in provider["days"] for slot in day["slots"]):
            start = datetime.fromisoformat(slot["start"])
            if (
                start.minute % MINUTES
                or {(provider["provider_id"], str(start)), (slot["operatory_id"], str(start))} & taken
            ):
                continue
            taken |= {(provider["provider_id"], str(start)), (slot["operatory_id"], str(start))}
            yield Visit("", slot["operatory_id"], provider["provider_id"], slot["start"], MINUTES)


# --------------------------------------------------------------------------------------------- environments


def _bench(office: RunningSimulator, emulator: Emulator, sdk: Path) -> Bench:
    emulator.wait_until_ready()
    environment = {
        **tool_environment(),
        "PYTHONPATH": os.pathsep.join([str(environments.ROOT), str(environments.ROOT / "layers" / "shared")]),
        "AWS_ENDPOINT_URL": emulator.url,
        "AWS_ACCESS_KEY_ID": emulator.root.access_key_id,
        "AWS_SECRET_ACCESS_KEY": emulator.root.secret_access_key,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "OPENDENTAL_API_BASE_URL": office.url,
        "IDEMPOTENCY_TABLE": _IDEMPOTENCY_TABLE,
        **{setting: setting.lower() for setting in _TABLES},
    }
    os.environ |= {name: value for name, value in environment.items() if name.startswith("AWS_") or name in _TABLES}
    settings.cache_clear()
    for model in _TABLES.values():
        model.create_table(billing_mode="PAY_PER_REQUEST", wait=True)
    emulator.client("dynamodb").create_table(
        TableName=_IDEMPOTENCY_TABLE,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    practice = office.simulator.first_office
    booked = {row.PatNum for row in practice.appointments.values() if row.AptStatus == "Scheduled"}
    people = [row.PatNum for row in practice.patients.values() if row.PatStatus == "Patient"]
    patients = iter([str(number) for number in people if number not in booked])
    return Bench(office, environment, sdk, _free_slots(office), patients)


def _print(console: Console, found: Mapping[str, Mapping[str, Found]]) -> None:
    table = Table(title="Visits in the chart at the end; 1 is right")
    table.add_column("scenario")
    for name in WAYS.values():
        table.add_column(name, justify="right")
    for scenario, cells in found.items():
        marked = [Text(str(cell), style="green" if cell.is_right else "red") for cell in cells.values()]
        table.add_row(scenario, *marked)
    console.print(table)
    print(json.dumps({scenario: {way: str(cell) for way, cell in cells.items()} for scenario, cells in found.items()}))
