"""What is played: small charts of one day, the requests that come, and what staff and callers do in between."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from openchair.models import (
    Appointment,
    AppointmentStatus,
    Ehr,
    OpenDentalSettings,
    Patient,
    Practice,
    PracticeRecord,
    Service,
)
from tests.proofs.chart import Row

if TYPE_CHECKING:
    from tests.proofs.simulation import Simulation

ZONE = ZoneInfo("America/Denver")
ACCOUNT = "account"
CALLER = "caller"
START = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)  # a Monday, 07:00 in the practice
DAY = datetime(2026, 3, 6, tzinfo=ZONE)  # the Friday after, past the horizon: nothing expires
TODAY = datetime(2026, 3, 2, tzinfo=ZONE)

Intervention = Callable[["Simulation"], None]


@dataclass(frozen=True, slots=True)
class Request:
    at: float
    body: dict[str, Any]
    key: str
    practice_id: str = "p1"


@dataclass(frozen=True, slots=True)
class Outage:
    """An office cannot be reached between these seconds of the run."""

    practice_id: str
    begins: float
    ends: float


@dataclass(frozen=True, slots=True)
class Scenario:
    """`ends` are the right ends when only kills happen, as state/code or "refused/code" at the door; `writes`: how many
    the EHR sees then. `staff` names the interventions drawn at random in bad weather, `inserts` those tried before
    every effect, `before_write` those that happen as the first write leaves. Visits stand on `day`; `workers` caps the
    queue's invocations at once.
    """

    name: str
    records: tuple[PracticeRecord, ...]
    requests: tuple[Request, ...]
    ends: tuple[frozenset[str], ...]
    visits: tuple[Appointment, ...] = ()
    patients: tuple[Patient, ...] = ()
    acts: tuple[tuple[float, str], ...] = ()
    interventions: Mapping[str, Intervention] = field(default_factory=dict)
    staff: tuple[str, ...] = ()
    inserts: tuple[str, ...] = ()
    writes: int | None = None
    day: datetime = DAY
    outages: tuple[Outage, ...] = ()
    workers: int | None = None
    before_write: tuple[str, ...] = ()

    def surprise(self, simulation: "Simulation") -> str | None:
        got = sorted(f"{task.state.value}/{task.code}" for task in simulation.all_tasks())
        got += sorted(f"refused/{error.code}" for error in simulation.refused.values())
        left = list(got)
        for allowed in self.ends:
            match = next((end for end in left if end in allowed), None)
            if match is None and len(got) == len(simulation.told) + len(simulation.refused):
                return f"ended as {', '.join(got)}"
            if match is not None:
                left.remove(match)
        if self.writes is not None and len(simulation.sent) != self.writes:
            return f"{len(simulation.sent)} writes went to the EHR, not {self.writes}"
        return None


def at(hour: int, minute: int = 0) -> datetime:
    return DAY + timedelta(hours=hour, minutes=minute)


def visit(appointment_id: str, start: datetime, **changes: Any) -> Appointment:
    """An hour of provider 1's in chair 1 with patient 11."""
    given: dict[str, Any] = {
        "patient_id": "11",
        "status": AppointmentStatus.BOOKED,
        "minutes": 60,
        "operatory_id": "1",
        "provider_id": "1",
        "time_pattern": "X" * 12,
    }
    return Appointment(appointment_id, start=start, **{**given, **changes})


def record(practice_id: str = "p1", account: str = ACCOUNT, **open_dental: Any) -> PracticeRecord:
    settings = OpenDentalSettings(api_key_secret_name=f"practice-{practice_id}-opendental-api-key", **open_dental)
    services = (Service(id="exam", name="Exam", minutes=30), Service(id="filling", name="Filling", minutes=60))
    practice = Practice(
        id=practice_id,
        name="Mesa Dental",
        timezone="America/Denver",
        ehr=Ehr.OPEN_DENTAL,
        open_dental=settings,
        services=services,
    )
    return PracticeRecord(practice, 1, account)


