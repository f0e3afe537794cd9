"""Openings and slots as a pure function of what is known of some days (design sections 4 and 5).

Inside, time is five-minute marks, some days of them one integer (`marks`): whatever touches a mark shuts it, and hours
open the marks that lie in them wholly. Datetimes are made for what is returned only.
"""

from datetime import UTC, date, datetime, timedelta
from math import ceil
from zoneinfo import ZoneInfo

from openchair import wall_time
from openchair.errors import InvalidTime, OffSchedule, PatientBusy, SlotTaken
from openchair.models.practice import Booking
from openchair.models.visit import Place, Slot
from openchair.slots.holds import provider_runs
from openchair.slots.hours import WorkingHours
from openchair.slots.in_the_way import InTheWay, shut, taken, taken_of_patient
from openchair.slots.marks import FIVE_MINUTES, Ruler, room, set_marks, stretch
from openchair.slots.nouns import Book, Need
from openchair.slots.places import check_known, working

_DAY = timedelta(days=1)
_UTC = ZoneInfo("UTC")


def open_slots(
    book: Book, need: Need, *, zone: ZoneInfo, booking: Booking, first_day: date, last_day: date, now: datetime
) -> list[Slot]:
    """Every bookable start of these practice-local days, by start, then chair, then provider.

    A start stands on the grid counted from local midnight. Neither it nor the end falls into the hour that the clocks
    show twice, since an EHR keeps wall time without offset; apart from that hour, an opening of at least
    `minutes + start_grid_minutes` always yields one.
    """
    last_day = min(last_day, now.astimezone(zone).date() + timedelta(days=booking.horizon_days))
    if last_day < first_day:
        return []
    marked = book.kept((first_day, last_day, zone), lambda: _Marked(book, Ruler(first_day, last_day + _DAY, zone)))
    ruler, closed, busy = marked.ruler, marked.closed, marked.busy
    patient = taken_of_patient(book, ruler, need.patient_id)
    starts = _starts(ruler, need, first_day, last_day, booking, now)
    length = -(-need.minutes // 5)
    theirs: dict[str, int] = {}
    places_at: dict[int, list[Place]] = {}
    for one in working(book, need, marked.hours):
        place = one.place
        if place.provider_id not in theirs:
            theirs[place.provider_id] = starts & _free_at_runs(ruler, busy, place.provider_id, need)
        free = one.marks & ~(closed.at(place) | closed.providers.line(place.provider_id) | busy.at(place) | patient)
        for mark in set_marks(theirs[place.provider_id] & room(free, length)):
            places_at.setdefault(mark, []).append(place)
    found: list[Slot] = []
    for mark in sorted(places_at):
        start, end = ruler.moment(mark), ruler.moment(mark, need.minutes)
        found.extend([Slot(start, end, place) for place in places_at[mark]])
    return found


def place_at(
    book: Book,
    need: Need,
    start: datetime,
    *,
    zone: ZoneInfo,
    ignore_appointment_id: str | None = None,
    ignore_task_id: str | None = None,
    prefer: Place | None = None,
    require_provider_id: str | None = None,
    allow_overlap: bool = False,
) -> list[Place]:
    """Where a visit can take place at exactly this start; best first: `prefer`, its provider, its chair, EHR's order.

    No rule of lead time or grid holds here. `allow_overlap` passes over appointments and claims (what is free still
    comes first), never over hours, closed days or blockouts. Raises InvalidTime off a five-minute mark or in the hour
    that the clocks show twice, OffSchedule when nobody suitable works then, PatientBusy when the patient has another
    visit then, SlotTaken when somebody would but is taken, LocationNotFound, OperatoryNotFound or ProviderNotFound when
    the book holds nothing of what was asked.
    """
    check_known(book, need)
    end = _after(start, need.minutes)
    ruler = Ruler(start.astimezone(zone).date(), end.astimezone(zone).date(), zone)
    if start.timestamp() % FIVE_MINUTES:
        raise InvalidTime("A time has to be on a five-minute mark.")
    if any(wall_time.is_ambiguous(one.astimezone(zone).replace(tzinfo=None), zone) for one in (start, end)):
        raise InvalidTime("A visit cannot start or end in the hour that the practice's clocks show twice.")
    wanted = _Wanted(ruler, start, need.minutes, need.time_pattern)
    ignored = {"ignore_appointment_id": ignore_appointment_id, "ignore_task_id": ignore_task_id}
    closed, busy = shut(book, ruler), taken(book, ruler, **ignored)
    ranked: list[tuple[bool, int, int, Place]] = []
    for order, one in enumerate(working(book, need, WorkingHours(book, ruler))):
        place = one.place
        if require_provider_id not in (None, place.provider_id) or wanted.whole & ~one.marks:
            continue
        if wanted.whole & (closed.at(place) | closed.providers.line(place.provider_id)):
            continue
        ranked.append((wanted.is_taken(place, busy), _distance(place, prefer), order, place))
    if not ranked:
        raise OffSchedule
    if not allow_overlap and wanted.whole & taken_of_patient(book, ruler, need.patient_id, **ignored):
        raise PatientBusy
    ranked.sort(key=lambda one: one[:3])
    places = [place for is_taken, _, _, place in ranked if allow_overlap or not is_taken]
    if not places:
        raise SlotTaken
    return places


def check_free(
    book: Book,
    place: Place,
    start: datetime,
    minutes: int,
    time_pattern: str,
    *,
    patient_id: str | None = None,
    ignore_appointment_id: str | None = None,
    ignore_task_id: str | None = None,
) -> None:
    """Raises PatientBusy or SlotTaken when another appointment or claim stands where this visit is, or is to be.

    It overlaps the patient, the chair, or the provider at an `X`.
    """
    ruler = Ruler(start.astimezone(UTC).date(), _after(start, minutes).astimezone(UTC).date(), _UTC)
    wanted = _Wanted(ruler, start, minutes, time_pattern)
    ignored = {"ignore_appointment_id": ignore_appointment_id, "ignore_task_id": ignore_task_id}
    if wanted.whole & taken_of_patient(book, ruler, patient_id, **ignored):
        raise PatientBusy
    if wanted.is_taken(place, taken(book, ruler, **ignored)):
        raise SlotTaken


class _Marked:
    """A book's hours and what is in the way on it, in marks."""

    def __init__(self, book: Book, ruler: Ruler) -> None:
        self.ruler = ruler
        self.closed, self.busy = shut(book, ruler), taken(book, ruler)
        self.hours = WorkingHours(book, ruler)


class _Wanted:
    """The marks of a visit at a certain time: all that it touches, and those in which its provider is needed."""

    def __init__(self, ruler: Ruler, start: datetime, minutes: int, time_pattern: str) -> None:
        self.whole = stretch(*ruler.touched(start, _after(start, minutes)))
        self._at_runs = 0
        for begin, end in provider_runs(time_pattern, minutes):
            self._at_runs |= stretch(*ruler.touched(_after(start, begin), _after(start, end)))

    def is_taken(self, place: Place, busy: InTheWay) -> bool:
        return bool(busy.at(place) & self.whole or busy.providers.line(place.provider_id) & self._at_runs)


def _starts(ruler: Ruler, need: Need, first_day: date, last_day: date, booking: Booking, now: datetime) -> int:
    """The marks at which a visit may start, whoever has it."""
    starts = ruler.starts(first_day, last_day, booking.start_grid_minutes)
    earliest = (now + timedelta(minutes=booking.minimum_lead_minutes)).timestamp()
    too_soon = max(ceil((earliest - ruler.begins) / FIVE_MINUTES), 0)
    return starts & ~(ruler.shown_twice() >> need.minutes // 5) & ~stretch(0, too_soon)


def _free_at_runs(ruler: Ruler, busy: InTheWay, provider_id: str, need: Need) -> int:
    """The marks from which a provider is free at every `X` of the pattern."""
    free = ruler.whole & ~busy.providers.line(provider_id)
    starts = ruler.whole
    for begin, end in provider_runs(need.time_pattern, need.minutes):
        starts &= room(free, -(-end // 5) - begin // 5) >> begin // 5
    return starts


def _distance(place: Place, prefer: Place | None) -> int:
    if prefer is None:
        return 0
    return 2 * (place.provider_id != prefer.provider_id) + (place.operatory_id != prefer.operatory_id)


def _after(start: datetime, minutes: int) -> datetime:
    return start.astimezone(UTC) + timedelta(minutes=minutes)
