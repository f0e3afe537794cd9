"""Bad input gets a problem document with a stable code, whichever route it comes to, and nothing is stored."""

import base64
import json
from typing import Any

import pytest

from openchair.http_api import caller_id_from_arn
from tests.integration.handlers.gateway import CALLER_ARN, CALLER_ID, event, proxy_event, request, route_of
from tests.integration.handlers.stack import Stack
from tests.structure.template import ROOT, routes

EVERY_REQUEST = sorted(
    f"{path.parent.name}/{path.stem}"
    for path in (ROOT / "events").glob("*/*.json")
    if "httpMethod" in json.loads(path.read_text("utf-8"))
)
ROUTES = sorted((method.upper(), path) for method, path, _ in routes())


def create(**changes: Any) -> dict[str, Any]:
    given = {"type": "CREATE_APPOINTMENT", "patient_id": "11", "service_id": "filling"}
    return {**given, "start": "2026-03-04T09:00:00-07:00", **changes}


def onboard(**changes: Any) -> dict[str, Any]:
    person = {"first_name": "Bea", "last_name": "Lind", "date_of_birth": "1990-05-06", "phone": "303-555-0142"}
    return {"type": "ONBOARD_NEW_PATIENT", "patient": {**person, **changes}}


def without(document: dict[str, Any], name: str) -> dict[str, Any]:
    return {field: value for field, value in document.items() if field != name}


def refused(stack: Stack, status: int, code: str, case: str = "create_appointment", **changes: Any) -> dict[str, Any]:
    """The problem document, which has the shape that every one has; no task came of it and no EHR was asked."""
    answer = stack.answer(request(f"submit_tasks/{case}", **changes))
    problem = stack.document(answer)
    assert (answer["statusCode"], problem["code"]) == (status, code)
    assert stack.headers(answer)["Content-Type"] == "application/problem+json"
    assert stack.headers(answer)["Cache-Control"] == "no-store"
    assert problem.keys() - {"errors"} == {"type", "title", "status", "detail", "code"}
    assert (problem["type"], problem["status"]) == (f"urn:openchair:problem:{code}", status)
    assert stack.queued() == []
    assert stack.ehr_requests() == []
    return problem


@pytest.mark.parametrize(
    "body",
    ["", "{", "[1,", '{"type": "CREATE_APPOINTMENT"} x', "\x00", "\ufeff{}", "[" * 9000],
)
def test_a_body_that_is_no_json(stack: Stack, body: str) -> None:
    made = event("submit_tasks/create_appointment")
    made["body"] = body or None

    status, problem = stack.call(made)

    assert (status, problem["code"]) == (400, "invalid_json")


def test_a_body_that_is_no_utf_8(stack: Stack) -> None:
    made = event("submit_tasks/create_appointment")
    made |= {"body": base64.b64encode(b'{"type": "\xff\xfe"}').decode(), "isBase64Encoded": True}

    assert stack.call(made)[1]["code"] == "invalid_json"


def test_a_body_whose_base64_is_broken(stack: Stack) -> None:
    made = event("submit_tasks/create_appointment")
    made |= {"body": "%%%", "isBase64Encoded": True}

    assert stack.call(made)[1]["code"] == "invalid_json"


def test_a_base64_body_is_a_body(stack: Stack) -> None:
    made = event("submit_tasks/create_appointment")
    made |= {"body": base64.b64encode(made["body"].encode()).decode(), "isBase64Encoded": True}

    assert stack.call(made)[0] == 202


def test_a_body_over_64_kb(stack: Stack) -> None:
    refused(stack, 413, "body_too_large", body=create(notes="n" * 70_000))


def test_a_lone_surrogate_as_text_and_as_an_escape(stack: Stack) -> None:
    """The escape is what a caller can send; the text is what a JSON reader before us could make of it."""
    made = event("submit_tasks/create_appointment")
    made["body"] = json.dumps(create()).replace("filling", "\ud800")
    assert stack.call(made)[1]["code"] == "invalid_json"

    made["body"] = json.dumps(create(notes="x\ud800"))
    assert stack.call(made)[1]["code"] in ("invalid_json", "invalid_request")


