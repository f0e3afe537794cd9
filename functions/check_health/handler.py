"""Control API: whether a practice's key, permissions, providers, clock and zone are as they should be."""

from openchair import log
from openchair.clients.factory import CALLER_SECONDS, CALLER_TIMEOUTS, EhrClients
from openchair.health import check_health
from openchair.http_api import Answer, ControlApi, PracticeRequest
from openchair.settings import settings
from openchair.store.ehr_stores import ehr_stores
from openchair.store.practice_store import PracticeStore
from openchair.store.system_clock import SystemClock

clock = SystemClock()
ehr = EhrClients(*ehr_stores(clock), settings, clock, log.audit_ehr_call, CALLER_TIMEOUTS, CALLER_SECONDS)
api = ControlApi(PracticeStore())


@api.route("GET", "/health")
def health(request: PracticeRequest) -> Answer:
    return check_health(request.record, ehr.client(request.record), clock)


lambda_handler = api.resolve
