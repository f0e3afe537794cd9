"""The simulated service without its sockets: who is let in, what strikes, what is answered, what is remembered."""

import json
import re
import threading
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache, partial
from typing import Any, Literal
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from tools.simulators.common.clock import Clock
from tools.simulators.common.faults import Fault, FaultScript
from tools.simulators.common.journal import Journal, Received, Reply
from tools.simulators.common.overlays import Overlay, overlaid
from tools.simulators.common.striking import Striking
from tools.simulators.open_dental import (  # noqa: F401 - importing a routes module registers its routes
    errors,
    routes_appointment_actions,
    routes_appointments,
    routes_extras,
    routes_patients,
    routes_setup,
    routes_slots,
    staff,
)
from tools.simulators.open_dental.calls import NOTHING, Answer, Call, find
from tools.simulators.open_dental.errors import ApiError
from tools.simulators.open_dental.faults import KINDS
from tools.simulators.open_dental.load import load_office
from tools.simulators.open_dental.office import Office, Settings
from tools.simulators.open_dental.switches import Switches
from tools.simulators.open_dental.throttle import Throttle, ThrottleSettings
from tools.simulators.practice_data import generate

API_ROOT = "/api/v1"
DEVELOPER_KEY, CUSTOMER_KEY = "SimDeveloper0001", "SimCustomer00001"
_LARGEST_BODY = 16_800_000


@dataclass(frozen=True, slots=True)
class OfficeSpec:
    """An office to invent: one customer key, one seeded practice."""

    customer_key: str = CUSTOMER_KEY
    seed: int = 7
    patients: int = 200
    timezone: str = "America/Denver"
    canary: bool = False
    clinics: int | None = None
    first_patient_id: int | None = None


@dataclass(slots=True)
class OfficeRequest(Received):
    """A request as remembered, with whose it was and what the throttle made of it."""

    office: str | None = None
    early: bool = False
    waited: float = 0.0


