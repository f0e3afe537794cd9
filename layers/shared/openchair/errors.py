"""Everything that can go wrong, as one tree. The HTTP status of each stands in `http_api`, all codes in docs/codes.md.

OpenChairError
├── RequestError                     the caller has to change the request
│   ├── InvalidRequest  InvalidJson  BodyTooLarge  InvalidTime  RangeTooLong
│   ├── IdempotencyKeyMissing  IdempotencyKeyReused  CallerNotSupported
│   ├── NotFound                     PracticeNotFound ServiceNotFound TaskNotFound PatientNotFound AppointmentNotFound
│   │                                ProviderNotFound OperatoryNotFound LocationNotFound RouteNotFound MethodNotAllowed
│   └── Conflict                     SlotTaken OffSchedule PatientMismatch AppointmentBusy NotCancellable NotMovable
│                                    NotConfirmable OverlapNotAllowed TaskAlreadySent TaskExpired TaskWithdrawn
│                                    ChangedInEhr GivenUp NotInReview TaskEnded RevertedInEhr NotWrittenToEhr
│                                    PatientNotBookable
├── EhrError                         the EHR, or the way to it
│   ├── EhrNotSent                   nothing reached the EHR: EhrBusy EhrOffline EhrUnreachable
│   ├── EhrRefused                   a definite no: EhrKeyMissing EhrKeyRefused EhrNotSupported EhrRejected
│   │                                (EhrDuplicatePatient PatientContactMissing)
│   ├── EhrUnavailable               a read that gave no usable answer
│   └── EhrOutcomeUnknown            a write that may or may not have taken effect
└── StoreError                       our own state: StaleVersion StoreUnavailable SettingMissing
"""

from collections.abc import Sequence
from typing import ClassVar


class OpenChairError(Exception):
    """Root of the tree. `code` is stable and for machines, `sentence` for people; neither ever holds patient data.

    `detail` is our own text about this occurrence, never a vendor's or a library's.
    """

    code: ClassVar[str] = "internal_error"
    sentence: ClassVar[str] = "Something went wrong on our side; nothing is known to be lost."
    retryable: ClassVar[bool] = False

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail or self.sentence)
        self.detail = detail or self.sentence


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


class Conflict(RequestError):
    code = "conflict"
    sentence = "It cannot be done as things stand."


class SlotTaken(Conflict):
    code = "slot_taken"
    sentence = "The chair or the provider is no longer free at this time."


class OffSchedule(Conflict):
    code = "off_schedule"
    sentence = "No suitable provider works in a suitable chair at this time, or the practice is closed."


class PatientMismatch(Conflict):
    code = "patient_mismatch"
    sentence = "The appointment is another patient's."


class AppointmentBusy(Conflict):
    code = "appointment_busy"
    sentence = "An earlier task on this appointment is not settled yet."


class NotCancellable(Conflict):
    code = "not_cancellable"
    sentence = "The appointment is completed and cannot be cancelled."


class NotMovable(Conflict):
    code = "not_movable"
    sentence = "The appointment is completed, cancelled or not on the schedule, and cannot be moved."


class NotConfirmable(Conflict):
    code = "not_confirmable"
    sentence = "The appointment is completed, cancelled or not on the schedule, and cannot be confirmed."


class OverlapNotAllowed(Conflict):
    code = "overlap_not_allowed"
    sentence = "The caller has no right to book over something else."


class ChangedInEhr(Conflict):
    code = "changed_in_ehr"
    sentence = "Somebody changed the appointment in the EHR meanwhile, so it was left as it is."


class GivenUp(Conflict):
    code = "given_up"
    sentence = "A person decided that it shall not be done; the EHR holds nothing of it."


class NotInReview(Conflict):
    code = "not_in_review"
    sentence = "The task does not wait for a person."


class TaskAlreadySent(Conflict):
    code = "task_already_sent"
    sentence = "Something of this task was already sent to the EHR, so it can no longer be withdrawn."


class TaskEnded(Conflict):
    code = "task_ended"
    sentence = "The task has ended; what it did can only be undone by a new one."


