"""What must hold: each a name, a sentence and a check that gives the first thing wrong with a fact, or None.

STARTS are checked as a call has its turn, CALLS as a write leaves for the EHR, CHANGES after every change of the chart
by us, STORED after every change of our own state, FINAL when nothing is left to happen.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from openchair.models.journal import ENDED, TERMINAL, Step, StepKind, StepState, Task, TaskState
from openchair.models.person import Patient
from openchair.models.request import (
    CancelAppointment,
    ConfirmAppointment,
    CreateAppointment,
    OnboardNewPatient,
    RescheduleAppointment,
    TaskType,
)
from openchair.models.stored_request import UnknownRequest
from openchair.models.visit import Appointment, AppointmentStatus, Move, NewAppointment
from tests.proofs.chart import STAFF, Row
from tests.proofs.office import OfficeChange
from tests.proofs.scenarios import START

if TYPE_CHECKING:
    from tests.proofs.simulation import Simulation

FIVE_MINUTES = timedelta(minutes=5)
MOST_SENDS = 5
WRITE_TIMEOUT_SECONDS = 65.0
LEAST_SECONDS_APART = 1.0
MOST_SKEW_SECONDS = 2.0
REVIEWS = frozenset(
    {
        "several_patients_match",
        "removed_in_ehr",
        "look_alike_in_ehr",
        "moved_onto_collision",
        "collision_remains",
        "old_visit_remains",
        "sent_too_often",
        "cannot_adopt",
        "outcome_unknown",
        "stored_differently",
        "not_confirmed_by_ehr",
        "replacement_waits",
        "visit_remains",
        "patient_inactive",
        "patient_not_bookable",
        "patient_look_alike",
    }
)
REVIEWS_WITHOUT_STAFF = frozenset({"sent_too_often"})
# What each step of a task may write.
WRITES = {kind: kind for kind in StepKind} | {
    StepKind.WITHDRAW: StepKind.CANCEL_APPOINTMENT,
    StepKind.MOVE_BACK: StepKind.MOVE_APPOINTMENT,
}


@dataclass(frozen=True, slots=True)
class Start:
    """In seconds of the run; `left` of its invocation's life for a write's answer, None for a read."""

    account: str
    at: float
    before: float | None
    left: float | None


@dataclass(frozen=True, slots=True)
class Call:
    kind: StepKind
    what: Any
    task: Task


@dataclass(frozen=True, slots=True)
class SeenDays:
    """What a look at the book showed, of the practice's days from `first` to `last`."""

    first: date
    last: date
    visits: Sequence[Appointment]


@dataclass(frozen=True, slots=True)
class Change:
    row: Row
    by: str
    was_live: bool


@dataclass(frozen=True, slots=True)
class Stored:
    before: Task | None
    after: Task


@dataclass(frozen=True, slots=True)
class Invariant[F]:
    name: str
    sentence: str
    wrong: Callable[["Simulation", F], str | None]


# -------------------------------------------------------------------------------------------------- starts


def _too_close(simulation: "Simulation", start: Start) -> str | None:
    if start.before is None or start.at - start.before >= LEAST_SECONDS_APART:
        return None
    return f"two calls of {start.account} start {start.at - start.before:.3f} s apart"


def _starts_too_late(simulation: "Simulation", start: Start) -> str | None:
    if start.left is None or start.left >= WRITE_TIMEOUT_SECONDS:
        return None
    return f"a write leaves with {start.left:.1f} s left, less than its answer may take"


# --------------------------------------------------------------------------------------------------- calls


def _no_intent(simulation: "Simulation", call: Call) -> str | None:
    if any(step.state is StepState.SENT and WRITES[step.kind] is call.kind for step in call.task.steps):
        return None
    return f"{call.kind.value} of {call.task.id} went out while its journal says nothing of it"


def _repeated(simulation: "Simulation", call: Call) -> str | None:
    sent = _sent_step(call)
    if sent is None:
        return None
    key = (call.task.id, sent.kind, sent.attempt, len(simulation.decisions.get(call.task.id, ())))
    if key in simulation.sent:
        return f"{call.kind.value} of {call.task.id} went out twice in attempt {sent.attempt}"
    simulation.sent.add(key)
    return None


