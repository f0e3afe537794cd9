"""An account's endpoints and subscriptions, and the deliveries that are waiting, with the vendor's retry schedule."""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tools.simulators.nexhealth.institution import Happening, Institution, Settings
from tools.simulators.nexhealth.versions import shown_in
from tools.simulators.nexhealth.wire import stamp

RETRY_SECONDS = (30, 90, 210, 600, 1800, 7200, 18_000, 36_000, 86_400, 172_800)
"""Elapsed time at each retry. After the last the endpoint is switched off."""
LONGEST_FAILURE = timedelta(seconds=RETRY_SECONDS[-1])
EVENTS: dict[str, tuple[str, ...]] = {
    "Patient": ("patient_created", "patient_updated"),
    "Appointment": (
        *("appointment_insertion", "appointment_created", "appointment_updated"),
        "appointment_requested",
    ),
    "PatientInsuranceCoverage": ("patient_insurance_created", "patient_insurance_updated"),
    "Document": ("document_insertion",),
    "Charge": ("charge_created", "charge_updated", "charge_deleted"),
    "Payment": ("payment_created", "payment_updated", "payment_deleted", "payment_insertion"),
    "PaymentType": ("payment_type_created", "payment_type_updated"),
    "Adjustment": ("adjustment_created", "adjustment_updated", "adjustment_deleted", "adjustment_insertion"),
    "AdjustmentType": ("adjustment_type_created", "adjustment_type_updated"),
    "Claim": ("claim_created", "claim_updated", "claim_deleted"),
    "FeeSchedule": ("fee_schedule_created", "fee_schedule_updated"),
    "Procedure": ("procedure_created", "procedure_updated"),
    "ProcedureCode": ("procedure_code_created", "procedure_code_updated", "procedure_code_deleted"),
    "TreatmentPlan": ("treatment_plan_created", "treatment_plan_updated", "treatment_plan_deleted"),
    "FormResponse": ("form_response_insertion",),
    "Message": ("message_created", "message_updated"),
    "SyncStatus": ("sync_status_read_change", "sync_status_write_change"),
    "Onboarding": ("onboarding_created", "onboarding_updated", "onboarding_availability_ready"),
}


@dataclass(slots=True)
class Endpoint:
    id: int
    target_url: str
    secret_key: str
    active: bool
    created_at: datetime
    updated_at: datetime
    failing_since: datetime | None = None


@dataclass(slots=True)
class Subscription:
    id: int
    webhook_endpoint_id: int
    institution_id: int | None
    resource_type: str
    event: str
    active: bool
    version: str
    created_at: datetime
    updated_at: datetime


@dataclass(slots=True)
class Delivery:
    """One event for one subscription, until it is taken. `document` has everything but `delivery_errors`."""

    number: int
    endpoint_id: int
    document: dict[str, Any]
    made_at: datetime
    due_at: datetime
    attempts: list[dict[str, Any]] = field(default_factory=list)
    timestamp: str | None = None
    state: str = "waiting"


@dataclass(frozen=True, slots=True)
class Sending:
    """One attempt, ready to go out on a socket."""

    delivery: Delivery
    url: str
    headers: dict[str, str]
    body: bytes
    timeout: float


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """HMAC-SHA256 over timestamp, a dot, and the raw body in base64; lower-case hex."""
    message = f"{timestamp}.{base64.b64encode(body).decode()}"
    return hmac.new(secret.encode(), message.encode(), hashlib.sha256).hexdigest()


