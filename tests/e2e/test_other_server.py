"""`OPENDENTAL_API_BASE_URL` points the whole stack at an Open Dental server that it did not start."""

import json

from tests.e2e.world import OFFICES, World


def test_no_simulator_is_started(world: World) -> None:
    assert not (world.folder / "open_dental.json").exists()
    assert not (world.folder / "open_dental.log").exists()


def test_the_stacks_description_names_the_given_server(world: World) -> None:
    told = json.loads(world.stack_file.read_text("utf-8"))
    assert told["open_dental_url"] == world.server.url
    assert told["open_dental_control_url"] is None


def test_the_functions_are_told_the_given_server(world: World) -> None:
    aws = world.client("lambda")
    for function in ("find_slots", "read_patients", "process_tasks", "check_health"):
        name = world.description.functions[function]
        told = aws.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        assert told["OPENDENTAL_API_BASE_URL"] == world.server.url


def test_a_practice_is_loaded_from_the_given_server_with_the_given_keys(world: World) -> None:
    practices = {practice.id: practice for practice in world.description.practices}
    assert practices["p1"].keys["custKey"] == OFFICES["p1"]


def test_health_is_that_of_the_given_server(world: World) -> None:
    answer = world.operator.get("/practices/p2/health")
    visible = [row for row in world.server.office("p2").truth("providers") if not row["hidden"]]
    assert (answer.status, answer.body["status"]) == (200, "ok")
    assert answer.body["provider_count"] == len(visible)
