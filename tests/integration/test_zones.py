"""An office that keeps another time than its practice document says, also if the two agree on the day of the check."""

from datetime import timedelta
from typing import Any

import pytest

from openchair.health import check_health
from tests.integration.ehr_world import EhrWorld
from tests.integration.nexhealth_world import nexhealth_world
from tests.integration.open_dental_world import open_dental_world


def zones(world: EhrWorld) -> list[dict[str, Any]]:
    found = check_health(world.record, world.clients.client(world.record), world.clock)
    return [one for one in found["findings"] if one["code"] == "zone"]


@pytest.mark.parametrize(("zone", "ok"), [("America/Denver", True), ("America/Phoenix", False)])
def test_an_office_whose_time_differs_in_summer_is_told_in_winter(zone: str, ok: bool) -> None:
    with open_dental_world(zone) as world:
        (finding,) = zones(world)

    assert finding["ok"] is ok
    assert ("in winter and in summer" in finding["message"]) is ok


@pytest.mark.parametrize("days", [0, 183])
def test_a_location_that_keeps_the_practices_time_is_told_so_for_the_whole_year(days: int) -> None:
    with nexhealth_world() as world:
        world.advance(timedelta(days=days).total_seconds())
        (finding,) = zones(world)

    assert finding["ok"]
    assert "in winter and in summer" in finding["message"]
