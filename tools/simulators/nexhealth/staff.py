"""What people at the front desk do in the EHR while a client works. NexHealth sees it with the next read."""

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from tools.simulators.nexhealth.ehr import Ehr
from tools.simulators.nexhealth.institution import Institution
from tools.simulators.nexhealth.load import ten_digits
from tools.simulators.nexhealth.records import ChartVisit, Location, Operatory, Patient, Provider, WorkingHour
from tools.simulators.nexhealth.truth import chart_truth, patient_truth

Document = dict[str, Any]


def act(ehr: Ehr, document: Document) -> Document:
    """Perform `{"action": ..., ...}`; returns what it touched. Raises ValueError when it cannot."""
    name = str(document.get("action", ""))
    if name not in _ACTIONS:
        raise ValueError(f"unknown action {name or 'none'}; there are {', '.join(sorted(_ACTIONS))}")
    try:
        return _ACTIONS[name](ehr, document)
    except KeyError as error:
        raise ValueError(f"{name} needs {error}") from error
    except TypeError as error:
        raise ValueError(f"{name}: {error}") from error


def _book(ehr: Ehr, given: Document) -> Document:
    """patient_id, operatory_id, start; provider_id, minutes, note are optional. A block without patient_id."""
    institution = ehr.institution
    chair = institution.operatories.get(int(given["operatory_id"]))
    if chair is None:
        raise ValueError("there is no such operatory")
    patient = None if given.get("patient_id") is None else _patient(institution, given)
    start = moment(institution, given["start"])
    visit = ChartVisit(
        foreign=institution.new_id("foreign_visits"),
        patient=None if patient is None else patient.foreign,
        provider_id=int(given.get("provider_id") or _usual_provider(institution, chair)),
        location_id=chair.location_id,
        operatory_id=chair.id,
        start=start,
        end=start + timedelta(minutes=int(given.get("minutes", 60))),
        status="scheduled",
        confirmed=False,
        note=str(given.get("note", "")),
    )
    institution.chart.put_visit(visit)
    return _done(institution, "booked", visit)


def _block(ehr: Ehr, given: Document) -> Document:
    """start, end, of hours or of weeks; operatory_id, provider_id, location_id are optional: none is everybody's."""
    institution = ehr.institution
    chair = institution.operatories[int(given["operatory_id"])] if given.get("operatory_id") else None
    location = chair.location_id if chair is not None else next(iter(institution.locations))
    visit = ChartVisit(
        foreign=institution.new_id("foreign_visits"),
        patient=None,
        provider_id=int(given["provider_id"]) if given.get("provider_id") else None,
        location_id=int(given.get("location_id") or location),
        operatory_id=None if chair is None else chair.id,
        start=moment(institution, given["start"]),
        end=moment(institution, given["end"]),
        status="scheduled",
        confirmed=False,
        note=str(given.get("note", "")),
    )
    institution.chart.put_visit(visit)
    return _done(institution, "blocked", visit)


def _usual_provider(institution: Institution, chair: Operatory) -> int:
    """Who works in the chair; any active provider when nobody does."""
    own = (hour.provider_id for hour in institution.hours.values() if hour.operatory_id == chair.id)
    return next(own, next(p.id for p in institution.providers.values() if not p.inactive))


def _move(ehr: Ehr, given: Document) -> Document:
    """appointment_id or foreign_id; start, operatory_id, provider_id, minutes are optional."""
    old = _visit(ehr.institution, given)
    start = moment(ehr.institution, given["start"]) if "start" in given else old.start
    length = timedelta(minutes=int(given["minutes"])) if "minutes" in given else old.end - old.start
    changes: Document = {"start": start, "end": start + length, "status": "scheduled"}
    for name in ("operatory_id", "provider_id"):
        if name in given:
            changes[name] = int(given[name])
    return _change(ehr.institution, "moved", old, changes)


def _cancel(ehr: Ehr, given: Document) -> Document:
    return _change(ehr.institution, "cancelled", _visit(ehr.institution, given), {"status": "cancelled"})


def _set_status(ehr: Ehr, given: Document) -> Document:
    """appointment_id or foreign_id; status scheduled, complete, missed, cancelled."""
    if given["status"] not in ("scheduled", "complete", "missed", "cancelled"):
        raise ValueError("status must be one of scheduled, complete, missed, cancelled")
    return _change(ehr.institution, "status set", _visit(ehr.institution, given), {"status": given["status"]})


