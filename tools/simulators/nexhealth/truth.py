"""What is really there, in NexHealth's copy and in the EHR's chart, for tests and demonstrations to check a client by.

Ids are strings (NexHealth's; the chart's own numbers are `foreign_id`), times ISO 8601 with the practice's offset.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from tools.simulators.nexhealth.institution import Institution
from tools.simulators.nexhealth.records import Appointment, ChartVisit, Effects, Patient

Document = dict[str, Any]


def appointment_truth(institution: Institution, a: Appointment) -> Document:
    """NexHealth's row, what the chart holds for it, and how often each side was written."""
    visit = None if a.foreign is None else institution.chart.visits.get(a.foreign)
    effects = institution.effects.get(a.id) or Effects()
    return {
        "appointment_id": str(a.id),
        "patient_id": _id(a.patient_id),
        "status": _status(a),
        "start": _iso(institution, a.start),
        "end": _iso(institution, a.end),
        "minutes": int((a.end - a.start).total_seconds()) // 60,
        "operatory_id": _id(a.operatory_id),
        "provider_id": _id(a.provider_id),
        "location_id": str(a.location_id),
        "appointment_type_id": _id(a.appointment_type_id),
        "confirmed": a.confirmed,
        "note": a.note,
        "block": a.unavailable,
        "foreign_id": _id(a.foreign),
        "in_chart": visit is not None and not visit.deleted,
        "write": effects.state,
        "chart": None if visit is None else chart_truth(institution, visit),
        "effects": {
            "accepted_creates": effects.accepted_creates,
            "accepted_patches": effects.accepted_patches,
            "chart_creates": effects.chart_creates,
            "chart_changes": effects.chart_changes,
        },
    }


def chart_truth(institution: Institution, visit: ChartVisit) -> Document:
    patient = None if visit.patient is None else institution.patient_of_foreign.get(visit.patient)
    return {
        "foreign_id": str(visit.foreign),
        "appointment_id": _id(institution.appointment_of_foreign.get(visit.foreign)),
        "patient_id": _id(patient),
        "patient_foreign_id": _id(visit.patient),
        "status": visit.status,
        "start": _iso(institution, visit.start),
        "end": _iso(institution, visit.end),
        "operatory_id": _id(visit.operatory_id),
        "provider_id": _id(visit.provider_id),
        "location_id": str(visit.location_id),
        "confirmed": visit.confirmed,
        "checked_in_at": None if visit.checkin_at is None else _iso(institution, visit.checkin_at),
        "note": visit.note,
        "deleted": visit.deleted,
        "by": visit.by,
    }


def appointments(institution: Institution, query: Mapping[str, str]) -> list[Document]:
    """NexHealth's rows, blocks only with block=true; see `_chosen` for the filters."""
    if "appointment_id" in query:
        one = institution.appointments.get(int(query["appointment_id"]))
        return [] if one is None else _chosen([appointment_truth(institution, one)], query)
    blocks = query.get("block") == "true"
    ordered = sorted(institution.appointments.values(), key=lambda a: (a.start, a.id))
    rows = (a for a in ordered if a.unavailable == blocks and _on(institution, a.start, query))
    return _chosen([appointment_truth(institution, a) for a in rows], query)


def chart(institution: Institution, query: Mapping[str, str]) -> list[Document]:
    """The EHR's own rows, with what NexHealth has not read yet and (with deleted=true) what staff deleted."""
    ordered = sorted(institution.chart.visits.values(), key=lambda v: (v.start, v.foreign))
    rows = (
        v
        for v in ordered
        if (v.patient is None) == (query.get("block") == "true")
        and _on(institution, v.start, query)
        and (query.get("deleted") == "true" or not v.deleted)
    )
    return _chosen([chart_truth(institution, v) for v in rows], query)


def _chosen(rows: list[Document], query: Mapping[str, str]) -> list[Document]:
    """By appointment_id, patient_id, operatory_id, provider_id, location_id, status, foreign_id, write."""
    names = (
        *("appointment_id", "patient_id", "operatory_id", "provider_id", "location_id", "status", "foreign_id"),
        "write",
    )
    wanted = {name: query[name] for name in names if name in query}
    return [row for row in rows if all(row.get(name) == value for name, value in wanted.items())]