def _again(simulation: "Simulation", call: Call) -> str | None:
    """What staff has removed since may be booked once more, when a person decides so."""
    if call.kind is StepKind.CREATE_APPOINTMENT:
        resent = max(
            (one.at for one in simulation.decisions.get(call.task.id, ()) if one.action == "resend"), default=0
        )
        there = [
            row.visit.id
            for row in simulation.chart.rows.values()
            if row.origin == call.task.id and (row.is_live or row.past[-1].at > resent)
        ]
    elif call.kind is StepKind.CREATE_PATIENT:
        there = [each for each, origin in simulation.chart.patient_origin.items() if origin == call.task.id]
    else:
        return None
    return f"{call.task.id} sends again what has taken effect as {', '.join(there)}" if there else None


def _too_often(simulation: "Simulation", call: Call) -> str | None:
    attempt = max(step.attempt for step in call.task.steps)
    return f"{call.task.id} is sent for the {attempt}th time" if attempt > MOST_SENDS else None


def _of_ended_task(simulation: "Simulation", call: Call) -> str | None:
    if call.task.state not in ENDED or call.task.resolution is not None:
        return None
    return f"{call.task.id} writes while {call.task.state.value}"


def _out_of_order(simulation: "Simulation", call: Call) -> str | None:
    mine = call.task
    for line in mine.lines:
        for other in simulation.before_in_line(mine, line):
            if other.state in TERMINAL:
                continue
            goes_past = other.state in (TaskState.NEEDS_REVIEW, TaskState.AWAITING_EHR) and (
                mine.type is TaskType.CANCEL_APPOINTMENT or not line.startswith("appointment:")
            )
            if not goes_past:
                return f"{mine.id} writes before {other.id} of the same line ({other.state.value}) has ended"
    return None


def _not_held(simulation: "Simulation", call: Call) -> str | None:
    target = _target(simulation, call)
    if target is None or simulation.may_overlap(call.task.id):
        return None
    wanted = [("provider", target.provider), ("patient", target.patient)]
    if target.chair is not None:
        wanted.append(("operatory", target.chair))
    for at in _marks(target.start, target.minutes):
        for resource, resource_id in wanted:
            holder = simulation.holder(call.task.ehr_account_id, resource, resource_id, at)
            if holder != call.task.id:
                return f"{call.task.id} writes at {at:%H:%M} in {resource} {resource_id}, held by {holder or 'nobody'}"
    return None


def _over_what_it_saw(simulation: "Simulation", call: Call) -> str | None:
    target = _target(simulation, call)
    if target is None or simulation.may_overlap(call.task.id):
        return None
    seen = simulation.seen_days()
    day = target.start.astimezone(simulation.records[call.task.practice_id].practice.zone).date()
    if seen is None or not seen.first <= day <= seen.last:
        return f"{call.task.id} writes without having read {day}"
    # Its own that is moved, or the one that gives way.
    own = getattr(call.task.request, "appointment_id", None)
    for visit in seen.visits:
        if visit.id != own and _overlaps(visit, target):
            return f"{call.task.id} books over visit {visit.id} it was shown"
    return None


def _over_unseen_change(simulation: "Simulation", call: Call) -> str | None:
    """A write to a visit needs a look at it in the same invocation, and that look must show what was expected."""
    old_id = getattr(call.task.request, "appointment_id", None)
    if call.kind is StepKind.CREATE_APPOINTMENT and old_id and (old := simulation.seen(old_id)):
        simulation.bases.setdefault((call.task.id, old_id), (old[1].start, old[1].operatory_id))
    if call.kind not in (StepKind.MOVE_APPOINTMENT, StepKind.CANCEL_APPOINTMENT, StepKind.CONFIRM_APPOINTMENT):
        return None
    appointment_id = call.what[0] if call.kind is StepKind.MOVE_APPOINTMENT else call.what
    seen = simulation.seen(appointment_id)
    if seen is None:
        return f"{call.task.id} writes to visit {appointment_id} without a look at it"
    visit = seen[1]
    row = simulation.chart.rows[appointment_id]
    shown = (visit.start, visit.operatory_id)
    mine = [place for place in row.past if place.by == call.task.id]
    if call.kind is StepKind.CANCEL_APPOINTMENT and row.origin == call.task.id:
        placed = (row.past[0].start, row.past[0].operatory_id)
        return None if shown == placed else f"{call.task.id} withdraws visit {appointment_id}, which staff moved"
    if call.kind is StepKind.CANCEL_APPOINTMENT and call.task.type is TaskType.RESCHEDULE_APPOINTMENT:
        base = simulation.bases.get((call.task.id, appointment_id), shown)
        return None if shown == base else f"{call.task.id} cancels visit {appointment_id}, which staff moved"
    if call.kind is StepKind.MOVE_APPOINTMENT:
        sent = _sent_step(call)
        if sent is None:
            return None
        expected = base = simulation.bases.setdefault(
            (call.task.id, appointment_id), (sent.old_start, sent.old_operatory_id)
        )
        if sent.kind is StepKind.MOVE_BACK and mine:
            expected = (mine[-1].start, mine[-1].operatory_id)
        if shown != expected:
            return f"{call.task.id} moves visit {appointment_id} from {base}, though it was shown at {shown}"
    return None


