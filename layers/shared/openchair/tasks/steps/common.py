"""What the steps of tasks share: what they work with, and what a look or a write can come to."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from openchair.errors import AppointmentNotFound, ChangedInEhr, OpenChairError, PatientMismatch, TaskExpired
from openchair.models.journal import Ending, Hold, Standing, Step, StepKind, StepState, Task
from openchair.models.office import Schedule
from openchair.models.practice import PracticeRecord
from openchair.models.request import CancelAppointment, ConfirmAppointment, RescheduleAppointment
from openchair.models.visit import MARKER, Appointment, AppointmentStatus, Place
from openchair.ports import Capabilities, Clock, EhrClient, TaskStore
from openchair.progress import check_not_begun
from openchair.slots.book import LiveBook, days_touched, visits_reaching_into
from openchair.slots.holds import holds_for
from openchair.slots.needs import is_ours
from openchair.slots.nouns import Book, Need
from openchair.slots.openings import check_free, place_at

CANCELLED = (AppointmentStatus.CANCELLED, AppointmentStatus.WAITLIST)


@dataclass(frozen=True, slots=True)
class Desk:
    """What a step works with: one practice, its EHR and what that can do, our own state and the time."""

    record: PracticeRecord
    ehr: EhrClient
    tasks: TaskStore
    clock: Clock
    capabilities: Capabilities


@dataclass(frozen=True, slots=True)
class Done:
    """A step's end: what to tell, and the ids that came of it. `code` None tells nothing new.

    `in_chart` says whether the practice's own system has it; None tells nothing new. `visit` is how the EHR told the
    visit last, `accepted_at` when it took the write in by its own clock. `stood`: it was so before, nothing was sent.
    """

    code: str | None
    appointment_id: str | None = None
    patient_id: str | None = None
    in_chart: bool | None = None
    visit: Appointment | None = None
    accepted_at: datetime | None = None
    stood: bool = False


@dataclass(frozen=True, slots=True)
class Ready:
    """A write that may go out once `holds` are held, then confirmed to be free, and `step` is recorded as sent.

    What the task holds beyond them is left; None: what it holds is none of this write's. `confirm` raises SlotTaken
    or PatientBusy when the chart has changed since it was read.
    """

    step: Step
    send: Callable[[], Done]
    holds: tuple[Hold, ...] | None = None
    confirm: Callable[[], None] = lambda: None


@dataclass(frozen=True, slots=True)
class Instead:
    """This EHR does it in other steps, in place of all there are."""

    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Unseen:
    """Read back, and nothing of the write is there (yet). `found`: the code of what a person was asked about."""

    found: str | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """Certain: it did not take effect, and must not be tried again."""

    error: OpenChairError


@dataclass(frozen=True, slots=True)
class NeedsReview:
    """A person has to choose. `code` is one of `outcomes`."""

    code: str


@dataclass(frozen=True, slots=True)
class Redirected:
    """What stands in the chart cannot stay: the steps from here on, and how the task ends after them."""

    steps: tuple[Step, ...]
    ending: Ending


@dataclass(frozen=True, slots=True)
class Waits:
    """Accepted by an EHR that writes later, and not in the chart yet: look again at `due`, with what `step` knows."""

    due: datetime
    step: Step


Prepared = Ready | Done | NeedsReview | Instead
ReadBack = Done | Unseen | Failed | NeedsReview
Look = Done | NeedsReview | Redirected | Waits


def unsent(step: Step, kind: StepKind) -> Step:
    """A step of another kind on the same visit, of which nothing was sent."""
    return step.model_copy(
        update={"kind": kind, "state": StepState.NEW, "attempt": 0, "sent_at": None, "refusals": (), "code": None}
    )


def named_visit(task: Task, desk: Desk) -> Appointment:
    """The appointment a task names. Raises AppointmentNotFound, PatientMismatch."""
    request = task.request
    assert isinstance(request, RescheduleAppointment | CancelAppointment | ConfirmAppointment)
    visit = desk.ehr.appointment(request.appointment_id)
    if not is_ours(desk.record.practice, visit.location_id):
        raise AppointmentNotFound
    if request.patient_id is not None and visit.patient_id != request.patient_id:
        raise PatientMismatch
    if visit.status in (AppointmentStatus.NOTE, AppointmentStatus.PROPOSED):
        raise AppointmentNotFound
    return visit


def best_place(
    task: Task,
    step: Step,
    desk: Desk,
    need: Need,
    start: datetime,
    *,
    old: Appointment | None = None,
    provider_id: str | None = None,
    allow_overlap: bool = False,
) -> Place:
    """The best place from a fresh read of that day, our own visit and our own claims left aside.

    Raises TaskExpired when the start has passed: only a task of which nothing stands in the chart comes here.
    """
    if start <= desk.clock.now():
        raise TaskExpired
    book = LiveBook(desk.ehr, desk.tasks, desk.record, fresh=True).book_around(start, need.minutes)
    book = replace(book, appointments=of_others(step, book.appointments))
    prefer = None
    if step.provider_id is not None:
        prefer = place_of(step)
    elif old is not None and old.provider_id:
        prefer = Place(old.operatory_id, old.provider_id)
    return place_at(
        book,
        need,
        start,
        zone=desk.record.practice.zone,
        ignore_appointment_id=old.id if old else None,
        ignore_task_id=task.id,
        prefer=prefer,
        require_provider_id=(provider_id or old.provider_id) if old else None,
        allow_overlap=allow_overlap,
    )[0]


def confirm_free(
    desk: Desk,
    step: Step,
    own: Appointment | None = None,
    *,
    instead_of: str | None = None,
    allow_overlap: bool = False,
) -> None:
    """A fresh look at the day's visits, before a write, under the hold.

    Raises PatientBusy or SlotTaken when one stands where this step is about to put its own, unless it may; and when
    `own`, the visit to be moved, no longer stands as it was read, ChangedInEhr, or VisitHasBegun when its patient has
    arrived since. `instead_of` is the id of a visit that will give way to the new one.
    """
    assert step.start is not None
    assert step.minutes is not None
    visits = visits_reaching_into(desk.ehr, *days_touched(step.start, step.minutes, desk.record))
    if own is not None:
        confirm_unchanged(desk, own, visits)
    if not allow_overlap:
        check_free(
            Book((), (), Schedule(), of_others(step, visits)),
            place_of(step),
            step.start,
            step.minutes,
            step.time_pattern,
            patient_id=step.patient_id,
            ignore_appointment_id=own.id if own else instead_of,
        )


def of_others(step: Step, visits: Iterable[Appointment]) -> list[Appointment]:
    """These visits, but one with this step's own marker as nobody's.

    An answer lost and late can have left it there. It takes its chair, but it is nothing else that its patient does.
    """
    if step.marker is None:
        return list(visits)
    return [replace(visit, patient_id="") if step.marker in visit.note else visit for visit in visits]


def confirm_unchanged(desk: Desk, own: Appointment, visits: Sequence[Appointment] = ()) -> None:
    """A fresh look at a visit, on whatever day it is: what was read of it before the hold may be a minute old.

    `visits` were read just now. Raises ChangedInEhr, VisitHasBegun or VisitIsPast.
    """
    now = next((visit for visit in visits if visit.id == own.id), None)
    if now is None:
        try:
            now = desk.ehr.appointment(own.id)
        except AppointmentNotFound:
            raise ChangedInEhr from None
    check_not_begun(now, desk.clock.now())
    if (placement(now), now.status) != (placement(own), own.status):
        raise ChangedInEhr


type Placement = tuple[datetime | None, str | None, str | None]
"""Start, chair, and whose time it mainly takes: what makes a move, so all three tell whether one took effect."""


def placement(visit: Appointment) -> Placement:
    return visit.start, visit.operatory_id, visit.provider_id


def placement_asked(step: Step) -> Placement:
    return step.start, step.operatory_id, step.provider_id


def placement_before(step: Step) -> Placement:
    return step.old_start, step.old_operatory_id, step.old_provider_id


def standing_of(visit: Appointment) -> Standing | None:
    """What a task tells of it; None for one on no schedule."""
    if visit.start is None:
        return None
    return Standing(
        start=visit.start,
        minutes=visit.minutes if visit.tells_end else None,
        operatory_id=visit.operatory_id,
        provider_id=visit.provider_id,
    )


def at_place(place: Place, start: datetime, minutes: int, time_pattern: str) -> dict[str, Any]:
    """The updates by which a step records where and when."""
    return {
        "operatory_id": place.operatory_id,
        "provider_id": place.provider_id,
        "second_provider_id": place.second_provider_id,
        "is_hygiene": place.is_hygiene,
        "location_id": place.location_id,
        "start": start,
        "minutes": minutes,
        "time_pattern": time_pattern,
    }


def place_of(step: Step) -> Place:
    assert step.provider_id is not None
    return Place(step.operatory_id, step.provider_id, step.second_provider_id, step.is_hygiene, step.location_id)


def holds_of(visit: Appointment) -> tuple[Hold, ...]:
    """What a visit that stands in the schedule takes up."""
    assert visit.start is not None
    if visit.provider_id is None:
        return ()
    pattern = visit.time_pattern or "X" * (visit.minutes // 5)
    place = Place(visit.operatory_id, visit.provider_id)
    return holds_for(place, visit.start, visit.minutes, pattern, visit.patient_id)


def note_with(marker: str, text: str | None) -> str:
    """The marker first, never cut; one that somebody copied into the text is taken out of it."""
    return f"{marker} {MARKER.sub('', text or '').strip()}".rstrip()


def after(start: datetime, minutes: int) -> datetime:
    return start.astimezone(UTC) + timedelta(minutes=minutes)
