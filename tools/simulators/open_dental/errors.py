"""Every error answer in one table: its status, its text, and whether a source confirms the text.

Texts are facts where `confirmed` is True; the others are invented and plausible: no client may depend on their wording.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ErrorText:
    status: int
    text: str
    confirmed: bool

    def __call__(self, **values: object) -> "ApiError":
        return ApiError(self.status, self.text.format(**values))


class ApiError(Exception):
    """An answer other than 200 or 201, with the vendor's text."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


def _real(status: int, text: str) -> ErrorText:
    return ErrorText(status, text, confirmed=True)


def _invented(status: int, text: str) -> ErrorText:
    return ErrorText(status, text, confirmed=False)


# Told by the vendor's pages or recorded from live answers.
UNKNOWN_PARAMETER = _real(400, "'{name}' is not a valid parameter.")
UNKNOWN_METHOD = _real(400, "{resource} {verb} {sub} is not a valid method.")
BAD_STAMP_FORMAT = _real(400, "{name} format must be yyyy-MM-dd HH:mm:ss")
REQUIRED = _real(400, "{name} is required")
PATIENT_NOT_FOUND = _real(404, "Patient not found")
APPOINTMENT_NOT_FOUND = _real(404, "Appointment not found")
SCHEDULE_NOT_FOUND = _real(404, "Schedule not found")
CLINIC_NOT_FOUND = _real(404, "Clinic not found")
OFFICE_OFFLINE = _real(
    400, "The office's eConnector is not running. Please contact the office to start their eConnector."
)
KEY_NOT_ASSIGNED = _real(400, "API key has not been assigned.")

# The vendor documents that these are refused, but not how the refusal reads.
UNAUTHORIZED = _invented(401, "Invalid or disabled API key.")
PERMISSION_MISSING = _invented(401, "This API key does not have the {permission} permission.")
UNKNOWN_RESOURCE = _invented(404, "The requested resource was not found.")
TOO_MANY_REQUESTS = _invented(429, "Too many requests.")
TIMED_OUT = _invented(504, "The request was not finished within 60 seconds.")
BAD_CONTENT_TYPE = _invented(400, "Content-Type must be application/json.")
BAD_JSON = _invented(400, "The request body is not valid JSON.")
BODY_NOT_AN_OBJECT = _invented(400, "The request body must be a JSON object.")
BODY_TOO_LARGE = _invented(400, "The request body is too large.")
UNKNOWN_BODY_KEY = _invented(400, "'{name}' is not a valid field.")
LIMIT_TOO_LARGE = _invented(400, "Limit cannot be greater than {cap}.")
BAD_NUMBER = _invented(400, "{name} is invalid.")
BAD_DATE_FORMAT = _invented(400, "{name} format must be yyyy-MM-dd")
BAD_TIME_FORMAT = _invented(400, "{name} format must be HH:mm:ss")
BAD_BOOLEAN = _invented(400, "{name} must be either true or false.")
BAD_CHOICE = _invented(400, "{name} is invalid. Must be one of: {choices}.")
BAD_RANGE = _invented(400, "dateStart must be on or before dateEnd.")
CLINIC_REQUIRED = _invented(400, "ClinicNum is required when clinics are enabled.")
CLINIC_AND_STAMP = _invented(400, "ClinicNum and DateTStamp cannot be used together.")
OPERATORY_NOT_FOUND = _invented(404, "Operatory not found")
PROVIDER_NOT_FOUND = _invented(404, "Provider not found")
DEFINITION_NOT_FOUND = _invented(404, "Definition not found")
APPOINTMENT_TYPE_NOT_FOUND = _invented(404, "AppointmentType not found")
RECALL_NOT_FOUND = _invented(404, "Recall not found")
COMMLOG_NOT_FOUND = _invented(404, "Commlog not found")
NAME_EMPTY = _invented(400, "{name} cannot be blank.")
BAD_ZIP = _invented(400, "Zip is invalid.")
BAD_STATE = _invented(400, "State must be two capital letters.")
BAD_SSN = _invented(400, "SSN must be 9 digits.")
BAD_BILLING_TYPE = _invented(400, "BillingType is invalid.")
CHART_NUMBER_TOO_LONG = _invented(400, "ChartNumber cannot be longer than 15 characters.")
GUARANTOR_AND_SUPER_FAMILY = _invented(400, "Guarantor and SuperFamily cannot be changed in the same request.")
NOT_THE_GUARANTOR = _invented(400, "Guarantor can only be changed on the current guarantor of the family.")
NOTE_FOR_GUARANTORS_ONLY = _invented(400, "FamFinUrgNote can only be set for guarantors.")
DUPLICATE_PATIENT = _invented(400, "A patient with the same name, birthdate and contact information already exists.")
PATIENT_DELETED = _invented(400, "Patient is deleted.")
BAD_PATTERN = _invented(400, "{name} may only contain 'X' and '/'.")
BAD_SECONDARY_PATTERN = _invented(400, "PatternSecondary must be the same length as Pattern.")
NOT_SCHEDULED = _invented(400, "Only appointments with AptStatus of Scheduled can be broken.")
BREAK_TYPE_OFF = _invented(400, "breakType is not allowed by the Broken Appointment Procedure preference.")
ONE_OF_CONFIRM = _invented(400, "Exactly one of confirmVal and defNum is required.")
NOT_PLANNED = _invented(400, "AptNum is not a planned appointment.")
TYPE_OR_PROCEDURES = _invented(400, "Either AppointmentTypeNum or procNums is required.")
OVERLAP = _invented(400, "Appointment overlaps an existing appointment or blockout.")
PAST_DATE = _invented(400, "{name} cannot be in the past.")
SLOTS_RANGE_TOO_LONG = _invented(400, "The date range cannot be longer than {days} days.")


def table() -> dict[str, ErrorText]:
    """All texts by name."""
    return {name: value for name, value in globals().items() if isinstance(value, ErrorText)}
