"""A large practice's book: who works when, and a seeded choice of visits. Nobody in it is real."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from openchair.models.office import Operatory, Provider, Schedule, WorkBlock
from openchair.models.visit import Appointment, AppointmentStatus, ProviderTime
from openchair.slots.nouns import Book

ZONE = ZoneInfo("America/Denver")
FIRST_DAY = date(2026, 3, 2)
"""A Monday; the clocks change on the Sunday after."""
_HOURS = ((8, 12), (13, 17))
_LENGTHS = (30, 40, 60, 90)
_SATURDAY = 5


def large_practice(chairs: int, providers: int, days: int, full: float, seed: int = 1) -> Book:
    """Each provider in the same chairs on weekdays, 8 to 12 and 13 to 17; `full` is the share of times taken."""
    random = Random(seed)  # noqa: S311
    blocks: list[WorkBlock] = []
    visits: list[Appointment] = []
    for number in range(days):
        day = FIRST_DAY + timedelta(days=number)
        if day.weekday() >= _SATURDAY:
            continue
        for chair in range(chairs):
            provider_id = str(chair % providers)
            for opens, closes in _HOURS:
                blocks.append(WorkBlock(provider_id, (str(chair),), _at(day, opens * 60), _at(day, closes * 60)))
                for begin, minutes in _times(random, opens * 60, closes * 60, full):
                    visits.append(_visit(len(visits), _at(day, begin), minutes, str(chair), provider_id))
    return Book(
        providers=[Provider(str(number), f"Provider {number}") for number in range(providers)],
        operatories=[Operatory(str(number), f"Chair {number}") for number in range(chairs)],
        schedule=Schedule(tuple(blocks)),
        appointments=visits,
    )


def _at(day: date, minute: int) -> datetime:
    return datetime.combine(day, time(minute // 60, minute % 60), tzinfo=ZONE)


def _times(random: Random, opens: int, closes: int, full: float) -> Iterator[tuple[int, int]]:
    begin = opens
    while begin + (minutes := random.choice(_LENGTHS)) <= closes:
        if random.random() < full:
            yield begin, minutes
        begin += minutes


def _visit(number: int, start: datetime, minutes: int, operatory_id: str, provider_id: str) -> Appointment:
    end = (start.astimezone(UTC) + timedelta(minutes=minutes)).astimezone(ZONE)
    return Appointment(
        id=str(number),
        patient_id=str(number % 900),
        status=AppointmentStatus.BOOKED,
        start=start,
        minutes=minutes,
        operatory_id=operatory_id,
        provider_id=provider_id,
        provider_times=(ProviderTime(provider_id, start, end),),
        time_pattern="X" * (minutes // 5),
    )