def _on_the_chair(simulation: "Simulation", call: Call) -> str | None:
    """What was shown as arrived or over is left as it is; only a visit of its own booking may be taken back late."""
    if call.kind not in (StepKind.MOVE_APPOINTMENT, StepKind.CANCEL_APPOINTMENT, StepKind.CONFIRM_APPOINTMENT):
        return None
    appointment_id = call.what[0] if call.kind is StepKind.MOVE_APPOINTMENT else call.what
    seen = simulation.seen(appointment_id)
    if seen is None:
        return None
    at, visit = seen
    if visit.status is AppointmentStatus.ARRIVED:
        return f"{call.task.id} writes to visit {appointment_id}, whose patient was seen to have arrived"
    sent = _sent_step(call)
    is_ours = simulation.chart.rows[appointment_id].origin == call.task.id
    is_over = visit.end is not None and visit.end <= START + timedelta(seconds=at - MOST_SKEW_SECONDS)
    if is_over and visit.status is AppointmentStatus.BOOKED and not is_ours and sent and sent.kind is call.kind:
        return f"{call.task.id} writes to visit {appointment_id}, which was over"
    return None


def _takes_the_only_visit(simulation: "Simulation", call: Call) -> str | None:
    """A visit that is not of its own booking may be removed only by a cancel, or when its replacement was seen live."""
    if call.kind is not StepKind.CANCEL_APPOINTMENT or call.task.type is TaskType.CANCEL_APPOINTMENT:
        return None
    row = simulation.chart.rows[call.what]
    if not row.is_live:
        return None
    patient_id = row.visit.patient_id
    if row.origin == call.task.id:
        theirs = [other for other in simulation.rows_of(patient_id) if other is not row]
        if any(other.removed_by == call.task.id for other in theirs) and not any(other.is_live for other in theirs):
            return f"{call.task.id} withdraws the new visit after the old one is gone"
        return None
    for other in simulation.rows_of(patient_id):
        if other.origin == call.task.id or other.visit.id == simulation.adopted(call.task.id):
            seen = simulation.seen(other.visit.id)
            if other.is_live or (seen is not None and other.past[-1].by == STAFF and seen[0] < other.past[-1].at):
                return None
    return f"{call.task.id} cancels visit {row.visit.id} while its replacement does not stand"


# ------------------------------------------------------------------------------------------------- changes


def _doubled(simulation: "Simulation", change: Change) -> str | None:
    live = [row.visit.id for row in simulation.chart.live() if row.origin == change.by]
    return f"{change.by} has {len(live)} live visits: {', '.join(live)}" if len(live) > 1 else None


def _left_without(simulation: "Simulation", change: Change) -> str | None:
    row = change.row
    if not change.was_live or row.is_live or simulation.task_of(change.by).type is TaskType.CANCEL_APPOINTMENT:
        return None
    theirs = simulation.rows_of(row.visit.patient_id)
    if any(other.is_live for other in theirs):
        return None
    if row.origin == change.by and not any(other.removed_by == change.by for other in theirs if other is not row):
        return None
    if any(other.origin == change.by and other.removed_by == STAFF for other in theirs):
        return None
    return f"patient {row.visit.patient_id} holds no visit any more, because of {change.by}"


def _ours_overlap(simulation: "Simulation", change: Change) -> str | None:
    row = change.row
    if not row.is_live or row.past[-1].by != change.by or simulation.may_overlap(change.by):
        return None
    gives_way = getattr(simulation.task_of(change.by).request, "appointment_id", None)
    for other in simulation.chart.live():
        by = other.past[-1].by
        if other is row or by in ("", STAFF) or simulation.may_overlap(by) or other.visit.id == gives_way:
            continue
        if _overlaps(other.visit, Target.of(row.visit)):
            return f"visits {row.visit.id} of {change.by} and {other.visit.id} of {by} overlap"
    return None


