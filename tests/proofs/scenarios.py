"""What is played: small charts of one day, the requests that come, and what staff and callers do in between."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from openchair.models.person import Patient
from openchair.models.practice import Booking, Ehr, OpenDentalSettings, Practice, PracticeRecord, Service
from openchair.models.visit import Appointment, AppointmentStatus
from tests.proofs.chart import Fate, Row
from tests.proofs.faults import Answer

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
    """`waits`: the door is asked to wait so many seconds for the end. A key is its caller's own."""

    at: float
    body: dict[str, Any]
    key: str | None
    practice_id: str = "p1"
    waits: float = 0.0
    caller: str = CALLER

    @property
    def named(self) -> str:
        return f"{self.caller}/{self.key}"


@dataclass(frozen=True, slots=True)
class Later:
    """An EHR that writes later, by so many seconds, and reads every `cycle` seconds what the practice's system has.

    `fates` of its writes are in order, the last one of all that follow. `shows_what_was_written`: the vendor's row
    shows what the system has with the writing itself, else with the next reading. `opens_with_writes`: it tells of an
    open way only when something was written; `stamps_truly`: its rows tell when they were changed last.
    """

    fates: tuple[Fate, ...] = (Fate.WRITTEN,)
    seconds: float = 400.0
    cycle: float = 300.0
    overwrites: bool = False
    shows_what_was_written: bool = True
    moves_in_place: bool = True
    moves_to_other_provider: bool = True
    writes_reach_chart: bool = True
    tells_when_open: bool = True
    opens_with_writes: bool = False
    stamps_truly: bool = True
    tells_when_compared: bool = True
    holds_notes_up_to: int | None = None


type Fault = tuple[str, int, type[Exception]]
"""An effect's name, how manieth of it (0: every), and what it raises."""


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
    queue's invocations at once. `answers` are to the first writes, `decides` is how a person settles a task's first
    review, its second, and so on. `not_promised` names invariants that do not hold in a world beyond our assumptions,
    `inserts_at` what happens before an effect of the undisturbed run, `closes` the hour at which the practice's day
    ends. A patient's own list ends at `lists_end`. With `shares_chairs` each provider works in both chairs.
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
    answers: tuple[tuple[int, Answer], ...] = ()
    faults: tuple[Fault, ...] = ()
    decides: tuple[str, ...] = ()
    later: Later | None = None
    not_promised: frozenset[str] = frozenset()
    is_corner: bool = False
    closes: int = 17
    inserts_at: tuple[tuple[str, int], ...] = ()
    lists_end: datetime | None = None
    shares_chairs: bool = False

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


def today(hour: int, minute: int = 0) -> str:
    return (TODAY + timedelta(hours=hour, minutes=minute)).isoformat()


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


def record(
    practice_id: str = "p1", account: str = ACCOUNT, timezone: str = "America/Denver", **open_dental: Any
) -> PracticeRecord:
    settings = OpenDentalSettings(api_key_secret_name=f"practice-{practice_id}-opendental-api-key", **open_dental)
    services = (Service(id="exam", name="Exam", minutes=30), Service(id="filling", name="Filling", minutes=60))
    practice = Practice(
        id=practice_id,
        name="Mesa Dental",
        timezone=timezone,
        ehr=Ehr.OPEN_DENTAL,
        open_dental=settings,
        services=services,
    )
    return PracticeRecord(practice, 1, account)


ADA = Patient("11", "Ada", "Stone", phones=("3035550111",))
BEA = Patient("12", "Bea", "Lind", phones=("3035550112",))
MARSHES = tuple(Patient(each, "Cleo", "Marsh", date(1990, 5, 6), ("3035550142",)) for each in ("78", "79"))
MOVES, REBOOKS = record(), record(reschedule="rebook")
AT_ONCE = replace(MOVES, practice=MOVES.practice.model_copy(update={"booking": Booking(minimum_lead_minutes=0)}))
MAY_OVERLAP = replace(record(), may_overlap=True)
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
    """The newest visit that a task of ours booked or moved, once the practice's own system shows it."""
    office = simulation.office
    mine = [
        row
        for row in simulation.chart.live()
        if row.past[-1].by in simulation.practice_of and (office is None or office.is_live(row))
    ]
    return mine[-1] if mine else None


