"""What a visit keeps others from, in marks and as holds: its chair, its provider at each `X`, and its patient."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from openchair.models.journal import Hold
from openchair.models.visit import Place
from openchair.slots.marks import FIVE_MINUTES


def provider_runs(time_pattern: str, minutes: int) -> tuple[tuple[int, int], ...]:
    """The runs of `X` as minutes from the start of a visit of this length."""
    runs = ((run.start() * 5, run.end() * 5) for run in re.finditer("X+", time_pattern))
    return tuple((begin, min(end, minutes)) for begin, end in runs if begin < minutes)


def holds_for(
    place: Place | None, start: datetime, minutes: int, time_pattern: str, patient_id: str | None = None
) -> tuple[Hold, ...]:
    """The patient and the chair for the whole length, the provider for each run of `X`.

    UTC, rounded outwards to five-minute marks. Where there is no place yet, or no chair, none is kept, and of a visit
    of nobody nobody's time.
    """
    whole = ((0, minutes),)
    holds = tuple(_holds("patient", patient_id or None, start, whole))
    if place is None:
        return holds
    return (
        *holds,
        *_holds("operatory", place.operatory_id, start, whole),
        *_holds("provider", place.provider_id, start, provider_runs(time_pattern, minutes)),
    )


def _holds(
    resource: str, resource_id: str | None, start: datetime, runs: tuple[tuple[int, int], ...]
) -> Iterator[Hold]:
    """One for each stretch of marks; runs that touch are one."""
    if resource_id is None:
        return
    begins = int(start.timestamp())
    stretches: list[list[int]] = []
    for begin, end in runs:
        first = (begins + begin * 60) // FIVE_MINUTES * FIVE_MINUTES
        last = -((begins + end * 60) // -FIVE_MINUTES) * FIVE_MINUTES
        if stretches and first <= stretches[-1][1]:
            stretches[-1][1] = last
        elif begin < end:
            stretches.append([first, last])
    for first, last in stretches:
        yield Hold(
            resource=resource,
            resource_id=resource_id,
            start=datetime.fromtimestamp(first, UTC),
            end=datetime.fromtimestamp(last, UTC),
        )
