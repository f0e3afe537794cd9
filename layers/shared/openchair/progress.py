"""How far a visit has got, and what may still be done with it."""

from datetime import datetime

from openchair.errors import VisitHasBegun, VisitIsPast
from openchair.models.visit import Appointment, AppointmentStatus


def check_not_begun(visit: Appointment, now: datetime) -> None:
    """Raises VisitHasBegun when the patient is there, VisitIsPast when the visit's end is over.

    Between start and end, one who has not arrived may still cancel or move it: they may be stuck in traffic.
    """
    if visit.status is AppointmentStatus.ARRIVED:
        raise VisitHasBegun
    if visit.status is AppointmentStatus.BOOKED and visit.end is not None and visit.end <= now:
        raise VisitIsPast
