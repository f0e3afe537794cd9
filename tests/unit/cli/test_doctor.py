"""The doctor finds what is wrong with a practice's settings, and says what to do."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from openchair.models.practice import Practice, PracticeRecord
from tests.unit.cli.conftest import FakeSender, Run, slots_answer
from tools.cli import practices
from tools.cli.doctor import Answers, Level, examine, has_failed, services_to_ask, starts_by_chair
from tools.cli.practices import practice_from_json
from tools.cli.seed import OfficeChair, OfficeProvider, seeded_practice

PRACTICE = seeded_practice(
    [OfficeChair("1", False), OfficeChair("3", True)],
    [OfficeProvider("1", False), OfficeProvider("4", True)],
    timezone="America/Denver",
)
HEALTH = {
    "status": "ok",
    "latency_ms": 840,
    "findings": [{"code": "key", "ok": True, "message": "The EHR takes the practice's key.", "what_to_do": None}],
}
CHAIRS = [{"operatory_id": "1", "name": "Treatment 1"}, {"operatory_id": "3", "name": "Hygiene 1"}]
PROVIDERS = [{"provider_id": "1", "name": "Ada Elmgate"}, {"provider_id": "4", "name": "Ivo Harcroft"}]
FREE = {
    "exam": slots_answer([{"start": "2026-11-24T08:00:00-07:00", "end": "", "operatory_id": "1"}]),
    "cleaning": slots_answer([{"start": "2026-11-24T09:00:00-07:00", "end": "", "operatory_id": "3"}]),
}


def codes(answers: Answers, practice: Any = PRACTICE, level: Level = Level.FAILED) -> list[str]:
    return [finding.code for finding in examine(practice, answers) if finding.level is level]


def changed(**changes: Any) -> Any:
    document = PRACTICE.model_dump(mode="json")
    document["open_dental"] |= changes.pop("open_dental", {})
    return practice_from_json(PRACTICE.__class__.model_validate({**document, **changes}).model_dump_json())


def test_a_practice_in_order_has_nothing_but_good_findings() -> None:
    findings = examine(PRACTICE, Answers(HEALTH, CHAIRS, PROVIDERS, FREE))

    assert [finding.level for finding in findings] == [Level.OK] * len(findings)
    assert not has_failed(findings)


def test_what_health_found_is_told_with_its_advice() -> None:
    refused = {"code": "ehr_key_refused", "ok": False, "message": "Refused.", "what_to_do": "Store it again."}

    findings = examine(PRACTICE, Answers({**HEALTH, "findings": [refused]}))

    assert [(f.level, f.code, f.what_to_do) for f in findings] == [(Level.FAILED, "ehr_key_refused", "Store it again.")]


def test_what_is_no_fault_and_comes_with_advice_is_a_warning() -> None:
    closed = {"code": "closed_working_days", "ok": True, "message": "2026-03-04", "what_to_do": "Say so."}

    findings = examine(PRACTICE, Answers({**HEALTH, "findings": [closed]}))

    assert [(f.level, f.code, f.what_to_do) for f in findings] == [(Level.WARNING, "closed_working_days", "Say so.")]


def test_a_practice_that_is_booked_without_chairs_misses_none() -> None:
    chairless = {"code": "hours_without_chairs", "ok": True, "message": "No chairs.", "what_to_do": "Read them."}
    health = {**HEALTH, "findings": [chairless]}
    free = {"exam": slots_answer([{"start": "2026-11-24T08:00:00-07:00", "end": "", "operatory_id": None}])}

    assert [service.id for service in services_to_ask(PRACTICE, [], health)] == ["exam"]
    assert services_to_ask(PRACTICE, [], HEALTH) == []
    assert codes(Answers(health, [], PROVIDERS, free), changed(open_dental={"operatory_type_to_ids": {}})) == []
    assert "no_operatories" in codes(Answers(HEALTH, [], PROVIDERS))


def test_maps_of_a_practice_on_nexhealth_are_examined_too() -> None:
    section = {
        "api_key_secret_name": "practice-p2-nexhealth-api-key",
        "subdomain": "elm-street",
        "location_ids": ["1"],
        "operatory_type_to_ids": {"hygiene": ["3", "99"]},
    }
    document = {"id": "p2", "name": "Elm Street", "timezone": "America/Chicago", "ehr": "NEXHEALTH"}
    practice = Practice.model_validate({**document, "nexhealth": section})

    findings = examine(practice, Answers(HEALTH, CHAIRS, PROVIDERS))

    (unknown,) = [one for one in findings if one.code == "unknown_chair"]
    assert "nexhealth.operatory_type_to_ids.hygiene names chair 99" in unknown.message


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"operatory_type_to_ids": {"hygiene": ["3", "99"], "treatment": ["1"]}}, "unknown_chair"),
        ({"operatory_id_to_provider_id": {"98": "1"}}, "unknown_chair"),
        ({"operatory_id_to_provider_id": {"1": "97"}}, "unknown_provider"),
        ({"operatory_type_to_provider_ids": {"hygiene": ["96"]}}, "unknown_provider"),
    ],
)
def test_a_map_that_names_what_does_not_exist_fails(settings: dict[str, Any], code: str) -> None:
    practice = changed(open_dental=settings)

    assert codes(Answers(HEALTH, CHAIRS, PROVIDERS, FREE), practice) == [code]


def test_a_service_that_names_a_missing_provider_fails() -> None:
    services = [{"id": "exam", "name": "Exam", "minutes": 30, "provider_ids": ["95"]}]

    assert codes(Answers(HEALTH, CHAIRS, PROVIDERS, FREE), changed(services=services)) == ["unknown_provider"]


def test_a_service_that_no_chair_can_take_fails() -> None:
    services = [{"id": "surgery", "name": "Surgery", "minutes": 90, "operatory_type": "surgical"}]

    assert codes(Answers(HEALTH, CHAIRS, PROVIDERS, FREE), changed(services=services)) == ["service_without_chair"]


def test_a_practice_without_services_or_chairs_fails() -> None:
    answers = Answers(HEALTH, [], PROVIDERS)

    assert {"no_operatories", "no_services"} <= set(codes(answers, changed(services=[])))


def test_a_clinic_that_does_not_exist_is_told_once_with_those_there_are() -> None:
    told = "No chair can be seen in location 9; there are chairs in 1, 2."
    practice = changed(
        open_dental={"clinic_number": 9},
        services=[{"id": "exam", "name": "Exam", "minutes": 30, "provider_ids": ["1"]}],
    )

    findings = examine(practice, Answers(HEALTH, [], PROVIDERS, no_location=told))

    failed = [finding for finding in findings if finding.level is not Level.OK]
    assert [(one.code, one.message) for one in failed] == [
        ("clinic_unknown", f"open_dental.clinic_number is 9. {told}")
    ]
    assert "None" not in " ".join(one.message + one.what_to_do for one in findings)


def test_where_no_chair_can_be_seen_not_each_chair_and_service_is_told() -> None:
    assert codes(Answers(HEALTH, [], PROVIDERS)) == ["no_operatories"]


def test_the_command_asks_on_when_the_practices_clinic_is_not_there(
    openchair: Callable[..., Run], sender: FakeSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = PracticeRecord(changed(open_dental={"clinic_number": 9}), 1, "account")
    monkeypatch.setattr(practices, "get_practice", lambda *_: record)
    problem = {"code": "location_not_found", "detail": "No chair can be seen in location 9; there are chairs in 1."}
    sender.answers = [(200, HEALTH), (200, {"providers": PROVIDERS}), (404, problem)]

    ran = openchair("doctor", "p1")

    assert ran.status == 1
    assert "[clinic_unknown]" in ran.out
    assert "there are chairs in 1." in ran.out


def test_a_chair_without_a_free_start_is_a_warning_only() -> None:
    answers = Answers(HEALTH, CHAIRS, PROVIDERS, {"exam": FREE["exam"]})

    assert codes(answers, level=Level.WARNING) == ["chair_not_free"]
    assert not codes(answers)


def test_a_closed_tomorrow_is_one_warning() -> None:
    answers = Answers(HEALTH, CHAIRS, PROVIDERS, {"exam": {**slots_answer([]), "providers": []}})

    assert codes(answers, level=Level.WARNING) == ["closed_tomorrow"]


def test_slots_that_could_not_be_found_fail_with_their_code() -> None:
    answers = Answers(HEALTH, CHAIRS, PROVIDERS, {}, {"cleaning": "ehr_unavailable"})

    assert codes(answers) == ["ehr_unavailable"]


def test_every_failed_finding_says_what_to_do() -> None:
    broken = changed(open_dental={"operatory_id_to_provider_id": {"98": "97"}}, services=[])

    findings = examine(broken, Answers(HEALTH, [], [], {}, {"x": "ehr_offline"}))
    findings += examine(broken, Answers(HEALTH, CHAIRS, [], {}, {"x": "ehr_offline"}))

    assert all(finding.what_to_do for finding in findings if finding.level is not Level.OK)


def test_one_service_is_asked_for_each_kind_of_chair() -> None:
    assert [service.id for service in services_to_ask(PRACTICE, CHAIRS, HEALTH)] == ["exam", "cleaning"]


def test_no_slots_are_asked_for_a_service_without_chairs() -> None:
    services = [{"id": "surgery", "name": "Surgery", "minutes": 90, "operatory_type": "surgical"}]

    assert services_to_ask(changed(services=services), CHAIRS, HEALTH) == []


def test_a_chair_that_no_service_uses_is_told_apart() -> None:
    chairs = [*CHAIRS, {"operatory_id": "9", "name": "Spare"}]

    assert codes(Answers(HEALTH, chairs, PROVIDERS, FREE), level=Level.WARNING) == ["chair_unused"]


def test_starts_are_gathered_by_chair_over_all_services() -> None:
    starts = starts_by_chair(Answers(HEALTH, CHAIRS, PROVIDERS, FREE))

    assert starts == {
        "1": [datetime.fromisoformat("2026-11-24T08:00:00-07:00")],
        "3": [datetime.fromisoformat("2026-11-24T09:00:00-07:00")],
    }
