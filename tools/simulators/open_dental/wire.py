"""How values look on the wire: dates, sentinels, texts; and how lists are told to format them."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

_LINE_BREAK = re.compile(r"\r\n|\r|\n")
_DOT_NET_PART = re.compile(r"yyyy|yy|MMMM|MMM|MM|M|dd|d|HH|H|hh|h|mm|m|ss|s|tt|zzz|zz")


def words(line: str) -> tuple[str, ...]:
    return tuple(line.split())


def text(value: str) -> str:
    """CR and LF come out as a space."""
    return _LINE_BREAK.sub(" ", value)


def boolean(value: bool) -> str:
    return "true" if value else "false"


@dataclass(frozen=True, slots=True)
class Wire:
    """Formats of one answer. `DateFormatString` and `DateTimeFormatString` override them with .NET patterns."""

    zone: ZoneInfo
    date_pattern: str | None = None
    moment_pattern: str | None = None

    def date(self, value: date) -> str:
        if self.date_pattern is None:
            return value.isoformat()
        return _dot_net(datetime.combine(value, time()), self.date_pattern, self.zone)

    def moment(self, value: datetime) -> str:
        if self.moment_pattern is None:
            return value.isoformat(sep=" ", timespec="seconds")
        return _dot_net(value, self.moment_pattern, self.zone)


def _dot_net(value: datetime, pattern: str, zone: ZoneInfo) -> str:
    def replaced(match: re.Match[str]) -> str:
        letters = match.group()
        if letters.startswith("z"):
            offset = value.replace(tzinfo=zone).utcoffset()
            minutes = int(offset.total_seconds()) // 60 if offset is not None else 0
            sign, hours = "-" if minutes < 0 else "+", abs(minutes) // 60
            return f"{sign}{hours:02d}:{abs(minutes) % 60:02d}" if letters == "zzz" else f"{sign}{hours:02d}"
        twelve = value.hour % 12 or 12
        return {
            "yyyy": f"{value.year:04d}",
            "yy": f"{value.year % 100:02d}",
            "MMMM": value.strftime("%B"),
            "MMM": value.strftime("%b"),
            "MM": f"{value.month:02d}",
            "M": f"{value.month}",
            "dd": f"{value.day:02d}",
            "d": f"{value.day}",
            "HH": f"{value.hour:02d}",
            "H": f"{value.hour}",
            "hh": f"{twelve:02d}",
            "h": f"{twelve}",
            "mm": f"{value.minute:02d}",
            "m": f"{value.minute}",
            "ss": f"{value.second:02d}",
            "s": f"{value.second}",
            "tt": "AM" if value.hour < 12 else "PM",
        }[letters]

    return _DOT_NET_PART.sub(replaced, pattern)