ADA = Patient("11", "Ada", "Stone", phones=("3035550111",))
BEA = Patient("12", "Bea", "Lind", phones=("3035550112",))
MOVES, REBOOKS = record(), record(reschedule="rebook")
OLD = visit("50", at(10))
PLACE: dict[str, Any] = {"operatory_id": "1", "provider_id": "1"}


def create(hour: int = 14, **changes: Any) -> dict[str, Any]:
    start = at(hour)
    given = {"type": "CREATE_APPOINTMENT", "patient_id": "11", "service_id": "exam", "start": start.isoformat()}
    return {**given, **changes}


def reschedule(hour: int = 14, **changes: Any) -> dict[str, Any]:
    start = at(hour)
    given = {"type": "RESCHEDULE_APPOINTMENT", "appointment_id": "50", "start": start.isoformat()}
    return {**given, **changes}


def onboard(appointment: dict[str, Any] | None = None) -> dict[str, Any]:
    person = {"first_name": "Cleo", "last_name": "Marsh", "date_of_birth": "1990-05-06", "phone": "(303) 555-0142"}
    given: dict[str, Any] = {"type": "ONBOARD_NEW_PATIENT", "patient": person}
    return {**given, "appointment": appointment} if appointment else given


CANCEL = {"type": "CANCEL_APPOINTMENT", "appointment_id": "50"}
CONFIRM = {"type": "CONFIRM_APPOINTMENT", "appointment_id": "50"}
NEW_VISIT = {"service_id": "exam", "start": at(14).isoformat()}


# ------------------------------------------------------------------------------------------ interventions


def _ours(simulation: "Simulation") -> Row | None:
    """The newest visit that a task of ours booked or moved."""
    mine = [row for row in simulation.chart.live() if row.past[-1].by in simulation.practice_of]
    return mine[-1] if mine else None


def _old(simulation: "Simulation") -> Row | None:
    row = simulation.chart.rows.get("50")
    return row if row is not None and row.is_live else None


def _staff_books(simulation: "Simulation") -> None:
    simulation.chart.staff_books("12", at(14), 60, "1", "1")


def _staff_books_old_time(simulation: "Simulation") -> None:
    old = simulation.chart.rows["50"]
    if not (old.is_live and old.visit.start == at(10)):
        simulation.chart.staff_books("12", at(10), 60, "1", "1")


def _staff_books_same_patient(simulation: "Simulation") -> None:
    simulation.chart.staff_books("11", at(14), 30, "2", "2")


def _staff_moves_old(simulation: "Simulation") -> None:
    if row := _old(simulation):
        simulation.chart.staff_moves(row, at(16))


def _staff_deletes_old(simulation: "Simulation") -> None:
    if row := _old(simulation):
        simulation.chart.staff_deletes(row)


def _staff_cancels_old(simulation: "Simulation") -> None:
    if row := _old(simulation):
        simulation.chart.staff_sets(row, AppointmentStatus.CANCELLED)


def _staff_completes_old(simulation: "Simulation") -> None:
    if row := _old(simulation):
        simulation.chart.staff_sets(row, AppointmentStatus.FULFILLED)


def _staff_deletes_ours(simulation: "Simulation") -> None:
    if row := _ours(simulation):
        simulation.chart.staff_deletes(row)


def _staff_moves_ours(simulation: "Simulation") -> None:
    if row := _ours(simulation):
        simulation.chart.staff_moves(row, at(15, 30))


def _staff_moves_ours_to_another_day(simulation: "Simulation") -> None:
    if row := _ours(simulation):
        simulation.chart.staff_moves(row, at(15, 30) + timedelta(days=3))


def _staff_strips_note(simulation: "Simulation") -> None:
    if row := _ours(simulation):
        simulation.chart.staff_strips_note(row)


