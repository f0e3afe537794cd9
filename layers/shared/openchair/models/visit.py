"""Visits as an EHR holds them, and what is written for one: places, slots, new visits and moves."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum


class AppointmentStatus(StrEnum):
    """FHIR's words where it has one. Only the first three take up a chair."""

    BOOKED = "booked"
    FULFILLED = "fulfilled"
    NOTE = "note"
    CANCELLED = "cancelled"
    NOSHOW = "noshow"
    WAITLIST = "waitlist"
    PROPOSED = "proposed"


OCCUPYING = frozenset({AppointmentStatus.BOOKED, AppointmentStatus.FULFILLED, AppointmentStatus.NOTE})


@dataclass(frozen=True, slots=True)
class ProviderTime:
    """A stretch of an appointment in which this provider is needed; the rest is an assistant's."""

    provider_id: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Appointment:
    """A visit as the EHR holds it. `start` is in the practice's zone, None on no schedule (waitlist, proposed).

    `provider_id` is whose time the visit mainly takes: the hygienist's where the EHR marks it as hygiene.
    `service_name` is what the EHR says is to be done, "" when nothing; `changed_at` the EHR's own stamp as text.
    One that occupies and names neither chair nor provider takes all of `location_id`, or of the practice where that is
    None. `is_in_chart`: the practice's own system has it, which an EHR that writes later tells; `synced_at` (UTC) when
    that system was last compared with.
    """

    id: str
    patient_id: str
    status: AppointmentStatus
    start: datetime | None
    minutes: int
    operatory_id: str | None = None
    provider_id: str | None = None
    second_provider_id: str | None = None
    provider_times: tuple[ProviderTime, ...] = ()
    is_hygiene: bool = False
    is_confirmed: bool = False
    confirmation: str = ""
    note: str = field(default="", repr=False)
    service_name: str = ""
    appointment_type_id: str | None = None
    location_id: str | None = None
    time_pattern: str = ""
    changed_at: str = ""
    is_in_chart: bool = True
    synced_at: datetime | None = None

    @property
    def end(self) -> datetime | None:
        """In elapsed time, also across a change of the clocks."""
        if self.start is None:
            return None
        return (self.start.astimezone(UTC) + timedelta(minutes=self.minutes)).astimezone(self.start.tzinfo)

    @property
    def is_block(self) -> bool:
        """Whether it is nobody's visit but time that the office has shut."""
        return self.status is AppointmentStatus.NOTE and not self.patient_id

    @property
    def occupies(self) -> bool:
        return self.status in OCCUPYING and self.start is not None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a visit takes place: the chair, whose time it takes, and who else belongs to that chair.

    `operatory_id` is None where the EHR knows of no chairs; `location_id` then says where, None where it tells of none.
    """

    operatory_id: str | None
    provider_id: str
    second_provider_id: str | None = None
    is_hygiene: bool = False
    location_id: str | None = None


@dataclass(frozen=True, slots=True)
class Slot:
    """A bookable start. Times are aware, in the practice's zone."""

    start: datetime
    end: datetime
    place: Place


@dataclass(frozen=True, slots=True)
class NewAppointment:
    """What is written for a new visit. `time_pattern`: `X` = the main provider's time, five minutes a character."""

    patient_id: str
    start: datetime
    minutes: int
    place: Place
    time_pattern: str
    note: str = field(repr=False)
    appointment_type_id: str | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """Absolute new values, so that repeating them does no harm. `note` None leaves the note alone."""

    start: datetime
    minutes: int
    place: Place
    note: str | None = field(default=None, repr=False)


MARKER = re.compile(r"\[ref [0-9A-Z]{6}\]")
