"""What is done to an appointment beyond a plain write: break, note, confirm, planned and web bookings."""

from dataclasses import replace
from typing import Any

from tools.simulators.open_dental import errors, rows
from tools.simulators.open_dental.calls import APPOINTMENTS, COMM, READ, Answer, Call, page, route
from tools.simulators.open_dental.fields import (
    Boolean,
    Parser,
    choice,
    parse_int,
    parse_moment,
    parse_text,
    query_days,
    query_int,
    query_moment,
    read_body,
)
from tools.simulators.open_dental.office import UNIT, Office
from tools.simulators.open_dental.records import NO_MOMENT, Appointment
from tools.simulators.open_dental.routes_appointments import (
    appointment_of,
    check_definition,
    check_references,
    created,
    is_taken,
    new_appointment,
    refuse_overlap,
)
from tools.simulators.open_dental.routes_patients import patient_of, refuse_deleted
from tools.simulators.open_dental.wire import words

_CONFIRM_PREFERENCES = {
    "None": "ApptConfirmStatusNone",
    "Sent": "ApptEConfirmStatusSent",
    "Confirmed": "ApptEConfirmStatusAccepted",
    "Not Accepted": "ApptEConfirmStatusDeclined",
    "Failed": "ApptEConfirmStatusSendFailed",
}
_BREAK_PROCEDURES = {"0": set(), "1": {"Missed"}, "2": {"Cancelled"}, "3": {"Missed", "Cancelled"}}
_PLANNED_PATTERN = "//XXXX//"
_WEB_KEYS = words("serverDateTime AptNum PatNum AptStatus Pattern Op ProvNum provAbbr AptDateTime ClinicNum DateTStamp")


@route("PUT", "appointments/{n}/Break", COMM)
def break_appointment(call: Call) -> Answer:
    """Only a scheduled appointment can be broken; breakType depends on an office preference."""
    parsers: dict[str, Parser] = {"sendToUnscheduledList": Boolean(), "breakType": choice("Missed", "Cancelled")}
    old = _writable(call)
    values = read_body(call, parsers, required=("sendToUnscheduledList",))
    if old.AptStatus != "Scheduled":
        raise errors.NOT_SCHEDULED()
    break_type = values.get("breakType")
    if break_type and break_type not in _BREAK_PROCEDURES[call.office.preferences["BrokenApptProcedure"]]:
        raise errors.BREAK_TYPE_OFF()
    changes = broken(call.office, to_list=values["sendToUnscheduledList"])
    call.office.change_appointment(old, changes, action=break_type or "Changed")
    return _done(call)


def broken(office: Office, *, to_list: bool) -> dict[str, Any]:
    """The columns a break sets: off the book, or left on it."""
    if to_list and office.switches.broken_to_list_status == "UnschedList":
        return {"AptStatus": "UnschedList", "Op": 0, "AptDateTime": NO_MOMENT}
    return {"AptStatus": "Broken"}


@route("PUT", "appointments/{n}/Note", COMM)
def append_note(call: Call) -> Answer:
    old = _writable(call)
    note = read_body(call, {"Note": parse_text}, required=("Note",))["Note"]
    call.office.change_appointment(old, {"Note": f"{old.Note}\r\n{note}" if old.Note else note})
    return _done(call)


@route("PUT", "appointments/{n}/Confirm", COMM)
def confirm_appointment(call: Call) -> Answer:
    office, old = call.office, _writable(call)
    values = read_body(call, {"confirmVal": choice(*_CONFIRM_PREFERENCES), "defNum": parse_int})
    if len(values) != 1:
        raise errors.ONE_OF_CONFIRM()
    if "defNum" in values:
        check_definition(office, values["defNum"], 2)
        number = values["defNum"]
    else:
        number = int(office.preferences[_CONFIRM_PREFERENCES[values["confirmVal"]]])
    changes: dict[str, Any] = {"Confirmed": number}
    if call.switches.confirm_stamps_arrival and office.definition_name(number) == "Arrived":
        changes["DateTimeArrived"] = office.now()
    office.change_appointment(old, changes)
    return _done(call)


