"""The control API as its callers use it: requests signed with SigV4, problem documents as errors."""

import ipaddress
import json
from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import quote, urlencode, urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials, ReadOnlyCredentials
from botocore.exceptions import BotoCoreError
from botocore.httpsession import URLLib3Session
from botocore.utils import get_environ_proxies

from tools.cli.failures import ApiProblem, CliError

Json = dict[str, Any]

# The API answers within 29 seconds, the gateway's own limit.
_TIMEOUT_SECONDS = 35


class Answer(Protocol):
    status_code: int

    @property
    def content(self) -> bytes: ...


class Sender(Protocol):
    """Sends one prepared request once; botocore's own session in earnest, a fake in tests."""

    def send(self, request: Any) -> Any: ...


class ControlApi:
    """One stack's control API. `url` includes the stage, such as `https://….execute-api.us-east-1.amazonaws.com/v1`."""

    def __init__(
        self, url: str, region: str, credentials: Credentials | ReadOnlyCredentials, sender: Sender | None = None
    ) -> None:
        self.url = url.rstrip("/")
        self._signer = SigV4Auth(credentials, "execute-api", region)
        self._sender = sender or URLLib3Session(timeout=_TIMEOUT_SECONDS, proxies=_proxies(url))

    def get(self, path: str, **query: str | int | None) -> Json:
        return self._exchange("GET", path, query)

    def post(self, path: str, body: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None) -> Json:
        return self._exchange("POST", path, {}, body, headers)

    def signed(
        self,
        method: str,
        path: str,
        query: Mapping[str, str | int | None],
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> AWSRequest:
        """The request with its `Authorization`; what is signed is exactly what is sent."""
        wanted = sorted((name, str(value)) for name, value in query.items() if value is not None)
        url = self.url + path + (f"?{urlencode(wanted, quote_via=quote)}" if wanted else "")
        data = None if body is None else json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")
        sent = {"Accept": "application/json", **(headers or {})}
        if data is not None:
            sent["Content-Type"] = "application/json"
        request = AWSRequest(method=method, url=url, data=data, headers=sent)
        self._signer.add_auth(request)
        return request

    def _exchange(
        self,
        method: str,
        path: str,
        query: Mapping[str, str | int | None],
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Json:
        request = self.signed(method, path, query, body, headers)
        try:
            answer: Answer = self._sender.send(request.prepare())
        except BotoCoreError as error:
            raise CliError(
                "The control API could not be reached.", "unreachable", [f"It was looked for at {self.url}."]
            ) from error
        return _read(answer)


def practice_path(practice_id: str, *parts: str) -> str:
    return "/".join(["/practices", *(quote(part, safe="") for part in (practice_id, *parts))])


def _read(answer: Answer) -> Json:
    try:
        document = json.loads(answer.content)
    except ValueError:
        document = None
    if answer.status_code < 400 and isinstance(document, dict):
        return document
    if not isinstance(document, dict):
        raise ApiProblem(answer.status_code, f"http_{answer.status_code}", "The answer is not a JSON object.")
    code = str(document.get("code") or f"http_{answer.status_code}")
    detail = str(document.get("detail") or document.get("title") or document.get("message") or "No reason was given.")
    raise ApiProblem(answer.status_code, code, detail, _field_hints(document))


def _field_hints(document: Json) -> list[str]:
    """Which fields are wrong, as the problem document lists them."""
    problems = document.get("problems") or document.get("errors") or []
    hints = []
    for problem in problems if isinstance(problems, list) else []:
        if isinstance(problem, dict):
            field = problem.get("field") or problem.get("pointer") or "body"
            hints.append(f"{field}: {problem.get('problem') or problem.get('message') or problem.get('detail')}")
    return hints


def _proxies(url: str) -> Mapping[str, str]:
    host = urlsplit(url).hostname or ""
    try:
        is_loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_loopback = host == "localhost" or host.endswith(".localhost")
    return {} if is_loopback else get_environ_proxies(url)
