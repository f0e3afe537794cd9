"""/appointments and /histappointments: read, create, update."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from tools.simulators.open_dental import errors, rows
from tools.simulators.open_dental.calls import APPOINTMENTS, READ, Answer, Call, page, route
from tools.simulators.open_dental.fields import (
    Boolean,
    Parser,
    choice,
    parse_int,
    parse_moment,
    parse_text,
    parse_time,
    query_days,
    query_int,
    query_moment,
    read_body,
)
from tools.simulators.open_dental.office import UNIT, Office
from tools.simulators.open_dental.records import NO_DATE, NO_MOMENT, Appointment
from tools.simulators.open_dental.routes_patients import patient_of, refuse_deleted

LONGEST_PATTERN = 9 * 12
_DEFAULT_PATTERN = "/XX/"
_OFF_THE_BOOK = ("UnschedList", "Planned")
_CREATE_STATUSES = ("Scheduled", "Complete", "UnschedList", "PtNote", "PtNoteCompleted")
_DAY_TIMES = ("DateTimeArrived", "DateTimeSeated", "DateTimeDismissed")
_CREATE: dict[str, Parser] = {
    **dict.fromkeys(("PatNum", "Op", "Confirmed", "ProvNum", "ProvHyg", "ClinicNum"), parse_int),
    **dict.fromkeys(("AppointmentTypeNum", "SecUserNumEntry"), parse_int),
    **dict.fromkeys(("Pattern", "PatternSecondary", "Note", "colorOverride"), parse_text),
    **dict.fromkeys(("IsHygiene", "IsNewPatient"), Boolean()),
    **dict.fromkeys(_DAY_TIMES, parse_time),
    "AptDateTime": parse_moment,
    "DateTimeAskedToArrive": parse_moment,
    "AptStatus": choice(*_CREATE_STATUSES),
    "Priority": choice("Normal", "ASAP"),
}
_UPDATE: dict[str, Parser] = {
    **{name: parser for name, parser in _CREATE.items() if name not in ("PatNum", "SecUserNumEntry")},
    "AptStatus": choice(*_CREATE_STATUSES, "Broken", "Planned"),
    "UnschedStatus": parse_int,
}


@route("GET", "appointments/{n}", READ)
def get_appointment(call: Call) -> Answer:
    return Answer(200, rows.appointment_read(call.office, call.wire, appointment_of(call.office, call.id)))


@route("GET", "appointments", READ)
def list_appointments(call: Call) -> Answer:
    found = _narrowed(call, _candidates(call))
    return Answer(200, [rows.appointment_read(call.office, call.wire, a) for a in page(call, found)])


@route("GET", "appointments/ASAP", READ)
def list_asap(call: Call) -> Answer:
    clinic, provider = query_int(call, "ClinicNum"), query_int(call, "ProvNum")
    if call.office.clinics and clinic is None:
        raise errors.CLINIC_REQUIRED()
    found = [
        a
        for a in call.office.appointments.values()
        if a.Priority == "ASAP" and clinic in (None, a.ClinicNum) and provider in (None, a.ProvNum, a.ProvHyg)
    ]
    return Answer(200, [rows.appointment_read(call.office, call.wire, a) for a in page(call, found)])


def _candidates(call: Call) -> list[Appointment]:
    office, patient, days = call.office, query_int(call, "PatNum"), query_days(call)
    if patient is not None:
        chosen: Iterable[int] = office.by_patient.get(patient, set())
    elif days is not None:
        chosen = {number for day, on_day in office.by_day.items() if days[0] <= day <= days[1] for number in on_day}
    else:
        return [office.appointments[number] for number in sorted(office.appointments)]
    return [office.appointments[number] for number in sorted(chosen)]


def _narrowed(call: Call, found: list[Appointment]) -> list[Appointment]:
    days = query_days(call)
    if days is not None:
        found = [a for a in found if a.AptDateTime != NO_MOMENT and days[0] <= a.AptDateTime.date() <= days[1]]
    if call.query.get("AptStatus"):
        found = [a for a in found if a.AptStatus == call.query["AptStatus"]]
    for name in ("Op", "ClinicNum", "AppointmentTypeNum"):
        number = query_int(call, name)
        if number is not None:
            found = [a for a in found if getattr(a, name) == number]
    after = query_moment(call, "DateTStamp")
    if after is not None:
        found = [a for a in found if a.DateTStamp > after]
    return found


@route("GET", "histappointments", READ)
def list_history(call: Call) -> Answer:
    """`date*` test the stamp or the appointment's own time, by switch."""
    query, days = call.query, query_days(call)
    found = call.office.history
    for name in ("AptNum", "PatNum", "ClinicNum"):
        number = query_int(call, name)
        if number is not None:
            found = [h for h in found if getattr(h.appointment, name) == number]
    if query.get("HistApptAction"):
        found = [h for h in found if h.HistApptAction == query["HistApptAction"]]
    if query.get("AptStatus"):
        found = [h for h in found if h.appointment.AptStatus == query["AptStatus"]]
    if days is not None:
        by_stamp = call.switches.history_date_column == "HistDateTStamp"
        found = [
            h
            for h in found
            if days[0] <= (h.HistDateTStamp if by_stamp else h.appointment.AptDateTime).date() <= days[1]
        ]
    return Answer(200, [rows.history(call.office, call.wire, h) for h in page(call, found)])