def _note_cut(simulation: "Simulation", change: Change) -> str | None:
    """Words that stood in a visit's note are still there after a write of ours."""
    former = change.row.former
    if not former or former[-1].note in change.row.visit.note:
        return None
    return f"{change.by} took words out of the note of visit {change.row.visit.id}"


def _note_twice(simulation: "Simulation", change: Change) -> str | None:
    notes = getattr(simulation.task_of(change.by).request, "notes", None)
    if not notes or change.row.visit.note.count(notes) < 2:
        return None
    return f"{change.by} wrote its note to visit {change.row.visit.id} twice"


def _after_the_end(simulation: "Simulation", change: Change) -> str | None:
    task = simulation.task_of(change.by)
    last = change.row.past[-1]
    if task.state in TERMINAL and last.by == change.by and last.at == simulation.kernel.now:
        return f"{change.by} had ended as {task.state.value}/{task.code} when it changed visit {change.row.visit.id}"
    return None


# --------------------------------------------------- changes of the practice's own system, behind one that writes later


def _doubled_there(simulation: "Simulation", change: OfficeChange) -> str | None:
    assert simulation.office is not None
    rows = [row for row in simulation.chart.rows.values() if row.origin == change.by and simulation.office.is_live(row)]
    return f"{change.by} has visits {', '.join(row.visit.id for row in rows)} in the chart" if len(rows) > 1 else None


def _left_without_there(simulation: "Simulation", change: OfficeChange) -> str | None:
    task = simulation.task_of(change.by)
    if not change.was_live or change.is_live or task.type is TaskType.CANCEL_APPOINTMENT:
        return None
    office = simulation.office
    assert office is not None
    theirs = [row for row in simulation.rows_of(change.row.visit.patient_id) if row.visit.id in office.written]
    if any(office.is_live(row) for row in theirs):
        return None
    if change.row.origin == change.by and not any(row.origin != change.by for row in theirs):
        return None
    if any(row.origin == change.by and office.written[row.visit.id][-1].by == STAFF for row in theirs):
        return None
    return f"patient {change.row.visit.patient_id} holds no visit in the chart any more, because of {change.by}"


def _written_after_the_end(simulation: "Simulation", change: OfficeChange) -> str | None:
    """What a person decided, who was told that nobody knows, is theirs."""
    task = simulation.task_of(change.by)
    is_open = task.state not in TERMINAL or task.code in ("outside_chart", "status_changed_in_ehr")
    if is_open or task.id in simulation.decisions:
        return None
    return f"{task.id} had ended as {task.state.value}/{task.code} when its visit {change.row.visit.id} was written"


def _registered_twice(simulation: "Simulation", patient: Patient) -> str | None:
    same = [
        other.id
        for other in simulation.chart.patients.values()
        if simulation.chart.patient_origin.get(other.id, STAFF) != STAFF
        and (other.first_name, other.last_name, other.date_of_birth, other.phones)
        == (patient.first_name, patient.last_name, patient.date_of_birth, patient.phones)
    ]
    return f"patients {', '.join(same)} are one person" if len(same) > 1 else None


# --------------------------------------------------------------------------------------------------- stored


def _changed_after_the_end(simulation: "Simulation", stored: Stored) -> str | None:
    before, after = stored.before, stored.after
    if before is None or before.state not in ENDED:
        return None
    if before.state is TaskState.NEEDS_REVIEW:
        was_withdrawn = after.code == "withdrawn" and all(step.state is StepState.NEW for step in before.steps)
        if after.state is TaskState.NEEDS_REVIEW or was_withdrawn:
            return None
        if before.resolution is not None and after.state in TERMINAL:
            return None
    elif (before.state, before.code, before.appointment_id, before.patient_id) == (
        after.state,
        after.code,
        after.appointment_id,
        after.patient_id,
    ):
        return None
    return f"{after.id} was {before.state.value}/{before.code} and became {after.state.value}/{after.code}"


def _without_due_time(simulation: "Simulation", stored: Stored) -> str | None:
    after = simulation.task_of(stored.after.id)
    if after.is_settled or after.next_attempt_at is not None:
        return None
    return f"{after.id} is {after.state.value} and nothing will wake it"


