"""NexHealth's rows as they travel under the vendor's own names, read leniently (see `clients.rows`)."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

from pydantic import Field

from openchair.clients.rows import Flag, Key, Number, Row, Text, or_nothing, read_flag

_LAST = datetime(9000, 1, 1, tzinfo=UTC)
_LONGEST_VISIT = timedelta(days=7)


def _moment(value: Any) -> datetime | None:
    """Aware, in UTC; one without an offset is UTC (NexHealth, section "Dates": answers are UTC).

    Year 1 means none, and one beyond any calendar that it never comes: no zone can hold either.
    """
    if value in (None, ""):
        return None
    moment = datetime.fromisoformat(str(value))
    if moment.year == 1:
        return None
    if moment.year > _LAST.year:
        return _LAST
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _day(value: Any) -> date | None:
    return None if value in (None, "") else date.fromisoformat(str(value)[:10])


_CLOCK = re.compile(r"(\d{1,2}):([0-5]\d)(?::[0-5]\d(?:\.\d+)?)?(?: ?([AaPp])\.?[Mm]\.?)?", re.ASCII)


def _clock(value: Any) -> int | None:
    """Minutes from midnight; 24:00 is the end of the day."""
    if value in (None, ""):
        return None
    match = _CLOCK.fullmatch(str(value).strip())
    if match is None:
        raise ValueError("is no time of a day")
    hours, minutes, half = int(match[1]), int(match[2]), (match[3] or "").lower()
    if half:
        if not 1 <= hours <= 12:
            raise ValueError("is no time of half a day")
        hours = hours % 12 + (12 if half == "p" else 0)
    if hours * 60 + minutes > 24 * 60:
        raise ValueError("is beyond the day")
    return hours * 60 + minutes


def _object(value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ValueError("is no object")
    return value


def _objects(value: Any) -> tuple[dict[str, Any], ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise ValueError("is no list")
    return tuple(one for one in value if isinstance(one, dict))


def _texts(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise ValueError("is no list")
    return tuple(str(one) for one in value)


def _objects_if_told(value: Any) -> tuple[dict[str, Any], ...] | None:
    return None if value is None else _objects(value)


def _weekdays(value: Any) -> tuple[str, ...]:
    return tuple(one.strip().capitalize() for one in _texts(value))


FlagOrTrue = Annotated[bool, or_nothing(lambda value: True if value is None else read_flag(value), False)]
"""Of a flag that is set unless told otherwise; one that cannot be read is not set."""
Moment = Annotated[datetime | None, or_nothing(_moment, None)]
Day = Annotated[date | None, or_nothing(_day, None)]
Clock = Annotated[int | None, or_nothing(_clock, None)]
Object = Annotated[dict[str, Any], or_nothing(_object, {})]
Objects = Annotated[tuple[dict[str, Any], ...], or_nothing(_objects, ())]
Texts = Annotated[tuple[str, ...], or_nothing(_texts, ())]
ObjectsIfTold = Annotated[tuple[dict[str, Any], ...] | None, or_nothing(_objects_if_told, None)]
Weekdays = Annotated[tuple[str, ...], or_nothing(_weekdays, ())]


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_USER = _names(
    "middle_name name created_at updated_at institution_id foreign_id foreign_id_type bio last_sync_time email"
)
_COLOURS = ("green", "red", "")
_DAYS = frozenset({"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"})
_UNITS = frozenset({"day", "week", "month"})


class _Identified(Row):
    id: Key

    @property
    def key(self) -> object:
        return self.id


class InstitutionRow(_Identified):
    name: Text = ""
    subdomain: Text = ""
    locations: Objects = ()

    documented = _names(
        "created_at updated_at phone_number emrs country_code appointment_types_location_scoped"
        " is_sync_notifications notify_insert_fails"
    )


class LocationRow(_Identified):
    name: Text = ""
    tz: Text = ""
    inactive: Flag = False
    insert_appt_client: Flag = True
    map_by_operatory: Flag = False

    documented = _names(
        "institution_id street_address street_address_2 city state zip_code country_code created_at updated_at"
        " latitude longitude phone_number foreign_id foreign_id_type email last_sync_time"
        " set_availability_by_operatory specialty"
    )


class ProviderRow(_Identified):
    name: Text = ""
    first_name: Text = ""
    last_name: Text = ""
    inactive: Flag = False
    display_name: Text = ""
    locations: ObjectsIfTold = None
    """Where they work; only where `include[]` asked for it."""

    documented = _USER | _names(
        "npi tin state_license specialty_code provider_requestables availabilities appointment_types"
    )


class OperatoryRow(_Identified):
    name: Text = ""
    display_name: Text = ""
    active: FlagOrTrue = True
    bookable_online: FlagOrTrue = True
    location_id: Number = 0

    documented = _names(
        "foreign_id foreign_id_type last_sync_time created_at updated_at appointment_types appt_categories"
    )


class AppointmentTypeRow(_Identified):
    name: Text = ""
    minutes: Number = 0
    bookable_online: Flag = False

    documented = _names("parent_type parent_id descriptors")


class PatientRow(_Identified):
    first_name: Text = ""
    last_name: Text = ""
    email: Text = ""
    foreign_id: Text = ""
    foreign_id_type: Text = ""
    inactive: Flag = False
    bio: Object = Field(default_factory=dict, repr=False)
    location_ids: Texts = ()
    upcoming_appts: Objects = Field((), repr=False)
    guarantor: Object = Field(default_factory=dict, repr=False)
    address: Object = Field(default_factory=dict, repr=False)

    documented = _USER | _names(
        "guarantor_id billing_type chart_id preferred_language preferred_locale provider_id hipaa children provider"
        " last_visited_appointment procedures insurance_coverages adjustments charges payments patient_alerts"
        " appointments"
    )


class AppointmentRow(_Identified):
    patient_id: Number = 0
    provider_id: Number = 0
    operatory_id: Number = 0
    location_id: Number = 0
    appointment_type_id: Number = 0
    start_time: Moment = None
    end_time: Moment = None
    confirmed: Flag = False
    cancelled: Flag = False
    canceled: Flag = False
    """So in older payloads (NexHealth, "Gotchas")."""
    unavailable: Flag = False
    checked_out: Flag = False
    checkin_at: Moment = None
    patient_missed: Flag = False
    note: Annotated[str, or_nothing(lambda value: "" if value is None else str(value), "")] = Field("", repr=False)
    foreign_id: Text = ""
    foreign_id_type: Text = ""
    updated_at: Moment = None

    documented = _names(
        "last_sync_time provider_name created_at timezone institution_id misc"
        " patient_confirmed created_by_user_id is_guardian patient_confirmed_at cancelled_at is_new_clients_patient"
        " confirmed_at sooner_if_possible checked_out_at referrer is_past_patient timezone_offset"
        " patient operatory appointment_type procedures descriptors booking_details"
    )

    @property
    def is_cancelled(self) -> bool:
        return self.cancelled or self.canceled

    @property
    def is_block(self) -> bool:
        """Time that the office has shut, also where only the missing patient says so."""
        return self.unavailable or (not self.patient_id and not self.is_unreadable("patient_id"))

    @property
    def tells_end(self) -> bool:
        """Vacations are weeks, a visit is not."""
        if self.start_time is None or self.end_time is None or self.start_time >= self.end_time:
            return False
        return self.is_block or self.end_time - self.start_time <= _LONGEST_VISIT


class BookedRow(AppointmentRow):
    """A row of some days' book, where even one without its key takes up time."""

    id: Number = 0

    @property
    def key(self) -> object:
        return self.id or str(self.model_dump())

    @property
    def _is_unknown(self) -> bool:
        return self.id == 0

    @property
    def tells_place(self) -> bool:
        """Whether what it says of chair and provider can be read: it may say that it has neither."""
        return not self.is_unreadable("provider_id", "operatory_id")

    @property
    def tells_nothing(self) -> bool:
        """Whether neither which row it is is known, nor when, where or whose time it takes."""
        return not (self.id or self.start_time or self.provider_id or self.operatory_id or self.patient_id)


