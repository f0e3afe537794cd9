"""docs/codes.md: every code once, made from the error tree, the outcomes of tasks and the gateway's own refusals."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from openchair import errors
from openchair.errors import OpenChairError
from openchair.http_api import status_of
from openchair.models.journal import TaskState
from openchair.tasks import outcomes
from tools.docs.gateway import refusals

_SEND_AGAIN = "Send it again a little later."
_EHR_AGAIN = "Send it again a little later; a task is tried again by itself."
_NOTHING = "Nothing."
_TELL_OPERATOR = "Tell the operator of this stack; the log line has the same request id."
_OTHER_TIME = "Ask for slots again and offer another time."
_FIX_REQUEST = "Change the request; `errors` names each field."

_WHAT_TO_DO = {
    # The request
    "invalid_request": _FIX_REQUEST,
    "invalid_json": "Send one JSON object in UTF-8, as `application/json`.",
    "body_too_large": "Send less than 64 kB.",
    "invalid_time": "Send a time to come, with offset, on a five-minute mark; days that are not over.",
    "too_soon": "Ask for slots again and offer a later time; or have the practice book it.",
    "too_far": "Ask for slots again and offer an earlier time; or have the practice book it.",
    "range_too_long": "Ask for at most 14 days at a time.",
    "caller_not_supported": "Call as a role: `sts:AssumeRole`, then sign with the session's credentials.",
    "idempotency_key_missing": "Choose a key for each thing to be done, and send it again with each retry.",
    "idempotency_key_reused": "Choose a new key for a new request.",
    "not_found": "Check the id.",
    "practice_not_found": "Check the practice's id; have the operator allow this caller: `openchair caller allow`.",
    "service_not_found": "Use an id of `GET /practices/{practice_id}/services`.",
    "task_not_found": "Use an id that a submitted task was answered with.",
    "patient_not_found": "Search the patient, or onboard them.",
    "appointment_not_found": "Use an id of the patient's visits.",
    "provider_not_found": "Use an id of `GET /practices/{practice_id}/providers`, or leave it out.",
    "operatory_not_found": "Use an id of `GET /practices/{practice_id}/operatories`, or leave it out.",
    "location_not_found": "Use one of the practice's locations, or leave it out.",
    "route_not_found": "Check the path; docs/api.md lists all routes.",
    "method_not_allowed": "Check the method; docs/api.md lists all routes.",
    # How things stand
    "conflict": "Look how things stand, then decide anew.",
    "slot_taken": _OTHER_TIME,
    "patient_busy": "Look at the patient's visits; move that one, or offer another time.",
    "off_schedule": _OTHER_TIME,
    "patient_mismatch": "Check whose visit it is before touching it.",
    "appointment_busy": "Settle the earlier task on this visit first.",
    "not_cancellable": "Nothing can be done: the visit took place, or was missed.",
    "not_movable": "Book a new visit.",
    "not_confirmable": "Book a new visit.",
    "visit_is_past": "Book a new visit.",
    "visit_has_begun": "Have the patient speak to the front desk, where they are.",
    "overlap_not_allowed": "Leave `allow_overlap` out, or have the operator allow it to this caller.",
    "task_ended": "Read the task; what it did can be undone by a new one.",
    "task_of_newer_version": "Try again; if it stays, deploy the newer version again (docs/operations.md).",
    "task_already_sent": "Read the task; once it is completed, undo it by a new one.",
    "expired": _OTHER_TIME,
    "withdrawn": _NOTHING,
    "changed_in_ehr": "Look how the visit stands, then decide anew.",
    "given_up": _NOTHING,
    "given_up_unread": "Look in the EHR what became of it; what is missing or too much has to be mended there.",
    "reverted_in_ehr": "Ask the practice why its system refused; then send it again as a new task.",
    "not_written_to_ehr": "Tell the patient; find another time, or have the practice book it.",
    "not_in_review": "Read the task: it goes on by itself, or has ended.",
    # The EHR
    "ehr_error": _TELL_OPERATOR,
    "ehr_not_sent": _EHR_AGAIN,
    "ehr_busy": _EHR_AGAIN,
    "ehr_offline": "Have the practice check that its server runs and is connected; a task is tried again by itself.",
    "ehr_unreachable": _EHR_AGAIN,
    "ehr_not_synced": "Ask the practice what its own system waits for; a task is tried again by itself for a day.",
    "ehr_unavailable": _EHR_AGAIN,
    "ehr_refused": _TELL_OPERATOR,
    "ehr_key_missing": "Have the operator store the practice's keys: `openchair practice put`.",
    "ehr_key_refused": "Have the practice enable the key and grant it its permissions: `openchair doctor` names them.",
    "ehr_rejected": "Check ids and texts; if they are right, tell the operator.",
    "patient_contact_missing": "Ask for both and submit a new task.",
    "patient_phone_foreign": "Ask for a North American number, or have the practice make the chart.",
    "ehr_duplicate_patient": "Search the patient and use the chart there is.",
    "not_supported_by_ehr": "Do it in the EHR itself.",
    # Our own state
    "internal_error": _TELL_OPERATOR,
    "store_error": _TELL_OPERATOR,
    "stale_version": _SEND_AGAIN,
    "stored_item_unreadable": _TELL_OPERATOR,
    "store_unavailable": _SEND_AGAIN,
    "setting_missing": _TELL_OPERATOR,
    # Tasks that go on or went well
    outcomes.QUEUED: "Nothing; ask for the task again.",
    outcomes.WORKING: "Nothing; ask for the task again.",
    outcomes.WAITING_IN_LINE: "Nothing; ask for the task again.",
    outcomes.EHR_SLOW: "Have the practice look at its server and its connection; the task goes on by itself.",
    outcomes.READING_BACK: "Nothing; ask for the task again in a few minutes.",
    outcomes.BOOKED: _NOTHING,
    outcomes.MOVED: _NOTHING,
    outcomes.ALREADY_MOVED: _NOTHING,
    outcomes.CANCELLED: _NOTHING,
    outcomes.ALREADY_CANCELLED: _NOTHING,
    outcomes.CONFIRMED: _NOTHING,
    outcomes.ALREADY_CONFIRMED: _NOTHING,
    outcomes.PATIENT_CREATED: _NOTHING,
    outcomes.PATIENT_CREATED_LOOK_ALIKE: "Have the practice look whether both charts are one person's.",
    outcomes.PATIENT_FOUND: _NOTHING,
    outcomes.STATUS_CHANGED_IN_EHR: "Look how the visit stands now.",
    outcomes.AWAITING_EHR: "Tell nobody that it is done yet; ask for the task again, or wait for its event.",
    outcomes.OUTSIDE_CHART: "Have the practice enter it in its own system.",
    outcomes.NOTE_NOT_WRITTEN: "Tell the practice what the note says, if it matters.",
    outcomes.NOTE_SHORTENED: "Tell the practice what the note left out, if it matters.",
    # Tasks for a person
    outcomes.STORED_DIFFERENTLY: "Look in the EHR where the visit stands; then settle the review.",
    outcomes.NOT_CONFIRMED_BY_EHR: "Look in the EHR what became of the visit; then settle the review.",
    outcomes.REPLACEMENT_WAITS: "Call the practice: book the new visit by hand, then adopt it, or give up.",
    outcomes.VISIT_REMAINS: "Cancel the visit in the EHR, then settle the review: give up.",
    outcomes.PATIENT_INACTIVE: "Have the practice make the chart active, then adopt its `patient_id`.",
    outcomes.PATIENT_NOT_BOOKABLE: "Have the practice complete or restore the chart, then adopt its `patient_id`.",
    outcomes.PATIENT_LOOK_ALIKE: "Adopt the chart's `patient_id` if it is theirs, send again if it is not.",
    outcomes.SEVERAL_PATIENTS_MATCH: "Choose the chart and settle the review: adopt its `patient_id`.",
    outcomes.OUTCOME_UNKNOWN: "Look in the EHR; the visit's note holds the reference. Then settle the review.",
    outcomes.READ_REFUSED: "Give the key its rights (`openchair doctor`); then settle it: send again, or give up.",
    outcomes.OLD_VISIT_REMAINS: "Cancel the old visit in the EHR, then settle the review: give up.",
    outcomes.REMOVED_IN_EHR: "Ask who removed the visit, then settle the review: send again, or give up.",
    outcomes.LOOK_ALIKE_IN_EHR: "Settle the review: adopt the visit found, or send again.",
    outcomes.MOVED_ONTO_COLLISION: "Move one of the two visits in the EHR, then settle the review: give up.",
    outcomes.COLLISION_REMAINS: "Cancel or move one of the two visits in the EHR, then settle the review: give up.",
    outcomes.SENT_TOO_OFTEN: "Find out why the EHR drops it, then settle the review: send again, or give up.",
    outcomes.CANNOT_ADOPT: "Check the id against the chart, then settle the review again.",
    outcomes.UNEXPECTED_FAULT: "Tell the operator; then settle the review: send again, or give up.",
    # The gateway
    "not_signed_or_no_such_route": "Sign for the service `execute-api`, and check path and method (docs/api.md).",
    "access_denied": "Allow the caller's role `execute-api:Invoke` on this route.",
    "api_misconfigured": _TELL_OPERATOR,
    "authorizer_failed": _SEND_AGAIN,
    "body_invalid": "Send one JSON object in UTF-8, as `application/json`.",
    "credentials_expired": "Sign with credentials that are still valid.",
    "firewall_refused": _TELL_OPERATOR,
    "function_failed": _SEND_AGAIN,
    "function_timeout": "Send it again; a task with the same key is the same task.",
    "gateway_error": _SEND_AGAIN,
    "media_type_unsupported": "Send `application/json`.",
    "parameters_invalid": _FIX_REQUEST,
    "quota_exceeded": "Wait until the quota is renewed.",
    "request_refused": "Check path, headers and signature.",
    "signature_invalid": "Sign exactly what is sent, for the service `execute-api`; check the clock.",
    "throttled": _SEND_AGAIN,
    "unauthorized": "Sign the request.",
}

# Told of tasks only: nothing at the door can find it out.
_TASKS_ONLY = (
    errors.OffSchedule,
    errors.RevertedInEhr,
    errors.NotWrittenToEhr,
    errors.PatientNotBookable,
    errors.PatientInactive,
    errors.PatientMismatch,
    errors.AppointmentBusy,
    errors.NotCancellable,
    errors.NotConfirmable,
    errors.TaskExpired,
    errors.TaskWithdrawn,
    errors.EhrOutcomeUnknown,
    errors.EhrDuplicatePatient,
    errors.PatientContactMissing,
    errors.PatientPhoneForeign,
    errors.ChangedInEhr,
    errors.GivenUp,
    errors.GivenUpUnread,
)
# Told at the door only: a task that was accepted is past them.
_DOOR_ONLY = (
    errors.TaskNotFound,
    errors.RouteNotFound,
    errors.MethodNotAllowed,
    errors.TaskAlreadySent,
    errors.TaskEnded,
    errors.TaskOfNewerVersion,
    errors.CallerNotSupported,
    errors.TooSoon,
    errors.TooFar,
    errors.NotInReview,
    errors.OverlapNotAllowed,
    errors.StaleVersion,
)
_REVIEW = (
    outcomes.PATIENT_INACTIVE,
    outcomes.PATIENT_NOT_BOOKABLE,
    outcomes.PATIENT_LOOK_ALIKE,
    outcomes.SEVERAL_PATIENTS_MATCH,
    outcomes.OUTCOME_UNKNOWN,
    outcomes.OLD_VISIT_REMAINS,
    outcomes.REMOVED_IN_EHR,
    outcomes.LOOK_ALIKE_IN_EHR,
    outcomes.MOVED_ONTO_COLLISION,
    outcomes.COLLISION_REMAINS,
    outcomes.SENT_TOO_OFTEN,
    outcomes.CANNOT_ADOPT,
    outcomes.UNEXPECTED_FAULT,
    outcomes.READ_REFUSED,
    outcomes.STORED_DIFFERENTLY,
    outcomes.NOT_CONFIRMED_BY_EHR,
    outcomes.REPLACEMENT_WAITS,
    outcomes.VISIT_REMAINS,
)
_LEFT_SO = (
    outcomes.OLD_VISIT_REMAINS,
    outcomes.MOVED_ONTO_COLLISION,
    outcomes.COLLISION_REMAINS,
    outcomes.VISIT_REMAINS,
    outcomes.NOT_CONFIRMED_BY_EHR,
)
_GOING_ON = {
    outcomes.QUEUED: TaskState.QUEUED,
    outcomes.WORKING: TaskState.IN_PROGRESS,
    outcomes.WAITING_IN_LINE: TaskState.QUEUED,
    outcomes.READING_BACK: TaskState.IN_PROGRESS,
    outcomes.EHR_SLOW: TaskState.IN_PROGRESS,
    outcomes.EHR_OFFLINE: TaskState.IN_PROGRESS,
    outcomes.AWAITING_EHR: TaskState.AWAITING_EHR,
}


@dataclass(frozen=True, slots=True)
class Code:
    """`where`: the HTTP status at the door, and the states of tasks that carry the code."""

    code: str
    where: str
    sentence: str
    what_to_do: str


def every_code(root: Path) -> list[Code]:
    """By code. Raises KeyError for one without a word on what to do."""
    where: dict[str, list[str]] = {}
    sentences: dict[str, str] = {}
    for error in tree():
        for place in _places(error):
            where.setdefault(error.code, []).append(place)
        sentences.setdefault(error.code, error.sentence)
    for code, sentence in outcomes.SENTENCES.items():
        where.setdefault(code, []).extend(f"`{state}`" for state in _states(code))
        sentences[code] = sentence
    for refusal in refusals(root):
        where.setdefault(refusal.code, []).append(f"{refusal.shown_status} (gateway)")
        sentences.setdefault(refusal.code, refusal.sentence)
    return [
        Code(code, ", ".join(dict.fromkeys(places)), sentences[code], _WHAT_TO_DO[code])
        for code, places in sorted(where.items())
    ]


def tree(root: type[OpenChairError] = OpenChairError) -> Iterator[type[OpenChairError]]:
    """Every class of the error tree; a module's own private errors never leave it."""
    yield root
    for child in root.__subclasses__():
        if child.__module__.startswith("openchair.errors."):
            yield from tree(child)


