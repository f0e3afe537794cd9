"""/appointments: list, get, create, patch. 201 and 200 mean accepted; the EHR gets the write later."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from tools.simulators.nexhealth import errors, rows
from tools.simulators.nexhealth.calls import CURSOR, Answer, Call, as_integer, paged, route, single, whole, wrapped
from tools.simulators.nexhealth.institution import Happening
from tools.simulators.nexhealth.records import Appointment, Location, Patient
from tools.simulators.nexhealth.routes_patients import checked_bio, new_patient
from tools.simulators.nexhealth.routes_setup import sorting
from tools.simulators.nexhealth.routes_slots import works_on
from tools.simulators.nexhealth.wire import parse_moment, stamp

MOST_NOTE = 128
_DEFAULT_LENGTH = timedelta(minutes=15)
_MOST_PATIENT_IDS = 25
_LIST = (
    "location_id sort start end timezone cancelled unavailable nex_only updated_since appointment_type_id foreign_id"
    " created_by patient_ids[] provider_ids[] operatory_ids[] " + " ".join(CURSOR)
)
_UTC = ZoneInfo("UTC")
_PATCHED = {
    "confirmed": "confirmed",
    "cancelled": "cancelled",
    "checkin_at": "checkin_at",
    "start_time": "start",
    "end_time": "end",
    "operatory_id": "operatory_id",
    "note": "note",
}
_MOVING = ("start_time", "end_time", "operatory_id", "note")
_MOST_PER_TIMESLOT = 5


@route("GET", "appointments", _LIST)
def list_appointments(call: Call) -> Answer:
    call.require("start", "end")
    place = call.location(required=False)
    if place is None and call.text("foreign_id") is None:
        raise errors.LOCATION_OR_FOREIGN_ID()
    zone = _day_zone(call, place)
    start, end = call.moment("start", zone), call.moment("end", zone, day_ends=True)
    assert start is not None
    assert end is not None
    tests = _filters(call, place)
    found = [a for a in call.institution.between(start, end) if all(test(a) for test in tests)]
    name, descending = sorting(call, ("updated_at",))
    return paged(
        call,
        found,
        (lambda a: (stamp(call.institution.updated_at(a)), a.id)) if name else (lambda a: a.id),
        lambda a: rows.appointment(call.institution, a),
        descending=descending,
    )


def _day_zone(call: Call, place: Location | None) -> ZoneInfo:
    """`timezone` if given, else as the switch says."""
    asked = call.text("timezone")
    if asked is not None:
        try:
            return ZoneInfo(asked)
        except (KeyError, ValueError, OSError):
            raise errors.BAD_VALUE(name="timezone") from None
    return ZoneInfo(place.tz) if place is not None and call.switches.date_only_zone == "location" else _UTC


def _filters(call: Call, place: Location | None) -> list[Callable[[Appointment], bool]]:
    """One test for each parameter given; raises ApiError for a wrong value whatever rows there are."""
    institution, tests = call.institution, list[Callable[[Appointment], bool]]()
    if place is not None:
        tests.append(lambda a: a.location_id == place.id)
    if len(call.integers("patient_ids")) > _MOST_PATIENT_IDS:
        raise errors.TOO_MANY_PATIENT_IDS()
    for name, field in _ONE_OF.items():
        wanted = set(call.integers(name))
        if wanted:
            tests.append(partial(_is_in, field, wanted))
    for name in ("cancelled", "unavailable"):
        flag = call.boolean(name)
        if flag is not None:
            tests.append(partial(_is_in, name, {flag}))
    kind, creator = call.integer("appointment_type_id"), call.integer("created_by")
    foreign, since = call.text("foreign_id"), call.moment("updated_since")
    if kind is not None:
        tests.append(lambda a: a.appointment_type_id == kind)
    if foreign is not None:
        tests.append(lambda a: str(a.foreign) == foreign)
    if call.boolean("nex_only"):
        tests.append(lambda a: a.by_api)
    if creator is not None:
        tests.append(lambda a: a.by_api and creator == rows.API_USER)
    if since is not None:
        tests.append(lambda a: institution.updated_at(a) >= since)
    return tests


_ONE_OF = {"patient_ids": "patient_id", "provider_ids": "provider_id", "operatory_ids": "operatory_id"}


def _is_in(field: str, wanted: set[Any], a: Appointment) -> bool:
    return getattr(a, field) in wanted


@route("GET", "appointments/{n}", "include[]")
def get_appointment(call: Call) -> Answer:
    includes = call.includes(rows.APPOINTMENT_INCLUDES)
    return single(rows.appointment_detailed(call.institution, _appointment(call), includes))


@route("GET", "appointments/{n}/appointment_descriptors", "descriptor_type")
def list_descriptors(call: Call) -> Answer:
    _appointment(call)
    return whole([])


def _appointment(call: Call) -> Appointment:
    found = call.institution.appointments.get(call.id)
    if found is None:
        raise errors.NOT_FOUND(noun="Appointment")
    return found


# --- create


@route("POST", "appointments", "location_id notify_patient")
def create_appointment(call: Call) -> Answer:
    place = call.required_location()
    given = dict(wrapped(call, "appt"))
    per_timeslot = as_integer("appointments_per_timeslot", call.body.get("appointments_per_timeslot", 1))
    if not 1 <= per_timeslot <= _MOST_PER_TIMESLOT:
        raise errors.BAD_VALUE(name="appointments_per_timeslot")
    block = given.get("unavailable") is True
    for name in ("provider_id", "start_time") if block else ("patient_id", "provider_id", "start_time"):
        if given.get(name) is None:
            raise errors.MISSING_PARAMETER(name=name)
    settings = call.ehr.settings_at(place.id)
    if settings.mode == "refuse_at_once":
        raise errors.EHR_REFUSED(reason=settings.reason)
    given = {name: value for name, value in given.items() if name not in settings.ignored_fields}
    patient = None if block and given.get("patient_id") is None else _bookable(call, given, place)
    row = _new_row(call, given, place, patient)
    if call.switches.type_without_hours == "refuse" and _is_for_other_types(call, row):
        raise errors.TYPE_NOT_CONFIGURED()
    if call.switches.taken_start == "refuse" and _is_taken(call, row):
        raise errors.START_TAKEN()
    row = _accept(call, row, place)
    return single({"appt": rows.appointment(call.institution, row), "stripe_client_secret": None}, 201)


def _bookable(call: Call, given: dict[str, Any], place: Location) -> Patient:
    """The patient of the visit; for a guardian's booking, a placeholder for the child."""
    number = as_integer("patient_id", given["patient_id"])
    patient = call.institution.patients.get(number)
    if patient is None:
        raise errors.PATIENT_NOT_IN_LOCATION(id=number, location=place.id)
    if given.get("is_guardian") is True:
        child = given.get("patient")
        if not isinstance(child, dict):
            raise errors.MISSING_PARAMETER(name="patient")
        for name in ("first_name", "last_name"):
            if not isinstance(child.get(name), str) or not child[name].strip():
                raise errors.MISSING_PARAMETER(name=name)
        bio = checked_bio(call, child.get("bio"), phone=False)
        made = new_patient(call, place, child, bio, provider_id=patient.provider_id, placeholder=True)
        made = replace(made, guarantor_id=patient.id)
        call.institution.put_patient(made)
        return made
    if not patient.bookable:
        raise errors.NOT_BOOKABLE()
    return patient


