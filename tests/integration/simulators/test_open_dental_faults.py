"""The simulator on bad days: scripted faults, the throttle, the front desk, several offices, and the process itself."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from tests.integration.simulators.conftest import MONDAY_MORNING, Caller
from tools.simulators.open_dental import OfficeSpec, ThrottleSettings, running_simulator
from tools.simulators.open_dental.faults import KINDS
from tools.simulators.open_dental.switches import described
from tools.simulators.open_dental.throttle import Throttle

ROOT = Path(__file__).parents[3]
NEW_VISIT = {"PatNum": 1001, "Op": 1, "AptDateTime": "2026-03-03 19:00:00", "Note": "[ref 7F3KQ2]"}
ANY = {"path_regex": "."}


def script(call: Caller, fault: dict[str, Any], **match: Any) -> None:
    call.control("POST", "faults", {"match": match or ANY, "fault": fault})


def booked(call: Caller) -> int:
    """How many of the visits we tried to book are really there."""
    rows = call.control("GET", "truth/appointments", patient_id="1001")["appointments"]
    return sum(NEW_VISIT["Note"] in row["note"] for row in rows)


# --- faults


@pytest.mark.parametrize(
    ("kind", "there"), [("drop_before", 0), ("drop_after", 1), ("reset_before", 0), ("reset_after", 1)]
)
def test_a_lost_answer_tells_nothing_about_the_effect(call: Caller, kind: str, there: int) -> None:
    script(call, {"kind": kind}, method="POST")

    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        call.post("appointments", **NEW_VISIT)
    assert booked(call) == there


@pytest.mark.parametrize(("kind", "there"), [("status_before", 0), ("status_after", 1)])
def test_a_server_error_strikes_before_or_after_the_effect(call: Caller, kind: str, there: int) -> None:
    script(call, {"kind": kind, "status": 502, "retry_after": 3})

    told = call.post("appointments", **NEW_VISIT)

    assert (told.status, told.headers["Retry-After"], booked(call)) == (502, "3", there)


def test_html_stands_where_json_should(call: Caller) -> None:
    script(call, {"kind": "html", "status": 200})

    told = call.get("patients")

    assert (told.status, told.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert told.text.startswith("<html>")


def test_a_truncated_answer_ends_before_its_announced_length_after_the_effect(call: Caller) -> None:
    script(call, {"kind": "truncate"})

    with pytest.raises(http.client.IncompleteRead):
        call.post("appointments", **NEW_VISIT)
    assert booked(call) == 1


def test_garbage_is_half_a_document_of_the_right_length(call: Caller) -> None:
    script(call, {"kind": "garbage"})

    told = call.post("appointments", **NEW_VISIT)

    assert (told.status, booked(call)) == (201, 1)
    with pytest.raises(json.JSONDecodeError):
        json.loads(told.text)


def test_an_offline_office_is_a_400(call: Caller) -> None:
    script(call, {"kind": "offline"})

    told = call.post("appointments", **NEW_VISIT)

    assert (told.status, booked(call)) == (400, 0)
    assert "eConnector" in told.body


@pytest.mark.parametrize("retry_after", [None, 4])
def test_too_many_requests_come_with_and_without_retry_after(call: Caller, retry_after: int | None) -> None:
    script(call, {"kind": "too_many_requests", "retry_after": retry_after})

    told = call.post("appointments", **NEW_VISIT)

    assert (told.status, told.headers.get("Retry-After"), booked(call)) == (
        429,
        None if retry_after is None else "4",
        0,
    )


def test_a_delay_holds_the_answer_back(call: Caller) -> None:
    script(call, {"kind": "delay", "seconds": 0.15})

    start = time.monotonic()
    assert call.get("providers").status == 200
    assert time.monotonic() - start >= 0.15


def test_a_gateway_timeout_is_504(call: Caller) -> None:
    script(call, {"kind": "timed_out_after"})

    assert call.post("appointments", **NEW_VISIT).status == 504
    assert booked(call) == 1


def test_a_rule_strikes_from_its_nth_request_as_often_as_it_says(call: Caller) -> None:
    script(call, {"kind": "status", "status": 503}, path_regex="/providers$", method="GET", nth=2, times=2)

    assert call.get("operatories").status == 200
    assert [call.get("providers").status for _ in range(4)] == [200, 503, 503, 200]


def test_faults_are_cleared(call: Caller) -> None:
    script(call, {"kind": "status"}, times=0)
    assert call.get("providers").status == 500

    call.control("DELETE", "faults")

    assert call.get("providers").status == 200


@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"fault": {"kind": "nonsense"}},
        {"fault": {"kind": "truncate_before"}},
        {"fault": {"kind": "drop", "colour": "red"}},
        {"match": {"path_regex": "("}, "fault": {"kind": "drop"}},
        {"match": {"verb": "GET"}, "fault": {"kind": "drop"}},
    ],
)
def test_a_wrong_rule_is_refused_and_none_of_the_list_is_added(call: Caller, rule: dict[str, Any]) -> None:
    good = {"fault": {"kind": "drop"}}
    request = Request(f"{call.simulator.control_url}/faults", json.dumps([good, rule]).encode(), method="POST")

    with pytest.raises(OSError, match="400") as refused, urlopen(request):
        pass
    refused.value.close()  # type: ignore[attr-defined]
    assert call.control("GET", "faults") == {"faults": []}


def test_rows_drift_between_pages_when_staff_delete_after_the_first(call: Caller) -> None:
    first_of_all = call.get("appointments", Limit=1).body[0]["AptNum"]
    action = {"action": "delete", "appointment_id": first_of_all}
    script(call, {"kind": "staff", "action": action}, path_regex="/appointments$", query_regex="Offset=0")

    first, second = (call.get("appointments", Offset=offset).body for offset in (0, 100))

    skipped = first[-1]["AptNum"] + 1
    assert second[0]["AptNum"] == skipped + 1


def test_staff_can_take_the_chair_between_a_look_and_a_booking(call: Caller) -> None:
    action = {"action": "book", "patient_id": 1002, "operatory_id": 1, "start": "2026-03-03T19:00:00", "minutes": 30}
    script(call, {"kind": "staff_before", "action": action}, method="POST")

    call.post("appointments", **NEW_VISIT)

    day = call.control("GET", "truth/appointments", date="2026-03-03", operatory_id="1")["appointments"]
    assert [row["patient_id"] for row in day if "T19:00:00" in row["start"]] == ["1002", "1001"]


# --- staff and truth


def test_the_front_desk_books_moves_notes_breaks_and_deletes(call: Caller) -> None:
    def act(name: str, **given: Any) -> Any:
        return call.control("POST", "staff", {"action": name, **given})

    visit = act("book", patient_id="1001", operatory_id="1", start="2026-03-03T19:00:00-07:00", minutes=40)
    number = visit["appointment_id"]
    moved = act("move", appointment_id=number, start="2026-03-04T19:00:00", operatory_id=2)
    noted = act("edit_note", appointment_id=number, note="rewritten")
    broken = act("break", appointment_id=number, to_list=False, reason="missed")
    act("delete", appointment_id=number)

    assert (visit["start"], visit["end"]) == ("2026-03-03T19:00:00-07:00", "2026-03-03T19:40:00-07:00")
    assert (moved["start"], moved["operatory_id"]) == ("2026-03-04T19:00:00-07:00", "2")
    assert (noted["note"], broken["status"]) == ("rewritten", "Broken")
    history = call.control("GET", "truth/history", appointment_id=number)["history"]
    assert [row["action"] for row in history] == ["Created", "Changed", "Changed", "Missed", "Deleted"]
    assert {row["by"] for row in history} == {"staff"}
    assert call.control("GET", "truth/appointments", appointment_id=number)["appointments"] == []
    kept = call.control("GET", "truth/appointments", appointment_id=number, deleted="true")["appointments"]
    assert kept[0]["deleted"]


@pytest.mark.parametrize(
    ("unset", "shown"),
    [("year_1", "0001-01-01 00:00:00"), ("year_2000", "2000-01-01 00:00:00"), ("midnight", "2026-03-03 00:00:00")],
)
def test_the_front_desk_checks_a_patient_in_seats_and_dismisses_them(call: Caller, unset: str, shown: str) -> None:
    call.control("POST", "switches", {"unset_day_times": unset})
    visit = call.control(
        "POST", "staff", {"action": "book", "patient_id": "1001", "operatory_id": "1", "start": "2026-03-03T19:00:00"}
    )
    number = visit["appointment_id"]
    row = call.get(f"appointments/{number}").body
    assert [row[name] for name in ("DateTimeArrived", "DateTimeSeated", "DateTimeDismissed")] == 3 * [shown]

    for action, minute in (("arrive", 55), ("seat", 58), ("dismiss", 59)):
        told = call.control(
            "POST", "staff", {"action": action, "appointment_id": number, "at": f"2026-03-03T18:{minute}:00"}
        )

    assert (told["arrived_at"], told["dismissed_at"]) == ("2026-03-03T18:55:00-07:00", "2026-03-03T18:59:00-07:00")
    assert call.get(f"appointments/{number}").body["DateTimeSeated"] == "2026-03-03 18:58:00"


def test_an_office_names_its_confirmation_states_and_sets_a_visit_to_one(call: Caller) -> None:
    state = next(
        one
        for one in call.control("GET", "truth/definitions", category="2")["definitions"]
        if one["name"] == "Message Left"
    )
    given = {"definition_id": state["definition_id"], "columns": {"ItemName": "Could not be confirmed"}}
    call.control("POST", "staff", {"action": "set_definition", **given})
    visit = call.control(
        "POST", "staff", {"action": "book", "patient_id": "1001", "operatory_id": "1", "start": "2026-03-03T19:00:00"}
    )
    number = visit["appointment_id"]

    call.control(
        "POST",
        "staff",
        {"action": "set_confirmation", "appointment_id": number, "definition_id": state["definition_id"]},
    )

    row = call.get(f"appointments/{number}").body
    assert (row["confirmed"], row["Confirmed"]) == ("Could not be confirmed", int(state["definition_id"]))


def test_the_truth_lists_patients_chairs_providers_and_the_days_schedule(call: Caller) -> None:
    assert len(call.control("GET", "truth/patients")["patients"]) == 200
    assert [row["name"] for row in call.control("GET", "truth/operatories")["operatories"]][0] == "Treatment 1"
    assert {row["abbreviation"] for row in call.control("GET", "truth/providers")["providers"]} >= {"DOC1", "HYG1"}
    rows = call.control("GET", "truth/schedules", date="2026-03-03")["schedules"]
    assert {row["kind"] for row in rows} == {"provider", "blockout"}
    assert all(row["start"].startswith("2026-03-03T") for row in rows)


def test_every_request_is_remembered_with_its_answer_but_without_the_developers_key(call: Caller) -> None:
    call.get("patients", LName="nobody")
    call.post("appointments", **NEW_VISIT)

    remembered = call.control("GET", "requests")

    search, booking = remembered["requests"]
    assert (search["method"], search["path"], search["query"]) == ("GET", "/patients", {"LName": "nobody"})
    assert (booking["body"], booking["status"]) == (NEW_VISIT, 201)
    assert search["monotonic"] < search["finished"] <= booking["monotonic"]
    assert call.simulator.simulator.developer_key not in json.dumps(remembered)
    call.control("DELETE", "requests")
    assert call.control("GET", "requests")["requests"] == []


def test_the_clock_is_set_advanced_and_frozen(call: Caller) -> None:
    assert call.control("POST", "clock", {"now": "2026-07-01 12:00:00", "frozen": True})["now"].startswith(
        "2026-07-01T18:00:00"
    )
    call.control("POST", "clock", {"advance_seconds": 90})
    assert call.get("providers").body[0]["serverDateTime"] == "2026-07-01 12:01:30"


def test_reset_puts_everything_back(call: Caller) -> None:
    call.post("appointments", **NEW_VISIT)
    call.control("POST", "switches", {"overlap": "reject"})
    script(call, {"kind": "drop"}, times=0)

    state = call.control("POST", "reset")

    assert (state["switches"]["overlap"], state["faults"], booked(call)) == ("accept", [], 0)


# --- throttle


class FakeTime:
    """A clock that only sleeping and `pass_by` move."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 3))
        self.now += seconds

    def throttle(self, **settings: Any) -> Throttle:
        return Throttle(ThrottleSettings(**settings), sleep=self.sleep, clock=lambda: self.now)