def _staff_registers(simulation: "Simulation") -> None:
    phones = ("3035550142",)
    simulation.chart.staff_registers(Patient("77", "Cleo", "Marsh", date(1990, 5, 6), phones))


def _withdraw_first(simulation: "Simulation") -> None:
    tasks = simulation.all_tasks()
    if tasks:
        simulation.withdraw(tasks[0])


def _second_worker(simulation: "Simulation") -> None:
    for task in simulation.all_tasks()[:1]:
        simulation.work(task.practice_id, task.id, lambda _: None)


INTERVENTIONS: dict[str, Intervention] = {
    "staff_books": _staff_books,
    "staff_books_old_time": _staff_books_old_time,
    "staff_books_same_patient": _staff_books_same_patient,
    "staff_moves_old": _staff_moves_old,
    "staff_deletes_old": _staff_deletes_old,
    "staff_cancels_old": _staff_cancels_old,
    "staff_completes_old": _staff_completes_old,
    "staff_deletes_ours": _staff_deletes_ours,
    "staff_moves_ours": _staff_moves_ours,
    "staff_moves_ours_to_another_day": _staff_moves_ours_to_another_day,
    "staff_strips_note": _staff_strips_note,
    "staff_registers": _staff_registers,
    "withdraw": _withdraw_first,
    "second_worker": _second_worker,
}
_AFTER_CREATE = (
    "staff_books",
    "staff_deletes_ours",
    "staff_moves_ours",
    "staff_moves_ours_to_another_day",
    "staff_strips_note",
    "staff_books_same_patient",
)
_ON_OLD = ("staff_moves_old", "staff_deletes_old", "staff_cancels_old", "staff_completes_old")
_ALWAYS = ("withdraw", "second_worker")


def _one(*ends: str) -> tuple[frozenset[str], ...]:
    return (frozenset(ends),)


def _scenario(
    name: str,
    *bodies: dict[str, Any],
    ends: tuple[frozenset[str], ...],
    practice: PracticeRecord = MOVES,
    visits: tuple[Appointment, ...] = (),
    patients: tuple[Patient, ...] = (ADA, BEA),
    apart: float = 0.0,
    staff: tuple[str, ...] = (),
    acts: tuple[tuple[float, str], ...] = (),
    writes: int | None = None,
    day: datetime = DAY,
    first: float = 0.0,
    before_write: tuple[str, ...] = (),
) -> Scenario:
    requests = tuple(Request(first + n * apart, body, f"key-{n}") for n, body in enumerate(bodies, 1))
    return Scenario(
        name=name,
        records=(practice,),
        requests=requests,
        ends=ends,
        visits=visits,
        patients=patients,
        acts=acts,
        interventions=INTERVENTIONS,
        staff=(*staff, "withdraw"),
        inserts=(*staff, *_ALWAYS),
        writes=writes,
        day=day,
        before_write=before_write,
    )


BOOKED = _one("completed/booked")
MOVED = _one("completed/moved")
WINNER = frozenset({"completed/booked"})
LOSER = frozenset({"failed/slot_taken", "refused/slot_taken"})
ONE_WINS = (WINNER, LOSER)
RACERS = 50
OPEN_PLACE: dict[str, Any] = {"provider_id": "1"}

