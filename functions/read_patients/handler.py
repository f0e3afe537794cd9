"""Control API: who is calling, and what is booked."""

from openchair import log
from openchair.clients.factory import CALLER_SECONDS, CALLER_TIMEOUTS, EhrClients
from openchair.http_api import Answer, ControlApi, PracticeRequest
from openchair.models.person import PatientQuery
from openchair.records import search_patients
from openchair.settings import settings
from openchair.store.ehr_stores import ehr_stores
from openchair.store.practice_store import PracticeStore
from openchair.store.system_clock import SystemClock
from openchair.visits import patient_visits

clock = SystemClock()
ehr = EhrClients(*ehr_stores(clock), settings, clock, log.audit_ehr_call, CALLER_TIMEOUTS, CALLER_SECONDS)
api = ControlApi(PracticeStore())


@api.route("POST", "/patients/search")
def search(request: PracticeRequest) -> Answer:
    query = request.json(PatientQuery)
    return search_patients(request.record, query, ehr.client(request.record))


@api.route("GET", "/patients/<patient_id>/visits")
def visits(request: PracticeRequest) -> Answer:
    return patient_visits(request.record, request.path["patient_id"], ehr.client(request.record), clock)


lambda_handler = api.resolve