def _too_late(simulation: "Simulation", stored: Stored) -> str | None:
    if stored.before is None or _attempts_sent(stored.before) == _attempts_sent(stored.after):
        return None
    left = simulation.seconds_left()
    if left is None or left >= WRITE_TIMEOUT_SECONDS or not _attempts_sent(stored.after):
        return None
    return f"{stored.after.id} is about to write with {left:.0f} s left, less than the answer may take"


def _attempts_sent(task: Task) -> list[tuple[StepKind, int]]:
    return [(step.kind, step.attempt) for step in task.steps if step.state is StepState.SENT]


def _on_its_way(simulation: "Simulation", stored: Stored) -> str | None:
    after = stored.after
    if after.state is not TaskState.FAILED or not simulation.on_their_way[after.id]:
        return None
    return f"{after.id} failed as {after.code} and let go of its time while a write of it can still take effect"


def _adopted_wrongly(simulation: "Simulation", stored: Stored) -> str | None:
    """What a person named is in the chart, and this patient's, or it is not told."""
    after = stored.after
    decision = next(reversed(simulation.decisions.get(after.id, ())), None)
    if decision is None or decision.action != "adopt" or after.state is not TaskState.COMPLETED:
        return None
    if decision.patient_id is not None:
        known = after.patient_id in simulation.chart.patients
        return None if known else f"{after.id} adopted chart {after.patient_id}, which is not there"
    row = simulation.chart.rows.get(after.appointment_id or "")
    if row is None:
        return f"{after.id} adopted visit {after.appointment_id}, which is not in the chart"
    old = simulation.chart.rows.get(getattr(after.request, "appointment_id", ""))
    patient_id = old.visit.patient_id if old else getattr(after.request, "patient_id", row.visit.patient_id)
    # What it has booked itself is its own, though the chart may have been merged into another.
    if row.visit.patient_id == patient_id or row.origin == after.id:
        return None
    return f"{after.id} adopted visit {row.visit.id} of patient {row.visit.patient_id}"


def _untrue(simulation: "Simulation", stored: Stored) -> str | None:
    task = stored.after
    if task.state not in TERMINAL:
        return None
    row = simulation.chart.rows.get(task.appointment_id or "")
    ends = stored.before is not None and stored.before.state not in TERMINAL and task.state is TaskState.COMPLETED
    if ends and row is not None and task.patient_id not in (None, row.visit.patient_id):
        return f"{task.id} told patient {task.patient_id}, the visit is patient {row.visit.patient_id}'s"
    return untruth(simulation, task)


def _not_in_chart(simulation: "Simulation", stored: Stored) -> str | None:
    """Behind an EHR that writes later. What a person decided is theirs."""
    task, office = stored.after, simulation.office
    if office is None or task.state is not TaskState.COMPLETED or task.id in simulation.decisions:
        return None
    if task.code in ("outside_chart", "status_changed_in_ehr", "patient_created") or task.appointment_id is None:
        return None
    written = [one for one in office.written.get(task.appointment_id, []) if one.visit is not None]
    is_there = bool(written)
    request = task.request
    if isinstance(request, CancelAppointment):
        is_there = not written or any(not one.is_live for one in office.written[task.appointment_id])
    elif isinstance(request, ConfirmAppointment):
        is_there = any(one.visit is not None and one.visit.is_confirmed for one in written)
    elif isinstance(request, RescheduleAppointment):
        start = datetime.fromisoformat(request.start)
        is_there = any(one.visit is not None and one.visit.start == start for one in written)
    if is_there == bool(task.in_chart) or (isinstance(request, CancelAppointment) and is_there):
        return None
    return f"{task.id} told {task.code} with in_chart={task.in_chart}, the practice's own system: {written}"


def _claims_kept(simulation: "Simulation", stored: Stored) -> str | None:
    after = stored.after
    held = after.id in simulation.holders()
    if after.state in TERMINAL and held:
        return f"{after.id} has ended and still holds time"
    if after.state is TaskState.NEEDS_REVIEW and stored.before is not None:
        lost = {hold.resource_id for hold in after.holds} and not held
        if lost:
            return f"{after.id} is in review and lost what it held"
    return None


# ---------------------------------------------------------------------------------------------------- final


def _lost(simulation: "Simulation", _: None) -> str | None:
    listed = REVIEWS if simulation.staff_acted or simulation.ehr_refused else REVIEWS_WITHOUT_STAFF
    if simulation.scenario.later is not None:
        listed = REVIEWS
    if simulation.scenario.decides or simulation.decisions or simulation.scenario.is_corner:
        listed = REVIEWS | {"unexpected_fault"}
    for task in simulation.all_tasks():
        if task.state not in ENDED:
            return f"{task.id} never ended: {task.state.value}/{task.code}, due {task.next_attempt_at}"
        if task.state is TaskState.NEEDS_REVIEW and task.code not in listed:
            return f"{task.id} is in review for no listed cause: {task.code}"
    return None


