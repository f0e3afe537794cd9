"""Everything that decides on some days, read live from a practice's EHR (design section 5)."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, time, timedelta

from openchair import wall_time
from openchair.models.office import Blockout
from openchair.models.practice import PracticeRecord
from openchair.models.visit import Appointment
from openchair.ports import ClaimReader, ScheduleReader
from openchair.slots.openings import Book

OLDEST_FOR_BOOKING = 60.0
"""Seconds: people and chairs that a visit is booked with. One hidden since is not booked."""
NIGHT_ENDS = time(5)


def read_book(
    ehr: ScheduleReader,
    claims: ClaimReader,
    record: PracticeRecord,
    first_day: date,
    last_day: date,
    known: Book | None = None,
    *,
    fresh: bool = False,
) -> Book:
    """Everything that decides on these practice-local days, inclusive; people and chairs of a `known` book are kept.

    `fresh`, for booking, asks the EHR for people and chairs anew where its client has kept them for a minute.
    A practice that works around midnight has a day more read on either side, since what stands there can reach over.
    """
    zone = record.practice.zone
    if known is not None:
        providers, operatories = known.providers, known.operatories
    elif fresh:
        providers = ehr.providers(max_age_seconds=OLDEST_FOR_BOOKING)
        operatories = ehr.operatories(max_age_seconds=OLDEST_FOR_BOOKING)
    else:
        providers, operatories = ehr.providers(), ehr.operatories()
    schedule = ehr.schedule(first_day, last_day)
    opens = wall_time.at(first_day, NIGHT_ENDS, zone)
    closes = wall_time.day_bounds(last_day, zone)[1]
    if any(block.start < opens or block.end >= closes for block in schedule.work_blocks):
        first_day, last_day = first_day - timedelta(days=1), last_day + timedelta(days=1)
        schedule = ehr.schedule(first_day, last_day)
    start, end = wall_time.day_bounds(first_day, zone)[0], wall_time.day_bounds(last_day, zone)[1]
    # Claims before visits: one released in between has its visit in the chart by then; else both would be missed.
    held = claims.claims(record.ehr_account_id, start.astimezone(UTC), end.astimezone(UTC))
    appointments = ehr.appointments(first_day, last_day)
    blocks = tuple(blockout for visit in appointments if visit.is_block for blockout in _blockouts(visit))
    schedule = replace(schedule, blockouts=(*schedule.blockouts, *blocks))
    return Book(providers, operatories, schedule, appointments, held)


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
