"""Faults by script: which request is hit, with what, and before or after its effect on the data."""

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

KINDS: dict[str, str] = {
    "delay": "before",
    "drop": "before",
    "reset": "before",
    "status": "before",
    "html": "before",
    "too_many_requests": "before",
    "timed_out": "before",
    "truncate": "after",
    "garbage": "after",
    "staff": "after",
}
"""Kinds that every simulator has, with the side on which each strikes unless told otherwise; vendors add their own."""
_ALWAYS_AFTER = {"truncate", "garbage"}


@dataclass(frozen=True, slots=True)
class Fault:
    """`when` says on which side of the effect it strikes; the other fields depend on the kind (see the README)."""

    kind: str
    when: str
    seconds: float = 0.0
    status: int = 500
    retry_after: int | None = None
    body: str | None = None
    action: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Rule:
    """Strikes matching requests: from the `nth` one (1 is the first) on, `times` times (0 means for ever)."""

    fault: Fault
    method: str | None = None
    path: re.Pattern[str] | None = None
    query: re.Pattern[str] | None = None
    scope: str | None = None
    nth: int = 1
    times: int = 1
    seen: int = 0
    struck: int = 0

    def strikes(self, method: str, path: str, query: str, scope: str | None) -> bool:
        if self.method not in (None, method) or self.scope not in (None, scope):
            return False
        if self.path and not self.path.search(path) or self.query and not self.query.search(query):
            return False
        self.seen += 1
        if self.seen < self.nth or (self.times and self.struck >= self.times):
            return False
        self.struck += 1
        return True


class FaultScript:
    """The rules in force. Several may strike one request; they apply in the order given."""

    def __init__(self, kinds: Mapping[str, str], scope: str) -> None:
        """`scope` names the match field that tells whose requests are hit: an office, a subdomain."""
        self._kinds = kinds
        self._scope = scope
        self._rules: list[Rule] = []
        self._lock = threading.Lock()

    def add(self, documents: list[dict[str, Any]]) -> int:
        """Append rules; raises ValueError and adds none when one is wrong. Returns how many stand."""
        rules = [parse_rule(document, self._kinds, self._scope) for document in documents]
        with self._lock:
            self._rules.extend(rules)
            return len(self._rules)

    def clear(self) -> None:
        with self._lock:
            self._rules.clear()

    def striking(self, method: str, path: str, query: str, scope: str | None) -> list[Fault]:
        with self._lock:
            return [rule.fault for rule in self._rules if rule.strikes(method, path, query, scope)]

    def summary(self) -> list[dict[str, Any]]:
        with self._lock:
            return [
                {"kind": rule.fault.kind, "when": rule.fault.when, "seen": rule.seen, "struck": rule.struck}
                for rule in self._rules
            ]


def parse_rule(document: Any, kinds: Mapping[str, str], scope: str) -> Rule:
    """`{"match": {...}, "fault": {...}}` to a rule; raises ValueError saying what is wrong."""
    if not isinstance(document, dict) or not isinstance(document.get("fault"), dict):
        raise ValueError('a rule is {"match": {...}, "fault": {"kind": ...}}')
    match = dict(document.get("match") or {})
    try:
        rule = Rule(
            fault=_parse_fault(dict(document["fault"]), kinds),
            method=str(match.pop("method")).upper() if "method" in match else None,
            path=re.compile(match.pop("path_regex"), re.IGNORECASE) if "path_regex" in match else None,
            query=re.compile(match.pop("query_regex")) if "query_regex" in match else None,
            scope=match.pop(scope, None),
            nth=int(match.pop("nth", 1)),
            times=int(match.pop("times", 1)),
        )
    except (re.error, TypeError) as error:
        raise ValueError(f"a match field is wrong: {error}") from error
    if match:
        raise ValueError(f"unknown match field {', '.join(sorted(match))}")
    return rule


def _parse_fault(document: dict[str, Any], kinds: Mapping[str, str]) -> Fault:
    kind = str(document.pop("kind", ""))
    when = document.pop("when", None)
    for side in ("before", "after"):
        if kind.endswith(f"_{side}"):
            kind, when = kind.removesuffix(f"_{side}"), side
    if kind not in kinds:
        raise ValueError(f"unknown fault kind {kind or 'none'}; there are {', '.join(sorted(kinds))}")
    when = when or kinds[kind]
    if when not in ("before", "after") or (kind in _ALWAYS_AFTER and when == "before"):
        raise ValueError(f"{kind} cannot strike {when} the effect")
    unknown = set(document) - {"seconds", "status", "retry_after", "body", "action"}
    if unknown:
        raise ValueError(f"unknown fault field {', '.join(sorted(unknown))}")
    return Fault(
        kind=kind,
        when=when,
        seconds=float(document.get("seconds", 0)),
        status=int(document.get("status", 200 if kind == "html" else 500)),
        retry_after=document.get("retry_after"),
        body=document.get("body"),
        action=dict(document.get("action") or {}),
    )
