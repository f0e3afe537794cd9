"""NexHealth's Synchronizer API v3.0.0 as its clients see it, for several institutions behind one API key."""

import base64
import hashlib
import hmac
import json
import re
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

from tools.simulators.nexhealth.load import load_tenant
from tools.simulators.nexhealth.records import Appointment, Location, Patient, System, Tenant, Write
from tools.simulators.nexhealth.system import settle
from tools.simulators.nexhealth.throttle import Throttle
from tools.simulators.open_dental.faults import Fault, FaultScript
from tools.simulators.open_dental.office import Clock
from tools.simulators.practice_data import generate
from tools.simulators.sockets import Reply

API_KEY = "sim-nexhealth-key"
VERSIONS = ("v3.0.0", "v20240412")
_JSON = {"Content-Type": "application/vnd.Nexhealth+json;version=2"}
_HTML = "<html><body>Something went wrong</body></html>"
_LARGEST_PAGE = 1000
_CONTROLS_NEED_NO_SUBDOMAIN = ("authenticates", "institutions", "locations", "sync_status")


@dataclass(frozen=True, slots=True)
class TenantSpec:
    """How an institution is made. Those of one simulator share its API key."""

    subdomain: str = "birch"
    seed: int = 11
    patients: int = 200
    timezone: str = "America/New_York"


@dataclass(slots=True)
class Received:
    """A request as remembered."""

    number: int
    at: str
    method: str
    path: str
    query: dict[str, list[str]]
    body: Any
    status: int = 0
    faults: list[str] = field(default_factory=list)


class Refusal(Exception):
    """An answer that is not 2xx, or one that says so in its envelope."""

    def __init__(self, status: int, *texts: str) -> None:
        super().__init__(*texts)
        self.status = status
        self.texts = list(texts)


@dataclass(frozen=True, slots=True)
class Call:
    """`tenant` is None where the vendor asks for no subdomain."""

    tenant: Tenant | None
    query: Mapping[str, Sequence[str]]
    body: Mapping[str, Any]
    ids: tuple[int, ...]

    def one(self, name: str, default: str | None = None) -> str | None:
        return self.query[name][0] if self.query.get(name) else default

    def flag(self, name: str) -> bool | None:
        text = self.one(name)
        return None if text is None else text.lower() == "true"

    @property
    def practice(self) -> Tenant:
        if self.tenant is None:
            raise Refusal(400, "Missing parameter subdomain")
        return self.tenant

    def location(self) -> Location:
        text = self.one("location_id")
        if text is None:
            raise Refusal(400, "Missing parameter location_id")
        found = self.practice.locations.get(int(text)) if text.isdigit() else None
        if found is None:
            raise Refusal(403, "You don't have access to perform this action.")
        return found


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    data: Any
    rows: bool = False


