"""The NexHealth simulator on bad days: scripted faults, rates, webhooks and their retries, control, the process."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from urllib.request import Request, urlopen

import pytest

from tests.integration.simulators.conftest import MONDAY_MORNING, NexHealthCaller, exchange
from tests.integration.simulators.receiver import Receiver, receiving
from tools.simulators.nexhealth import InstitutionSpec, RateSettings, running_simulator
from tools.simulators.nexhealth.calls import routes
from tools.simulators.nexhealth.faults import KINDS
from tools.simulators.nexhealth.rates import LIMITS, Rates, buckets_of
from tools.simulators.nexhealth.switches import Switches, described
from tools.simulators.nexhealth.webhooks import RETRY_SECONDS, signature

ROOT = Path(__file__).parents[3]
PATIENT = 401_001_001
EVENING = {
    "provider_id": 300_001_001,
    "operatory_id": 150_101,
    "start_time": "2026-03-04T19:00:00-07:00",
    "end_time": None,
}
ANY = {"path_regex": "."}
WITHOUT_TOKEN = {"path_regex": "^/(?!authenticates)"}


def script(nex: NexHealthCaller, fault: dict[str, Any], **match: Any) -> None:
    nex.control("POST", "faults", {"match": match or WITHOUT_TOKEN, "fault": fault})


def booked(nex: NexHealthCaller) -> int:
    """How many of the visits we tried to book NexHealth really holds."""
    rows = nex.control("GET", "truth/appointments", patient_id=PATIENT)["appointments"]
    return sum("[ref 7F3KQ2]" in row["note"] for row in rows)


# --- faults


@pytest.mark.parametrize(
    ("kind", "there"), [("drop_before", 0), ("drop_after", 1), ("reset_before", 0), ("reset_after", 1)]
)
def test_a_lost_answer_tells_nothing_about_the_effect(nex: NexHealthCaller, kind: str, there: int) -> None:
    script(nex, {"kind": kind}, method="POST", path_regex="/appointments")

    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        nex.book(**EVENING)
    assert booked(nex) == there


@pytest.mark.parametrize(("kind", "status", "there"), [("status_after", 502, 1), ("timed_out_after", 504, 1)])
def test_a_server_error_can_follow_the_effect(nex: NexHealthCaller, kind: str, status: int, there: int) -> None:
    script(nex, {"kind": kind, **({"status": status} if kind.startswith("status") else {})})

    assert nex.book(**EVENING).status == status
    assert booked(nex) == there


def test_html_stands_where_json_should(nex: NexHealthCaller) -> None:
    script(nex, {"kind": "html_after"})

    told = nex.book(**EVENING)

    assert (told.status, told.headers["Content-Type"], booked(nex)) == (200, "text/html; charset=utf-8", 1)


def test_a_truncated_answer_ends_before_its_announced_length_after_the_effect(nex: NexHealthCaller) -> None:
    script(nex, {"kind": "truncate"})

    with pytest.raises(http.client.IncompleteRead):
        nex.book(**EVENING)
    assert booked(nex) == 1


def test_garbage_is_half_a_document_of_the_right_length(nex: NexHealthCaller) -> None:
    script(nex, {"kind": "garbage"})

    told = nex.book(**EVENING)

    assert (told.status, booked(nex)) == (201, 1)
    with pytest.raises(json.JSONDecodeError):
        json.loads(told.text)


@pytest.mark.parametrize(("when", "there"), [("before", 0), ("after", 1)])
def test_a_2xx_can_say_code_false(nex: NexHealthCaller, when: str, there: int) -> None:
    script(nex, {"kind": "code_false", "when": when, "status": 201, "body": "Not saved"})

    told = nex.book(**EVENING)

    assert (told.status, told.body["code"], told.body["error"], booked(nex)) == (201, False, ["Not saved"], there)


def test_a_request_can_be_unauthorized_once(nex: NexHealthCaller) -> None:
    script(nex, {"kind": "unauthorized"})
    assert (nex.get("providers").status, nex.get("providers").status) == (401, 200)


@pytest.mark.parametrize("retry_after", [None, 4])
def test_too_many_requests_come_with_and_without_retry_after(nex: NexHealthCaller, retry_after: int | None) -> None:
    script(nex, {"kind": "too_many_requests", "retry_after": retry_after})

    told = nex.book(**EVENING)

    assert (told.status, told.headers.get("Retry-After")) == (429, None if retry_after is None else "4")
    assert booked(nex) == 0


def test_a_rule_strikes_from_its_nth_request_as_often_as_it_says(nex: NexHealthCaller) -> None:
    script(nex, {"kind": "status", "status": 503}, path_regex="^/providers", subdomain=nex.subdomain, nth=2, times=2)

    assert nex.get("operatories", location_id=nex.location_id).status == 200
    assert [nex.get("providers").status for _ in range(4)] == [200, 503, 503, 200]


@pytest.mark.parametrize(
    "rule",
    [
        {"fault": {"kind": "nonsense"}},
        {"fault": {"kind": "truncate", "when": "before"}},
        {"match": {"office": "x"}, "fault": {"kind": "drop"}},
        {"match": {"path_regex": "("}, "fault": {"kind": "drop"}},
    ],
)
def test_a_wrong_rule_is_refused(nex: NexHealthCaller, rule: dict[str, Any]) -> None:
    url = f"{nex.simulator.control_url}/faults"
    told = exchange("POST", url, {}, json.dumps([rule]).encode(), {})
    assert (told.status, "error" in told.body) == (400, True)
    assert nex.control("GET", "faults") == {"faults": []}


def test_staff_can_act_between_a_look_and_a_booking(nex: NexHealthCaller) -> None:
    slot = nex.open_slot()
    action = {"action": "book", "patient_id": 401_001_005, "operatory_id": slot["operatory_id"], "start": slot["time"]}
    script(nex, {"kind": "staff", "when": "before", "action": action}, method="POST", path_regex="^/appointments")

    number = nex.booked()
    nex.advance(6)

    assert nex.truth(number)["write"] == "failed"


def test_rows_can_gain_lose_and_change_fields_by_script(nex: NexHealthCaller) -> None:
    number = nex.booked()
    changes = [
        {"route": "appointments", "id": number, "set": {"mood": "new"}, "drop": ["misc"]},
        {"route": "sync_status", "set": {"read_status": "amber"}},
        {"route": "patients", "id": PATIENT, "row": None},
    ]
    nex.control("POST", "overlays", changes)

    row = nex.get(f"appointments/{number}").body["data"]
    assert (row["mood"], "misc" in row) == ("new", False)
    assert nex.get("sync_status").body["data"][0]["read_status"] == "amber"
    listed = nex.get("patients", location_id=nex.location_id).body["data"]
    assert (listed[0], len(listed)) == (None, 5)
    nex.control("DELETE", "overlays")
    assert "mood" not in nex.get(f"appointments/{number}").body["data"]


# --- rates


def test_an_eleventh_list_of_appointments_in_a_second_is_refused(nex: NexHealthCaller) -> None:
    nex.control("POST", "rates", {"mode": "refuse"})
    window = {"start": "2026-03-03", "end": "2026-03-04", "location_id": nex.location_id}
    told = [nex.get("appointments", **window).status for _ in range(12)]

    assert told == [200] * 10 + [429] * 2
    assert nex.get("providers").status == 200
    nex.advance(1)
    assert nex.get("appointments", **window).status == 200


@pytest.mark.parametrize(("setting", "statuses"), [("own", {200, 429}), ("none", {200})])
def test_whether_slots_have_a_bucket_is_a_switch(nex: NexHealthCaller, setting: str, statuses: set[int]) -> None:
    nex.control("POST", "switches", {"slots_bucket": setting})
    nex.control("POST", "rates", {"mode": "refuse"})
    asked = {"start_date": "2026-03-03", "days": 1, "lids[]": [nex.location_id], "appointment_type_id": 1101}
    assert {nex.get("available_slots", **asked).status for _ in range(11)} == statuses


@pytest.mark.parametrize(
    ("method", "path", "buckets"),
    [
        ("GET", "/appointments", {"all", "appointments_list", "patients"}),
        ("GET", "/appointments/5", {"all", "patients"}),
        ("POST", "/appointments", {"all", "patients"}),
        ("GET", "/patients", {"all", "patients"}),
        ("GET", "/available_slots", {"all", "available_slots", "others"}),
        ("POST", "/authenticates", {"all", "others"}),
    ],
)
def test_every_request_counts_in_its_buckets(method: str, path: str, buckets: set[str]) -> None:
    assert set(buckets_of(method, path, Switches())) == buckets


def test_each_family_can_have_its_own_thousand() -> None:
    each = Switches(family_bucket="each")
    assert buckets_of("GET", "/appointments/5", each) != buckets_of("GET", "/patients/5", each)


@pytest.mark.parametrize("name", LIMITS)
def test_a_bucket_is_full_at_its_limit_and_frees_after_its_window(name: str) -> None:
    rates, (limit, seconds), now = Rates(RateSettings(tolerance=0)), LIMITS[name], datetime(2026, 3, 2, tzinfo=UTC)
    step = timedelta(seconds=seconds / limit)
    for number in range(limit):
        assert rates.admit((name,), now + number * step, Switches()) == ()

    assert rates.admit((name,), now + limit * step - step / 2, Switches()) == (name,)
    assert rates.admit((name,), now + timedelta(seconds=seconds), Switches()) == ()
    assert (rates.refused, rates.over[name], rates.counted[name]) == (1, 1, limit + 1)


def test_a_steady_pace_at_the_limit_is_never_refused_within_the_tolerance() -> None:
    rates, now = Rates(RateSettings()), datetime(2026, 3, 2, tzinfo=UTC)
    buckets = buckets_of("GET", "/appointments", Switches())
    for number in range(600):
        jitter = timedelta(milliseconds=(number * 37) % 40)
        assert rates.admit(buckets, now + number * timedelta(seconds=0.1) + jitter, Switches()) == ()


def test_fixed_windows_forget_at_the_full_second() -> None:
    rates, fixed = Rates(RateSettings()), Switches(rate_window="fixed")
    late = datetime(2026, 3, 2, 0, 0, 0, 900_000, tzinfo=UTC)
    assert [rates.admit(("appointments_list",), late, fixed) for _ in range(11)][-1] == ("appointments_list",)
    assert rates.admit(("appointments_list",), late + timedelta(seconds=0.1), fixed) == ()


@pytest.mark.parametrize(("setting", "body"), [("envelope", dict), ("text", str), ("empty", str)])
def test_the_body_of_a_429_and_its_retry_after_are_switches(nex: NexHealthCaller, setting: str, body: type) -> None:
    nex.control("POST", "switches", {"rate_body": setting, "retry_after_seconds": 2})
    nex.token()
    nex.control("POST", "rates", {"mode": "refuse", "limits": {"all": 0}})

    told = nex.get("providers")

    assert (told.status, told.headers["Retry-After"], type(told.body)) == (429, "2", body)


def test_requests_above_the_rate_are_counted_even_when_none_is_refused(nex: NexHealthCaller) -> None:
    window = {"start": "2026-03-03", "end": "2026-03-04", "location_id": nex.location_id}
    assert {nex.get("appointments", **window).status for _ in range(13)} == {200}
    (rates,) = nex.control("GET", "requests")["rates"].values()
    assert (rates["over"]["appointments_list"], rates["refused"]) == (3, 0)


def test_two_institutions_of_one_key_share_its_rate_and_token() -> None:
    specs = [InstitutionSpec(), InstitutionSpec("pinnacle", seed=8, patients=50)]
    with running_simulator(specs, now=MONDAY_MORNING, frozen=True, rates=RateSettings()) as running:
        first, second = NexHealthCaller(running), NexHealthCaller(running, "pinnacle")
        second._token = first.token()
        for caller in (first, second):
            query = {"start": "2026-03-03", "end": "2026-03-04", "location_id": caller.location_id}
            assert {caller.get("appointments", **query).status for _ in range(5)} == {200}
        assert first.get("appointments", start="2026-03-03", end="2026-03-04", location_id=20_011).status == 429
        assert second.get("patients", location_id=first.location_id).status == 403
        assert len(first.get("locations", subdomain=None).body["data"]) == 2


def test_another_key_sees_nothing_of_the_first() -> None:
    specs = [InstitutionSpec(), InstitutionSpec("pinnacle", patients=50, api_key="SimOtherKey0002")]
    with running_simulator(specs, now=MONDAY_MORNING, frozen=True) as running:
        nex = NexHealthCaller(running)
        assert nex.get("providers", subdomain="pinnacle").status == 403
        assert [one["subdomain"] for one in nex.get("locations", subdomain=None).body["data"]] == [nex.subdomain]
        assert nex.authenticate("SimOtherKey0002").status == 201


# --- webhooks


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


def subscribed(nex: NexHealthCaller, receiver: Receiver, *events: str, kind: str = "Appointment") -> dict[str, Any]:
    told = nex.post("webhook_endpoints", {"target_url": receiver.url}, subdomain=None)
    assert told.status == 201, told.text
    for event in events:
        path = f"webhook_endpoints/{told.body['data']['id']}/webhook_subscriptions"
        made = nex.post(path, {"resource_type": kind, "event": event})
        assert made.status == 201, made.text
    return dict(told.body["data"])


def told_to(receiver: Receiver) -> list[tuple[str, dict[str, Any]]]:
    documents = [json.loads(body) for _, body in receiver.got]
    return [(document["event_name"], document["data"]) for document in documents]


def test_the_signature_is_the_documented_one() -> None:
    body = b'{"institution_id":1,"event_name":"appointment_updated"}'
    assert (
        signature("NArWk7gdI96Bdn", "2026-07-15T09:50:20.174Z", body)
        == "8af7e75eae848510a91d59c74a322ea80a444d6be23c53f0995478633cb1c496"
    )


def test_an_insertion_is_told_with_the_vendors_headers_and_signature(nex: NexHealthCaller, receiver: Receiver) -> None:
    endpoint = subscribed(nex, receiver, "appointment_insertion")
    number = nex.booked()
    nex.advance(5)

    ((headers, body),) = receiver.got
    assert headers["content-type"] == "application/json"
    assert headers["timestamp"] == "2026-03-02T14:00:05.000Z"
    assert headers["signature"] == signature(endpoint["secret_key"], headers["timestamp"], body)
    document = json.loads(body)
    appointment = document.pop("data")["appointment"]
    assert document == {
        "institution_id": 1,
        "webhook_subscription_id": 1,
        "delivery_errors": [],
        "resource_type": "Appointment",
        "event_name": "appointment_insertion.complete",
        "event_time": "2026-03-02T14:00:05.000Z",
    }
    assert appointment == nex.get(f"appointments/{number}").body["data"]


@pytest.mark.parametrize(
    ("outcome", "suffix"), [({"result": "failed"}, "failed"), ({"result": "incomplete"}, "incomplete")]
)
def test_a_failed_insertion_is_told_without_its_reason(
    nex: NexHealthCaller, receiver: Receiver, outcome: dict[str, Any], suffix: str
) -> None:
    subscribed(nex, receiver, "appointment_insertion")
    nex.control("POST", "writes", {"outcome": {**outcome, "reason": "Chair is broken"}})
    nex.booked()
    nex.advance(6)

    assert [name for name, _ in told_to(receiver)] == [f"appointment_insertion.{suffix}"]
    assert b"Chair is broken" not in receiver.got[0][1]


def test_the_reason_of_a_failure_can_be_switched_on(nex: NexHealthCaller, receiver: Receiver) -> None:
    nex.control("POST", "switches", {"failure_reason": "envelope"})
    subscribed(nex, receiver, "appointment_insertion")
    nex.control("POST", "writes", {"outcome": {"result": "failed", "reason": "Chair is broken"}})
    nex.booked()
    nex.advance(6)
    assert json.loads(receiver.got[0][1])["reason"] == "Chair is broken"


def test_a_time_out_is_told_at_the_visits_start(nex: NexHealthCaller, receiver: Receiver) -> None:
    subscribed(nex, receiver, "appointment_insertion")
    nex.control("POST", "ehr", {"mode": "offline"})
    nex.booked(**EVENING)
    nex.advance(3 * 86_400)

    ((name, data),) = told_to(receiver)
    assert (name, data["appointment"]["foreign_id"]) == ("appointment_insertion.timed_out", None)
    assert json.loads(receiver.got[0][1])["event_time"] == "2026-03-05T02:00:00.000Z"


def test_changes_are_told_as_updated_with_what_was_before_a_confirmation(
    nex: NexHealthCaller, receiver: Receiver
) -> None:
    subscribed(nex, receiver, "appointment_updated")
    number = nex.booked()
    nex.advance(6)
    nex.patch(f"appointments/{number}", {"appt": {"confirmed": True}})
    nex.advance(6)
    nex.control("POST", "writes", {"outcome": {"result": "failed"}})
    nex.patch(f"appointments/{number}", {"appt": {"cancelled": True}})
    nex.advance(6)

    (first, confirmed), (second, failed) = told_to(receiver)
    assert (first, confirmed["previous_attributes"]) == ("appointment_updated", {"confirmed": False})
    assert (second, failed["appointment"]["id"]) == ("appointment_updated.failed", number)


def test_reads_are_told_as_created_and_updated(nex: NexHealthCaller, receiver: Receiver) -> None:
    subscribed(nex, receiver, "appointment_created", "appointment_updated")
    ours = nex.booked(**EVENING)
    visit = nex.control("GET", "truth/appointments", date="2026-03-03", status="scheduled")["appointments"][0]
    nex.control("POST", "staff", {"action": "cancel", "appointment_id": visit["appointment_id"]})
    nex.advance(600)

    told = dict(told_to(receiver))
    assert [row["id"] for row in told["appointment_created"]["appointments"]] == [ours]
    assert told["appointment_updated"]["appointment"]["cancelled"] is True


@pytest.mark.parametrize(
    ("setting", "names"),
    [("created", ["appointment_created"]), ("updated", ["appointment_updated"]), ("none", [])],
)
def test_what_is_told_of_our_own_row_when_it_is_read_back_is_a_switch(
    nex: NexHealthCaller, receiver: Receiver, setting: str, names: list[str]
) -> None:
    nex.control("POST", "switches", {"read_back_event": setting, "created_data_key": "appointment"})
    subscribed(nex, receiver, "appointment_created", "appointment_updated")
    number = nex.booked(**EVENING)
    nex.advance(1800)

    told = told_to(receiver)
    assert [name for name, _ in told] == names
    assert [data["appointment"]["id"] for _, data in told] == [number] * len(names)


@pytest.mark.parametrize(("setting", "count"), [("silent", 0), ("sent", 1)])
def test_a_booking_that_stays_in_nexhealth_may_be_told_as_requested(
    nex: NexHealthCaller, receiver: Receiver, setting: str, count: int
) -> None:
    nex.control("POST", "switches", {"appointment_requested": setting})
    columns = {"insert_appt_client": False}
    nex.control("POST", "staff", {"action": "set_location", "location_id": nex.location_id, "columns": columns})
    subscribed(nex, receiver, "appointment_requested", "appointment_insertion")
    nex.booked(**EVENING)
    nex.advance(1800)
    assert [name for name, _ in told_to(receiver)] == ["appointment_requested"] * count


def test_a_silent_write_is_told_to_nobody(nex: NexHealthCaller, receiver: Receiver) -> None:
    subscribed(nex, receiver, "appointment_insertion")
    nex.control("POST", "writes", {"outcome": {"silent": True}})
    number = nex.booked()
    nex.advance(6)
    assert (receiver.got, nex.truth(number)["in_chart"]) == ([], True)


@pytest.mark.parametrize(
    ("switch", "setting", "shown"),
    [
        ("patient_data_key", "patients", lambda data: isinstance(data["patients"], list)),
        ("patient_data_key", "user", lambda data: isinstance(data["user"], dict)),
        ("patient_data_key", "bare", lambda data: "first_name" in data),
    ],
)
def test_where_a_patient_stands_in_the_data_is_a_switch(
    nex: NexHealthCaller, receiver: Receiver, switch: str, setting: str, shown: Any
) -> None:
    nex.control("POST", "switches", {switch: setting})
    subscribed(nex, receiver, "patient_updated", kind="patient")
    nex.control("POST", "staff", {"action": "set_patient", "patient_id": PATIENT, "columns": {"city": "Elsewhere"}})
    nex.advance(600)

    ((name, data),) = told_to(receiver)
    assert name == "patient_updated"
    assert shown(data)


def test_only_the_way_back_to_green_is_told(nex: NexHealthCaller, receiver: Receiver) -> None:
    subscribed(nex, receiver, "sync_status_read_change", "sync_status_write_change", kind="SyncStatus")
    nex.control("POST", "ehr", {"mode": "offline"})
    nex.advance(60)
    assert receiver.got == []
    nex.control("POST", "ehr", {"mode": "prompt"})
    nex.advance(0)

    told = told_to(receiver)
    assert [name for name, _ in told] == ["sync_status_read_change", "sync_status_write_change"]
    assert told[0][1]["syncstatus"]["read_status"] == "green"


def test_a_sync_status_can_stand_bare_in_the_data(nex: NexHealthCaller, receiver: Receiver) -> None:
    nex.control("POST", "switches", {"sync_status_data_key": "bare"})
    subscribed(nex, receiver, "sync_status_write_change", kind="SyncStatus")
    for mode in ("offline", "prompt"):
        nex.control("POST", "ehr", {"mode": mode})
    nex.advance(0)
    assert told_to(receiver)[0][1]["write_status"] == "green"


def test_a_delivery_is_repeated_on_the_vendors_schedule_until_the_endpoint_goes_off(
    nex: NexHealthCaller, receiver: Receiver
) -> None:
    endpoint = subscribed(nex, receiver, "appointment_insertion")
    receiver.status = 500
    nex.booked(**EVENING)
    nex.advance(5 + RETRY_SECONDS[-1])

    stamps = [datetime.fromisoformat(headers["timestamp"]) for headers, _ in receiver.got]
    assert [int((stamp - stamps[0]).total_seconds()) for stamp in stamps] == [0, *RETRY_SECONDS]
    for headers, body in receiver.got:
        assert headers["signature"] == signature(endpoint["secret_key"], headers["timestamp"], body)
    errors = [json.loads(body)["delivery_errors"] for _, body in receiver.got]
    assert [len(one) for one in errors] == list(range(11))
    nex.renew()
    (row,) = nex.get("webhook_endpoints", subdomain=None).body["data"]
    assert row["active"] is False

    receiver.status = 200
    assert nex.patch(f"webhook_endpoints/{row['id']}", {"active": True}, subdomain=None).body["data"]["active"]
    nex.advance(86_400)
    assert len(receiver.got) == 11


def test_a_repeated_delivery_can_keep_its_stamp_when_switched(nex: NexHealthCaller, receiver: Receiver) -> None:
    nex.control("POST", "switches", {"retry_stamp": "original", "delivery_errors": "object"})
    subscribed(nex, receiver, "appointment_insertion")
    receiver.status = 503
    nex.booked()
    nex.advance(40)

    (first, _), (second, body) = receiver.got
    assert first["timestamp"] == second["timestamp"]
    assert json.loads(body)["delivery_errors"] == [{"status": 503, "at": "2026-03-02T14:00:05.000Z"}]


def test_a_receiver_that_does_not_answer_in_time_is_tried_again(nex: NexHealthCaller) -> None:
    nex.control("POST", "switches", {"receiver_timeout_seconds": 1})
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        endpoint = nex.post("webhook_endpoints", {"target_url": url}, subdomain=None).body["data"]
        path = f"webhook_endpoints/{endpoint['id']}/webhook_subscriptions"
        nex.post(path, {"resource_type": "Appointment", "event": "appointment_insertion"})
        nex.booked(**EVENING)
        nex.advance(6)
    (delivery,) = nex.control("GET", "webhooks")["deliveries"]
    assert ([one["status"] for one in delivery["attempts"]], delivery["state"]) == ([None], "waiting")


@pytest.mark.parametrize("url", ["", "ftp://127.0.0.1/", "http://", "http://127.0.0.1:many/"])
def test_an_endpoint_needs_an_address(nex: NexHealthCaller, url: str) -> None:
    assert nex.post("webhook_endpoints", {"target_url": url}, subdomain=None).status == 400


def test_an_inactive_endpoint_or_subscription_gets_nothing(nex: NexHealthCaller, receiver: Receiver) -> None:
    first, second = (subscribed(nex, receiver, "appointment_insertion") for _ in range(2))
    nex.patch(f"webhook_endpoints/{first['id']}", {"active": False}, subdomain=None)
    path = f"webhook_endpoints/{second['id']}/webhook_subscriptions"
    (row,) = nex.get(path, event="appointment_insertion", resource_type="Appointment").body["data"]
    nex.patch(f"{path}/{row['id']}", {"active": False})
    nex.booked(**EVENING)
    nex.advance(6)
    assert receiver.got == []
    assert [one["active"] for one in nex.get("webhook_endpoints", active="true").body["data"]] == [True]


def test_one_good_answer_ends_the_count_of_errors(nex: NexHealthCaller, receiver: Receiver) -> None:
    subscribed(nex, receiver, "appointment_insertion")
    receiver.status = 500
    nex.booked(**EVENING)
    nex.advance(40)
    receiver.status = 204
    nex.advance(RETRY_SECONDS[-1] + 60)

    assert len(receiver.got) == 3
    nex.renew()
    assert nex.get("webhook_endpoints", subdomain=None).body["data"][0]["active"] is True
    (delivery,) = nex.control("GET", "webhooks")["deliveries"]
    assert ([one["status"] for one in delivery["attempts"]], delivery["state"]) == ([500, 500, 204], "delivered")


def test_a_receiver_that_is_not_there_is_tried_again(nex: NexHealthCaller) -> None:
    with receiving() as gone:
        url = gone.url
    endpoint = nex.post("webhook_endpoints", {"target_url": url}, subdomain=None).body["data"]
    path = f"webhook_endpoints/{endpoint['id']}/webhook_subscriptions"
    nex.post(path, {"resource_type": "Appointment", "event": "appointment_insertion"})
    nex.booked()
    nex.advance(36)
    (delivery,) = nex.control("GET", "webhooks")["deliveries"]
    assert [one["status"] for one in delivery["attempts"]] == [None, None]


@pytest.mark.parametrize(
    ("setting", "form"),
    [("milliseconds", "2026-03-02T14:00:05.000Z"), ("seconds", "2026-03-02T14:00:05Z"), ("offset", "+00:00")],
)
def test_the_form_of_the_timestamp_is_a_switch(
    nex: NexHealthCaller, receiver: Receiver, setting: str, form: str
) -> None:
    nex.control("POST", "switches", {"timestamp_format": setting, "webhook_subdomain": True, "webhook_copies": 2})
    subscribed(nex, receiver, "appointment_insertion")
    nex.booked()
    nex.advance(6)

    assert len(receiver.got) == 2
    assert receiver.got[0][0]["timestamp"].endswith(form)
    assert json.loads(receiver.got[0][1])["subdomain"] == nex.subdomain


def test_events_can_come_in_reverse(nex: NexHealthCaller, receiver: Receiver) -> None:
    nex.control("POST", "switches", {"webhook_order": "reversed"})
    subscribed(nex, receiver, "appointment_insertion")
    numbers = [nex.booked(**{**EVENING, "start_time": f"2026-03-04T{hour}:00:00-07:00"}) for hour in (19, 20, 21)]
    nex.advance(6)
    assert [data["appointment"]["id"] for _, data in told_to(receiver)] == numbers[::-1]


def test_a_subscription_keeps_the_version_it_was_made_with(nex: NexHealthCaller, receiver: Receiver) -> None:
    nex.headers["Nex-Api-Version"] = "v3.1.0"
    subscribed(nex, receiver, "appointment_insertion")
    nex.headers["Nex-Api-Version"] = "v3.0.0"
    nex.booked()
    nex.advance(6)
    assert "last_sync_time" not in told_to(receiver)[0][1]["appointment"]


@pytest.mark.parametrize(
    ("body", "subdomain", "status"),
    [
        ({"resource_type": "Appointment", "event": "appointment_insertion.complete"}, "juniper-falls", 400),
        ({"resource_type": "Patient", "event": "appointment_created"}, "juniper-falls", 400),
        ({"resource_type": "Appointment"}, "juniper-falls", 400),
        ({"resource_type": "Appointment", "event": "appointment_created"}, None, 400),
        ({"resource_type": "Onboarding", "event": "onboarding_created"}, "juniper-falls", 400),
        ({"resource_type": "Onboarding", "event": "onboarding_created"}, None, 201),
        ({"resource_type": "appointment", "event": "appointment_created"}, "juniper-falls", 201),
    ],
)
def test_subscriptions_take_base_names_and_mostly_a_subdomain(
    nex: NexHealthCaller, receiver: Receiver, body: dict[str, Any], subdomain: str | None, status: int
) -> None:
    endpoint = subscribed(nex, receiver)
    told = nex.post(f"webhook_endpoints/{endpoint['id']}/webhook_subscriptions", body, subdomain=subdomain)
    assert told.status == status


def test_subscriptions_move_between_endpoints_and_the_old_path_is_gone(
    nex: NexHealthCaller, receiver: Receiver
) -> None:
    first, second = subscribed(nex, receiver, "appointment_created"), subscribed(nex, receiver)
    assert first["secret_key"] != second["secret_key"]
    old = f"webhook_endpoints/{first['id']}/webhook_subscriptions"
    (row,) = nex.get(old).body["data"]

    moved = nex.patch(f"{old}/{row['id']}", {"new_endpoint_id": second["id"]})

    assert moved.body["data"]["webhook_endpoint_id"] == second["id"]
    assert nex.patch(f"{old}/{row['id']}", {"active": False}).status == 404
    new = f"webhook_endpoints/{second['id']}/webhook_subscriptions/{row['id']}"
    assert nex.delete(new).status == 204
    assert nex.delete(f"webhook_endpoints/{second['id']}", subdomain=None).status == 204
    assert nex.delete(f"webhook_endpoints/{second['id']}", subdomain=None).status == 404


def test_the_webhook_routes_need_no_subdomain_and_ignore_one(nex: NexHealthCaller) -> None:
    told = nex.get("webhook_endpoints")
    assert (told.status, told.body["description"]) == (200, "Note that following parameters are ignored: subdomain.")


def test_a_receiver_may_call_the_api_while_it_is_told() -> None:
    with running_simulator(now=MONDAY_MORNING) as running, receiving() as receiver:
        nex = NexHealthCaller(running)
        subscribed(nex, receiver, "appointment_insertion")
        nex.control("POST", "ehr", {"write_seconds": 0})
        nex.booked(**EVENING)
        deadline = time.monotonic() + 5
        while not receiver.got and time.monotonic() < deadline:
            time.sleep(0.01)
        assert [name for name, _ in told_to(receiver)] == ["appointment_insertion.complete"]


# --- control


def test_every_request_is_remembered_without_key_or_token(nex: NexHealthCaller) -> None:
    nex.get("providers", **{"ids[]": [1, 2]})
    told = nex.control("GET", "requests")["requests"]

    assert [(one["method"], one["path"], one["status"]) for one in told] == [
        ("POST", "/authenticates", 201),
        ("GET", "/providers", 200),
    ]
    assert told[1]["query"]["ids[]"] == ["1", "2"]
    assert nex.simulator.api_key not in json.dumps(told)
    assert nex.token() not in json.dumps(told)


def test_time_passes_step_by_step_however_far_the_clock_is_moved(nex: NexHealthCaller) -> None:
    number = nex.booked()
    told = nex.control("POST", "clock", {"now": "2026-03-02T12:00:00"})
    assert told["now"] == "2026-03-02T12:00:00-07:00"
    written = nex.control("GET", "truth/history", appointment_id=number)["history"][1]
    assert (written["by"], written["at"]) == ("ehr", "2026-03-02T07:00:05-07:00")


def test_the_same_steps_give_the_same_history(nex: NexHealthCaller) -> None:
    def lived() -> Any:
        nex.control("POST", "reset")
        nex.renew()
        number = nex.booked()
        nex.advance(700)
        nex.patch(f"appointments/{number}", {"appt": {"cancelled": True}})
        nex.advance(700)
        return nex.control("GET", "truth/history"), nex.truth(number)

    assert lived() == lived()


def test_the_front_desk_acts_in_the_chart(nex: NexHealthCaller) -> None:
    told = nex.control(
        "POST",
        "staff",
        {"action": "book", "patient_id": PATIENT, "operatory_id": 150_101, "start": "2026-03-04T19:00", "note": "x"},
    )
    foreign = told["foreign_id"]
    for action in (
        {"action": "move", "start": "2026-03-04T20:00", "minutes": 30, "operatory_id": 150_102},
        {"action": "confirm"},
        {"action": "edit_note", "note": "called"},
        {"action": "check_in", "at": "2026-03-04T19:55"},
        {"action": "set_status", "status": "missed"},
    ):
        told = nex.control("POST", "staff", {**action, "foreign_id": foreign})
    assert (told["start"], told["end"][11:16], told["operatory_id"]) == ("2026-03-04T20:00:00-07:00", "20:30", "150102")
    assert (told["confirmed"], told["note"], told["status"]) == (True, "called", "missed")
    assert told["checked_in_at"] == "2026-03-04T19:55:00-07:00"
    nex.control("POST", "staff", {"action": "delete", "foreign_id": foreign})
    assert nex.control("GET", "truth/chart", foreign_id=foreign)["chart"] == []
    assert len(nex.control("GET", "truth/chart", foreign_id=foreign, deleted="true")["chart"]) == 1


def test_another_practice_can_be_invented_in_its_place(nex: NexHealthCaller) -> None:
    before = nex.get("patients", location_id=nex.location_id).body["data"]
    try:
        told = nex.control("POST", "seed", {"seed": 9, "patients": 60, "locations": 2, "ehr": "curve2"})

        (institution,) = told["institutions"]
        assert (institution["patients"], len(institution["locations"])) == (60, 2)
        nex.renew()
        assert nex.get("patients", location_id=nex.location_id).body["data"] != before
    finally:
        nex.control("POST", "seed", {"seed": 7, "patients": 200, "locations": 1, "ehr": "opendental"})


def test_reads_go_on_when_the_clock_is_set_back(nex: NexHealthCaller) -> None:
    nex.control("POST", "clock", {"now": "2026-04-02T07:00:00"})
    nex.control("POST", "clock", {"now": "2026-03-02T07:00:00"})
    number = nex.booked()
    nex.advance(605)
    assert nex.control("GET", "truth/history", appointment_id=number)["history"][-1]["by"] == "read"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("staff", {"action": "dance"}),
        ("staff", {"action": "move"}),
        ("staff", {"action": "set_location", "location_id": 20_011, "columns": {"id": 5}}),
        ("ehr", {"mode": "angry"}),
        ("ehr", {"location_id": 5, "mode": "sleep"}),
        ("ehr", {"read_cycle_seconds": 0}),
        ("writes", {"outcome": {"result": "perhaps"}}),
        ("writes", {"match": {"colour": 1}, "outcome": {}}),
        ("rates", {"mode": "delay"}),
        ("rates", {"limits": {"nonsense": 1}}),
        ("switches", {"cursor": "loop"}),
        ("switches", {"no_such": 1}),
        ("overlays", {"set": {}}),
        ("tokens", {"colour": 1}),
        ("clock", {"now": "soon"}),
        ("seed", {"patients": 0}),
        ("seed", {"timezone": "Nowhere"}),
        ("seed", {"api_key": "x"}),
        ("keys", {"subdomain": "elsewhere", "enabled": True}),
    ],
)
def test_a_wrong_order_is_refused_with_its_reason(nex: NexHealthCaller, path: str, body: dict[str, Any]) -> None:
    told = exchange("POST", f"{nex.simulator.control_url}/{path}", {}, json.dumps(body).encode(), {})
    assert (told.status, list(told.body)) == (400, ["error"])


def test_reset_puts_everything_back(nex: NexHealthCaller, receiver: Receiver) -> None:
    before = nex.control("GET", "state")
    subscribed(nex, receiver, "appointment_insertion")
    nex.booked()
    script(nex, {"kind": "drop"})
    nex.control("POST", "switches", {"cursor": "repeat"})
    nex.control("POST", "ehr", {"mode": "offline"})
    nex.advance(9999)

    assert nex.control("POST", "reset") == before
    assert nex.control("GET", "webhooks") == {"endpoints": [], "subscriptions": [], "deliveries": []}
    nex.renew()
    assert nex.get("providers").status == 200


def test_the_truth_lists_everything_there_is(nex: NexHealthCaller) -> None:
    counts = {
        noun: len(nex.control("GET", f"truth/{noun}")[noun])
        for noun in ("patients", "providers", "operatories", "locations", "chart", "appointments", "hours")
    }
    assert (counts["patients"], counts["providers"], counts["operatories"], counts["locations"]) == (200, 5, 5, 1)
    assert counts["chart"] == counts["appointments"] > 1000


# --- the process


def test_the_process_says_where_it_listens_and_stops_on_a_signal(tmp_path: Path) -> None:
    ready = tmp_path / "ready.json"
    process = start("--patients", "50", "--seed", "3", "--locations", "2", "--ready-file", str(ready))
    try:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        assert json.loads(ready.read_text()) == told
        assert len(told["institutions"][0]["location_ids"]) == 2
        request = Request(f"{told['url']}/authenticates", method="POST")  # noqa: S310 - loopback
        request.add_header("Authorization", told["api_key"])
        request.add_header("Nex-Api-Version", "v3.0.0")
        with urlopen(request) as answer:
            assert answer.status == 201
        assert told["pid"] == process.pid
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(
    "arguments",
    [
        ("--switch", "cursor=loop"),
        ("--switch", "cursor"),
        ("--institution", "a:b"),
        ("--timezone", "Nowhere"),
        ("--patients", "0"),
        ("--institution", "a:1:20:America/Denver", "--institution", "a:1:20:America/Denver"),
    ],
)
def test_a_wrong_argument_is_explained(arguments: tuple[str, ...]) -> None:
    process = start(*arguments)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 2
    assert "error:" in errors


def start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tools.simulators.nexhealth", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


# --- the README


def test_the_readme_tells_every_route_switch_and_fault() -> None:
    readme = (ROOT / "tools" / "simulators" / "nexhealth" / "README.md").read_text()
    for name, default, choices in described():
        assert f"| `{name}` | `{default}` | {choices} |" in readme, name
    for kind, side in KINDS.items():
        assert f"| `{kind}` | {side} |" in readme, kind
    for one in routes():
        path = "/" + "/".join("{id}" if part == "{n}" else part for part in one.segments)
        assert f"`{path}`" in readme, path


# --- the simulator's own truth


@pytest.mark.parametrize("seed", range(4))
def test_when_all_is_written_and_read_nexhealth_shows_what_the_chart_holds(nex: NexHealthCaller, seed: int) -> None:
    """Random bookings, changes, staff, moods of the EHR and fates of writes; then peace, and a read."""
    rng = Random(seed)
    ours: list[int] = []
    for _ in range(120):
        nex.renew()
        live(nex, rng, ours)
        nex.advance(rng.choice((0, 3, 60, 700)))
    nex.control("DELETE", "writes")
    nex.control("POST", "ehr", {"mode": "prompt"})
    nex.advance(86_400)

    waiting = {one["id"] for one in nex.control("GET", "writes")["pending"]}
    rows = {row["appointment_id"]: row for row in nex.control("GET", "truth/appointments")["appointments"]}
    assert nex.simulator.simulator.first_institution.chart.unread_visits == set()
    for row in rows.values():
        effects, chart = row["effects"], row["chart"]
        assert effects["chart_creates"] <= effects["accepted_creates"] <= 1
        assert (row["foreign_id"] is not None) == (chart is not None)
        if chart is not None and not chart["deleted"] and row["appointment_id"] not in waiting:
            same = ("patient_id", "status", "start", "end", "operatory_id", "provider_id", "confirmed", "note")
            assert {name: row[name] for name in same} == {name: chart[name] for name in same}
    known = {row["foreign_id"] for row in rows.values()}
    assert {visit["foreign_id"] for visit in nex.control("GET", "truth/chart")["chart"]} <= known
    assert sum(rows[str(number)]["effects"]["chart_creates"] for number in ours) > 5
    assert [one.error for one in nex.simulator.simulator.requests if one.error] == []


def live(nex: NexHealthCaller, rng: Random, ours: list[int]) -> None:
    """One thing that happens to a practice."""
    day, hour = rng.randint(10, 27), rng.choice((18, 19, 20))
    where = {
        "provider_id": 300_001_001,
        "operatory_id": rng.choice((150_101, 150_102)),
        "start_time": f"2026-03-{day:02d}T{hour}:00:00-07:00",
        "end_time": f"2026-03-{day:02d}T{hour}:30:00-07:00",
    }
    match rng.randrange(6):
        case 0 | 1:
            told = nex.book(**where, patient_id=401_001_000 + rng.randint(1, 4))
            assert told.status == 201, told.text
            ours.append(told.body["data"]["appt"]["id"])
        case 2 if ours:
            change = rng.choice(({"confirmed": True}, {"cancelled": True}, where, {"note": "changed"}))
            assert nex.patch(f"appointments/{rng.choice(ours)}", {"appt": change}).status in (200, 400)
        case 3:
            visit = rng.choice(nex.control("GET", "truth/chart", date=f"2026-03-{day:02d}")["chart"] or [None])
            if visit is not None:
                action = rng.choice(("cancel", "delete", "confirm", "move"))
                orders = {"action": action, "foreign_id": visit["foreign_id"], "start": where["start_time"]}
                nex.control("POST", "staff", orders)
        case 4:
            nex.control("POST", "ehr", {"mode": rng.choice(("prompt", "prompt", "slow", "sleep", "offline", "refuse"))})
        case _:
            outcome = {"result": rng.choice(("complete", "failed", "incomplete", "never", "reverted")), "seconds": 500}
            nex.control("POST", "writes", {"outcome": outcome})
