"""How often NexHealth lets itself be asked with one API key (NexHealth, "Rate limiting")."""

from openchair.clients.wire import EhrRequest
from openchair.limits import Bucket

_APPOINTMENTS = Bucket("appointments", 1.0, 8)
_SLOTS = Bucket("slots", 1.0, 10)
_PATIENTS = Bucket("patients", 60.0, 520)
_OTHERS = Bucket("others", 60.0, 1400)


def rates(request: EhrRequest) -> tuple[Bucket, ...]:
    """One bucket for a call: a partition of the vendor's overlapping limits, so that no call waits in two queues.

    Lists of appointments may be asked for ten times a second, and with all other calls on patients and appointments a
    thousand times a minute: 8 x 60 + 520. Slots ten times a second, and with everything else two thousand times a
    minute: 10 x 60 + 1,400. All together stay below a hundred a second.
    """
    family = request.path.split("/", 1)[0]
    if request.path == "appointments" and request.method == "GET":
        return (_APPOINTMENTS,)
    if family == "available_slots":
        return (_SLOTS,)
    return (_PATIENTS,) if family in ("patients", "appointments") else (_OTHERS,)
