"""A seeded, vendor-neutral dental practice: people, chairs, calendars and visits, all invented."""

from tools.simulators.practice_data.generator import generate
from tools.simulators.practice_data.models import (
    Appointment,
    AppointmentType,
    Clinic,
    Definition,
    Operatory,
    Patient,
    PracticeData,
    Provider,
    Recall,
    Schedule,
)

__all__ = [
    "Appointment",
    "AppointmentType",
    "Clinic",
    "Definition",
    "Operatory",
    "Patient",
    "PracticeData",
    "Provider",
    "Recall",
    "Schedule",
    "generate",
]