def _new_row(call: Call, given: dict[str, Any], place: Location, patient: Patient | None) -> Appointment:
    institution, now = call.institution, call.now()
    provider_id = as_integer("provider_id", given["provider_id"])
    provider = institution.providers.get(provider_id)
    if provider is None or provider.inactive or place.id not in provider.location_ids:
        raise errors.PROVIDER_NOT_IN_LOCATION(id=provider_id, location=place.id)
    kind = _appointment_type(call, given)
    start = parse_moment("start_time", given["start_time"], institution.zone)
    if start <= now:
        raise errors.START_IN_PAST()
    return Appointment(
        id=0,
        foreign=None,
        patient_id=None if patient is None else patient.id,
        provider_id=provider_id,
        location_id=place.id,
        operatory_id=_operatory(call, given, place),
        start=start,
        end=_end(call, given, start, kind),
        note=_note(call, given.get("note")),
        appointment_type_id=kind,
        unavailable=given.get("unavailable") is True,
        is_guardian=given.get("is_guardian") is True,
        is_new_clients_patient=given.get("is_new_clients_patient") is True,
        referrer=given.get("referrer"),
        by_api=True,
        created_at=now,
        updated_at=now,
    )


def _operatory(call: Call, given: dict[str, Any], place: Location) -> int | None:
    if given.get("operatory_id") is None:
        dropped = "operatory_id" in call.ehr.settings_at(place.id).ignored_fields
        if place.map_by_operatory and not dropped:
            raise errors.MISSING_PARAMETER(name="operatory_id")
        return None
    number = as_integer("operatory_id", given["operatory_id"])
    chair = call.institution.operatories.get(number)
    if chair is None or not chair.active or chair.location_id != place.id:
        raise errors.OPERATORY_NOT_IN_LOCATION(id=number, location=place.id)
    return number


