"""`openchair task review`: what it lists, what it asks of the API, and how it ends."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.cli.conftest import FakeSender, Run, task_answer

OpenChair = Callable[..., Run]

LATER = "2026-11-23T09:05:00+00:00"


def in_review(code: str = "look_alike_in_ehr", **changes: Any) -> dict[str, Any]:
    return task_answer(
        "needs_review",
        code,
        message="The chart holds a visit that may be this one; a person has to look.",
        updated_at="2026-11-23T09:00:00+00:00",
        **{"next_attempt_at": None, **changes},
    )


@pytest.fixture(autouse=True)
def _time_flies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.cli.commands.task.time.sleep", lambda _seconds: None)


def test_the_list_says_what_happened_and_when(openchair: OpenChair, sender: FakeSender) -> None:
    sender.answers = [(200, {"tasks": [in_review()], "next_cursor": None})]

    ran = openchair("task", "review", "p1")

    assert sender.sent[0].url.endswith("/practices/p1/tasks?limit=100&state=needs_review")
    columns, row = ran.out.splitlines()
    assert columns.split() == ["task", "type", "code", "what", "happened", "when", "(UTC)"]
    for told in ("t1", "CREATE_APPOINTMENT", "look_alike_in_ehr", "a person has to look", "Mon 23 Nov 2026 09:00"):
        assert told in row


def test_every_page_is_listed(openchair: OpenChair, sender: FakeSender) -> None:
    sender.answers = [
        (200, {"tasks": [in_review()], "next_cursor": "abc"}),
        (200, {"tasks": [in_review(id="t2")], "next_cursor": None}),
    ]

    listed = openchair("task", "review", "p1", "--json").json()

    assert [task["id"] for task in listed["tasks"]] == ["t1", "t2"]
    assert "cursor=abc" in sender.sent[1].url


def test_a_review_that_was_decided_is_told_apart(openchair: OpenChair, sender: FakeSender) -> None:
    sender.answers = [(200, {"tasks": [in_review(next_attempt_at=LATER)], "next_cursor": None})]

    assert "Decided; it is being carried out." in openchair("task", "review", "p1").out


def test_nothing_in_review_is_said(openchair: OpenChair, sender: FakeSender) -> None:
    sender.answers = [(200, {"tasks": [], "next_cursor": None})]

    assert openchair("task", "review", "p1").out.strip() == "Nothing is in review."


def test_a_task_alone_is_shown_with_the_ways_to_settle_it(openchair: OpenChair, sender: FakeSender) -> None:
    sender.answers = [(200, in_review())]

    ran = openchair("task", "review", "p1", "t1")

    assert (ran.status, sender.sent[0].method) == (0, "GET")
    assert "--adopt APPOINTMENT_ID" in ran.out


def test_a_task_that_is_in_no_review_is_shown_without(openchair: OpenChair, sender: FakeSender) -> None:
    sender.answers = [(200, task_answer())]

    assert "--adopt" not in openchair("task", "review", "p1", "t1").out


@pytest.mark.parametrize(
    ("options", "body"),
    [
        (("--adopt", "77"), {"action": "adopt", "appointment_id": "77"}),
        (("--adopt-patient", "12"), {"action": "adopt", "patient_id": "12"}),
        (("--resend",), {"action": "resend"}),
        (("--give-up",), {"action": "give_up"}),
    ],
)
def test_a_decision_is_the_body_of_one_request(
    openchair: OpenChair, sender: FakeSender, options: tuple[str, ...], body: dict[str, str]
) -> None:
    sender.answers = [(202, in_review(next_attempt_at=LATER))]

    ran = openchair("task", "review", "p1", "t1", *options)

    assert ran.status == 0
    assert [(sent.method, sent.url.rpartition("/practices")[2]) for sent in sender.sent] == [
        ("POST", "/p1/tasks/t1/resolution")
    ]
    assert sender.body() == body
    assert "Prefer" not in sender.sent[0].headers
    assert "openchair task show p1 t1" in ran.out


@pytest.mark.parametrize(
    ("option", "state", "code", "status"),
    [
        ("--resend", "completed", "booked", 0),
        ("--resend", "failed", "slot_taken", 1),
        ("--give-up", "failed", "given_up", 0),
        ("--give-up", "completed", "old_visit_remains", 0),
    ],
)
def test_waiting_follows_a_decision_to_its_end(
    openchair: OpenChair, sender: FakeSender, option: str, state: str, code: str, status: int
) -> None:
    decided = in_review(next_attempt_at=LATER)
    sender.answers = [(202, decided), (200, decided), (200, task_answer(state, code))]

    ran = openchair("task", "review", "p1", "t1", option, "--wait", "60", "--json")

    assert (ran.status, ran.json()["code"]) == (status, code)
    assert sender.header("Prefer", 0) == "wait=25"


def test_a_decision_that_leads_to_another_review_says_so(openchair: OpenChair, sender: FakeSender) -> None:
    sender.answers = [(202, in_review(next_attempt_at=LATER)), (200, in_review("cannot_adopt"))]

    ran = openchair("task", "review", "p1", "t1", "--adopt", "78", "--wait", "60")

    assert ran.status == 1
    assert "cannot_adopt" in ran.out
    assert "needs a person still" in ran.out


@pytest.mark.parametrize(
    "arguments",
    [
        ("t1", "--resend", "--give-up"),
        ("t1", "--adopt", "77", "--adopt-patient", "12"),
        ("--resend",),
        ("t1", "--adopt"),
    ],
)
def test_one_task_takes_one_decision(openchair: OpenChair, sender: FakeSender, arguments: tuple[str, ...]) -> None:
    assert openchair("task", "review", "p1", *arguments).status == 2
    assert not sender.sent


def test_a_task_that_needs_nobody_is_refused_with_what_to_look_at(openchair: OpenChair, sender: FakeSender) -> None:
    problem = {"code": "not_in_review", "status": 409, "detail": "The task does not wait for a person."}
    sender.answers = [(409, problem)]

    ran = openchair("task", "review", "p1", "t1", "--resend")

    assert ran.status == 1
    assert ran.err.splitlines() == [
        "error: The task does not wait for a person. (not_in_review)",
        "  See how it stands: openchair task show p1 t1",
    ]


def test_a_lost_answer_says_that_the_decision_may_be_given_again(openchair: OpenChair, sender: FakeSender) -> None:
    sender.answers = [(504, {"message": "Endpoint request timed out"})]

    ran = openchair("task", "review", "p1", "t1", "--give-up")

    assert ran.status == 1
    assert "Give it again" in ran.err
