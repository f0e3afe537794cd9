"""One request and its answer as the routes see them, and the table of routes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tools.simulators.open_dental import errors
from tools.simulators.open_dental.office import Office
from tools.simulators.open_dental.switches import Switches
from tools.simulators.open_dental.wire import Wire

PAGING = frozenset({"Limit", "Offset", "DateFormatString", "DateTimeFormatString"})
READ, APPOINTMENTS, PATIENTS = "ApiReadAll", "ApiAppointments", "ApiPatients"
COMM, SETUP, OTHERS = "ApiComm", "ApiSetup", "ApiAllOthers"


@dataclass(frozen=True, slots=True)
class Call:
    """A request that was let in. `ids` are the numbers in its path, `base_url` is for Location."""

    office: Office
    query: dict[str, str]
    body: dict[str, Any]
    ids: tuple[int, ...]
    base_url: str
    page_cap: int

    @property
    def switches(self) -> Switches:
        return self.office.switches

    @property
    def wire(self) -> Wire:
        return Wire(self.office.server_zone, self.query.get("DateFormatString"), self.query.get("DateTimeFormatString"))

    @property
    def id(self) -> int:
        return self.ids[0]


class _Nothing:
    pass


NOTHING = _Nothing()


@dataclass(frozen=True, slots=True)
class Answer:
    """`payload` is sent as JSON; NOTHING is an empty body."""

    status: int
    payload: Any = field(default=NOTHING)
    location: str | None = None


Handler = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True)
class Route:
    method: str
    segments: tuple[str, ...]
    permission: str
    handler: Handler


@dataclass(frozen=True, slots=True)
class Found:
    route: Route
    ids: tuple[int, ...]


_ROUTES: list[Route] = []


def route(method: str, path: str, permission: str) -> Callable[[Handler], Handler]:
    """Register a handler; `{n}` in the path matches a number."""

    def register(handler: Handler) -> Handler:
        _ROUTES.append(Route(method, tuple(path.split("/")), permission, handler))
        return handler

    return register


def routes() -> Sequence[Route]:
    return tuple(_ROUTES)


def find(method: str, path: str, *, ignore_case: bool) -> Found:
    """The route of `path` (below /api/v1); raises ApiError with the vendor's texts for unknown ones."""
    asked = tuple(part for part in path.split("/") if part)
    for candidate in _ROUTES:
        if candidate.method == method:
            ids = _match(candidate.segments, asked, ignore_case)
            if ids is not None:
                return Found(candidate, ids)
    resources = {candidate.segments[0] for candidate in _ROUTES}
    resource = asked[0] if asked else ""
    if (resource.lower() if ignore_case else resource) not in resources:
        raise errors.UNKNOWN_RESOURCE()
    raise errors.UNKNOWN_METHOD(resource=resource.lower(), verb=method, sub="/".join(asked[1:]))


def _match(pattern: tuple[str, ...], asked: tuple[str, ...], ignore_case: bool) -> tuple[int, ...] | None:
    if len(pattern) != len(asked):
        return None
    ids = []
    for expected, actual in zip(pattern, asked, strict=True):
        if expected == "{n}":
            if not actual.isascii() or not actual.isdigit():
                return None
            ids.append(int(actual))
        elif expected != actual and not (ignore_case and expected.lower() == actual.lower()):
            return None
    return tuple(ids)


def page[T](call: Call, rows: Sequence[T], *, ordered: bool = False) -> Sequence[T]:
    """The part of `rows` that Limit and Offset ask for. `ordered` lists keep their order whatever the switch says."""
    switches = call.switches
    if switches.list_order == "reverse" and not ordered:
        rows = rows[::-1]
    limit, offset = _paging_value(call, "Limit", call.page_cap), _paging_value(call, "Offset", 0)
    if limit > call.page_cap:
        if switches.limit_above_cap == "refuse":
            raise errors.LIMIT_TOO_LARGE(cap=call.page_cap)
        limit = call.page_cap
    if switches.offset == "ignore":
        offset = 0
    return rows[offset : offset + limit]


def _paging_value(call: Call, name: str, default: int) -> int:
    value = call.query.get(name)
    if value is None and call.switches.lower_case_paging == "accept":
        value = call.query.get(name.lower())
    if value is None:
        return default
    if not value.isascii() or not value.isdigit():
        raise errors.BAD_NUMBER(name=name)
    return int(value)
