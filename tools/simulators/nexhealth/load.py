"""From the generated practice to what NexHealth would know of it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tools.simulators.nexhealth.records import Appointment, ChartVisit, Location, Patient, System, Tenant
from tools.simulators.practice_data import PracticeData

_GENDERS = {"male": "Male", "female": "Female", "unknown": "Other"}
_DAYS_AHEAD = 100


def load_tenant(data: PracticeData, subdomain: str, tenant_id: int, system: System) -> Tenant:
    """One institution with one location, whose system holds all that the practice has."""
    tenant = Tenant(tenant_id, subdomain, data.timezone)
    location = Location(tenant_id * 10 + 1, f"{subdomain.title()} Main", data.timezone, system)
    tenant.locations[location.id] = location
    tenant.providers = [_provider(one) for one in data.providers]
    tenant.operatories = [_operatory(one, location.id) for one in data.operatories]
    tenant.appointment_types = [
        {
            "id": one.id,
            "name": one.name,
            "parent_type": "Institution",
            "parent_id": tenant_id,
            "minutes": len(one.pattern) * 5,
            "bookable_online": not one.is_hidden,
        }
        for one in data.appointment_types
    ]
    tenant.working_hours = list(_working_hours(data, location.id))
    tenant.patients = {one.id: _patient(one) for one in data.patients}
    now = datetime.combine(data.today, datetime.min.time(), ZoneInfo(data.timezone)).astimezone(UTC)
    for visit in data.appointments:
        if visit.start is None or visit.end is None or visit.status in ("unscheduled", "planned"):
            continue
        main = visit.hygienist_id if visit.is_hygiene and visit.hygienist_id else visit.provider_id
        row = Appointment(
            visit.id, visit.patient_id, main,
            visit.operatory_id, location.id, visit.start.astimezone(UTC), visit.end.astimezone(UTC), visit.note[:128],
            visit.appointment_type_id, visit.created_at, visit.changed_at, foreign_id=str(visit.id), last_sync_time=now,
            cancelled=visit.status == "broken",
        )  # fmt: skip
        tenant.appointments[row.id] = row
        system.chart[str(visit.id)] = ChartVisit(row.start, row.end, row.operatory_id, row.cancelled)
    for row in _blocks(data, tenant, location.id, now):
        tenant.appointments[row.id] = row
        system.chart[str(row.foreign_id)] = ChartVisit(row.start, row.end, row.operatory_id)
    return tenant


def _provider(one: Any) -> dict[str, Any]:
    name = f"{one.first_name} {one.last_name}"
    return {
        "id": one.id, "name": name, "first_name": one.first_name, "last_name": one.last_name, "display_name": name,
        "inactive": one.is_hidden, "foreign_id": str(one.id), "updated_at": one.changed_at.isoformat(),
    }  # fmt: skip


def _operatory(one: Any, location_id: int) -> dict[str, Any]:
    return {
        "id": one.id, "name": one.name, "display_name": one.name, "location_id": location_id,
        "active": not one.is_hidden, "bookable_online": one.is_web_bookable, "foreign_id": str(one.id),
    }  # fmt: skip


def _patient(one: Any) -> Patient:
    phones = [phone for phone in (one.mobile_phone, one.home_phone, one.work_phone) if phone]
    digits = "".join(character for character in (phones[0] if phones else "") if character.isdigit())[-10:]
    bio = {
        "date_of_birth": one.birth_date.isoformat(), "phone_number": digits, "gender": _GENDERS[one.gender],
        "city": one.city, "state": one.state, "zip_code": one.zip_code, "address_line_1": one.address,
        "new_patient": False, "non_patient": one.status == "non_patient",
    }  # fmt: skip
    is_inactive = one.status in ("inactive", "archived", "deceased")
    return Patient(one.id, one.first_name, one.last_name, one.email or None, bio, str(one.id), is_inactive)


def _working_hours(data: PracticeData, location_id: int) -> list[dict[str, Any]]:
    """A row for each day and chair, as a system with a day-by-day calendar is read."""
    closed = {one.day for one in data.schedules if one.kind == "practice"}
    last = data.today + timedelta(days=_DAYS_AHEAD)
    rows: list[dict[str, Any]] = []
    for one in data.schedules:
        if one.kind != "provider" or one.provider_id is None or one.day in closed:
            continue
        if not data.today <= one.day <= last:
            continue
        own: list[int | None] = [
            chair.id for chair in data.operatories if one.provider_id in (chair.dentist_id, chair.hygienist_id)
        ]
        for chair in one.operatory_ids or own or [None]:
            rows.append({
                "id": len(rows) + 1, "provider_id": one.provider_id, "location_id": location_id, "operatory_id": chair,
                "begin_time": one.start.strftime("%H:%M"), "end_time": one.end.strftime("%H:%M"), "days": None,
                "specific_date": one.day.isoformat(), "custom_recurrence": None, "tz_offset": None, "active": True,
                "source": "synced", "label": None, "appointment_types": [],
            })  # fmt: skip
    return rows


def _chairs_of(provider_id: int, data: PracticeData) -> list[int | None]:
    return [one.id for one in data.operatories if provider_id in (one.dentist_id, one.hygienist_id)]


def _blocks(data: PracticeData, tenant: Tenant, location_id: int, now: datetime) -> list[Appointment]:
    """Blockouts: NexHealth reads them as appointments that are unavailable, without a patient."""
    zone, hidden = ZoneInfo(data.timezone), {one.id for one in data.definitions if not one.no_scheduling}
    rows = []
    for one in data.schedules:
        if one.kind != "blockout" or one.blockout_definition_id in hidden:
            continue
        for chair in one.operatory_ids:
            start, end = (datetime.combine(one.day, at, zone).astimezone(UTC) for at in (one.start, one.end))
            block_id = tenant.new_id()
            rows.append(Appointment(
                block_id, None, None, chair, location_id, start, end, one.note, None, now, now,
                foreign_id=f"block-{one.id}-{chair}", last_sync_time=now, unavailable=True,
            ))  # fmt: skip
    return rows
