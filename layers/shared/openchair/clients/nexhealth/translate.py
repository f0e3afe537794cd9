"""From NexHealth's words to ours and back, one function per noun."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from openchair.clients.book import minutes_between, minutes_left
from openchair.clients.nexhealth.payloads import (
    AppointmentRow,
    OperatoryRow,
    PatientRow,
    ProviderRow,
    SlotGroupRow,
    SlotRow,
    SyncStatusRow,
)
from openchair.clients.stamps import tells
from openchair.errors import NotFound
from openchair.models.office import Operatory, Provider, SyncState
from openchair.models.person import NewPatient, Patient
from openchair.models.visit import Appointment, AppointmentStatus, Move, NewAppointment, ProviderTime

_GENDERS = {"male": "Male", "female": "Female"}
_PHONES = ("phone_number", "cell_phone_number", "home_phone_number", "work_phone_number", "custom_contact_number")
# NextGen is a system behind NexHealth.
_OF_NEXHEALTH = re.compile(r"nex(?!tgen)", re.IGNORECASE)
_SYSTEMS_WITHOUT_EDITS = frozenset({"curve", "curve2", "dolphin", "drchrono", "nextgen", "practiceworks", "qsi"})
"""Systems behind NexHealth that take no change of an appointment's time (its capability export, per system)."""


def number(text: str, missing: type[NotFound]) -> int:
    """Ids are whole numbers; another text is the id of nothing."""
    if not text.isascii() or not text.isdigit() or not 0 < len(text) <= 18:
        raise missing()
    return int(text)


def id_or_none(value: int) -> str | None:
    return str(value) if value else None


# ------------------------------------------------------------------------------------------------ from the EHR


@dataclass(frozen=True, slots=True)
class OfferedSlot:
    """A start that NexHealth itself offers, in the practice's zone."""

    provider_id: str
    operatory_id: str | None
    start: datetime
    end: datetime


def provider(row: ProviderRow) -> Provider:
    name = row.display_name or row.name or f"{row.first_name} {row.last_name}".strip()
    return Provider(str(row.id), name, is_hidden=row.inactive or row.is_unreadable("inactive"))


def operatory(row: OperatoryRow, location_id: str) -> Operatory:
    return Operatory(
        str(row.id),
        row.display_name or row.name,
        is_hidden=not (row.active and row.bookable_online),
        location_id=id_or_none(row.location_id) or location_id,
    )


def patient(row: PatientRow) -> Patient:
    """`bio` is a free object of which no key is sure to be there. Who has died is `inactive`, and no more is told."""
    bio = row.bio
    phones = [str(bio[name]) for name in _PHONES if bio.get(name)]
    return Patient(
        id=str(row.id),
        first_name=row.first_name,
        last_name=row.last_name,
        date_of_birth=_birth_date(bio.get("date_of_birth")),
        phones=tuple(dict.fromkeys(phones)),
        email=row.email or None,
        is_active=not row.inactive,
        is_in_chart=_is_of_the_chart(row),
        is_bookable=not (bio.get("new_patient") is True or bio.get("non_patient") is True),
    )


def _is_of_the_chart(row: PatientRow | AppointmentRow) -> bool:
    """An id of the practice's own system counts, one of NexHealth's own, which a waiting row may carry, does not."""
    return bool(row.foreign_id) and _OF_NEXHEALTH.match(row.foreign_id_type) is None


def _birth_date(value: Any) -> date | None:
    try:
        return date.fromisoformat(str(value)[:10]) if value else None
    except ValueError:
        return None