RACES: dict[str, Scenario] = {
    scenario.name: scenario
    for scenario in (
        _scenario(
            name,
            *(create(patient_id=str(100 + n), **place) for n in range(RACERS)),
            ends=(WINNER, *[LOSER] * (RACERS - 1)),
            patients=tuple(Patient(str(100 + n), "Racer", "Lind") for n in range(RACERS)),
            writes=1,
        )
        for name, place in (("racers_held", PLACE), ("racers_open", OPEN_PLACE))
    )
}
# Too large for every kill and intervention: four at once who want turns at one account.
CROWDS: dict[str, Scenario] = {
    scenario.name: scenario
    for scenario in (
        _scenario(
            "crowd",
            *(create(9 + 2 * n, patient_id=str(100 + n)) for n in range(4)),
            ends=4 * BOOKED,
            patients=tuple(Patient(str(100 + n), "Caller", "Lind") for n in range(4)),
            writes=4,
        ),
    )
}
SCENARIOS: dict[str, Scenario] = {
    scenario.name: scenario
    for scenario in (
        _scenario("create", create(), ends=BOOKED, staff=_AFTER_CREATE),
        _scenario("create_held", create(**PLACE), ends=BOOKED, staff=_AFTER_CREATE),
        _scenario("create_second", create(**PLACE), ends=BOOKED, visits=(OLD,), staff=(*_AFTER_CREATE, *_ON_OLD)),
        _scenario(
            "move", reschedule(), ends=MOVED, visits=(OLD,), staff=(*_ON_OLD, *_AFTER_CREATE, "staff_books_old_time")
        ),
        _scenario(
            "rebook",
            reschedule(),
            ends=MOVED,
            practice=REBOOKS,
            visits=(OLD,),
            staff=(*_ON_OLD, *_AFTER_CREATE),
        ),
        _scenario("cancel", CANCEL, ends=_one("completed/cancelled"), visits=(OLD,), staff=_ON_OLD),
        _scenario("confirm", CONFIRM, ends=_one("completed/confirmed"), visits=(OLD,), staff=_ON_OLD),
        _scenario("onboard", onboard(), ends=_one("completed/patient_created"), staff=("staff_registers",)),
        _scenario(
            "onboard_visit",
            onboard(NEW_VISIT),
            ends=BOOKED,
            staff=("staff_registers", "staff_books", "staff_deletes_ours"),
        ),
        _scenario("race", create(**PLACE), create(**PLACE, patient_id="12"), ends=ONE_WINS, staff=("staff_books",)),
        _scenario(
            "race_open",
            create(provider_id="1"),
            create(provider_id="1", patient_id="12"),
            ends=ONE_WINS,
            staff=("staff_books",),
        ),
        _scenario(
            "race_later",
            create(**PLACE),
            create(**PLACE, patient_id="12"),
            apart=120.0,
            ends=ONE_WINS,
            staff=("staff_books",),
        ),
        _scenario(
            "line",
            reschedule(),
            CANCEL,
            apart=0.5,
            ends=(MOVED[0] | {"failed/not_movable"}, frozenset({"completed/cancelled"})),
            visits=(OLD,),
            staff=_ON_OLD,
        ),
        _scenario(
            "line_creates",
            create(14),
            create(15),
            apart=0.5,
            ends=(*BOOKED, *BOOKED),
            staff=_AFTER_CREATE,
        ),
        _scenario(
            "create_soon",
            create(start=(TODAY + timedelta(hours=8, minutes=5)).isoformat(), **PLACE),
            ends=(BOOKED[0] | {"failed/expired", "refused/invalid_time"},),
            staff=_AFTER_CREATE,
            day=TODAY,
            first=3600.0,
        ),
        _scenario(
            "create_collision",
            create(**PLACE),
            ends=_one("failed/slot_taken"),
            before_write=("staff_books",),
            staff=_AFTER_CREATE,
        ),
        _scenario(
            "move_collision",
            reschedule(),
            ends=_one("failed/slot_taken"),
            visits=(OLD,),
            before_write=("staff_books",),
            staff=(*_ON_OLD, *_AFTER_CREATE, "staff_books_old_time"),
        ),
        _scenario(
            "rebook_collision",
            reschedule(),
            ends=_one("failed/slot_taken"),
            practice=REBOOKS,
            visits=(OLD,),
            before_write=("staff_books",),
            staff=(*_ON_OLD, *_AFTER_CREATE),
        ),
        _scenario(
            "withdraw",
            create(**PLACE),
            ends=_one("completed/booked", "failed/withdrawn"),
            acts=((0.06, "withdraw"),),
            staff=_AFTER_CREATE,
        ),
    )
}
