"""The choke point: the core's ports as the simulation has them. Each call is an effect that can fail or be killed."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any

from openchair.errors import (
    AppointmentNotFound,
    EhrBusy,
    EhrNotSupported,
    EhrNotSynced,
    EhrOffline,
    EhrOutcomeUnknown,
    EhrRejected,
    EhrUnavailable,
    EhrUnreachable,
    OpenChairError,
    PatientNotFound,
    StoreUnavailable,
)
from openchair.models.journal import Claim, Hold, IdempotencyRecord, StepKind, Task, TaskPage, TaskState
from openchair.models.office import Operatory, Provider, Schedule, SyncState
from openchair.models.person import NewPatient, Patient, PatientQuery
from openchair.models.practice import PracticeRecord
from openchair.models.visit import Appointment, Move, NewAppointment, PatientVisits
from openchair.ports import Capabilities, DueTask
from tests.memory_store import MemoryCircuits, MemoryTaskStore
from tests.proofs.chart import Chart, Fate, Row
from tests.proofs.faults import BEYOND_SECONDS, EHR_CAP_SECONDS, FAR_BEYOND_SECONDS, Answer
from tests.proofs.invariants import WRITE_TIMEOUT_SECONDS, SeenDays
from tests.proofs.scenarios import Later

if TYPE_CHECKING:
    from tests.proofs.simulation import Simulation

STORE_SECONDS = 0.01
EHR_SECONDS = 1.0
OFFLINE_SECONDS = 5.0
READ_TIMEOUT_SECONDS = 20.0


class SimClock:
    """Satisfies `ports.Clock`: the virtual time as the running invocation's own clock shows it."""

    def __init__(self, simulation: "Simulation", start: datetime) -> None:
        self._kernel = simulation.kernel
        self._start = start

    def now(self) -> datetime:
        kernel = self._kernel
        skew = kernel.current.skew if kernel.current else 0.0
        return self._start + timedelta(seconds=kernel.now + skew)

    def monotonic(self) -> float:
        return self._kernel.now

    def sleep(self, seconds: float) -> None:
        self._kernel.wait(seconds)


class JsonTaskStore(MemoryTaskStore):
    """Keeps what the tables keep: a task's own JSON, and what a later version of it may read back."""

    def _put(self, task: Task) -> Task:
        super()._put(Task.model_validate_json(task.model_dump_json()))
        return task


class SimTaskStore:
    """Satisfies `ports.TaskStore`. A throttled write did nothing; one whose answer was lost did all."""

    def __init__(self, simulation: "Simulation", store: MemoryTaskStore) -> None:
        self._simulation = simulation
        self._kernel = simulation.kernel
        self._store = store

    def _read(self, name: str, detail: object = "") -> None:
        simulation = self._simulation
        self._kernel.begin(name, simulation.seconds(STORE_SECONDS), detail)
        if simulation.scenario.faults:
            simulation.maybe_fault(f"{self._kernel.running().name}:{name}")
        if simulation.is_faulty and simulation.draw(simulation.weather.store):
            self._kernel.tell("throttled")
            raise StoreUnavailable

    def _written[T](self, result: T) -> T:
        self._kernel.end()
        simulation = self._simulation
        if simulation.is_faulty and simulation.draw(simulation.weather.store / 2):
            self._kernel.tell("written, answer lost")
            raise StoreUnavailable
        return result

    def task(self, practice_id: str, task_id: str) -> Task:
        self._read("tasks.task")
        found = self._store.task(practice_id, task_id)
        self._kernel.end()
        return found

    def tasks(self, practice_id: str, state: TaskState | None, limit: int, cursor: str | None) -> TaskPage:
        self._read("tasks.tasks")
        return self._store.tasks(practice_id, state, limit, cursor)

    def accepted(self, practice_id: str, record: IdempotencyRecord) -> Task | None:
        self._read("tasks.accepted")
        found = self._store.accepted(practice_id, record)
        self._kernel.end()
        return found

    def line(self, ehr_account_id: str, line: str) -> Sequence[tuple[str, str]]:
        self._read("tasks.line", line)
        found = self._store.line(ehr_account_id, line)
        self._kernel.end()
        return found

    def claims(self, ehr_account_id: str, start: datetime, end: datetime) -> Sequence[Claim]:
        self._read("tasks.claims")
        found = self._store.claims(ehr_account_id, start, end)
        self._kernel.end()
        return found

    def due(self, now: datetime, limit: int) -> Sequence[DueTask]:
        self._read("tasks.due")
        found = self._store.due(now, limit)
        self._kernel.end()
        return found

    def accept(self, task: Task, record: IdempotencyRecord) -> Task:
        self._read("tasks.accept", task.type)
        stored = self._store.accept(task, record)
        self._simulation.stored(None, stored)
        return self._written(stored)

    def save(self, task: Task, take: Sequence[Hold] = (), join: str | None = None, leave: Sequence[Hold] = ()) -> Task:
        self._read("tasks.save", _journal(task) if self._kernel.trace is not None else "")
        before = self._store.task(task.practice_id, task.id)
        stored = self._store.save(task, take, join, leave)
        self._simulation.stored(before, stored)
        return self._written(stored)

    def end(self, task: Task) -> Task:
        self._read("tasks.end", _journal(task) if self._kernel.trace is not None else "")
        before = self._store.task(task.practice_id, task.id)
        stored = self._store.end(task)
        self._simulation.stored(before, stored)
        return self._written(stored)

    def note(self, task: Task) -> Task:
        """Counted apart, as the bus is: what is told changes nothing of what is done."""
        self._kernel.begin_aside("tasks.note", STORE_SECONDS)
        before = self._store.task(task.practice_id, task.id)
        stored = self._store.note(task)
        self._simulation.stored(before, stored)
        self._kernel.end_aside()
        return stored

    def wake(self, due: DueTask, next_attempt_at: datetime) -> Task | None:
        self._read("tasks.wake", due.task_id)
        return self._written(self._store.wake(due, next_attempt_at))


