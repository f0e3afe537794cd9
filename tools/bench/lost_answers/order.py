"""What a way of booking is asked for and what it answers. Standard library only: each way has its own environment."""

import json
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Visit:
    """`start` is ISO 8601 with the office's offset. With `old_appointment_id` it takes that visit's place."""

    patient_id: str
    operatory_id: str
    provider_id: str
    start: str
    minutes: int
    old_appointment_id: str | None = None

    @property
    def wall_start(self) -> str:
        """As Open Dental takes it."""
        return self.start[:19].replace("T", " ")

    @property
    def open_dental_body(self) -> dict[str, str | int]:
        return {
            "PatNum": int(self.patient_id),
            "Op": int(self.operatory_id),
            "ProvNum": int(self.provider_id),
            "AptDateTime": self.wall_start,
            "Pattern": "X" * (self.minutes // 5),
            "AptStatus": "Scheduled",
        }

    def is_overlapped_by(self, wall_start: str) -> bool:
        """Whether a visit of the chair's that begins there is this one's; all visits of the bench are equally long."""
        return wall_start.replace("T", " ")[:19] == self.wall_start


@dataclass(frozen=True, slots=True)
class Order:
    """`looks_first`: read the chair's day before booking. `seconds_later`: how far ahead of now the way's clock is."""

    name: str
    url: str
    developer_key: str
    customer_key: str
    visits: tuple[Visit, ...]
    looks_first: bool = False
    seconds_later: float = 0.0

    def as_json(self) -> str:
        return json.dumps(asdict(self))


class Refused(Exception):
    """A definite no: nothing to try again."""


class Again(Exception):
    """Not done yet; to be delivered again after these seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds


def carry_out(do: Callable[[Order, Visit], None]) -> None:
    """Reads an order, does all its visits at once, and prints what is left to do.

    Any error but Refused makes the delivery fail, so that the queue delivers it again: at least once, as queues do.
    """
    given = json.load(sys.stdin)
    order = Order(**{**given, "visits": tuple(Visit(**visit) for visit in given["visits"])})
    with ThreadPoolExecutor(len(order.visits)) as pool:
        left = [seconds for seconds in pool.map(lambda visit: _one(do, order, visit), order.visits) if seconds >= 0]
    print(json.dumps({"again_in": max(left) if left else None}))


def _one(do: Callable[[Order, Visit], None], order: Order, visit: Visit) -> float:
    """Seconds until it is to be delivered again; -1 when it is at an end."""
    try:
        do(order, visit)
    except Refused:
        return -1
    except Again as again:
        return again.seconds
    except Exception as error:  # whatever a library raises, its queue sees a failed delivery
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 0
    return -1
