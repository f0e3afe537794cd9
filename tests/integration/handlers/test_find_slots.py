"""find_slots through its events."""

from typing import Any

import pytest

from tests.integration.handlers.gateway import event, request
from tests.integration.handlers.stack import Stack


def slot(hour: int, operatory_id: str) -> dict[str, str]:
    return {
        "start": f"2026-03-03T{hour:02d}:00:00-07:00",
        "end": f"2026-03-03T{hour + 1:02d}:00:00-07:00",
        "operatory_id": operatory_id,
    }


def slots_of(provider_id: str, name: str, *hours: int) -> dict[str, object]:
    """Each of the two providers works in the chair of the same number."""
    day = {"date": "2026-03-03", "slots": [slot(hour, provider_id) for hour in hours]}
    return {"provider_id": provider_id, "name": name, "days": [day]}


def test_open_slots_are_told_by_provider_and_day(stack: Stack) -> None:
    status, answer = stack.call(event("find_slots/slots"))

    assert status == 200
    assert answer == {
        "as_of": "2026-03-02T08:00:00-07:00",
        "source": "live",
        "timezone": "America/Denver",
        "complete_until": None,
        "providers": [
            slots_of("1", "Abel Orme", 8, 9, 11, 12, 13, 15, 16),
            slots_of("2", "Hana Prell", 8, 9, 10, 11, 12, 13, 14, 15, 16),
        ],
    }


def test_a_visit_is_not_in_its_own_way(stack: Stack) -> None:
    stack.put_practice(booking={"start_grid_minutes": 30})

    status, answer = stack.call(event("find_slots/slots_for_visit"))

    (abel,) = answer["providers"]
    starts = [one["start"][11:16] for one in abel["days"][0]["slots"]]
    assert status == 200
    assert {"09:30", "10:30"} <= set(starts)
    assert "10:00" not in starts


def test_a_claim_takes_its_slot_away(stack: Stack) -> None:
    stack.submit("create_appointment")

    _, answer = stack.call(request("find_slots/slots", query={"service_id": "filling", "start_date": "2026-03-04"}))

    wednesday = answer["providers"][0]["days"][0]
    assert wednesday["date"] == "2026-03-04"
    assert "2026-03-04T09:00:00-07:00" not in [one["start"] for one in wednesday["slots"]]


def test_providers_chairs_and_services_are_listed(stack: Stack) -> None:
    abel = {"provider_id": "1", "name": "Abel Orme", "abbreviation": "ABE", "is_hygienist": False}
    hana = {"provider_id": "2", "name": "Hana Prell", "abbreviation": "HAN", "is_hygienist": True}
    chair = {
        "operatory_id": "1",
        "name": "Chair 1",
        "abbreviation": "C1",
        "is_hygiene": False,
        "types": [],
        "provider_id": "1",
        "hygienist_id": None,
        "location_id": None,
    }
    hygiene = {
        **chair,
        "operatory_id": "2",
        "name": "Chair 2",
        "abbreviation": "C2",
        "is_hygiene": True,
        "hygienist_id": "2",
    }
    filling = {"service_id": "filling", "name": "Filling", "minutes": 60, "operatory_type": None, "provider_ids": []}

    assert stack.call(event("find_slots/providers")) == (200, {"providers": [abel, hana]})
    assert stack.call(event("find_slots/operatories")) == (200, {"operatories": [chair, hygiene]})
    assert stack.call(event("find_slots/services")) == (200, {"services": [filling]})


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"kind": "drop", "when": "before"}, "ehr_unavailable"),
        ({"kind": "html", "when": "before", "status": 502}, "ehr_unavailable"),
        ({"kind": "offline", "when": "before"}, "ehr_offline"),
        ({"kind": "too_many_requests", "when": "before", "retry_after": 7}, "ehr_busy"),
    ],
)
def test_an_ehr_that_cannot_answer_is_told_with_when_to_try_again(
    stack: Stack, fault: dict[str, Any], code: str
) -> None:
    stack.fail(**fault)

    answer = stack.answer(event("find_slots/slots"))

    assert answer["statusCode"] == 503
    assert stack.headers(answer)["Content-Type"] == "application/problem+json"
    assert int(stack.headers(answer)["Retry-After"]) >= 1
    assert stack.document(answer)["code"] == code
