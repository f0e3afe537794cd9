"""One run: a scenario played by the product's own code in a given weather, with given kills and interventions."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from types import SimpleNamespace
from typing import Any

from openchair import limits, queue_messages
from openchair.errors import OpenChairError, RequestError, StoreError
from openchair.models.journal import TERMINAL, StepKind, Task, TaskState
from openchair.models.office import Operatory, Provider, Schedule, WorkBlock
from openchair.models.person import Patient
from openchair.models.request import OnboardNewPatient
from openchair.models.texts import Stored
from openchair.models.visit import Appointment
from openchair.queue_messages import each_message
from openchair.tasks import ids
from openchair.tasks.announce import announce_change
from openchair.tasks.park import park_task
from openchair.tasks.process import process_task
from openchair.tasks.resolve import resolve_task
from openchair.tasks.submit import submit_task
from openchair.tasks.wake import await_end, wake_tasks
from openchair.tasks.withdraw import withdraw_task
from tests import memory_store
from tests.memory_store import MemoryCircuits, MemoryLimits, MemoryTaskStore
from tests.proofs import invariants
from tests.proofs.chart import STAFF, Chart, Fate, Row
from tests.proofs.corners_of_state import CORNERS
from tests.proofs.faults import FAULTY_SECONDS, Answer, weather_of
from tests.proofs.invariants import Call, Change, Invariant, SeenDays
from tests.proofs.kernel import AFTER, BEFORE, Invocation, Kernel
from tests.proofs.later import BEHIND
from tests.proofs.messages import Messages
from tests.proofs.office import Office, OfficeChange
from tests.proofs.person import MOST_DECISIONS, SECONDS_TO_DECIDE, TRIED_AGAIN_AFTER, WORDS, Decision, body_of
from tests.proofs.ports import (
    STORE_SECONDS,
    JsonTaskStore,
    SimCircuits,
    SimClock,
    SimEhr,
    SimEvents,
    SimPractices,
    SimQueue,
    SimTaskStore,
)
from tests.proofs.quick_copy import quick_copy, quick_replace
from tests.proofs.scenarios import CROWDS, RACES, SCENARIOS, START, Intervention, Request, Scenario
from tests.proofs.turns import SimLimits, Turns
from tests.proofs.worlds import WORLDS

WORKER_SECONDS = 180
SUBMIT_SECONDS = 29.0
WAKE_SECONDS = 50.0
HORIZON_SECONDS = 72 * 3600.0
MINUTE = 60.0
CLIENT_TRIES_AGAIN = 5.0
CLIENT_TRIES = 8
_EVERY = {**SCENARIOS, **WORLDS, **BEHIND, **RACES, **CROWDS, **CORNERS}
_LETTERS = {BEFORE: "b", AFTER: "a"}
_FATES = (6 * (Fate.WRITTEN,)) + (Fate.ELSEWHERE, Fate.REVERTED, Fate.REFUSED, Fate.FORGOTTEN)
_SECONDS_UNTIL_WRITTEN = (60.0, 1200.0, 24 * 3600.0)

PROVIDERS = (Provider("1", "Dr. Abel"), Provider("2", "Dr. Baker"))
CHAIRS = (Operatory("1", "Chair 1"), Operatory("2", "Chair 2"))


@cache
def _hours(day: datetime, closes: int, *, shares: bool) -> Schedule:
    days = (day, day + timedelta(days=3))
    opens, ends = timedelta(hours=8), timedelta(hours=closes)
    work_in = {n: ("1", "2") if shares else (n,) for n in ("1", "2")}
    return Schedule(tuple(WorkBlock(n, work_in[n], at + opens, at + ends) for at in days for n in work_in))


class _NoLog:
    """Stands in for the logger at the queue's edge: its lines would be most of a run's time."""

    def append_keys(self, **_: object) -> None: ...
    def exception(self, _: str) -> None: ...


def _tell_nothing(_: Task) -> None: ...


_QUIET = SimpleNamespace(logger=_NoLog(), task=_tell_nothing)


@contextmanager
def _deterministic(source: "Simulation") -> Iterator[None]:
    """For the time of a run, ids and markers come from it and the queue's edge keeps no log."""
    kept = ids.__dict__["secrets"], queue_messages.__dict__["log"]
    Stored.model_copy = quick_copy  # type: ignore[method-assign, assignment]
    for module in (limits, memory_store):
        module.__dict__["replace"] = quick_replace
    ids.__dict__["secrets"], queue_messages.__dict__["log"] = source, _QUIET
    try:
        yield
    finally:
        ids.__dict__["secrets"], queue_messages.__dict__["log"] = kept
        del Stored.model_copy
        for module in (limits, memory_store):
            module.__dict__["replace"] = replace