def _old(simulation: "Simulation") -> Row | None:
    row = simulation.chart.rows.get("50")
    return row if row is not None and row.is_live else None


def _at(simulation: "Simulation", hour: int, minute: int = 0) -> datetime:
    return simulation.scenario.day + timedelta(hours=hour, minutes=minute)


def _staff_books(simulation: "Simulation") -> None:
    simulation.chart.staff_books("12", _at(simulation, 14), 60, "1", "1")


def _staff_books_provider(simulation: "Simulation") -> None:
    """The provider alone, in another chair: whose time is short is not the chair's."""
    simulation.chart.staff_books("12", _at(simulation, 14), 30, "2", "1")


def _staff_books_evening(simulation: "Simulation") -> None:
    simulation.chart.staff_books("12", _at(simulation, 18), 60, "1", "1")


def _staff_books_morning(simulation: "Simulation") -> None:
    simulation.chart.staff_books("12", _at(simulation, 8), 60, "1", "1")


def _staff_books_night(simulation: "Simulation") -> None:
    """From the evening before until the practice has long opened."""
    simulation.chart.staff_books("12", _at(simulation, -1), 10 * 60, "1", "1")


def _staff_books_old_time(simulation: "Simulation") -> None:
    old = simulation.chart.rows["50"]
    if not (old.is_live and old.visit.start == _at(simulation, 10)):
        simulation.chart.staff_books("12", _at(simulation, 10), 60, "1", "1")


def _staff_books_old_time_soon(simulation: "Simulation") -> None:
    """As soon as the visit has left it."""
    simulation.kernel.at(simulation.kernel.now + 1.0, lambda: _staff_books_old_time(simulation))


def _staff_books_same_patient(simulation: "Simulation") -> None:
    simulation.chart.staff_books("11", _at(simulation, 14), 30, "2", "2")


def _staff_moves_old(simulation: "Simulation") -> None:
    if row := _old(simulation):
        simulation.chart.staff_moves(row, _at(simulation, 16))


def _staff_deletes_old(simulation: "Simulation") -> None:
    if row := _old(simulation):
        simulation.chart.staff_deletes(row)


def _staff_cancels_old(simulation: "Simulation") -> None:
    if row := _old(simulation):
        simulation.chart.staff_sets(row, AppointmentStatus.CANCELLED)


def _staff_completes_old(simulation: "Simulation") -> None:
    if row := _old(simulation):
        simulation.chart.staff_sets(row, AppointmentStatus.FULFILLED)


def _patient_arrives(simulation: "Simulation") -> None:
    """For the visit that stood there from the start."""
    if row := _old(simulation):
        simulation.chart.staff_sets(row, AppointmentStatus.ARRIVED)


def _patient_misses_old(simulation: "Simulation") -> None:
    if row := _old(simulation):
        simulation.chart.staff_sets(row, AppointmentStatus.NOSHOW)


def _staff_adds_note(simulation: "Simulation") -> None:
    if row := _old(simulation):
        simulation.chart.staff_changes(row, note=f"{row.visit.note}\nallergic to latex".strip())


def _staff_deletes_ours(simulation: "Simulation") -> None:
    if row := _ours(simulation):
        simulation.chart.staff_deletes(row)


def _staff_deletes_ours_soon(simulation: "Simulation") -> None:
    """As soon as it stands."""
    simulation.kernel.at(simulation.kernel.now + 1.0, lambda: _staff_deletes_ours(simulation))


def _staff_moves_ours(simulation: "Simulation") -> None:
    if row := _ours(simulation):
        simulation.chart.staff_moves(row, _at(simulation, 15, 30))


