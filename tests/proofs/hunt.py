"""Looking for a mutant's death, or for none: the same plans, in the same order, every time."""

import gc
from collections.abc import Iterator, Sequence
from itertools import count

from tests.proofs.corners_of_state import CORNERS
from tests.proofs.explore import Job, Tally
from tests.proofs.later import BEHIND
from tests.proofs.scenarios import CROWDS, RACES, SCENARIOS
from tests.proofs.simulation import Simulation
from tests.proofs.worlds import WORLDS

MOST_RUNS = 5000
_CALM_TIERS = ("singles", "inserts", "answers", "stalls")


def hunt(scenarios: Sequence[str]) -> Tally:
    """Plays until something is violated, at most 5,000 runs of all tiers but the pairs."""
    gc.freeze()
    tally = Tally()
    for _ in _in_turn(scenarios or tuple(SCENARIOS), tally):
        if tally.violations or tally.runs >= MOST_RUNS:
            break
    return tally


def _in_turn(scenarios: Sequence[str], tally: Tally) -> Iterator[Simulation]:
    """A run of each tier and scenario in turn, so that none starves the others."""
    plain = [scenario for scenario in scenarios if scenario in {**SCENARIOS, **WORLDS, **BEHIND}]
    waiting = [Job(tier, scenario).run(tally) for tier in _CALM_TIERS for scenario in plain]
    waiting += [Job("corners", scenario).run(tally) for scenario in scenarios if scenario in CORNERS]
    crowded = [scenario for scenario in scenarios if scenario in CROWDS]
    waiting += [Job("seeds", scenario, 1, 1000).run(tally) for scenario in (*plain, *crowded)]
    waiting += [Job("turns", scenario, 1, 20).run(tally) for scenario in (*plain, *crowded)]
    waiting += [Job("races", scenario, 1, 1000).run(tally) for scenario in scenarios if scenario in RACES]
    for turn in count():
        if not waiting:
            return
        try:
            yield next(waiting[turn % len(waiting)])
        except StopIteration:
            waiting.pop(turn % len(waiting))
