"""The office's real state in plain words, for tests and demonstrations to check a client against.

Ids are strings, times ISO 8601 with the office's offset.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from tools.simulators.open_dental.office import Office, end_of
from tools.simulators.open_dental.records import NO_DATE, NO_MOMENT, Appointment, Patient

Document = dict[str, Any]


def appointment_truth(office: Office, a: Appointment) -> Document:
    on_the_book = a.AptDateTime != NO_MOMENT
    return {
        "appointment_id": str(a.AptNum),
        "patient_id": str(a.PatNum),
        "status": a.AptStatus,
        "start": _iso(office, a.AptDateTime) if on_the_book else None,
        "end": _iso(office, end_of(a)) if on_the_book else None,
        "minutes": len(a.Pattern) * 5,
        "pattern": a.Pattern,
        "operatory_id": _id(a.Op),
        "provider_id": _id(a.ProvNum),
        "hygienist_id": _id(a.ProvHyg),
        "is_hygiene": a.IsHygiene,
        "clinic_id": _id(a.ClinicNum),
        "appointment_type_id": _id(a.AppointmentTypeNum),
        "confirmed": office.definition_name(a.Confirmed),
        "confirmed_def": str(a.Confirmed),
        "arrived_at": _iso(office, a.DateTimeArrived) if a.DateTimeArrived != NO_MOMENT else None,
        "seated_at": _iso(office, a.DateTimeSeated) if a.DateTimeSeated != NO_MOMENT else None,
        "dismissed_at": _iso(office, a.DateTimeDismissed) if a.DateTimeDismissed != NO_MOMENT else None,
        "note": a.Note,
        "procedures": a.ProcDescript,
        "planned_from": _id(a.NextAptNum),
        "deleted": a.AptNum in office.deleted,
    }


def appointments(office: Office, query: Mapping[str, str]) -> list[Document]:
    """By patient_id, appointment_id, operatory_id, provider_id, status, date, deleted=true (deleted ones too)."""
    found = list(office.appointments.values())
    if query.get("deleted") == "true":
        found += office.deleted.values()
    found = sorted((a for a in found if _on(a, query)), key=lambda a: (a.AptDateTime, a.AptNum))
    rows = [appointment_truth(office, a) for a in found]
    wanted = {name: query[name] for name in ("appointment_id", "patient_id", "operatory_id", "status") if name in query}
    rows = [row for row in rows if all(row[name] == value for name, value in wanted.items())]
    if "provider_id" in query:
        rows = [row for row in rows if query["provider_id"] in (row["provider_id"], row["hygienist_id"])]
    return rows


def _on(a: Appointment, query: Mapping[str, str]) -> bool:
    return "date" not in query or (
        a.AptDateTime != NO_MOMENT and a.AptDateTime.date() == date.fromisoformat(query["date"])
    )


def history(office: Office, query: Mapping[str, str]) -> list[Document]:
    """What happened, oldest first; by appointment_id, patient_id."""
    return [
        {
            "action": h.HistApptAction,
            "by": "api" if h.ApptSource == "OpenDentalAPIService" else "staff",
            "at": h.HistDateTStamp.isoformat(sep=" "),
            **appointment_truth(office, h.appointment),
        }
        for h in office.history
        if query.get("appointment_id") in (None, str(h.appointment.AptNum))
        and query.get("patient_id") in (None, str(h.appointment.PatNum))
    ]


def patient_truth(office: Office, p: Patient) -> Document:
    return {
        "patient_id": str(p.PatNum),
        "first_name": p.FName,
        "last_name": p.LName,
        "preferred_name": p.Preferred,
        "date_of_birth": None if p.Birthdate == NO_DATE else p.Birthdate.isoformat(),
        "gender": p.Gender,
        "status": p.PatStatus,
        "email": p.Email,
        "home_phone": p.HmPhone,
        "work_phone": p.WkPhone,
        "mobile_phone": p.WirelessPhone,
        "address": p.Address,
        "address2": p.Address2,
        "city": p.City,
        "state": p.State,
        "zip": p.Zip,
        "guarantor_id": str(p.Guarantor),
        "provider_id": _id(p.PriProv),
        "clinic_id": _id(p.ClinicNum),
        "chart_number": p.ChartNumber,
        "social_security_number": p.SSN,
    }


def patients(office: Office, query: Mapping[str, str]) -> list[Document]:
    """By patient_id, last_name, first_name, guarantor_id, status; `limit` and `offset` for large offices."""
    rows = (patient_truth(office, p) for p in office.patients.values())
    names = ("patient_id", "last_name", "first_name", "guarantor_id", "status")
    wanted = {name: query[name] for name in names if name in query}
    found = [row for row in rows if all(row[name] == value for name, value in wanted.items())]
    offset = int(query.get("offset", 0))
    return found[offset : offset + int(query.get("limit", len(found)))]


def schedules(office: Office, query: Mapping[str, str]) -> list[Document]:
    """Of one `date`, or from `start_date` to `end_date`."""
    first = date.fromisoformat(query.get("date") or query.get("start_date") or office.today().isoformat())
    last = date.fromisoformat(query.get("date") or query.get("end_date") or first.isoformat())
    return [
        {
            "schedule_id": str(s.ScheduleNum),
            "kind": s.SchedType.lower(),
            "closed": s.SchedType == "Practice" and s.StartTime == s.StopTime,
            "date": s.SchedDate.isoformat(),
            "start": _iso(office, datetime.combine(s.SchedDate, s.StartTime)),
            "end": _iso(office, datetime.combine(s.SchedDate, s.StopTime)),
            "provider_id": _id(s.ProvNum),
            "blockout_type": office.definition_name(s.BlockoutType),
            "operatory_ids": [str(number) for number in s.operatories],
            "note": s.Note,
        }
        for day in sorted(office.schedules_by_day)
        if first <= day <= last
        for s in (office.schedules[number] for number in office.schedules_by_day[day])
    ]


def operatories(office: Office, query: Mapping[str, str]) -> list[Document]:
    return [
        {
            "operatory_id": str(o.OperatoryNum),
            "name": o.OpName,
            "hidden": o.IsHidden,
            "is_hygiene": o.IsHygiene,
            "type": office.definition_name(o.OperatoryType),
            "dentist_id": _id(o.ProvDentist),
            "hygienist_id": _id(o.ProvHygienist),
            "clinic_id": _id(o.ClinicNum),
        }
        for o in office.operatories.values()
    ]


def providers(office: Office, query: Mapping[str, str]) -> list[Document]:
    return [
        {
            "provider_id": str(p.ProvNum),
            "abbreviation": p.Abbr,
            "name": f"{p.FName} {p.LName}",
            "is_hygienist": p.IsSecondary,
            "hidden": p.IsHidden,
        }
        for p in office.providers.values()
    ]


def definitions(office: Office, query: Mapping[str, str]) -> list[Document]:
    """By `category`, the vendor's number."""
    return [
        {"definition_id": str(d.DefNum), "category": str(d.Category), "name": d.ItemName, "hidden": d.isHidden}
        for d in office.definitions.values()
        if query.get("category") in (None, str(d.Category))
    ]


def _iso(office: Office, wall: datetime) -> str:
    return wall.replace(tzinfo=office.zone).isoformat()


def _id(number: int) -> str | None:
    return str(number) if number else None