@dataclass(frozen=True, slots=True)
class Plan:
    """All that decides a run.

    Kills are (effect, side), inserts (intervention, effect), answers (nth write, answer), stalls (effect, seconds),
    turn kills (effect of the limiter's, side).
    """

    scenario: str
    seed: int = 0
    kills: tuple[tuple[int, int], ...] = ()
    inserts: tuple[tuple[str, int], ...] = ()
    answers: tuple[tuple[int, Answer], ...] = ()
    stalls: tuple[tuple[int, int], ...] = ()
    turn_kills: tuple[tuple[int, int], ...] = ()

    def __str__(self) -> str:
        words = [self.scenario, f"seed={self.seed}"]
        words += [f"kill={number}{_LETTERS[side]}" for number, side in self.kills]
        words += [f"turnkill={number}{_LETTERS[side]}" for number, side in self.turn_kills]
        words += [f"insert={name}@{number}" for name, number in self.inserts]
        words += [f"answer={answer.name}@{number}" for number, answer in self.answers]
        words += [f"stall={seconds}@{number}" for number, seconds in self.stalls]
        return " ".join(words)

    @classmethod
    def parse(cls, words: Sequence[str]) -> "Plan":
        given: dict[str, list[str]] = {}
        for word in words[1:]:
            key, _, value = word.partition("=")
            given.setdefault(key, []).append(value)
        sides = {letter: side for side, letter in _LETTERS.items()}
        return cls(
            words[0],
            int(given.get("seed", ["0"])[0]),
            tuple((int(value[:-1]), sides[value[-1]]) for value in given.get("kill", ())),
            tuple((value.split("@")[0], int(value.split("@")[1])) for value in given.get("insert", ())),
            tuple((int(value.split("@")[1]), Answer[value.split("@")[0]]) for value in given.get("answer", ())),
            tuple((int(value.split("@")[1]), int(value.split("@")[0])) for value in given.get("stall", ())),
            tuple((int(value[:-1]), sides[value[-1]]) for value in given.get("turnkill", ())),
        )


@dataclass(frozen=True, slots=True)
class Violation:
    invariant: str
    detail: str
    plan: Plan


