"""One request and its answer as the routes see them: parameters, envelope, cursors, and the table of routes."""

import base64
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tools.simulators.nexhealth import errors
from tools.simulators.nexhealth.accounts import Account
from tools.simulators.nexhealth.ehr import Ehr
from tools.simulators.nexhealth.institution import Institution
from tools.simulators.nexhealth.records import Location
from tools.simulators.nexhealth.switches import Switches
from tools.simulators.nexhealth.wire import parse_day, parse_moment

MOST_PER_PAGE = 1000
CURSOR = ("start_cursor", "end_cursor", "per_page")
_LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Answer:
    """`data` None with status 204 is no body. `page_info` stands for cursor lists, `count` for the others."""

    status: int
    data: Any = None
    count: int | None = None
    page_info: dict[str, Any] | None = None


@dataclass(slots=True)
class Call:
    """A request that was let in. `query` holds texts, and lists under names that end in []."""

    account: Account
    version: str
    query: dict[str, Any]
    body: Any
    ids: tuple[int, ...]
    _institution: Institution | None = field(default=None)

    @property
    def switches(self) -> Switches:
        return self.account.settings.switches

    @property
    def institution(self) -> Institution:
        assert self._institution is not None
        return self._institution

    @property
    def ehr(self) -> Ehr:
        return self.account.ehrs[self.institution.subdomain]

    @property
    def id(self) -> int:
        return self.ids[0]

    def now(self) -> datetime:
        return self.account.settings.clock.now().astimezone(UTC)

    def resolve(self, *, required: bool) -> None:
        """Find the institution that `subdomain` names."""
        subdomain = self.query.get("subdomain")
        if subdomain is None:
            if required:
                raise errors.MISSING_PARAMETER(name="subdomain")
            return
        if subdomain not in self.account.institutions:
            raise errors.NO_ACCESS()
        self._institution = self.account.institutions[subdomain]

    # --- parameters

    def text(self, name: str) -> str | None:
        value = self.query.get(name)
        return value or None

    def integer(self, name: str) -> int | None:
        value = self.query.get(name)
        return None if value in (None, "") else as_integer(name, value)

    def integers(self, name: str) -> list[int]:
        return [as_integer(name, value) for value in self.query.get(f"{name}[]", [])]

    def boolean(self, name: str) -> bool | None:
        value = self.query.get(name)
        if value in (None, ""):
            return None
        if value not in ("true", "false"):
            raise errors.BAD_VALUE(name=name)
        return bool(value == "true")

    def moment(self, name: str, zone: ZoneInfo | None = None, *, day_ends: bool = False) -> datetime | None:
        value = self.query.get(name)
        return None if value in (None, "") else parse_moment(name, value, zone or ZoneInfo("UTC"), day_ends=day_ends)

    def day(self, name: str) -> date | None:
        value = self.query.get(name)
        return None if value in (None, "") else parse_day(name, value)

    def includes(self, known: Iterable[str]) -> list[str]:
        asked = self.query.get("include[]", [])
        return [name for name in known if name in asked]

    def require(self, *names: str) -> None:
        """All that are missing are named at once."""
        missing = [name for name in names if not self.query.get(name) and not self.query.get(f"{name}[]")]
        if missing:
            raise errors.ApiError(400, *(errors.MISSING_PARAMETER.text.format(name=name) for name in missing))

    def location(self, *, required: bool) -> Location | None:
        """The location that `location_id` names; another institution's or a forbidden one is 403, no one's is 404."""
        if required:
            self.require("location_id")
        number = self.integer("location_id")
        return None if number is None else self.location_numbered(number)

    def location_numbered(self, number: int) -> Location:
        if number in self.account.forbidden_locations:
            raise errors.NO_ACCESS()
        found = self.institution.locations.get(number)
        if found is None:
            known = self.account.institution_of_location(number) is not None
            raise errors.NO_ACCESS() if known else errors.NOT_FOUND(noun="Location")
        return found

    def required_location(self) -> Location:
        found = self.location(required=True)
        assert found is not None
        return found


def as_integer(name: str, value: Any) -> int:
    """A number or its text, as ids come."""
    try:
        number = int(value)
    except (TypeError, ValueError):
        raise errors.BAD_VALUE(name=name) from None
    if isinstance(value, bool | float) or abs(number) > _LARGEST:
        raise errors.BAD_VALUE(name=name)
    return number


Handler = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True)
class Route:
    """`known` are the query parameters that are not ignored; `subdomain` required, optional, or not looked at."""

    method: str
    segments: tuple[str, ...]
    known: frozenset[str]
    subdomain: str
    handler: Handler


_ROUTES: list[Route] = []


def route(method: str, path: str, known: str = "", *, subdomain: str = "required") -> Callable[[Handler], Handler]:
    """Register a handler; `{n}` in the path matches a number. `known` is a line of parameter names."""

    def register(handler: Handler) -> Handler:
        names = frozenset(known.split()) | ({"subdomain"} if subdomain != "ignored" else frozenset())
        _ROUTES.append(Route(method, tuple(path.split("/")), names, subdomain, handler))
        return handler

    return register


def routes() -> Sequence[Route]:
    return tuple(_ROUTES)


