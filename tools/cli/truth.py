"""What the EHR really holds, to check the story against: asked of the simulator, or of the API where there is none."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Protocol
from urllib.parse import urlencode

import urllib3

from tools.cli.api import ControlApi, practice_path
from tools.cli.drawing import Chair, Visit
from tools.cli.failures import ApiProblem, CliError

_TIMEOUT = urllib3.Timeout(connect=3, read=15)
_ON_THE_BOOK = ("Scheduled", "Complete")


@dataclass(frozen=True, slots=True)
class BookedVisit:
    """A visit as the EHR holds it, `status` in its own word; `start` is the office's wall time."""

    appointment_id: str
    patient_id: str
    operatory_id: str
    start: datetime
    minutes: int
    status: str
    confirmation: str

    @property
    def is_on_the_book(self) -> bool:
        return self.status in _ON_THE_BOOK

    def is_ahead(self, now: datetime) -> bool:
        """Booked and not over yet; `now` is the office's wall time."""
        return self.status == "Scheduled" and self.start + timedelta(minutes=self.minutes) > now


@dataclass(frozen=True, slots=True)
class Load:
    """What the EHR was asked: requests, and how many of them came before their time."""

    requests: int
    early_starts: int


class Truth(Protocol):
    """`sees_all`: whether it knows the whole office, or only what the API tells of one patient."""

    sees_all: bool

    def shared_phone(self) -> tuple[str, set[str]] | None: ...
    def visits(self, patient_id: str) -> Sequence[BookedVisit]: ...
    def day(self, day: date) -> Sequence[BookedVisit]: ...
    def blocked(self, day: date) -> Sequence[Visit]: ...
    def chairs(self) -> Sequence[Chair]: ...
    def load(self) -> Load | None: ...


class SimulatorTruth:
    """The simulator's own rows, by its control endpoint: nothing of OpenChair stands between."""

    sees_all = True

    def __init__(self, control_url: str) -> None:
        self._control_url = control_url.rstrip("/")
        self._http = urllib3.PoolManager(timeout=_TIMEOUT, retries=False)

    def shared_phone(self) -> tuple[str, set[str]] | None:
        """A phone that a family shares, and who: the largest family in which somebody has a visit ahead."""
        people: dict[str, set[str]] = {}
        for person in self._rows("patients", status="Patient"):
            for name in ("home_phone", "work_phone", "mobile_phone"):
                digits = re.sub(r"[^0-9]", "", person[name])[-10:]
                if len(digits) == 10:
                    people.setdefault(digits, set()).add(person["patient_id"])
        ahead = {row["patient_id"] for row in self._rows("appointments", status="Scheduled")}
        known = [(phone, ids) for phone, ids in people.items() if ids & ahead] or list(people.items())
        return max(known, key=lambda found: (len(found[1]), found[0]), default=None)

    def visits(self, patient_id: str) -> Sequence[BookedVisit]:
        return [_booked(row) for row in self._rows("appointments", patient_id=patient_id) if row["start"]]

    def day(self, day: date) -> Sequence[BookedVisit]:
        rows = self._rows("appointments", date=day.isoformat())
        return [visit for visit in map(_booked, rows) if visit.is_on_the_book]

    def blocked(self, day: date) -> Sequence[Visit]:
        rows = [row for row in self._rows("schedules", date=day.isoformat()) if row["kind"] == "blockout"]
        return [_blocked(row, operatory_id) for row in rows for operatory_id in row["operatory_ids"]]

    def chairs(self) -> Sequence[Chair]:
        return [Chair(row["operatory_id"], row["name"]) for row in self._rows("operatories") if not row["hidden"]]

    def load(self) -> Load | None:
        state = self._get("state")
        return Load(state["requests"], sum(office["early_starts"] for office in state["offices"]))

    def operatories(self) -> Sequence[Mapping[str, Any]]:
        return self._rows("operatories")

    def providers(self) -> Sequence[Mapping[str, Any]]:
        return self._rows("providers")

    def _rows(self, kind: str, **query: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self._get(f"truth/{kind}?{urlencode(query)}")[kind]
        return rows

    def _get(self, path: str) -> Any:
        return get_json(f"{self._control_url}/{path}", {}, self._http)


class ApiTruth:
    """Where there is no simulator to ask, the API's own live reads have to do."""

    sees_all = False

    def __init__(self, api: ControlApi, practice_id: str) -> None:
        self._api = api
        self._practice_id = practice_id
        self._chairs: list[Chair] = []

    def shared_phone(self) -> tuple[str, set[str]] | None:
        return None

    def visits(self, patient_id: str) -> Sequence[BookedVisit]:
        answer = self._api.get(practice_path(self._practice_id, "patients", patient_id, "visits"))
        return [
            BookedVisit(
                appointment_id=visit["appointment_id"],
                patient_id=patient_id,
                operatory_id=str(visit.get("operatory_id") or ""),
                start=_wall(visit["start"]),
                minutes=int(visit["minutes"]),
                status={"booked": "Scheduled", "fulfilled": "Complete"}.get(visit["status"], "Broken"),
                confirmation="confirmed" if visit["confirmed"] else "not confirmed",
            )
            for visit in [*answer["upcoming"], *answer["past"]]
        ]

    def day(self, day: date) -> Sequence[BookedVisit]:
        return []

    def blocked(self, day: date) -> Sequence[Visit]:
        return []

    def chairs(self) -> Sequence[Chair]:
        if not self._chairs:
            rows = self._api.get(practice_path(self._practice_id, "operatories"))["operatories"]
            self._chairs = [Chair(row["operatory_id"], row["name"]) for row in rows]
        return self._chairs

    def load(self) -> Load | None:
        return None


def get_json(url: str, headers: Mapping[str, str], http: urllib3.PoolManager | None = None) -> Any:
    """One GET; what goes wrong is told without the address, which can hold anything."""
    return _json("GET", url, headers, None, http)


def post_json(url: str, body: Mapping[str, Any]) -> Any:
    """One POST, as `get_json`."""
    return _json("POST", url, {"Content-Type": "application/json"}, json.dumps(body).encode())


def _json(
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes | None = None,
    http: urllib3.PoolManager | None = None,
) -> Any:
    http = http or urllib3.PoolManager(timeout=_TIMEOUT, retries=False)
    try:
        answer = http.request(method, url, headers=dict(headers), body=body)
    except urllib3.exceptions.HTTPError as error:
        raise CliError("The EHR's server could not be reached.", "ehr_unreachable") from error
    if answer.status != 200:
        raise ApiProblem(answer.status, "ehr_refused", f"The EHR's server answered {answer.status}.")
    try:
        return json.loads(answer.data)
    except ValueError as error:
        raise CliError("The EHR's server did not answer in JSON.", "ehr_refused") from error


def _booked(row: Mapping[str, Any]) -> BookedVisit:
    return BookedVisit(
        appointment_id=row["appointment_id"],
        patient_id=row["patient_id"],
        operatory_id=row["operatory_id"] or "",
        start=_wall(row["start"]),
        minutes=row["minutes"],
        status=row["status"],
        confirmation=row["confirmed"],
    )


def _blocked(row: Mapping[str, Any], operatory_id: str) -> Visit:
    start, end = _wall(row["start"]), _wall(row["end"])
    minutes = int((end - start).total_seconds()) // 60
    return Visit(operatory_id, start.time(), minutes, row["blockout_type"], is_blocked=True)


def _wall(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=None)
