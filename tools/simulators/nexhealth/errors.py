"""Every refusal in one table: its status, its text, and whether a source confirms the text.

Texts are facts where `confirmed` is True; the others are invented and plausible: no client may depend on their wording.
"""

from dataclasses import dataclass


class ApiError(Exception):
    """A refusal with the texts of its `error` array."""

    def __init__(self, status: int, *texts: str) -> None:
        super().__init__(*texts)
        self.status = status
        self.texts = list(texts)


@dataclass(frozen=True, slots=True)
class ErrorText:
    status: int
    text: str
    confirmed: bool

    def __call__(self, **values: object) -> ApiError:
        return ApiError(self.status, self.text.format(**values))


def _real(status: int, text: str) -> ErrorText:
    return ErrorText(status, text, confirmed=True)


def _invented(status: int, text: str) -> ErrorText:
    return ErrorText(status, text, confirmed=False)


# Told by the vendor's pages or recorded by others from live answers.
MISSING_PARAMETER = _real(400, "Missing parameter {name}")
BAD_PHONE = _real(400, "User phone number is invalid")
BAD_CREDENTIALS = _real(401, "Invalid Credentials")
NO_ACCESS = _real(403, "You don't have access to perform this action.")
PATIENT_NOT_IN_LOCATION = _real(400, "Patient with ID {id} not found in location {location}")
ALREADY_CANCELLED = _real(400, "Cannot update already cancelled appointment")
TYPE_NOT_CONFIGURED = _real(400, "appointment_type_id was not found to be configured for the requested slot")
RESOURCE_NOT_FOUND = _real(404, "Resource not found")
BAD_CONTENT_TYPE = _real(415, "content-type {kind} not supported")

# Known to be refused; how the refusal reads is not known.
NOT_SYNCED = _invented(400, "Appointment is not synced with the PMS yet")
NO_VERSION = _invented(404, "Not Found")
TOO_MANY_REQUESTS = _invented(429, "Rate limit exceeded")
TIMED_OUT = _invented(504, "Gateway Timeout")
SERVER_ERROR = _invented(500, "Internal Server Error")
NOT_FOUND = _invented(404, "{noun} not found")
BAD_VALUE = _invented(400, "{name} is invalid")
BAD_CHOICE = _invented(400, "{name} does not have a valid value")
BAD_JSON = _invented(400, "There was a problem in the request body you submitted")
BAD_CURSOR = _invented(400, "Invalid cursor")
PER_PAGE_TOO_LARGE = _invented(400, "per_page must be at most {most}")
TOO_MANY_PATIENT_IDS = _invented(400, "patient_ids can hold at most 25 ids")
LOCATION_OR_FOREIGN_ID = _invented(400, "location_id or foreign_id is required")
PROVIDERS_OR_TYPE = _invented(400, "Either pids or appointment_type_id is required")
START_IN_PAST = _invented(400, "Start time can't be in the past")
END_BEFORE_START = _invented(400, "End time must be after start time")
NO_LENGTH = _invented(400, "Either end_time or appointment_type_id is required")
NOTE_TOO_LONG = _invented(400, "Note is too long (maximum is 128 characters)")
NOT_BOOKABLE = _invented(400, "Patient can not be booked")
PROVIDER_NOT_IN_LOCATION = _invented(400, "Provider with ID {id} not found in location {location}")
OPERATORY_NOT_IN_LOCATION = _invented(400, "Operatory with ID {id} not found in location {location}")
APPOINTMENT_TYPE_NOT_FOUND = _invented(400, "Appointment type with ID {id} not found")
START_TAKEN = _invented(400, "Time slot is not available")
ONLY_CONFIRM = _invented(400, "Confirmed can only be changed to true")
ONLY_CANCEL = _invented(400, "Appointment can't be uncancelled")
CHECKED_IN_ALREADY = _invented(400, "Appointment is already checked in")
EDIT_UNSUPPORTED = _invented(400, "Editing {fields} is not supported by {emr}")
EHR_REFUSED = _invented(400, "{reason}")
BAD_EMAIL = _invented(400, "User email is invalid")
BAD_BIRTH_DATE = _invented(400, "User date of birth is invalid")
PATIENT_EXISTS = _invented(400, "Patient already exists")
ONE_RECURRENCE = _invented(400, "Exactly one of days, specific_date, custom_recurrence is required")
SYNCED_HOURS = _invented(400, "Synced working hours can't be changed")
BAD_SUBSCRIPTION = _invented(400, "resource_type or event is invalid")
SUBDOMAIN_NOT_ALLOWED = _invented(400, "subdomain is not allowed for this resource type")


def table() -> dict[str, ErrorText]:
    """All texts by name."""
    return {name: value for name, value in globals().items() if isinstance(value, ErrorText)}
