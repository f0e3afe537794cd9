"""The second part of `openchair demo`: three bookings at a practice behind NexHealth, told as what they are.

NexHealth answers at once; its practice's own system writes later, or refuses, or sleeps. The simulator plays all three.
"""

import time
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rich.text import Text

from openchair.models.journal import ENDED
from tools.cli import show
from tools.cli.api import ControlApi, practice_path
from tools.cli.failures import CliError
from tools.cli.truth import get_json, post_json

SERVICE_ID = "filling"
_DAYS_AHEAD = 3
_DAYS = 3
_WRITTEN_AFTER_SECONDS = 4.0
_LONGEST_SECONDS = 150.0
_MODES = {"takes": "prompt", "refuses": "refuse", "sleeps": "sleep"}

Json = dict[str, Any]


@dataclass
class Booking:
    """One of the three: how the practice's own system takes it, and the states it was seen in."""

    mode: str
    asks_for: Json
    id: str = ""
    appointment_id: str = ""
    states: list[str] = field(default_factory=list)
    code: str = ""

    def saw(self, task: Json) -> None:
        self.id, self.code = task["id"], task["code"]
        self.appointment_id = task["appointment_id"] or self.appointment_id
        if self.states[-1:] != [task["state"]]:
            self.states.append(task["state"])


class NexHealthStory:
    def __init__(self, api: ControlApi, practice_id: str, zone: ZoneInfo, control_url: str) -> None:
        self._api = api
        self._practice_id = practice_id
        self._zone = zone
        self._control_url = control_url
        self._failed = 0

    def tell(self) -> bool:
        """Whether every check held."""
        show.say("\nNexHealth: accepted is not yet in the chart", "bold")
        try:
            self._tell()
        except CliError as error:
            self._check(f"{error.sentence} ({error.code})", False)
        return self._failed == 0

    def _tell(self) -> None:
        first = datetime.now(self._zone).date() + timedelta(days=_DAYS_AHEAD)
        query = {"service_id": SERVICE_ID, "start_date": str(first), "end_date": str(first + timedelta(days=_DAYS - 1))}
        answer = self._api.get(self._path("slots"), **query)
        chairs = [
            {"start": slot["start"], "operatory_id": slot["operatory_id"], "provider_id": provider["provider_id"]}
            for provider in answer["providers"]
            for day in provider["days"]
            for slot in day["slots"][::8]
        ]
        people = [
            one["patient_id"]
            for one in self._control("truth/patients")["patients"]
            if not (one["inactive"] or one["placeholder"] or one["non_patient"])
        ]
        # How the vendor shows a refusal to who has no webhook is not documented; here its row is cancelled.
        post_json(f"{self._control_url}/switches", {"failed_insertion_row": "cancelled"})
        bookings = [Booking(mode, chairs[n]) for n, mode in enumerate(("takes", "refuses", "sleeps"))]
        for number, booking in enumerate(bookings):
            self._set_mode(booking.mode)
            self._say(f"the practice's own system {booking.mode}: booking {show.moment(booking.asks_for['start'])}")
            body = {"type": "CREATE_APPOINTMENT", "patient_id": people[number], "service_id": SERVICE_ID}
            key = {"Idempotency-Key": str(uuid.uuid4()), "Prefer": "wait=0"}
            booking.saw(self._api.post(self._path("tasks"), {**body, **booking.asks_for}, key))
            self._follow([booking], lambda one: one.states[-1] not in ("queued", "in_progress"), 60.0)
            time.sleep(_WRITTEN_AFTER_SECONDS)
        took, refused, sleeps = bookings
        self._say("Waiting until the tasks are looked at again, which is every minute ...")
        self._follow([took, refused], lambda one: one.states[-1] in ENDED, _LONGEST_SECONDS)
        self._follow([sleeps], lambda _: True, 1.0)
        self._show(bookings)
        self._check_all(took, refused, sleeps)
        self._set_mode("takes")

    def _check_all(self, took: Booking, refused: Booking, sleeps: Booking) -> None:
        visit = self._truth(took)
        self._check(
            f"The first is told as booked, and stands in the chart as {visit['foreign_id']}",
            took.states[-1] == "completed" and visit["in_chart"],
        )
        self._check("It was told as awaited before", "awaiting_ehr" in took.states)
        self._check(
            f"The second is told as failed ({refused.code}), and stands nowhere",
            refused.states[-1] == "failed" and self._truth(refused)["chart"] is None,
        )
        taken = self._api.get(self._path("tasks", refused.id))
        self._check("No appointment is told for it", taken["appointment_id"] is None)
        self._check(
            "The third is told as waiting, not as booked",
            sleeps.states[-1] == "awaiting_ehr" and self._truth(sleeps)["chart"] is None,
        )

    def _show(self, bookings: list[Booking]) -> None:
        rows = [
            (one.mode, " -> ".join(one.states), one.code, "in the chart" if self._truth(one)["chart"] else "not there")
            for one in bookings
        ]
        show.table(("the practice's system", "the task", "code", "the visit"), rows)

    def _follow(self, bookings: list[Booking], is_there: Any, seconds: float) -> None:
        until = time.monotonic() + seconds
        while True:
            for one in bookings:
                one.saw(self._api.get(self._path("tasks", one.id)))
            if all(is_there(one) for one in bookings) or time.monotonic() > until:
                return
            time.sleep(1)

    def _path(self, *parts: str) -> str:
        return practice_path(self._practice_id, *parts)

    def _truth(self, booking: Booking) -> Json:
        rows = self._control(f"truth/appointments?appointment_id={booking.appointment_id}")["appointments"]
        found: Json = rows[0]
        return found

    def _set_mode(self, mode: str) -> None:
        post_json(f"{self._control_url}/ehr", {"mode": _MODES[mode], "write_seconds": 2})

    def _control(self, path: str) -> Any:
        return get_json(f"{self._control_url}/{path}", {})

    def _say(self, text: str) -> None:
        show.say(f"   {text}", "dim")

    def _check(self, what: str, holds: bool) -> None:
        self._failed += not holds
        mark, style = (show.tick(), "bold green") if holds else (show.cross(), "bold red")
        show.console().print(Text.assemble(("   ", ""), (mark, style), (f" {what}", "" if holds else "red")))
