"""The control endpoint: script faults and the EHR, move the clock, act as staff, see the truth."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tools.simulators.common.control import BaseControl, Query, only
from tools.simulators.nexhealth import staff, truth
from tools.simulators.nexhealth.accounts import Account
from tools.simulators.nexhealth.ehr import Ehr, described, parse_rules
from tools.simulators.nexhealth.institution import Institution
from tools.simulators.nexhealth.simulator import Simulator
from tools.simulators.nexhealth.webhooks import endpoint_row, subscription_row

_TRUTHS: dict[str, Callable[[Institution, Query], list[dict[str, Any]]]] = {
    "appointments": truth.appointments,
    "chart": truth.chart,
    "history": truth.history,
    "patients": truth.patients,
    "hours": truth.hours,
    "operatories": truth.operatories,
    "providers": truth.providers,
    "locations": truth.locations,
}


class Control(BaseControl[Simulator]):
    """Every call takes `subdomain`; the first institution stands in where none is named."""

    def __init__(self, simulator: Simulator) -> None:
        super().__init__(simulator)
        self._actions |= {
            ("GET", "requests"): self._requests,
            ("DELETE", "requests"): self._forget_requests,
            ("POST", "staff"): lambda _query, body: staff.act(self._ehr(body), body),
            ("GET", "ehr"): lambda query, _body: self._ehr_summary(self._ehr(query)),
            ("POST", "ehr"): self._set_ehr,
            ("GET", "writes"): lambda query, _body: self._writes(self._ehr(query)),
            ("POST", "writes"): self._add_write_rules,
            ("DELETE", "writes"): self._clear_write_rules,
            ("POST", "seed"): self._seed,
            ("POST", "rates"): self._set_rates,
            ("POST", "tokens"): self._set_tokens,
            ("POST", "keys"): self._set_key,
            ("POST", "access"): self._set_access,
            ("GET", "webhooks"): self._webhooks,
        }
        # Moving the clock sends webhooks, whose receivers may call the API meanwhile.
        self._unlocked = {("POST", "clock"), ("POST", "reset"), ("POST", "seed")}

    def _truth(self, noun: str, query: Query) -> list[dict[str, Any]] | None:
        self._simulator.settle()
        tell = _TRUTHS.get(noun)
        return None if tell is None else tell(self._institution(query), query)

    def _zone(self, chosen: Mapping[str, Any]) -> ZoneInfo:
        return self._institution(chosen).zone

    def _advance(self, seconds: float) -> None:
        self._simulator.move_clock(self._simulator.settings.clock.now() + timedelta(seconds=seconds))

    def _move(self, now: datetime) -> None:
        self._simulator.move_clock(now)

    def _account(self, chosen: Mapping[str, Any]) -> Account:
        return self._simulator.account_of(self._subdomain(chosen))

    def _ehr(self, chosen: Mapping[str, Any]) -> Ehr:
        return self._account(chosen).ehrs[self._subdomain(chosen)]

    def _institution(self, chosen: Mapping[str, Any]) -> Institution:
        return self._ehr(chosen).institution

    def _subdomain(self, chosen: Mapping[str, Any]) -> str:
        return str(chosen.get("subdomain") or self._simulator.specs[0].subdomain)

    def _state(self, query: Query, body: Any) -> Any:
        simulator = self._simulator
        with simulator.lock:
            simulator.settle()
            return {
                "institutions": [
                    self._summary(account.institutions[subdomain], account)
                    for account in simulator.accounts.values()
                    for subdomain in account.institutions
                ],
                "switches": asdict(simulator.settings.switches),
                "faults": simulator.faults.summary(),
                "requests": len(simulator.requests),
                "now": simulator.settings.clock.now().isoformat(),
                "frozen": simulator.settings.clock.frozen,
            }

    def _summary(self, institution: Institution, account: Account) -> dict[str, Any]:
        return {
            "subdomain": institution.subdomain,
            "timezone": institution.zone.key,
            "locations": [str(number) for number in institution.locations],
            "patients": len(institution.patients),
            "appointments": len(institution.appointments),
            "chart_visits": len(institution.chart.visits),
            "operatories": len(institution.operatories),
            "providers": len(institution.providers),
            "ehr": self._ehr_summary(account.ehrs[institution.subdomain]),
            "rates": _rates(account),
            "tokens_issued": account.issued,
        }

    def _ehr_summary(self, ehr: Ehr) -> dict[str, Any]:
        return {
            **asdict(ehr.settings),
            "by_location": {str(number): values for number, values in ehr.by_location.items()},
            "pending_writes": len(ehr.pending),
            "read_status": ehr.sync.read_status,
            "write_status": ehr.sync.write_status,
        }

    def _requests(self, query: Query, body: Any) -> Any:
        simulator = self._simulator
        shown = [asdict(one) for one in simulator.requests if query.get("subdomain") in (None, one.subdomain)]
        since = int(query.get("after", 0))
        return {
            "requests": [one for one in shown if one["number"] > since],
            "rates": {",".join(account.institutions): _rates(account) for account in simulator.accounts.values()},
        }

    def _forget_requests(self, query: Query, body: Any) -> Any:
        self._simulator.requests.clear()
        for account in self._simulator.accounts.values():
            account.rates.reset()
        return {"requests": 0}

    def _set_ehr(self, query: Query, body: Any) -> Any:
        """Settings, for all locations or with `location_id` for one."""
        ehr = self._ehr(body)
        values = {name: value for name, value in body.items() if name not in ("subdomain", "location_id")}
        location = None if body.get("location_id") is None else int(body["location_id"])
        self._simulator.settle()
        ehr.change(values, location, ehr.institution.now())
        return self._ehr_summary(ehr)

    def _writes(self, ehr: Ehr) -> Any:
        return {
            "rules": [described(rule) for rule in ehr.rules],
            "pending": [
                {
                    "kind": write.kind,
                    "id": str(write.row_id),
                    "accepted_at": write.accepted_at.isoformat(),
                    "due_at": write.due_at.isoformat(),
                    "result": write.rule.result,
                }
                for write in ehr.pending
            ],
        }

    def _add_write_rules(self, query: Query, body: Any) -> Any:
        ehr = self._ehr(body if isinstance(body, dict) else {})
        if isinstance(body, dict):
            body = {name: value for name, value in body.items() if name != "subdomain"}
        ehr.rules.extend(parse_rules(body))
        return self._writes(ehr)

    def _clear_write_rules(self, query: Query, body: Any) -> Any:
        ehr = self._ehr(query)
        ehr.rules.clear()
        return self._writes(ehr)

    def _seed(self, query: Query, body: Any) -> Any:
        """Another practice, and everything else as at the start."""
        values = {name: value for name, value in body.items() if name != "subdomain"}
        self._simulator.reseed(self._subdomain(body), values)
        return self._state(query, body)

    def _set_rates(self, query: Query, body: Any) -> Any:
        account = self._account(body)
        changes = {name: value for name, value in body.items() if name != "subdomain"}
        account.rates.settings = account.rates.settings.changed(changes)
        account.rates.reset()
        return _rates(account)

    def _set_tokens(self, query: Query, body: Any) -> Any:
        """`{"expired": true}` ends every token of the key now."""
        only(body, {"expired", "subdomain"})
        account = self._account(body)
        return {"ended": account.expire_tokens() if body.get("expired") else 0, "issued": account.issued}

    def _set_key(self, query: Query, body: Any) -> Any:
        """`{"enabled": false}` makes the key and its tokens answer 401."""
        only(body, {"enabled", "subdomain"})
        account = self._account(body)
        account.enabled = bool(body["enabled"])
        return {"enabled": account.enabled}

    def _set_access(self, query: Query, body: Any) -> Any:
        """`forbid` and `allow`, lists of location ids."""
        only(body, {"forbid", "allow", "subdomain"})
        account = self._account(body)
        account.forbidden_locations |= {int(number) for number in body.get("forbid", [])}
        account.forbidden_locations -= {int(number) for number in body.get("allow", [])}
        return {"forbidden": sorted(account.forbidden_locations)}

    def _webhooks(self, query: Query, body: Any) -> Any:
        """Endpoints, subscriptions and deliveries with their attempts."""
        hub = self._account(query).hub
        return {
            "endpoints": [endpoint_row(one) for one in hub.endpoints.values()],
            "subscriptions": [subscription_row(one) for one in hub.subscriptions.values()],
            "deliveries": [
                {
                    "number": one.number,
                    "endpoint_id": one.endpoint_id,
                    "event_name": one.document["event_name"],
                    "made_at": one.made_at.astimezone(UTC).isoformat(),
                    "due_at": one.due_at.astimezone(UTC).isoformat(),
                    "state": one.state,
                    "attempts": one.attempts,
                    "document": one.document,
                }
                for one in hub.deliveries
            ],
        }


def _rates(account: Account) -> dict[str, Any]:
    rates = account.rates
    return {
        "mode": rates.settings.mode,
        "tolerance": rates.settings.tolerance,
        "limits": dict(rates.settings.limits),
        "counted": dict(rates.counted),
        "over": dict(rates.over),
        "refused": rates.refused,
    }