def _untold(simulation: "Simulation", _: None) -> str | None:
    for task in simulation.all_tasks():
        told = simulation.events.told.get(task.id, ())
        if task.is_settled and (not told or told[-1] != task.event):
            return f"{task.id} is {task.event}, and platforms were told {', '.join(told) or 'nothing'}"
    return None


def _no_longer_true(simulation: "Simulation", _: None) -> str | None:
    for task in simulation.all_tasks():
        if task.state in TERMINAL and (wrong := untruth(simulation, task)):
            return wrong
    return None


def _collision_untold(simulation: "Simulation", _: None) -> str | None:
    """Of a booking by staff that stood before ours took effect, and did not yield, nobody was told."""
    for task in simulation.all_tasks():
        if task.state is not TaskState.COMPLETED or simulation.may_overlap(task.id):
            continue
        if task.id in simulation.decisions:
            continue
        for row in simulation.chart.live():
            visit, landed = row.visit, row.past[-1]
            if landed.by != task.id or visit.start is None:
                continue
            for other in simulation.chart.live():
                if other.past[-1].by != STAFF or len(other.past) > 1 or other.past[0].at > landed.at:
                    continue
                if _overlaps(other.visit, Target.of(visit)):
                    return f"{task.id} told {task.code} though visit {other.visit.id} stood there first"
    return None


def _leaked(simulation: "Simulation", _: None) -> str | None:
    for task_id in simulation.holders():
        if simulation.task_of(task_id).state in TERMINAL:
            return f"{task_id} has ended and still holds time"
    return None


def _two_tasks_for_a_key(simulation: "Simulation", _: None) -> str | None:
    for key, ids in simulation.told.items():
        if len(ids) > 1:
            return f"key {key} was answered with tasks {', '.join(sorted(ids))}"
    keys = len({request.named for request in simulation.scenario.requests})
    count = len(simulation.all_tasks())
    return f"{count} tasks were stored for {keys} keys" if count > keys else None


def _two_in_the_end(simulation: "Simulation", _: None) -> str | None:
    """Also where a write took effect long after anything is waited for: then the second line takes one back."""
    for task in simulation.all_tasks():
        live = [row.visit.id for row in simulation.chart.live() if row.origin == task.id]
        if len(live) > 1:
            return f"{task.id} leaves visits {', '.join(live)} in the chart"
    return None


def _not_as_expected(simulation: "Simulation", _: None) -> str | None:
    """Where nothing but kills happens, each scenario has one right end."""
    return simulation.scenario.surprise(simulation) if simulation.is_kills_only else None


# ------------------------------------------------------------------------------------------ what was told


def untruth(simulation: "Simulation", task: Task) -> str | None:
    """What of a terminal task's answer the chart contradicts, as far as we are the cause."""
    told = f"{task.id} told {task.state.value}/{task.code}"
    if task.code == "given_up_unread":
        # It says that what the chart holds is not known.
        return None
    booked = [row for row in simulation.chart.rows.values() if row.origin == task.id]
    if task.state is TaskState.FAILED:
        for row in booked:
            if row.is_live:
                return f"{told}, but visit {row.visit.id} stands"
        return _done_though_failed(simulation, task, told)
    request = task.request
    if isinstance(request, CreateAppointment) or (isinstance(request, OnboardNewPatient) and request.appointment):
        return _booking_untrue(simulation, task, booked, told)
    if isinstance(request, OnboardNewPatient):
        if task.patient_id not in simulation.chart.patients:
            return f"{told}, but there is no patient {task.patient_id}"
        return None
    assert not isinstance(request, UnknownRequest)
    row = simulation.chart.rows[request.appointment_id]
    if isinstance(request, RescheduleAppointment):
        return _move_untrue(simulation, task, row, booked, told)
    if isinstance(request, CancelAppointment) and all(place.start is not None for place in row.past):
        return f"{told}, but visit {row.visit.id} was never cancelled"
    is_left = task.code == "status_changed_in_ehr"
    if isinstance(request, ConfirmAppointment) and not (row.visit.is_confirmed or row.confirmed_by or is_left):
        return f"{told}, but visit {row.visit.id} was never confirmed"
    return None


