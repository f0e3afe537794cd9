"""The control API as a WSGI application: API Gateway's part is played here, the functions run in this process."""

import base64
import json
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qsl

from tests.integration.handlers.gateway import proxy_event
from tests.integration.handlers.stack import Stack
from tests.structure.template import resources

Environ = dict[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], Any]


def control_api(stack: Stack) -> Callable[[Environ, StartResponse], Iterable[bytes]]:
    """Its URLs start with the stage, `/v1`."""

    def answer(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        made = proxy_event(
            environ["REQUEST_METHOD"],
            # WSGI hands decoded bytes over as latin-1.
            environ["PATH_INFO"].encode("latin-1").decode(errors="replace").removeprefix("/v1"),
            parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True),
            _headers(environ),
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)),
        )
        if made is None:
            status, headers, body = _refusal("MISSING_AUTHENTICATION_TOKEN")
        else:
            folder, event = made
            given = stack.run(folder, event)
            status, headers, body = given["statusCode"], stack.headers(given), given["body"]
            if given["isBase64Encoded"]:
                body = base64.b64decode(body).decode()
        start_response(f"{status} ", list(headers.items()))
        return [body.encode()]

    return answer


def _headers(environ: Environ) -> dict[str, str]:
    given = {name[5:].replace("_", "-").title(): value for name, value in environ.items() if name.startswith("HTTP_")}
    if environ.get("CONTENT_TYPE"):
        given["Content-Type"] = environ["CONTENT_TYPE"]
    return given


def _refusal(kind: str) -> tuple[int, dict[str, str], str]:
    """What the gateway itself answers, by the template."""
    response = resources("AWS::Serverless::Api")["ControlApi"]["GatewayResponses"][kind]
    headers = {name: value.strip("'") for name, value in response["ResponseParameters"]["Headers"].items()}
    return response["StatusCode"], headers, json.dumps(json.loads(response["ResponseTemplates"]["application/json"]))
