"""The step that moves a visit in place, and the one that moves it back from a collision."""

from datetime import UTC, timedelta

from openchair.errors import AppointmentNotFound, ChangedInEhr, NotMovable, PatientBusy, SlotTaken, VisitHasBegun
from openchair.models.journal import Hold, Step, StepKind, Task
from openchair.models.request import RescheduleAppointment
from openchair.models.visit import Appointment, AppointmentStatus, Move, Place
from openchair.progress import check_not_begun
from openchair.slots.holds import holds_for
from openchair.slots.needs import need_for_move
from openchair.tasks import outcomes
from openchair.tasks.steps.common import (
    Desk,
    Done,
    Failed,
    Instead,
    NeedsReview,
    Prepared,
    ReadBack,
    Ready,
    Unseen,
    after,
    at_place,
    best_place,
    confirm_free,
    holds_of,
    named_visit,
    place_of,
    placement,
    placement_asked,
    placement_before,
    unsent,
)
from openchair.tasks.submit import rebooking, requested_start


def prepare(task: Task, step: Step, desk: Desk) -> Prepared:
    request = task.request
    assert isinstance(request, RescheduleAppointment)
    visit = named_visit(task, desk)
    check_not_begun(visit, desk.clock.now())
    if visit.status is not AppointmentStatus.BOOKED or visit.start is None or not visit.tells_end:
        raise NotMovable
    start = requested_start(request, desk.record)
    chair = request.operatory_id or visit.operatory_id
    provider = request.provider_id or visit.provider_id
    if visit.start == start and visit.operatory_id == chair and visit.provider_id == provider:
        return Done(outcomes.ALREADY_MOVED, visit.id, visit.patient_id, visit=visit, stood=True)
    if step.attempt and placement(visit) != placement_before(step):
        raise ChangedInEhr
    need = need_for_move(
        desk.record.practice, visit, provider_id=request.provider_id, operatory_id=request.operatory_id
    )
    place = best_place(
        task, step, desk, need, start, old=visit, provider_id=request.provider_id, allow_overlap=request.allow_overlap
    )
    if place.provider_id != visit.provider_id and not desk.capabilities.moves_to_other_provider:
        return Instead(rebooking(request))
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

    def send() -> Done:
        moved = desk.ehr.move_appointment(visit.id, Move(start, visit.minutes, place))
        return Done(outcomes.MOVED, visit.id, visit.patient_id, visit=moved, accepted_at=moved.touched_at)

    holds = _old_time(task, visit, desk)
    if not request.allow_overlap:
        holds = (*holds_for(place, start, visit.minutes, need.time_pattern, visit.patient_id), *holds)

    def confirm() -> None:
        confirm_free(desk, planned, visit, allow_overlap=request.allow_overlap)

    return Ready(planned, send, holds, confirm)


def _old_time(task: Task, visit: Appointment, desk: Desk) -> tuple[Hold, ...]:
    """Held too until the move stands, so that the visit can be moved back; but for what another task holds of it.

    That keeps nobody from leaving it.
    """
    assert visit.start is not None
    end = after(visit.start, visit.minutes)
    claims = desk.tasks.claims(task.ehr_account_id, visit.start.astimezone(UTC), end)
    theirs = {(claim.resource, claim.resource_id) for claim in claims if claim.task_id != task.id}
    return tuple(hold for hold in holds_of(visit) if (hold.resource, hold.resource_id) not in theirs)


def read_back(task: Task, step: Step, desk: Desk) -> ReadBack:
    assert step.appointment_id is not None
    try:
        visit = desk.ehr.appointment(step.appointment_id)
    except AppointmentNotFound:
        return Failed(ChangedInEhr())
    if visit.occupies and placement(visit) == placement_asked(step):
        return Done(outcomes.MOVED, visit.id, visit.patient_id, visit=visit, accepted_at=visit.touched_at)
    is_as_before = placement(visit) == placement_before(step)
    if visit.status is AppointmentStatus.ARRIVED and is_as_before:
        return Failed(VisitHasBegun())
    if visit.status is AppointmentStatus.BOOKED and is_as_before:
        return Unseen()
    if visit.occupies and placement(visit)[:2] == placement_asked(step)[:2] != placement_before(step)[:2]:
        return NeedsReview(outcomes.STORED_DIFFERENTLY)
    return Failed(ChangedInEhr())


def prepare_back(task: Task, step: Step, desk: Desk) -> Prepared:
    """To where it was; only while it still stands where we put it and its patient has not arrived there.

    No visit is moved back to a time that is over: its patient would have none.
    """
    assert step.appointment_id is not None
    assert step.start is not None
    try:
        visit = desk.ehr.appointment(step.appointment_id)
    except AppointmentNotFound:
        return Done(None)
    if not visit.occupies or placement(visit)[:2] != placement_before(step)[:2]:
        return Done(None)
    if visit.status is not AppointmentStatus.BOOKED or _is_over(step, desk):
        return NeedsReview(outcomes.MOVED_ONTO_COLLISION)
    try:
        confirm_free(desk, step, visit)
    except (SlotTaken, PatientBusy, VisitHasBegun):
        return NeedsReview(outcomes.MOVED_ONTO_COLLISION)
    except ChangedInEhr:
        return Done(None)
    start, place = step.start, place_of(step)

    def send() -> Done:
        moved = desk.ehr.move_appointment(visit.id, Move(start, visit.minutes, place))
        return Done(None, accepted_at=moved.touched_at)

    return Ready(step, send)


def read_back_back(task: Task, step: Step, desk: Desk) -> ReadBack:
    found = read_back(task, step, desk)
    if isinstance(found, Failed) and isinstance(found.error, VisitHasBegun):
        return NeedsReview(outcomes.MOVED_ONTO_COLLISION)
    if isinstance(found, Unseen):
        return found
    return Done(None, accepted_at=getattr(found, "accepted_at", None))


def _is_over(step: Step, desk: Desk) -> bool:
    assert step.start is not None
    assert step.minutes is not None
    return step.start.astimezone(UTC) + timedelta(minutes=step.minutes) <= desk.clock.now()


def back_from(moved: Step) -> Step:
    """The move back of a move: where and when are swapped."""
    assert moved.old_provider_id is not None
    assert moved.start is not None
    old = Place(
        moved.old_operatory_id,
        moved.old_provider_id,
        moved.old_second_provider_id,
        moved.is_hygiene,
        moved.location_id,
    )
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
