"""/patients: search as in the desktop's Select Patient window, the full list for syncs, create, update."""

import re
from dataclasses import replace
from typing import Any

from tools.simulators.open_dental import errors, rows
from tools.simulators.open_dental.calls import PAGING, PATIENTS, READ, Answer, Call, page, route
from tools.simulators.open_dental.fields import (
    Boolean,
    Parser,
    choice,
    parse_date,
    parse_int,
    parse_text,
    query_boolean,
    query_date,
    query_int,
    query_moment,
    read_body,
)
from tools.simulators.open_dental.office import Office, digits
from tools.simulators.open_dental.records import NO_DATE, Patient
from tools.simulators.open_dental.wire import words

_PARTIAL = ("LName", "FName", "Address", "City", "State", "SSN", "ChartNumber", "Email")
_SEARCH = frozenset(
    (*_PARTIAL, "Phone", "hideInactive", "guarOnly", "showArchived", "Birthdate", "SiteNum", "SubscriberId", "Country")
) | {"clinicNums", "clinicAbbr", "invoiceNumber"}
_SIMPLE_NUMBERS = ("ClinicNum", "PriProv", "Guarantor", "SuperFamily", "EmployerNum", "FeeSched")
_CONTACT_METHOD = choice(*words("None DoNotCall HmPhone WkPhone WirelessPh Email SeeNotes Mail TextMessage"))
_STATUSES = ("Patient", "NonPatient", "Inactive", "Archived", "Deceased", "Prospective")
_TEXTS = words(
    "LName FName MiddleI Preferred SSN Address Address2 City State Zip HmPhone WkPhone WirelessPhone Email BillingType "
    "FamFinUrgNote ChartNumber MedicaidID Ward Language"
)
_NUMBERS = words("Guarantor PriProv SecProv FeeSched EmployerNum ClinicNum SuperFamily")
_WRITABLE: dict[str, Parser] = {
    **dict.fromkeys(_TEXTS, parse_text),
    **dict.fromkeys(_NUMBERS, parse_int),
    **dict.fromkeys(("Birthdate", "DateFirstVisit", "AdmitDate"), parse_date),
    **dict.fromkeys(("PreferConfirmMethod", "PreferContactMethod", "PreferRecallMethod"), _CONTACT_METHOD),
    "PatStatus": choice(*_STATUSES),
    "Gender": choice("Male", "Female", "Unknown"),
    "Position": choice("Single", "Married", "Child", "Widowed", "Divorced"),
    "TxtMsgOk": choice("Unknown", "Yes", "No"),
    "Premed": Boolean(),
}
_ZIP = re.compile(r"\d{5}|\d{5}-\d{4}|\d{9}|[A-Za-z]\d[A-Za-z] ?\d[A-Za-z]\d")
_LONGEST_CHART_NUMBER = 15


@route("GET", "patients", READ)
def search_patients(call: Call) -> Answer:
    for name in call.query:
        lower_case_paging = call.switches.lower_case_paging == "accept" and name in ("limit", "offset")
        if name not in _SEARCH and name not in PAGING and not lower_case_paging:
            raise errors.UNKNOWN_PARAMETER(name=name)
    found = [p for p in call.office.patients.values() if _is_listed(call, p)]
    found = _narrowed(call, found)
    return Answer(200, [rows.patient_in_list(call.office, call.wire, p) for p in page(call, found)])


def _is_listed(call: Call, p: Patient) -> bool:
    if p.PatStatus == "Deleted":
        return False
    if p.PatStatus in ("Archived", "Deceased"):
        return query_boolean(call, "showArchived")
    return not (p.PatStatus == "Inactive" and query_boolean(call, "hideInactive"))


def _narrowed(call: Call, found: list[Patient]) -> list[Patient]:
    query = call.query
    for name in _PARTIAL:
        wanted = query.get(name, "").strip().lower()
        if wanted:
            found = [p for p in found if wanted in getattr(p, name).lower()]
    phone = digits(query.get("Phone", ""))
    if phone:
        found = [p for p in found if phone in call.office.phone_digits[p.PatNum]]
    birthdate = query_date(call, "Birthdate")
    if birthdate is not None:
        found = [p for p in found if p.Birthdate == birthdate]
    if query_boolean(call, "guarOnly"):
        found = [p for p in found if p.Guarantor == p.PatNum]
    if query.get("clinicNums"):
        clinics = {parse_int("clinicNums", part.strip()) for part in query["clinicNums"].split(",")}
        found = [p for p in found if p.ClinicNum in clinics]
    if query.get("clinicAbbr"):
        numbers = {c.ClinicNum for c in call.office.clinics.values() if c.Abbr.lower() == query["clinicAbbr"].lower()}
        found = [p for p in found if p.ClinicNum in numbers]
    if query.get("SubscriberId") or query.get("invoiceNumber"):
        return []
    return found


@route("GET", "patients/Simple", READ)
def list_patients(call: Call) -> Answer:
    query = call.query
    found = list(call.office.patients.values())
    if not call.switches.simple_lists_deleted:
        found = [p for p in found if p.PatStatus != "Deleted"]
    for name in ("LName", "FName"):
        wanted = query.get(name, "").lower()
        if wanted:
            found = [p for p in found if wanted in getattr(p, name).lower()]
    for name in ("PatStatus", "Gender", "Position"):
        if query.get(name):
            found = [p for p in found if getattr(p, name) == query[name]]
    for name in _SIMPLE_NUMBERS:
        number = query_int(call, name)
        if number is not None:
            found = [p for p in found if getattr(p, name) == number]
    birthdate, since = query_date(call, "Birthdate"), query_moment(call, "DateTStamp")
    if birthdate is not None:
        found = [p for p in found if p.Birthdate == birthdate]
    if since is not None:
        found = [p for p in found if p.DateTStamp >= since]
    return Answer(200, [rows.patient_simple(call.office, call.wire, p) for p in page(call, found)])


