"""The simulated service without its sockets: who is let in, what strikes, what is answered, what happens later."""

import json
import re
import threading
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import lru_cache, partial
from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tools.simulators.common.clock import Clock
from tools.simulators.common.faults import Fault, FaultScript
from tools.simulators.common.journal import Journal, Received, Reply
from tools.simulators.common.overlays import Overlay, overlaid
from tools.simulators.common.striking import Striking
from tools.simulators.nexhealth import (  # noqa: F401 - importing a routes module registers its routes
    delivery,
    errors,
    routes_appointments,
    routes_hours,
    routes_patients,
    routes_setup,
    routes_slots,
    routes_webhooks,
    staff,
)
from tools.simulators.nexhealth.accounts import Account
from tools.simulators.nexhealth.calls import Answer, Call, find
from tools.simulators.nexhealth.ehr import Ehr
from tools.simulators.nexhealth.errors import ApiError
from tools.simulators.nexhealth.faults import KINDS
from tools.simulators.nexhealth.institution import Institution, Settings
from tools.simulators.nexhealth.load import load_institution
from tools.simulators.nexhealth.rates import Rates, RateSettings, buckets_of
from tools.simulators.nexhealth.switches import Switches
from tools.simulators.nexhealth.versions import shown_in, version_of
from tools.simulators.nexhealth.webhooks import Hub
from tools.simulators.practice_data import generate