@route("POST", "appointments/Planned", APPOINTMENTS)
def create_planned(call: Call) -> Answer:
    office = call.office
    parsers: dict[str, Parser] = {
        "PatNum": parse_int,
        "AppointmentTypeNum": parse_int,
        "procNums": lambda _name, value: value,
        "Note": parse_text,
    }
    values = read_body(call, parsers, required=("PatNum",))
    patient = patient_of(office, values["PatNum"])
    refuse_deleted(patient)
    procedures = values.pop("procNums", None)
    if not procedures and "AppointmentTypeNum" not in values:
        raise errors.TYPE_OR_PROCEDURES()
    check_references(office, values)
    kind = office.appointment_types.get(values.get("AppointmentTypeNum", 0))
    defaults: dict[str, Any] = {
        "AptStatus": "Planned",
        "Pattern": (kind.Pattern if kind else "") or _PLANNED_PATTERN,
        "Confirmed": office.definitions_in(2)[0].DefNum,
        "Op": 0,
        "Note": "",
        "ProvNum": patient.PriProv,
        "ClinicNum": patient.ClinicNum,
        "ProcDescript": kind.CodeStr.replace(",", ", ") if kind else "",
    }
    return created(call, new_appointment(office, {**defaults, **values}))


@route("POST", "appointments/SchedulePlanned", APPOINTMENTS)
def schedule_planned(call: Call) -> Answer:
    """A new appointment that points to the planned one, which stays as it is."""
    office = call.office
    parsers = {"AptNum": parse_int, "AptDateTime": parse_moment, "ProvNum": parse_int, "Op": parse_int}
    optional = {"Confirmed": parse_int, "Note": parse_text}
    values = read_body(call, {**parsers, **optional}, required=tuple(parsers))
    planned = appointment_of(office, values.pop("AptNum"))
    if planned.AptStatus != "Planned":
        raise errors.NOT_PLANNED()
    refuse_deleted(patient_of(office, planned.PatNum))
    check_references(office, values)
    stamp = office.stamp()
    new = replace(
        planned, AptStatus="Scheduled", NextAptNum=planned.AptNum, DateTStamp=stamp, SecDateTEntry=stamp, **values
    )
    refuse_overlap(call, replace(new, AptNum=0))
    return created(call, new)


@route("POST", "appointments/WebSched", APPOINTMENTS)
def create_web_booking(call: Call) -> Answer:
    """Unlike the plain POST this one refuses a taken chair."""
    office = call.office
    parsers: dict[str, Parser] = {
        **dict.fromkeys(("PatNum", "ProvNum", "OpNum", "defNumApptType"), parse_int),
        **dict.fromkeys(("DateTimeStart", "DateTimeEnd"), parse_moment),
    }
    values = read_body(call, parsers, required=tuple(parsers))
    patient = patient_of(office, values["PatNum"])
    refuse_deleted(patient)
    check_references(office, {"Op": values["OpNum"], "ProvNum": values["ProvNum"]})
    definition = office.definitions.get(values["defNumApptType"])
    if definition is None or definition.Category not in (42, 51):
        raise errors.DEFINITION_NOT_FOUND()
    if values["DateTimeEnd"] <= values["DateTimeStart"]:
        raise errors.BAD_RANGE()
    new = new_appointment(
        office,
        {
            "PatNum": patient.PatNum,
            "AptStatus": "Scheduled",
            "Pattern": "X" * max(1, int((values["DateTimeEnd"] - values["DateTimeStart"]) / UNIT)),
            "Confirmed": office.definitions_in(2)[0].DefNum,
            "Op": values["OpNum"],
            "Note": "",
            "ProvNum": values["ProvNum"],
            "AptDateTime": values["DateTimeStart"],
            "ClinicNum": office.operatories[values["OpNum"]].ClinicNum,
            "IsNewPatient": definition.Category == 42,
        },
    )
    if is_taken(office, new):
        raise errors.OVERLAP()
    answer = created(call, new)
    office.web_bookings[office.last_ids["appointments"]] = "NewPat" if definition.Category == 42 else "ExistingPat"
    return answer


@route("GET", "appointments/WebSched", READ)
def list_web_bookings(call: Call) -> Answer:
    days, clinic, after = query_days(call), query_int(call, "ClinicNum"), query_moment(call, "DateTStamp")
    office = call.office
    booked = (office.appointments[n] for n in sorted(office.web_bookings) if n in office.appointments)
    found = [
        a
        for a in booked
        if (days is None or days[0] <= a.AptDateTime.date() <= days[1])
        and clinic in (None, a.ClinicNum)
        and (after is None or a.DateTStamp > after)
    ]
    return Answer(200, [_web_row(call, a) for a in page(call, found)])


def _web_row(call: Call, a: Appointment) -> rows.Row:
    full = rows.appointment_read(call.office, call.wire, a)
    short = {key: full[key] for key in _WEB_KEYS}
    return {**short, "IsNewPatient": str(a.IsNewPatient), "eServiceLogType": call.office.web_bookings[a.AptNum]}


def _writable(call: Call) -> Appointment:
    found = appointment_of(call.office, call.id)
    refuse_deleted(patient_of(call.office, found.PatNum))
    return found


def _done(call: Call) -> Answer:
    return Answer(200, "OK") if call.switches.empty_answers == "text" else Answer(200)