def _booking_untrue(simulation: "Simulation", task: Task, booked: list[Row], told: str) -> str | None:
    """Where a person adopted another visit, none of ours may stand beside it."""
    if simulation.adopted(task.id) == task.appointment_id:
        beside = next((row for row in booked if row.is_live and row.visit.id != task.appointment_id), None)
        return f"{told} visit {task.appointment_id}, and visit {beside.visit.id} stands too" if beside else None
    resent = any(decision.action == "resend" for decision in simulation.decisions.get(task.id, ()))
    for row in booked:
        if row.removed_by == task.id or (resent and row.removed_by and row is not booked[-1]):
            continue
        is_told = task.appointment_id == row.visit.id
        return None if is_told else f"{told} visit {task.appointment_id}, not {row.visit.id}"
    return f"{told}, but no visit of it was left standing"


def _move_untrue(simulation: "Simulation", task: Task, row: Row, booked: list[Row], told: str) -> str | None:
    request = task.request
    assert isinstance(request, RescheduleAppointment)
    start = datetime.fromisoformat(request.start)
    later = simulation.scenario.later
    rebooks = simulation.records[task.practice_id].practice.rebooks or (later is not None and not later.moves_in_place)
    if rebooks or booked:
        if row.is_live and row.past[-1].by != STAFF and task.code not in ("old_visit_remains", "collision_remains"):
            return f"{told}, but the old visit still stands"
        return _booking_untrue(simulation, task, booked, told)
    if task.code != "status_changed_in_ehr" and all(place.start != start for place in row.past):
        return f"{told}, but visit {row.visit.id} never stood at its new time"
    if row.past[-1].by == task.id and row.visit.start != start:
        return f"{told}, but it was moved away again"
    return None


def _done_though_failed(simulation: "Simulation", task: Task, told: str) -> str | None:
    request = task.request
    if isinstance(request, OnboardNewPatient):
        if task.code == "given_up":
            # Of several charts that match a person may want none.
            return None
        made = [i for i, origin in simulation.chart.patient_origin.items() if origin == task.id]
        return f"{told}, but patient {made[0]} was made and not told" if made and task.patient_id not in made else None
    if isinstance(request, CreateAppointment):
        return None
    assert not isinstance(request, UnknownRequest)
    row = simulation.chart.rows.get(request.appointment_id)
    if row is None or row.past[-1].by != task.id:
        is_left = row is not None and row.visit.is_confirmed and not (row.is_deleted and task.code == "given_up")
        if row is not None and isinstance(request, ConfirmAppointment) and row.confirmed_by == task.id and is_left:
            return f"{told}, but it confirmed visit {row.visit.id}"
        return None
    before = next((place for place in reversed(row.past) if place.by != task.id), None)
    last = row.past[-1]
    if (last.start, last.operatory_id) == simulation.bases.get((task.id, row.visit.id)):
        return None
    if before is None or (before.start, before.operatory_id) != (last.start, last.operatory_id):
        return f"{told}, but visit {row.visit.id} is as it asked"
    return None


# ---------------------------------------------------------------------------------------------------- helpers


def _sent_step(call: Call) -> Step | None:
    return next((s for s in call.task.steps if s.state is StepState.SENT and WRITES[s.kind] is call.kind), None)


@dataclass(frozen=True, slots=True)
class Target:
    """What a visit takes up: three that can be in one place at a time only."""

    start: datetime
    minutes: int
    chair: str | None
    provider: str | None
    patient: str

    @classmethod
    def of(cls, visit: Appointment) -> "Target":
        assert visit.start is not None
        return cls(visit.start, visit.minutes, visit.operatory_id, visit.provider_id, visit.patient_id)


def _target(simulation: "Simulation", call: Call) -> Target | None:
    if call.kind is StepKind.CREATE_APPOINTMENT:
        new: NewAppointment = call.what
        return Target(new.start, new.minutes, new.place.operatory_id, new.place.provider_id, new.patient_id)
    if call.kind is StepKind.MOVE_APPOINTMENT:
        appointment_id, move = call.what
        assert isinstance(move, Move)
        old = simulation.chart.rows[appointment_id].visit
        return Target(move.start, old.minutes, move.place.operatory_id, move.place.provider_id, old.patient_id)
    return None


