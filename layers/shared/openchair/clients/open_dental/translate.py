"""From Open Dental's words to ours and back, one function per noun."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from openchair import wall_time
from openchair.clients.book import minutes_left
from openchair.clients.open_dental.nouns import (
    AppointmentChanges,
    AppointmentType,
    Definition,
    HistoryEntry,
    Location,
    Opening,
    PatientChanges,
    ScheduleOperatory,
)
from openchair.clients.open_dental.payloads import (
    AppointmentRow,
    AppointmentTypeRow,
    ClinicRow,
    DefinitionRow,
    HistoryRow,
    OperatoryRow,
    PatientRow,
    ProviderRow,
    SlotRow,
)
from openchair.clients.open_dental.schedule_rows import ScheduleOperatoryRow
from openchair.clients.stamps import tells
from openchair.contacts import extension_of, ten_digits
from openchair.errors import InvalidTime, NotFound, OperatoryNotFound, PatientNotFound, ProviderNotFound
from openchair.models.office import Operatory, Provider
from openchair.models.person import NewPatient, Patient
from openchair.models.visit import Appointment, AppointmentStatus, NewAppointment, Place, ProviderTime

_MINUTES = 5
_DEFAULT_PATTERN = "/XX/"

_STATUS = {
    "Scheduled": AppointmentStatus.BOOKED,
    "ASAP": AppointmentStatus.BOOKED,
    "Complete": AppointmentStatus.FULFILLED,
    "Broken": AppointmentStatus.CANCELLED,
    "UnschedList": AppointmentStatus.WAITLIST,
    "Planned": AppointmentStatus.PROPOSED,
    "PtNote": AppointmentStatus.NOTE,
    "PtNoteCompleted": AppointmentStatus.NOTE,
}
_STATUS_TEXT = {
    AppointmentStatus.BOOKED: "Scheduled",
    AppointmentStatus.FULFILLED: "Complete",
    AppointmentStatus.CANCELLED: "Broken",
    AppointmentStatus.WAITLIST: "UnschedList",
    AppointmentStatus.PROPOSED: "Planned",
    AppointmentStatus.NOTE: "PtNote",
}

_NOT_ACTIVE = frozenset({"Inactive", "Archived", "Deleted", "Deceased"})
_NOT_BOOKABLE = frozenset({"NonPatient", "Archived", "Deleted", "Deceased"})
"""Charts merged into another one are archived too."""

_GENDERS = {"male": "Male", "female": "Female", "unknown": "Unknown"}


def id_or_none(number: int) -> str | None:
    """0 means "none" for the vendor."""
    return str(number) if number else None


# ------------------------------------------------------------------------------------------------ from the EHR


def appointment(row: AppointmentRow, zone: ZoneInfo) -> Appointment:
    """Without a length it lasts to the end of its day, and who is needed when, where that cannot be read, is needed
    all the time. Whether it is confirmed, only the office can tell: it names its confirmation states itself."""
    status = _status(row)
    start = wall_time.at(row.AptDateTime.date(), row.AptDateTime.time(), zone) if row.AptDateTime else None
    pattern = (
        _pattern(row.Pattern) if row.tells_length or start is None else "X" * -(-minutes_left(start, zone) // _MINUTES)
    )
    main, second = row.ProvNum, row.ProvHyg
    if row.IsHygiene and row.ProvHyg:
        main, second = second, main
    times: tuple[ProviderTime, ...] = ()
    if start is not None:
        whole = "X" * len(pattern)
        theirs = row.PatternSecondary.upper()[: len(pattern)]
        if row.is_unreadable("IsHygiene", "PatternSecondary") or not row.tells_length:
            theirs = whole
        times = (
            *_provider_times(id_or_none(main), whole if row.is_unreadable("IsHygiene") else pattern, start),
            *_provider_times(id_or_none(second), theirs, start),
        )
    return Appointment(
        id=str(row.AptNum),
        patient_id=str(row.PatNum),
        status=status,
        start=start,
        minutes=len(pattern) * _MINUTES,
        operatory_id=id_or_none(row.Op),
        provider_id=id_or_none(main),
        second_provider_id=id_or_none(second),
        provider_times=times,
        is_hygiene=row.IsHygiene,
        is_confirmed=None,
        confirmation=row.confirmed,
        confirmation_id=id_or_none(row.Confirmed),
        note=row.Note,
        service_name=row.ProcDescript,
        appointment_type_id=id_or_none(row.AppointmentTypeNum),
        location_id=id_or_none(row.ClinicNum),
        time_pattern=pattern,
        tells_end=row.tells_length,
        changed_at=row.DateTStamp,
    )


def _pattern(text: str) -> str:
    return re.sub(r"[^X]", "/", text.strip().upper()) or _DEFAULT_PATTERN


def _provider_times(provider_id: str | None, pattern: str, start: datetime) -> Iterable[ProviderTime]:
    if provider_id is None:
        return
    for stretch in re.finditer("X+", pattern):
        yield ProviderTime(provider_id, _later(start, stretch.start()), _later(start, stretch.end()))


def _later(start: datetime, characters: int) -> datetime:
    return (start.astimezone(UTC) + timedelta(minutes=characters * _MINUTES)).astimezone(start.tzinfo)


def _status(row: AppointmentRow) -> AppointmentStatus:
    """An unknown status counts as booked: it keeps its chair."""
    status = _STATUS.get(row.AptStatus, AppointmentStatus.BOOKED)
    if status is not AppointmentStatus.BOOKED:
        return status
    if tells(row.DateTimeDismissed, row.AptDateTime):
        return AppointmentStatus.FULFILLED
    is_there = tells(row.DateTimeArrived, row.AptDateTime) or tells(row.DateTimeSeated, row.AptDateTime)
    return AppointmentStatus.ARRIVED if is_there else status


def history_entry(row: HistoryRow, zone: ZoneInfo) -> HistoryEntry:
    return HistoryEntry(
        id=str(row.HistApptNum),
        action=row.HistApptAction,
        at=row.HistDateTStamp,
        source=row.ApptSource,
        appointment=appointment(row, zone),
    )


def opening(row: SlotRow, zone: ZoneInfo) -> Opening:
    return Opening(
        start=wall_time.at(row.DateTimeStart.date(), row.DateTimeStart.time(), zone),
        end=wall_time.at(row.DateTimeEnd.date(), row.DateTimeEnd.time(), zone),
        provider_id=id_or_none(row.ProvNum),
        operatory_id=id_or_none(row.OpNum),
    )


def patient(row: PatientRow) -> Patient:
    phones = (row.WirelessPhone.strip(), row.HmPhone.strip(), row.WkPhone.strip())
    return Patient(
        id=str(row.PatNum),
        first_name=row.FName,
        last_name=row.LName,
        date_of_birth=row.Birthdate,
        phones=tuple(dict.fromkeys(phone for phone in phones if phone)),
        email=row.Email.strip() or None,
        preferred_name=row.Preferred.strip() or None,
        is_active=row.PatStatus not in _NOT_ACTIVE,
        is_bookable=row.PatStatus not in _NOT_BOOKABLE,
        location_id=id_or_none(row.ClinicNum),
    )


def provider(row: ProviderRow) -> Provider:
    name = " ".join(part for part in (row.PreferredName.strip() or row.FName.strip(), row.LName.strip()) if part)
    return Provider(
        id=str(row.ProvNum),
        name=name or row.Abbr,
        abbreviation=row.Abbr,
        is_hygienist=row.IsSecondary,
        is_hidden=row.IsHidden or row.is_unreadable("IsHidden", "ProvStatus") or row.ProvStatus == "Deleted",
    )


def operatory(row: OperatoryRow) -> Operatory:
    return Operatory(
        id=str(row.OperatoryNum),
        name=row.OpName or row.Abbrev,
        abbreviation=row.Abbrev,
        is_hygiene=row.IsHygiene,
        is_hidden=row.IsHidden or row.is_unreadable("IsHidden"),
        provider_id=id_or_none(row.ProvDentist),
        hygienist_id=id_or_none(row.ProvHygienist),
        location_id=id_or_none(row.ClinicNum),
    )


def schedule_operatory(row: ScheduleOperatoryRow) -> ScheduleOperatory:
    return ScheduleOperatory(str(row.ScheduleOpNum), str(row.ScheduleNum), str(row.OperatoryNum))


def definition(row: DefinitionRow) -> Definition:
    return Definition(str(row.DefNum), row.ItemName, row.ItemValue, row.Category, row.isHidden)


def location(row: ClinicRow) -> Location:
    return Location(str(row.ClinicNum), row.Description or row.Abbr, row.Abbr, row.IsHidden)


def appointment_type(row: AppointmentTypeRow) -> AppointmentType:
    return AppointmentType(
        id=str(row.AppointmentTypeNum),
        name=row.AppointmentTypeName,
        time_pattern=row.Pattern,
        procedure_codes=tuple(code for code in (part.strip() for part in row.CodeStr.split(",")) if code),
        is_hidden=row.IsHidden,
    )


# -------------------------------------------------------------------------------------------------- to the EHR


def wall_text(instant: datetime, zone: ZoneInfo) -> str:
    """`yyyy-MM-dd HH:mm:ss` on the office's clock, or InvalidTime when that would be read back as another instant."""
    if instant.tzinfo is None or instant.second or instant.microsecond:
        raise InvalidTime("A time has to be a whole minute with an offset.")
    wall = instant.astimezone(zone).replace(tzinfo=None, fold=0)
    if wall_time.at(wall.date(), wall.time(), zone).astimezone(UTC) != instant.astimezone(UTC):
        raise InvalidTime("The EHR cannot tell this hour from the one an hour earlier: the clocks show it twice.")
    return wall.strftime("%Y-%m-%d %H:%M:%S")


