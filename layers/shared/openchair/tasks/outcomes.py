"""Codes of tasks that went well or go on, with a sentence for people. Codes of failures are the error tree's."""

from typing import Any

from openchair.errors import GivenUp, OpenChairError

QUEUED = "queued"
WORKING = "working"
WAITING_IN_LINE = "waiting_in_line"
BOOKED = "booked"
MOVED = "moved"
ALREADY_MOVED = "already_moved"
CANCELLED = "cancelled"
ALREADY_CANCELLED = "already_cancelled"
CONFIRMED = "confirmed"
ALREADY_CONFIRMED = "already_confirmed"
PATIENT_CREATED = "patient_created"
PATIENT_CREATED_LOOK_ALIKE = "patient_created_look_alike"
PATIENT_FOUND = "patient_found"
SEVERAL_PATIENTS_MATCH = "several_patients_match"
PATIENT_INACTIVE = "patient_inactive"
PATIENT_NOT_BOOKABLE = "patient_not_bookable"
PATIENT_LOOK_ALIKE = "patient_look_alike"
OUTCOME_UNKNOWN = "outcome_unknown"
READ_REFUSED = "read_refused"
OLD_VISIT_REMAINS = "old_visit_remains"
READING_BACK = "reading_back"
EHR_OFFLINE = "ehr_offline"
EHR_SLOW = "ehr_slow"
STATUS_CHANGED_IN_EHR = "status_changed_in_ehr"
REMOVED_IN_EHR = "removed_in_ehr"
LOOK_ALIKE_IN_EHR = "look_alike_in_ehr"
MOVED_ONTO_COLLISION = "moved_onto_collision"
COLLISION_REMAINS = "collision_remains"
SENT_TOO_OFTEN = "sent_too_often"
CANNOT_ADOPT = "cannot_adopt"
UNEXPECTED_FAULT = "unexpected_fault"
AWAITING_EHR = "awaiting_ehr"
OUTSIDE_CHART = "outside_chart"
NOTE_SHORTENED = "note_shortened"
NOTE_NOT_WRITTEN = "note_not_written"
STORED_DIFFERENTLY = "stored_differently"
NOT_CONFIRMED_BY_EHR = "not_confirmed_by_ehr"
REPLACEMENT_WAITS = "replacement_waits"
VISIT_REMAINS = "visit_remains"

SENTENCES = {
    QUEUED: "Accepted; it will be done shortly.",
    WORKING: "It is being done.",
    WAITING_IN_LINE: "An earlier task on the same appointment or person goes first.",
    BOOKED: "The visit is booked and stands in the chart.",
    MOVED: "The visit is moved and stands in the chart at its new time.",
    ALREADY_MOVED: "The visit stood at this time and in this chair before; nothing was changed.",
    CANCELLED: "The visit is cancelled in the chart.",
    ALREADY_CANCELLED: "The visit was cancelled before; nothing was changed.",
    CONFIRMED: "The visit is confirmed in the chart.",
    ALREADY_CONFIRMED: "The visit was confirmed before; nothing was changed.",
    PATIENT_CREATED: "The patient's chart is created.",
    PATIENT_CREATED_LOOK_ALIKE: "The patient's chart is created; one of the same name and birth date exists.",
    PATIENT_FOUND: "The patient had a chart before; it is used.",
    PATIENT_INACTIVE: "The person's chart is inactive, so no visit is booked in it.",
    PATIENT_NOT_BOOKABLE: "The person's chart takes no visit: no patient, not in the chart yet, archived or deceased.",
    PATIENT_LOOK_ALIKE: "A chart of a similar name may be this person's; a person has to look.",
    SEVERAL_PATIENTS_MATCH: "Several charts match this person; a person has to choose.",
    OUTCOME_UNKNOWN: "The EHR's answer was lost; a person has to look whether it was done.",
    READ_REFUSED: "The EHR refuses to be read, so nobody here can tell whether it was done; a person has to look.",
    READING_BACK: "The EHR's answer was lost; the chart is looked at until it is certain whether it was done.",
    EHR_OFFLINE: "The practice's own system cannot be reached; it is tried again.",
    EHR_SLOW: "The EHR answers so slowly that no time was left to write; it is tried again, less and less often.",
    STATUS_CHANGED_IN_EHR: "It was done, and somebody has changed the visit in the chart since.",
    REMOVED_IN_EHR: "It was done, and somebody has removed the visit from the chart since; a person has to look.",
    LOOK_ALIKE_IN_EHR: "The chart holds a visit that may be this one; a person has to look.",
    MOVED_ONTO_COLLISION: "The visit was moved, but the chair was booked by somebody else meanwhile.",
    COLLISION_REMAINS: "The chair was booked by somebody else meanwhile, and the new visit could not be taken back.",
    SENT_TOO_OFTEN: "It was sent five times and never took effect; a person has to look.",
    CANNOT_ADOPT: "What was named is not in the chart or is another patient's; a person has to look again.",
    UNEXPECTED_FAULT: "Something unforeseen happened on our side; a person has to look what the chart holds.",
    AWAITING_EHR: "It is accepted, and not yet in the practice's own system.",
    OUTSIDE_CHART: "It is done at the EHR's vendor, who does not write to this location's own system: enter it there.",
    NOTE_SHORTENED: "The visit stands in the chart as asked; its note was cut to what the EHR holds.",
    NOTE_NOT_WRITTEN: "The visit is moved and stands in the chart at its new time; the note was not added to it.",
    STORED_DIFFERENTLY: "The practice's own system has stored the visit otherwise than asked; a person has to look.",
    NOT_CONFIRMED_BY_EHR: "The visit's time passed before the practice's own system told whether it took the change.",
    REPLACEMENT_WAITS: "The old visit is near, and the practice's own system has not taken the new one yet.",
    VISIT_REMAINS: "The new visit could not be taken back and may stand in the chart; a person has to look.",
    OLD_VISIT_REMAINS: "The new visit is booked but the old one could not be cancelled; a person has to.",
}


def told(code: str) -> dict[str, Any]:
    """The updates that make a task tell this."""
    return {"code": code, "message": SENTENCES[code]}


_LEFT = {
    OUTCOME_UNKNOWN: "whether the EHR holds something of it is not known.",
    LOOK_ALIKE_IN_EHR: "the EHR holds a visit that may be this one.",
    REMOVED_IN_EHR: "it was done, and somebody has removed it from the EHR.",
}


def given_up(found: str | None, *, has_chart: bool) -> GivenUp:
    """What a person leaves who gives up: `found` is the code of the last look, None when nothing of it was there.

    `has_chart`: a new patient's chart had been made or found before.
    """
    nothing = "the patient's chart stands, and nothing else of it." if has_chart else "the EHR holds nothing of it."
    return GivenUp(f"A person decided that it shall not be done; {_LEFT.get(found or '', nothing)}")


def told_of(error: OpenChairError) -> dict[str, Any]:
    return {"code": error.code, "message": error.detail}