def appointment(row: AppointmentRow, zone: ZoneInfo) -> Appointment:
    """A block of the schedule is a note that takes up its chair. What does not tell its end lasts until its day's."""
    start = row.start_time.astimezone(zone) if row.start_time else None
    minutes = _minutes(row, zone)
    provider_id = id_or_none(row.provider_id)
    times: tuple[ProviderTime, ...] = ()
    if start is not None and provider_id is not None:
        end = (start.astimezone(UTC) + timedelta(minutes=minutes)).astimezone(zone)
        times = (ProviderTime(provider_id, start, end),)
    return Appointment(
        id=str(row.id),
        patient_id=id_or_none(row.patient_id) or "",
        status=_status(row, zone),
        start=start,
        minutes=minutes,
        operatory_id=id_or_none(row.operatory_id),
        provider_id=provider_id,
        provider_times=times,
        is_confirmed=row.confirmed,
        confirmation=str(row.confirmed).lower(),
        note=row.note,
        appointment_type_id=id_or_none(row.appointment_type_id),
        location_id=id_or_none(row.location_id),
        time_pattern="" if row.is_block else "X" * -(-minutes // 5),
        tells_end=row.start_time is None or row.tells_end,
        changed_at=row.updated_at.isoformat() if row.updated_at else "",
        is_in_chart=_is_of_the_chart(row),
        touched_at=row.updated_at,
    )


def _minutes(row: AppointmentRow, zone: ZoneInfo) -> int:
    if row.start_time is None:
        return 5
    if row.end_time is None or not row.tells_end:
        return minutes_left(row.start_time, zone)
    return max(minutes_between(row.start_time, row.end_time), 5)


def _status(row: AppointmentRow, zone: ZoneInfo) -> AppointmentStatus:
    """One who was missed and came all the same has come."""
    if row.is_cancelled:
        return AppointmentStatus.CANCELLED
    if row.is_block:
        return AppointmentStatus.NOTE
    if row.checked_out:
        return AppointmentStatus.FULFILLED
    arrived, start = (moment and moment.astimezone(zone) for moment in (row.checkin_at, row.start_time))
    if tells(arrived, start):
        return AppointmentStatus.ARRIVED
    return AppointmentStatus.NOSHOW if row.patient_missed else AppointmentStatus.BOOKED


def offered_slots(group: SlotGroupRow, zone: ZoneInfo) -> Iterator[OfferedSlot]:
    """A slot that does not say when it is, is none."""
    for item in group.slots:
        row = SlotRow.read(item)
        provider_id, operatory_id = row.provider_id or group.pid, row.operatory_id or group.operatory_id
        if row.time is not None and row.end_time is not None and provider_id:
            start, end = row.time.astimezone(zone), row.end_time.astimezone(zone)
            yield OfferedSlot(str(provider_id), id_or_none(operatory_id), start, end)


def sync_state(row: SyncStatusRow, writes_reach_chart: bool) -> SyncState:
    """Anything but green counts as red; an unknown colour too."""
    return SyncState(
        writes_reach_chart=writes_reach_chart,
        is_reading=row.read_status == "green",
        is_writing=row.write_status == "green",
        read_at=row.read_status_at,
        written_at=row.write_status_at,
        system_name=str(row.emr.get("name") or ""),
    )


def moves_in_place(system_name: str) -> bool:
    """An unknown system is not trusted to move: a new visit is booked there first, which every one can."""
    name = system_name.lower()
    return bool(name) and not any(name.startswith(known) for known in _SYSTEMS_WITHOUT_EDITS)


# -------------------------------------------------------------------------------------------------- to the EHR


def wire_time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def wire_value(value: str | bool | date | datetime | None) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return wire_time(value)
    return value.isoformat() if isinstance(value, date) else value


def new_appointment_body(new: NewAppointment, missing: type[NotFound]) -> dict[str, Any]:
    end = new.start.astimezone(UTC) + timedelta(minutes=new.minutes)
    asked: dict[str, Any] = {
        "patient_id": number(new.patient_id, missing),
        "provider_id": number(new.place.provider_id, missing),
        "start_time": wire_time(new.start),
        "end_time": wire_time(end),
        "note": new.note,
    }
    if new.place.operatory_id is not None:
        asked["operatory_id"] = number(new.place.operatory_id, missing)
    if new.appointment_type_id is not None:
        asked["appointment_type_id"] = number(new.appointment_type_id, missing)
    return {"appt": asked}


def move_body(move: Move, missing: type[NotFound]) -> dict[str, Any]:
    asked: dict[str, Any] = {
        "start_time": wire_time(move.start),
        "end_time": wire_time(move.start.astimezone(UTC) + timedelta(minutes=move.minutes)),
    }
    if move.place.operatory_id is not None:
        asked["operatory_id"] = number(move.place.operatory_id, missing)
    return {"appt": asked}


def new_patient_body(new: NewPatient, phone: str, email: str, provider_id: int) -> dict[str, Any]:
    """Gender is always sent: the vendor would make up one. Phones are ten digits."""
    bio = {
        "date_of_birth": new.date_of_birth.isoformat(),
        "phone_number": phone,
        "gender": _GENDERS.get(new.gender or "", "Other"),
    }
    if new.address is not None:
        address = {
            "address_line_1": new.address.line1,
            "address_line_2": new.address.line2,
            "city": new.address.city,
            "state": new.address.state,
            "zip_code": new.address.zip,
        }
        bio |= {name: value for name, value in address.items() if value}
    person = {"first_name": new.first_name, "last_name": new.last_name, "email": email, "bio": bio}
    return {"provider": {"provider_id": provider_id}, "patient": person, "return_existing_if_match": True}