class Hub:
    """Access only under the server's lock; the sockets are someone else's (`take_due`, `answered`)."""

    def __init__(self, settings: Settings, seed: str) -> None:
        self.endpoints: dict[int, Endpoint] = {}
        self.subscriptions: dict[int, Subscription] = {}
        self.deliveries: list[Delivery] = []
        self._waiting: list[Delivery] = []
        self._settings = settings
        self._seed = seed
        self._numbers: dict[str, int] = {"endpoint": 0, "subscription": 0, "delivery": 0}

    def new_endpoint(self, url: str, active: bool, now: datetime) -> Endpoint:
        number = self._next("endpoint")
        secret = hashlib.sha256(f"{self._seed}/{number}".encode()).hexdigest()[:14]
        self.endpoints[number] = Endpoint(number, url, secret, active, now, now)
        return self.endpoints[number]

    def delete_endpoint(self, number: int) -> None:
        del self.endpoints[number]
        for subscription in [s for s in self.subscriptions.values() if s.webhook_endpoint_id == number]:
            del self.subscriptions[subscription.id]

    def subscribe(
        self, endpoint: int, institution: int | None, resource_type: str, event: str, active: bool, version: str
    ) -> Subscription:
        now, number = self._now(), self._next("subscription")
        self.subscriptions[number] = Subscription(
            number, endpoint, institution, resource_type, event, active, version, now, now
        )
        return self.subscriptions[number]

    def publish(self, institution: Institution, happening: Happening) -> None:
        """Queue it for every active subscription that names it."""
        for subscription in list(self.subscriptions.values()):
            endpoint = self.endpoints[subscription.webhook_endpoint_id]
            wanted = (subscription.institution_id, subscription.resource_type, subscription.event)
            if wanted != (institution.id, happening.resource_type, happening.event):
                continue
            if not (endpoint.active and subscription.active):
                continue
            for _ in range(self._settings.switches.webhook_copies):
                self._queue(subscription, institution, happening)

    def next_due(self) -> datetime | None:
        return min((d.due_at for d in self._waiting), default=None)

    def take_due(self, now: datetime) -> Sending | None:
        """The next attempt that is due, stamped and signed; it stays out until `answered`."""
        while due := [d for d in self._waiting if d.due_at <= now]:
            first = min(d.due_at for d in due)
            together = [d for d in due if d.due_at == first]
            delivery = together[-1 if self._settings.switches.webhook_order == "reversed" else 0]
            self._waiting.remove(delivery)
            endpoint = self.endpoints.get(delivery.endpoint_id)
            if endpoint is not None and endpoint.active:
                delivery.state = "out"
                return self._sending(delivery, endpoint, now)
            delivery.state = "dropped"
        return None

    def answered(self, delivery: Delivery, status: int | None, now: datetime) -> None:
        """`status` None: no answer. Schedules the next attempt, or switches the endpoint off after 48 hours."""
        delivery.attempts.append({"at": stamp(now), "status": status})
        endpoint = self.endpoints.get(delivery.endpoint_id)
        if status is not None and 200 <= status < 300:
            delivery.state = "delivered"
            if endpoint is not None:
                endpoint.failing_since = None
            return
        if endpoint is None:
            delivery.state = "dropped"
            return
        endpoint.failing_since = endpoint.failing_since or now
        if now - endpoint.failing_since >= LONGEST_FAILURE:
            endpoint.active, endpoint.updated_at = False, now
        retries = len(delivery.attempts) - 1
        if retries >= len(RETRY_SECONDS) or not endpoint.active:
            delivery.state = "dropped"
            return
        delivery.state = "waiting"
        delivery.due_at = delivery.made_at + timedelta(seconds=RETRY_SECONDS[retries])
        self._waiting.append(delivery)

    def _queue(self, subscription: Subscription, institution: Institution, happening: Happening) -> None:
        switches, now = self._settings.switches, happening.at
        shown = shown_in(subscription.version, happening.row, switches)
        document: dict[str, Any] = {
            "institution_id": institution.id,
            "webhook_subscription_id": subscription.id,
            "resource_type": happening.resource_type,
            "event_name": f"{happening.event}.{happening.suffix}" if happening.suffix else happening.event,
            "event_time": stamp(now),
            "data": {**self._data(happening, shown), **happening.beside},
        }
        if switches.webhook_subdomain:
            document["subdomain"] = institution.subdomain
        if happening.reason and switches.failure_reason == "envelope":
            document["reason"] = happening.reason
        made = Delivery(self._next("delivery"), subscription.webhook_endpoint_id, document, made_at=now, due_at=now)
        self.deliveries.append(made)
        self._waiting.append(made)

    def _data(self, happening: Happening, row: dict[str, Any]) -> dict[str, Any]:
        switches = self._settings.switches
        key: str
        if happening.resource_type == "Patient":
            key = switches.patient_data_key
        elif happening.resource_type == "SyncStatus":
            key = switches.sync_status_data_key
        else:
            key = switches.created_data_key if happening.event == "appointment_created" else "appointment"
        if key == "bare":
            return row
        return {key: [row] if key.endswith("s") and key != "syncstatus" else row}

    def _sending(self, delivery: Delivery, endpoint: Endpoint, now: datetime) -> Sending:
        switches = self._settings.switches
        if delivery.timestamp is None or switches.retry_stamp == "anew":
            delivery.timestamp = self._stamped(now)
        failures: list[Any] = [
            {"status": one["status"], "at": one["at"]}
            if switches.delivery_errors == "object"
            else f"{one['status'] or 'no answer'} at {one['at']}"
            for one in delivery.attempts
        ]
        body = json.dumps({**delivery.document, "delivery_errors": failures}, ensure_ascii=False).encode()
        headers = {
            "content-type": "application/json",
            "timestamp": delivery.timestamp,
            "signature": signature(endpoint.secret_key, delivery.timestamp, body),
        }
        return Sending(delivery, endpoint.target_url, headers, body, switches.receiver_timeout_seconds)

    def _stamped(self, now: datetime) -> str:
        match self._settings.switches.timestamp_format:
            case "seconds":
                return now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            case "offset":
                return now.astimezone(UTC).isoformat(timespec="milliseconds")
            case _:
                return stamp(now)

    def _now(self) -> datetime:
        return self._settings.clock.now().astimezone(UTC)

    def _next(self, kind: str) -> int:
        self._numbers[kind] += 1
        return self._numbers[kind]


def endpoint_row(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "id": endpoint.id,
        "target_url": endpoint.target_url,
        "secret_key": endpoint.secret_key,
        "active": endpoint.active,
        "created_at": stamp(endpoint.created_at),
        "updated_at": stamp(endpoint.updated_at),
    }


def subscription_row(subscription: Subscription) -> dict[str, Any]:
    return {
        "id": subscription.id,
        "webhook_endpoint_id": subscription.webhook_endpoint_id,
        "institution_id": subscription.institution_id,
        "resource_type": subscription.resource_type,
        "event": subscription.event,
        "active": subscription.active,
        "created_at": stamp(subscription.created_at),
        "updated_at": stamp(subscription.updated_at),
    }
