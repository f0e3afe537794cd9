"""Who and what there is: institutions, locations, providers, operatories, appointment types, sync status."""

from dataclasses import replace
from typing import Any

from tools.simulators.nexhealth import errors, rows
from tools.simulators.nexhealth.calls import CURSOR, Answer, Call, as_integer, paged, route, single, whole, wrapped
from tools.simulators.nexhealth.institution import Institution
from tools.simulators.nexhealth.records import AppointmentType, Location
from tools.simulators.nexhealth.wire import stamp

_CURSOR = " ".join(CURSOR)
_LONGEST_TYPE = 24 * 60


@route("GET", "institutions", subdomain="ignored")
def list_institutions(call: Call) -> Answer:
    return whole([rows.institution_row(one) for one in call.account.institutions.values()])


@route("GET", "institutions/{n}", subdomain="ignored")
def get_institution(call: Call) -> Answer:
    found = next((one for one in call.account.institutions.values() if one.id == call.id), None)
    if found is None:
        raise errors.NOT_FOUND(noun="Institution")
    return single(rows.institution_row(found))


@route("GET", "locations", "inactive foreign_id filter_by_subscription_feature", subdomain="optional")
def list_locations(call: Call) -> Answer:
    """Institutions, each with its locations."""
    inactive, foreign = call.boolean("inactive"), call.text("foreign_id")
    chosen = call.account.institutions.values() if "subdomain" not in call.query else [call.institution]
    return whole(
        [
            rows.institution_with_locations(
                one,
                [
                    place
                    for place in one.locations.values()
                    if inactive in (None, place.inactive)
                    and foreign in (None, str(place.foreign))
                    and place.id not in call.account.forbidden_locations
                ],
            )
            for one in chosen
        ]
    )


@route("GET", "locations/{n}", subdomain="ignored")
def get_location(call: Call) -> Answer:
    institution, place = _any_location(call)
    return single(rows.location(institution, place))


@route("GET", "locations/{n}/appointment_descriptors", "descriptor_type", subdomain="ignored")
def list_location_descriptors(call: Call) -> Answer:
    _any_location(call)
    return whole([])


def _any_location(call: Call) -> tuple[Institution, Location]:
    institution = call.account.institution_of_location(call.id)
    if institution is None or call.id in call.account.forbidden_locations:
        raise errors.NOT_FOUND(noun="Location")
    return institution, institution.locations[call.id]


@route(
    "GET",
    "providers",
    f"sort location_id foreign_id requestable inactive updated_since include[] ids[] {_CURSOR}",
)
def list_providers(call: Call) -> Answer:
    """Only active ones unless `inactive` is true."""
    place, foreign, ids = call.location(required=False), call.text("foreign_id"), call.integers("ids")
    since, inactive = call.moment("updated_since"), call.boolean("inactive") or False
    includes = call.includes(rows.PROVIDER_INCLUDES)
    found = [
        p
        for p in call.institution.providers.values()
        if p.inactive == inactive
        and (place is None or place.id in p.location_ids)
        and foreign in (None, str(p.foreign))
        and (not ids or p.id in ids)
        and (since is None or p.updated_at >= since)
    ]
    by_time, descending = sorting(call, ("updated_at",))
    return paged(
        call,
        found,
        (lambda p: (stamp(p.updated_at), p.id)) if by_time else (lambda p: p.id),
        lambda p: rows.provider(call.institution, p, includes),
        descending=descending,
    )


@route("GET", "providers/{n}", "include[]")
def get_provider(call: Call) -> Answer:
    found = call.institution.providers.get(call.id)
    if found is None:
        raise errors.NOT_FOUND(noun="Provider")
    return single(rows.provider(call.institution, found, call.includes(rows.PROVIDER_INCLUDES)))


@route("GET", "operatories", f"location_id search_name foreign_id updated_since include[] {_CURSOR}")
def list_operatories(call: Call) -> Answer:
    place, foreign, since = call.required_location(), call.text("foreign_id"), call.moment("updated_since")
    name, includes = (call.text("search_name") or "").lower(), call.includes(rows.OPERATORY_INCLUDES)
    found = [
        o
        for o in call.institution.operatories.values()
        if o.location_id == place.id
        and name in o.name.lower()
        and foreign in (None, str(o.foreign))
        and (since is None or o.updated_at >= since)
    ]
    return paged(call, found, lambda o: o.id, lambda o: rows.operatory_detailed(call.institution, o, includes))


