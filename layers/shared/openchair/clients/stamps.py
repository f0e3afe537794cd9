"""Stamps of a visit's course: when the patient arrived, was seated, was dismissed."""

from datetime import datetime, time


def tells(stamp: datetime | None, start: datetime | None) -> bool:
    """Whether it has happened at this visit. Both are wall times of the office.

    EHRs write "not yet" as no value, as a day long past, and as midnight of the visit's day; and a visit that is put
    on another day keeps the stamps of the day it was on.
    """
    if stamp is None or start is None or stamp.time() == time.min:
        return False
    return stamp.date() >= start.date()
