"""Reads typed values out of query strings and JSON bodies, refusing what the vendor refuses."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from tools.simulators.open_dental import errors
from tools.simulators.open_dental.calls import Call

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}")
_TIME = re.compile(r"\d{2}:\d{2}:\d{2}")
_END_OF_TIME = "9000"
_LARGEST = 2**63 - 1


def parse_int(name: str, value: Any) -> int:
    """A JSON number or its text; ids are signed 64-bit."""
    if isinstance(value, bool) or not isinstance(value, int | str) or not re.fullmatch(r"-?\d{1,19}", str(value)):
        raise errors.BAD_NUMBER(name=name)
    number = int(value)
    if abs(number) > _LARGEST:
        raise errors.BAD_NUMBER(name=name)
    return number


def parse_date(name: str, value: Any) -> date:
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise errors.BAD_DATE_FORMAT(name=name)


def parse_moment(name: str, value: Any) -> datetime:
    """`yyyy-MM-dd HH:mm:ss`; the ISO form with T is refused."""
    if isinstance(value, str) and _MOMENT.fullmatch(value) and value < _END_OF_TIME:
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            pass
    raise errors.BAD_STAMP_FORMAT(name=name)


def parse_time(name: str, value: Any) -> time:
    if isinstance(value, str) and _TIME.fullmatch(value):
        try:
            return time.fromisoformat(value)
        except ValueError:
            pass
    raise errors.BAD_TIME_FORMAT(name=name)


def parse_text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise errors.BAD_NUMBER(name=name)
    return value


def choice(*choices: str) -> "Callable[[str, Any], str]":
    """A parser for an enum; the values are case-sensitive texts, never numbers."""

    def parse(name: str, value: Any) -> str:
        if value not in choices:
            raise errors.BAD_CHOICE(name=name, choices=", ".join(choices))
        return str(value)

    return parse


@dataclass(frozen=True, slots=True)
class Boolean:
    """Marks a field as a string boolean; whether JSON's own are taken is a switch."""

    def __call__(self, name: str, value: Any) -> bool:
        raise NotImplementedError


def parse_boolean(call: Call, name: str, value: Any) -> bool:
    if isinstance(value, bool) and call.switches.json_booleans == "accept":
        return value
    if not isinstance(value, str) or value.lower() not in ("true", "false"):
        raise errors.BAD_BOOLEAN(name=name)
    return value.lower() == "true"


Parser = Callable[[str, Any], Any]


def read_body(call: Call, parsers: Mapping[str, Parser], required: tuple[str, ...] = ()) -> dict[str, Any]:
    """The body's known fields, parsed; raises ApiError for a missing or wrong one. JSON null counts as absent."""
    exact = {name: name for name in parsers}
    by_case = {name.lower(): name for name in parsers} if call.switches.body_keys == "tolerant" else {}
    values: dict[str, Any] = {}
    for key, value in call.body.items():
        name = exact.get(key) or by_case.get(key.lower())
        if name is None:
            if call.switches.unknown_body_keys == "refuse":
                raise errors.UNKNOWN_BODY_KEY(name=key)
            continue
        if value is None:
            continue
        parser = parsers[name]
        values[name] = parse_boolean(call, name, value) if isinstance(parser, Boolean) else parser(name, value)
    for name in required:
        if name not in values:
            raise errors.REQUIRED(name=name)
    return values


def query_int(call: Call, name: str) -> int | None:
    value = call.query.get(name)
    return None if value is None else parse_int(name, value)


def query_date(call: Call, name: str) -> date | None:
    value = call.query.get(name)
    return None if value is None else parse_date(name, value)


def query_moment(call: Call, name: str) -> datetime | None:
    value = call.query.get(name)
    return None if value is None else parse_moment(name, value)


def query_boolean(call: Call, name: str) -> bool:
    value = call.query.get(name, "false").lower()
    if value not in ("true", "false"):
        raise errors.BAD_BOOLEAN(name=name)
    return value == "true"


def query_days(call: Call) -> tuple[date, date] | None:
    """The inclusive range of `date`, or of `dateStart` and `dateEnd`; None when none was asked for."""
    day = query_date(call, "date")
    if day is not None:
        return day, day
    start, end = query_date(call, "dateStart"), query_date(call, "dateEnd")
    if start is None and end is None:
        return None
    first, last = start or date.min, end or date.max - timedelta(days=1)
    if first > last:
        raise errors.BAD_RANGE()
    return first, last
