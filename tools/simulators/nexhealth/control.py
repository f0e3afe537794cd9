"""What tests and people steer the simulator with, below /_control: time, the system behind, faults, tokens, truth."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, get_args
from urllib.parse import parse_qsl

from tools.simulators.nexhealth.records import MODES, Appointment, ChartVisit, Mode, Tenant
from tools.simulators.nexhealth.simulator import Simulator
from tools.simulators.nexhealth.system import settle
from tools.simulators.sockets import Reply


class Control:
    """A wrong request gets 400 `{"error": ...}` and changes nothing."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    def handle(self, method: str, path: str, query: str, body: bytes) -> Reply:
        """`path` is what follows /_control/."""
        try:
            document = json.loads(body) if body else {}
            with self._simulator.lock:
                answer = self._answer(method, path.strip("/"), dict(parse_qsl(query)), document)
            status = 200 if answer is not None else 404
        except (ValueError, TypeError, AttributeError, LookupError) as error:
            status, answer = 400, {"error": str(error)}
        return Reply(
            status, json.dumps(answer or {"error": "not found"}).encode(), {"Content-Type": "application/json"}
        )

    def _answer(self, method: str, path: str, query: Mapping[str, str], body: Any) -> Any:
        simulator = self._simulator
        # What was due before this is as it would have been without it.
        for one in simulator.tenants.values():
            settle(one, simulator.clock.now())
        match method, path:
            case "GET", "state":
                return {
                    "now": simulator.clock.now().isoformat(),
                    "authenticated": simulator.authenticated,
                    "refused": simulator.throttle.refused,
                    "requests": len(simulator.requests),
                    "systems": [
                        {"subdomain": tenant.subdomain, "location_id": str(place.id), "mode": place.system.mode}
                        for tenant in simulator.tenants.values()
                        for place in tenant.locations.values()
                    ],
                }
            case "GET", "requests":
                return {"requests": [asdict(one) for one in simulator.requests]}
            case "GET", "truth/appointments":
                tenant = self._tenant(query)
                rows = [_truth(one, tenant) for one in tenant.appointments.values() if _fits(one, query)]
                return {"appointments": rows}
            case "GET", "truth/patients":
                people = self._tenant(query).patients.values()
                return {"patients": [{"patient_id": str(one.id), "inactive": one.inactive} for one in people]}
            case "POST", "system":
                return self._set_system(body)
            case "POST", "clock":
                return self._set_clock(body)
            case "POST", "tokens":
                simulator.tokens_refused_before = simulator.clock.now().timestamp() + 0.001
                return {"refused_before": simulator.tokens_refused_before}
            case "POST", "faults":
                simulator.faults.add(body if isinstance(body, list) else [body])
                return {"faults": simulator.faults.summary()}
            case "DELETE", "faults":
                simulator.faults.clear()
                return {"faults": []}
            case "POST", "staff":
                return self._act(body)
            case "POST", "reset":
                simulator.reset()
                return {"reset": True}
            case _:
                return None

    def _tenant(self, chosen: Mapping[str, Any]) -> Tenant:
        name = chosen.get("subdomain")
        return self._simulator.tenants[name] if name else self._simulator.first

    def _set_system(self, body: Mapping[str, Any]) -> Any:
        """`mode`, `delay_seconds`, `read_cycle_seconds`, `writes_appointments`, `edits_appointments`, `name`,
        `failed_insertions_are_cancelled` of every system of the institution."""
        if "mode" in body and body["mode"] not in MODES:
            raise ValueError(f"mode must be one of {', '.join(get_args(Mode))}")
        for place in self._tenant(body).locations.values():
            system = place.system
            system.mode = body.get("mode", system.mode)
            system.name = str(body.get("name", system.name))
            if "delay_seconds" in body:
                system.delay = timedelta(seconds=float(body["delay_seconds"]))
            if "read_cycle_seconds" in body:
                system.read_cycle = timedelta(seconds=float(body["read_cycle_seconds"]))
            for name in ("writes_appointments", "edits_appointments", "failed_insertions_are_cancelled"):
                if name in body:
                    setattr(system, name, bool(body[name]))
        return {"mode": system.mode}

    def _set_clock(self, body: Mapping[str, Any]) -> Any:
        clock = self._simulator.clock
        if "now" in body:
            clock.set(datetime.fromisoformat(str(body["now"])))
        if "advance_seconds" in body:
            clock.advance(float(body["advance_seconds"]))
        if "frozen" in body:
            clock.freeze(frozen=bool(body["frozen"]))
        return {"now": clock.now().isoformat()}

    def _act(self, body: Mapping[str, Any]) -> Any:
        """As the front desk does in the practice's own system: book, move or cancel; NexHealth reads it later."""
        tenant, now = self._tenant(body), self._simulator.clock.now()
        location = next(iter(tenant.locations.values()))
        if body["action"] == "book":
            start = datetime.fromisoformat(str(body["start"]))
            end = start + timedelta(minutes=int(body["minutes"]))
            location.system.next_foreign_id += 1
            row = Appointment(
                tenant.new_id(), int(body["patient_id"]), int(body["provider_id"]), int(body["operatory_id"]),
                location.id, start, end, "", None, now, now, foreign_id=str(location.system.next_foreign_id),
            )  # fmt: skip
            tenant.appointments[row.id] = row
            location.system.chart[str(row.foreign_id)] = ChartVisit(start, end, row.operatory_id)
            return {"appointment_id": str(row.id)}
        row = tenant.appointments[int(body["appointment_id"])]
        visit = location.system.chart[str(row.foreign_id)]
        if body["action"] == "cancel":
            visit.cancelled = True
        elif body["action"] == "move":
            length = visit.end - visit.start
            visit.start = datetime.fromisoformat(str(body["start"]))
            visit.end = visit.start + length
        else:
            raise ValueError("action must be book, move or cancel")
        return {"appointment_id": str(row.id)}


def _fits(one: Appointment, query: Mapping[str, str]) -> bool:
    wanted = {name: query[name] for name in ("appointment_id", "patient_id", "operatory_id") if name in query}
    have = {"appointment_id": str(one.id), "patient_id": str(one.patient_id), "operatory_id": str(one.operatory_id)}
    return all(have[name] == value for name, value in wanted.items())


def _truth(one: Appointment, tenant: Tenant) -> dict[str, Any]:
    """NexHealth's row and what stands in the practice's own system, `chart` None when nothing does."""
    visit = tenant.locations[one.location_id].system.chart.get(one.foreign_id or "")
    return {
        "appointment_id": str(one.id), "patient_id": str(one.patient_id), "operatory_id": str(one.operatory_id),
        "start": one.start.isoformat(), "end": one.end.isoformat(), "note": one.note, "cancelled": one.cancelled,
        "confirmed": one.confirmed, "foreign_id": one.foreign_id,
        "chart": None if visit is None else {
            "start": visit.start.isoformat(), "operatory_id": str(visit.operatory_id), "cancelled": visit.cancelled,
            "confirmed": visit.confirmed,
        },
    }  # fmt: skip