@pytest.mark.parametrize(
    ("body", "field", "problem"),
    [
        (create(colour="red"), "colour", "is not a known field"),
        (create(patient_id=11), "patient_id", "has to be a text"),
        (create(patient_id=None), "patient_id", "has to be a text"),
        (create(patient_id="../11"), "patient_id", "does not have the right form"),
        (create(allow_overlap="yes"), "allow_overlap", "has to be true or false"),
        (create(notes="a\x00b"), "notes", "holds a control character or half a surrogate pair"),
        (create(notes="n" * 1001), "notes", "is too long"),
        (without(create(), "start"), "start", "is missing"),
        (without(create(), "type"), "body", "has no known type"),
        ({"type": "DELETE_PATIENT", "patient_id": "11"}, "body", "has no known type"),
        ([create()], "body", "has to be an object"),
        ("null", "body", "has to be an object"),
        (onboard(phone="555"), "patient.phone", "is not a phone number of ten digits or with a country code"),
        (onboard(email="x@y"), "patient.email", "is not an e-mail address"),
        (onboard(first_name="--"), "patient.first_name", "holds no letter"),
        (onboard(last_name=""), "patient.last_name", "is too short"),
        (onboard(date_of_birth="1990-02-30"), "patient.date_of_birth", "is not a date like 1990-05-06"),
        (onboard(date_of_birth="2031-05-06"), "patient.date_of_birth", "is not a birth date"),
        (onboard(gender="x"), "patient.gender", "is not one of the allowed values"),
        (onboard(address={"line1": "1 Elm", "zip": "1"}), "patient.address.zip", "does not have the right form"),
        ({"type": "ONBOARD_NEW_PATIENT", "patient": without(onboard()["patient"], "phone")}, "patient",
         "needs a phone or an email"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named_with_what_is_wrong(stack: Stack, body: Any, field: str, problem: str) -> None:
    told = refused(stack, 400, "invalid_request", body=body)

    assert told["errors"] == [{"field": field, "problem": problem}]


def test_all_wrong_fields_are_named_at_once_and_no_value_is_repeated(stack: Stack) -> None:
    told = refused(stack, 400, "invalid_request", body=onboard(phone="Quillon", email="Vexmoor", Perpetua="Bramwick"))

    assert {one["field"] for one in told["errors"]} == {"patient.phone", "patient.email", "patient.Perpetua"}
    assert "Quillon" not in json.dumps(told)
    assert "Vexmoor" not in json.dumps(told)
    assert "Bramwick" not in json.dumps(told)


@pytest.mark.parametrize(
    "start",
    [
        "2026-03-04T09:00:00",
        "2026-03-04",
        "2026-03-04 09:00:00-07:00",
        "1772640000",
        "2026-03-04T09:00:00-07:00[Denver]",
        "2026-02-30T09:00:00-07:00",
        "2026-03-04T25:00:00-07:00",
        "2026-03-02T07:55:00-07:00",
        "1999-01-01T09:00:00-07:00",
        "2026-03-08T02:30:00-07:00",
        "2026-03-08T02:30:00-06:00",
        "2026-03-04T09:02:00-07:00",
        "2026-03-04T09:00:30-07:00",
        "9999-12-31T23:55:00-12:00",
        "0001-01-01T00:00:00+14:00",
        "\u0662026-03-04T09:00:00-07:00",
        "",
    ],
)
def test_a_time_without_offset_past_off_the_mark_or_not_existing(stack: Stack, start: str) -> None:
    problem = refused(stack, 400, "invalid_time", body=create(start=start))

    assert start == "" or start not in json.dumps(problem)


def test_an_unknown_service_provider_chair_or_location(stack: Stack) -> None:
    stack.put_practice(
        open_dental={
            "api_key_secret_name": stack.secret_name,
            "clinic_number": 1,
            "operatory_type_to_ids": {"treatment": ["1"]},
            "operatory_type_to_provider_ids": {"treatment": ["1"]},
        },
        services=[{"id": "filling", "name": "Filling", "minutes": 60, "operatory_type": "treatment"}],
    )

    refused(stack, 404, "service_not_found", body=create(service_id="whitening"))
    refused(stack, 404, "provider_not_found", body=create(provider_id="2"))
    refused(stack, 404, "operatory_not_found", body=create(operatory_id="2"))
    refused(stack, 404, "location_not_found", body=create(location_id="9"))


@pytest.mark.parametrize("key", ["", "k" * 256, "täglich", "two\nlines", "tab\tbed"])
def test_an_unusable_key(stack: Stack, key: str) -> None:
    refused(stack, 400, "idempotency_key_missing", headers={"Idempotency-Key": key})


def test_a_missing_key(stack: Stack) -> None:
    made = event("submit_tasks/create_appointment")
    del made["headers"]["Idempotency-Key"]

    assert stack.call(made)[1]["code"] == "idempotency_key_missing"


def test_a_key_is_found_whatever_the_case_of_its_header(stack: Stack) -> None:
    made = event("submit_tasks/create_appointment")
    made["headers"] = {name.upper(): value for name, value in made["headers"].items()}

    assert stack.call(made)[0] == 202


def test_an_overlap_without_the_right_to_it(stack: Stack) -> None:
    refused(stack, 403, "overlap_not_allowed", body=create(allow_overlap=True))

    stack.allow("Receptionist", "p1", may_overlap=True)
    assert stack.submit("create_appointment", body=create(allow_overlap=True))[0] == 202


def test_a_visit_that_may_stand_over_another_is_told_in_the_log_with_who_asked_for_it(stack: Stack) -> None:
    stack.allow("Receptionist", "p1", may_overlap=True)
    stack.submit("create_appointment")
    _, task = stack.submit("create_appointment", body=create(allow_overlap=True), headers={"Idempotency-Key": "over"})

    (told,) = [line for line in stack.log_lines() if line["message"] == "overlap allowed"]
    assert (told["caller_id"], told["practice_id"], told["task_id"]) == (CALLER_ID, "p1", task["id"])


@pytest.mark.parametrize("case", EVERY_REQUEST)
def test_a_parameter_that_is_not_known_is_refused_by_name_alone(stack: Stack, case: str) -> None:
    made = request(case, query={"colour": "CANARY"})

    status, problem = stack.call(made)

    assert (status, problem["code"]) == (400, "invalid_request")
    assert problem["errors"] == [{"field": "colour", "problem": "is not a known parameter"}]
    assert "CANARY" not in str(problem)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({}, "invalid_request"),
        ({"service_id": "filling", "colour": "red"}, "invalid_request"),
        ({"service_id": "filling", "start_date": "03/04/2026"}, "invalid_request"),
        ({"service_id": "filling", "start_date": "1772640000"}, "invalid_request"),
        ({"service_id": "filling", "start_date": "2026-02-30"}, "invalid_request"),
        ({"service_id": "filling", "provider_id": "a/b"}, "invalid_request"),
        ({"service_id": "whitening"}, "service_not_found"),
        ({"service_id": "filling", "start_date": "2026-03-03", "end_date": "2026-03-17"}, "range_too_long"),
        ({"service_id": "filling", "start_date": "2026-03-04", "end_date": "2026-03-03"}, "invalid_time"),
        ({"service_id": "filling", "start_date": "2026-02-20", "end_date": "2026-03-01"}, "invalid_time"),
        ({"service_id": "filling", "provider_id": "99"}, "provider_not_found"),
        ({"service_id": "filling", "operatory_id": "99"}, "operatory_not_found"),
    ],
)
def test_slots_asked_for_wrongly(stack: Stack, query: dict[str, str], code: str) -> None:
    assert stack.call(request("find_slots/slots", query=query))[1]["code"] == code


def test_a_parameter_given_twice(stack: Stack) -> None:
    made = event("find_slots/slots")
    made["multiValueQueryStringParameters"]["service_id"] = ["filling", "exam"]

    assert stack.call(made)[1]["errors"] == [{"field": "service_id", "problem": "is given more than once"}]


@pytest.mark.parametrize("appointment_id", ["999999", "0", "-5", "abc", "1e3", "٥٠"])
def test_slots_for_an_unknown_visit(stack: Stack, appointment_id: str) -> None:
    status, problem = stack.call(request("find_slots/slots_for_visit", path={"appointment_id": appointment_id}))

    assert (status, problem["code"]) == (404, "appointment_not_found")


def test_slots_for_a_visit_that_took_place(stack: Stack) -> None:
    status, problem = stack.call(request("find_slots/slots_for_visit", path={"appointment_id": "51"}))

    assert (status, problem["code"]) == (409, "not_movable")


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"phone": "3035550111", "email": "a@example.com"},
        {"last_name": "Vexmoor"},
        {"last_name": "Vexmoor", "first_name": "Quillon"},
        {"phone": 3035550111},
        {"phone": "911"},
        {"email": "quillon"},
        {"last_name": "Vexmoor", "first_name": "Quillon", "date_of_birth": "17.04.1983"},
        {"surname": "Vexmoor"},
    ],
)
def test_a_search_for_nothing_or_for_two_things(stack: Stack, query: dict[str, Any]) -> None:
    status, problem = stack.call(request("read_patients/search_by_phone", body=query))

    assert (status, problem["code"]) == (400, "invalid_request")
    assert stack.ehr_requests() == []


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"},
        {"limit": "101"},
        {"limit": "ten"},
        {"state": "done"},
        {"cursor": "!"},
        {"cursor": "YQ"},
        {"x": "1"},
    ],
)
def test_a_list_asked_for_wrongly(stack: Stack, query: dict[str, str]) -> None:
    status, problem = stack.call(request("submit_tasks/list_tasks", query=query))

    assert (status, problem["code"]) == (400, "invalid_request")


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize(
    ("practice_id", "caller"),
    [
        ("p1", "arn:aws:sts::123456789012:assumed-role/Stranger/session"),
        ("p1", "arn:aws:sts::999999999999:assumed-role/Receptionist/session"),
        ("p1", "arn:aws:iam::123456789012:user/Receptionist"),
        ("p2", CALLER_ARN),
        ("p9", CALLER_ARN),
        ("P1", CALLER_ARN),
        ("p-1", CALLER_ARN),
    ],
)
def test_a_foreign_practice_is_told_as_one_that_does_not_exist(
    stack: Stack, method: str, path: str, practice_id: str, caller: str
) -> None:
    stack.put_practice("p2")
    made = proxy_event(
        method, path.replace("{practice_id}", practice_id).replace("{", "").replace("}", ""), caller=caller
    )
    assert made is not None

    status, problem = stack.call(made[1])

    assert (status, problem["code"]) == (404, "practice_not_found")
    assert stack.ehr_requests() == []


