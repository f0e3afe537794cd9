"""What is booked for a patient, as a receptionist would tell it (design section 4, visits)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from openchair.models.office import Operatory, Provider
from openchair.models.practice import Practice, PracticeRecord
from openchair.models.visit import Appointment, AppointmentStatus
from openchair.ports import Clock, EhrClient
from openchair.slots.needs import is_ours

_UNSCHEDULED = frozenset({AppointmentStatus.WAITLIST, AppointmentStatus.PROPOSED})


def patient_visits(record: PracticeRecord, patient_id: str, ehr: EhrClient, clock: Clock) -> dict[str, Any]:
    """`upcoming`: booked or arrived, and not over, soonest first. `past`: all else that has a start, latest first.

    So a cancelled visit stands in `past` even when its day is still to come: nobody is expected. Notes that the EHR
    keeps as appointments are no visits. `unscheduled` counts what waits for a time (unscheduled list, planned visits).
    What another practice of the same EHR account has booked is left out. Times are the practice's wall time with
    offset; `end` and `minutes` are None where the EHR does not tell how long it lasts. `complete_since` is a date: what
    was before it is not told; None when nothing is left out. Raises PatientNotFound and the EHR's errors.
    """
    practice, now = record.practice, clock.now()
    ehr.patient(patient_id)
    told = ehr.patient_visits(patient_id)
    appointments = [one for one in told.appointments if is_ours(practice, one.location_id)]
    providers = {provider.id: provider for provider in ehr.providers()}
    chairs = {chair.id: chair for chair in ehr.operatories()}

    upcoming: list[tuple[datetime, str, dict[str, Any]]] = []
    past: list[tuple[datetime, str, dict[str, Any]]] = []
    for visit in appointments:
        if visit.start is None or visit.end is None or visit.status is AppointmentStatus.NOTE:
            continue
        is_upcoming = visit.is_expected and visit.end > now
        answer = _answer(visit, practice, providers, chairs, is_confirmed=ehr.is_confirmed(visit))
        (upcoming if is_upcoming else past).append((visit.start, visit.id, answer))
    return {
        "as_of": now.astimezone(practice.zone).isoformat(timespec="seconds"),
        "timezone": practice.timezone,
        "complete_since": told.complete_since.isoformat() if told.complete_since else None,
        "upcoming": [answer for _, _, answer in sorted(upcoming, key=lambda one: one[:2])],
        "past": [answer for _, _, answer in sorted(past, key=lambda one: one[:2], reverse=True)],
        "unscheduled": sum(visit.start is None and visit.status in _UNSCHEDULED for visit in appointments),
    }


def _answer(
    visit: Appointment,
    practice: Practice,
    providers: Mapping[str, Provider],
    chairs: Mapping[str, Operatory],
    *,
    is_confirmed: bool,
) -> dict[str, Any]:
    assert visit.start is not None  # the caller sorts out those without
    assert visit.end is not None
    provider, chair = providers.get(visit.provider_id or ""), chairs.get(visit.operatory_id or "")
    return {
        "appointment_id": visit.id,
        "status": visit.status.value,
        "start": visit.start.astimezone(practice.zone).isoformat(),
        "end": visit.end.astimezone(practice.zone).isoformat() if visit.tells_end else None,
        "minutes": visit.minutes if visit.tells_end else None,
        "provider_id": visit.provider_id,
        "provider_name": provider.name if provider else None,
        "operatory_id": visit.operatory_id,
        "operatory_name": chair.name if chair else None,
        "service_name": visit.service_name or _service_name(visit, practice),
        "confirmed": is_confirmed,
    }


def _service_name(visit: Appointment, practice: Practice) -> str | None:
    """The practice's own name for an appointment type that is one service's only."""
    names = {
        service.name
        for service in practice.services
        if service.appointment_type_id is not None and service.appointment_type_id == visit.appointment_type_id
    }
    return names.pop() if len(names) == 1 else None