def _check_in(ehr: Ehr, given: Document) -> Document:
    """appointment_id or foreign_id; `at` instead of now, null takes it back."""
    at = moment(ehr.institution, given["at"]) if given.get("at") else ehr.institution.now()
    changes = {"checkin_at": None if "at" in given and given["at"] is None else at}
    return _change(ehr.institution, "checked in", _visit(ehr.institution, given), changes)


def _confirm(ehr: Ehr, given: Document) -> Document:
    """`confirmed` false takes it back."""
    changes = {"confirmed": bool(given.get("confirmed", True))}
    return _change(ehr.institution, "confirmed", _visit(ehr.institution, given), changes)


def _edit_note(ehr: Ehr, given: Document) -> Document:
    return _change(ehr.institution, "noted", _visit(ehr.institution, given), {"note": str(given["note"])})


def _delete(ehr: Ehr, given: Document) -> Document:
    return _change(ehr.institution, "deleted", _visit(ehr.institution, given), {"deleted": True})


def _add_patient(ehr: Ehr, given: Document) -> Document:
    """first_name, last_name; date_of_birth, email, phone_number, cell_phone_number are optional."""
    institution, now = ehr.institution, ehr.institution.now()
    born = date.fromisoformat(given["date_of_birth"]) if given.get("date_of_birth") else None
    new = Patient(
        id=0,
        foreign=institution.new_id("foreign_patients"),
        first_name=str(given["first_name"]),
        last_name=str(given["last_name"]),
        email=given.get("email"),
        bio={
            "date_of_birth": born and born.isoformat(),
            "phone_number": ten_digits(str(given.get("phone_number") or "")),
            "cell_phone_number": str(given.get("cell_phone_number") or ""),
            "gender": str(given.get("gender", "Female")),
        },
        location_ids=(next(iter(institution.locations)),),
        created_at=now,
        updated_at=now,
    )
    institution.chart.put_patient(new)
    return {**patient_truth(institution, new), "patient_id": None, "foreign_id": str(new.foreign)}


def _set_patient(ehr: Ehr, given: Document) -> Document:
    """patient_id and `columns`: first_name, last_name, email, inactive, non_patient, and entries of the bio."""
    institution, old = ehr.institution, _patient(ehr.institution, given)
    if old.foreign is None:
        raise ValueError("the EHR does not have this patient")
    columns = dict(given["columns"])
    own = {name: columns.pop(name) for name in tuple(columns) if name in _PATIENT_COLUMNS}
    changed = replace(old, **own, bio={**old.bio, **columns})
    institution.chart.put_patient(changed)
    return patient_truth(institution, changed)


def _merge_patients(ehr: Ehr, given: Document) -> Document:
    """patient_id is merged into into_patient_id: one chart with the visits of both."""
    institution, gone = ehr.institution, _patient(ehr.institution, given)
    kept = _patient(institution, {"patient_id": given["into_patient_id"]})
    if gone.foreign is None or kept.foreign is None or gone.foreign == kept.foreign:
        raise ValueError("two charts of the EHR are merged")
    for visit in list(institution.chart.visits.values()):
        if visit.patient == gone.foreign:
            institution.chart.put_visit(replace(visit, patient=kept.foreign))
    institution.chart.merged[gone.foreign] = kept.foreign
    return patient_truth(institution, kept)


_PATIENT_COLUMNS = {"first_name", "last_name", "middle_name", "email", "inactive", "non_patient"}


def _read(ehr: Ehr, given: Document) -> Document:
    """A read cycle now."""
    ehr.read(ehr.institution.now())
    return {"read_at": ehr.institution.now().isoformat()}


def _set_location(ehr: Ehr, given: Document) -> Document:
    return _set(ehr.institution.locations, int(given["location_id"]), given, Location)


def _set_provider(ehr: Ehr, given: Document) -> Document:
    """provider_id and `columns`; `location_ids`, where the provider works, stands beside them."""
    number = int(given["provider_id"])
    if "location_ids" in given:
        places = tuple(int(one) for one in given["location_ids"])
        ehr.institution.providers[number] = replace(ehr.institution.providers[number], location_ids=places)
        given = {"columns": {}, **given}
    return _set(ehr.institution.providers, int(given["provider_id"]), given, Provider)


def _set_operatory(ehr: Ehr, given: Document) -> Document:
    return _set(ehr.institution.operatories, int(given["operatory_id"]), given, Operatory)


