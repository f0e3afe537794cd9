"""A task's JSON from the options of `openchair task submit`."""

from dataclasses import dataclass
from typing import Any

from openchair.models.request import TaskType
from tools.cli.failures import CliError

SHORT_TYPES = {
    "create": TaskType.CREATE_APPOINTMENT,
    "reschedule": TaskType.RESCHEDULE_APPOINTMENT,
    "cancel": TaskType.CANCEL_APPOINTMENT,
    "confirm": TaskType.CONFIRM_APPOINTMENT,
    "onboard": TaskType.ONBOARD_NEW_PATIENT,
}
_PERSON = ("first_name", "last_name", "date_of_birth", "phone", "email", "gender")
_BOOKING = ("service_id", "start", "provider_id", "operatory_id", "location_id", "notes", "allow_overlap")


@dataclass(frozen=True, slots=True)
class TaskOptions:
    type: str | None = None
    patient_id: str | None = None
    appointment_id: str | None = None
    service_id: str | None = None
    start: str | None = None
    provider_id: str | None = None
    operatory_id: str | None = None
    location_id: str | None = None
    notes: str | None = None
    allow_overlap: bool | None = None
    send_to_unscheduled_list: bool | None = None
    first_name: str | None = None
    last_name: str | None = None
    date_of_birth: str | None = None
    phone: str | None = None
    email: str | None = None
    gender: str | None = None


def task_request(options: TaskOptions) -> dict[str, Any]:
    """Only what was given; whether it makes a valid task is the API's to say."""
    kind = _type(options.type)
    given = {
        name: value
        for name in TaskOptions.__dataclass_fields__
        if name != "type" and (value := getattr(options, name)) is not None
    }
    if kind is not TaskType.ONBOARD_NEW_PATIENT:
        return {"type": kind.value, **given}
    patient = {name: given.pop(name) for name in _PERSON if name in given}
    appointment = {name: given.pop(name) for name in _BOOKING if name in given}
    return {"type": kind.value, "patient": patient, **({"appointment": appointment} if appointment else {}), **given}


def _type(name: str | None) -> TaskType:
    if name is None:
        raise CliError(
            "No task was given.", "invalid_request", ["Give it as JSON, as @FILE, or by --type and options."]
        )
    try:
        return SHORT_TYPES.get(name.lower()) or TaskType(name.upper())
    except ValueError as error:
        known = ", ".join(SHORT_TYPES)
        raise CliError(f"There is no task type {name!r}.", "invalid_request", [f"One of: {known}."]) from error
