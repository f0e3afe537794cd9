"""Requests as tasks keep them: lenient twins of the strict ones at the door (docs/decisions.md, Two versions).

What was checked when it was accepted is not checked again by the rules of another version: texts are plain, a field
that only a newer version knows is kept as it is, and a type that only a newer version knows is an `UnknownRequest`.
"""

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from openchair.models.person import Address, NewPatient
from openchair.models.request import (
    AppointmentRequest,
    CancelAppointment,
    ConfirmAppointment,
    CreateAppointment,
    OnboardNewPatient,
    RescheduleAppointment,
    Resolution,
    TaskRequest,
)
from openchair.models.texts import Stored

_LENIENT = ConfigDict(frozen=True, extra="allow", hide_input_in_errors=True, defer_build=True)


class StoredAppointmentRequest(AppointmentRequest):
    model_config = _LENIENT

    service_id: str
    start: str
    provider_id: str | None = None
    operatory_id: str | None = None
    location_id: str | None = None
    notes: str | None = None


class StoredCreate(StoredAppointmentRequest, CreateAppointment):
    patient_id: str


class StoredReschedule(RescheduleAppointment):
    model_config = _LENIENT

    appointment_id: str
    patient_id: str | None = None
    start: str
    provider_id: str | None = None
    operatory_id: str | None = None
    notes: str | None = None


class StoredCancel(CancelAppointment):
    model_config = _LENIENT

    appointment_id: str
    patient_id: str | None = None


class StoredConfirm(ConfirmAppointment):
    model_config = _LENIENT

    appointment_id: str
    patient_id: str | None = None


class StoredAddress(Address):
    model_config = _LENIENT

    line1: str
    line2: str | None = None
    city: str | None = None
    state: str | None = None
    zip: str | None = None


class StoredNewPatient(NewPatient):
    model_config = _LENIENT

    first_name: str
    last_name: str
    date_of_birth: date
    phone: str | None = None
    email: str | None = None
    middle_name: str | None = None
    preferred_name: str | None = None
    address: StoredAddress | None = None
    language: str | None = None

    @model_validator(mode="after")
    def _can_be_reached(self) -> "StoredNewPatient":
        return self


class StoredOnboarding(OnboardNewPatient):
    model_config = _LENIENT

    patient: StoredNewPatient
    appointment: StoredAppointmentRequest | None = None


class UnknownRequest(Stored):
    """What a newer version has accepted: kept, and left to it."""

    type: str


class StoredResolution(Resolution):
    """`action` may be one that only a newer version knows."""

    model_config = _LENIENT

    action: str  # type: ignore[assignment]
    appointment_id: str | None = None
    patient_id: str | None = None

    @model_validator(mode="after")
    def _adopts_one_thing(self) -> "StoredResolution":
        return self


def _as_data(value: Any) -> Any:
    return value.model_dump() if isinstance(value, BaseModel) else value


if TYPE_CHECKING:
    # Twins are read and written as such, and used as what they are twins of.
    StoredRequest = TaskRequest | UnknownRequest
    DecidedResolution = Resolution
else:
    _Known = Annotated[
        StoredCreate | StoredReschedule | StoredCancel | StoredConfirm | StoredOnboarding, Field(discriminator="type")
    ]
    StoredRequest = Annotated[_Known | UnknownRequest, Field(union_mode="left_to_right"), BeforeValidator(_as_data)]
    DecidedResolution = Annotated[StoredResolution, BeforeValidator(_as_data)]