def test_early_requests_are_held_until_their_time_and_counted() -> None:
    fake = FakeTime()
    throttle = fake.throttle(tolerance=0.05)

    for pause in (0.0, 0.4, 0.97, 1.5):
        fake.now += pause
        throttle.enter()
        throttle.leave()

    assert fake.slept == [0.6]
    assert throttle.early_starts == 1


@pytest.mark.parametrize(("tier", "seconds"), [("standard", 1.0), ("read_only", 5.0), ("enterprise", 0.5)])
def test_each_tier_has_its_interval(tier: str, seconds: float) -> None:
    fake = FakeTime()
    throttle = fake.throttle(tier=tier)

    throttle.enter()
    throttle.leave()
    throttle.enter()

    assert fake.slept == [seconds]


def test_read_only_keys_are_measured_from_the_end_of_the_last_request() -> None:
    fake = FakeTime()
    throttle = fake.throttle(tier="read_only")

    throttle.enter()
    fake.now += 2
    throttle.leave()
    throttle.enter()

    assert fake.slept == [5.0]


def test_more_than_a_few_waiting_requests_are_refused() -> None:
    inner: list[bool] = []
    throttle = Throttle(ThrottleSettings(queue_limit=1), sleep=lambda _: inner.append(throttle.enter().admitted))

    throttle.enter()
    outer = throttle.enter().admitted

    assert (outer, inner) == (True, [False])


