"""/webhook_endpoints and their subscriptions. They belong to the API key, not to a subdomain."""

from typing import Any
from urllib.parse import urlsplit

from tools.simulators.nexhealth import errors
from tools.simulators.nexhealth.calls import Answer, Call, as_integer, route, single, whole
from tools.simulators.nexhealth.webhooks import EVENTS, Endpoint, Subscription, endpoint_row, subscription_row

_ENDPOINTS = "webhook_endpoints"
_SUBSCRIPTIONS = "webhook_endpoints/{n}/webhook_subscriptions"
_TYPES = {name.lower(): name for name in EVENTS}


@route("GET", _ENDPOINTS, "active", subdomain="ignored")
def list_endpoints(call: Call) -> Answer:
    active = call.boolean("active")
    return whole([endpoint_row(one) for one in call.account.hub.endpoints.values() if active in (None, one.active)])


@route("POST", _ENDPOINTS, subdomain="ignored")
def create_endpoint(call: Call) -> Answer:
    """Nothing keeps two of the same address apart."""
    given = _given(call)
    url = _url(given.get("target_url"))
    return single(endpoint_row(call.account.hub.new_endpoint(url, given.get("active", True) is True, call.now())), 201)


@route("PATCH", "webhook_endpoints/{n}", subdomain="ignored")
def edit_endpoint(call: Call) -> Answer:
    endpoint, given = _endpoint(call, call.id), _given(call)
    if given.get("target_url") is not None:
        endpoint.target_url = _url(given["target_url"])
    if isinstance(given.get("active"), bool):
        endpoint.active, endpoint.failing_since = given["active"], None
    endpoint.updated_at = call.now()
    return single(endpoint_row(endpoint))


@route("DELETE", "webhook_endpoints/{n}", subdomain="ignored")
def delete_endpoint(call: Call) -> Answer:
    call.account.hub.delete_endpoint(_endpoint(call, call.id).id)
    return Answer(204)


@route("GET", _SUBSCRIPTIONS, "resource_type event", subdomain="optional")
def list_subscriptions(call: Call) -> Answer:
    """With `subdomain`, those without an institution are hidden."""
    endpoint = _endpoint(call, call.id)
    institution = call.institution.id if "subdomain" in call.query else None
    kind, event = call.text("resource_type"), call.text("event")
    return whole(
        [
            subscription_row(one)
            for one in call.account.hub.subscriptions.values()
            if one.webhook_endpoint_id == endpoint.id
            and institution in (None, one.institution_id)
            and kind in (None, one.resource_type)
            and event in (None, one.event)
        ]
    )


@route("POST", _SUBSCRIPTIONS, subdomain="optional")
def create_subscription(call: Call) -> Answer:
    """Pinned to the version of this request. `subdomain` is needed, but for Onboarding refused."""
    endpoint, given = _endpoint(call, call.id), _given(call)
    for name in ("resource_type", "event"):
        if not isinstance(given.get(name), str):
            raise errors.MISSING_PARAMETER(name=name)
    kind = _TYPES.get(given["resource_type"].lower())
    if kind is None or given["event"] not in EVENTS[kind]:
        raise errors.BAD_SUBSCRIPTION()
    if kind == "Onboarding" and "subdomain" in call.query:
        raise errors.SUBDOMAIN_NOT_ALLOWED()
    if kind != "Onboarding" and "subdomain" not in call.query:
        raise errors.MISSING_PARAMETER(name="subdomain")
    institution = None if kind == "Onboarding" else call.institution.id
    active = given.get("active", True) is True
    made = call.account.hub.subscribe(endpoint.id, institution, kind, given["event"], active, call.version)
    return single(subscription_row(made), 201)


@route("PATCH", f"{_SUBSCRIPTIONS}/{{n}}")
def edit_subscription(call: Call) -> Answer:
    subscription, given = _subscription(call), _given(call)
    if given.get("new_endpoint_id") is not None:
        target = _endpoint(call, as_integer("new_endpoint_id", given["new_endpoint_id"]))
        subscription.webhook_endpoint_id = target.id
    if isinstance(given.get("active"), bool):
        subscription.active = given["active"]
    subscription.updated_at = call.now()
    return single(subscription_row(subscription))


@route("DELETE", f"{_SUBSCRIPTIONS}/{{n}}", subdomain="optional")
def delete_subscription(call: Call) -> Answer:
    del call.account.hub.subscriptions[_subscription(call).id]
    return Answer(204)


def _given(call: Call) -> dict[str, Any]:
    if not isinstance(call.body, dict):
        raise errors.BAD_JSON()
    return call.body


def _url(value: object) -> str:
    """Plain HTTP too: the vendor asks for HTTPS in production only."""
    if not value:
        raise errors.MISSING_PARAMETER(name="target_url")
    try:
        parts = urlsplit(str(value))
        _ = parts.port
    except ValueError:
        raise errors.BAD_VALUE(name="target_url") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise errors.BAD_VALUE(name="target_url")
    return str(value)


def _endpoint(call: Call, number: int) -> Endpoint:
    found = call.account.hub.endpoints.get(number)
    if found is None:
        raise errors.NOT_FOUND(noun="Webhook endpoint")
    return found


def _subscription(call: Call) -> Subscription:
    endpoint, number = _endpoint(call, call.ids[0]), call.ids[1]
    found = call.account.hub.subscriptions.get(number)
    if found is None or found.webhook_endpoint_id != endpoint.id:
        raise errors.NOT_FOUND(noun="Webhook subscription")
    return found