class TaskExpired(Conflict):
    code = "expired"
    sentence = "The time asked for has passed before anything could be sent."


class TaskWithdrawn(Conflict):
    code = "withdrawn"
    sentence = "The caller withdrew the task before anything was sent."


class RevertedInEhr(Conflict):
    code = "reverted_in_ehr"
    sentence = "The practice's own system did not keep the change: the visit stands as it was before."


class NotWrittenToEhr(Conflict):
    code = "not_written_to_ehr"
    sentence = "The practice's own system did not take the visit; it is not booked."


class PatientNotBookable(Conflict):
    code = "patient_not_bookable"
    sentence = "The EHR takes no visit for this person: they are no patient, or not in the chart yet."


class EhrError(OpenChairError):
    """The EHR, or the way to it. `retry_after` is in seconds where the EHR gave one."""

    code = "ehr_error"
    sentence = "The EHR could not be used."

    def __init__(self, detail: str | None = None, retry_after: float | None = None) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class EhrNotSent(EhrError):
    """Certain: nothing took effect in the EHR, and the same may be tried again."""

    code = "ehr_not_sent"
    sentence = "The EHR was not reached; it will be tried again."
    retryable = True


class EhrBusy(EhrNotSent):
    code = "ehr_busy"
    sentence = "The EHR takes no more requests for now."


class EhrOffline(EhrNotSent):
    code = "ehr_offline"
    sentence = "The practice's own system is not reachable from its vendor."


class EhrUnreachable(EhrNotSent):
    code = "ehr_unreachable"
    sentence = "No connection to the EHR could be made."


class EhrRefused(EhrError):
    """Certain: the EHR said no, and the same would be refused again."""

    code = "ehr_refused"
    sentence = "The EHR refused."


class EhrKeyMissing(EhrRefused):
    code = "ehr_key_missing"
    sentence = "No usable EHR key is stored for this practice."


class EhrKeyRefused(EhrRefused):
    """`is_certain`: the EHR knows the key, and it lacks the right; to fetch it anew would not help."""

    code = "ehr_key_refused"
    sentence = "The EHR refused the practice's key, or the key lacks the permission for this."

    def __init__(self, detail: str | None = None, is_certain: bool = False) -> None:
        super().__init__(detail)
        self.is_certain = is_certain


class EhrRejected(EhrRefused):
    code = "ehr_rejected"
    sentence = "The EHR refused what was asked as invalid."


class EhrDuplicatePatient(EhrRejected):
    code = "ehr_duplicate_patient"
    sentence = "The EHR holds a patient of this name, birth date and contact already."


class PatientContactMissing(EhrRejected):
    code = "patient_contact_missing"
    sentence = "This EHR takes a new patient with both a phone and an e-mail only."


class EhrNotSupported(EhrRefused):
    code = "not_supported_by_ehr"
    sentence = "This EHR cannot do what was asked."


class EhrUnavailable(EhrError):
    """A read gave no usable answer: time-out, 5xx, HTML, cut JSON."""

    code = "ehr_unavailable"
    sentence = "The EHR gave no usable answer."
    retryable = True


class EhrOutcomeUnknown(EhrError):
    """A write may or may not have taken effect. Never repeat it without reading back (design section 5).

    `fingerprint` is a hash of a refusal whose text is on no list: the same one twice with no effect is a refusal.
    """

    code = "outcome_unknown"
    sentence = "The EHR's answer was lost: it may or may not have done what was asked."

    def __init__(self, detail: str | None = None, fingerprint: str | None = None) -> None:
        super().__init__(detail)
        self.fingerprint = fingerprint


class StoreError(OpenChairError):
    """Our own state could not be read or written."""

    code = "store_error"


class StaleVersion(StoreError):
    """Somebody else wrote the record since it was read."""

    code = "stale_version"
    retryable = True


class StoreUnavailable(StoreError):
    code = "store_unavailable"
    sentence = "Our own state could not be reached; try again."
    retryable = True


class SettingMissing(StoreError):
    code = "setting_missing"
    sentence = "A setting of this function is missing."
