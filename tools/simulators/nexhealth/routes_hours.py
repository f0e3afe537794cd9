"""/working_hours: what slots are cut from. Synced rows come from the EHR, manual ones were made in NexHealth."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, time
from typing import Any

from tools.simulators.nexhealth import errors, rows
from tools.simulators.nexhealth.calls import CURSOR, Answer, Call, as_integer, paged, route, single, wrapped
from tools.simulators.nexhealth.records import WorkingHour
from tools.simulators.nexhealth.routes_slots import DAY_NAMES
from tools.simulators.nexhealth.wire import parse_day

_CURSOR = " ".join(CURSOR)
_INCLUDES = ("appointment_types",)
_WHEN = {"days": "days", "specific_date": "specific_date", "custom_recurrence": "recurrence"}
_MOST_UNITS = 366


@route(
    "GET",
    "working_hours",
    f"location_id provider_id operatory_id label_id source active ignore_past_dates include[] {_CURSOR}",
)
def list_working_hours(call: Call) -> Answer:
    place, provider, chair = call.required_location(), call.integer("provider_id"), call.integer("operatory_id")
    active = call.boolean("active") if "active" in call.query else True
    source, future = call.text("source"), call.boolean("ignore_past_dates")
    if source not in (None, "manual", "synced"):
        raise errors.BAD_CHOICE(name="source")
    today = call.now().astimezone(call.institution.zone).date()
    found = [
        hour
        for hour in call.institution.hours.values()
        if hour.location_id == place.id
        and provider in (None, hour.provider_id)
        and chair in (None, hour.operatory_id)
        and active in (None, hour.active)
        and source in (None, hour.source)
        and not (future and hour.specific_date is not None and hour.specific_date < today)
        and call.integer("label_id") is None
    ]
    includes = call.includes(_INCLUDES)
    return paged(call, found, lambda hour: hour.id, lambda hour: rows.working_hour(call.institution, hour, includes))


@route("GET", "working_hours/{n}", "include[]")
def get_working_hour(call: Call) -> Answer:
    return single(rows.working_hour(call.institution, _hour(call), call.includes(_INCLUDES)))


@route("GET", "working_hour_labels", f"location_id search_name active {_CURSOR}")
def list_labels(call: Call) -> Answer:
    call.location(required=False)
    empty: list[int] = []
    return paged(call, empty, lambda row: row, lambda row: row)


@route("POST", "working_hours", "location_id")
def create_working_hour(call: Call) -> Answer:
    place, given = call.required_location(), wrapped(call, "working_hour")
    for name in ("provider_id", "begin_time", "end_time"):
        if given.get(name) is None:
            raise errors.MISSING_PARAMETER(name=name)
    values = _values(call, given, utc=False)
    if sum(values.get(name) is not None for name in _WHEN.values()) != 1:
        raise errors.ONE_RECURRENCE()
    institution = call.institution
    if values["begin"] >= values["end"]:
        raise errors.END_BEFORE_START()
    new = WorkingHour(
        **{"operatory_id": None, **values}, id=institution.new_id("hours"), location_id=place.id, source="manual"
    )
    institution.hours[new.id] = new
    return single(rows.working_hour(institution, new), 201)


@route("PATCH", "working_hours/{n}")
def edit_working_hour(call: Call) -> Answer:
    old = _editable(call)
    values = _values(call, wrapped(call, "working_hour"), utc=call.switches.working_hour_patch_times == "utc")
    given = [name for name in _WHEN.values() if values.get(name) is not None]
    if len(given) > 1:
        raise errors.ONE_RECURRENCE()
    if given:
        values = {**dict.fromkeys(_WHEN.values()), **values}
    new = replace(old, **values)
    if new.begin >= new.end:
        raise errors.END_BEFORE_START()
    call.institution.hours[new.id] = new
    return single(rows.working_hour(call.institution, new, _INCLUDES))


@route("DELETE", "working_hours/{n}")
def delete_working_hour(call: Call) -> Answer:
    del call.institution.hours[_editable(call).id]
    return Answer(204)


def _hour(call: Call) -> WorkingHour:
    found = call.institution.hours.get(call.id)
    if found is None:
        raise errors.NOT_FOUND(noun="Working hour")
    return found


def _editable(call: Call) -> WorkingHour:
    found = _hour(call)
    if found.source == "synced" and call.switches.edit_synced_hours == "refuse":
        raise errors.SYNCED_HOURS()
    return found


def _values(call: Call, given: Mapping[str, Any], *, utc: bool) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if given.get("provider_id") is not None:
        values["provider_id"] = as_integer("provider_id", given["provider_id"])
        if values["provider_id"] not in call.institution.providers:
            raise errors.NOT_FOUND(noun="Provider")
    if given.get("operatory_id") is not None:
        values["operatory_id"] = as_integer("operatory_id", given["operatory_id"])
        if values["operatory_id"] not in call.institution.operatories:
            raise errors.NOT_FOUND(noun="Operatory")
    for name, field in (("begin_time", "begin"), ("end_time", "end")):
        if given.get(name) is not None:
            values[field] = _time(call, name, given[name], utc=utc)
    if given.get("appointment_type_ids") is not None:
        numbers = [as_integer("appointment_type_ids", value) for value in _listed(given, "appointment_type_ids")]
        if any(number not in call.institution.appointment_types for number in numbers):
            raise errors.NOT_FOUND(noun="Appointment type")
        values["appointment_type_ids"] = tuple(numbers)
    if given.get("days") is not None:
        days = _listed(given, "days")
        if not days or any(day not in DAY_NAMES for day in days):
            raise errors.BAD_CHOICE(name="days")
        values["days"] = tuple(days)
    if given.get("specific_date") is not None:
        values["specific_date"] = parse_day("specific_date", given["specific_date"])
    if given.get("custom_recurrence") is not None:
        values["recurrence"] = _recurrence(given["custom_recurrence"])
    if isinstance(given.get("active"), bool):
        values["active"] = given["active"]
    return values


def _listed(given: Mapping[str, Any], name: str) -> list[Any]:
    listed = given[name]
    if not isinstance(listed, list):
        raise errors.BAD_VALUE(name=name)
    return listed


def _recurrence(given: Any) -> tuple[int, str, Any]:
    if not isinstance(given, dict):
        raise errors.BAD_VALUE(name="custom_recurrence")
    for name in ("num", "unit", "ref"):
        if given.get(name) is None:
            raise errors.MISSING_PARAMETER(name=name)
    number = as_integer("num", given["num"])
    if given["unit"] not in ("day", "week", "month") or not 1 <= number <= _MOST_UNITS:
        raise errors.BAD_CHOICE(name="custom_recurrence")
    return number, given["unit"], parse_day("ref", given["ref"])


def _time(call: Call, name: str, value: Any, *, utc: bool) -> time:
    try:
        told = time.fromisoformat(str(value))
    except ValueError:
        raise errors.BAD_VALUE(name=name) from None
    if told.tzinfo is not None:
        raise errors.BAD_VALUE(name=name)
    if utc:
        moment = datetime.combine(call.now().date(), told, tzinfo=UTC)
        told = moment.astimezone(call.institution.zone).time()
    return told.replace(second=0, microsecond=0)