_ID = re.compile(r"[1-9][0-9]{0,18}", re.ASCII)


def number(text: str, missing: type[NotFound]) -> int:
    """Our id as the vendor's number; what is none of its numbers cannot exist there."""
    if not _ID.fullmatch(text):
        raise missing()
    return int(text)


def flag(value: bool) -> str:
    return "true" if value else "false"


def place_body(place: Place) -> dict[str, Any]:
    """A hygiene visit's main provider is ProvHyg; a dentist who is not named is left to the vendor's default."""
    if place.operatory_id is None:
        raise OperatoryNotFound()
    body: dict[str, Any] = {"Op": number(place.operatory_id, OperatoryNotFound), "IsHygiene": flag(place.is_hygiene)}
    main, second = ("ProvHyg", "ProvNum") if place.is_hygiene else ("ProvNum", "ProvHyg")
    body[main] = number(place.provider_id, ProviderNotFound)
    if place.second_provider_id is not None:
        body[second] = number(place.second_provider_id, ProviderNotFound)
    return body


def new_appointment_body(new: NewAppointment, zone: ZoneInfo) -> dict[str, Any]:
    body = {
        "PatNum": number(new.patient_id, PatientNotFound),
        "AptStatus": "Scheduled",
        "AptDateTime": wall_text(new.start, zone),
        "Pattern": new.time_pattern,
        "Note": new.note,
        **place_body(new.place),
    }
    if new.appointment_type_id is not None:
        body["AppointmentTypeNum"] = number(new.appointment_type_id, NotFound)
    return body


