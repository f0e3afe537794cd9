"""Control API: open slots for a service or for moving a visit, and the providers, chairs and services behind them."""

from openchair import log
from openchair.clients.factory import CALLER_SECONDS, CALLER_TIMEOUTS, EhrClients
from openchair.http_api import Answer, ControlApi, PracticeRequest
from openchair.settings import settings
from openchair.slots import book, find, office_lists
from openchair.slots.find import MoveQuery, SlotQuery
from openchair.store.claim_store import DynamoClaims
from openchair.store.ehr_stores import ehr_stores
from openchair.store.practice_store import PracticeStore
from openchair.store.system_clock import SystemClock

clock, claims = SystemClock(), DynamoClaims()
ehr = EhrClients(*ehr_stores(clock), settings, clock, log.audit_ehr_call, CALLER_TIMEOUTS, CALLER_SECONDS)
api = ControlApi(PracticeStore())


def _book(request: PracticeRequest) -> book.LiveBook:
    return book.LiveBook(ehr.client(request.record), claims, request.record)


@api.route("GET", "/slots", SlotQuery)
def find_slots(request: PracticeRequest) -> Answer:
    return find.find_slots(request.record, request.query(SlotQuery), _book(request), clock)


@api.route("GET", "/visits/<appointment_id>/slots", MoveQuery)
def find_slots_for_visit(request: PracticeRequest) -> Answer:
    query, visit_id = request.query(MoveQuery), request.path["appointment_id"]
    return find.find_slots_for_visit(request.record, visit_id, query, _book(request), clock)


api.route("GET", "/providers")(lambda request: office_lists.list_providers(request.record, ehr.client(request.record)))
api.route("GET", "/operatories")(
    lambda request: office_lists.list_operatories(request.record, ehr.client(request.record))
)
api.route("GET", "/services")(lambda request: office_lists.list_services(request.record))

lambda_handler = api.resolve
