"""`generate` joins the parts: the same arguments always give the same practice."""

from collections.abc import Mapping
from datetime import date, timedelta
from random import Random
from zoneinfo import ZoneInfo

from tools.simulators.practice_data import setup
from tools.simulators.practice_data.calendar import Calendar
from tools.simulators.practice_data.models import Appointment, PracticeData, Recall
from tools.simulators.practice_data.people import make_patients
from tools.simulators.practice_data.visits import VisitMaker

DAYS_BACK, DAYS_BOOKED_AHEAD, DAYS_SCHEDULED_AHEAD = 3 * 365, 92, 190
FIRST_IDS: Mapping[str, int] = {
    "patients": 1001,
    "appointments": 5001,
    "providers": 1,
    "operatories": 1,
    "clinics": 1,
    "definitions": 201,
    "appointment_types": 1,
    "schedules": 24001,
    "recalls": 801,
}
_LARGEST = 100_000
_DAYS_PER_MONTH = 30.5


def generate(
    seed: int,
    patients: int,
    today: date,
    timezone: str,
    canary: bool = False,
    start_ids: Mapping[str, int] | None = None,
    clinics: int | None = None,
) -> PracticeData:
    """Invent a practice of `patients` (1 to 100,000) people as it stands on the morning of `today`.

    `timezone` is an IANA name; `start_ids` overrides single entries of `FIRST_IDS`; `clinics` defaults to one, or two
    from 5,000 patients on. With `canary`, every patient value is a unique token. Raises ValueError for a size out of
    range and ZoneInfoNotFoundError for an unknown zone.
    """
    if not 1 <= patients <= _LARGEST:
        raise ValueError(f"patients must be 1 to {_LARGEST}, not {patients}")
    rng = Random(f"{seed}/{patients}/{today}/{timezone}")
    first_ids = {**FIRST_IDS, **(start_ids or {})}
    data = PracticeData(seed=seed, today=today, timezone=timezone)
    zone = ZoneInfo(timezone)

    grown = min(2, patients // 1500)
    dentists, hygienists = 2 + grown, 2 + min(2, patients // 1000)
    visible_chairs = min(11, dentists + hygienists + min(3, patients // 3000))
    clinic_count = (2 if patients >= 5000 else 1) if clinics is None else clinics
    data.clinics = setup.make_clinics(clinic_count, first_ids["clinics"])
    data.definitions = setup.make_definitions(first_ids["definitions"])
    data.providers = setup.make_providers(rng, dentists, hygienists, today, first_ids["providers"])
    data.operatories = setup.make_operatories(
        visible_chairs, data.providers, data.clinics, data.definitions, first_ids["operatories"]
    )
    data.appointment_types = setup.make_appointment_types(first_ids["appointment_types"])
    data.default_provider_id = data.providers[0].id
    data.preferences = setup.make_preferences(data.default_provider_id, today)
    data.patients = make_patients(
        rng, patients, today, data.providers, data.clinics, canary=canary, first_id=first_ids["patients"]
    )
    calendar = Calendar(rng, data.providers, data.operatories, data.definitions, today, first_ids["schedules"])
    first_day = today - timedelta(days=DAYS_BACK)
    data.schedules = calendar.build(first_day, today + timedelta(days=DAYS_SCHEDULED_AHEAD))
    maker = VisitMaker(
        rng,
        today=today,
        zone=zone,
        patients=data.patients,
        operatories=data.operatories,
        appointment_types=data.appointment_types,
        definitions=data.definitions,
        canary=canary,
        first_id=first_ids["appointments"],
    )
    data.appointments = maker.build(data.schedules, first_day, today + timedelta(days=DAYS_BOOKED_AHEAD))
    data.recalls = _recalls(data.appointments, first_ids["recalls"])
    return data


def _recalls(appointments: list[Appointment], first_id: int) -> list[Recall]:
    """One recall per patient with a completed hygiene visit, six months after the last."""
    last_seen: dict[int, date] = {}
    for visit in appointments:
        if visit.is_hygiene and visit.status == "complete" and visit.start is not None:
            last_seen[visit.patient_id] = visit.start.date()
    return [
        Recall(first_id + i, patient_id, seen + timedelta(days=int(6 * _DAYS_PER_MONTH)), seen, 6)
        for i, (patient_id, seen) in enumerate(last_seen.items())
    ]