class Simulator:
    """All offices of one process. `handle` is safe to call from many threads."""

    def __init__(
        self,
        specs: list[OfficeSpec],
        *,
        developer_key: str = DEVELOPER_KEY,
        throttle: ThrottleSettings | None = None,
        switches: Switches | None = None,
        now: datetime | None = None,
    ) -> None:
        """`now` (aware) starts the clock there instead of at the real time; the practices are invented for its day."""
        self.specs = specs
        self.developer_key = developer_key
        self.lock = threading.RLock()
        self.faults = FaultScript(KINDS, scope="office")
        self.requests = Journal(OfficeRequest)
        self.overlays: list[Overlay] = []
        self.offices: dict[str, Office] = {}
        self.disabled_keys: set[str] = set()
        self._start = (throttle or ThrottleSettings(), switches or Switches(), now)
        self.settings = Settings(self._start[1], Clock(now))
        self.reset()

    def reset(self) -> None:
        """Everything as at the start: data, clock, switches, faults, rights, memory."""
        throttle, switches, now = self._start
        with self.lock:
            self.settings = Settings(switches, Clock(now))
            self.faults.clear()
            self.overlays.clear()
            self.requests.clear()
            self.disabled_keys.clear()
            for spec in self.specs:
                today = self.settings.clock.now().astimezone(ZoneInfo(spec.timezone)).date()
                office = _template(spec, today, switches.server_clock).copied(self.settings)
                office.throttle = Throttle(throttle)
                self.offices[spec.customer_key] = office

    @property
    def first_office(self) -> Office:
        return self.offices[self.specs[0].customer_key]

    def handle(
        self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes, base_url: str
    ) -> Reply:
        """Answer one request to `path` (below /api/v1)."""
        received = self._remember(method, path, query, body)
        try:
            reply = self._answer(received, query, headers, body, base_url)
        except ApiError as error:
            reply = self._error_reply(error)
        except Exception:  # a defect of ours must look like a server's, and be found in the request log
            received.error = traceback.format_exc()
            reply = self._error_reply(ApiError(500, "An unexpected error occurred."))
        received.status = reply.status
        received.finished = time.monotonic()
        return reply

    def _answer(
        self, received: OfficeRequest, query: str, headers: Mapping[str, str], body: bytes, base_url: str
    ) -> Reply:
        office = self._office_of(headers.get("Authorization", ""))
        received.office = office.customer_key
        if len(body) > _LARGEST_BODY:
            raise errors.BODY_TOO_LARGE()
        admission = office.throttle.enter()
        received.early, received.waited = admission.early, admission.waited
        try:
            if not admission.admitted:
                return self._too_many(office.throttle.settings.retry_after)
            faults = self.faults.striking(received.method, received.path, query, office.customer_key)
            received.faults = [f"{fault.kind}_{fault.when}" for fault in faults]
            striking = Striking(partial(self._act, office), self._refused)
            spoiled = striking.before(faults)
            if spoiled is not None:
                return spoiled
            return striking.after(faults, self._reply(office, received, headers, body, base_url))
        finally:
            office.throttle.leave()

    def _office_of(self, authorization: str) -> Office:
        match = re.fullmatch(r"ODFHIR ([^/\s]+)/([^/\s]+)", authorization)
        if match is None or match[1] != self.developer_key or match[2] in self.disabled_keys:
            raise errors.UNAUTHORIZED()
        office = self.offices.get(match[2])
        if office is None and self.settings.switches.unknown_key == "not_assigned":
            raise errors.KEY_NOT_ASSIGNED()
        if office is None:
            raise errors.UNAUTHORIZED()
        return office

    def _reply(
        self, office: Office, received: OfficeRequest, headers: Mapping[str, str], body: bytes, base_url: str
    ) -> Reply:
        """Let the route do its work under the lock."""
        try:
            switches = self.settings.switches
            typed = headers.get("Content-Type", "").partition(";")[0].strip().lower() == "application/json"
            if not typed and (received.method != "GET" or switches.content_type_on_get == "require"):
                raise errors.BAD_CONTENT_TYPE()
            found = find(received.method, received.path, ignore_case=switches.path_case == "insensitive")
            call = Call(office, received.query, _parsed(received.method, body), found.ids, base_url, self._cap(office))
            with self.lock:
                if found.route.permission not in office.permissions:
                    raise errors.PERMISSION_MISSING(permission=found.route.permission)
                answer = found.route.handler(call)
                return self._encoded(replace(answer, payload=overlaid(self.overlays, received.path, answer.payload)))
        except ApiError as error:
            return self._error_reply(error)

    def _cap(self, office: Office) -> int:
        return self.settings.switches.page_cap or (1000 if office.throttle.settings.tier == "enterprise" else 100)

    def _encoded(self, answer: Answer) -> Reply:
        headers = {"Location": answer.location} if answer.location else {}
        if answer.payload is NOTHING:
            return Reply(answer.status, headers=headers)
        return Reply(answer.status, _json(answer.payload), {**headers, **_JSON_TYPE})

    def _error_reply(self, error: ApiError, headers: Mapping[str, str] | None = None) -> Reply:
        if self.settings.switches.error_body == "raw":
            return Reply(error.status, error.text.encode(), {**_TEXT_TYPE, **(headers or {})})
        return Reply(error.status, _json(error.text), {**_JSON_TYPE, **(headers or {})})

    def _too_many(self, retry_after: int | None) -> Reply:
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        return self._error_reply(errors.TOO_MANY_REQUESTS(), headers)

    def _act(self, office: Office, action: dict[str, Any]) -> None:
        with self.lock:
            staff.act(office, action)

    def _refused(self, fault: Fault) -> Reply:
        match fault.kind:
            case "offline":
                error = errors.OFFICE_OFFLINE()
                status = self.settings.switches.offline_status
                return self._error_reply(ApiError(status, fault.body or error.text))
            case "too_many_requests":
                return self._too_many(fault.retry_after)
            case "timed_out":
                return self._error_reply(errors.TIMED_OUT())
            case _:
                headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
                return self._error_reply(ApiError(fault.status, fault.body or "An unexpected error occurred."), headers)

    def _remember(self, method: str, path: str, query: str, body: bytes) -> OfficeRequest:
        pairs = dict(parse_qsl(query, keep_blank_values=True))
        return self.requests.remember(self.settings.clock.now().isoformat(), method, path, pairs, body)


_JSON_TYPE = {"Content-Type": "application/json; charset=utf-8"}
_TEXT_TYPE = {"Content-Type": "text/plain; charset=utf-8"}


@lru_cache(maxsize=4)
def _template(spec: OfficeSpec, today: date, server_clock: Literal["office", "utc"]) -> Office:
    """The office as invented; copied for every start, because inventing takes longer."""
    start_ids = {} if spec.first_patient_id is None else {"patients": spec.first_patient_id}
    data = generate(
        spec.seed,
        spec.patients,
        today,
        spec.timezone,
        canary=spec.canary,
        start_ids=start_ids,
        clinics=spec.clinics,
    )
    return load_office(data, spec.customer_key, Settings(Switches(server_clock=server_clock), Clock()))


def _json(payload: Any) -> bytes:
    return json.dumps(payload, ensure_ascii=False).encode(errors="replace")


def _parsed(method: str, body: bytes) -> dict[str, Any]:
    if method == "GET":
        return {}
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise errors.BAD_JSON() from None
    if not isinstance(document, dict):
        raise errors.BODY_NOT_AN_OBJECT()
    return document
