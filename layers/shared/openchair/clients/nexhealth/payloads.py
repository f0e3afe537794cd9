"""NexHealth's rows as they travel under the vendor's own names, read leniently (see `clients.rows`)."""

from datetime import UTC, date, datetime, time
from typing import Annotated, Any

from pydantic import Field

from openchair.clients.rows import Flag, Key, Number, Row, Text, or_nothing


def _moment(value: Any) -> datetime | None:
    """Aware, in UTC; one without an offset is UTC (NexHealth, section "Dates": answers are UTC)."""
    if value in (None, ""):
        return None
    moment = datetime.fromisoformat(str(value))
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _day(value: Any) -> date | None:
    return None if value in (None, "") else date.fromisoformat(str(value)[:10])


def _clock(value: Any) -> time | None:
    return None if value in (None, "") else time.fromisoformat(str(value)[:5])


def _object(value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ValueError("is no object")
    return value


def _texts(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise ValueError("is no list")
    return tuple(str(one) for one in value)


Moment = Annotated[datetime | None, or_nothing(_moment, None)]
Day = Annotated[date | None, or_nothing(_day, None)]
Clock = Annotated[time | None, or_nothing(_clock, None)]
Object = Annotated[dict[str, Any], or_nothing(_object, {})]
Texts = Annotated[tuple[str, ...], or_nothing(_texts, ())]


class _Identified(Row):
    id: Key

    @property
    def key(self) -> object:
        return self.id


class LocationRow(_Identified):
    name: Text = ""
    tz: Text = ""
    inactive: Flag = False
    insert_appt_client: Flag = True
    map_by_operatory: Flag = False


class ProviderRow(_Identified):
    name: Text = ""
    first_name: Text = ""
    last_name: Text = ""
    inactive: Flag = False
    display_name: Text = ""
    specialty: Text = ""


class OperatoryRow(_Identified):
    name: Text = ""
    display_name: Text = ""
    active: Flag = True
    location_id: Number = 0


class PatientRow(_Identified):
    first_name: Text = ""
    last_name: Text = ""
    email: Text = ""
    foreign_id: Text = ""
    inactive: Flag = False
    bio: Object = Field(default_factory=dict, repr=False)


class AppointmentRow(_Identified):
    patient_id: Number = 0
    provider_id: Number = 0
    operatory_id: Number = 0
    location_id: Number = 0
    appointment_type_id: Number = 0
    start_time: Moment = None
    end_time: Moment = None
    confirmed: Flag = False
    patient_confirmed: Flag = False
    cancelled: Flag = False
    unavailable: Flag = False
    checked_out: Flag = False
    patient_missed: Flag = False
    note: Annotated[str, or_nothing(lambda value: "" if value is None else str(value), "")] = Field("", repr=False)
    foreign_id: Text = ""
    foreign_id_type: Text = ""
    updated_at: Text = ""
    last_sync_time: Moment = None

    @property
    def hides_time(self) -> bool:
        """Whether it takes up time that cannot be told."""
        return not self.cancelled and bool(self._unreadable & {"start_time", "end_time", "provider_id", "operatory_id"})


class WorkingHourRow(_Identified):
    provider_id: Number = 0
    operatory_id: Number = 0
    location_id: Number = 0
    begin_time: Clock = None
    end_time: Clock = None
    days: Texts = ()
    specific_date: Day = None
    custom_recurrence: Object = Field(default_factory=dict)
    active: Flag = True


class SyncStatusRow(Row):
    read_status: Text = ""
    read_status_at: Moment = None
    write_status: Text = ""
    write_status_at: Moment = None
    emr: Object = Field(default_factory=dict)
    locations: Annotated[list[Any], or_nothing(lambda value: list(value or ()), [])] = Field(default_factory=list)
    sync_source_name: Text = ""

    @property
    def key(self) -> object:
        return self.sync_source_name, str(self.locations)