def test_early_requests_are_delayed_on_the_wire() -> None:
    with running_simulator(throttle=ThrottleSettings(interval=0.1), now=MONDAY_MORNING) as running:
        caller = Caller(running)
        began = time.monotonic()

        assert [caller.get("computers").status for _ in range(3)] == [200, 200, 200]

        assert time.monotonic() - began >= 0.2 - 2 * 0.02


def test_early_requests_are_refused_without_effect_when_switched() -> None:
    settings = ThrottleSettings(mode="refuse", interval=30, retry_after=7)
    with running_simulator(throttle=settings, now=MONDAY_MORNING) as running:
        caller = Caller(running)
        caller.get("computers")

        told = caller.post("appointments", **NEW_VISIT)

        assert (told.status, told.headers["Retry-After"], booked(caller)) == (429, "7", 0)
        assert caller.control("GET", "requests")["early_starts"] == {running.customer_key: 1}


def test_an_unthrottled_simulator_still_counts_early_starts(call: Caller) -> None:
    call.control("POST", "throttle", {"mode": "off", "interval": 30})
    for _ in range(3):
        call.get("computers")

    assert list(call.control("GET", "requests")["early_starts"].values()) == [2]


def test_two_offices_have_data_pace_and_rights_of_their_own() -> None:
    offices = (OfficeSpec("FirstOffice00001", 1, 30), OfficeSpec("SecondOffice0002", 2, 40, "America/New_York"))
    settings = ThrottleSettings(mode="refuse", interval=30)
    with running_simulator(offices, throttle=settings, now=MONDAY_MORNING) as running:
        first = Caller(running)
        second = Caller(running, f"ODFHIR {running.simulator.developer_key}/SecondOffice0002")

        assert (first.get("providers").status, second.get("providers").status) == (200, 200)
        assert first.get("providers").status == 429
        summaries = first.control("GET", "state")["offices"]
        assert [(row["office"], row["patients"], row["timezone"]) for row in summaries] == [
            ("FirstOffice00001", 30, "America/Denver"),
            ("SecondOffice0002", 40, "America/New_York"),
        ]
        assert len(first.control("GET", "truth/patients", office="SecondOffice0002")["patients"]) == 40


