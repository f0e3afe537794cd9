"""Control API: open slots for a service or for moving a visit, and the providers, chairs and services behind them."""

from openchair import log
from openchair.clients.factory import CALLER_SECONDS, CALLER_TIMEOUTS, EhrClients
from openchair.http_api import Answer, ControlApi, PracticeRequest
from openchair.settings import settings
from openchair.slots import find, office_lists
from openchair.slots.find import MoveQuery, SlotQuery
from openchair.store.claim_store import DynamoClaims
from openchair.store.ehr_stores import ehr_stores
from openchair.store.practice_store import PracticeStore
from openchair.store.system_clock import SystemClock

clock, claims = SystemClock(), DynamoClaims()
ehr = EhrClients(*ehr_stores(clock), settings, clock, log.audit_ehr_call, CALLER_TIMEOUTS, CALLER_SECONDS)
api = ControlApi(PracticeStore())


@api.route("GET", "/slots", SlotQuery)
def find_slots(request: PracticeRequest) -> Answer:
    return find.find_slots(request.record, request.query(SlotQuery), ehr.client(request.record), claims, clock)


@api.route("GET", "/visits/<appointment_id>/slots", MoveQuery)
def find_slots_for_visit(request: PracticeRequest) -> Answer:
    query, client = request.query(MoveQuery), ehr.client(request.record)
    return find.find_slots_for_visit(request.record, request.path["appointment_id"], query, client, claims, clock)


api.route("GET", "/providers")(lambda request: office_lists.list_providers(request.record, ehr.client(request.record)))
api.route("GET", "/operatories")(
    lambda request: office_lists.list_operatories(request.record, ehr.client(request.record))
)
api.route("GET", "/services")(lambda request: office_lists.list_services(request.record))

lambda_handler = api.resolve
