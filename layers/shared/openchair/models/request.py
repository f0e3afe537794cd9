"""What callers ask for, checked strictly at the door (design section 4, Task)."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from openchair.models.person import NewPatient
from openchair.models.texts import Document, EhrId, Id, Notes


class TaskType(StrEnum):
    CREATE_APPOINTMENT = "CREATE_APPOINTMENT"
    RESCHEDULE_APPOINTMENT = "RESCHEDULE_APPOINTMENT"
    CANCEL_APPOINTMENT = "CANCEL_APPOINTMENT"
    CONFIRM_APPOINTMENT = "CONFIRM_APPOINTMENT"
    ONBOARD_NEW_PATIENT = "ONBOARD_NEW_PATIENT"


class AppointmentRequest(Document):
    """A visit to book. `start` is ISO 8601 with offset, kept as sent: what it means depends on the practice's zone."""

    service_id: Id
    start: Annotated[str, StringConstraints(max_length=40)]
    provider_id: EhrId | None = None
    operatory_id: EhrId | None = None
    location_id: EhrId | None = None
    notes: Notes | None = None
    allow_overlap: bool = False


class CreateAppointment(AppointmentRequest):
    type: Literal[TaskType.CREATE_APPOINTMENT]
    patient_id: EhrId


class RescheduleAppointment(Document):
    type: Literal[TaskType.RESCHEDULE_APPOINTMENT]
    appointment_id: EhrId
    patient_id: EhrId | None = None
    start: Annotated[str, StringConstraints(max_length=40)]
    provider_id: EhrId | None = None
    operatory_id: EhrId | None = None
    notes: Notes | None = None
    allow_overlap: bool = False


class CancelAppointment(Document):
    type: Literal[TaskType.CANCEL_APPOINTMENT]
    appointment_id: EhrId
    patient_id: EhrId | None = None
    send_to_unscheduled_list: bool = True


class ConfirmAppointment(Document):
    type: Literal[TaskType.CONFIRM_APPOINTMENT]
    appointment_id: EhrId
    patient_id: EhrId | None = None


class OnboardNewPatient(Document):
    type: Literal[TaskType.ONBOARD_NEW_PATIENT]
    patient: NewPatient
    appointment: AppointmentRequest | None = None


TaskRequest = Annotated[
    CreateAppointment | RescheduleAppointment | CancelAppointment | ConfirmAppointment | OnboardNewPatient,
    Field(discriminator="type"),
]


class Resolution(Document):
    """How a person settles a review. `adopt` names what stands in the chart for what was asked."""

    action: Literal["adopt", "resend", "give_up"]
    appointment_id: EhrId | None = None
    patient_id: EhrId | None = None

    @model_validator(mode="after")
    def _adopts_one_thing(self) -> "Resolution":
        named = (self.appointment_id is not None) + (self.patient_id is not None)
        if named != (self.action == "adopt"):
            raise ValueError("adopt names an appointment_id or a patient_id; resend and give_up name nothing")
        return self
