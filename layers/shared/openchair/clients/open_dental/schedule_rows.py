"""Open Dental's rows of a schedule, read leniently: one without its key shuts time all the same."""

from datetime import time
from typing import Annotated, Any

from openchair.clients.open_dental.payloads import Day
from openchair.clients.rows import Key, Number, Row, Text, or_nothing


def _clock(value: Any) -> time | None:
    return None if value in (None, "") else time.fromisoformat(str(value))


def _stop_clock(value: Any) -> time | None:
    """The end of the day may be written 24:00."""
    return time.min if str(value) in ("24:00", "24:00:00") else _clock(value)


def _numbers(value: Any) -> tuple[int, ...]:
    return tuple(int(part) for part in str(value or "").split(",") if part.strip())


Clock = Annotated[time | None, or_nothing(_clock, None)]
StopClock = Annotated[time | None, or_nothing(_stop_clock, None)]
Numbers = Annotated[tuple[int, ...] | None, or_nothing(_numbers, None)]
"""None when they cannot be read, since an empty list says something: any chair, or all."""

_SCHEDULE_TYPES = ("Practice", "Provider", "Blockout", "Employee", "WebSchedASAP")
"""In the order of the vendor's numbers for them."""


def _schedule_type(value: Any) -> str:
    """In the vendor's spelling, also where it was written small or as its number; "" for what is none."""
    text = str(value if value is not None else "").strip().lower()
    names = {name.lower(): name for name in _SCHEDULE_TYPES}
    names |= {str(number): name for number, name in enumerate(_SCHEDULE_TYPES)}
    if text not in names:
        raise ValueError("is no type of a schedule")
    return names[text]


class ScheduleRow(Row):
    """Every value travels as a text. One without its key shuts time all the same."""

    ScheduleNum: Number = 0
    SchedDate: Day = None
    StartTime: Clock = None
    StopTime: StopClock = None
    SchedType: Annotated[str, or_nothing(_schedule_type, "")] = ""
    ProvNum: Number = 0
    BlockoutType: Number = 0
    blockoutType: Text = ""
    Note: Text = ""
    operatories: Numbers = ()
    EmployeeNum: Number = 0
    DateTStamp: Text = ""

    @property
    def tells_nothing(self) -> bool:
        """Whether not even its kind is known, nor when, where or whose time it may take."""
        return not (self.SchedType or self.SchedDate or self.ProvNum or self.operatories)

    @property
    def _is_unknown(self) -> bool:
        if self.ScheduleNum == 0 or self.SchedDate is None or not self.SchedType:
            return True
        if self.SchedType == "Practice":
            return self.StartTime is None or self.StopTime is None
        if self.SchedType == "Provider":
            return self.ProvNum == 0 or self.StartTime is None or self.StartTime == self.StopTime
        return self.SchedType == "Blockout" and (self.StartTime is None or self.StartTime == self.StopTime)

    @property
    def key(self) -> object:
        return self.ScheduleNum or str(self.model_dump())


class ScheduleOperatoryRow(Row):
    ScheduleOpNum: Key
    ScheduleNum: Number = 0
    OperatoryNum: Number = 0

    @property
    def key(self) -> object:
        return self.ScheduleOpNum
