"""What an office sets up rather than does: schedules, chairs, providers, pick lists, preferences, the key's rights."""

from dataclasses import replace
from typing import Any

from tools.simulators.open_dental import errors, rows
from tools.simulators.open_dental.calls import READ, SETUP, Answer, Call, page, route
from tools.simulators.open_dental.fields import (
    Boolean,
    Parser,
    choice,
    parse_int,
    parse_text,
    query_boolean,
    query_days,
    query_int,
    query_moment,
    read_body,
)
from tools.simulators.open_dental.load import CATEGORIES
from tools.simulators.open_dental.office import PERMISSIONS
from tools.simulators.open_dental.records import Definition, Provider, Schedule

_PROVIDER: dict[str, Parser] = {
    **dict.fromkeys(("Abbr", "LName", "FName", "MI", "Suffix", "StateLicense", "provColor"), parse_text),
    **dict.fromkeys(("NationalProvID", "NationalProvId"), parse_text),
    **dict.fromkeys(("FeeSched", "Specialty"), parse_int),
    **dict.fromkeys(("IsSecondary", "IsHidden"), Boolean()),
}


@route("GET", "schedules/{n}", READ)
def get_schedule(call: Call) -> Answer:
    found = call.office.schedules.get(call.id)
    if found is None:
        raise errors.SCHEDULE_NOT_FOUND()
    return Answer(200, rows.schedule(call.office, call.wire, found))


@route("GET", "schedules", READ)
def list_schedules(call: Call) -> Answer:
    """Without dates: today. Sorted by day and StartTime."""
    office = call.office
    first, last = query_days(call) or (office.today(), office.today())
    days = sorted(day for day in office.schedules_by_day if first <= day <= last)
    found = [office.schedules[number] for day in days for number in office.schedules_by_day[day]]
    if call.query.get("SchedType"):
        found = [s for s in found if s.SchedType == call.query["SchedType"]]
    for name, column in (("BlockoutDefNum", "BlockoutType"), ("ProvNum", "ProvNum")):
        number = query_int(call, name)
        if number is not None:
            found = [s for s in found if getattr(s, column) == number]
    if query_int(call, "EmployeeNum"):
        found = []
    found.sort(key=lambda s: (s.SchedDate, s.StartTime, s.ScheduleNum))
    return Answer(200, [rows.schedule(office, call.wire, s) for s in page(call, found, ordered=True)])


@route("GET", "scheduleops", READ)
def list_schedule_operatories(call: Call) -> Answer:
    schedule, operatory = query_int(call, "ScheduleNum"), query_int(call, "OperatoryNum")
    schedules: list[Schedule] = list(call.office.schedules.values())
    if schedule is not None:
        schedules = [s for s in schedules if s.ScheduleNum == schedule]
    found = [
        # No such table is kept: a number made of both ids is stable and distinct enough.
        {"ScheduleOpNum": s.ScheduleNum * 100 + index, "ScheduleNum": s.ScheduleNum, "OperatoryNum": number}
        for s in schedules
        for index, number in enumerate(s.operatories)
        if operatory in (None, number)
    ]
    return Answer(200, list(page(call, found)))


@route("GET", "operatories/{n}", READ)
def get_operatory(call: Call) -> Answer:
    found = call.office.operatories.get(call.id)
    if found is None:
        raise errors.OPERATORY_NOT_FOUND()
    return Answer(200, rows.operatory(call.office, call.wire, found))


@route("GET", "operatories", READ)
def list_operatories(call: Call) -> Answer:
    """Hidden ones too."""
    clinic = query_int(call, "ClinicNum")
    found = [o for o in call.office.operatories.values() if clinic in (None, o.ClinicNum)]
    return Answer(200, [rows.operatory(call.office, call.wire, o) for o in page(call, found)])


@route("GET", "providers/{n}", READ)
def get_provider(call: Call) -> Answer:
    return Answer(200, rows.provider(call.office, call.wire, _provider_of(call)))


