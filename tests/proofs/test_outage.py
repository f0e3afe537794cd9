"""An office that is down costs nobody else anything; the whole size is part of `make prove`."""

from tests.proofs.outage import weather_an_outage


def test_an_offline_office_loses_nothing_and_slows_nobody() -> None:
    weathered = weather_an_outage(waiting=60, practices=5, hours=2)

    assert weathered.violations == 0
    assert (weathered.lost, weathered.dead) == (0, 0)
    assert weathered.seconds_at_others <= 1.05 * weathered.seconds_at_others_without
