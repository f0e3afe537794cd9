"""Visits as an EHR holds them, and what is written for one: places, slots, new visits and moves."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple


class AppointmentStatus(StrEnum):
    """How far a visit has got, in FHIR's words where it has one.

    `arrived`: the patient is there, in the waiting room or in the chair. `fulfilled`: they have left, or the office
    calls it complete. Of a visit that is missed nobody is expected any more, so a `noshow` takes up no chair.
    """

    BOOKED = "booked"
    ARRIVED = "arrived"
    FULFILLED = "fulfilled"
    NOTE = "note"
    NOSHOW = "noshow"
    CANCELLED = "cancelled"
    WAITLIST = "waitlist"
    PROPOSED = "proposed"


OCCUPYING = frozenset(
    {AppointmentStatus.BOOKED, AppointmentStatus.ARRIVED, AppointmentStatus.FULFILLED, AppointmentStatus.NOTE}
)
EXPECTED = frozenset({AppointmentStatus.BOOKED, AppointmentStatus.ARRIVED})
"""Of these the patient is still to be treated."""


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
    `is_confirmed` is None where only the office can tell by which of its own states (`confirmation`, by name, and
    `confirmation_id`) it calls a visit confirmed: `EhrClient.is_confirmed` asks it.
    `service_name` is what the EHR says is to be done, "" when nothing; `changed_at` the EHR's own stamp as text.
    One that occupies and names neither chair nor provider takes all of `location_id`, or of the practice where that is
    None. `tells_end`: False where the row does not say how long it lasts, and `minutes` reach to the end of its day.
    `is_in_chart`: the practice's own system has it, which an EHR that writes later tells; `touched_at` (UTC) when
    its vendor last changed the row, by its own clock.
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
    is_confirmed: bool | None = False
    confirmation: str = ""
    confirmation_id: str | None = None
    note: str = field(default="", repr=False)
    service_name: str = ""
    appointment_type_id: str | None = None
    location_id: str | None = None
    time_pattern: str = ""
    tells_end: bool = True
    changed_at: str = ""
    is_in_chart: bool = True
    touched_at: datetime | None = None

    @property
    def end(self) -> datetime | None:
        """In elapsed time, also across a change of the clocks."""
        if self.start is None:
            return None
        return (self.start.astimezone(UTC) + timedelta(minutes=self.minutes)).astimezone(self.start.tzinfo)

    @property
    def is_expected(self) -> bool:
        return self.status in EXPECTED

    @property
    def is_block(self) -> bool:
        """Whether it is nobody's visit but time that the office has shut."""
        return self.status is AppointmentStatus.NOTE and not self.patient_id

    @property
    def is_visit(self) -> bool:
        """Whether its patient is, or was, there for it: of a note nobody comes."""
        return self.occupies and self.status is not AppointmentStatus.NOTE

    @property
    def occupies(self) -> bool:
        return self.status in OCCUPYING and self.start is not None


@dataclass(frozen=True, slots=True)
class PatientVisits:
    """A patient's visits as an EHR tells them; none of before `complete_since` (practice-local) where that is given."""

    appointments: Sequence[Appointment]
    complete_since: date | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a visit takes place: the chair, whose time it takes, and who else belongs to that chair.

    `operatory_id` is None where the EHR knows of no chairs; `location_id` is None where it tells of no locations.
    """

    operatory_id: str | None
    provider_id: str
    second_provider_id: str | None = None
    is_hygiene: bool = False
    location_id: str | None = None


class Slot(NamedTuple):
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
    """Absolute new values, so that repeating them does no harm. The note is staff's too, and is left alone."""

    start: datetime
    minutes: int
    place: Place


MARKER = re.compile(r"\[ref [0-9A-Z]{6}\]")