# --- the process


@contextmanager
def simulator_process(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    command = [sys.executable, "-m", "tools.simulators.open_dental", "--patients", "20", *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()


def test_the_process_says_where_it_listens_and_stops_on_a_signal(tmp_path: Path) -> None:
    ready = tmp_path / "ready.json"
    arguments = (
        "--ready-file",
        str(ready),
        "--no-throttle",
        "--cust-key",
        "Mine000000000001",
        "--switch",
        "overlap=reject",
    )
    with simulator_process(*arguments) as (process, told):
        assert json.loads(ready.read_text()) == told
        assert (told["pid"], told["cust_key"], told["timezone"]) == (process.pid, "Mine000000000001", "America/Denver")
        assert told["url"].startswith("http://127.0.0.1:")
        with urlopen(f"{told['control_url']}/state") as answer:
            assert json.load(answer)["switches"]["overlap"] == "reject"

        process.send_signal(signal.SIGTERM)

        assert process.wait(timeout=5) == 0


def test_the_process_ends_with_its_parent() -> None:
    simulator = [sys.executable, "-m", "tools.simulators.open_dental", "--patients", "20", "--exit-with-parent"]
    starter = (
        "import subprocess, sys\n"
        f"child = subprocess.Popen({simulator!r}, stdout=subprocess.PIPE)\n"
        "sys.stdout.buffer.write(child.stdout.readline())\n"
        "sys.stdout.flush()\n"
        "import os; os._exit(0)\n"
    )
    out = subprocess.run([sys.executable, "-c", starter], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    pid = json.loads(out)["pid"]

    deadline = time.monotonic() + 5
    while _runs(pid) and time.monotonic() < deadline:
        time.sleep(0.05)

    left_over = _runs(pid)
    if left_over:
        os.kill(pid, signal.SIGKILL)
    assert not left_over


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rsplit(")", 1)[1].split()[0] != "Z"


@pytest.mark.parametrize(
    "arguments", [("--switch", "nonsense=1"), ("--timezone", "Nowhere/Land"), ("--patients", "0"), ("--office", "x")]
)
def test_a_wrong_argument_is_explained(arguments: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "tools.simulators.open_dental", *arguments]

    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert ended.returncode == 2
    assert "error:" in ended.stderr
    assert "Traceback" not in ended.stderr


# --- the README


def test_the_readme_tells_every_switch_with_its_default_and_every_fault() -> None:
    readme = (ROOT / "tools/simulators/open_dental/README.md").read_text()

    for name, default, choices in described():
        assert f"| `{name}` | `{default}` | {choices} |" in readme
    for kind in KINDS:
        assert f"| `{kind}` |" in readme