class SlotRow(Row):
    time: Moment = None
    end_time: Moment = None
    operatory_id: Number = 0
    provider_id: Number = 0

    documented = _names("working_hour_label_id")

    @property
    def key(self) -> object:
        return self.provider_id, self.operatory_id, self.time


class SlotGroupRow(Row):
    lid: Number = 0
    pid: Number = 0
    operatory_id: Number = 0
    slots: Objects = ()
    next_available_date: Day = None

    documented = frozenset[str]()

    @property
    def key(self) -> object:
        return self.lid, self.pid, self.operatory_id


class WorkingHourRow(_Identified):
    provider_id: Number = 0
    operatory_id: Number = 0
    location_id: Number = 0
    begin_time: Clock = None
    end_time: Clock = None
    """Minutes from midnight."""
    days: Weekdays = ()
    specific_date: Day = None
    custom_recurrence: Object = Field(default_factory=dict)
    active: FlagOrTrue = True
    appointment_types: ObjectsIfTold = None

    documented = _names("tz_offset source label")

    @property
    def is_on_unknown_days(self) -> bool:
        unit = self.custom_recurrence.get("unit", "day")
        return unit not in _UNITS or not _DAYS.issuperset(self.days)

    @property
    def _is_unknown(self) -> bool:
        return self.is_on_unknown_days


class SyncStatusRow(Row):
    read_status: Text = ""
    read_status_at: Moment = None
    write_status: Text = ""
    write_status_at: Moment = None
    emr: Object = Field(default_factory=dict)
    locations: Objects = ()
    sync_source_name: Text = ""

    documented = _names("institution_id sync_source_type")

    @property
    def key(self) -> object:
        return self.sync_source_name, str(self.locations)

    @property
    def _is_unknown(self) -> bool:
        return self.read_status not in _COLOURS or self.write_status not in _COLOURS