def appointment_changes_body(changes: AppointmentChanges, zone: ZoneInfo) -> dict[str, Any]:
    body: dict[str, Any] = {}
    if changes.start is not None:
        body["AptDateTime"] = wall_text(changes.start, zone)
    if changes.place is not None:
        body |= place_body(changes.place)
    if changes.time_pattern is not None:
        body["Pattern"] = changes.time_pattern
    if changes.note is not None:
        body["Note"] = changes.note
    if changes.appointment_type_id is not None:
        body["AppointmentTypeNum"] = number(changes.appointment_type_id, NotFound)
    if changes.status is not None:
        body["AptStatus"] = _STATUS_TEXT[changes.status]
    return body


def phone_text(phone: str) -> str:
    """The vendor's own look for a North American number, anything else as it was given."""
    digits, extension = ten_digits(phone), extension_of(phone)
    if digits is None:
        return phone
    return f"({digits[:3]}){digits[3:6]}-{digits[6:]}" + (f" x{extension}" if extension else "")


def new_patient_body(new: NewPatient, clinic_number: int | None) -> dict[str, Any]:
    address = new.address
    body = {
        "LName": new.last_name,
        "FName": new.first_name,
        "MiddleI": new.middle_name,
        "Preferred": new.preferred_name,
        "Birthdate": new.date_of_birth.isoformat(),
        "Gender": _GENDERS[new.gender] if new.gender else None,
        "WirelessPhone": phone_text(new.phone) if new.phone else None,
        "Email": new.email,
        "Address": address and address.line1,
        "Address2": address and address.line2,
        "City": address and address.city,
        "State": address and address.state,
        "Zip": address and address.zip,
        "Language": new.language,
        "ClinicNum": clinic_number,
    }
    return {name: value for name, value in body.items() if value is not None}


def patient_changes_body(changes: PatientChanges) -> dict[str, Any]:
    body = {
        "LName": changes.last_name,
        "FName": changes.first_name,
        "MiddleI": changes.middle_name,
        "Preferred": changes.preferred_name,
        "Birthdate": changes.date_of_birth and changes.date_of_birth.isoformat(),
        "WirelessPhone": changes.phone and phone_text(changes.phone),
        "HmPhone": changes.home_phone and phone_text(changes.home_phone),
        "WkPhone": changes.work_phone and phone_text(changes.work_phone),
        "Email": changes.email,
        "Language": changes.language,
    }
    return {name: value for name, value in body.items() if value is not None}