@route("POST", "appointments", APPOINTMENTS)
def create_appointment(call: Call) -> Answer:
    office = call.office
    values = read_body(call, _CREATE, required=("PatNum", "Op", "AptDateTime"))
    patient = patient_of(office, values["PatNum"])
    refuse_deleted(patient)
    check_references(office, values)
    values = _with_type(office, values)
    operatory = office.operatories.get(values["Op"])
    defaults: dict[str, Any] = {
        "AptStatus": "Scheduled",
        "Pattern": _DEFAULT_PATTERN,
        "Confirmed": office.definitions_in(2)[0].DefNum,
        "Note": "",
        "ProvNum": patient.PriProv or int(office.preferences["PracticeDefaultProv"]),
        "ClinicNum": (operatory.ClinicNum if operatory else 0) or patient.ClinicNum,
    }
    new = new_appointment(office, _with_day_times({**defaults, **values}, values["AptDateTime"]))
    refuse_overlap(call, new)
    if new.IsNewPatient:
        _note_first_visit(office, new)
    return created(call, new)


@route("PUT", "appointments/{n}", APPOINTMENTS)
def update_appointment(call: Call) -> Answer:
    office = call.office
    old = appointment_of(office, call.id)
    refuse_deleted(patient_of(office, old.PatNum))
    values = read_body(call, _UPDATE)
    check_references(office, values)
    values = _with_day_times(values, values.get("AptDateTime", old.AptDateTime))
    if values.get("AptStatus", old.AptStatus) in _OFF_THE_BOOK:
        values |= {"Op": 0, "AptDateTime": NO_MOMENT}
    candidate = _checked_patterns(replace(old, **values), secondary_given="PatternSecondary" in values)
    if (candidate.AptDateTime, candidate.Op, len(candidate.Pattern)) != (old.AptDateTime, old.Op, len(old.Pattern)):
        refuse_overlap(call, candidate)
    values |= {"Pattern": candidate.Pattern, "PatternSecondary": candidate.PatternSecondary}
    new = office.change_appointment(old, values)
    return Answer(200, rows.appointment_written(office, call.wire, new))


def appointment_of(office: Office, number: int) -> Appointment:
    found = office.appointments.get(number)
    if found is None:
        raise errors.APPOINTMENT_NOT_FOUND()
    return found


def check_references(office: Office, values: dict[str, Any]) -> None:
    """Every number that names a row names one that is there; 0 means none where that is allowed."""
    off_the_book = values.get("Op") == 0 and values.get("AptStatus") in _OFF_THE_BOOK
    if "Op" in values and values["Op"] not in office.operatories and not off_the_book:
        raise errors.OPERATORY_NOT_FOUND()
    if "ProvNum" in values and values["ProvNum"] not in office.providers:
        raise errors.PROVIDER_NOT_FOUND()
    if values.get("ProvHyg") and values["ProvHyg"] not in office.providers:
        raise errors.PROVIDER_NOT_FOUND()
    if values.get("ClinicNum") and values["ClinicNum"] not in office.clinics:
        raise errors.CLINIC_NOT_FOUND()
    if values.get("AppointmentTypeNum") and values["AppointmentTypeNum"] not in office.appointment_types:
        raise errors.APPOINTMENT_TYPE_NOT_FOUND()
    if "Confirmed" in values:
        check_definition(office, values["Confirmed"], 2)
    if values.get("UnschedStatus"):
        check_definition(office, values["UnschedStatus"], 13)