def _journal(task: Task) -> str:
    steps = " ".join(f"{step.kind.value}:{step.state.value}#{step.attempt}" for step in task.steps)
    return f"{task.state.value}/{task.code} [{steps}] v{task.version}"


class SimQueue:
    """Satisfies `ports.TaskQueue`."""

    def __init__(self, simulation: "Simulation") -> None:
        self._simulation = simulation

    def send(self, task: Task) -> None:
        simulation, kernel = self._simulation, self._simulation.kernel
        kernel.begin("queue.send", simulation.seconds(STORE_SECONDS), task.id)
        if simulation.is_faulty and simulation.draw(simulation.weather.store):
            kernel.tell("throttled")
            raise StoreUnavailable
        simulation.messages.send(task)
        kernel.end()


class SimEvents:
    """Satisfies `ports.TaskEvents`: a bus that refuses now and then, as its own dice fall."""

    def __init__(self, simulation: "Simulation") -> None:
        self._simulation = simulation
        self._dice = Random(simulation.plan.seed)
        self.told: dict[str, list[str]] = {}

    def publish(self, task: Task) -> None:
        simulation, kernel = self._simulation, self._simulation.kernel
        kernel.begin_aside("events.publish", STORE_SECONDS)
        if simulation.scenario.faults:
            simulation.maybe_fault("events.publish")
        if simulation.is_faulty and self._dice.random() < 2 * simulation.weather.store:
            kernel.tell("the bus refuses")
            raise StoreUnavailable
        self.told.setdefault(task.id, []).append(task.event)
        kernel.end_aside()


class SimCircuits:
    """Satisfies `ports.Circuits`; like the real one it has nothing to write when an account that works answers."""

    def __init__(self, simulation: "Simulation", circuits: MemoryCircuits) -> None:
        self._simulation = simulation
        self._kernel = simulation.kernel
        self._circuits = circuits
        self._has_failed: set[str] = set()

    def _touch(self, name: str) -> None:
        simulation = self._simulation
        self._kernel.begin(name, simulation.seconds(STORE_SECONDS))
        if simulation.is_faulty and simulation.draw(simulation.weather.store):
            self._kernel.tell("throttled")
            raise StoreUnavailable

    def next_try(self, ehr_account_id: str, practice_id: str) -> datetime | None:
        self._touch("circuits.next_try")
        found = self._circuits.next_try(ehr_account_id, practice_id)
        self._kernel.end()
        return found

    def failed(self, ehr_account_id: str, practice_id: str | None = None) -> None:
        self._touch("circuits.failed")
        self._has_failed.add(ehr_account_id)
        self._circuits.failed(ehr_account_id, practice_id)
        self._kernel.end()

    def answered(self, ehr_account_id: str, practice_id: str) -> None:
        if ehr_account_id not in self._has_failed:
            return
        self._touch("circuits.answered")
        self._has_failed.discard(ehr_account_id)
        self._circuits.answered(ehr_account_id, practice_id)
        self._kernel.end()


