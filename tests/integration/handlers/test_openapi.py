"""The control API answers as docs/openapi.json says, whatever it is sent."""

import copy
from itertools import count
from typing import Any

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS
from schemathesis.config import (
    CoveragePhaseConfig,
    GenerationConfig,
    PhasesConfig,
    ProjectConfig,
    ProjectsConfig,
    SchemathesisConfig,
)
from schemathesis.core.parameters import ParameterLocation

from tests.integration.handlers.stack import Stack
from tests.integration.handlers.wsgi import control_api
from tests.structure.template import ROOT
from tools.docs.openapi import openapi

DOCUMENT = openapi(ROOT)
# What a caller would send: without these, hardly a request comes past the practice's and the EHR's ids.
KNOWN = {
    "practice_id": ["p1"],
    "task_id": ["01KJQ2Z5E0A1B2C3D4E5F6G7H8", "accepted"],
    "appointment_id": ["50", "51", "99"],
    "patient_id": ["11", "13", "99"],
    "provider_id": ["1", "2"],
    "operatory_id": ["1", "2"],
    "service_id": ["filling"],
    "start": [f"2026-03-{day:02d}T{hour:02d}:00:00-07:00" for day in (1, 3, 4, 7) for hour in (9, 14)],
    "start_date": ["2026-03-03"],
    "end_date": ["2026-03-03", "2026-03-05", "2026-04-05"],
    "date_of_birth": ["1983-04-17"],
    "phone": ["(303) 555-0111", "720-555-0163"],
    "email": ["quillon.vexmoor@example.com"],
    "first_name": ["Quillon", "Isolde"],
    "last_name": ["Vexmoor", "Tamsworth"],
}
_NUMBERS = count(1)
CHECKED = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
]
quick = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))


def loaded(document: dict[str, Any], mode: GenerationMode) -> Any:
    generation = GenerationConfig(
        modes=[mode], deterministic=True, with_security_parameters=False, allow_extra_parameters=False
    )
    # Other methods never come to a function: the gateway has no route for them.
    phases = PhasesConfig(coverage=CoveragePhaseConfig(unexpected_methods=set()))
    project = ProjectConfig(generation=generation, phases=phases)
    schema = schemathesis.openapi.from_dict(
        document, config=SchemathesisConfig(projects=ProjectsConfig(default=project))
    )
    schema.app = "chosen for each case"
    return schema


def with_known_values(node: Any) -> Any:
    """The document with the values that exist, wherever a text of that name is asked for."""
    if isinstance(node, list):
        return [with_known_values(one) for one in node]
    if not isinstance(node, dict):
        return node
    made = {name: with_known_values(inner) for name, inner in node.items()}
    if made.get("name") in KNOWN and "schema" in made:
        made["schema"] = {"type": "string", "enum": KNOWN[made["name"]]}
    for name in KNOWN.keys() & made.get("properties", {}).keys():
        if made["properties"][name].get("type") in ("string", ["string", "null"]):
            made["properties"][name] = {"type": "string", "enum": KNOWN[name]}
    return made


def requests_only(document: dict[str, Any]) -> dict[str, Any]:
    """Narrowed in what is sent; what is answered stays as documented."""
    made = copy.deepcopy(document)
    for methods in made["paths"].values():
        for operation in methods.values():
            operation["parameters"] = with_known_values(operation["parameters"])
    for name in ("PatientQuery", "NewPatient", "AppointmentRequest", *_tasks(made)):
        made["components"]["schemas"][name] = with_known_values(made["components"]["schemas"][name])
    return made


def _tasks(document: dict[str, Any]) -> list[str]:
    return [one["$ref"].rsplit("/", 1)[-1] for one in document["components"]["schemas"]["TaskRequest"]["oneOf"]]


POSSIBLE = loaded(requests_only(DOCUMENT), GenerationMode.POSITIVE)
WRONG = loaded(DOCUMENT, GenerationMode.NEGATIVE)


def with_a_key_of_its_own(case: Any) -> None:
    case.headers["Idempotency-Key"] = f"key-{next(_NUMBERS)}"


@POSSIBLE.parametrize()  # type: ignore[untyped-decorator]
@quick
def test_what_a_caller_may_send_is_answered_as_documented(case: Any, stack: Stack) -> None:
    if case.path_parameters.get("task_id") == "accepted":
        case.path_parameters["task_id"] = stack.submit("cancel_appointment")[1]["id"]
    if "Idempotency-Key" in case.headers and next(_NUMBERS) % 4:
        with_a_key_of_its_own(case)
    if next(_NUMBERS) % 16:
        # Nobody works on these tasks, and looking for their end takes a while even when no time passes.
        case.headers.pop("Prefer", None)

    case.call_and_validate(app=control_api(stack), checks=CHECKS.get_by_names(CHECKED))


@WRONG.parametrize()  # type: ignore[untyped-decorator]
@quick
def test_what_a_caller_may_not_send_is_refused_as_documented(case: Any, stack: Stack) -> None:
    case.path_parameters["practice_id"] = "p1"
    body = case.meta.components.get(ParameterLocation.BODY)
    if body is not None and body.mode is GenerationMode.NEGATIVE:
        with_a_key_of_its_own(case)

    checks = CHECKS.get_by_names([*CHECKED, "negative_data_rejection", "missing_required_header"])
    case.call_and_validate(app=control_api(stack), checks=checks)
