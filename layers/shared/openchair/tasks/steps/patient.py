"""The step that creates a patient's chart, unless there is one."""

from openchair.contacts import match_text
from openchair.errors import EhrDuplicatePatient, EhrError, PatientNotFound
from openchair.models.journal import Step, Task
from openchair.models.person import NewPatient, Patient, PatientQuery, same_phone
from openchair.models.request import OnboardNewPatient
from openchair.ports import EhrClient
from openchair.tasks import outcomes
from openchair.tasks.steps.common import Desk, Done, NeedsReview, Prepared, ReadBack, Ready, Unseen


def prepare(task: Task, step: Step, desk: Desk) -> Prepared:
    person = _person(task)
    same_name, same_person = _known(person, desk.ehr)
    active = [patient for patient in same_person if patient.is_active]
    if len(active) > 1:
        return NeedsReview(outcomes.SEVERAL_PATIENTS_MATCH)
    if active:
        return Done(outcomes.PATIENT_FOUND, patient_id=active[0].id, in_chart=active[0].is_in_chart)
    if same_person:
        return NeedsReview(outcomes.PATIENT_INACTIVE)

    def send() -> Done:
        try:
            created = desk.ehr.create_patient(person)
        except EhrDuplicatePatient as refused:
            found = _only_one(person, desk.ehr, refused)
            return Done(outcomes.PATIENT_FOUND, patient_id=found.id, in_chart=found.is_in_chart)
        code = outcomes.PATIENT_CREATED_LOOK_ALIKE if same_name else outcomes.PATIENT_CREATED
        return Done(code, patient_id=created.id, in_chart=created.is_in_chart)

    return Ready(step, send)


def read_back(task: Task, step: Step, desk: Desk) -> ReadBack:
    """By name, birth date and contact. Nobody of them was there when we sent, so the one who is now is ours."""
    _, charts = _known(_person(task), desk.ehr)
    same_person = [patient for patient in charts if patient.is_active]
    if len(same_person) > 1:
        return NeedsReview(outcomes.SEVERAL_PATIENTS_MATCH)
    if same_person:
        made = same_person[0]
        return Done(outcomes.PATIENT_CREATED, patient_id=made.id, in_chart=made.is_in_chart)
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
        _, same_person = _known(task.request.patient, desk.ehr)
        active = [patient for patient in same_person if patient.is_active]
        if len(active) != 1:
            raise
        return active[0]


def _person(task: Task) -> NewPatient:
    assert isinstance(task.request, OnboardNewPatient)
    return task.request.patient


def _known(person: NewPatient, ehr: EhrClient) -> tuple[list[Patient], list[Patient]]:
    """Charts of this name and birth date; of these, the ones that share the phone or the e-mail too."""
    query = PatientQuery(last_name=person.last_name, first_name=person.first_name, date_of_birth=person.date_of_birth)
    same_name = [
        patient
        for patient in ehr.find_patients(query)
        if match_text(patient.last_name) == match_text(person.last_name)
        and match_text(patient.first_name) == match_text(person.first_name)
        and patient.date_of_birth == person.date_of_birth
    ]
    return same_name, [patient for patient in same_name if _shares_contact(patient, person)]


def _only_one(person: NewPatient, ehr: EhrClient, refused: EhrDuplicatePatient) -> Patient:
    """The one chart because of which the EHR refused a new one; without one, the refusal stands."""
    try:
        _, charts = _known(person, ehr)
        there = [patient for patient in charts if patient.is_active]
    except EhrError:
        raise refused from None
    if len(there) != 1:
        raise refused
    return there[0]


def _shares_contact(patient: Patient, person: NewPatient) -> bool:
    if person.email and patient.email and match_text(person.email) == match_text(patient.email):
        return True
    return person.phone is not None and any(same_phone(phone, person.phone) for phone in patient.phones)
