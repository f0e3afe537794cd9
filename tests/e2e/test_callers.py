"""Who may not touch a practice is told, on every route, that there is no such practice."""

import pytest

from tests.e2e.world import Answer, Caller, World, booking, free_slots, ids
from tests.structure.template import routes

ROUTES = sorted((method.upper(), path) for method, path, _ in routes())
AT_A_PRACTICE = pytest.mark.parametrize(("method", "path"), ROUTES, ids=[f"{method} {path}" for method, path in ROUTES])


def asked(caller: Caller, method: str, path: str, practice_id: str) -> Answer:
    filled = path.replace("{practice_id}", practice_id)
    for name in ("appointment_id", "patient_id", "task_id"):
        filled = filled.replace(f"{{{name}}}", "1")
    assert "{" not in filled
    return caller.send(method, filled, body={} if method == "POST" else None)


@pytest.fixture(scope="module")
def nobodys_caller(world: World) -> Caller:
    """IAM lets it call the API; no practice is its own."""
    return world.new_caller()


@pytest.fixture(scope="module")
def second_practices_caller(world: World) -> Caller:
    return world.new_caller("p2")


@AT_A_PRACTICE
def test_an_unsigned_request_is_refused_by_the_gateway(world: World, method: str, path: str) -> None:
    assert asked(world.unsigned, method, path, "p1").status == 403


@AT_A_PRACTICE
def test_a_foreign_practice_is_told_as_one_that_does_not_exist(
    world: World, nobodys_caller: Caller, second_practices_caller: Caller, method: str, path: str
) -> None:
    unknown = asked(world.operator, method, path, "no-such-practice")
    of_nobody = asked(nobodys_caller, method, path, "p1")
    of_another = asked(second_practices_caller, method, path, "p1")

    assert (unknown.status, unknown.code) == (404, "practice_not_found")
    assert (of_nobody.status, of_nobody.body) == (unknown.status, unknown.body)
    assert (of_another.status, of_another.body) == (unknown.status, unknown.body)


def test_a_caller_may_touch_the_practice_that_is_its_own(second_practices_caller: Caller) -> None:
    assert second_practices_caller.get("/practices/p2/services").status == 200


def test_the_right_to_a_practice_does_not_replace_the_right_to_call_the_api(world: World) -> None:
    without_rights = world.new_caller("p2", may_call=False)
    assert without_rights.get("/practices/p2/services").status == 403


def test_another_practices_task_cannot_be_seen_or_withdrawn_by_its_id(
    world: World, second_practices_caller: Caller
) -> None:
    office = world.server.office("p3")
    slot = next(free_slots(world.operator, "p3"))
    patient = ids(office.truth("patients", status="Patient"))[-1]
    task_id = world.operator.submit("p3", booking(slot, patient)).body["id"]

    through_theirs = second_practices_caller.get(f"/practices/p3/tasks/{task_id}")
    through_its_own = second_practices_caller.get(f"/practices/p2/tasks/{task_id}")
    withdrawn = second_practices_caller.post(f"/practices/p2/tasks/{task_id}/withdraw", {})
    listed = second_practices_caller.get("/practices/p2/tasks")

    assert (through_theirs.status, through_theirs.code) == (404, "practice_not_found")
    assert (through_its_own.status, through_its_own.code) == (404, "task_not_found")
    assert (withdrawn.status, withdrawn.code) == (404, "task_not_found")
    assert task_id not in [task["id"] for task in listed.body["tasks"]]
    assert world.operator.task("p3", task_id)["code"] != "withdrawn"
