"""Taking a task in at the door: checked, stored with all it needs in one transaction, then queued."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta

from pydantic import ConfigDict, TypeAdapter

from openchair.errors import IdempotencyKeyMissing, InvalidTime, OverlapNotAllowed, StoreUnavailable, TooFar, TooSoon
from openchair.models.journal import Hold, IdempotencyRecord, Step, StepKind, Task
from openchair.models.practice import Practice, PracticeRecord
from openchair.models.request import (
    AppointmentRequest,
    CancelAppointment,
    ConfirmAppointment,
    CreateAppointment,
    OnboardNewPatient,
    RescheduleAppointment,
    TaskRequest,
)
from openchair.models.visit import Place
from openchair.parsing import parse_json
from openchair.ports import Clock, TaskQueue, TaskStore
from openchair.slots.holds import holds_for
from openchair.slots.needs import need_for_service
from openchair.tasks.ids import new_task_id
from openchair.tasks.lines import lines_of
from openchair.wall_time import parse_instant

KeyedHash = Callable[..., str]
_REQUEST: TypeAdapter[TaskRequest] = TypeAdapter(TaskRequest, config=ConfigDict(defer_build=True))
FIRST_LOOK = timedelta(seconds=30)
FURTHEST_START = timedelta(days=731)
CALL_LASTS = timedelta(minutes=15)
"""A start that slots offered so long ago is still taken: somebody was asked whether it suits."""


def submit_task(
    record: PracticeRecord,
    caller_id: str,
    key: str | None,
    body: bytes,
    tasks: TaskStore,
    queue: TaskQueue,
    clock: Clock,
    keyed_hash: KeyedHash,
) -> Task:
    """The stored task; the one an equal request made before, in whatever state.

    Raises RequestError and then stores nothing and uses up no key. A task that is stored but could not be queued is
    found by its due time, so a kill after the transaction loses nothing.
    """
    if key is None or not 1 <= len(key) <= 255 or not key.isascii() or not key.isprintable():
        raise IdempotencyKeyMissing
    request = parse_json(_REQUEST.validate_json, body)
    scope = (caller_id, record.practice.id)
    idempotency = IdempotencyRecord(
        key_hash=keyed_hash("key", *scope, key), body_hash=keyed_hash("body", *scope, _canonical(body))
    )
    if earlier := tasks.accepted(record.practice.id, idempotency):
        return earlier
    now = clock.now()
    task = Task(
        id=new_task_id(now),
        practice_id=record.practice.id,
        ehr_account_id=record.ehr_account_id,
        caller_id=caller_id,
        request=request,
        patient_id=getattr(request, "patient_id", None),
        appointment_id=getattr(request, "appointment_id", None),
        steps=_steps(request, record),
        lines=lines_of(request, keyed_hash, record.practice.chart_scope),
        holds=_holds_at_the_door(request, record, now),
        accepted_at=now,
        updated_at=now,
        next_attempt_at=now + FIRST_LOOK,
    )
    accepted = tasks.accept(task, idempotency)
    if accepted.id == task.id:
        try:
            queue.send(accepted)
        except StoreUnavailable:
            return accepted
    return accepted


def requested_start(request: AppointmentRequest | RescheduleAppointment, record: PracticeRecord) -> datetime:
    """The start asked for, in the practice's zone; raises InvalidTime unless it is on a five-minute mark."""
    start = parse_instant(request.start, record.practice.zone)
    if start.minute % 5 or start.second or start.microsecond:
        raise InvalidTime("A visit starts on a five-minute mark.")
    return start


def _canonical(body: bytes) -> str:
    return json.dumps(json.loads(body), sort_keys=True, separators=(",", ":"))


def _steps(request: TaskRequest, record: PracticeRecord) -> tuple[Step, ...]:
    match request:
        case CreateAppointment():
            kinds = [StepKind.CREATE_APPOINTMENT, *_check(request)]
        case RescheduleAppointment() if record.practice.rebooks:
            return rebooking(request)
        case RescheduleAppointment():
            kinds = [StepKind.MOVE_APPOINTMENT, *_check(request), *_note(request)]
        case CancelAppointment():
            kinds = [StepKind.CANCEL_APPOINTMENT]
        case ConfirmAppointment():
            kinds = [StepKind.CONFIRM_APPOINTMENT]
        case OnboardNewPatient():
            visit = request.appointment
            kinds = [StepKind.CREATE_PATIENT]
            if visit is not None:
                kinds += [StepKind.CREATE_APPOINTMENT, *_check(visit)]
    return tuple(Step(kind=kind) for kind in kinds)


def rebooking(request: RescheduleAppointment) -> tuple[Step, ...]:
    """The steps of a move for practices that want, or EHRs that need, a new visit before the old one goes."""
    kinds = (StepKind.CREATE_APPOINTMENT, *_check(request), StepKind.CANCEL_APPOINTMENT)
    return tuple(Step(kind=kind) for kind in kinds)


def _check(visit: AppointmentRequest | RescheduleAppointment) -> list[StepKind]:
    """Who may book over something else need not look whether somebody did."""
    return [] if visit.allow_overlap else [StepKind.CHECK]


def _note(request: RescheduleAppointment) -> list[StepKind]:
    """Last, when it is certain that the visit stays where it was moved to."""
    return [StepKind.APPEND_NOTE] if request.notes else []


def _holds_at_the_door(request: TaskRequest, record: PracticeRecord, now: datetime) -> tuple[Hold, ...]:
    """What can be claimed before the EHR is asked: of a new visit the patient, and chair and provider if known."""
    visit = request.appointment if isinstance(request, OnboardNewPatient) else request
    if not isinstance(visit, AppointmentRequest | RescheduleAppointment):
        return ()
    start = requested_start(visit, record)
    if start <= now:
        raise InvalidTime("The start is in the past.")
    if start > now + FURTHEST_START:
        raise InvalidTime("The start is more than two years ahead.")
    if visit.allow_overlap and not record.may_overlap:
        raise OverlapNotAllowed
    if not visit.allow_overlap:
        _check_bookable(start, record.practice, now)
    if isinstance(visit, RescheduleAppointment):
        return ()
    need = need_for_service(
        record.practice,
        visit.service_id,
        provider_id=visit.provider_id,
        operatory_id=visit.operatory_id,
        location_id=visit.location_id,
    )
    if visit.allow_overlap:
        return ()
    patient_id = visit.patient_id if isinstance(visit, CreateAppointment) else None
    place = None
    if visit.provider_id is not None and visit.operatory_id is not None:
        place = Place(visit.operatory_id, visit.provider_id)
    return holds_for(place, start, need.minutes, need.time_pattern, patient_id)


def _check_bookable(start: datetime, practice: Practice, now: datetime) -> None:
    """By the rules of slots, at the door and nowhere else: a task that waits is not refused for having waited.

    Raises TooSoon, TooFar.
    """
    booking = practice.booking
    if start < now + timedelta(minutes=booking.minimum_lead_minutes) - CALL_LASTS:
        raise TooSoon
    last_day = now.astimezone(practice.zone).date() + timedelta(days=booking.horizon_days)
    if start.astimezone(practice.zone).date() > last_day:
        raise TooFar