def _overlaps(visit: Appointment, target: Target) -> bool:
    if visit.start is None or not visit.occupies:
        return False
    shared = visit.operatory_id == target.chair or visit.provider_id == target.provider
    if not shared and visit.patient_id != target.patient:
        return False
    if visit.start >= target.start + timedelta(minutes=target.minutes):
        return False
    return target.start < visit.start + timedelta(minutes=visit.minutes)


def _marks(start: datetime, minutes: int) -> list[datetime]:
    return [start + n * FIVE_MINUTES for n in range(minutes // 5)]


STARTS: tuple[Invariant[Start], ...] = (
    Invariant("spacing", "Calls of one EHR account start a second apart, whoever makes them.", _too_close),
    Invariant("time-for-answer", "A write leaves only while there is time for its answer.", _starts_too_late),
)
CALLS: tuple[Invariant[Call], ...] = (
    Invariant("intent", "No write leaves without a recorded intent.", _no_intent),
    Invariant("one-write-per-attempt", "A recorded attempt is sent once.", _repeated),
    Invariant("once", "What has taken effect is never sent again.", _again),
    Invariant("bounded", "A step is sent at most five times.", _too_often),
    Invariant("ended-is-still", "A task that ended or is in review writes nothing.", _of_ended_task),
    Invariant("line-order", "What stands in one line is done in the order accepted.", _out_of_order),
    Invariant("held", "A visit is booked or moved only into time the task holds.", _not_held),
    Invariant("seen-free", "Nothing is booked over what was just seen there.", _over_what_it_saw),
    Invariant("staff-first", "A change by staff is never overwritten unseen.", _over_unseen_change),
    Invariant("replacement-first", "A visit is given up only when its replacement stands.", _takes_the_only_visit),
    Invariant("begun", "Nobody writes to a visit whose patient is there, or which is over.", _on_the_chair),
)
CHANGES: tuple[Invariant[Change], ...] = (
    Invariant("doubled", "At no instant has a task two live visits.", _doubled),
    Invariant("never-none", "At no instant holds a patient who had a visit none because of us.", _left_without),
    Invariant("ours-apart", "Two visits of ours never stand in one place.", _ours_overlap),
    Invariant("after-the-end", "Nothing changes on behalf of a task that has ended.", _after_the_end),
    Invariant("notes-kept", "What stands in a visit's note stays there.", _note_cut),
    Invariant("note-once", "What a caller adds to a note stands there once.", _note_twice),
)
WRITTEN: tuple[Invariant[OfficeChange], ...] = (
    Invariant("chart-doubled", "At no instant has a task two visits in the practice's own system.", _doubled_there),
    Invariant("chart-never-none", "Nor holds there a patient who had a visit none because of us.", _left_without_there),
    Invariant("chart-after-the-end", "What comes to stand there was not told as ended before.", _written_after_the_end),
)
REGISTERED: tuple[Invariant[Patient], ...] = (
    Invariant("one-patient", "An onboarding makes one patient.", _registered_twice),
)
STORED: tuple[Invariant[Stored], ...] = (
    Invariant("end-is-final", "What has ended never changes; a review only to an end.", _changed_after_the_end),
    Invariant("due", "What goes on has a time at which it is looked at.", _without_due_time),
    Invariant("time-to-answer", "A write is decided only while there is time for its answer.", _too_late),
    Invariant("true", "What is told is so.", _untrue),
    Invariant("in-chart", "What is told as done was seen in the practice's own system.", _not_in_chart),
    Invariant("nothing-on-its-way", "A task fails only when nothing of it can appear any more.", _on_its_way),
    Invariant("adopted", "What a person adopts is in the chart, and this patient's.", _adopted_wrongly),
    Invariant("claims", "Claims end with their task, not before.", _claims_kept),
)
FINAL: tuple[Invariant[None], ...] = (
    Invariant("lost", "Every accepted task ends, or is in review for a listed cause.", _lost),
    Invariant("published", "How a task ended, or that it is before a person, is published last.", _untold),
    Invariant("stays-true", "What was told stays so.", _no_longer_true),
    Invariant("collision-told", "A collision with what stood there first is told.", _collision_untold),
    Invariant("leaked", "No claim outlives its task.", _leaked),
    Invariant("one-in-the-end", "Of one task one visit is left, whatever came late.", _two_in_the_end),
    Invariant("one-task-per-key", "One key is one task.", _two_tasks_for_a_key),
    Invariant("expected", "Kills alone change no outcome.", _not_as_expected),
)
