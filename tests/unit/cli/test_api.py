"""Requests are signed as AWS asks, and what is refused is told with its code."""

import hashlib
import hmac
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.credentials import ReadOnlyCredentials
from botocore.exceptions import EndpointConnectionError

from tests.unit.cli.conftest import CREDENTIALS, SECRET, FakeSender
from tools.cli.api import ControlApi, practice_path
from tools.cli.failures import ApiProblem, CliError


def signature_by_hand(request: AWSPreparedRequest, secret: str, region: str) -> str:
    """AWS Signature Version 4 from its description, without a library: what the gateway computes on its side."""
    headers = {name.lower(): _text(value) for name, value in request.headers.items()}
    signed = headers["authorization"].split("SignedHeaders=")[1].split(",")[0]
    address = urlsplit(request.url)
    headers.setdefault("host", address.netloc)
    body = request.body or b""
    assert isinstance(body, bytes)
    canonical = "\n".join(
        [
            request.method,
            quote(address.path, safe="/~"),
            "&".join(sorted(address.query.split("&"))) if address.query else "",
            *(f"{name}:{headers[name]}" for name in signed.split(";")),
            "",
            signed,
            hashlib.sha256(body).hexdigest(),
        ]
    )
    stamp = headers["x-amz-date"]
    scope = f"{stamp[:8]}/{region}/execute-api/aws4_request"
    to_sign = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/practices/p1/slots", {"start_date": "2026-11-24", "service_id": "cleaning"}),
        ("/practices/p1/tasks", {"cursor": "a+b/c== &ü", "state": None}),
        (practice_path("p1", "visits", "a b:7/ü", "slots"), {}),
    ],
)
def test_the_signature_of_a_read_is_what_the_gateway_computes(
    api: ControlApi, path: str, query: dict[str, str | int | None]
) -> None:
    request = api.signed("GET", path, query).prepare()

    by_hand = signature_by_hand(request, SECRET, "us-east-1")

    assert _text(request.headers["Authorization"]).endswith(f"Signature={by_hand}")


def test_the_signature_of_a_write_covers_its_body(api: ControlApi) -> None:
    request = api.signed("POST", "/practices/p1/tasks", {}, {"notes": "Größe"}, {"Idempotency-Key": "k"}).prepare()

    by_hand = signature_by_hand(request, SECRET, "us-east-1")

    assert _text(request.headers["Authorization"]).endswith(f"Signature={by_hand}")
    assert "idempotency-key" in _text(request.headers["Authorization"])


def test_the_scope_names_region_and_gateway(api: ControlApi, sender: FakeSender) -> None:
    sender.answers = [(200, {})]

    api.get("/practices/p1/health")

    authorization = sender.header("Authorization")
    assert authorization.startswith("AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/")
    assert "/us-east-1/execute-api/aws4_request" in authorization
    assert "host" in authorization


def test_a_session_sends_its_token(sender: FakeSender) -> None:
    session = ReadOnlyCredentials("ASIAEXAMPLE", "example-secret", "example-token")
    sender.answers = [(200, {})]

    ControlApi("https://abc.example/v1", "us-east-1", session, sender).get("/practices/p1/health")

    assert sender.header("X-Amz-Security-Token") == "example-token"


def test_the_secret_is_never_sent(api: ControlApi, sender: FakeSender) -> None:
    sender.answers = [(200, {})]

    api.post("/practices/p1/patients/search", {"phone": "3035550101"})

    everything = f"{sender.sent[0].url}{sender.sent[0].headers}{sender.sent[0].body!r}"
    assert "example-secret" not in everything


def test_absent_parameters_are_left_out(api: ControlApi, sender: FakeSender) -> None:
    sender.answers = [(200, {})]

    api.get("/practices/p1/slots", service_id="cleaning", provider_id=None)

    assert sender.sent[0].url.endswith("/v1/practices/p1/slots?service_id=cleaning")


def test_a_problem_document_is_told_with_code_and_fields(api: ControlApi, sender: FakeSender) -> None:
    problem = {
        "type": "urn:openchair:problem:invalid_request",
        "title": "A field is wrong.",
        "status": 400,
        "detail": "A field is missing.",
        "code": "invalid_request",
        "errors": [{"field": "patient.phone", "problem": "is missing"}],
    }
    sender.answers = [(400, problem)]

    with pytest.raises(ApiProblem) as refused:
        api.post("/practices/p1/tasks", {})

    assert (refused.value.status, refused.value.code) == (400, "invalid_request")
    assert refused.value.sentence == "A field is missing."
    assert refused.value.hints == ("patient.phone: is missing",)


@pytest.mark.parametrize("content", [b"<html>bad gateway</html>", b"", b"[]", b"\xff"])
def test_an_answer_that_is_no_object_is_told_by_its_status(api: ControlApi, sender: FakeSender, content: bytes) -> None:
    sender.answers = [(502, content)]

    with pytest.raises(ApiProblem) as refused:
        api.get("/practices/p1/health")

    assert refused.value.code == "http_502"
    assert "html" not in refused.value.sentence


def test_the_gateways_own_refusal_is_told_by_its_status(api: ControlApi, sender: FakeSender) -> None:
    sender.answers = [(403, {"message": "Forbidden"})]

    with pytest.raises(ApiProblem) as refused:
        api.get("/practices/p1/health")

    assert (refused.value.code, refused.value.sentence) == ("http_403", "Forbidden")


def test_an_api_out_of_reach_is_no_traceback() -> None:
    class Nobody:
        def send(self, request: AWSPreparedRequest) -> None:
            raise EndpointConnectionError(endpoint_url=request.url)

    api = ControlApi("https://abc.example/v1", "us-east-1", CREDENTIALS, Nobody())

    with pytest.raises(CliError) as unreached:
        api.get("/practices/p1/health")

    assert unreached.value.code == "unreachable"


def test_a_path_holds_no_unquoted_part() -> None:
    assert practice_path("p1", "tasks", "../../p2") == "/practices/p1/tasks/..%2F..%2Fp2"
