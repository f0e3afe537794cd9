"""The control endpoint's frame: JSON over loopback, a table of actions, and the actions that every simulator has."""

import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from tools.simulators.common.clock import Clock
from tools.simulators.common.faults import FaultScript
from tools.simulators.common.journal import Reply
from tools.simulators.common.overlays import Overlay, parse_overlays
from tools.simulators.common.switches import SwitchSet

Query = Mapping[str, str]
Action = Callable[[Query, Any], Any]


class Settings(Protocol):
    switches: Any
    clock: Clock


class Controlled(Protocol):
    """What the common actions need of a simulator."""

    faults: FaultScript
    overlays: list[Overlay]

    @property
    def lock(self) -> AbstractContextManager[Any]: ...

    @property
    def settings(self) -> Settings: ...

    def reset(self) -> None: ...


class BaseControl[S: Controlled]:
    """Answers requests below /_control; a wrong one gets 400 `{"error": ...}` and changes nothing."""

    def __init__(self, simulator: S) -> None:
        self._simulator = simulator
        self._actions: dict[tuple[str, str], Action] = {
            ("GET", "state"): self._state,
            ("POST", "faults"): self._add_faults,
            ("GET", "faults"): lambda _query, _body: {"faults": simulator.faults.summary()},
            ("DELETE", "faults"): self._clear_faults,
            ("POST", "clock"): self._set_clock,
            ("POST", "switches"): self._set_switches,
            ("POST", "reset"): self._reset,
            ("POST", "overlays"): self._add_overlays,
            ("DELETE", "overlays"): self._clear_overlays,
        }
        self._unlocked: set[tuple[str, str]] = set()

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
        action = self._actions.get((method, path))
        if action is not None and (method, path) in self._unlocked:
            return 200, action(query, body)
        with self._simulator.lock:
            noun, _, detail = path.partition("/")
            if method == "GET" and noun == "truth":
                told = self._truth(detail, query)
                if told is not None:
                    return 200, {detail: told}
            if action is None:
                return 404, {"error": f"there is no {method} /_control/{path}"}
            return 200, action(query, body)

    def _truth(self, noun: str, query: Query) -> list[dict[str, Any]] | None:
        """The rows of one noun; None when there is no such noun."""
        raise NotImplementedError

    def _state(self, query: Query, body: Any) -> Any:
        raise NotImplementedError

    def _zone(self, chosen: Mapping[str, Any]) -> ZoneInfo:
        """The zone of wall times that carry no offset."""
        raise NotImplementedError

    def _add_faults(self, query: Query, body: Any) -> Any:
        if isinstance(body, dict):
            body = body.get("rules", [body])
        self._simulator.faults.add(body)
        return {"faults": self._simulator.faults.summary()}

    def _clear_faults(self, query: Query, body: Any) -> Any:
        self._simulator.faults.clear()
        return {"faults": []}

    def _add_overlays(self, query: Query, body: Any) -> Any:
        self._simulator.overlays.extend(parse_overlays(body))
        return {"overlays": len(self._simulator.overlays)}

    def _clear_overlays(self, query: Query, body: Any) -> Any:
        self._simulator.overlays.clear()
        return {"overlays": 0}

    def _set_clock(self, query: Query, body: Any) -> Any:
        """`now` (wall time, or with an offset), `advance_seconds`, `frozen`."""
        clock = self._simulator.settings.clock
        only(body, {"now", "advance_seconds", "frozen", "office", "subdomain"})
        if "now" in body:
            now = datetime.fromisoformat(str(body["now"]))
            self._move(now if now.tzinfo else now.replace(tzinfo=self._zone(body)))
        if "advance_seconds" in body:
            self._advance(float(body["advance_seconds"]))
        if "frozen" in body:
            clock.freeze(bool(body["frozen"]))
        return {"now": clock.now().isoformat()}

    def _move(self, now: datetime) -> None:
        self._simulator.settings.clock.set(now)

    def _advance(self, seconds: float) -> None:
        self._simulator.settings.clock.advance(seconds)

    def _set_switches(self, query: Query, body: Any) -> Any:
        switches: SwitchSet = self._simulator.settings.switches
        self._simulator.settings.switches = switches.changed(body)
        return {"switches": asdict(self._simulator.settings.switches)}

    def _reset(self, query: Query, body: Any) -> Any:
        self._simulator.reset()
        return self._state(query, body)


def only(body: Mapping[str, Any], names: set[str]) -> None:
    unknown = set(body) - names
    if unknown:
        raise ValueError(f"unknown field {', '.join(sorted(unknown))}; there are {', '.join(sorted(names))}")
