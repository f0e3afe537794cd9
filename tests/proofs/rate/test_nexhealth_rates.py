"""NexHealth's overlapping limits: eight workers for a minute of virtual time, against the simulator's own windows."""

import math
from datetime import timedelta

from openchair.clients.limiter import Limiter
from openchair.clients.nexhealth.rates import rates
from openchair.clients.wire import EhrRequest
from openchair.errors import EhrBusy
from tests.proofs.kernel import Kernel
from tests.proofs.rate.account import START, _Clock, _Store
from tools.simulators.nexhealth.rates import Rates, RateSettings, buckets_of
from tools.simulators.nexhealth.switches import Switches

WORKERS = 8
SECONDS = 61.0
CALLS = (("GET", "appointments"), ("GET", "available_slots"), ("GET", "patients"), ("GET", "providers"))


def test_eight_workers_on_every_family_for_a_minute_are_never_refused() -> None:
    kernel = Kernel(5, frozenset())
    store, vendor, switches = _Store(kernel, kernel.rng), Rates(RateSettings(tolerance=0.0)), Switches()
    came = dict.fromkeys(CALLS, 0)

    def work(number: int) -> None:
        clock = _Clock(kernel, kernel.rng)
        limiter = Limiter("account", store, clock, "live" if number < WORKERS // 2 else "background")
        method, path = CALLS[number % len(CALLS)]
        while kernel.now < SECONDS:
            try:
                limiter.take(rates(EhrRequest("any", method, path)), math.inf, 25.0)
            except EhrBusy:
                kernel.wait(0.1)
                continue
            now = START + timedelta(seconds=kernel.now)
            assert vendor.admit(buckets_of(method, path, switches), now, switches) == ()
            came[method, path] += 1

    started = [kernel.start(f"worker {n}", lambda n=n: work(n), seconds=2 * SECONDS) for n in range(WORKERS)]  # type: ignore[misc]
    kernel.run(2 * SECONDS)

    assert [one.error for one in started if one.error] == []
    assert vendor.refused == 0
    assert came["GET", "appointments"] >= 0.9 * 8 * 60
    assert came["GET", "available_slots"] >= 0.9 * 10 * 60
