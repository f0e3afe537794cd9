"""How often Open Dental lets itself be asked, by what a key may do (Open Dental API, "API Permissions")."""

from openchair.clients.transport import Rates
from openchair.clients.wire import EhrRequest
from openchair.limits import Bucket
from openchair.models.practice import OpenDentalSettings

_BY_THROTTLE = {
    "standard": Bucket("all", 1.0),
    "read_only": Bucket("all", 5.0, from_end=True),
    "enterprise": Bucket("all", 0.5),
}


def rates_of(settings: OpenDentalSettings) -> Rates:
    """One bucket for whatever is called: the vendor counts requests of a customer key."""
    buckets = (_BY_THROTTLE[settings.throttle],)

    def rates(_: EhrRequest) -> tuple[Bucket, ...]:
        return buckets

    return rates
