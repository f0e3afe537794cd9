"""The step that moves a visit in place, and the one that moves it back from a collision."""

from openchair.errors import AppointmentNotFound, ChangedInEhr, NotMovable, SlotTaken
from openchair.models.journal import Step, StepKind, Task
from openchair.models.request import RescheduleAppointment
from openchair.models.visit import MARKER, Appointment, AppointmentStatus, Move, Place
from openchair.slots.needs import need_for_move
from openchair.slots.openings import holds_for
from openchair.tasks import outcomes
from openchair.tasks.steps.common import (
    Desk,
    Done,
    Failed,
    NeedsReview,
    Prepared,
    ReadBack,
    Ready,
    Unseen,
    at_place,
    best_place,
    confirm_free,
    holds_of,
    named_visit,
    not_held_yet,
    place_of,
    unsent,
)
from openchair.tasks.submit import requested_start


def prepare(task: Task, step: Step, desk: Desk) -> Prepared:
    request = task.request
    assert isinstance(request, RescheduleAppointment)
    visit = named_visit(task, desk)
    if visit.status is not AppointmentStatus.BOOKED or visit.start is None:
        raise NotMovable
    start = requested_start(request, desk.record)
    chair = request.operatory_id or visit.operatory_id
    provider = request.provider_id or visit.provider_id
    if visit.start == start and visit.operatory_id == chair and visit.provider_id == provider:
        return Done(outcomes.ALREADY_MOVED, visit.id, visit.patient_id)
    if step.attempt and _place_now(visit) != (step.old_start, step.old_operatory_id):
        raise ChangedInEhr
    need = need_for_move(
        desk.record.practice, visit, provider_id=request.provider_id, operatory_id=request.operatory_id
    )
    place = best_place(
        task, step, desk, need, start, old=visit, provider_id=request.provider_id, allow_overlap=request.allow_overlap
    )
    planned = step.model_copy(
        update={
            "appointment_id": visit.id,
            "patient_id": visit.patient_id,
            "old_start": visit.start,
            "old_operatory_id": visit.operatory_id,
            "old_provider_id": visit.provider_id,
            "old_second_provider_id": visit.second_provider_id,
            **at_place(place, start, visit.minutes, need.time_pattern),
        }
    )
    # The note of a PUT overwrites: what the front desk wrote, and our marker, stay in front.
    note = f"{visit.note}\n{MARKER.sub('', request.notes).strip()}".strip() if request.notes else None

    def send() -> Done:
        desk.ehr.move_appointment(visit.id, Move(start, visit.minutes, place, note))
        return Done(outcomes.MOVED, visit.id, visit.patient_id)

    # The old time is held too until the move stands, so that the visit can be moved back.
    holds = holds_of(visit)
    if not request.allow_overlap:
        holds = (*holds_for(place, start, visit.minutes, need.time_pattern), *holds)

    def confirm() -> None:
        confirm_free(desk, planned, visit, allow_overlap=request.allow_overlap)

    return Ready(planned, send, not_held_yet(task, holds), confirm)


def read_back(task: Task, step: Step, desk: Desk) -> ReadBack:
    assert step.appointment_id is not None
    try:
        visit = desk.ehr.appointment(step.appointment_id)
    except AppointmentNotFound:
        return Failed(ChangedInEhr())
    if visit.occupies and _place_now(visit) == (step.start, step.operatory_id):
        return Done(outcomes.MOVED, visit.id, visit.patient_id)
    if visit.status is AppointmentStatus.BOOKED and _place_now(visit) == (step.old_start, step.old_operatory_id):
        return Unseen()
    return Failed(ChangedInEhr())


def prepare_back(task: Task, step: Step, desk: Desk) -> Prepared:
    """To where it was; only while it still stands where we put it."""
    assert step.appointment_id is not None
    assert step.start is not None
    try:
        visit = desk.ehr.appointment(step.appointment_id)
    except AppointmentNotFound:
        return Done(None)
    if visit.status is not AppointmentStatus.BOOKED or _place_now(visit) != (step.old_start, step.old_operatory_id):
        return Done(None)
    try:
        confirm_free(desk, step, visit)
    except SlotTaken:
        return NeedsReview(outcomes.MOVED_ONTO_COLLISION)
    except ChangedInEhr:
        return Done(None)
    start, place = step.start, place_of(step)

    def send() -> Done:
        desk.ehr.move_appointment(visit.id, Move(start, visit.minutes, place))
        return Done(None)

    return Ready(step, send)


def read_back_back(task: Task, step: Step, desk: Desk) -> ReadBack:
    found = read_back(task, step, desk)
    if isinstance(found, Done | Failed):
        return Done(None)
    return found


def back_from(moved: Step) -> Step:
    """The move back of a move: where and when are swapped."""
    assert moved.old_provider_id is not None
    assert moved.start is not None
    old = Place(moved.old_operatory_id, moved.old_provider_id, moved.old_second_provider_id, moved.is_hygiene)
    assert moved.old_start is not None
    assert moved.minutes is not None
    return unsent(moved, StepKind.MOVE_BACK).model_copy(
        update={
            "old_start": moved.start,
            "old_operatory_id": moved.operatory_id,
            "old_provider_id": moved.provider_id,
            "old_second_provider_id": moved.second_provider_id,
            **at_place(old, moved.old_start, moved.minutes, moved.time_pattern),
        }
    )


def _place_now(visit: Appointment) -> tuple[object, str | None]:
    return visit.start, visit.operatory_id
