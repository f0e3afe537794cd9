"""The truth is read from the simulator's own control endpoint."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tools.cli.seed import DEFAULT_TIMEZONE, OfficeChair, OfficeProvider, seeded_practice
from tools.cli.truth import SimulatorTruth
from tools.simulators.open_dental import OfficeSpec, running_simulator

NOW = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
TOMORROW = NOW.date() + timedelta(days=1)


@pytest.fixture(scope="module")
def truth() -> Iterator[SimulatorTruth]:
    with running_simulator([OfficeSpec(patients=60)], now=NOW) as simulator:
        yield SimulatorTruth(simulator.control_url)


def test_a_shared_phone_comes_with_everybody_who_has_it(truth: SimulatorTruth) -> None:
    shared = truth.shared_phone()

    assert shared is not None
    phone, family = shared
    assert len(phone) == 10
    assert len(family) > 1
    now = datetime(2026, 11, 23, 9, 0)  # noqa: DTZ001 - the office's wall time
    assert any(visit.is_ahead(now) for one in family for visit in truth.visits(one))


def test_a_day_holds_its_visits_and_blockouts_in_chairs_that_are_drawn(truth: SimulatorTruth) -> None:
    chairs = {chair.id for chair in truth.chairs()}

    visits, blocked = truth.day(TOMORROW), truth.blocked(TOMORROW)

    assert visits
    assert {visit.operatory_id for visit in visits} <= chairs
    assert {stretch.chair_id for stretch in blocked} <= chairs
    assert all(visit.start.date() == TOMORROW for visit in visits)


def test_looking_at_the_truth_is_no_request_of_the_ehr(truth: SimulatorTruth) -> None:
    load = truth.load()

    assert load is not None
    assert (load.requests, load.early_starts) == (0, 0)


def test_the_seeded_practice_fits_the_office(truth: SimulatorTruth) -> None:
    chairs = [OfficeChair(row["operatory_id"], row["is_hygiene"]) for row in truth.operatories()]
    providers = [OfficeProvider(row["provider_id"], row["is_hygienist"]) for row in truth.providers()]

    practice = seeded_practice(chairs, providers, timezone=DEFAULT_TIMEZONE)

    assert practice.open_dental is not None
    types = practice.open_dental.operatory_type_to_ids
    assert set(types) == {service.operatory_type for service in practice.services}
    assert {*types["hygiene"], *types["treatment"]} == {chair.id for chair in chairs}


def test_without_hygiene_chairs_cleanings_take_place_anywhere() -> None:
    practice = seeded_practice([OfficeChair("5", False)], [OfficeProvider("1", False)], timezone=DEFAULT_TIMEZONE)

    assert practice.open_dental is not None
    assert practice.open_dental.operatory_type_to_ids == {"hygiene": ("5",), "treatment": ("5",)}