def check_definition(office: Office, number: int, category: int) -> None:
    found = office.definitions.get(number)
    if found is None or found.Category != category:
        raise errors.DEFINITION_NOT_FOUND()


def new_appointment(office: Office, values: dict[str, Any]) -> Appointment:
    """A row from checked values; its number is taken only by `created`."""
    stamp = office.stamp()
    row = Appointment(AptNum=0, DateTStamp=stamp, SecDateTEntry=stamp, **values)
    if row.AptStatus in _OFF_THE_BOOK:
        row = replace(row, Op=0, AptDateTime=NO_MOMENT)
    return _checked_patterns(row, secondary_given="PatternSecondary" in values)


def created(call: Call, new: Appointment) -> Answer:
    """Store the row under the next number: 201 with Location."""
    office = call.office
    stored = office.create_appointment(replace(new, AptNum=office.new_id("appointments")))
    location = f"{call.base_url}/appointments/{stored.AptNum}"
    return Answer(201, rows.appointment_written(office, call.wire, stored), location=location)


def refuse_overlap(call: Call, wanted: Appointment) -> None:
    if call.switches.overlap == "reject" and is_taken(call.office, wanted):
        raise errors.OVERLAP()


def is_taken(office: Office, wanted: Appointment) -> bool:
    """Whether another appointment or a blockout holds the chair at that time."""
    if wanted.AptDateTime == NO_MOMENT or wanted.AptStatus not in ("Scheduled", "Complete"):
        return False
    start, end = wanted.AptDateTime, wanted.AptDateTime + len(wanted.Pattern) * UNIT
    if office.overlapping(wanted.Op, start, end, besides=wanted.AptNum):
        return True
    day = start.date()
    return any(
        datetime.combine(day, row.StartTime) < end and datetime.combine(day, row.StopTime) > start
        for row in office.blockouts(wanted.Op, day)
    )


def _checked_patterns(row: Appointment, *, secondary_given: bool) -> Appointment:
    for name in ("Pattern", "PatternSecondary"):
        if set(getattr(row, name)) - {"X", "/"}:
            raise errors.BAD_PATTERN(name=name)
    pattern = (row.Pattern or _DEFAULT_PATTERN)[:LONGEST_PATTERN]
    secondary = row.PatternSecondary[:LONGEST_PATTERN]
    if secondary_given and secondary and len(secondary) != len(pattern):
        raise errors.BAD_SECONDARY_PATTERN()
    if not secondary or len(secondary) != len(pattern):
        secondary = "/" * len(pattern)
    return replace(row, Pattern=pattern, PatternSecondary=secondary)


def _with_type(office: Office, values: dict[str, Any]) -> dict[str, Any]:
    """An appointment type brings its procedures, its colour, and its pattern unless one is given."""
    kind = office.appointment_types.get(values.get("AppointmentTypeNum", 0))
    if kind is None:
        return values
    brought = {"ProcDescript": kind.CodeStr.replace(",", ", "), "colorOverride": kind.appointmentTypeColor}
    if kind.Pattern:
        brought["Pattern"] = kind.Pattern
    return {**brought, **values}


def _with_day_times(values: dict[str, Any], at: datetime) -> dict[str, Any]:
    """Arrived, seated and dismissed are written as times of the appointment's day and read as full stamps."""
    times = {name: datetime.combine(at.date(), values[name]) for name in _DAY_TIMES if name in values}
    return {**values, **times}


def _note_first_visit(office: Office, new: Appointment) -> None:
    patient = office.patients[new.PatNum]
    seen = any(office.appointments[n].AptStatus == "Complete" for n in office.by_patient.get(new.PatNum, set()))
    if not seen and patient.DateFirstVisit == NO_DATE:
        office.put_patient(replace(patient, DateFirstVisit=new.AptDateTime.date(), DateTStamp=office.stamp()))
