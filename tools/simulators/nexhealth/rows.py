"""Records as the API of v3.0.0 shows them, field by field."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from tools.simulators.nexhealth.institution import Institution
from tools.simulators.nexhealth.records import (
    Appointment,
    AppointmentType,
    Location,
    Operatory,
    Patient,
    Provider,
    SyncState,
    WorkingHour,
)
from tools.simulators.nexhealth.wire import clock_time, dense_offset, loose_offset, maybe_stamp, stamp

Row = dict[str, Any]
_EMAIL = "office@example.com"
API_USER = 1001
"""The user that API keys act as."""


def user(institution: Institution, p: Patient) -> Row:
    return {
        "id": p.id,
        "email": p.email,
        "first_name": p.first_name,
        "middle_name": p.middle_name,
        "last_name": p.last_name,
        "name": p.name,
        "created_at": stamp(p.created_at),
        "updated_at": stamp(institution.updated_at(p)),
        "institution_id": institution.id,
        "foreign_id": _text(p.foreign),
        "foreign_id_type": institution.source_type(written=p.foreign is not None),
        "bio": {**p.bio, "new_patient": p.new_patient, "non_patient": p.non_patient},
        "inactive": p.inactive,
        "last_sync_time": maybe_stamp(institution.last_sync_time(p.location_ids, p.synced_at)),
    }


def patient_basic(institution: Institution, p: Patient) -> Row:
    return {
        **user(institution, p),
        "guarantor_id": p.guarantor_id,
        "billing_type": p.billing_type if institution.emr.name in _BILLING else None,
        "chart_id": p.chart_id if institution.emr.name in _CHARTS else None,
        "preferred_language": p.preferred_language if institution.emr.name in _CHARTS else None,
        "provider_id": p.provider_id,
    }


_BILLING = {"opendental", "dentrix", "dentrixenterprise"}
_CHARTS = {*_BILLING, "orthotrac"}


def patient(institution: Institution, p: Patient) -> Row:
    """A row of the list: PatientWithPrivacyAuthorization."""
    return {**patient_basic(institution, p), "hipaa": _hipaa(p)}


def patient_created(institution: Institution, p: Patient) -> Row:
    """The entity that POST still answers with, as v2 had it."""
    row = {**patient_basic(institution, p), "preferred_locale": p.preferred_language}
    del row["provider_id"]
    return {**row, "location_ids": list(p.location_ids)}


def patient_detailed(institution: Institution, p: Patient, includes: Iterable[str], now: datetime) -> Row:
    """With what was asked for; financial includes are empty lists."""
    visits = [institution.appointments[n] for n in sorted(institution.by_patient.get(p.id, set()))]
    row: Row = {
        **patient(institution, p),
        "location_ids": list(p.location_ids),
        "appointments": [appointment_basic(institution, a) for a in visits],
    }
    coming = [a for a in visits if a.start >= now and not a.cancelled]
    seen = [a for a in visits if a.checked_out]
    guarantor = institution.patients.get(p.guarantor_id or 0)
    provider_of = institution.providers.get(p.provider_id or 0)
    parts: Row = {
        "upcoming_appts": [appointment_basic(institution, a) for a in sorted(coming, key=lambda a: (a.start, a.id))],
        "last_visited_appointment": appointment_basic(institution, max(seen, key=lambda a: a.start)) if seen else None,
        "children": [
            user(institution, other)
            for other in institution.patients.values()
            if other.guarantor_id == p.id and other.id != p.id
        ]
        if "children" in includes
        else [],
        "guarantor": None if guarantor is None else user(institution, guarantor),
        "provider": None if provider_of is None else provider_user(institution, provider_of),
        "address": {
            "line_1": p.bio.get("address_line_1"),
            "line_2": p.bio.get("address_line_2"),
            "postal_code": p.bio.get("zip_code"),
            "city": p.bio.get("city"),
            "region": p.bio.get("state"),
        },
        **{name: [] for name in _EMPTY_PARTS},
    }
    return row | {name: parts[name] for name in includes if name in parts}


_EMPTY_PARTS = ("procedures", "insurance_coverages", "adjustments", "charges", "payments", "patient_alerts")
PATIENT_INCLUDES = (
    *("upcoming_appts", "last_visited_appointment", "children", "guarantor", "address", "provider"),
    *_EMPTY_PARTS,
)


def _hipaa(p: Patient) -> Row:
    signed = p.created_at.date().isoformat()
    return {
        "authorization": True,
        "authorization_date": signed,
        "privacy": True,
        "privacy_date": signed,
        "consent": True,
        "consent_date": signed,
    }


def appointment(institution: Institution, a: Appointment) -> Row:
    """AppointmentWithoutIncludes."""
    zone = institution.zone
    return {
        "id": a.id,
        "patient_id": a.patient_id,
        "provider_id": a.provider_id,
        "provider_name": _provider_name(institution, a.provider_id),
        "start_time": stamp(a.start),
        "confirmed": a.confirmed,
        "patient_missed": a.patient_missed,
        "created_at": stamp(a.created_at),
        "updated_at": stamp(institution.updated_at(a)),
        "note": a.note or None,
        "end_time": stamp(a.end),
        "unavailable": a.unavailable,
        "cancelled": a.cancelled,
        "timezone": zone.key,
        "institution_id": institution.id,
        "appointment_type_id": a.appointment_type_id,
        "checkin_at": maybe_stamp(a.checkin_at),
        "location_id": a.location_id,
        "foreign_id": _text(a.foreign),
        "foreign_id_type": institution.source_type(written=a.foreign is not None),
        "misc": {"is_booked_on_nexhealth": a.by_api},
        "last_sync_time": maybe_stamp(institution.last_sync_time((a.location_id,), a.synced_at)),
        "patient_confirmed": a.confirmed,
        "created_by_user_id": API_USER if a.by_api else None,
        "is_guardian": a.is_guardian,
        "patient_confirmed_at": maybe_stamp(a.confirmed_at),
        "cancelled_at": maybe_stamp(a.cancelled_at),
        "is_new_clients_patient": a.is_new_clients_patient,
        "confirmed_at": maybe_stamp(a.confirmed_at),
        "sooner_if_possible": False,
        "operatory_id": a.operatory_id,
        "checked_out": a.checked_out,
        "checked_out_at": maybe_stamp(a.checked_out_at),
        "referrer": a.referrer,
        "is_past_patient": not a.is_new_clients_patient,
        "timezone_offset": loose_offset(a.start, zone),
    }


APPOINTMENT_INCLUDES = (
    *("patient", "guarantor", "descriptors", "booking_details", "procedures", "operatory", "appointment_type"),
)


def appointment_detailed(institution: Institution, a: Appointment, includes: Iterable[str]) -> Row:
    row = appointment(institution, a)
    who = institution.patients.get(a.patient_id or 0)
    chair = institution.operatories.get(a.operatory_id or 0)
    kind = institution.appointment_types.get(a.appointment_type_id or 0)
    parts: Row = {
        "patient": None if who is None else _with_guarantor(institution, who, "guarantor" in includes),
        "operatory": None if chair is None else operatory(institution, chair),
        "appointment_type": None if kind is None else appointment_type(kind),
        "procedures": [],
        "descriptors": [],
        "booking_details": {
            "booked_via_nexhealth_generated_link": False,
            "campaign_type": "manual",
            "campaign_id": None,
            "campaign_medium": None,
            "booked_via_one_click": False,
        },
    }
    asked = {"patient" if name == "guarantor" else name for name in includes}
    return row | {name: part for name, part in parts.items() if name in asked}


def _with_guarantor(institution: Institution, p: Patient, asked: bool) -> Row:
    row = patient_created(institution, p)
    guarantor = institution.patients.get(p.guarantor_id or 0)
    return row | ({"guarantor": user(institution, guarantor)} if asked and guarantor is not None else {})


def appointment_basic(institution: Institution, a: Appointment) -> Row:
    return {
        "id": a.id,
        "provider_id": a.provider_id,
        "provider_name": _provider_name(institution, a.provider_id),
        "start_time": stamp(a.start),
        "end_time": stamp(a.end),
        "location_id": a.location_id,
        "confirmed": a.confirmed,
    }


def provider_user(institution: Institution, p: Provider) -> Row:
    return {
        "id": p.id,
        "email": None,
        "first_name": p.first_name,
        "middle_name": None,
        "last_name": p.last_name,
        "name": f"{p.first_name} {p.last_name}",
        "created_at": stamp(p.created_at),
        "updated_at": stamp(p.updated_at),
        "institution_id": institution.id,
        "foreign_id": str(p.foreign),
        "foreign_id_type": institution.source_type(),
        "bio": {},
        "inactive": p.inactive,
        "last_sync_time": maybe_stamp(institution.last_sync_time(p.location_ids, p.updated_at)),
    }


PROVIDER_INCLUDES = ("locations", "availabilities", "appointment_types")


def provider(institution: Institution, p: Provider, includes: Iterable[str]) -> Row:
    row = {
        **provider_user(institution, p),
        "display_name": f"{p.first_name} {p.last_name}",
        "npi": p.npi,
        "tin": None,
        "state_license": p.state_license,
        "specialty_code": p.specialty_code,
        "provider_requestables": [{"location_id": number} for number in p.location_ids],
    }
    if "locations" in includes:
        row["locations"] = [location(institution, institution.locations[n]) for n in p.location_ids]
    if "availabilities" in includes:
        row["availabilities"] = [
            working_hour(institution, hour, includes=("appointment_types",))
            for hour in institution.hours.values()
            if hour.provider_id == p.id
        ]
    return row


def operatory(institution: Institution, o: Operatory) -> Row:
    return {
        "id": o.id,
        "name": o.name,
        "foreign_id": str(o.foreign),
        "foreign_id_type": institution.source_type(),
        "location_id": o.location_id,
        "last_sync_time": maybe_stamp(institution.last_sync_time((o.location_id,), o.updated_at)),
        "created_at": stamp(o.created_at),
        "updated_at": stamp(o.updated_at),
        "display_name": o.name,
        "active": o.active,
        "bookable_online": o.bookable_online,
    }


OPERATORY_INCLUDES = ("appointment_types", "appt_categories")


def operatory_detailed(institution: Institution, o: Operatory, includes: Iterable[str]) -> Row:
    row = operatory(institution, o)
    if "appointment_types" in includes:
        row["appointment_types"] = []
    return row


def location(institution: Institution, place: Location) -> Row:
    return {
        "id": place.id,
        "name": place.name,
        "institution_id": institution.id,
        "street_address": place.street_address,
        "street_address_2": None,
        "city": place.city,
        "state": place.state,
        "zip_code": place.zip_code,
        "country_code": "US",
        "created_at": stamp(place.created_at),
        "updated_at": stamp(place.updated_at),
        "latitude": None,
        "longitude": None,
        "phone_number": place.phone_number,
        "foreign_id": str(place.foreign),
        "foreign_id_type": institution.source_type(),
        "email": _EMAIL,
        "tz": place.tz,
        "last_sync_time": maybe_stamp(institution.last_read.get(place.id)),
        "insert_appt_client": place.insert_appt_client,
        "map_by_operatory": place.map_by_operatory,
        "set_availability_by_operatory": place.map_by_operatory,
        "inactive": place.inactive,
        "specialty": {"id": 1, "name": "Dental"},
    }


def location_basic(place: Location) -> Row:
    return {
        "id": place.id,
        "name": place.name,
        "street_address": place.street_address,
        "street_address_2": "",
        "city": place.city,
        "state": place.state,
        "zip_code": place.zip_code,
        "phone_number": place.phone_number,
        "email": _EMAIL,
        "inactive": place.inactive,
    }


def institution_row(institution: Institution) -> Row:
    return {
        "id": institution.id,
        "name": institution.name,
        "created_at": stamp(institution.created_at),
        "updated_at": stamp(institution.created_at),
        "subdomain": institution.subdomain,
        "phone_number": next((place.phone_number for place in institution.locations.values()), ""),
        "emrs": [institution.emr.name],
        "country_code": "US",
        "appointment_types_location_scoped": False,
        "is_sync_notifications": True,
        "notify_insert_fails": False,
        "locations": [location_basic(place) for place in institution.locations.values()],
    }


def institution_with_locations(institution: Institution, places: Iterable[Location]) -> Row:
    return {
        "id": institution.id,
        "name": institution.name,
        "subdomain": institution.subdomain,
        "locations": [location(institution, place) for place in places],
    }


def appointment_type(kind: AppointmentType) -> Row:
    return {
        "id": kind.id,
        "name": kind.name,
        "parent_type": kind.parent_type,
        "parent_id": kind.parent_id,
        "minutes": kind.minutes,
        "bookable_online": kind.bookable_online,
    }


def working_hour(institution: Institution, hour: WorkingHour, includes: Iterable[str] = ()) -> Row:
    row: Row = {
        "id": hour.id,
        "provider_id": hour.provider_id,
        "location_id": hour.location_id,
        "operatory_id": hour.operatory_id,
        "begin_time": clock_time(hour.begin),
        "end_time": clock_time(hour.end),
        "days": None if hour.days is None else list(hour.days),
        "specific_date": None if hour.specific_date is None else hour.specific_date.isoformat(),
        "custom_recurrence": None
        if hour.recurrence is None
        else dict(zip(("num", "unit", "ref"), (*hour.recurrence[:2], hour.recurrence[2].isoformat()), strict=True)),
        "tz_offset": dense_offset(institution.now(), institution.zone),
        "active": hour.active,
        "source": hour.source,
        "label": None,
    }
    if "appointment_types" in includes:
        kinds = (institution.appointment_types[n] for n in hour.appointment_type_ids)
        row["appointment_types"] = [appointment_type(kind) for kind in kinds]
    return row


def sync_status(institution: Institution, sync: SyncState) -> Row:
    emr = institution.emr
    return {
        "institution_id": institution.id,
        "sync_source_type": "DataSource",
        "sync_source_name": "Main server",
        "emr": {"id": emr.id, "name": emr.name, "display_name": emr.display_name, "type": emr.type},
        "read_status": sync.read_status,
        "read_status_at": stamp(sync.read_status_at),
        "write_status": sync.write_status,
        "write_status_at": stamp(sync.write_status_at),
        "locations": [location_basic(place) for place in institution.locations.values()],
    }


def _provider_name(institution: Institution, number: int | None) -> str | None:
    found = institution.providers.get(number or 0)
    return None if found is None else f"{found.first_name} {found.last_name}"


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)