def _staff_moves_ours_to_another_day(simulation: "Simulation") -> None:
    if row := _ours(simulation):
        simulation.chart.staff_moves(row, _at(simulation, 15, 30) + timedelta(days=3))


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
    "staff_books_provider": _staff_books_provider,
    "staff_books_evening": _staff_books_evening,
    "staff_books_morning": _staff_books_morning,
    "staff_books_night": _staff_books_night,
    "staff_books_old_time": _staff_books_old_time,
    "staff_books_old_time_soon": _staff_books_old_time_soon,
    "staff_books_same_patient": _staff_books_same_patient,
    "staff_moves_old": _staff_moves_old,
    "staff_deletes_old": _staff_deletes_old,
    "staff_cancels_old": _staff_cancels_old,
    "staff_completes_old": _staff_completes_old,
    "patient_arrives": _patient_arrives,
    "patient_misses_old": _patient_misses_old,
    "staff_adds_note": _staff_adds_note,
    "staff_deletes_ours": _staff_deletes_ours,
    "staff_deletes_ours_soon": _staff_deletes_ours_soon,
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
_ON_OLD = (
    "staff_moves_old",
    "staff_deletes_old",
    "staff_cancels_old",
    "staff_completes_old",
    "patient_arrives",
)
_ALWAYS = ("withdraw", "second_worker")


def _one(*ends: str) -> tuple[frozenset[str], ...]:
    return (frozenset(ends),)


