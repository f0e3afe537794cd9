"""What cannot be done as things stand."""

from openchair.errors.request import RequestError


class Conflict(RequestError):
    code = "conflict"
    sentence = "It cannot be done as things stand."


class SlotTaken(Conflict):
    code = "slot_taken"
    sentence = "The chair or the provider is no longer free at this time."


class PatientBusy(Conflict):
    code = "patient_busy"
    sentence = "The patient has another visit at this time."


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
    sentence = "The appointment is completed or was missed, and cannot be cancelled."


class NotMovable(Conflict):
    code = "not_movable"
    sentence = "The appointment is completed, missed, cancelled, off the schedule or of no known length: it stays."


class NotConfirmable(Conflict):
    code = "not_confirmable"
    sentence = "The appointment is completed, missed, cancelled or not on the schedule, and cannot be confirmed."


class VisitIsPast(Conflict):
    code = "visit_is_past"
    sentence = "The appointment is over, so it can no longer be moved, cancelled or confirmed."


class VisitHasBegun(Conflict):
    code = "visit_has_begun"
    sentence = "The patient has arrived, so the appointment can no longer be moved, cancelled or confirmed."


class OverlapNotAllowed(Conflict):
    code = "overlap_not_allowed"
    sentence = "The caller has no right to book over something else."


class ChangedInEhr(Conflict):
    code = "changed_in_ehr"
    sentence = "Somebody changed the appointment in the EHR meanwhile, so it was left as it is."


class GivenUp(Conflict):
    code = "given_up"
    sentence = "A person decided that it shall not be done."


class GivenUpUnread(Conflict):
    code = "given_up_unread"
    sentence = "A person gave it up before it was known whether it was done: look in the EHR."


class NotInReview(Conflict):
    code = "not_in_review"
    sentence = "The task does not wait for a person."


class TaskAlreadySent(Conflict):
    code = "task_already_sent"
    sentence = "Something of this task was already sent to the EHR, so it can no longer be withdrawn."


class TaskOfNewerVersion(Conflict):
    code = "task_of_newer_version"
    sentence = "A newer version of this software has written the task, and alone can go on with it."


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
    sentence = "No visit is booked for this person: they are no patient, not in the chart yet, archived or deceased."


class PatientInactive(Conflict):
    code = "patient_inactive"
    sentence = "The person's chart is inactive, so no visit is booked in it."
