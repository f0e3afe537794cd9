"""Control API: open slots for a service or for moving a visit, and the providers, chairs and services behind them."""

from openchair import log
from openchair.clients.factory import EhrClients
from openchair.clients.transport import CALLER_TIMEOUTS
from openchair.http_api import Answer, ControlApi, PracticeRequest
from openchair.slots import (
    MOVE_QUERY,
    SLOT_QUERY,
    find_slots,
    find_slots_for_visit,
    list_operatories,
    list_providers,
    list_services,
)
from openchair.store.claim_store import DynamoClaims
from openchair.store.practice_store import PracticeStore
from openchair.store.secret_store import SecretStore
from openchair.store.system_clock import SystemClock

clock, claims = SystemClock(), DynamoClaims()
ehr = EhrClients(SecretStore(clock), clock, log.audit_ehr_call, CALLER_TIMEOUTS)
api = ControlApi(PracticeStore())


@api.route("GET", "/slots")
def slots(request: PracticeRequest) -> Answer:
    query = request.query(SLOT_QUERY)
    return find_slots(request.record, query, ehr.client(request.record), claims, clock)


@api.route("GET", "/visits/<appointment_id>/slots")
def slots_for_visit(request: PracticeRequest) -> Answer:
    query, client = request.query(MOVE_QUERY), ehr.client(request.record)
    return find_slots_for_visit(request.record, request.path["appointment_id"], query, client, claims, clock)


api.route("GET", "/providers")(lambda request: list_providers(request.record, ehr.client(request.record)))
api.route("GET", "/operatories")(lambda request: list_operatories(request.record, ehr.client(request.record)))
api.route("GET", "/services")(lambda request: list_services(request.record))

lambda_handler = api.resolve