def _places(error: type[OpenChairError]) -> Iterator[str]:
    if error not in _TASKS_ONLY:
        yield str(status_of(error))
    if error in _DOOR_ONLY:
        return
    if issubclass(error, errors.EhrNotSent | errors.EhrUnavailable):
        yield "`in_progress`"
    elif issubclass(error, errors.EhrOutcomeUnknown):
        yield "`needs_review`"
    elif issubclass(error, errors.EhrError | errors.NotFound | errors.Conflict | errors.InvalidTime):
        yield "`failed`"


def _states(code: str) -> tuple[TaskState, ...]:
    """A review that is given up may leave things as its code says."""
    if code in _LEFT_SO:
        return TaskState.NEEDS_REVIEW, TaskState.COMPLETED
    if code in _REVIEW:
        return (TaskState.NEEDS_REVIEW,)
    return (_GOING_ON.get(code, TaskState.COMPLETED),)


def codes_page(root: Path) -> str:
    rows = "".join(f"| `{one.code}` | {one.where} | {one.sentence} | {one.what_to_do} |\n" for one in every_code(root))
    return (
        "# Codes\n\n"
        "Generated by `python -m tools.docs`. A code never changes its meaning. *Where* is the HTTP status of the\n"
        "problem document, the states of tasks that carry it, or both. With 503 comes `Retry-After`.\n\n"
        "| code | where | what it means | what to do |\n|---|---|---|---|\n" + rows
    )