class SimPractices:
    """Satisfies `ports.PracticeReader`."""

    def __init__(self, simulation: "Simulation", records: Mapping[str, PracticeRecord]) -> None:
        self._simulation = simulation
        self._records = records

    def practice(self, practice_id: str) -> PracticeRecord:
        simulation, kernel = self._simulation, self._simulation.kernel
        kernel.begin("practices.practice", simulation.seconds(STORE_SECONDS))
        if simulation.scenario.faults:
            simulation.maybe_fault(f"{kernel.running().name}:practices.practice")
        if simulation.is_faulty and simulation.draw(simulation.weather.store):
            kernel.tell("throttled")
            raise StoreUnavailable
        kernel.end()
        return self._records[practice_id]

    def practice_for_caller(self, practice_id: str, caller_id: str) -> PracticeRecord:
        return self.practice(practice_id)


class SimEhr:
    """Satisfies `ports.EhrClient`: the chart behind a way that loses answers and delays effects, up to the cap."""

    def __init__(
        self,
        simulation: "Simulation",
        practice_id: str,
        chart: Chart,
        providers: Sequence[Provider],
        operatories: Sequence[Operatory],
        schedule: Schedule,
    ) -> None:
        self._simulation = simulation
        self._kernel = simulation.kernel
        self._chart = chart
        self._outages = [
            (one.begins, one.ends) for one in simulation.scenario.outages if one.practice_id == practice_id
        ]
        self._later = later = simulation.scenario.later
        self._fates = iter(later.fates if later else ())
        self._fate = Fate.WRITTEN
        self._capabilities = _AT_ONCE if later is None else _capabilities(later)
        self._turns = simulation.turns[simulation.records[practice_id].ehr_account_id]
        self._providers = providers
        self._operatories = operatories
        self._hours = schedule.work_blocks

    @property
    def capabilities(self) -> Capabilities:
        """Some EHRs are asked for a part of them."""
        if self._simulation.scenario.faults:
            self._simulation.maybe_fault("ehr.capabilities")
        return self._capabilities

    def sync_state(self, location_id: str | None) -> SyncState:
        def look() -> SyncState:
            office = self._simulation.office
            if office is None or self._later is None:
                return SyncState()
            written_at = office.open_at() if self._later.tells_when_open else None
            return SyncState(self._later.writes_reach_chart, read_at=office.read_at(), written_at=written_at)

        return self._read("ehr.sync_state", look)

    # ------------------------------------------------------------------------------------------------ reads

    def _read[T](self, name: str, look: Callable[[], T], detail: object = "") -> T:
        def exchange() -> T:
            simulation, kernel = self._simulation, self._kernel
            kernel.begin(name, simulation.seconds(EHR_SECONDS), detail)
            self._check_reachable()
            if simulation.scenario.faults:
                simulation.maybe_fault(name)
            if simulation.is_faulty and simulation.weather.ehr:
                self._maybe_fail()
            if simulation.office is not None:
                simulation.office.read()
            found = look()
            kernel.end()
            return found

        read: T = self._turns.call(exchange, is_write=False)
        return read

    def _maybe_fail(self) -> None:
        simulation, kernel = self._simulation, self._kernel
        if simulation.draw(simulation.weather.ehr / 4):
            kind = simulation.kernel.rng.random()
            kernel.tell("no usable answer")
            if kind < 0.15:
                raise EhrOffline
            if kind < 0.3:
                raise EhrUnreachable
            if kind < 0.5:
                raise EhrBusy(retry_after=30.0)
            if kind < 0.7:
                kernel.wait(READ_TIMEOUT_SECONDS)
            raise EhrUnavailable
        if simulation.draw(simulation.weather.ehr / 8):
            kernel.wait(kernel.rng.uniform(0.0, READ_TIMEOUT_SECONDS))

    def _check_reachable(self) -> None:
        now = self._kernel.now
        if any(begins <= now < ends for begins, ends in self._outages):
            self._kernel.wait(OFFLINE_SECONDS)
            raise EhrOffline

    def providers(self, *, max_age_seconds: float | None = None) -> Sequence[Provider]:
        return self._read("ehr.providers", lambda: self._providers)

    def operatories(self, *, max_age_seconds: float | None = None) -> Sequence[Operatory]:
        return self._read("ehr.operatories", lambda: self._operatories)

    def schedule(self, start_date: date, end_date: date) -> Schedule:
        def look() -> Schedule:
            return Schedule(tuple(one for one in self._hours if start_date <= one.start.date() <= end_date))

        return self._read("ehr.schedule", look)

    def appointments(self, start_date: date, end_date: date) -> Sequence[Appointment]:
        def look() -> Sequence[Appointment]:
            found = [
                row.visit
                for row in self._chart.rows.values()
                if not row.is_deleted
                and row.visit.start is not None
                and start_date <= row.visit.start.date() <= end_date
            ]
            self._kernel.running().scratch["days"] = SeenDays(start_date, end_date, found)
            for visit in found:
                self._saw(visit)
            return found

        return self._read("ehr.appointments", look)

    def appointment(self, appointment_id: str) -> Appointment:
        def look() -> Row | None:
            row = self._chart.rows.get(appointment_id)
            if row is None or row.is_deleted:
                return None
            self._saw(row.visit)
            return row

        row = self._read("ehr.appointment", look, appointment_id)
        if row is None:
            raise AppointmentNotFound
        return row.visit

    def is_confirmed(self, visit: Appointment) -> bool:
        return bool(visit.is_confirmed)

    def patient(self, patient_id: str) -> Patient:
        found = self._read("ehr.patient", lambda: self._chart.patients.get(patient_id), patient_id)
        if found is None:
            raise PatientNotFound
        return found

    def find_patients(self, query: PatientQuery) -> Sequence[Patient]:
        return self._read(
            "ehr.find_patients",
            lambda: [
                one
                for one in self._chart.patients.values()
                if query.date_of_birth is None or one.date_of_birth == query.date_of_birth
            ],
        )

    def patient_appointments(self, patient_id: str) -> Sequence[Appointment]:
        def look() -> Sequence[Appointment]:
            rows = self._chart.rows.values()
            found = [row.visit for row in rows if not row.is_deleted and row.visit.patient_id == patient_id]
            until = self._simulation.scenario.lists_end
            if until is not None:
                found = [visit for visit in found if visit.start is None or visit.start < until]
            for visit in found:
                self._saw(visit)
            return found

        return self._read("ehr.patient_appointments", look, patient_id)

    def patient_visits(self, patient_id: str) -> PatientVisits:
        return PatientVisits(self.patient_appointments(patient_id))

    def patient_appointment_history(self, patient_id: str) -> Sequence[Appointment]:
        def look() -> Sequence[Appointment]:
            rows = [row for row in self._chart.rows.values() if row.visit.patient_id == patient_id]
            return [former for row in rows for former in row.former]

        return self._read("ehr.patient_appointment_history", look, patient_id)

    def _saw(self, visit: Appointment) -> None:
        """What this invocation was shown of a visit last, and when."""
        self._kernel.running().scratch[visit.id] = (self._kernel.now, visit)

    # ------------------------------------------------------------------------------------------------ writes

    def create_appointment(self, new: NewAppointment) -> Appointment:
        created: Appointment = self._write(StepKind.CREATE_APPOINTMENT, new, lambda by: self._chart.create(new, by))
        return created

    def move_appointment(self, appointment_id: str, move: Move) -> Appointment:
        moved: Appointment = self._write(
            StepKind.MOVE_APPOINTMENT, (appointment_id, move), lambda by: self._chart.move(appointment_id, move, by)
        )
        return moved

    def cancel_appointment(self, appointment_id: str, *, send_to_unscheduled_list: bool) -> Appointment | None:
        cancelled: Appointment = self._write(
            StepKind.CANCEL_APPOINTMENT,
            appointment_id,
            lambda by: self._chart.cancel(appointment_id, by, to_list=send_to_unscheduled_list),
        )
        return None if self._later is None else cancelled

    def confirm_appointment(self, appointment_id: str) -> Appointment | None:
        confirmed: Appointment = self._write(
            StepKind.CONFIRM_APPOINTMENT, appointment_id, lambda by: self._chart.confirm(appointment_id, by)
        )
        return None if self._later is None else confirmed

    def add_note(self, appointment_id: str, note: str) -> None:
        self._write(
            StepKind.APPEND_NOTE,
            (appointment_id, note),
            lambda by: self._chart.append_note(appointment_id, note, by),
        )

    def create_patient(self, new: NewPatient) -> Patient:
        made: Patient = self._write(StepKind.CREATE_PATIENT, new, lambda by: self._chart.register(new, by))
        return made

    def _write(self, kind: StepKind, what: Any, apply: Callable[[str], Any]) -> Any:
        return self._turns.call(lambda: self._exchange(kind, what, apply), is_write=True)

    def _exchange(self, kind: StepKind, what: Any, apply: Callable[[str], Any]) -> Any:
        simulation, kernel = self._simulation, self._kernel
        if self._later is not None:
            apply = partial(self._taken_in, apply)
        kernel.begin("EHR." + kind.value, simulation.seconds(EHR_SECONDS), what if kernel.trace is not None else "")
        by = kernel.running().task_id
        simulation.before_write()
        self._check_reachable()
        if simulation.scenario.faults:
            simulation.maybe_fault("EHR." + kind.value)
        answer = simulation.answer_to_write()
        if answer is not Answer.OK:
            kernel.tell(f"answer: {answer.name}")
        if answer is Answer.NOT_SENT:
            raise EhrUnreachable
        if answer is Answer.BUSY:
            raise EhrBusy(retry_after=20.0)
        if answer is Answer.NOT_SYNCED:
            raise EhrNotSynced
        simulation.called(kind, what, by)
        if answer is Answer.REFUSED:
            simulation.ehr_refused = True
            raise EhrRejected
        if answer is Answer.NOT_SUPPORTED:
            raise EhrNotSupported
        if answer in (Answer.UNLISTED, Answer.UNLISTED_OTHERWISE):
            kernel.end()
            raise EhrOutcomeUnknown(fingerprint=answer.name)
        if answer is Answer.OK:
            result = apply(by)
            kernel.end()
            kernel.wait(simulation.seconds(EHR_SECONDS))
            return result
        if answer is Answer.LOST_AFTER:
            _ignored(apply, by)
        elif answer in (Answer.LATE, Answer.LATEST, Answer.BEYOND, Answer.FAR_BEYOND):
            after = EHR_CAP_SECONDS if answer is Answer.LATEST else kernel.rng.uniform(0.0, EHR_CAP_SECONDS)
            if answer in (Answer.BEYOND, Answer.FAR_BEYOND):
                after = BEYOND_SECONDS if answer is Answer.BEYOND else FAR_BEYOND_SECONDS
            simulation.later(after, lambda: _ignored(apply, by), "" if kind is StepKind.CREATE_PATIENT else by)
        kernel.end()
        kernel.wait(WRITE_TIMEOUT_SECONDS if simulation.coin() else simulation.seconds(EHR_SECONDS))
        raise EhrOutcomeUnknown

    def _taken_in(self, apply: Callable[[str], Any], by: str) -> Any:
        """By the vendor; what the practice's own system makes of it follows."""
        office = self._simulation.office
        assert office is not None
        office.read()
        result = apply(by)
        self._fate = fate = next(self._fates, self._fate)
        if self._chart.touched is not None:
            self._simulation.accepted(self._chart.touched, by, fate)
        return result


_AT_ONCE = Capabilities(moves_in_place=True, writes_asynchronously=False, appends_notes=True)


def _capabilities(later: Later) -> Capabilities:
    return Capabilities(
        moves_in_place=later.moves_in_place,
        writes_asynchronously=True,
        moves_to_other_provider=later.moves_to_other_provider,
        holds_notes_up_to=later.holds_notes_up_to,
        read_cycle=timedelta(seconds=later.cycle),
    )


def _ignored(apply: Callable[[str], Any], by: str) -> None:
    """The effect of a write whose answer nobody gets."""
    try:
        apply(by)
    except OpenChairError:
        return
