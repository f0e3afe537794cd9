"""Recalls, communication logs and custom fields: as much of them as a booking client touches."""

from tools.simulators.open_dental import errors, rows
from tools.simulators.open_dental.calls import COMM, OTHERS, READ, Answer, Call, page, route
from tools.simulators.open_dental.fields import (
    Parser,
    choice,
    parse_int,
    parse_moment,
    parse_text,
    query_int,
    query_moment,
    read_body,
)
from tools.simulators.open_dental.records import Commlog
from tools.simulators.open_dental.routes_appointments import appointment_of
from tools.simulators.open_dental.routes_patients import patient_of, refuse_deleted

_MODES = ("None", "Email", "Mail", "Phone", "In Person", "Text", "Email and Text", "Phone and Text", "Fax")
_COMMLOG: dict[str, Parser] = {
    "PatNum": parse_int,
    "Note": parse_text,
    "CommDateTime": parse_moment,
    "CommType": parse_int,
    "Mode_": choice(*_MODES),
    "SentOrReceived": choice("Neither", "Sent", "Received"),
}


@route("GET", "recalls", READ)
def list_recalls(call: Call) -> Answer:
    patient = query_int(call, "PatNum")
    found = [r for r in call.office.recalls.values() if patient in (None, r.PatNum)]
    return Answer(200, [rows.recall(call.office, call.wire, r) for r in page(call, found)])


@route("GET", "commlogs/{n}", READ)
def get_commlog(call: Call) -> Answer:
    found = call.office.commlogs.get(call.id)
    if found is None:
        raise errors.COMMLOG_NOT_FOUND()
    return Answer(200, rows.commlog(call.office, call.wire, found))


@route("GET", "commlogs", READ)
def list_commlogs(call: Call) -> Answer:
    patient, after = query_int(call, "PatNum"), query_moment(call, "DateTStamp")
    found = [
        c
        for c in call.office.commlogs.values()
        if patient in (None, c.PatNum) and (after is None or c.DateTStamp > after)
    ]
    return Answer(200, [rows.commlog(call.office, call.wire, c) for c in page(call, found)])


@route("POST", "commlogs", COMM)
def create_commlog(call: Call) -> Answer:
    office = call.office
    values = read_body(call, _COMMLOG, required=("PatNum", "Note"))
    refuse_deleted(patient_of(office, values["PatNum"]))
    stamp = office.stamp()
    defaults = {
        "CommDateTime": stamp,
        "CommType": office.definitions_in(27)[0].DefNum,
        "Mode_": "Phone",
        "SentOrReceived": "Sent",
    }
    new = Commlog(CommlogNum=office.new_id("commlogs"), CommSource="FHIR", DateTStamp=stamp, **{**defaults, **values})
    office.commlogs[new.CommlogNum] = new
    return Answer(201, rows.commlog(office, call.wire, new))


@route("GET", "apptfields", READ)
def get_appointment_field(call: Call) -> Answer:
    """One object; an empty FieldValue where nothing is set."""
    number, name = query_int(call, "AptNum"), call.query.get("FieldName")
    if number is None:
        raise errors.REQUIRED(name="AptNum")
    if name is None:
        raise errors.REQUIRED(name="FieldName")
    appointment_of(call.office, number)
    value = call.office.appointment_fields.get((number, name), "")
    return Answer(200, {"AptNum": number, "FieldName": name, "FieldValue": value})


@route("PUT", "apptfields", COMM)
def set_appointment_field(call: Call) -> Answer:
    parsers: dict[str, Parser] = {"AptNum": parse_int, "FieldName": parse_text, "FieldValue": parse_text}
    values = read_body(call, parsers, required=tuple(parsers))
    appointment_of(call.office, values["AptNum"])
    call.office.appointment_fields[(values["AptNum"], values["FieldName"])] = values["FieldValue"]
    return Answer(200)


@route("GET", "patfields", READ)
def list_patient_fields(call: Call) -> Answer:
    patient, stamp = query_int(call, "PatNum"), call.wire.moment(call.office.stamp())
    found = [
        {
            "PatFieldNum": number,
            "PatNum": pat_num,
            "FieldName": name,
            "FieldValue": value,
            "SecDateEntry": stamp[:10],
            "SecDateTEdit": stamp,
        }
        for number, ((pat_num, name), value) in enumerate(call.office.patient_fields.items(), start=1)
        if patient in (None, pat_num)
    ]
    return Answer(200, list(page(call, found)))


@route("POST", "patfields", OTHERS)
def set_patient_field(call: Call) -> Answer:
    parsers: dict[str, Parser] = {"PatNum": parse_int, "FieldName": parse_text, "FieldValue": parse_text}
    values = read_body(call, parsers, required=tuple(parsers))
    patient_of(call.office, values["PatNum"])
    call.office.patient_fields[(values["PatNum"], values["FieldName"])] = values["FieldValue"]
    return Answer(201, values)
