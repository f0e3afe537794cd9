"""What people at the front desk do while a client works: book, move, delete, note, break, close, block, reconfigure."""

from collections.abc import Callable
from dataclasses import asdict, fields, replace
from datetime import date, datetime, time
from typing import Any

from tools.simulators.open_dental.office import DESKTOP, Office
from tools.simulators.open_dental.records import NO_MOMENT, Appointment, Patient, Schedule
from tools.simulators.open_dental.routes_appointment_actions import broken
from tools.simulators.open_dental.truth import appointment_truth, patient_truth

Document = dict[str, Any]


def act(office: Office, document: Document) -> Document:
    """Perform `{"action": ..., ...}`; returns what it touched. Raises ValueError when it cannot."""
    name = str(document.get("action", ""))
    if name not in _ACTIONS:
        raise ValueError(f"unknown action {name or 'none'}; there are {', '.join(sorted(_ACTIONS))}")
    try:
        return _ACTIONS[name](office, document)
    except KeyError as error:
        raise ValueError(f"{name} needs {error}") from error
    except TypeError as error:
        raise ValueError(f"{name}: {error}") from error


def _book(office: Office, given: Document) -> Document:
    """patient_id, operatory_id, start; provider_id, hygienist_id, minutes or pattern, note, status are optional."""
    patient, operatory = _patient(office, given), office.operatories.get(int(given["operatory_id"]))
    if operatory is None:
        raise ValueError("there is no such operatory")
    pattern = str(given.get("pattern") or "X" * (int(given.get("minutes", 60)) // 5))
    stamp = office.stamp()
    hygienist = int(given.get("hygienist_id") or (operatory.ProvHygienist if operatory.IsHygiene else 0))
    booked = office.create_appointment(
        Appointment(
            AptNum=office.new_id("appointments"),
            PatNum=patient.PatNum,
            AptStatus=str(given.get("status", "Scheduled")),
            Pattern=pattern,
            PatternSecondary="/" * len(pattern),
            Confirmed=office.definitions_in(2)[0].DefNum,
            Op=operatory.OperatoryNum,
            Note=str(given.get("note", "")),
            ProvNum=int(given.get("provider_id") or operatory.ProvDentist or patient.PriProv),
            ProvHyg=hygienist,
            IsHygiene=operatory.IsHygiene,
            AptDateTime=office_wall(office, given["start"]),
            ClinicNum=operatory.ClinicNum,
            DateTStamp=stamp,
            SecDateTEntry=stamp,
        ),
        source=DESKTOP,
    )
    return appointment_truth(office, booked)


def _move(office: Office, given: Document) -> Document:
    """appointment_id; start, operatory_id, provider_id, pattern are optional."""
    old = _appointment(office, given)
    changes: Document = {"AptStatus": "Scheduled"}
    if "start" in given:
        changes["AptDateTime"] = office_wall(office, given["start"])
    if "operatory_id" in given:
        changes["Op"] = int(given["operatory_id"])
    if "provider_id" in given:
        changes["ProvNum"] = int(given["provider_id"])
    if "pattern" in given:
        changes |= {"Pattern": str(given["pattern"]), "PatternSecondary": "/" * len(str(given["pattern"]))}
    return appointment_truth(office, office.change_appointment(old, changes, source=DESKTOP))


def _delete(office: Office, given: Document) -> Document:
    old = _appointment(office, given)
    office.delete_appointment(old)
    return appointment_truth(office, old)


def _edit_note(office: Office, given: Document) -> Document:
    changes = {"Note": str(given["note"])}
    return appointment_truth(office, office.change_appointment(_appointment(office, given), changes, source=DESKTOP))


def _break(office: Office, given: Document) -> Document:
    """appointment_id; to_list (true) and reason missed or cancelled are optional."""
    changes = broken(office, to_list=bool(given.get("to_list", True)))
    reason = str(given.get("reason", "cancelled")).capitalize()
    return appointment_truth(
        office, office.change_appointment(_appointment(office, given), changes, action=reason, source=DESKTOP)
    )


def _stamp(column: str) -> Callable[[Office, Document], Document]:
    def stamp(office: Office, given: Document) -> Document:
        """appointment_id; `at` (office time) instead of now."""
        at = office_wall(office, given["at"]) if "at" in given else office.now()
        changed = office.change_appointment(_appointment(office, given), {column: at}, source=DESKTOP)
        return appointment_truth(office, changed)

    return stamp


def _set_confirmation(office: Office, given: Document) -> Document:
    """appointment_id; `definition_id` of category 2."""
    number = int(given["definition_id"])
    if number not in {one.DefNum for one in office.definitions_in(2)}:
        raise ValueError("there is no such confirmation state")
    changed = office.change_appointment(_appointment(office, given), {"Confirmed": number}, source=DESKTOP)
    return appointment_truth(office, changed)


def _set_definition(office: Office, given: Document) -> Document:
    """definition_id and `columns`: ItemName, ItemValue, isHidden."""
    old = office.definitions.get(int(given["definition_id"]))
    if old is None:
        raise ValueError("there is no such definition")
    columns = dict(given["columns"])
    if set(columns) - {"ItemName", "ItemValue", "isHidden"}:
        raise ValueError("columns may be ItemName, ItemValue, isHidden")
    office.definitions[old.DefNum] = replace(old, **columns)
    return asdict(office.definitions[old.DefNum])


def _set_appointment(office: Office, given: Document) -> Document:
    """appointment_id and `columns` in the vendor's words, numbers and texts only."""
    columns = _known_columns(Appointment, dict(given["columns"]))
    return appointment_truth(office, office.change_appointment(_appointment(office, given), columns, source=DESKTOP))


def _set_patient(office: Office, given: Document) -> Document:
    """patient_id and `columns` in the vendor's words; PatStatus Deleted is how a patient is deleted."""
    columns = _known_columns(Patient, dict(given["columns"]))
    changed = replace(_patient(office, given), **columns, DateTStamp=office.stamp())
    office.put_patient(changed)
    return patient_truth(office, changed)


def _add_patient(office: Office, given: Document) -> Document:
    columns = _known_columns(Patient, dict(given["columns"]))
    number, stamp = office.new_id("patients"), office.stamp()
    required = {"PatNum": number, "Guarantor": number, "DateTStamp": stamp, "SecDateEntry": stamp.date()}
    new = Patient(**{"PriProv": int(office.preferences["PracticeDefaultProv"]), **required, **columns})
    office.put_patient(new)
    return patient_truth(office, new)


def _merge_patients(office: Office, given: Document) -> Document:
    """patient_id, into_patient_id: the first one's chart is archived, and its visits become the second one's."""
    old, kept = _patient(office, given), _patient(office, {"patient_id": given["into_patient_id"]})
    for visit in [one for one in office.appointments.values() if one.PatNum == old.PatNum]:
        office.change_appointment(visit, {"PatNum": kept.PatNum}, source=DESKTOP)
    status = old.PatStatus if old.PatStatus == "Deceased" else "Archived"
    office.put_patient(replace(old, PatStatus=status, DateTStamp=office.stamp()))
    return patient_truth(office, office.patients[old.PatNum])


def _add_schedule(office: Office, given: Document) -> Document:
    """kind practice, provider or blockout; day, start, end; provider_id, operatory_ids, blockout_type, note if any."""
    new = Schedule(
        ScheduleNum=office.new_id("schedules"),
        SchedDate=date.fromisoformat(given["day"]),
        StartTime=time.fromisoformat(given["start"]),
        StopTime=time.fromisoformat(given["end"]),
        SchedType=str(given["kind"]).capitalize(),
        ProvNum=int(given.get("provider_id", 0)),
        BlockoutType=int(given.get("blockout_type", 0)),
        Note=str(given.get("note", "")),
        operatories=tuple(int(number) for number in given.get("operatory_ids", ())),
        DateTStamp=office.stamp(),
    )
    office.put_schedule(new)
    return {"schedule_id": str(new.ScheduleNum)}


def _delete_schedule(office: Office, given: Document) -> Document:
    number = int(given["schedule_id"])
    if number not in office.schedules:
        raise ValueError("there is no such schedule")
    office.delete_schedule(number)
    return {"schedule_id": str(number)}


def _set_operatory(office: Office, given: Document) -> Document:
    old = office.operatories.get(int(given["operatory_id"]))
    if old is None:
        raise ValueError("there is no such operatory")
    office.operatories[old.OperatoryNum] = replace(old, **dict(given["columns"]))
    return asdict(office.operatories[old.OperatoryNum])


def _set_preference(office: Office, given: Document) -> Document:
    office.preferences[str(given["name"])] = str(given["value"])
    return {"name": given["name"], "value": given["value"]}


_ACTIONS: dict[str, Callable[[Office, Document], Document]] = {
    "book": _book,
    "move": _move,
    "delete": _delete,
    "edit_note": _edit_note,
    "break": _break,
    "arrive": _stamp("DateTimeArrived"),
    "seat": _stamp("DateTimeSeated"),
    "dismiss": _stamp("DateTimeDismissed"),
    "set_confirmation": _set_confirmation,
    "set_definition": _set_definition,
    "set_appointment": _set_appointment,
    "set_patient": _set_patient,
    "add_patient": _add_patient,
    "merge_patients": _merge_patients,
    "add_schedule": _add_schedule,
    "delete_schedule": _delete_schedule,
    "set_operatory": _set_operatory,
    "set_preference": _set_preference,
}


def office_wall(office: Office, value: Any) -> datetime:
    """ISO text, with or without offset, as the office's wall time."""
    moment = datetime.fromisoformat(str(value))
    return moment if moment.tzinfo is None else moment.astimezone(office.zone).replace(tzinfo=None)


def _known_columns(record: type[Appointment] | type[Patient], columns: Document) -> Document:
    kinds = {f.name: f.type for f in fields(record)}
    unknown = set(columns) - set(kinds)
    if unknown:
        raise ValueError(f"unknown column {', '.join(sorted(unknown))}")
    return {name: _typed(kinds[name], value) for name, value in columns.items()}


def _typed(kind: Any, value: Any) -> Any:
    if kind is date:
        return date.fromisoformat(value)
    if kind is datetime:
        return datetime.fromisoformat(value) if value else NO_MOMENT
    return value


def _appointment(office: Office, given: Document) -> Appointment:
    found = office.appointments.get(int(given["appointment_id"]))
    if found is None:
        raise ValueError("there is no such appointment")
    return found


def _patient(office: Office, given: Document) -> Patient:
    found = office.patients.get(int(given["patient_id"]))
    if found is None:
        raise ValueError("there is no such patient")
    return found