API_KEY, SUBDOMAIN = "SimNexHealthKey0001", "juniper-falls"
_AUTHENTICATE = "/authenticates"
_LIBRARY = re.compile(r"python-|urllib|curl|java|go-http-client|okhttp|$", re.IGNORECASE)
_FRONT_END_PAGE = b"<!DOCTYPE html><html><head><title>Access denied</title></head><body>Error 1010</body></html>"
_JSON_TYPE = {"Content-Type": "application/vnd.Nexhealth+json;version=2"}
_TEXT_TYPE = {"Content-Type": "text/plain; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class InstitutionSpec:
    """An institution to invent: one subdomain, one seeded practice, one EHR behind all its locations."""

    subdomain: str = SUBDOMAIN
    seed: int = 7
    patients: int = 200
    timezone: str = "America/Denver"
    canary: bool = False
    locations: int = 1
    ehr: str = "opendental"
    api_key: str = API_KEY


@dataclass(slots=True)
class ApiRequest(Received):
    """A request as remembered, with whose it was and which rate buckets were full; never with a key or token."""

    subdomain: str | None = None
    full_buckets: list[str] = field(default_factory=list)


class Simulator:
    """All accounts of one process. `handle` is safe to call from many threads."""

    def __init__(
        self,
        specs: list[InstitutionSpec],
        *,
        rates: RateSettings | None = None,
        switches: Switches | None = None,
        now: datetime | None = None,
        frozen: bool = False,
    ) -> None:
        """`now` (aware) starts the clock there instead of at the real time; `frozen` stops it until it is moved."""
        if len({spec.subdomain for spec in specs}) != len(specs):
            raise ValueError("subdomains must differ")
        self.specs = specs
        self.lock = threading.RLock()
        self.faults = FaultScript(KINDS, scope="subdomain")
        self.requests = Journal(ApiRequest)
        self.accounts: dict[str, Account] = {}
        self.overlays: list[Overlay] = []
        self._start = (rates or RateSettings(), switches or Switches(), now, frozen)
        self._pumping = threading.RLock()
        self.settings = Settings(self._start[1], Clock(now))
        self.reset()

    def reset(self) -> None:
        """Everything as at the start: data, clock, switches, faults, EHRs, tokens, webhooks, memory."""
        rates, switches, now, frozen = self._start
        with self._pumping, self.lock:
            self.settings = Settings(switches, Clock(now))
            self.settings.clock.freeze(frozen)
            if now is not None:
                self.settings.clock.set(now)
            self.faults.clear()
            self.requests.clear()
            self.overlays.clear()
            self.accounts.clear()
            started = self.settings.clock.now().astimezone(UTC)
            for number, spec in enumerate(self.specs, start=1):
                account = self._account(spec.api_key, rates)
                today = started.astimezone(ZoneInfo(spec.timezone)).date()
                institution = _template(spec, number, today).copied(self.settings)
                institution.publish = partial(account.hub.publish, institution)
                account.institutions[spec.subdomain] = institution
                account.ehrs[spec.subdomain] = Ehr(institution, started)

    @property
    def first_institution(self) -> Institution:
        spec = self.specs[0]
        return self.accounts[spec.api_key].institutions[spec.subdomain]

    def reseed(self, subdomain: str, values: dict[str, Any]) -> None:
        """Invent another practice for the subdomain and start over; raises ValueError for a wrong value."""
        changeable = {"seed", "patients", "timezone", "canary", "locations", "ehr"}
        if set(values) - changeable:
            raise ValueError(f"a seed may hold {', '.join(sorted(changeable))}")
        self.account_of(subdomain)
        before = self.specs
        self.specs = [replace(spec, **values) if spec.subdomain == subdomain else spec for spec in before]
        try:
            self.reset()
        except (ValueError, TypeError, ZoneInfoNotFoundError) as error:
            self.specs = before
            self.reset()
            raise ValueError(str(error)) from error

    def account_of(self, subdomain: str) -> Account:
        """Raises ValueError for a subdomain that is not there."""
        for account in self.accounts.values():
            if subdomain in account.institutions:
                return account
        raise ValueError("there is no such subdomain")

    # --- time

    def settle(self) -> None:
        """Let every EHR do what is due by now."""
        with self.lock:
            now = self.settings.clock.now()
            for account in self.accounts.values():
                for ehr in account.ehrs.values():
                    while (due := ehr.next_due()) <= now:
                        ehr.step(due)

    def pump(self) -> None:
        """Settle, and send what is due to webhook receivers. The data are not locked while a receiver answers."""
        with self._pumping:
            self.settle()
            for account in list(self.accounts.values()):
                while self._deliver_one(account):
                    pass

    def move_clock(self, target: datetime) -> None:
        """Forward step by step, each thing at its own time; backward at once."""
        clock = self.settings.clock
        with self._pumping:
            frozen = clock.frozen
            if target >= clock.now():
                clock.freeze(frozen=True)
                while (due := self._next_due()) is not None and due <= target:
                    clock.set(max(due, clock.now()))
                    self.pump()
            clock.set(target)
            clock.freeze(frozen)
            with self.lock:
                for account in self.accounts.values():
                    for ehr in account.ehrs.values():
                        ehr.rewind(target)

    def _next_due(self) -> datetime | None:
        with self.lock:
            moments = [ehr.next_due() for account in self.accounts.values() for ehr in account.ehrs.values()]
            moments += [due for account in self.accounts.values() if (due := account.hub.next_due()) is not None]
        return min(moments, default=None)

    def _deliver_one(self, account: Account) -> bool:
        with self.lock:
            sending = account.hub.take_due(self.settings.clock.now())
        if sending is None:
            return False
        status = delivery.send(sending)
        with self.lock:
            account.hub.answered(sending.delivery, status, self.settings.clock.now())
        return True

    # --- requests

    def handle(
        self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes, base_url: str
    ) -> Reply:
        """Answer one request to `path`."""
        self.settle()
        received = self.requests.remember(self.settings.clock.now().isoformat(), method, path, _pairs(query), body)
        try:
            reply = self._answer(received, query, headers, body)
        except ApiError as error:
            reply = self._error_reply(error)
        except Exception:  # a defect of ours must look like a server's, and be found in the request log
            received.error = traceback.format_exc()
            reply = self._error_reply(errors.SERVER_ERROR())
        received.status = reply.status
        received.finished = time.monotonic()
        return reply

    def _answer(self, received: ApiRequest, query: str, headers: Mapping[str, str], body: bytes) -> Reply:
        if self.settings.switches.front_end == "guarded" and _LIBRARY.match(headers.get("User-Agent", "")):
            return Reply(403, _FRONT_END_PAGE, {"Content-Type": "text/html; charset=UTF-8"})
        version = version_of(headers)
        if version is None:
            raise errors.NO_VERSION()
        authenticates = (received.method, received.path) == ("POST", _AUTHENTICATE)
        authorization = headers.get("Authorization", "")
        with self.lock:
            account = self._account_by_key(authorization) if authenticates else self._account_by_token(authorization)
            subdomain = received.query.get("subdomain")
            received.subdomain = subdomain if subdomain in account.institutions else None
            buckets = buckets_of(received.method, received.path, self.settings.switches)
            full = account.rates.admit(buckets, self.settings.clock.now(), self.settings.switches)
        received.full_buckets = list(full)
        if account.rates.refuses(full):
            return self._too_many()
        faults = self.faults.striking(received.method, received.path, query, received.subdomain)
        received.faults = [f"{fault.kind}_{fault.when}" for fault in faults]
        striking = Striking(partial(self._act, received.subdomain), self._refused)
        spoiled = striking.before(faults)
        if spoiled is not None:
            return spoiled
        if authenticates:
            return striking.after(faults, self._authenticated(account))
        return striking.after(faults, self._reply(account, version, received, headers, body))

    def _account(self, api_key: str, rates: RateSettings) -> Account:
        if api_key not in self.accounts:
            hub = Hub(self.settings, seed=api_key)
            self.accounts[api_key] = Account(api_key, self.settings, Rates(rates), hub)
        return self.accounts[api_key]

    def _account_by_key(self, key: str) -> Account:
        account = self.accounts.get(key)
        if account is None or not account.enabled:
            raise errors.BAD_CREDENTIALS()
        return account

    def _account_by_token(self, authorization: str) -> Account:
        switches, now = self.settings.switches, self.settings.clock.now()
        token = authorization.removeprefix("Bearer ")
        bare = token == authorization
        for account in self.accounts.values():
            if account.knows(token, now) and (not bare or switches.no_bearer == "accept"):
                return account
            if account.enabled and token == account.api_key and switches.raw_key == "accept":
                return account
        raise errors.BAD_CREDENTIALS()

    def _authenticated(self, account: Account) -> Reply:
        with self.lock:
            token = account.issue_token(self.settings.clock.now())
        document = {"code": True, "description": "Authenticated", "error": [], "data": {"token": token}, "count": 1}
        return Reply(201, _json(document), _JSON_TYPE)

    def _reply(
        self, account: Account, version: str, received: ApiRequest, headers: Mapping[str, str], body: bytes
    ) -> Reply:
        """Let the route do its work under the lock."""
        try:
            found, ids = find(received.method, received.path)
            document = _parsed(received.method, headers, body)
            with self.lock:
                known = found.known - set(self.settings.switches.ignored_parameters.split(","))
                heard = {name: value for name, value in received.query.items() if name in known}
                call = Call(account, version, heard, document, ids)
                if found.subdomain != "ignored":
                    call.resolve(required=found.subdomain == "required")
                answer = found.handler(call)
                ignored = sorted(set(received.query) - known)
                return self._encoded(answer, version, received.path, ignored)
        except ApiError as error:
            return self._error_reply(error)

    def _encoded(self, answer: Answer, version: str, path: str, ignored: list[str]) -> Reply:
        if answer.status == 204:
            return Reply(204)
        notice = f"Note that following parameters are ignored: {', '.join(ignored)}." if ignored else None
        in_error = self.settings.switches.ignored_notice == "error"
        document: dict[str, Any] = {
            "code": True,
            "description": None if in_error else notice,
            "error": [notice] if in_error and notice else [],
            "data": shown_in(version, overlaid(self.overlays, path, answer.data), self.settings.switches),
        }
        if answer.page_info is not None:
            document["page_info"] = answer.page_info
        else:
            document["count"] = answer.count
        return Reply(answer.status, _json(document), _JSON_TYPE)

    def _error_reply(self, error: ApiError, headers: Mapping[str, str] | None = None) -> Reply:
        document = {"code": False, "description": None, "data": None, "error": error.texts}
        return Reply(error.status, _json(document), {**_JSON_TYPE, **(headers or {})})

    def _too_many(self, retry_after: int | None = None) -> Reply:
        seconds = retry_after if retry_after is not None else self.settings.switches.retry_after_seconds
        headers = {"Retry-After": str(seconds)} if seconds else {}
        error = errors.TOO_MANY_REQUESTS()
        match self.settings.switches.rate_body:
            case "text":
                return Reply(429, error.texts[0].encode(), {**_TEXT_TYPE, **headers})
            case "empty":
                return Reply(429, headers=headers)
            case _:
                return self._error_reply(error, headers)

    def _act(self, subdomain: str | None, action: dict[str, Any]) -> None:
        with self.lock:
            spec = self.specs[0]
            chosen = str(action.get("subdomain") or subdomain or spec.subdomain)
            staff.act(self.account_of(chosen).ehrs[chosen], action)

    def _refused(self, fault: Fault) -> Reply:
        text = fault.body
        match fault.kind:
            case "too_many_requests":
                return self._too_many(fault.retry_after)
            case "timed_out":
                return self._error_reply(errors.TIMED_OUT())
            case "unauthorized":
                return self._error_reply(errors.BAD_CREDENTIALS())
            case "code_false":
                return self._error_reply(ApiError(200 if fault.status == 500 else fault.status, text or "Not accepted"))
            case _:
                headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
                return self._error_reply(ApiError(fault.status, text or errors.SERVER_ERROR.text), headers)


@lru_cache(maxsize=8)
def _template(spec: InstitutionSpec, number: int, today: date) -> Institution:
    """The institution as invented; copied for every start, because inventing takes longer."""
    data = generate(spec.seed, spec.patients, today, spec.timezone, canary=spec.canary, clinics=max(1, spec.locations))
    return load_institution(data, number, spec.subdomain, spec.ehr, Settings(Switches(), Clock()))


def _pairs(query: str) -> dict[str, Any]:
    """Texts by name, and lists under names that end in []."""
    found: dict[str, Any] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name.endswith("[]"):
            found.setdefault(name, []).append(value)
        else:
            found[name] = value
    return found


def _json(payload: Any) -> bytes:
    return json.dumps(payload, ensure_ascii=False).encode(errors="replace")


def _parsed(method: str, headers: Mapping[str, str], body: bytes) -> Any:
    if method in ("GET", "DELETE"):
        return None
    kind = headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if body and kind != "application/json":
        raise errors.BAD_CONTENT_TYPE(kind=kind or "none")
    try:
        return json.loads(body) if body else {}
    except (ValueError, RecursionError):
        raise errors.BAD_JSON() from None
