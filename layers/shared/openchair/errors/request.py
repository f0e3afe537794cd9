"""What the caller has to change."""

from collections.abc import Sequence

from openchair.errors.root import OpenChairError


class RequestError(OpenChairError):
    """The caller has to change the request."""

    code = "invalid_request"
    sentence = "The request cannot be understood."


class InvalidRequest(RequestError):
    """Fields are missing, unknown, of the wrong type or out of bounds.

    `problems` names each field as a dotted path with what is wrong; rejected values are never repeated.
    """

    sentence = "A field is missing, unknown, of the wrong type or out of bounds."

    def __init__(self, detail: str | None = None, problems: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(detail)
        self.problems = tuple(problems)


class InvalidJson(RequestError):
    code = "invalid_json"
    sentence = "The body is not one JSON object in UTF-8."


class BodyTooLarge(RequestError):
    code = "body_too_large"
    sentence = "The body is larger than 64 kB."


class InvalidTime(RequestError):
    code = "invalid_time"
    sentence = "A time is in the past, does not exist in the practice's zone, or is not on a five-minute mark."


class TooSoon(InvalidTime):
    code = "too_soon"
    sentence = "The start is nearer than the practice takes bookings."


class TooFar(InvalidTime):
    code = "too_far"
    sentence = "The start is further ahead than the practice takes bookings."


class RangeTooLong(RequestError):
    code = "range_too_long"
    sentence = "The range of dates is longer than can be answered."


class CallerNotSupported(RequestError):
    code = "caller_not_supported"
    sentence = "Only IAM roles, sessions of roles and IAM users may call."


class IdempotencyKeyMissing(RequestError):
    code = "idempotency_key_missing"
    sentence = "A task needs an Idempotency-Key header of 1 to 255 printable characters."


class IdempotencyKeyReused(RequestError):
    code = "idempotency_key_reused"
    sentence = "This Idempotency-Key was used before with another body."


class NotFound(RequestError):
    code = "not_found"
    sentence = "It does not exist."


class PracticeNotFound(NotFound):
    code = "practice_not_found"
    sentence = "This practice does not exist, or the caller may not touch it."


class ServiceNotFound(NotFound):
    code = "service_not_found"
    sentence = "The practice offers no service of this id."


class TaskNotFound(NotFound):
    code = "task_not_found"
    sentence = "The practice has no task of this id."


class PatientNotFound(NotFound):
    code = "patient_not_found"
    sentence = "The EHR knows no patient of this id."


class AppointmentNotFound(NotFound):
    code = "appointment_not_found"
    sentence = "The EHR knows no appointment of this id."


class ProviderNotFound(NotFound):
    code = "provider_not_found"
    sentence = "No provider of this id can be booked for this service."


class OperatoryNotFound(NotFound):
    code = "operatory_not_found"
    sentence = "No chair of this id can be booked for this service."


class LocationNotFound(NotFound):
    code = "location_not_found"
    sentence = "The practice has no location of this id."


class RouteNotFound(NotFound):
    code = "route_not_found"
    sentence = "There is no such route."


class MethodNotAllowed(NotFound):
    code = "method_not_allowed"
    sentence = "This route does not answer this method."
