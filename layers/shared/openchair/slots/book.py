"""Everything that decides on some days, read live from a practice's EHR (design section 5)."""

from datetime import UTC, date, time, timedelta

from openchair import wall_time
from openchair.models.practice import PracticeRecord
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
    return Book(providers, operatories, schedule, appointments, held)