def test_a_caller_allowed_before_the_practice_exists_is_told_the_same(stack: Stack) -> None:
    stack.allow("Receptionist", "p1", "p7")

    status, problem = stack.call(request("find_slots/services", path={"practice_id": "p7"}))

    assert (status, problem["code"]) == (404, "practice_not_found")


@pytest.mark.parametrize("caller", ["", "arn:aws:iam::123456789012:root", "arn:aws:sts::1:federated-user/x", "x"])
def test_a_caller_that_is_no_role_and_no_user(stack: Stack, caller: str) -> None:
    made = event("find_slots/services")
    made["requestContext"]["identity"]["userArn"] = caller or None

    status, problem = stack.call(made)

    assert (status, problem["code"]) == (403, "caller_not_supported")


@pytest.mark.parametrize("task_id", ["A" * 3000, "-", "a b"])
def test_an_id_that_nothing_can_have_is_not_found_and_not_an_outage(stack: Stack, task_id: str) -> None:
    status, problem = stack.call(request("submit_tasks/read_task", path={"task_id": task_id}))

    assert status == 404
    assert problem["code"] in ("task_not_found", "route_not_found")


def test_a_path_the_gateway_lets_through_but_no_route_takes(stack: Stack) -> None:
    """A slash that came percent-encoded is one path parameter to the gateway and two to us."""
    made = request("submit_tasks/read_task", path={"task_id": "a/b"})
    answer = stack.run("submit_tasks", made)

    assert route_of("GET", made["path"]) is None
    assert (answer["statusCode"], stack.document(answer)["code"]) == (404, "route_not_found")


def test_a_role_session_is_its_role() -> None:
    assert caller_id_from_arn(CALLER_ARN) == CALLER_ID