def _appointment_type(call: Call, given: dict[str, Any]) -> int | None:
    if not given.get("appointment_type_id"):
        return None
    number = as_integer("appointment_type_id", given["appointment_type_id"])
    if number not in call.institution.appointment_types:
        raise errors.APPOINTMENT_TYPE_NOT_FOUND(id=number)
    return number


def _end(call: Call, given: dict[str, Any], start: datetime, kind: int | None) -> datetime:
    if given.get("end_time") is not None:
        end = parse_moment("end_time", given["end_time"], call.institution.zone)
        if end <= start or end - start > timedelta(days=1):
            raise errors.END_BEFORE_START()
        return end
    if kind is not None:
        return start + timedelta(minutes=call.institution.appointment_types[kind].minutes)
    if call.switches.no_end_time == "refuse":
        raise errors.NO_LENGTH()
    return start + _DEFAULT_LENGTH


def _note(call: Call, value: Any) -> str:
    note = "" if value is None else str(value)
    if len(note) > MOST_NOTE:
        if call.switches.long_note == "refuse":
            raise errors.NOTE_TOO_LONG()
        note = note[:MOST_NOTE]
    return note


def _is_taken(call: Call, row: Appointment) -> bool:
    return any(
        other.id != row.id
        and (
            other.operatory_id == row.operatory_id
            if row.operatory_id is not None and other.operatory_id is not None
            else other.provider_id == row.provider_id
        )
        for other in call.institution.busy(row.start, row.end)
        if other.start < row.end
    )


def _is_for_other_types(call: Call, row: Appointment) -> bool:
    """Whether hours hold then, and none of them for this type."""
    if row.appointment_type_id is None:
        return False
    start, end = row.start.astimezone(call.institution.zone), row.end.astimezone(call.institution.zone)
    then = [
        hour.appointment_type_ids
        for hour in call.institution.hours.values()
        if hour.active
        and hour.provider_id == row.provider_id
        and hour.operatory_id in (None, row.operatory_id)
        and works_on(hour, start.date())
        and hour.begin <= start.time()
        and end.time() <= hour.end
    ]
    return bool(then) and not any(not types or row.appointment_type_id in types for types in then)


def _accept(call: Call, row: Appointment, place: Location) -> Appointment:
    """Give the row its id, store it, and queue the write if the location writes at all."""
    institution = call.institution
    row = replace(row, id=institution.new_id("appointments"))
    institution.put_appointment(row)
    effects = institution.effects[row.id]
    effects.accepted_creates += 1
    effects.state = "pending" if place.insert_appt_client else "not_written"
    institution.remember(call.now(), "api", "create accepted", appointment_id=str(row.id))
    if place.insert_appt_client:
        names = ("patient_id", "provider_id", "operatory_id", "start", "end", "note", "appointment_type_id")
        values = {name: getattr(row, name) for name in names}
        call.ehr.accept("create", row.id, place.id, values, expires_at=row.start)
    elif call.switches.appointment_requested == "sent":
        shown = rows.appointment(institution, row)
        institution.publish(Happening("Appointment", "appointment_requested", "", shown, call.now()))
    return row


# --- patch


