"""The practice of the bench: one service in all chairs of the simulated office, moved by booking anew."""

from openchair.models.practice import Ehr, OpenDentalSettings, Practice, PracticeRecord, Service
from tools.bench.lost_answers.order import Order

PRACTICE_ID, SERVICE_ID, MINUTES = "bench", "filling", 30
TIMEZONE = "America/Denver"


def bench_practice(order: Order) -> PracticeRecord:
    """An EHR account for each order, so that no circuit, line or claim of one meets another's."""
    practice = Practice(
        id=PRACTICE_ID,
        name="Juniper Falls Dental",
        timezone=TIMEZONE,
        ehr=Ehr.OPEN_DENTAL,
        open_dental=OpenDentalSettings(
            api_key_secret_name=f"practice-{PRACTICE_ID}-opendental-api-key",
            throttle="enterprise",
            reschedule="rebook",
        ),
        services=(Service(id=SERVICE_ID, name="Filling", minutes=MINUTES),),
    )
    return PracticeRecord(practice, 1, order.name)