class Simulator:
    """All institutions of one API key. `handle` is safe to call from many threads."""

    def __init__(
        self,
        specs: Sequence[TenantSpec] = (TenantSpec(),),
        *,
        api_key: str = API_KEY,
        now: datetime | None = None,
        token_seconds: float = 3600.0,
        is_throttled: bool = True,
    ) -> None:
        self.specs = list(specs)
        self.api_key = api_key
        self.lock = threading.RLock()
        self.faults = FaultScript()
        self.token_seconds = token_seconds
        self._start = now
        self._is_throttled = is_throttled
        self._signing_key = secrets.token_bytes(16)
        self.reset()

    def reset(self) -> None:
        with self.lock:
            self.faults.clear()
            self.clock = Clock(self._start)
            self.throttle = Throttle(self._is_throttled)
            self.requests: list[Received] = []
            self.authenticated = 0
            self.tokens_refused_before = 0.0
            self.tenants: dict[str, Tenant] = {}
            for number, spec in enumerate(self.specs, 1):
                today = self.clock.now().astimezone(ZoneInfo(spec.timezone)).date()
                data = generate(spec.seed, spec.patients, today, spec.timezone)
                self.tenants[spec.subdomain] = load_tenant(data, spec.subdomain, number, System())

    @property
    def first(self) -> Tenant:
        return self.tenants[self.specs[0].subdomain]

    # -------------------------------------------------------------------------------------------- requests

    def handle(self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """`path` begins with a slash; header names are in title case."""
        pairs = parse_qs(query, keep_blank_values=True)
        with self.lock:
            received = Received(
                len(self.requests) + 1, self.clock.now().isoformat(), method, path, pairs, _parsed(body)
            )
            self.requests.append(received)
            faults = self.faults.striking(method, path, query, None)
        received.faults = [f"{fault.kind}_{fault.when}" for fault in faults]
        reply = next(filter(None, (_spoiled(fault) for fault in faults if fault.when == "before")), None)
        if reply is None:
            reply = self._answered(method, path, pairs, headers, received.body)
            for fault in faults:
                if fault.when == "after":
                    reply = _spoiled(fault, reply) or reply
        received.status = reply.status
        return reply

    def _answered(
        self, method: str, path: str, query: Mapping[str, Sequence[str]], headers: Mapping[str, str], body: Any
    ) -> Reply:
        with self.lock:
            now = self.clock.now()
            for tenant in self.tenants.values():
                settle(tenant, now)
            try:
                if headers.get("Nex-Api-Version", "") not in VERSIONS:
                    raise Refusal(404, "Resource not found")
                if not self.throttle.admits(method, path):
                    raise Refusal(429, "Too many requests")
                if path.strip("/") == "authenticates":
                    return self._authenticate(method, headers)
                self._check_token(headers)
                answer, query_names = self._routed(method, path, query, body)
            except Refusal as refusal:
                return _reply(
                    refusal.status, {"code": False, "description": None, "error": refusal.texts, "data": None}
                )
            return self._enveloped(answer, query, query_names)

    def _authenticate(self, method: str, headers: Mapping[str, str]) -> Reply:
        if method != "POST" or headers.get("Authorization") != self.api_key:
            raise Refusal(401, "Invalid Credentials")
        self.authenticated += 1
        issued = self.clock.now().timestamp()
        claims = {
            "sub": "1",
            "scp": "api_user",
            "iat": issued,
            "exp": issued + self.token_seconds,
            "jti": secrets.token_hex(8),
        }
        signed = f"{_part({'alg': 'HS256'})}.{_part(claims)}"
        token = f"{signed}.{self._signature(signed)}"
        return _reply(201, {"code": True, "description": "Authenticated", "error": [], "data": {"token": token}})

    def _check_token(self, headers: Mapping[str, str]) -> None:
        scheme, _, token = headers.get("Authorization", "").partition(" ")
        signed, _, signature = token.rpartition(".")
        if scheme != "Bearer" or not hmac.compare_digest(signature, self._signature(signed)):
            raise Refusal(401, "Invalid Credentials")
        body = signed.partition(".")[2]
        claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        now = self.clock.now().timestamp()
        if claims["exp"] <= now or claims["iat"] < self.tokens_refused_before:
            raise Refusal(401, "Signature has expired")

    def _signature(self, signed: str) -> str:
        digest = hmac.digest(self._signing_key, signed.encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

    def _routed(
        self, method: str, path: str, query: Mapping[str, Sequence[str]], body: Any
    ) -> tuple[Answer, frozenset[str]]:
        found = next((route for route in _ROUTES if route.method == method and route.pattern.fullmatch(path)), None)
        if found is None:
            raise Refusal(404, "Resource not found")
        match = found.pattern.fullmatch(path)
        assert match is not None
        tenant = self._tenant(path, query)
        call = Call(tenant, query, body if isinstance(body, dict) else {}, tuple(int(one) for one in match.groups()))
        return found.act(self, call), found.names

    def _tenant(self, path: str, query: Mapping[str, Sequence[str]]) -> Tenant | None:
        given = query.get("subdomain")
        if not given:
            if path.strip("/").split("/", 1)[0] in _CONTROLS_NEED_NO_SUBDOMAIN:
                return None
            raise Refusal(400, "Missing parameter subdomain")
        if given[0] not in self.tenants:
            raise Refusal(403, "You don't have access to perform this action.")
        return self.tenants[given[0]]

    def _enveloped(self, answer: Answer, query: Mapping[str, Sequence[str]], known: frozenset[str]) -> Reply:
        envelope: dict[str, Any] = {"code": True, "description": None, "error": [], "data": answer.data}
        ignored = sorted(set(query) - known - {"subdomain"})
        if ignored:
            envelope["description"] = f"Note that following parameters are ignored: {', '.join(ignored)}."
        if answer.rows:
            rows, info = _page(answer.data, query)
            envelope |= {"data": rows, "page_info": info}
        else:
            envelope["count"] = len(answer.data) if isinstance(answer.data, list) else 1
        return _reply(answer.status, envelope)

    # ---------------------------------------------------------------------------------------------- routes

    def locations(self, call: Call) -> Answer:
        tenants = [call.tenant] if call.tenant else list(self.tenants.values())
        return Answer(200, [
            {"id": one.id, "name": one.subdomain.title(), "subdomain": one.subdomain,
             "locations": [_location(place, one) for place in one.locations.values()]}
            for one in tenants
        ])  # fmt: skip

    def location(self, call: Call) -> Answer:
        for tenant in self.tenants.values():
            if call.ids[0] in tenant.locations:
                return Answer(200, _location(tenant.locations[call.ids[0]], tenant))
        raise Refusal(404, "Location not found")

    def institutions(self, call: Call) -> Answer:
        return Answer(200, [
            {"id": one.id, "name": one.subdomain.title(), "subdomain": one.subdomain, "country_code": "US"}
            for one in self.tenants.values()
        ])  # fmt: skip

    def providers(self, call: Call) -> Answer:
        wants_inactive = call.flag("inactive")
        return Answer(
            200, [one for one in call.practice.providers if one["inactive"] is bool(wants_inactive)], rows=True
        )

    def operatories(self, call: Call) -> Answer:
        location = call.location()
        return Answer(200, [one for one in call.practice.operatories if one["location_id"] == location.id], rows=True)

    def appointment_types(self, call: Call) -> Answer:
        return Answer(200, call.practice.appointment_types)

    def working_hours(self, call: Call) -> Answer:
        location = call.location()
        return Answer(200, [one for one in call.practice.working_hours if one["location_id"] == location.id], rows=True)

    def sync_status(self, call: Call) -> Answer:
        wanted = {int(one) for one in call.query.get("location_ids[]", ())}
        tenants = [call.tenant] if call.tenant else list(self.tenants.values())
        rows = [
            _sync_status(place, tenant, self.clock.now())
            for tenant in tenants
            for place in tenant.locations.values()
            if not wanted or place.id in wanted
        ]
        return Answer(200, rows)

    def patients(self, call: Call) -> Answer:
        call.location()
        found: Iterable[Patient] = call.practice.patients.values()
        checks: list[Callable[[Patient], bool]] = []
        if name := call.one("name"):
            checks.append(lambda one: name.lower() in f"{one.first_name} {one.last_name}".lower())
        if email := call.one("email"):
            checks.append(lambda one: (one.email or "").lower() == email.lower())
        if phone := call.one("phone_number"):
            checks.append(lambda one: one.bio.get("phone_number") == phone)
        if born := call.one("date_of_birth"):
            checks.append(lambda one: one.bio.get("date_of_birth") == born)
        if foreign_id := call.one("foreign_id"):
            checks.append(lambda one: one.foreign_id == foreign_id)
        if (inactive := call.flag("inactive")) is not None:
            checks.append(lambda one: one.inactive is inactive)
        for field_name in ("non_patient", "new_patient"):
            if (wanted := call.flag(field_name)) is not None:
                checks.append(lambda one, name=field_name, is_so=wanted: bool(one.bio.get(name)) is is_so)  # type: ignore[misc]
        rows = [_patient(one, call.practice) for one in found if all(check(one) for check in checks)]
        return Answer(200, rows, rows=True)

    def patient(self, call: Call) -> Answer:
        found = call.practice.patients.get(call.ids[0])
        if found is None:
            raise Refusal(404, f"Patient with ID {call.ids[0]} not found")
        return Answer(200, _patient(found, call.practice))

    def create_patient(self, call: Call) -> Answer:
        call.location()
        person = call.body.get("patient")
        bio = person.get("bio") if isinstance(person, dict) else None
        if not isinstance(person, dict) or not isinstance(bio, dict) or not isinstance(call.body.get("provider"), dict):
            raise Refusal(400, "Missing parameter patient")
        for name in ("first_name", "last_name", "email"):
            if not person.get(name) and name != "email":
                raise Refusal(400, f"Missing parameter {name}")
        for name in ("date_of_birth", "phone_number"):
            if not bio.get(name):
                raise Refusal(400, f"Missing parameter {name}")
        phone = str(bio["phone_number"])[:10]
        if not re.fullmatch(r"[2-9]\d{9}", phone):
            raise Refusal(400, "User phone number is invalid")
        tenant = call.practice
        for one in tenant.patients.values():
            same = (
                one.first_name.lower(),
                one.last_name.lower(),
                one.bio.get("date_of_birth"),
                one.bio.get("phone_number"),
            )
            if same == (person["first_name"].lower(), person["last_name"].lower(), bio["date_of_birth"], phone):
                if call.body.get("return_existing_if_match"):
                    return Answer(200, {"user": _patient(one, tenant)})
                raise Refusal(400, "Patient already exists")
        made = Patient(
            tenant.new_id(), person["first_name"], person["last_name"], person.get("email") or None,
            {"gender": "Female", "new_patient": False, "non_patient": False, **bio, "phone_number": phone}, None,
        )  # fmt: skip
        tenant.patients[made.id] = made
        return Answer(201, {"user": _patient(made, tenant)})

    def appointments(self, call: Call) -> Answer:
        missing = [f"Missing parameter {name}" for name in ("start", "end") if call.one(name) is None]
        if missing:
            raise Refusal(400, *missing)
        location = call.location()
        start, end = _moment(call.one("start")), _moment(call.one("end"))
        of_patients = {int(one) for one in call.query.get("patient_ids[]", ())}
        of_chairs = {int(one) for one in call.query.get("operatory_ids[]", ())}
        since = _moment(call.one("updated_since")) if call.one("updated_since") else None
        cancelled, unavailable = call.flag("cancelled"), call.flag("unavailable")
        rows = [
            _appointment(one, call.practice)
            for one in call.practice.appointments.values()
            if one.location_id == location.id
            and start <= one.start < end
            and (not of_patients or one.patient_id in of_patients)
            and (not of_chairs or one.operatory_id in of_chairs)
            and cancelled in (None, one.cancelled)
            and unavailable in (None, one.unavailable)
            and (since is None or one.updated_at >= since)
        ]
        return Answer(200, rows, rows=True)

    def appointment(self, call: Call) -> Answer:
        return Answer(200, _appointment(self._row(call), call.practice))

    def create_appointment(self, call: Call) -> Answer:
        location, tenant, now = call.location(), call.practice, self.clock.now()
        asked = call.body.get("appt")
        if not isinstance(asked, dict):
            raise Refusal(400, "Missing parameter appt")
        for name in ("patient_id", "provider_id", "start_time"):
            if not asked.get(name):
                raise Refusal(400, f"Missing parameter {name}")
        person = tenant.patients.get(int(asked["patient_id"]))
        if person is None:
            raise Refusal(400, f"Patient with ID {asked['patient_id']} not found in location {location.id}")
        if person.inactive or person.bio.get("new_patient") or person.bio.get("non_patient"):
            raise Refusal(400, "Patient is inactive, new_patient or non_patient")
        if int(asked["provider_id"]) not in {one["id"] for one in tenant.providers}:
            raise Refusal(400, "Provider is invalid")
        chair = asked.get("operatory_id")
        if chair is not None and int(chair) not in {one["id"] for one in tenant.operatories}:
            raise Refusal(400, "Operatory is invalid")
        start = _moment(asked["start_time"])
        end = _moment(asked["end_time"]) if asked.get("end_time") else start + timedelta(minutes=15)
        if start <= now:
            raise Refusal(400, "Start time can't be in the past")
        if len(asked.get("note") or "") > 128:
            raise Refusal(400, "Note is too long")
        row = Appointment(
            tenant.new_id(), person.id, int(asked["provider_id"]), None if chair is None else int(chair), location.id,
            start, end, asked.get("note") or "", asked.get("appointment_type_id"), now, now,
        )  # fmt: skip
        tenant.appointments[row.id] = row
        if location.system.writes_appointments:
            location.system.writes.append(Write(now + location.system.delay, row.id, is_new=True))
        return Answer(201, {"appt": _appointment(row, tenant), "stripe_client_secret": None})

    def change_appointment(self, call: Call) -> Answer:
        row, now = self._row(call), self.clock.now()
        asked = call.body.get("appt")
        if not isinstance(asked, dict) or not asked:
            raise Refusal(400, "Missing parameter appt")
        location = call.practice.locations[row.location_id]
        moves = {"start_time", "end_time", "operatory_id", "note"} & set(asked)
        if moves and not location.system.edits_appointments:
            raise Refusal(400, "Editing appointments is not supported by this EHR")
        if asked.get("cancelled") and row.cancelled:
            raise Refusal(400, "Appointment already cancelled")
        length = row.end - row.start
        if "start_time" in asked:
            row.start = _moment(asked["start_time"])
            row.end = row.start + length
        if "end_time" in asked:
            row.end = _moment(asked["end_time"])
        if asked.get("operatory_id"):
            row.operatory_id = int(asked["operatory_id"])
        row.note = asked.get("note", row.note)
        row.cancelled = bool(asked.get("cancelled", row.cancelled))
        row.confirmed = row.confirmed or bool(asked.get("confirmed"))
        row.updated_at = now
        if location.system.writes_appointments:
            row.asked |= asked
            location.system.writes.append(Write(now + location.system.delay, row.id, is_new=False))
        return Answer(200, {"appt": _appointment(row, call.practice), "stripe_client_secret": None})

    def _row(self, call: Call) -> Appointment:
        found = call.practice.appointments.get(call.ids[0])
        if found is None:
            raise Refusal(404, "Appointment not found")
        return found


@dataclass(frozen=True, slots=True)
class Route:
    method: str
    pattern: re.Pattern[str]
    act: Callable[[Simulator, Call], Answer]
    names: frozenset[str]


def _route(method: str, path: str, act: Callable[[Simulator, Call], Answer], names: str = "") -> Route:
    pattern = re.compile("/" + path.replace("{id}", r"(\d{1,18})"))
    return Route(method, pattern, act, frozenset(names.split()))


_PAGED = "per_page start_cursor end_cursor sort updated_since foreign_id location_id"
_OF_HOURS = "provider_id operatory_id label_id source active ignore_past_dates include[]"
_OF_PATIENTS = "name email phone_number date_of_birth inactive new_patient non_patient forms_syncable location_strict"
_OF_APPOINTMENTS = (
    "start end timezone cancelled unavailable nex_only appointment_type_id created_by"
    " patient_ids[] provider_ids[] operatory_ids[]"
)
_ROUTES = (
    _route("GET", "institutions", Simulator.institutions),
    _route("GET", "locations", Simulator.locations, "inactive foreign_id"),
    _route("GET", "locations/{id}", Simulator.location),
    _route("GET", "providers", Simulator.providers, f"{_PAGED} requestable inactive include[] ids[]"),
    _route("GET", "operatories", Simulator.operatories, f"{_PAGED} search_name include[]"),
    _route("GET", "appointment_types", Simulator.appointment_types, "location_id include[]"),
    _route("GET", "working_hours", Simulator.working_hours, f"{_PAGED} {_OF_HOURS}"),
    _route("GET", "sync_status", Simulator.sync_status, "read_status write_status location_ids[]"),
    _route("GET", "patients", Simulator.patients, f"{_PAGED} {_OF_PATIENTS}"),
    _route("POST", "patients", Simulator.create_patient, "location_id"),
    _route("GET", "patients/{id}", Simulator.patient, "include[]"),
    _route("GET", "appointments", Simulator.appointments, f"{_PAGED} {_OF_APPOINTMENTS}"),
    _route("POST", "appointments", Simulator.create_appointment, "location_id notify_patient"),
    _route("GET", "appointments/{id}", Simulator.appointment, "include[]"),
    _route("PATCH", "appointments/{id}", Simulator.change_appointment),
)


# ------------------------------------------------------------------------------------------------- on the wire


def _location(place: Location, tenant: Tenant) -> dict[str, Any]:
    return {
        "id": place.id, "name": place.name, "institution_id": tenant.id, "tz": place.timezone, "inactive": False,
        "foreign_id": str(place.id), "foreign_id_type": f"msg-{place.system.name}-DataSource-{tenant.id}",
        "insert_appt_client": place.system.writes_appointments, "map_by_operatory": True,
    }  # fmt: skip


def _sync_status(place: Location, tenant: Tenant, now: datetime) -> dict[str, Any]:
    system = place.system
    color = "red" if system.mode in ("sleeps", "offline") else "green"
    return {
        "institution_id": tenant.id, "sync_source_type": "DataSource", "sync_source_name": place.name,
        "emr": {"id": 1, "name": system.name, "display_name": system.name.title(), "type": "onprem"},
        "read_status": "red" if system.mode == "offline" else "green", "read_status_at": _stamp(system.read_at or now),
        "write_status": color, "write_status_at": _stamp(system.written_at or now),
        "locations": [{"id": place.id, "name": place.name}],
    }  # fmt: skip


def _patient(one: Patient, tenant: Tenant) -> dict[str, Any]:
    return {
        "id": one.id, "email": one.email, "first_name": one.first_name, "middle_name": None, "last_name": one.last_name,
        "name": f"{one.first_name} {one.last_name}", "institution_id": tenant.id, "foreign_id": one.foreign_id,
        "foreign_id_type": f"--DataSource-{tenant.id}", "bio": one.bio, "inactive": one.inactive,
        "guarantor_id": one.id, "last_sync_time": None,
    }  # fmt: skip


def _appointment(one: Appointment, tenant: Tenant) -> dict[str, Any]:
    place = tenant.locations[one.location_id]
    offset = one.start.astimezone(ZoneInfo(tenant.timezone)).utcoffset() or timedelta(0)
    name = next((row["name"] for row in tenant.providers if row["id"] == one.provider_id), None)
    return {
        "id": one.id, "patient_id": one.patient_id, "provider_id": one.provider_id, "provider_name": name,
        "start_time": _stamp(one.start), "end_time": _stamp(one.end), "confirmed": one.confirmed,
        "patient_missed": False, "created_at": _stamp(one.created_at), "updated_at": _stamp(one.updated_at),
        "note": one.note, "unavailable": one.unavailable, "cancelled": one.cancelled, "timezone": tenant.timezone,
        "institution_id": tenant.id, "appointment_type_id": one.appointment_type_id, "checkin_at": None,
        "location_id": one.location_id, "foreign_id": one.foreign_id,
        "foreign_id_type": f"msg-{place.system.name}-DataSource-{tenant.id}" if one.foreign_id else None,
        "misc": {}, "last_sync_time": _stamp(one.last_sync_time) if one.last_sync_time else None,
        "patient_confirmed": False, "operatory_id": one.operatory_id, "checked_out": False,
        "timezone_offset": f"{int(offset.total_seconds()) // 3600}:00",
    }  # fmt: skip


def _page(rows: list[Any], query: Mapping[str, Sequence[str]]) -> tuple[list[Any], dict[str, Any]]:
    """A cursor is the place of the next row, as opaque text."""
    text = query.get("per_page", ["5"])[0]
    size = min(int(text), _LARGEST_PAGE) if text.isdigit() and int(text) else 5
    begin = 0
    if cursor := query.get("end_cursor", [""])[0]:
        try:
            begin = int(base64.urlsafe_b64decode(cursor).decode())
        except ValueError as error:
            raise Refusal(400, "Cursor is invalid") from error
    end = min(begin + size, len(rows))
    info = {
        "has_previous_page": begin > 0, "has_next_page": end < len(rows),
        "start_cursor": _cursor(begin), "end_cursor": _cursor(end),
    }  # fmt: skip
    return rows[begin:end], info


def _cursor(place: int) -> str:
    return base64.urlsafe_b64encode(str(place).encode()).decode()


def _stamp(moment: datetime) -> str:
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def _moment(text: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise Refusal(400, "Time is invalid") from error
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body) if body else None
    except ValueError:
        return None


def _part(content: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def _reply(status: int, document: Mapping[str, Any], **headers: str) -> Reply:
    return Reply(status, json.dumps(document).encode(), {**_JSON, **headers})


def _spoiled(fault: Fault, reply: Reply | None = None) -> Reply | None:
    """What is sent instead of the answer; None lets it go on."""
    time.sleep(fault.seconds)
    match fault.kind:
        case "drop" | "reset":
            return Reply(0, ending=fault.kind)
        case "html":
            return Reply(fault.status, (fault.body or _HTML).encode(), {"Content-Type": "text/html"})
        case "truncate" if reply is not None:
            return Reply(reply.status, reply.body, reply.headers, ending="truncate")
        case "too_many_requests":
            after = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
            return Reply(429, b'{"code": false, "error": ["Too many requests"]}', {**_JSON, **after})
        case "timed_out":
            return Reply(504, b'{"code": false, "error": ["Timed out"]}', _JSON)
        case "status":
            return Reply(fault.status, (fault.body or '{"code": false, "error": ["Oops"]}').encode(), _JSON)
        case _:
            return None