@route("GET", "operatories/{n}", "include[]")
def get_operatory(call: Call) -> Answer:
    found = call.institution.operatories.get(call.id)
    if found is None:
        raise errors.NOT_FOUND(noun="Operatory")
    return single(rows.operatory_detailed(call.institution, found, call.includes(rows.OPERATORY_INCLUDES)))


@route("GET", "appointment_types", "location_id include[]")
def list_appointment_types(call: Call) -> Answer:
    place = call.location(required=False)
    found = [
        kind
        for kind in call.institution.appointment_types.values()
        if place is None or kind.parent_type == "Institution" or kind.parent_id == place.id
    ]
    return whole([_type_row(call, kind) for kind in found])


@route("GET", "appointment_types/{n}", "location_id include[]")
def get_appointment_type(call: Call) -> Answer:
    return single(_type_row(call, _type(call)))


@route("POST", "appointment_types")
def create_appointment_type(call: Call) -> Answer:
    given = wrapped(call, "appointment_type")
    if not given.get("name"):
        raise errors.MISSING_PARAMETER(name="name")
    institution = call.institution
    new = AppointmentType(
        **{
            "minutes": 15,
            "bookable_online": True,
            "parent_type": "Institution",
            "parent_id": institution.id,
            **_type_values(call, given),
        },
        id=institution.new_id("appointment_types"),
    )
    institution.appointment_types[new.id] = new
    return single(rows.appointment_type(new), 201)


@route("PATCH", "appointment_types/{n}")
def edit_appointment_type(call: Call) -> Answer:
    old = _type(call)
    new = replace(old, **_type_values(call, wrapped(call, "appointment_type"), old))
    call.institution.appointment_types[new.id] = new
    return single(rows.appointment_type(new))


@route("DELETE", "appointment_types/{n}", "location_id")
def delete_appointment_type(call: Call) -> Answer:
    old = _type(call)
    del call.institution.appointment_types[old.id]
    return single(rows.appointment_type(old))


@route("GET", "appointment_types/{n}/appointment_descriptors", "location_id descriptor_type")
def list_type_descriptors(call: Call) -> Answer:
    _type(call)
    return whole([])


def _type(call: Call) -> AppointmentType:
    found = call.institution.appointment_types.get(call.id)
    if found is None:
        raise errors.NOT_FOUND(noun="Appointment type")
    return found


def _type_row(call: Call, kind: AppointmentType) -> rows.Row:
    row = rows.appointment_type(kind)
    return row | ({"descriptors": []} if call.includes(("descriptors",)) else {})


def _type_values(call: Call, given: Any, old: AppointmentType | None = None) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if "name" in given:
        name = str(given["name"])
        if any(kind.name == name and kind is not old for kind in call.institution.appointment_types.values()):
            raise errors.BAD_VALUE(name="name")
        values["name"] = name
    if "minutes" in given:
        values["minutes"] = as_integer("minutes", given["minutes"])
        if not 1 <= values["minutes"] <= _LONGEST_TYPE:
            raise errors.BAD_VALUE(name="minutes")
    if "bookable_online" in given:
        values["bookable_online"] = bool(given["bookable_online"])
    if "parent_type" in given:
        if given["parent_type"] not in ("Institution", "Location"):
            raise errors.BAD_CHOICE(name="parent_type")
        values["parent_type"] = given["parent_type"]
    if "parent_id" in given:
        values["parent_id"] = as_integer("parent_id", given["parent_id"])
    return values


@route("GET", "sync_status", "read_status write_status location_ids[]", subdomain="optional")
def list_sync_status(call: Call) -> Answer:
    chosen = call.account.institutions if "subdomain" not in call.query else [call.query["subdomain"]]
    wanted, ids = (
        {name: call.text(name) for name in ("read_status", "write_status")},
        set(call.integers("location_ids")),
    )
    found = []
    for subdomain in chosen:
        ehr = call.account.ehrs[subdomain]
        if all(value in (None, getattr(ehr.sync, name)) for name, value in wanted.items()) and (
            not ids or ids.intersection(ehr.institution.locations)
        ):
            found.append(rows.sync_status(ehr.institution, ehr.sync))
    return whole(found)


def sorting(call: Call, names: tuple[str, ...]) -> tuple[str | None, bool]:
    """The field asked for and whether it descends; raises ApiError for another field."""
    asked = call.text("sort")
    if asked is None:
        return None, False
    name = asked.removeprefix("-")
    if name not in names:
        raise errors.BAD_CHOICE(name="sort")
    return name, asked.startswith("-")