def small(
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
    answers: tuple[tuple[int, Answer], ...] = (),
    faults: tuple[Fault, ...] = (),
    decides: tuple[str, ...] = (),
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
        answers=answers,
        faults=faults,
        decides=decides,
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
        small(
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
        small(
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
        small("create", create(), ends=BOOKED, staff=_AFTER_CREATE),
        small("create_held", create(**PLACE), ends=BOOKED, staff=_AFTER_CREATE),
        small("create_second", create(**PLACE), ends=BOOKED, visits=(OLD,), staff=(*_AFTER_CREATE, *_ON_OLD)),
        small(
            "move", reschedule(), ends=MOVED, visits=(OLD,), staff=(*_ON_OLD, *_AFTER_CREATE, "staff_books_old_time")
        ),
        small(
            "move_with_notes",
            reschedule(notes="wants mornings"),
            ends=MOVED,
            visits=(replace(OLD, note="anxious"),),
            staff=(*_ON_OLD, "staff_adds_note"),
            writes=2,
        ),
        small(
            "rebook",
            reschedule(),
            ends=MOVED,
            practice=REBOOKS,
            visits=(OLD,),
            staff=(*_ON_OLD, *_AFTER_CREATE),
        ),
        small("cancel", CANCEL, ends=_one("completed/cancelled"), visits=(OLD,), staff=_ON_OLD),
        small("confirm", CONFIRM, ends=_one("completed/confirmed"), visits=(OLD,), staff=_ON_OLD),
        small("onboard", onboard(), ends=_one("completed/patient_created"), staff=("staff_registers",)),
        small(
            "onboard_visit",
            onboard(NEW_VISIT),
            ends=BOOKED,
            staff=("staff_registers", "staff_books", "staff_deletes_ours"),
        ),
        small("race", create(**PLACE), create(**PLACE, patient_id="12"), ends=ONE_WINS, staff=("staff_books",)),
        small(
            "race_open",
            create(provider_id="1"),
            create(provider_id="1", patient_id="12"),
            ends=ONE_WINS,
            staff=("staff_books",),
        ),
        small(
            "race_later",
            create(**PLACE),
            create(**PLACE, patient_id="12"),
            apart=120.0,
            ends=ONE_WINS,
            staff=("staff_books",),
        ),
        small(
            "line",
            reschedule(),
            CANCEL,
            apart=0.5,
            ends=(MOVED[0] | {"failed/not_movable"}, frozenset({"completed/cancelled"})),
            visits=(OLD,),
            staff=_ON_OLD,
        ),
        small(
            "line_creates",
            create(14),
            create(15),
            apart=0.5,
            ends=(*BOOKED, *BOOKED),
            staff=_AFTER_CREATE,
        ),
        small(
            "create_soon",
            create(start=(TODAY + timedelta(hours=8, minutes=5)).isoformat(), **PLACE),
            ends=(BOOKED[0] | {"failed/expired", "refused/invalid_time"},),
            practice=AT_ONCE,
            staff=_AFTER_CREATE,
            day=TODAY,
            first=3600.0,
        ),
        small(
            "create_collision",
            create(**PLACE),
            ends=_one("failed/slot_taken"),
            before_write=("staff_books",),
            staff=_AFTER_CREATE,
        ),
        small(
            "move_collision",
            reschedule(),
            ends=_one("failed/slot_taken"),
            visits=(OLD,),
            before_write=("staff_books",),
            staff=(*_ON_OLD, *_AFTER_CREATE, "staff_books_old_time"),
        ),
        small(
            "rebook_collision",
            reschedule(),
            ends=_one("failed/slot_taken"),
            practice=REBOOKS,
            visits=(OLD,),
            before_write=("staff_books",),
            staff=(*_ON_OLD, *_AFTER_CREATE),
        ),
        small(
            "withdraw",
            create(**PLACE),
            ends=_one("completed/booked", "failed/withdrawn"),
            acts=((0.06, "withdraw"),),
            staff=_AFTER_CREATE,
        ),
        small(
            "review_resend",
            create(**PLACE),
            ends=BOOKED,
            answers=((1, Answer.LATEST),),
            faults=(("ehr.patient_appointment_history", 1, ZeroDivisionError),),
            decides=("resend",),
            staff=("staff_deletes_ours", "staff_books_same_patient"),
        ),
        small(
            "review_give_up",
            create(**PLACE),
            ends=_one("completed/booked", "failed/given_up"),
            answers=((1, Answer.LATEST),),
            faults=(("ehr.patient_appointment_history", 1, ZeroDivisionError),),
            decides=("give_up",),
            staff=("staff_deletes_ours", "staff_books_same_patient"),
        ),
        small(
            "review_adopt",
            create(**PLACE),
            ends=BOOKED,
            answers=((1, Answer.LOST_BEFORE),),
            before_write=("staff_books_same_patient",),
            decides=("adopt_another_patients", "adopt_missing", "adopt_theirs"),
            visits=(visit("51", at(9), patient_id="12"),),
        ),
        small(
            "review_chart",
            onboard(NEW_VISIT),
            ends=BOOKED,
            decides=("adopt_missing_chart", "adopt_chart"),
            patients=(ADA, BEA, *MARSHES),
        ),
        small(
            "review_rebook",
            reschedule(),
            ends=_one("completed/old_visit_remains"),
            practice=REBOOKS,
            visits=(OLD,),
            before_write=("staff_moves_old",),
            decides=("resend", "give_up"),
        ),
        small(
            "review_removed",
            reschedule(),
            ends=_one("failed/given_up"),
            practice=REBOOKS,
            visits=(OLD,),
            before_write=("staff_deletes_ours_soon",),
            decides=("adopt_missing", "give_up"),
        ),
        small(
            "review_move",
            reschedule(),
            ends=(MOVED[0] | {"needs_review/cannot_adopt"},),
            visits=(OLD,),
            answers=((1, Answer.LATEST),),
            faults=(("ehr.appointment", 2, ZeroDivisionError),),
            decides=("adopt_missing", "adopt_named"),
        ),
        small(
            "review_cancel",
            CANCEL,
            ends=_one("completed/cancelled", "needs_review/cannot_adopt"),
            visits=(OLD,),
            answers=((1, Answer.LATEST),),
            faults=(("ehr.appointment", 2, ZeroDivisionError),),
            decides=("adopt_named", "adopt_named"),
        ),
        small(
            "review_collision",
            reschedule(),
            ends=_one("completed/moved_onto_collision"),
            visits=(OLD,),
            before_write=("staff_books", "staff_books_old_time_soon"),
            decides=("give_up",),
        ),
        small(
            "overlap_create",
            create(**PLACE, allow_overlap=True),
            ends=BOOKED,
            practice=MAY_OVERLAP,
            visits=(visit("51", at(14), patient_id="12"),),
            staff=("staff_deletes_ours",),
        ),
        small(
            "overlap_move",
            reschedule(allow_overlap=True),
            ends=MOVED,
            practice=MAY_OVERLAP,
            visits=(OLD, visit("51", at(14), patient_id="12")),
            staff=("staff_moves_old",),
        ),
        small(
            "overlap_refused",
            create(**PLACE, allow_overlap=True),
            create(**PLACE),
            apart=0.5,
            ends=(frozenset({"refused/overlap_not_allowed"}), *BOOKED),
        ),
    )
}