class Simulation:
    """The world of one run. `play` runs it to its end; `violations` then holds what was wrong (the first ends it)."""

    def __init__(self, plan: Plan, tracing: bool = False, scenario: Scenario | None = None) -> None:
        self.plan = plan
        self.scenario: Scenario = scenario or _EVERY[plan.scenario]
        self.records = {record.practice.id: record for record in self.scenario.records}
        self.weather = weather_of(plan.seed)
        self.is_kills_only = plan.seed <= 0 and not plan.inserts and not plan.answers and not plan.stalls
        if self.scenario.is_corner and (plan.kills or plan.turn_kills):
            self.is_kills_only = False
        self.kernel = Kernel(plan.seed, frozenset(plan.kills), tracing)
        self.kernel.stalls = dict(plan.stalls)
        self.kernel.aside_kills = frozenset(plan.turn_kills)
        self.violations: list[Violation] = []
        self.told: dict[str, set[str]] = {}
        self.refused: dict[str, RequestError] = {}
        self.sent: set[tuple[str, StepKind, int, int]] = set()
        self.bases: dict[tuple[str, str], tuple[datetime | None, str | None]] = {}
        self.practice_of: dict[str, str] = {}
        self.decisions: dict[str, list[Decision]] = {}
        self.on_their_way: Counter[str] = Counter()
        self._underway: list[Callable[[], None]] = []
        self._answers = {**dict(self.scenario.answers), **dict(plan.answers)}
        self._reads: Counter[str] = Counter()
        self.writes = 0
        self.staff_acted = self.ehr_refused = False
        self._number = 0

        kernel = self.kernel
        self.chart = Chart(lambda: kernel.now, refuses_duplicate_patients=self.weather.refuses_duplicate_patients)
        self.chart.writes_later = self.scenario.later is not None
        for visit in self.scenario.visits:
            self.chart.add(visit)
        self.chart.patients = {patient.id: patient for patient in self.scenario.patients}
        self.chart.changed = self._changed
        self.chart.registered = self._registered
        self.clock = SimClock(self, START)
        # Too slow for every kill.
        is_whole = not (plan.kills or plan.turn_kills or plan.inserts)
        self.store = JsonTaskStore(self.clock) if is_whole else MemoryTaskStore(self.clock)
        self.tasks = SimTaskStore(self, self.store)
        self.messages = Messages(self)
        self.queue = SimQueue(self)
        self.events = SimEvents(self)
        self.circuits = SimCircuits(self, MemoryCircuits(self.clock))
        self.practices = SimPractices(self, self.records)
        self.limits = SimLimits(self, MemoryLimits())
        accounts = {record.ehr_account_id for record in self.scenario.records}
        self.turns = {account: Turns(self, account, START) for account in sorted(accounts)}
        hours = _hours(self.scenario.day, self.scenario.closes, shares=self.scenario.shares_chairs)
        later = self.scenario.later
        overwrites = later is not None and (self.kernel.rng.random() < 0.5 if plan.seed > 0 else later.overwrites)
        self.office = Office(self, later, overwrites=overwrites) if later is not None else None
        if self.office is not None:
            self.chart.stamp = self.office.stamp
        self._ehrs = {each: SimEhr(self, each, self.chart, PROVIDERS, CHAIRS, hours) for each in self.records}

    # ------------------------------------------------------------------------------------------------ play

    def play(self) -> "Simulation":
        with _deterministic(self):
            self._play()
        return self

    def _play(self) -> None:
        for request in self.scenario.requests:
            self.kernel.at(request.at, partial(self.submit, request))
        for at, name in self.scenario.acts:
            self.kernel.at(at, partial(self.intervene, name))
        for name, number in (*self.scenario.inserts_at, *self.plan.inserts):
            self._at_effect(number, name)
        if self.weather.staff:
            rng = self.kernel.rng
            names = list(self.scenario.staff)
            for _ in range(3):
                if names and rng.random() < self.weather.staff / 2:
                    self._at_effect(rng.randint(4, 50), rng.choice(names))
        self.kernel.at(MINUTE, self._tick)
        self.kernel.run(HORIZON_SECONDS)
        if self.office is not None:
            self.office.read()
        if not self.violations:
            self._check(invariants.FINAL, None)

    def choice(self, letters: str) -> str:
        """In place of `secrets`: ids and markers that are the same in every replay."""
        self._number = (self._number * 1103515245 + 12345) % 2147483648
        return letters[(self._number >> 12) % len(letters)]

    def _at_effect(self, number: int, name: str) -> None:
        self.kernel.at_effect.setdefault(number, []).append(partial(self.intervene, name))

    def intervene(self, name: str) -> None:
        self.kernel.tell(f"--- {name}")
        if name.startswith(("staff", "patient")):
            self.staff_acted = True
        if self.office is not None:
            self.office.read()
        act: Intervention = self.scenario.interventions[name]
        act(self)

    def before_write(self) -> None:
        if not self.writes:
            for name in self.scenario.before_write:
                self.intervene(name)

    # ---------------------------------------------------------------------------------------- invocations

    def submit(self, request: Request, tries: int = 1) -> None:
        record, key, text = self.records[request.practice_id], request.key, json.dumps(request.body).encode()
        name = request.named

        def work() -> Task:
            task = submit_task(
                record, request.caller, key, text, self.tasks, self.queue, self.clock, lambda *parts: "|".join(parts)
            )
            return await_end(task, request.waits, self.tasks, self.clock) if request.waits else task

        def ended(invocation: Invocation) -> None:
            if isinstance(invocation.error, RequestError):
                self.refused[name] = invocation.error
            elif invocation.answer is not None:
                if invocation.answer.caller_id != request.caller:
                    self.violate("own-answers", f"{request.caller} was answered with {invocation.answer.id} of another")
                self.told.setdefault(name, set()).add(invocation.answer.id)
            else:
                self._check_error(invocation)
                if tries < CLIENT_TRIES:
                    self.kernel.at(self.kernel.now + CLIENT_TRIES_AGAIN, partial(self.submit, request, tries + 1))

        self.kernel.start("submit", work, seconds=SUBMIT_SECONDS, skew=self._skew(), on_end=ended)

    def work(self, practice_id: str, task_id: str, worked: Callable[[bool], None]) -> None:
        """One delivery of a message to `process_tasks`, through the queue's own edge."""
        kernel = self.kernel
        body = f'{{"practice_id": "{practice_id}", "task_id": "{task_id}"}}'
        failed: list[Exception] = []

        def process(practice_id: str, task_id: str) -> Task:
            try:
                return process_task(
                    practice_id,
                    task_id,
                    tasks=self.tasks,
                    practices=self.practices,
                    ehr_for=lambda record: self._ehrs[record.practice.id],
                    circuits=self.circuits,
                    clock=self.clock,
                    remaining_seconds=lambda: invocation.deadline - kernel.now,
                    timeout_seconds=WORKER_SECONDS,
                )
            except Exception as error:
                failed.append(error)
                raise

        def ended(invocation: Invocation) -> None:
            if not invocation.is_dead:
                for turns in self.turns.values():
                    turns.idle(invocation.scratch)
            is_done = invocation.answer is True
            for error in failed:
                if isinstance(error, ZeroDivisionError):
                    continue
                if not isinstance(error, OpenChairError):
                    self.violate("no-surprise", f"process_task raised {error!r}")
                elif is_done:
                    self.violate("durable", f"the message of {task_id} is deleted though {type(error).__name__} came")
            worked(is_done)

        park = partial(park_task, tasks=self.tasks, clock=self.clock)
        announce = partial(announce_change, tasks=self.tasks, events=self.events, clock=self.clock)
        event = {"Records": [{"messageId": "1", "body": body}]}

        def handle() -> bool:
            kernel.begin("queue.receive", 0.0)
            kernel.end()
            if each_message(event, process, park, announce) != {"batchItemFailures": []}:
                return False
            kernel.begin("queue.delete", self.seconds(STORE_SECONDS))
            return True

        invocation = kernel.start("worker", handle, seconds=WORKER_SECONDS, skew=self._skew(), on_end=ended)
        invocation.task_id = task_id

    def withdraw(self, task: Task) -> None:
        self.kernel.start(
            "withdraw",
            lambda: withdraw_task(task.practice_id, task.id, self.tasks, self.queue, self.clock),
            seconds=SUBMIT_SECONDS,
            skew=self._skew(),
            on_end=self._check_error,
        )

    def _decide(self, task_id: str) -> None:
        """A person looks at a review, unless it is settled by now, and decides; what fails is tried again."""
        task = self.task_of(task_id)
        made = len(self.decisions.get(task_id, ()))
        if task.state is not TaskState.NEEDS_REVIEW or task.resolution is not None or made >= MOST_DECISIONS:
            return
        if self.plan.seed > 0:
            word = self.kernel.rng.choice(tuple(WORDS))
        elif made < len(self.scenario.decides):
            word = self.scenario.decides[made]
        else:
            return
        self.kernel.tell(f"--- a person decides: {word}")
        self.settle(task, body_of(word, task, self))

    def settle(self, task: Task, body: bytes) -> None:
        def ended(invocation: Invocation) -> None:
            self._check_error(invocation)
            if invocation.is_dead or isinstance(invocation.error, StoreError):
                self.kernel.at(self.kernel.now + TRIED_AGAIN_AFTER, partial(self._decide, task.id))

        self.kernel.start(
            "person",
            lambda: resolve_task(task.practice_id, task.id, body, self.tasks, self.queue, self.clock),
            seconds=SUBMIT_SECONDS,
            skew=self._skew(),
            on_end=ended,
        )

    def _check_error(self, invocation: Invocation) -> None:
        """An invocation may die or end with an error of ours."""
        if invocation.error is not None and not isinstance(invocation.error, OpenChairError):
            self.violate("no-surprise", f"{invocation.name} raised {invocation.error!r}")

    def _tick(self) -> None:
        """The schedule of every minute; minutes in which nothing is due and nothing happens are skipped."""
        kernel = self.kernel
        now = kernel.now
        due = self._earliest_due()
        if due is not None and due <= now:
            times = 1
            if self.is_faulty and self.draw(self.weather.tick):
                times = kernel.rng.choice((0, 2))
            for _ in range(times):
                kernel.start(
                    "waker",
                    lambda: wake_tasks(self.tasks, self.queue, self.clock),
                    seconds=WAKE_SECONDS,
                    skew=self._skew(),
                    on_end=self._check_error,
                )
            due = now
        following = [when for when in (due, kernel.next_event()) if when is not None]
        if following:
            minutes = max(now // MINUTE + 1, -(-min(following) // MINUTE))
            kernel.at(minutes * MINUTE, self._tick)

    def _earliest_due(self) -> float | None:
        due = self.store.earliest_due()
        return (due - START).total_seconds() if due is not None else None

    # --------------------------------------------------------------------------------------------- faults

    @property
    def is_faulty(self) -> bool:
        return self.plan.seed > 0 and self.kernel.now < FAULTY_SECONDS

    def draw(self, share: float) -> bool:
        return share > 0.0 and self.kernel.rng.random() < share

    def coin(self) -> bool:
        return self.weather.jitter and self.kernel.rng.random() < 0.5

    def seconds(self, usual: float) -> float:
        """How long an effect takes; now and then an invocation stalls, up to longer than it may live."""
        if not self.weather.jitter:
            return usual
        rng = self.kernel.rng
        if self.is_faulty and self.draw(self.weather.stall):
            self.kernel.tell("stalls")
            self.kernel.running().scratch["stalls"] = True
            return rng.uniform(0.0, 200.0)
        return usual * (0.2 + 2.8 * rng.random())

    def answer_to_write(self) -> Answer:
        self.writes += 1
        if self.writes in self._answers:
            return self._answers[self.writes]
        return self.weather.write_answer(self.kernel.rng) if self.is_faulty else Answer.OK

    def maybe_fault(self, name: str) -> None:
        """Raises what the scenario has for an effect of this name."""
        self._reads[name] += 1
        for faulty, number, error in self.scenario.faults:
            if faulty == name and number in (0, self._reads[name]):
                self.kernel.tell(f"raises {error.__name__}")
                raise error

    def later(self, seconds: float, act: Callable[[], None], by: str) -> None:
        """An effect on its way; `by` the task whose visit it is, "" when it is none."""
        self.on_their_way[by] += 1

        def apply() -> None:
            if apply not in self._underway:
                return
            self._underway.remove(apply)
            self.kernel.tell("a late effect")
            self.on_their_way[by] -= 1
            act()

        self._underway.append(apply)
        self.kernel.at(self.kernel.now + seconds, apply)

    def hurry(self) -> None:
        """What is on its way takes effect now."""
        for apply in tuple(self._underway):
            apply()

    def _skew(self) -> float:
        return self.kernel.rng.uniform(-self.weather.skew, self.weather.skew) if self.weather.skew else 0.0

    # --------------------------------------------------------------------------------------------- watching

    def starts(self, account: str, before: float | None, *, is_write: bool) -> None:
        """A call leaves for the EHR; `before` is when the last one of this account did."""
        left = self.kernel.running().deadline - self.kernel.now
        start = invariants.Start(account, self.kernel.now, before, left if is_write else None)
        self._check(invariants.STARTS, start)

    def called(self, kind: StepKind, what: Any, by: str) -> None:
        self._check(invariants.CALLS, Call(kind, what, self.task_of(by)))

    def stored(self, before: Task | None, after: Task) -> None:
        if before is None:
            self.practice_of[after.id] = after.practice_id
        elif after.state is TaskState.NEEDS_REVIEW:
            self._reviewed(before, after)
        self._check(invariants.STORED, invariants.Stored(before, after))

    def _reviewed(self, before: Task, after: Task) -> None:
        """Of a task that came before a person, or about which one decided."""
        decided = after.resolution
        if decided is None:
            if before.state is not TaskState.NEEDS_REVIEW or before.resolution is not None:
                self.kernel.at(self.kernel.now + SECONDS_TO_DECIDE, partial(self._decide, after.id))
        elif before.resolution is None:
            decision = Decision(self.kernel.now, decided.action, decided.appointment_id, decided.patient_id)
            self.decisions.setdefault(after.id, []).append(decision)
            if decided.action == "resend":
                self.bases = {key: base for key, base in self.bases.items() if key[0] != after.id}

    def accepted(self, row: Row, by: str, fate: Fate) -> None:
        """By a vendor that writes later: a change is on its way to the practice's own system."""
        assert self.office is not None
        assert self.scenario.later is not None
        seconds = self.scenario.later.seconds
        if self.is_faulty:
            fate = self.kernel.rng.choice(_FATES)
            seconds = self.kernel.rng.uniform(0.0, self.kernel.rng.choice(_SECONDS_UNTIL_WRITTEN))
        self.office.accept(row, by, fate, seconds)

    def written(self, change: OfficeChange) -> None:
        self._check(invariants.WRITTEN, change)

    def _changed(self, row: Row, by: str, was_live: bool) -> None:
        if by == STAFF and self.office is not None:
            self.office.by_staff(row)
        if by != STAFF:
            self.kernel.tell(f"the chart: visit {row.visit.id} {row.past[-1]}")
            self._check(invariants.CHANGES, Change(row, by, was_live))

    def _registered(self, patient: Patient, by: str) -> None:
        self.kernel.tell(f"the chart: patient {patient.id}")
        self._check(invariants.REGISTERED, patient)

    def _check[F](self, listed: tuple[Invariant[F], ...], fact: F) -> None:
        for invariant in listed:
            detail = invariant.wrong(self, fact)
            if detail is not None:
                self.violate(invariant.name, detail)

    def violate(self, invariant: str, detail: str) -> None:
        if invariant in self.scenario.not_promised:
            return
        self.kernel.tell(f"*** {invariant}: {detail}")
        self.violations.append(Violation(invariant, detail, self.plan))
        self.kernel.is_stopped = True

    # ----------------------------------------------------------------------------------- what checks look at

    def all_tasks(self) -> list[Task]:
        return list(self.store._tasks.values())

    def task_of(self, task_id: str) -> Task:
        return self.store._tasks[self.practice_of[task_id], task_id]

    def before_in_line(self, task: Task, line: str) -> list[Task]:
        entries = self.store._lines.get((task.ehr_account_id, line), [])
        here = (task.practice_id, task.id)
        return [self.store._tasks[entry] for entry in entries[: entries.index(here) if here in entries else 0]]

    def rows_of(self, patient_id: str) -> list[Row]:
        return [row for row in self.chart.rows.values() if row.visit.patient_id == patient_id]

    def holder(self, account: str, resource: str, resource_id: str | None, at: datetime) -> str | None:
        return self.store._cells.get((account, resource, resource_id or "", at.astimezone(UTC)))

    def holders(self) -> set[str]:
        return set(self.store._cells.values())

    def seen(self, appointment_id: str) -> tuple[float, Appointment] | None:
        found: tuple[float, Appointment] | None = self.kernel.running().scratch.get(appointment_id)
        return found

    def seen_days(self) -> SeenDays | None:
        found: SeenDays | None = self.kernel.running().scratch.get("days")
        return found

    def seconds_left(self) -> float | None:
        """Of the running invocation's life; None when it stalls just now, which nobody can foresee."""
        me = self.kernel.running()
        return None if me.is_late else me.deadline - self.kernel.now

    def may_overlap(self, task_id: str) -> bool:
        request = self.task_of(task_id).request
        visit = request.appointment if isinstance(request, OnboardNewPatient) else request
        return bool(getattr(visit, "allow_overlap", False))

    def adopted(self, task_id: str) -> str | None:
        """The visit that a person named last, if one did."""
        named = [one.appointment_id for one in self.decisions.get(task_id, ()) if one.appointment_id is not None]
        return named[-1] if named else None

    def ends(self) -> dict[str, int]:
        """How the tasks ended: state/code → how many."""
        found: dict[str, int] = {}
        for task in self.all_tasks():
            name = f"{task.state.value}/{task.code}"
            found[name] = found.get(name, 0) + 1
        return found

    def open_tasks(self) -> list[Task]:
        return [task for task in self.all_tasks() if task.state not in TERMINAL]

    def in_review(self) -> int:
        return sum(task.state is TaskState.NEEDS_REVIEW for task in self.all_tasks())
