"""What stands in the way of a visit: visits and claims, which some may book over, and shut time, which nobody may."""

from dataclasses import dataclass

from openchair import wall_time
from openchair.models.visit import OCCUPYING, Appointment, Place
from openchair.slots.marks import FIVE_MINUTES, MARKS_A_DAY, Lines, Ruler, stretch
from openchair.slots.nouns import Book


@dataclass(frozen=True, slots=True)
class InTheWay:
    """Marks by chair, by provider, wherever the chair is, and by location, None for everywhere."""

    chairs: Lines[str]
    providers: Lines[str]
    locations: Lines[str | None]

    def at(self, place: Place) -> int:
        """Of a place's chair, and of its location; a place or a row of no location may be in any."""
        around = self.locations if place.location_id is None else (None, place.location_id)
        line = self.locations.line(*around)
        return line if place.operatory_id is None else line | self.chairs.line(place.operatory_id)


def _nothing(ruler: Ruler) -> InTheWay:
    return InTheWay(Lines[str](ruler), Lines[str](ruler), Lines[str | None](ruler))


def taken(
    book: Book, ruler: Ruler, *, ignore_appointment_id: str | None = None, ignore_task_id: str | None = None
) -> InTheWay:
    """Every mark that a visit or another task's claim touches; a visit that names neither chair nor provider takes all
    of its location."""
    found = _nothing(ruler)
    chairs, providers = found.chairs, found.providers
    origin, just_after, plain, zone = ruler.origin, ruler.just_after, ruler.plain, ruler.zone
    # Thousands pass here, so a day's integer is set in place where a visit is of one ordinary day.
    for visit in book.appointments:
        start = visit.start
        if start is None or visit.status not in OCCUPYING or visit.id == ignore_appointment_id:
            continue
        since = start - origin
        day, seconds = since.days, since.seconds
        last = (seconds + visit.minutes * 60 - 1) // FIVE_MINUTES
        first = seconds // FIVE_MINUTES
        operatory_id = visit.operatory_id
        if day not in plain or start.tzinfo is not zone or not first <= last < MARKS_A_DAY or operatory_id is None:
            _take(visit, found, ruler)
            continue
        marks = (2 << last) - (1 << first)
        chairs[operatory_id][day] |= marks
        for needed in visit.provider_times:
            begin, end = needed.start, needed.end
            since, until = begin - origin, end - just_after
            if since.days == day == until.days and begin.tzinfo is zone and end.tzinfo is zone:
                opens, closes = since.seconds, until.seconds
                if opens <= closes:
                    providers[needed.provider_id][day] |= (2 << closes // FIVE_MINUTES) - (1 << opens // FIVE_MINUTES)
            elif begin < end:
                providers.add(needed.provider_id, *ruler.touched(begin, end))
        if not visit.provider_times and visit.provider_id is not None:
            providers[visit.provider_id][day] |= marks
    for claim in book.claims:
        lines = {"operatory": chairs, "provider": providers}.get(claim.resource)
        if lines is not None and claim.task_id != ignore_task_id:
            lines.add(claim.resource_id, *ruler.touched(claim.start, claim.end))
    return found


def _take(visit: Appointment, found: InTheWay, ruler: Ruler) -> None:
    """Any visit, however long, and wherever it begins."""
    assert visit.start is not None
    assert visit.end is not None
    span = ruler.touched(visit.start, visit.end)
    if visit.operatory_id is not None:
        found.chairs.add(visit.operatory_id, *span)
    elif visit.provider_id is None:
        found.locations.add(visit.location_id, *span)
    for needed in visit.provider_times:
        if needed.start < needed.end:
            found.providers.add(needed.provider_id, *ruler.touched(needed.start, needed.end))
    if not visit.provider_times and visit.provider_id is not None:
        found.providers.add(visit.provider_id, *span)


def taken_of_patient(
    book: Book,
    ruler: Ruler,
    patient_id: str | None,
    *,
    ignore_appointment_id: str | None = None,
    ignore_task_id: str | None = None,
) -> int:
    """The marks of a patient's own visits, wherever they are, and of what other tasks hold for them.

    A patient's notes are no visits of theirs, and what is of no patient is nobody's.
    """
    line = 0
    if not patient_id:
        return line
    for visit in book.appointments:
        if visit.patient_id == patient_id and visit.is_visit and visit.id != ignore_appointment_id:
            assert visit.start is not None
            assert visit.end is not None
            line |= stretch(*ruler.touched(visit.start, visit.end))
    for claim in book.claims:
        is_theirs = claim.resource == "patient" and claim.resource_id == patient_id
        if is_theirs and claim.task_id != ignore_task_id:
            line |= stretch(*ruler.touched(claim.start, claim.end))
    return line & ruler.whole


def shut(book: Book, ruler: Ruler) -> InTheWay:
    """Closed days and blockouts.

    A blockout shuts the chairs it names, else the providers, else its location, else everything.
    """
    found = _nothing(ruler)
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
