"""check_health through its event."""

from tests.integration.handlers.gateway import event
from tests.integration.handlers.stack import Stack


def test_a_healthy_practice_is_told_with_a_finding_for_each_thing_looked_at(stack: Stack) -> None:
    status, answer = stack.call(event("check_health/health"))

    findings = answer.pop("findings")
    # The office's clock is read in whole seconds, and its first requests only tell it.
    assert -2 <= answer.pop("clock_skew_seconds") <= 0
    assert status == 200
    assert answer == {
        "status": "ok",
        "as_of": "2026-03-02T08:00:05-07:00",
        "timezone": "America/Denver",
        "latency_ms": 3102,
        "provider_count": 2,
        "ehr_version": "25.3.30.0",
    }
    assert [(one["code"], one["ok"], one["what_to_do"]) for one in findings] == [
        (code, True, None) for code in ("key", "permissions", "providers", "zone", "clock", "latency", "confirmation")
    ]


def test_a_refused_key_is_a_finding_and_not_an_error(stack: Stack) -> None:
    stack.put_keys(devKey="unknown", custKey="unknown")

    status, answer = stack.call(event("check_health/health"))

    (finding,) = answer["findings"]
    assert (status, answer["status"]) == (200, "failing")
    assert (finding["code"], finding["ok"]) == ("ehr_key_refused", False)
    assert finding["what_to_do"]