@route("PATCH", "appointments/{n}")
def edit_appointment(call: Call) -> Answer:
    """Confirm, cancel, check in, move, note: stored at once, written later where the EHR has the row."""
    institution, old = call.institution, _appointment(call)
    given = {name: value for name, value in wrapped(call, "appt").items() if name in _PATCHED and value is not None}
    place = institution.locations[old.location_id]
    if place.id in call.account.forbidden_locations:
        raise errors.NO_ACCESS()
    settings = call.ehr.settings_at(place.id)
    if settings.mode == "refuse_at_once":
        raise errors.EHR_REFUSED(reason=settings.reason)
    if old.cancelled and given.get("cancelled") is not False:
        raise errors.ALREADY_CANCELLED()
    waits = call.ehr.pending_create(old.id) is not None and "cancelled" not in given
    if waits and call.switches.change_while_pending == "refused":
        raise errors.NOT_SYNCED()
    given = {name: value for name, value in given.items() if name not in settings.ignored_fields}
    reverted = _refuse_unsupported(call, given, place)
    values = _patch_values(call, old, given, place)
    new = _patched(old, values, call.now())
    institution.put_appointment(new)
    institution.effects[old.id].accepted_patches += 1
    institution.remember(call.now(), "api", "patch accepted", appointment_id=str(old.id), fields=sorted(values))
    if values and place.insert_appt_client:
        _queue_change(call, old, values, reverted=reverted)
    return single({"appt": rows.appointment(institution, new), "stripe_client_secret": None})


def _refuse_unsupported(call: Call, given: dict[str, Any], place: Location) -> bool:
    """Whether the EHR will undo the change; raises ApiError where it is refused instead."""
    settings = call.ehr.settings_at(place.id)
    wanted = sorted(given) if not settings.edits else [name for name in _MOVING if name in given and not settings.moves]
    if not wanted or not place.insert_appt_client:
        return False
    if call.switches.unsupported_move == "refuse":
        emr = call.institution.emr.display_name
        raise errors.EDIT_UNSUPPORTED(fields=", ".join(wanted), emr=emr)
    return True


def _patch_values(call: Call, old: Appointment, given: dict[str, Any], place: Location) -> dict[str, Any]:
    values: dict[str, Any] = {}
    zone = call.institution.zone
    if "confirmed" in given:
        if given["confirmed"] is not True:
            raise errors.ONLY_CONFIRM()
        values["confirmed"] = True
    if "cancelled" in given:
        if given["cancelled"] is not True and call.switches.uncancel == "refuse":
            raise errors.ONLY_CANCEL()
        values["cancelled"] = given["cancelled"] is True
    if "checkin_at" in given:
        if old.checkin_at is not None:
            raise errors.CHECKED_IN_ALREADY()
        values["checkin_at"] = parse_moment("checkin_at", given["checkin_at"], zone)
    if "start_time" in given:
        values["start"] = parse_moment("start_time", given["start_time"], zone)
        if values["start"] <= call.now():
            raise errors.START_IN_PAST()
        values["end"] = values["start"] + (old.end - old.start)
    if "end_time" in given:
        values["end"] = parse_moment("end_time", given["end_time"], zone)
    start, end = values.get("start", old.start), values.get("end", old.end)
    if end <= start or end - start > timedelta(days=1):
        raise errors.END_BEFORE_START()
    if "operatory_id" in given:
        values["operatory_id"] = _operatory(call, given, place)
    if "note" in given:
        values["note"] = _note(call, given["note"])
    return values


def _patched(old: Appointment, values: dict[str, Any], now: datetime) -> Appointment:
    new = replace(old, **values, updated_at=now)
    if values.get("confirmed") and not old.confirmed:
        new = replace(new, confirmed_at=now)
    if values.get("cancelled") and not old.cancelled:
        new = replace(new, cancelled_at=now)
    return new


def _queue_change(call: Call, old: Appointment, values: dict[str, Any], *, reverted: bool) -> None:
    ehr = call.ehr
    waiting = ehr.pending_create(old.id)
    if waiting is not None and values.get("cancelled") and call.switches.cancel_while_pending == "withdrawn":
        ehr.withdraw(waiting)
        return
    if waiting is None and old.foreign is None:
        return  # it never reached the EHR
    expires = max(old.start, values.get("start", old.start))
    ehr.accept(
        "change",
        old.id,
        old.location_id,
        values,
        before=old,
        expires_at=expires if expires > call.now() else None,
        result="reverted" if reverted else None,
    )
