"""The control endpoint: JSON over loopback to script faults, move the clock, act as staff, and look at the truth."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any
from zoneinfo import ZoneInfo

from tools.simulators.common.control import BaseControl, Query, only
from tools.simulators.open_dental import staff, truth
from tools.simulators.open_dental.office import PERMISSIONS, Office
from tools.simulators.open_dental.simulator import Simulator

_TRUTHS: dict[str, Callable[[Office, Query], list[dict[str, Any]]]] = {
    "appointments": truth.appointments,
    "history": truth.history,
    "patients": truth.patients,
    "schedules": truth.schedules,
    "operatories": truth.operatories,
    "providers": truth.providers,
    "definitions": truth.definitions,
}


class Control(BaseControl[Simulator]):
    """Every call takes `office`, a customer key; the first office stands in where none is named."""

    def __init__(self, simulator: Simulator) -> None:
        super().__init__(simulator)
        self._actions |= {
            ("GET", "requests"): self._requests,
            ("DELETE", "requests"): self._forget_requests,
            ("POST", "staff"): self._act_as_staff,
            ("POST", "permissions"): self._set_permissions,
            ("POST", "throttle"): self._set_throttle,
            ("POST", "keys"): self._set_key,
        }

    def _truth(self, noun: str, query: Query) -> list[dict[str, Any]] | None:
        tell = _TRUTHS.get(noun)
        return None if tell is None else tell(self._office(query), query)

    def _zone(self, chosen: Mapping[str, Any]) -> ZoneInfo:
        return self._office(chosen).zone

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

    def _act_as_staff(self, query: Query, body: Any) -> Any:
        return staff.act(self._office(body), body)

    def _set_permissions(self, query: Query, body: Any) -> Any:
        """`grant` and `revoke`, lists of names."""
        only(body, {"grant", "revoke", "office"})
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
        only(body, {"enabled", "office"})
        key = self._office(body).customer_key
        if body["enabled"]:
            self._simulator.disabled_keys.discard(key)
        else:
            self._simulator.disabled_keys.add(key)
        return {"enabled": key not in self._simulator.disabled_keys}


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