def _set(rows: dict[int, Any], number: int, given: Document, record: type[Any]) -> Document:
    if number not in rows:
        raise ValueError("there is no such row")
    columns = dict(given["columns"])
    kinds = {f.name: f.type for f in fields(record)}
    unknown = {name for name in columns if kinds.get(name) not in (bool, str)}
    if unknown:
        raise ValueError(f"cannot set {', '.join(sorted(unknown))}")
    rows[number] = replace(rows[number], **columns)
    return {"id": str(number), **columns}


def _delete_operatories(ehr: Ehr, given: Document) -> Document:
    """location_id: an EHR that keeps no chairs there; hours and visits then name none."""
    institution, number = ehr.institution, int(given["location_id"])
    gone = {chair.id for chair in institution.operatories.values() if chair.location_id == number}
    for chair in gone:
        del institution.operatories[chair]
    for hour in [one for one in institution.hours.values() if one.operatory_id in gone]:
        institution.hours[hour.id] = replace(hour, operatory_id=None)
    for row in [one for one in institution.appointments.values() if one.operatory_id in gone]:
        institution.put_appointment(replace(row, operatory_id=None))
    for visit in [one for one in institution.chart.visits.values() if one.operatory_id in gone]:
        institution.chart.put_visit(replace(visit, operatory_id=None), unread=False)
    return {"operatories": len(institution.operatories)}


def _add_hours(ehr: Ehr, given: Document) -> Document:
    """provider_id, operatory_id, day, start, end: synced working hours of one day."""
    institution = ehr.institution
    chair = institution.operatories[int(given["operatory_id"])]
    new = WorkingHour(
        id=institution.new_id("hours"),
        provider_id=int(given["provider_id"]),
        location_id=chair.location_id,
        operatory_id=chair.id,
        begin=time.fromisoformat(given["start"]),
        end=time.fromisoformat(given["end"]),
        specific_date=date.fromisoformat(given["day"]),
    )
    institution.hours[new.id] = new
    return {"working_hour_id": str(new.id)}


def _delete_hours(ehr: Ehr, given: Document) -> Document:
    """working_hour_id, or all without it."""
    institution = ehr.institution
    if "working_hour_id" not in given:
        institution.hours.clear()
        return {"working_hours": 0}
    if institution.hours.pop(int(given["working_hour_id"]), None) is None:
        raise ValueError("there are no such working hours")
    return {"working_hours": len(institution.hours)}


_ACTIONS: dict[str, Callable[[Ehr, Document], Document]] = {
    "book": _book,
    "block": _block,
    "move": _move,
    "cancel": _cancel,
    "set_status": _set_status,
    "confirm": _confirm,
    "check_in": _check_in,
    "edit_note": _edit_note,
    "delete": _delete,
    "add_patient": _add_patient,
    "set_patient": _set_patient,
    "merge_patients": _merge_patients,
    "read": _read,
    "set_location": _set_location,
    "set_provider": _set_provider,
    "set_operatory": _set_operatory,
    "delete_operatories": _delete_operatories,
    "add_hours": _add_hours,
    "delete_hours": _delete_hours,
}


def moment(institution: Institution, value: Any) -> datetime:
    """ISO text; without an offset it is the practice's wall time."""
    told = datetime.fromisoformat(str(value))
    return (told if told.tzinfo else told.replace(tzinfo=institution.zone)).astimezone(UTC)


def _change(institution: Institution, action: str, old: ChartVisit, changes: Document) -> Document:
    new = replace(old, **changes)
    institution.chart.put_visit(new)
    return _done(institution, action, new)


def _done(institution: Institution, action: str, visit: ChartVisit) -> Document:
    told = chart_truth(institution, visit)
    institution.remember(
        institution.now(), "staff", action, appointment_id=told["appointment_id"], foreign_id=told["foreign_id"]
    )
    return told


def _visit(institution: Institution, given: Document) -> ChartVisit:
    if "foreign_id" in given:
        foreign: int | None = int(given["foreign_id"])
    else:
        row = institution.appointments.get(int(given["appointment_id"]))
        foreign = None if row is None else row.foreign
    if foreign is None or foreign not in institution.chart.visits:
        raise ValueError("the EHR has no such appointment")
    return institution.chart.visits[foreign]


def _patient(institution: Institution, given: Document) -> Patient:
    found = institution.patients.get(int(given["patient_id"]))
    if found is None:
        raise ValueError("there is no such patient")
    return found
