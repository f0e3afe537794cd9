"""What stands in the way of a visit: visits and claims, which some may book over, and shut time, which nobody may."""

from dataclasses import dataclass

from openchair import wall_time
from openchair.models.visit import OCCUPYING, AppointmentStatus, Place
from openchair.slots.marks import FIVE_MINUTES, MARKS_A_DAY, Lines, Ruler
from openchair.slots.nouns import Book


@dataclass(frozen=True, slots=True)
class Taken:
    """By chair and by provider, and of one patient. A provider's time counts wherever the chair is.

    `locations`: what names neither chair nor provider takes all of its location; None is everywhere.
    """

    chairs: Lines[str]
    providers: Lines[str]
    locations: Lines[str | None]
    patient: int

    def at(self, place: Place) -> int:
        """Of a place's chair, or of its location where it has none."""
        here = self.locations.line(*_around(self.locations, place.location_id))
        return here if place.operatory_id is None else here | self.chairs.line(place.operatory_id)


@dataclass(frozen=True, slots=True)
class Shut:
    """Closed days and blockouts, by what they shut."""

    chairs: Lines[str]
    providers: Lines[str]
    locations: Lines[str | None]

    def at(self, place: Place) -> int:
        here = self.locations.line(*_around(self.locations, place.location_id)) | self.providers.line(place.provider_id)
        return here if place.operatory_id is None else here | self.chairs.line(place.operatory_id)


def taken(
    book: Book,
    ruler: Ruler,
    *,
    patient_id: str | None = None,
    ignore_appointment_id: str | None = None,
    ignore_task_id: str | None = None,
) -> Taken:
    """Every mark that a visit or another task's claim touches.

    A patient's notes are no visits of theirs, and what is of no patient is nobody's.
    """
    chairs, providers = Lines[str](ruler), Lines[str](ruler)
    locations, patients = Lines[str | None](ruler), Lines[str](ruler)
    origin, just_after, plain, zone = ruler.origin, ruler.just_after, ruler.plain, ruler.zone
    whose = patient_id or None
    for visit in book.appointments:
        start = visit.start
        if start is None or visit.status not in OCCUPYING or visit.id == ignore_appointment_id:
            continue
        # Thousands pass here: a day's integer is set in place where all of the visit is of one ordinary day.
        since = start - origin
        day = since.days
        seconds = since.seconds
        first = seconds // FIVE_MINUTES
        last = (seconds + visit.minutes * 60 - 1) // FIVE_MINUTES
        is_simple = day in plain and start.tzinfo is zone and first <= last < MARKS_A_DAY
        is_theirs = visit.patient_id == whose and visit.status is not AppointmentStatus.NOTE
        if is_simple:
            marks = (2 << last) - (1 << first)
            if visit.operatory_id is not None:
                chairs[visit.operatory_id][day] |= marks
            elif visit.provider_id is None:
                locations[visit.location_id][day] |= marks
            if is_theirs:
                patients[visit.patient_id][day] |= marks
        else:
            assert visit.end is not None  # it has a start
            span = ruler.touched(start, visit.end)
            if visit.operatory_id is not None:
                chairs.add(visit.operatory_id, *span)
            elif visit.provider_id is None:
                locations.add(visit.location_id, *span)
            if is_theirs:
                patients.add(visit.patient_id, *span)
        for needed in visit.provider_times:
            end = needed.end
            if is_simple and needed.start is start and end.tzinfo is zone:
                until = end - just_after
                last = until.seconds // FIVE_MINUTES
                if until.days == day and first <= last:
                    providers[needed.provider_id][day] |= (2 << last) - (1 << first)
                    continue
            if needed.start < end:
                providers.add(needed.provider_id, *ruler.touched(needed.start, end))
        if not visit.provider_times and visit.provider_id is not None:
            if is_simple:
                providers[visit.provider_id][day] |= marks
            else:
                providers.add(visit.provider_id, *span)
    for claim in book.claims:
        if claim.task_id == ignore_task_id:
            continue
        span = ruler.touched(claim.start, claim.end)
        if claim.resource == "operatory":
            chairs.add(claim.resource_id, *span)
        elif claim.resource == "provider":
            providers.add(claim.resource_id, *span)
        elif claim.resource == "patient" and claim.resource_id == whose:
            patients.add(claim.resource_id, *span)
    return Taken(chairs, providers, locations, patients.line(*patients))


def shut(book: Book, ruler: Ruler) -> Shut:
    """A blockout shuts the chairs it names, else the providers, else the chairs of its location, else all there is."""
    found = Shut(Lines[str](ruler), Lines[str](ruler), Lines[str | None](ruler))
    for day in book.schedule.closed_days:
        found.locations.add(None, *ruler.touched(*wall_time.day_bounds(day, ruler.zone)))
    for blockout in book.schedule.blockouts:
        span = ruler.touched(blockout.start, blockout.end)
        for operatory_id in blockout.operatory_ids:
            found.chairs.add(operatory_id, *span)
        if blockout.operatory_ids:
            continue
        for provider_id in blockout.provider_ids:
            found.providers.add(provider_id, *span)
        if not blockout.provider_ids:
            found.locations.add(blockout.location_id, *span)
    return found


def _around(lines: Lines[str | None], location_id: str | None) -> list[str | None]:
    """Of which locations a place shares what is in the way: one of no location may be in any."""
    return list(lines) if location_id is None else [None, location_id]
