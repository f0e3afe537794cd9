"""What the commands ask of the API, what they print, and how they end."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.cli.conftest import FakeSender, Run, slots_answer, task_answer
from tools.cli.commands.slots import stretches

OpenChair = Callable[..., Run]

PATIENT = {
    "patient_id": "12",
    "first_name": "Elowen",
    "last_name": "Thornwick",
    "preferred_name": None,
    "date_of_birth": "1984-05-17",
    "phones": ["(303)555-0101"],
    "email": None,
    "is_active": True,
}
VISIT = {
    "appointment_id": "77",
    "status": "booked",
    "start": "2026-11-24T09:00:00-07:00",
    "end": "2026-11-24T10:00:00-07:00",
    "minutes": 60,
    "provider_id": "4",
    "provider_name": "Ada Elmgate",
    "operatory_id": "3",
    "operatory_name": "Hygiene 1",
    "service_name": "Cleaning",
    "confirmed": False,
}
SLOT = {"start": "2026-11-24T09:00:00-07:00", "end": "2026-11-24T10:00:00-07:00", "operatory_id": "3"}
LATER = {"start": "2026-11-24T09:10:00-07:00", "end": "2026-11-24T10:10:00-07:00", "operatory_id": "3"}


# --------------------------------------------------------------------------------------------------- slots


def test_slots_show_provider_day_chair_and_starts(openchair: OpenChair, sender: FakeSender) -> None:
    sender.answers = [(200, slots_answer([SLOT, LATER]))]

    ran = openchair("slots", "p1", "--service", "cleaning", "--from", "2026-11-24", "--to", "2026-11-25")

    assert ran.status == 0
    assert "Ada Elmgate  Tue 24 Nov 2026  3      09:00, 09:10" in ran.out
    assert "America/Denver" in ran.out
    assert sender.sent[0].url.endswith("/slots?end_date=2026-11-25&service_id=cleaning&start_date=2026-11-24")


@pytest.mark.parametrize(
    ("starts", "told"),
    [
        ("08:00", "08:00"),
        ("08:00 08:10 08:20 08:30 09:40", "08:00-08:30 (every 10 min), 09:40"),
        ("08:00 08:10 13:00 13:10", "08:00, 08:10, 13:00, 13:10"),
        ("08:00 09:00 10:00 11:00", "08:00-11:00 (every 60 min)"),
        # The autumn hour comes twice.
        ("01:30 01:45 01:00 01:15", "01:30, 01:45, 01:00, 01:15"),
    ],
)
def test_long_rows_of_starts_are_told_as_stretches(starts: str, told: str) -> None:
    assert stretches(starts.split()) == told


def test_slots_that_end_early_say_until_when_they_are_complete(openchair: OpenChair, sender: FakeSender) -> None:
    answer = {**slots_answer([SLOT]), "complete_until": "2026-11-27T00:00:00-07:00"}
    sender.answers = [(200, answer)]

    ran = openchair("slots", "p1", "--service", "cleaning")

    assert "Complete only until Fri 27 Nov 2026 00:00" in ran.out


def test_no_open_chair_is_said(openchair: OpenChair, sender: FakeSender) -> None:
    sender.answers = [(200, {**slots_answer([]), "providers": []})]

    assert "No chair is open" in openchair("slots", "p1", "--service", "cleaning").out


def test_slots_to_move_a_visit_are_asked_for_that_visit(openchair: OpenChair, sender: FakeSender) -> None:
    sender.answers = [(200, slots_answer([SLOT]))]

    openchair("slots", "p1", "--visit", "77", "--operatory", "3")

    assert sender.sent[0].url.endswith("/practices/p1/visits/77/slots?operatory_id=3")


@pytest.mark.parametrize(
    "options", [(), ("--service", "cleaning", "--visit", "77"), ("--visit", "7", "--location", "1")]
)
def test_slots_are_for_a_service_or_for_a_visit(openchair: OpenChair, options: tuple[str, ...]) -> None:
    assert openchair("slots", "p1", *options).status == 2


# ------------------------------------------------------------------------------------------------ patients


def test_a_search_travels_in_the_body_and_never_in_the_url(openchair: OpenChair, sender: FakeSender) -> None:
    sender.answers = [(200, {"patients": [PATIENT]})]

    ran = openchair("patients", "search", "p1", "--phone", "+1 303 555-0101")

    assert sender.body() == {"phone": "+1 303 555-0101"}
    assert "0101" not in sender.sent[0].url
    assert "Thornwick" in ran.out
    assert "(303)555-0101" in ran.out


def test_nobody_found_is_said(openchair: OpenChair, sender: FakeSender) -> None:
    sender.answers = [(200, {"patients": []})]

    ran = openchair("patients", "search", "p1", "--email", "elowen@example.com")

    assert (ran.status, ran.out.strip()) == (0, "No patient matches.")


def test_a_search_for_nothing_is_wrong_use(openchair: OpenChair) -> None:
    assert openchair("patients", "search", "p1").status == 2


def test_visits_show_what_is_ahead_and_the_latest_past(openchair: OpenChair, sender: FakeSender) -> None:
    past = [{**VISIT, "appointment_id": str(number), "status": "fulfilled"} for number in range(7)]
    sender.answers = [(200, {"upcoming": [VISIT], "past": past, "unscheduled": 1})]

    ran = openchair("patients", "visits", "p1", "12")

    assert "Tue 24 Nov 2026 09:00" in ran.out
    assert "Hygiene 1" in ran.out
    assert "and 2 more" in ran.out
    assert "Waiting for a time: 1" in ran.out


def test_json_is_the_raw_answer(openchair: OpenChair, sender: FakeSender) -> None:
    answer = {"patients": [PATIENT]}
    sender.answers = [(200, answer)]

    assert openchair("patients", "search", "p1", "--phone", "3035550101", "--json").json() == answer


def test_what_comes_from_the_chart_cannot_steer_the_terminal(openchair: OpenChair, sender: FakeSender) -> None:
    sender.answers = [(200, {"patients": [{**PATIENT, "last_name": "\x1b[2Jgone\n[bold]"}]})]

    out = openchair("patients", "search", "p1", "--phone", "3035550101").out

    assert "\x1b" not in out
    assert "?[2Jgone?[bold]" in out


# --------------------------------------------------------------------------------------------------- tasks


def test_a_task_by_options_holds_only_what_was_given(openchair: OpenChair, sender: FakeSender) -> None:
    sender.answers = [(202, task_answer("queued", "queued"))]

    ran = openchair(
        "task", "submit", "p1", "--type", "create", "--patient-id", "12", "--service-id", "cleaning",
        "--start", "2026-11-24T09:00:00-07:00", "--idempotency-key", "once",
    )  # fmt: skip

    assert ran.status == 0
    assert sender.body() == {
        "type": "CREATE_APPOINTMENT",
        "patient_id": "12",
        "service_id": "cleaning",
        "start": "2026-11-24T09:00:00-07:00",
    }
    assert sender.header("Idempotency-Key") == "once"
    assert "Prefer" not in sender.sent[0].headers
    assert "queued" in ran.out


def test_a_person_and_a_visit_to_onboard_are_told_apart(openchair: OpenChair, sender: FakeSender) -> None:
    sender.answers = [(202, task_answer("queued", "queued"))]

    openchair(
        "task", "submit", "p1", "--type", "onboard", "--first-name", "Elowen", "--last-name", "Thornwick",
        "--date-of-birth", "1984-05-17", "--phone", "3035550101",
        "--service-id", "exam", "--start", "2026-11-24T09:00:00Z",
    )  # fmt: skip

    assert sender.body() == {
        "type": "ONBOARD_NEW_PATIENT",
        "patient": {
            "first_name": "Elowen",
            "last_name": "Thornwick",
            "date_of_birth": "1984-05-17",
            "phone": "3035550101",
        },
        "appointment": {"service_id": "exam", "start": "2026-11-24T09:00:00Z"},
    }


def test_a_task_may_be_json_or_a_file(openchair: OpenChair, sender: FakeSender, tmp_path: Path) -> None:
    body = {"type": "CANCEL_APPOINTMENT", "appointment_id": "77"}
    file = tmp_path / "task.json"
    file.write_text(json.dumps(body))
    sender.answers = [(202, task_answer("queued")), (202, task_answer("queued"))]

    openchair("task", "submit", "p1", json.dumps(body))
    openchair("task", "submit", "p1", f"@{file}")

    assert sender.body(0) == sender.body(1) == body


def test_a_key_is_made_and_shown_when_none_is_given(openchair: OpenChair, sender: FakeSender) -> None:
    sender.answers = [(202, task_answer("queued")), (202, task_answer("queued"))]
    body = '{"type": "CONFIRM_APPOINTMENT", "appointment_id": "77"}'

    first, second = openchair("task", "submit", "p1", body), openchair("task", "submit", "p1", body)

    keys = [sender.header("Idempotency-Key", index) for index in (0, 1)]
    assert keys[0] != keys[1]
    assert keys[0] in first.out
    assert keys[1] in second.out


@pytest.mark.parametrize(("state", "status"), [("completed", 0), ("failed", 1), ("needs_review", 1)])
def test_waiting_ends_as_the_task_does(openchair: OpenChair, sender: FakeSender, state: str, status: int) -> None:
    sender.answers = [(200, task_answer(state))]

    ran = openchair("task", "submit", "p1", '{"type": "CONFIRM_APPOINTMENT"}', "--wait", "60")

    assert ran.status == status
    assert sender.header("Prefer") == "wait=25"


def test_waiting_goes_on_where_the_api_stops(
    openchair: OpenChair, sender: FakeSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.cli.commands.task.time.sleep", lambda _seconds: None)
    sender.answers = [(202, task_answer("queued")), (200, task_answer("in_progress")), (200, task_answer("completed"))]

    ran = openchair("task", "submit", "p1", '{"type": "CONFIRM_APPOINTMENT"}', "--wait", "60", "--json")

    assert ran.status == 0
    assert ran.json()["state"] == "completed"
    assert [request.method for request in sender.sent] == ["POST", "GET", "GET"]


@pytest.mark.parametrize(
    "arguments",
    [("not json",), ("[]",), ("@does-not-exist",), (), ("--type", "juggle"), ("--patient-id", "12")],
)
def test_what_is_no_task_is_refused_before_anything_is_sent(
    openchair: OpenChair, sender: FakeSender, arguments: tuple[str, ...]
) -> None:
    ran = openchair("task", "submit", "p1", *arguments)

    assert ran.status == 1
    assert ran.err.startswith("error: ")
    assert not sender.sent


def test_json_and_options_together_are_wrong_use(openchair: OpenChair) -> None:
    assert openchair("task", "submit", "p1", "{}", "--patient-id", "12").status == 2


def test_a_refused_task_shows_code_and_fields_and_exits_1(openchair: OpenChair, sender: FakeSender) -> None:
    problem = {"code": "slot_taken", "status": 409, "detail": "The chair is no longer free at this time."}
    sender.answers = [(409, problem)]

    ran = openchair("task", "submit", "p1", '{"type": "CREATE_APPOINTMENT"}')

    assert ran.status == 1
    assert ran.err.strip() == "error: The chair is no longer free at this time. (slot_taken)"


def test_a_lost_answer_says_how_to_repeat_the_task_safely(openchair: OpenChair, sender: FakeSender) -> None:
    sender.answers = [(504, {"message": "Endpoint request timed out"})]

    ran = openchair("task", "submit", "p1", '{"type": "CREATE_APPOINTMENT"}')

    assert ran.status == 1
    assert f"--idempotency-key {sender.header('Idempotency-Key')}" in ran.err


def test_tasks_are_listed_with_the_way_to_the_next_page(openchair: OpenChair, sender: FakeSender) -> None:
    sender.answers = [(200, {"tasks": [task_answer("failed", "slot_taken")], "next_cursor": "abc"})]

    ran = openchair("task", "list", "p1", "--state", "failed", "--limit", "1")

    assert sender.sent[0].url.endswith("/tasks?limit=1&state=failed")
    assert "slot_taken" in ran.out
    assert "--cursor abc" in ran.out


def test_a_watched_task_is_followed_to_its_end(
    openchair: OpenChair, sender: FakeSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.cli.commands.task.time.sleep", lambda _seconds: None)
    sender.answers = [(200, task_answer("queued")), (200, task_answer("queued")), (200, task_answer("completed"))]

    ran = openchair("task", "watch", "p1", "t1")

    assert ran.status == 0
    assert ran.out.splitlines()[:2] == ["queued", "completed"]


def test_withdrawing_and_showing_name_the_task_in_the_path(openchair: OpenChair, sender: FakeSender) -> None:
    sender.answers = [(200, task_answer("failed", "withdrawn")), (200, task_answer("failed", "withdrawn"))]

    openchair("task", "withdraw", "p1", "t1")
    openchair("task", "show", "p1", "t1")

    assert [(sent.method, sent.url.rpartition("/practices")[2]) for sent in sender.sent] == [
        ("POST", "/p1/tasks/t1/withdraw"),
        ("GET", "/p1/tasks/t1"),
    ]


def test_piped_output_is_plain(openchair: OpenChair, sender: FakeSender) -> None:
    sender.answers = [(200, {"tasks": [task_answer()], "next_cursor": None})]

    out = openchair("task", "list", "p1").out

    assert "\x1b" not in out
    assert "─" not in out
    assert "│" not in out


# ----------------------------------------------------------------------------------------------- practices


def test_a_wrong_practice_file_lists_its_fields(openchair: OpenChair, tmp_path: Path) -> None:
    file = tmp_path / "practice.json"
    file.write_text('{"id": "P 1", "name": "x", "timezone": "America/Denver", "ehr": "OPEN_DENTAL"}')

    ran = openchair("practice", "put", file)

    assert ran.status == 1
    assert "(invalid_practice)" in ran.err
    assert "  id: " in ran.err
    assert "P 1" not in ran.err


def test_a_missing_file_is_no_traceback(openchair: OpenChair) -> None:
    ran = openchair("practice", "put", "does-not-exist.json")

    assert ran.status == 1
    assert "cannot be read" in ran.err


def test_a_caller_is_not_given_something_that_is_no_practice_id(openchair: OpenChair) -> None:
    ran = openchair("caller", "allow", "arn:aws:iam::123456789012:role/Receptionist", "p1,P 2")

    assert ran.status == 1
    assert "(invalid_practice)" in ran.err


def test_an_unknown_command_is_wrong_use(openchair: OpenChair) -> None:
    assert openchair("juggle").status == 2


def test_a_task_tells_when_and_where_for_people(openchair: OpenChair, sender: FakeSender) -> None:
    sender.answers = [(200, task_answer(start="2026-11-24T09:00:00-07:00", end=None, operatory_id="3"))]

    shown = openchair("task", "show", "p1", "t1").out

    assert "Tue 24 Nov 2026 09:00" in shown
    assert ("operatory_id" in shown, "end" in shown.split()) == (True, False)