def find(method: str, path: str) -> tuple[Route, tuple[int, ...]]:
    """Raises ApiError 404 for a route that is not there."""
    asked = tuple(part for part in path.split("/") if part)
    for candidate in _ROUTES:
        ids = _match(candidate.segments, asked) if candidate.method == method else None
        if ids is not None:
            return candidate, ids
    raise errors.RESOURCE_NOT_FOUND()


def _match(pattern: tuple[str, ...], asked: tuple[str, ...]) -> tuple[int, ...] | None:
    if len(pattern) != len(asked):
        return None
    ids = []
    for expected, actual in zip(pattern, asked, strict=True):
        if expected == "{n}":
            if not actual.isascii() or not actual.isdigit() or int(actual) > _LARGEST:
                return None
            ids.append(int(actual))
        elif expected != actual:
            return None
    return tuple(ids)


def single(data: Any, status: int = 200) -> Answer:
    return Answer(status, data, count=1)


def whole(rows: Sequence[Any]) -> Answer:
    """A list that is not paged."""
    return Answer(200, list(rows), count=len(rows))


def paged[T](
    call: Call, rows: Iterable[T], key: Callable[[T], Any], show: Callable[[T], Any], *, descending: bool = False
) -> Answer:
    """One page by cursor. `key` gives what the order goes by and must differ between rows.

    A cursor names the last (or first) row of a page by its key, so rows that come and go shift nothing.
    """
    ordered = sorted(rows, key=key, reverse=descending)
    size = _page_size(call)
    kind = type(key(ordered[0])) if ordered else None
    after, before = _cursor(call, "end_cursor", kind), _cursor(call, "start_cursor", kind)
    if call.switches.cursor == "repeat":
        after = before = None
    if "lost" in (after, before):
        ordered, after, before = [], None, None
    start = 0
    if after is not None:
        start = sum(1 for row in ordered if not _beyond(key(row), after, descending))
    elif before is not None:
        start = max(0, sum(1 for row in ordered if _beyond(before, key(row), descending)) - size)
        size = min(size, sum(1 for row in ordered if _beyond(before, key(row), descending)))
    chosen = ordered[start : start + size]
    info: dict[str, Any] = {
        "has_previous_page": start > 0,
        "has_next_page": start + len(chosen) < len(ordered),
        "start_cursor": _made(call, key(chosen[0])) if chosen else None,
        "end_cursor": _made(call, key(chosen[-1])) if chosen else None,
    }
    if call.switches.cursor == "empty" and start > 0:
        chosen, info["has_next_page"] = [], True
    if info["has_next_page"]:
        match call.switches.cursor:
            case "null":
                info["end_cursor"] = None
            case "number":
                info["end_cursor"] = start + len(chosen)
            case "absent":
                del info["end_cursor"]
    return Answer(200, [show(row) for row in chosen], page_info=info)


def _beyond(one: Any, other: Any, descending: bool) -> bool:
    """Whether `one` comes after `other` in the order of the list."""
    return bool(one < other if descending else one > other)


def _page_size(call: Call) -> int:
    most = call.switches.page_cap or MOST_PER_PAGE
    size = call.integer("per_page")
    if size is None:
        return min(call.switches.default_per_page, most)
    if size < 1:
        raise errors.BAD_VALUE(name="per_page")
    if size > MOST_PER_PAGE and call.switches.per_page_above_max == "refuse":
        raise errors.PER_PAGE_TOO_LARGE(most=MOST_PER_PAGE)
    return min(size, most)


def _made(call: Call, key: Any) -> str:
    document = json.dumps([key, int(call.now().timestamp())], separators=(",", ":"))
    return base64.urlsafe_b64encode(document.encode()).decode()


def _cursor(call: Call, name: str, kind: type | None) -> Any:
    """The key in a cursor; None where there is none; "lost" where it cannot be used and no rows are to follow."""
    text = call.text(name)
    if text is None:
        return None
    try:
        key, made = json.loads(base64.b64decode(text, altchars=b"-_", validate=True))
        lifetime = call.switches.cursor_lifetime_seconds
        if lifetime and call.now() - datetime.fromtimestamp(made, UTC) > timedelta(seconds=lifetime):
            raise ValueError
        found = _comparable(key)
        if kind is not None and type(found) is not kind:
            raise ValueError
        return found
    except (ValueError, TypeError, OverflowError):
        match call.switches.bad_cursor:
            case "restart":
                return None
            case "empty":
                return "lost"
            case _:
                raise errors.BAD_CURSOR() from None


def _comparable(key: Any) -> Any:
    """Keys are a number, or a text and a number; anything else was made by someone else."""
    if isinstance(key, int) and not isinstance(key, bool):
        return key
    if isinstance(key, list) and len(key) == 2 and isinstance(key[0], str) and isinstance(key[1], int):
        return tuple(key)
    raise ValueError


def wrapped(call: Call, name: str) -> Mapping[str, Any]:
    """The object under the body's outer key."""
    if not isinstance(call.body, dict):
        raise errors.BAD_JSON()
    inner = call.body.get(name)
    if not isinstance(inner, dict):
        raise errors.MISSING_PARAMETER(name=name)
    return inner