def _on(institution: Institution, start: datetime, query: Mapping[str, str]) -> bool:
    return "date" not in query or start.astimezone(institution.zone).date() == date.fromisoformat(query["date"])


def history(institution: Institution, query: Mapping[str, str]) -> list[Document]:
    """What happened, oldest first; by appointment_id, patient_id."""
    names = [name for name in ("appointment_id", "patient_id") if name in query]
    return [row for row in institution.history if all(row.get(name) == query[name] for name in names)]


def patient_truth(institution: Institution, p: Patient) -> Document:
    bio = p.bio
    return {
        "patient_id": str(p.id),
        "foreign_id": _id(p.foreign),
        "in_chart": p.foreign is not None,
        "first_name": p.first_name,
        "last_name": p.last_name,
        "date_of_birth": bio.get("date_of_birth"),
        "gender": bio.get("gender"),
        "inactive": p.inactive,
        "placeholder": p.new_patient,
        "non_patient": p.non_patient,
        "email": p.email,
        "phone": bio.get("phone_number"),
        "home_phone": bio.get("home_phone_number"),
        "work_phone": bio.get("work_phone_number"),
        "mobile_phone": bio.get("cell_phone_number"),
        "address": bio.get("address_line_1"),
        "address2": bio.get("address_line_2"),
        "city": bio.get("city"),
        "state": bio.get("state"),
        "zip": bio.get("zip_code"),
        "guarantor_id": _id(p.guarantor_id),
        "provider_id": _id(p.provider_id),
        "location_ids": [str(number) for number in p.location_ids],
    }


def patients(institution: Institution, query: Mapping[str, str]) -> list[Document]:
    """By patient_id, foreign_id, last_name, first_name, guarantor_id; `limit` and `offset` for large practices."""
    names = ("patient_id", "foreign_id", "last_name", "first_name", "guarantor_id")
    wanted = {name: query[name] for name in names if name in query}
    rows = (patient_truth(institution, p) for p in institution.patients.values())
    found = [row for row in rows if all(row[name] == value for name, value in wanted.items())]
    offset = int(query.get("offset", 0))
    return found[offset : offset + int(query.get("limit", len(found)))]


def hours(institution: Institution, query: Mapping[str, str]) -> list[Document]:
    """Working hours; by provider_id, operatory_id, date (of one-day hours)."""
    rows = [
        {
            "working_hour_id": str(hour.id),
            "provider_id": str(hour.provider_id),
            "operatory_id": _id(hour.operatory_id),
            "location_id": str(hour.location_id),
            "date": None if hour.specific_date is None else hour.specific_date.isoformat(),
            "begin": hour.begin.isoformat("minutes"),
            "end": hour.end.isoformat("minutes"),
            "active": hour.active,
            "source": hour.source,
        }
        for hour in institution.hours.values()
    ]
    wanted = {name: query[name] for name in ("provider_id", "operatory_id", "date") if name in query}
    return [row for row in rows if all(row[name] == value for name, value in wanted.items())]


def operatories(institution: Institution, query: Mapping[str, str]) -> list[Document]:
    return [
        {
            "operatory_id": str(o.id),
            "foreign_id": str(o.foreign),
            "name": o.name,
            "hidden": not o.active,
            "location_id": str(o.location_id),
        }
        for o in institution.operatories.values()
    ]


def providers(institution: Institution, query: Mapping[str, str]) -> list[Document]:
    return [
        {
            "provider_id": str(p.id),
            "foreign_id": str(p.foreign),
            "name": f"{p.first_name} {p.last_name}",
            "hidden": p.inactive,
            "location_ids": [str(number) for number in p.location_ids],
        }
        for p in institution.providers.values()
    ]


def locations(institution: Institution, query: Mapping[str, str]) -> list[Document]:
    return [
        {
            "location_id": str(place.id),
            "name": place.name,
            "writes_to_ehr": place.insert_appt_client,
            "needs_operatory": place.map_by_operatory,
            "inactive": place.inactive,
        }
        for place in institution.locations.values()
    ]


def _status(a: Appointment) -> str:
    if a.cancelled:
        return "cancelled"
    if a.patient_missed:
        return "missed"
    return "complete" if a.checked_out else "scheduled"


def _iso(institution: Institution, moment: datetime) -> str:
    return moment.astimezone(institution.zone).isoformat()


def _id(number: int | None) -> str | None:
    return None if number is None else str(number)
