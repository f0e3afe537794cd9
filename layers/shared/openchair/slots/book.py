"""A practice's book of some days: everything that decides on them, and where it is read (design section 5)."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, Protocol

from openchair import wall_time
from openchair.models.journal import Claim
from openchair.models.office import Blockout, Operatory, Provider, Schedule
from openchair.models.practice import PracticeRecord
from openchair.models.visit import Appointment
from openchair.ports import ClaimReader, EhrClient, ScheduleReader
from openchair.slots.nouns import Book

OLDEST_FOR_BOOKING = 60.0
"""Seconds: people and chairs that a visit is booked with. One hidden since is not booked."""
NIGHT_ENDS = time(5)
REACHES_OVER = timedelta(days=1)
"""How long before a day a visit can have begun that still reaches into it.

EHRs tell visits by their start. A visit lasts at most a day: both vendors' calendars end one at midnight at the latest,
or a few hours after it. What lasts longer is time that the office has shut, and that is told for each day it touches.
"""
LONGEST_LIVE_DAYS = 14
DAYS_AT_ONCE = 3


class BookSource(Protocol):
    """Where slots are computed from. `name` is told to callers; `longest_days` can be asked for, so many at a time.

    `appointment` raises AppointmentNotFound. `book` gives these practice-local days, inclusive, with all that reaches
    into them; it raises the EHR's errors where it is read from there.
    """

    @property
    def name(self) -> Literal["live", "mirror"]: ...
    @property
    def longest_days(self) -> int: ...
    @property
    def days_at_once(self) -> int: ...
    def appointment(self, appointment_id: str) -> Appointment: ...
    def book(self, first_day: date, last_day: date) -> Book: ...


class LiveBook:
    """Satisfies `BookSource`: the practice's EHR and our own claims, read when asked. People and chairs are read once.

    `fresh`, for booking, asks the EHR for people and chairs anew where its client has kept them for a minute.
    """

    name: Literal["live"] = "live"
    longest_days = LONGEST_LIVE_DAYS
    days_at_once = DAYS_AT_ONCE

    def __init__(self, ehr: EhrClient, claims: ClaimReader, record: PracticeRecord, *, fresh: bool = False) -> None:
        self._ehr, self._claims, self._record = ehr, claims, record
        self._oldest = OLDEST_FOR_BOOKING if fresh else None
        self._people: tuple[Sequence[Provider], Sequence[Operatory]] | None = None

    def appointment(self, appointment_id: str) -> Appointment:
        return self._ehr.appointment(appointment_id)

    def book(self, first_day: date, last_day: date) -> Book:
        """A practice that works around midnight has a day more read on either side, since hours can reach over too."""
        if self._people is None:
            self._people = (
                self._ehr.providers(max_age_seconds=self._oldest),
                self._ehr.operatories(max_age_seconds=self._oldest),
            )
        zone = self._record.practice.zone
        schedule = self._ehr.schedule(first_day, last_day)
        opens = wall_time.at(first_day, NIGHT_ENDS, zone)
        closes = wall_time.day_bounds(last_day, zone)[1]
        if any(block.start < opens or block.end >= closes for block in schedule.work_blocks):
            first_day, last_day = first_day - timedelta(days=1), last_day + timedelta(days=1)
            schedule = self._ehr.schedule(first_day, last_day)
        visits, held = _taken_time(self._ehr, self._claims, self._record, first_day, last_day)
        blocks = tuple(blockout for visit in visits if visit.is_block for blockout in _blockouts(visit))
        schedule = replace(schedule, blockouts=(*schedule.blockouts, *blocks))
        return Book(*self._people, schedule, visits, held)

    def book_around(self, start: datetime, minutes: int) -> Book:
        """The book of all days that a visit at this time touches; in the night with the hours of the day before."""
        zone = self._record.practice.zone
        first_day, last_day = days_touched(start, minutes, self._record)
        if start.astimezone(zone).time() < NIGHT_ENDS:
            first_day -= timedelta(days=1)
        return self.book(first_day, last_day)


def taken_time(ehr: ScheduleReader, claims: ClaimReader, record: PracticeRecord, start: datetime, minutes: int) -> Book:
    """The visits and claims of all days that a visit at this time touches, and nothing else of the book."""
    first_day, last_day = days_touched(start, minutes, record)
    return Book((), (), Schedule(), *_taken_time(ehr, claims, record, first_day, last_day))


def _taken_time(
    ehr: ScheduleReader, claims: ClaimReader, record: PracticeRecord, first_day: date, last_day: date
) -> tuple[Sequence[Appointment], Sequence[Claim]]:
    """Claims before visits: one released in between has its visit in the chart by then; else both would be missed."""
    zone = record.practice.zone
    start, end = wall_time.day_bounds(first_day, zone)[0], wall_time.day_bounds(last_day, zone)[1]
    held = claims.claims(record.ehr_account_id, start.astimezone(UTC), end.astimezone(UTC))
    return visits_reaching_into(ehr, first_day, last_day), held


def days_touched(start: datetime, minutes: int, record: PracticeRecord) -> tuple[date, date]:
    """The first and the last practice-local day of a visit."""
    zone = record.practice.zone
    end = start.astimezone(UTC) + timedelta(minutes=minutes)
    return start.astimezone(zone).date(), end.astimezone(zone).date()


def visits_reaching_into(ehr: ScheduleReader, first_day: date, last_day: date) -> Sequence[Appointment]:
    """The visits of these days and of the evening before, asked for at once."""
    return ehr.appointments(first_day - REACHES_OVER, last_day)


def _blockouts(block: Appointment) -> Iterator[Blockout]:
    """What the office has shut stands in an EHR's book as a visit of nobody, and nobody may book over it."""
    if block.start is None or block.end is None or not block.occupies:
        return
    span = block.start, block.end
    if block.operatory_id is not None:
        yield Blockout((block.operatory_id,), *span)
    if block.provider_id is not None:
        yield Blockout((), *span, provider_ids=(block.provider_id,))
    elif block.operatory_id is None:
        yield Blockout((), *span, location_id=block.location_id)
