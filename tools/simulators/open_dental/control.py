"""The control endpoint: JSON over loopback to script faults, move the clock, act as staff, and look at the truth."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from tools.simulators.open_dental import staff, truth
from tools.simulators.open_dental.office import PERMISSIONS, Office
from tools.simulators.open_dental.simulator import Simulator
from tools.simulators.sockets import Reply

Query = Mapping[str, str]
_TRUTHS: dict[str, Callable[[Office, Query], list[dict[str, Any]]]] = {
    "appointments": truth.appointments,
    "history": truth.history,
    "patients": truth.patients,
    "schedules": truth.schedules,
    "operatories": truth.operatories,
    "providers": truth.providers,
}


class Control:
    """Answers requests below /_control; a wrong one gets 400 `{"error": ...}` and changes nothing."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._actions: dict[tuple[str, str], Callable[[Query, Any], Any]] = {
            ("GET", "state"): self._state,
            ("GET", "requests"): self._requests,
            ("DELETE", "requests"): self._forget_requests,
            ("POST", "faults"): self._add_faults,
            ("GET", "faults"): lambda _query, _body: {"faults": simulator.faults.summary()},
            ("DELETE", "faults"): self._clear_faults,
            ("POST", "clock"): self._set_clock,
            ("POST", "switches"): self._set_switches,
            ("POST", "staff"): self._act_as_staff,
            ("POST", "permissions"): self._set_permissions,
            ("POST", "throttle"): self._set_throttle,
            ("POST", "keys"): self._set_key,
            ("POST", "reset"): self._reset,
        }

    def handle(self, method: str, path: str, query: str, body: bytes) -> Reply:
        """`path` is what follows /_control/."""
        try:
            document = json.loads(body) if body else {}
            pairs = dict(parse_qsl(query, keep_blank_values=True))
            status, answer = self._answer(method, path.strip("/"), pairs, document)
        except (ValueError, TypeError, AttributeError, LookupError, OverflowError) as error:
            status, answer = 400, {"error": str(error)}
        return Reply(status, json.dumps(answer).encode(), {"Content-Type": "application/json"})

    def _answer(self, method: str, path: str, query: Query, body: Any) -> tuple[int, Any]:
        noun, _, detail = path.partition("/")
        with self._simulator.lock:
            if method == "GET" and noun == "truth" and detail in _TRUTHS:
                return 200, {detail: _TRUTHS[detail](self._office(query), query)}
            action = self._actions.get((method, path))
            if action is None:
                return 404, {"error": f"there is no {method} /_control/{path}"}
            return 200, action(query, body)

    def _office(self, chosen: Mapping[str, Any]) -> Office:
        """The office whose customer key is given as `office`, else the first."""
        key = chosen.get("office")
        if key is None:
            return self._simulator.first_office
        if key not in self._simulator.offices:
            raise ValueError("there is no such office")
        return self._simulator.offices[key]

    def _state(self, query: Query, body: Any) -> Any:
        simulator = self._simulator
        return {
            "offices": [_office_summary(office) for office in simulator.offices.values()],
            "switches": asdict(simulator.settings.switches),
            "faults": simulator.faults.summary(),
            "requests": len(simulator.requests),
            "now": simulator.settings.clock.now().isoformat(),
        }

    def _requests(self, query: Query, body: Any) -> Any:
        simulator = self._simulator
        shown = [asdict(received) for received in simulator.requests if query.get("office") in (None, received.office)]
        since = int(query.get("after", 0))
        return {
            "requests": [received for received in shown if received["number"] > since],
            "early_starts": {key: office.throttle.early_starts for key, office in simulator.offices.items()},
        }

    def _forget_requests(self, query: Query, body: Any) -> Any:
        self._simulator.requests.clear()
        for office in self._simulator.offices.values():
            office.throttle.reset()
        return {"requests": 0}

    def _add_faults(self, query: Query, body: Any) -> Any:
        if isinstance(body, dict):
            body = body.get("rules", [body])
        self._simulator.faults.add(body)
        return {"faults": self._simulator.faults.summary()}

    def _clear_faults(self, query: Query, body: Any) -> Any:
        self._simulator.faults.clear()
        return {"faults": []}

    def _set_clock(self, query: Query, body: Any) -> Any:
        """`now` (office wall time, or with an offset), `advance_seconds`, `frozen`."""
        clock = self._simulator.settings.clock
        _only(body, {"now", "advance_seconds", "frozen", "office"})
        if "now" in body:
            now = datetime.fromisoformat(str(body["now"]))
            clock.set(now if now.tzinfo else now.replace(tzinfo=self._office(body).zone))
        if "advance_seconds" in body:
            clock.advance(float(body["advance_seconds"]))
        if "frozen" in body:
            clock.freeze(bool(body["frozen"]))
        return {"now": clock.now().isoformat()}

    def _set_switches(self, query: Query, body: Any) -> Any:
        self._simulator.settings.switches = self._simulator.settings.switches.changed(body)
        return {"switches": asdict(self._simulator.settings.switches)}

    def _act_as_staff(self, query: Query, body: Any) -> Any:
        return staff.act(self._office(body), body)

    def _set_permissions(self, query: Query, body: Any) -> Any:
        """`grant` and `revoke`, lists of names."""
        _only(body, {"grant", "revoke", "office"})
        office, grant, revoke = self._office(body), set(body.get("grant", [])), set(body.get("revoke", []))
        unknown = (grant | revoke) - set(PERMISSIONS)
        if unknown:
            raise ValueError(f"unknown permission {', '.join(sorted(unknown))}; there are {', '.join(PERMISSIONS)}")
        office.permissions = (office.permissions | grant) - revoke
        return {"permissions": sorted(office.permissions)}

    def _set_throttle(self, query: Query, body: Any) -> Any:
        office = self._office(body)
        changes = {name: value for name, value in body.items() if name != "office"}
        office.throttle.settings = office.throttle.settings.changed(changes)
        office.throttle.reset()
        return {"throttle": asdict(office.throttle.settings)}

    def _set_key(self, query: Query, body: Any) -> Any:
        """`{"enabled": false}` makes the office's key answer 401."""
        _only(body, {"enabled", "office"})
        key = self._office(body).customer_key
        if body["enabled"]:
            self._simulator.disabled_keys.discard(key)
        else:
            self._simulator.disabled_keys.add(key)
        return {"enabled": key not in self._simulator.disabled_keys}

    def _reset(self, query: Query, body: Any) -> Any:
        self._simulator.reset()
        return self._state(query, body)


def _office_summary(office: Office) -> dict[str, Any]:
    return {
        "office": office.customer_key,
        "timezone": office.zone.key,
        "now": office.now().isoformat(sep=" "),
        "patients": len(office.patients),
        "appointments": len(office.appointments),
        "history": len(office.history),
        "schedules": len(office.schedules),
        "operatories": len(office.operatories),
        "providers": len(office.providers),
        "permissions": sorted(office.permissions),
        "throttle": asdict(office.throttle.settings),
        "early_starts": office.throttle.early_starts,
        "refused": office.throttle.refused,
    }


def _only(body: Mapping[str, Any], names: set[str]) -> None:
    unknown = set(body) - names
    if unknown:
        raise ValueError(f"unknown field {', '.join(sorted(unknown))}; there are {', '.join(sorted(names))}")