@route("GET", "patients/{n}", READ)
def get_patient(call: Call) -> Answer:
    return Answer(200, rows.patient(call.office, call.wire, patient_of(call.office, call.id)))


@route("POST", "patients", PATIENTS)
def create_patient(call: Call) -> Answer:
    office = call.office
    values = read_body(call, _WRITABLE, required=("LName", "FName"))
    _check(office, values)
    if "Guarantor" in values and values["Guarantor"] not in office.patients:
        raise errors.PATIENT_NOT_FOUND()
    number = office.last_ids["patients"] + 1
    defaults: dict[str, Any] = {
        "Guarantor": number,
        "PriProv": int(office.preferences["PracticeDefaultProv"]),
        "BillingType": office.definitions_in(4)[0].ItemName,
        "ImageFolder": re.sub(r"[^A-Za-z]", "", values["LName"] + values["FName"]) + str(number),
    }
    new = Patient(
        PatNum=number, DateTStamp=office.stamp(), SecDateEntry=office.stamp().date(), **{**defaults, **values}
    )
    if any(_is_duplicate(call, new, other) for other in office.patients.values()):
        raise errors.DUPLICATE_PATIENT()
    office.new_id("patients")
    office.put_patient(new)
    return Answer(201, rows.patient(office, call.wire, new), location=f"{call.base_url}/patients/{number}")


@route("PUT", "patients/{n}", PATIENTS)
def update_patient(call: Call) -> Answer:
    office = call.office
    old = patient_of(office, call.id)
    refuse_deleted(old)
    values = read_body(call, _WRITABLE)
    _check(office, values)
    if "Guarantor" in values and "SuperFamily" in values:
        raise errors.GUARANTOR_AND_SUPER_FAMILY()
    if "FamFinUrgNote" in values and old.Guarantor != old.PatNum:
        raise errors.NOTE_FOR_GUARANTORS_ONLY()
    guarantor = values.pop("Guarantor", old.Guarantor)
    if guarantor != old.Guarantor:
        _change_guarantor(office, old, guarantor)
        old = office.patients[old.PatNum]
    new = replace(old, **values)
    if new != old:
        new = replace(new, DateTStamp=office.stamp())
        office.put_patient(new)
    return Answer(200, rows.patient(office, call.wire, new))


def _change_guarantor(office: Office, patient: Patient, guarantor: int) -> None:
    if patient.Guarantor != patient.PatNum:
        raise errors.NOT_THE_GUARANTOR()
    if guarantor not in office.patients:
        raise errors.PATIENT_NOT_FOUND()
    for member in office.family_of(patient):
        office.put_patient(replace(member, Guarantor=guarantor, DateTStamp=office.stamp()))


def _check(office: Office, values: dict[str, Any]) -> None:
    for name in ("LName", "FName"):
        if name in values and not values[name].strip():
            raise errors.NAME_EMPTY(name=name)
    if values.get("Zip") and not _ZIP.fullmatch(values["Zip"]):
        raise errors.BAD_ZIP()
    if values.get("State") and not re.fullmatch(r"[A-Z]{2}", values["State"]):
        raise errors.BAD_STATE()
    if values.get("SSN") and not re.fullmatch(r"\d{9}", values["SSN"]):
        raise errors.BAD_SSN()
    if "BillingType" in values and values["BillingType"] not in {d.ItemName for d in office.definitions_in(4)}:
        raise errors.BAD_BILLING_TYPE()
    if len(values.get("ChartNumber", "")) > _LONGEST_CHART_NUMBER:
        raise errors.CHART_NUMBER_TOO_LONG()
    for name in ("PriProv", "SecProv"):
        if values.get(name) and values[name] not in office.providers:
            raise errors.PROVIDER_NOT_FOUND()
    if values.get("ClinicNum") and values["ClinicNum"] not in office.clinics:
        raise errors.CLINIC_NOT_FOUND()


def _is_duplicate(call: Call, new: Patient, other: Patient) -> bool:
    """Names and birth date, and e-mail or a phone; which of them exactly is a matter of switches."""
    switches = call.switches
    if other.PatStatus == "Deleted" or (switches.duplicate_statuses == "active" and other.PatStatus != "Patient"):
        return False
    if (new.LName.lower(), new.FName.lower()) != (other.LName.lower(), other.FName.lower()):
        return False
    if new.Birthdate != other.Birthdate:
        return False
    if new.Birthdate == NO_DATE and switches.duplicate_blank_birthdate == "ignore":
        return False
    if switches.duplicate_contact == "none":
        return True
    if new.Email and new.Email.lower() == other.Email.lower():
        return True
    mine, theirs = _phones(new), _phones(other)
    if switches.duplicate_contact == "same_field":
        return any(a and a == b for a, b in zip(mine, theirs, strict=True))
    return bool({phone for phone in mine if phone} & set(theirs))


def _phones(p: Patient) -> tuple[str, ...]:
    return tuple(digits(phone)[-10:] for phone in (p.HmPhone, p.WkPhone, p.WirelessPhone))


def patient_of(office: Office, number: int) -> Patient:
    found = office.patients.get(number)
    if found is None:
        raise errors.PATIENT_NOT_FOUND()
    return found


def refuse_deleted(patient: Patient) -> None:
    if patient.PatStatus == "Deleted":
        raise errors.PATIENT_DELETED()