@route("GET", "providers", READ)
def list_providers(call: Call) -> Answer:
    """By ClinicNum: working ones with a blank serverDateTime; otherwise hidden ones too."""
    clinic, after = query_int(call, "ClinicNum"), query_moment(call, "DateTStamp")
    if clinic is not None and after is not None:
        raise errors.CLINIC_AND_STAMP()
    if clinic and clinic not in call.office.clinics:
        raise errors.CLINIC_NOT_FOUND()
    found = list(call.office.providers.values())
    if clinic is not None:
        found = [p for p in found if not p.IsHidden]
    if after is not None:
        found = [p for p in found if p.DateTStamp > after]
    server_time = "" if clinic is not None else None
    return Answer(200, [rows.provider(call.office, call.wire, p, server_time) for p in page(call, found)])


@route("POST", "providers", SETUP)
def create_provider(call: Call) -> Answer:
    office = call.office
    values = _provider_values(read_body(call, _PROVIDER, required=("Abbr",)))
    new = Provider(ProvNum=office.new_id("providers"), DateTStamp=office.stamp(), **values)
    office.providers[new.ProvNum] = new
    return Answer(201, rows.provider(office, call.wire, new, ""))


@route("PUT", "providers/{n}", SETUP)
def update_provider(call: Call) -> Answer:
    office, old = call.office, _provider_of(call)
    new = replace(old, **_provider_values(read_body(call, _PROVIDER)))
    if new != old:
        new = replace(new, DateTStamp=office.stamp())
        office.providers[new.ProvNum] = new
    return Answer(200, rows.provider(office, call.wire, new, ""))


def _provider_values(values: dict[str, Any]) -> dict[str, Any]:
    """The PUT page spells the national id differently from every other."""
    if "NationalProvId" in values:
        values["NationalProvID"] = values.pop("NationalProvId")
    return values


def _provider_of(call: Call) -> Provider:
    found = call.office.providers.get(call.id)
    if found is None:
        raise errors.PROVIDER_NOT_FOUND()
    return found


@route("GET", "definitions", READ)
def list_definitions(call: Call) -> Answer:
    category, hidden = query_int(call, "Category"), query_boolean(call, "includeHidden")
    shown = [d for d in call.office.definitions.values() if hidden or not d.isHidden]
    found = [d for d in shown if category in (None, d.Category)]
    return Answer(200, [rows.definition(call.office, call.wire, d) for d in page(call, found)])


@route("POST", "definitions", SETUP)
def create_definition(call: Call) -> Answer:
    office = call.office
    numbers = {name: number for number, name in CATEGORIES.values()}
    parsers: dict[str, Parser] = {"ItemName": parse_text, "category": choice(*numbers), "ItemValue": parse_text}
    values = read_body(call, parsers, required=("ItemName", "category"))
    new = Definition(
        DefNum=office.new_id("definitions"),
        ItemName=values["ItemName"],
        ItemValue=values.get("ItemValue", ""),
        Category=numbers[values["category"]],
        category=values["category"],
        isHidden=False,
    )
    office.definitions[new.DefNum] = new
    return Answer(201, rows.definition(office, call.wire, new))


@route("GET", "clinics", READ)
def list_clinics(call: Call) -> Answer:
    """Empty means that the office does not use clinics."""
    found = list(call.office.clinics.values())
    return Answer(200, [rows.clinic(call.office, call.wire, c) for c in page(call, found)])


@route("GET", "appointmenttypes", READ)
def list_appointment_types(call: Call) -> Answer:
    found = list(call.office.appointment_types.values())
    return Answer(200, [rows.appointment_type(call.office, call.wire, t) for t in page(call, found)])


@route("GET", "preferences", READ)
def list_preferences(call: Call) -> Answer:
    wanted = call.query.get("PrefName")
    found = [
        {"PrefNum": number, "PrefName": name, "ValueString": value}
        for number, (name, value) in enumerate(sorted(call.office.preferences.items()), start=1)
        if wanted in (None, name)
    ]
    return Answer(200, list(page(call, found)))


@route("GET", "computers", READ)
def list_computers(call: Call) -> Answer:
    heartbeat = call.wire.moment(call.office.stamp())
    found = [
        {"ComputerNum": number, "CompName": name, "LastHeartBeat": heartbeat}
        for number, name in enumerate(("FRONTDESK", "SERVER", "OP1"), start=1)
    ]
    return Answer(200, list(page(call, found)))


@route("GET", "securityperms", READ)
def list_permissions(call: Call) -> Answer:
    granted = call.office.permissions
    return Answer(
        200, [{"Permission": name, "HasPermission": "true" if name in granted else "false"} for name in PERMISSIONS]
    )
