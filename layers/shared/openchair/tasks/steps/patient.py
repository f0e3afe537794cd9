"""The step that creates a patient's chart, unless there is one."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from openchair.errors import (
    EhrDuplicatePatient,
    EhrError,
    EhrNotSent,
    EhrUnavailable,
    EhrUnreachable,
    PatientInactive,
    PatientNotFound,
)
from openchair.models.journal import Step, StepKind, Task
from openchair.models.person import NewPatient, Patient, PatientQuery
from openchair.models.request import OnboardNewPatient
from openchair.people import Likeness, has_anything_of, likeness, refusal_of
from openchair.ports import EhrClient
from openchair.slots.needs import is_ours
from openchair.tasks import outcomes
from openchair.tasks.steps.common import Desk, Done, NeedsReview, Prepared, ReadBack, Ready, Unseen


def prepare(task: Task, step: Step, desk: Desk) -> Prepared:
    """One person, one chart: theirs is used, and one that may be theirs is for a person to look at.

    Whoever then says that it shall be sent has seen that it is another's.
    """
    person = _person(task)
    charts = _charts(person, desk.ehr)
    same, near = charts[Likeness.SAME], charts[Likeness.NEAR]
    usable = [patient for patient in same if _is_usable(patient, desk)]
    if len(usable) > 1:
        return NeedsReview(outcomes.SEVERAL_PATIENTS_MATCH)
    if usable:
        return Done(outcomes.PATIENT_FOUND, patient_id=usable[0].id, in_chart=usable[0].is_in_chart)
    if same:
        return NeedsReview(_why_unusable(same, desk))
    if near and not _is_told_apart(task):
        return NeedsReview(outcomes.PATIENT_LOOK_ALIKE)

    def send() -> Done:
        try:
            created = desk.ehr.create_patient(person)
        except EhrDuplicatePatient as refused:
            found = _only_one(person, desk, refused)
            # Nobody was there before we sent first, so it is ours if an answer was lost since.
            code = outcomes.PATIENT_CREATED if step.attempt else outcomes.PATIENT_FOUND
            return Done(code, patient_id=found.id, in_chart=found.is_in_chart)
        is_alone = not near and not charts[Likeness.NAMESAKE]
        code = outcomes.PATIENT_CREATED if is_alone else outcomes.PATIENT_CREATED_LOOK_ALIKE
        return Done(code, patient_id=created.id, in_chart=created.is_in_chart)

    return Ready(step.model_copy(update={"seen_patient_ids": tuple(patient.id for patient in near)}), send)


def read_back(task: Task, step: Step, desk: Desk) -> ReadBack:
    """Nobody of this name, birth date and contact was there when we sent, so the one who is now is theirs.

    One who is there now and only may be theirs, our own that was stored otherwise perhaps, is for a person to look at.
    """
    charts = _charts(_person(task), desk.ehr)
    usable = [patient for patient in charts[Likeness.SAME] if _is_usable(patient, desk)]
    if len(usable) > 1:
        return NeedsReview(outcomes.SEVERAL_PATIENTS_MATCH)
    if usable:
        return Done(outcomes.PATIENT_CREATED, patient_id=usable[0].id, in_chart=usable[0].is_in_chart)
    if any(patient.id not in step.seen_patient_ids for patient in charts[Likeness.NEAR]):
        return NeedsReview(outcomes.PATIENT_LOOK_ALIKE)
    return Unseen()


def chart_of(task: Task, patient_id: str, desk: Desk) -> Patient:
    """By its id, or, once an EHR that writes later has given a newcomer's chart another one, by the person.

    Raises PatientNotFound.
    """
    try:
        return desk.ehr.patient(patient_id)
    except PatientNotFound:
        if not isinstance(task.request, OnboardNewPatient):
            raise
        active = [one for one in _charts(task.request.patient, desk.ehr)[Likeness.SAME] if one.is_active]
        if len(active) != 1:
            raise
        return active[0]


def adopted_chart(task: Task, patient_id: str, desk: Desk) -> Done | NeedsReview | None:
    """The chart that somebody named for this person; None when it is certainly another's, or not there.

    One in which the visit that is to follow cannot be booked stays before a person, who can change that in the EHR.
    """
    try:
        patient = desk.ehr.patient(patient_id)
    except PatientNotFound:
        return None
    if not has_anything_of(_person(task), patient) or not is_ours(desk.record.practice, patient.location_id):
        return None
    has_visit = any(step.kind is StepKind.CREATE_APPOINTMENT for step in task.steps)
    if has_visit and not _is_usable(patient, desk):
        return NeedsReview(_why_unusable([patient], desk))
    return Done(outcomes.PATIENT_FOUND, patient_id=patient.id, in_chart=patient.is_in_chart)


def _person(task: Task) -> NewPatient:
    assert isinstance(task.request, OnboardNewPatient)
    return task.request.patient


def _is_told_apart(task: Task) -> bool:
    """Only a decision to send brings a task that was before a person here again."""
    return task.resolution_applied and task.review_code == outcomes.PATIENT_LOOK_ALIKE


def _is_usable(patient: Patient, desk: Desk) -> bool:
    """A chart that its system does not have yet, as we made it a moment ago, is theirs all the same."""
    return refusal_of(patient, desk.record.practice.booking) is None or not patient.is_in_chart


def _why_unusable(patients: Sequence[Patient], desk: Desk) -> str:
    """An inactive chart can be made active again, so it is told before others."""
    refusals = [refusal_of(patient, desk.record.practice.booking) for patient in patients]
    is_inactive = any(isinstance(one, PatientInactive) for one in refusals)
    return outcomes.PATIENT_INACTIVE if is_inactive else outcomes.PATIENT_NOT_BOOKABLE


def _charts(person: NewPatient, ehr: EhrClient) -> Mapping[Likeness, Sequence[Patient]]:
    """Charts by what they are to this person, however names and numbers are spelled.

    Who was born on that day is asked for first; without one that is certainly theirs, who shares a contact, as a chart
    can lack its birth date.
    """
    # Made without being checked again: the rules at the door may have been another version's.
    ask = PatientQuery.model_construct
    born = ask(last_name=person.last_name, first_name=person.first_name, date_of_birth=person.date_of_birth)
    found = {patient.id: patient for patient in ehr.find_patients(born)}
    if not any(likeness(person, patient) is Likeness.SAME for patient in found.values()):
        if person.phone is not None:
            found |= {patient.id: patient for patient in ehr.find_patients(ask(phone=person.phone))}
        if person.email is not None:
            found |= {patient.id: patient for patient in ehr.find_patients(ask(email=person.email))}
    charts: dict[Likeness, list[Patient]] = defaultdict(list)
    for patient in found.values():
        charts[likeness(person, patient)].append(patient)
    return charts


def _only_one(person: NewPatient, desk: Desk, refused: EhrDuplicatePatient) -> Patient:
    """The one chart because of which the EHR refused a new one; without one, the refusal stands.

    Raises EhrUnreachable where it cannot be read now: nothing was made, and the whole may be tried again.
    """
    try:
        if refused.patient_id is not None:
            charts: Sequence[Patient] = [desk.ehr.patient(refused.patient_id)]
        else:
            charts = _charts(person, desk.ehr)[Likeness.SAME]
    except (EhrNotSent, EhrUnavailable) as unread:
        raise EhrUnreachable from unread
    except (EhrError, PatientNotFound):
        raise refused from None
    there = [patient for patient in charts if _is_usable(patient, desk)]
    if len(there) != 1:
        raise refused
    return there[0]
