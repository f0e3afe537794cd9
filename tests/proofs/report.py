"""The proof as a whole: its tiers shared out to processes, progress while it runs, and how to replay what failed."""

import gc
import multiprocessing
import sys
import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from tests.proofs.corners_of_state import CORNERS
from tests.proofs.explore import QUICK, WAYS, Job, Tally
from tests.proofs.later import BEHIND
from tests.proofs.outage import weather_an_outage
from tests.proofs.scenarios import CROWDS, RACES, SCENARIOS
from tests.proofs.worlds import WORLDS

if TYPE_CHECKING:
    from tests.proofs.covered import Place, Reached

type Seen = tuple[set[tuple[str, int]], set[tuple[Place, bool]]]

SEEDS = 2
RACE_SEEDS = 1000
OPEN_RACE_SEEDS = 100
MOST_EFFECTS = 60
_EVERY_SECONDS = 10.0


def full_jobs() -> list[Job]:
    """The longest first, so that all processes end together."""
    jobs = _shares("inserts", QUICK, 2) + _shares("triples", ("cancel",), 2)
    jobs += [Job("inserts", name) for name in (*SCENARIOS, *WORLDS) if name not in QUICK]
    jobs += _shares("pairs", [name for name in WAYS if name != "line"], 10)
    jobs += [Job("answers", name) for name in (*SCENARIOS, *WORLDS)]
    jobs += [Job("stalls", name) for name in (*WAYS, "race_open")]
    jobs += [Job("corners", name) for name in CORNERS]
    jobs += [Job("turns", name, 1, 2) for name in (*SCENARIOS, *CROWDS)]
    jobs += [Job("races", "racers_held", first, first + 50) for first in range(1, RACE_SEEDS, 50)]
    jobs += [Job("races", "racers_open", first, first + 10) for first in range(1, OPEN_RACE_SEEDS, 10)]
    all_but_races = (*SCENARIOS, *WORLDS, *CROWDS)
    jobs += [Job("seeds", name, seed, seed + 1) for seed in range(1, SEEDS + 1) for name in all_but_races]
    jobs += [Job(tier, name, 1, 2) for tier in ("seeds", "singles") for name in BEHIND]
    return jobs + [Job("singles", name) for name in (*SCENARIOS, *WORLDS)]


def short_jobs() -> list[Job]:
    """Every single kill, what is quickly played with more of them and bad answers, every corner, and a seed of all."""
    jobs = _shares("triples", ("confirm",), 2)[2:]
    jobs += [Job("answers", name) for name in ("withdraw", "create", "move")]
    jobs += _shares("pairs", ("cancel", "onboard", "withdraw"), 10)
    jobs += [Job("races", name, 1, 3) for name in RACES]
    jobs += [Job("corners", "practice_gone_at_the_end")]
    jobs += [Job("plain", name) for name in (*CORNERS, *BEHIND)]
    jobs += [Job("seeds", name, 1, 2) for name in (*SCENARIOS, *WORLDS)]
    return jobs + [Job("singles", name) for name in SCENARIOS]


def _shares(tier: str, scenarios: Iterable[str], effects: int) -> list[Job]:
    """By what the first thing done to a run is done at: so many effects each."""
    firsts = range(1, MOST_EFFECTS, effects)
    return [Job(tier, name, first, first + effects) for name in scenarios for first in firsts]


def run_job(job: Job) -> tuple[Job, Tally, Seen | None]:
    tally = Tally()
    for _ in job.run(tally):
        pass
    covered = sys.modules.get("tests.proofs.covered")
    return job, tally, (covered.reached.seen_lines, covered.reached.seen) if covered else None


def play(jobs: Sequence[Job], processes: int, *, telling: bool, also: "Reached | None" = None) -> dict[str, Tally]:
    """Tallies by tier; what the runs reached is added to `also`."""
    tallies: dict[str, Tally] = {}
    started = told = time.monotonic()
    with multiprocessing.get_context("fork").Pool(processes, initializer=_calm_collector) as pool:
        for done, (job, tally, seen) in enumerate(pool.imap_unordered(run_job, jobs), 1):
            if also is not None and seen is not None:
                also.seen_lines |= seen[0]
                also.seen |= seen[1]
            tallies.setdefault(job.tier, Tally()).add(tally)
            now = time.monotonic()
            if telling and (now - told > _EVERY_SECONDS or done == len(jobs)):
                told = now
                runs = sum(each.runs for each in tallies.values())
                print(f"  {done}/{len(jobs)} shares, {runs:,} runs, {runs / (now - started):,.0f} a second", flush=True)
    return tallies


def prove(processes: int) -> Tally:
    tallies = play(full_jobs(), processes, telling=True)
    whole = Tally()
    print(f"{'tier':<10}{'runs':>10}{'effects':>12}{'violations':>12}")
    for tier, tally in tallies.items():
        print(f"{tier:<10}{tally.runs:>10,}{tally.effects:>12,}{tally.violated:>12,}")
        whole.add(tally)
    print("how the tasks of these runs ended:")
    for end, count in sorted(whole.ends.items()):
        print(f"  {end:<50}{count:>10,}")
    tell_violations(whole)
    return whole


def tell_outage() -> bool:
    """An office offline for six hours with 500 tasks waiting, 19 others at work."""
    found = weather_an_outage(waiting=500, practices=20, hours=6)
    print(
        f"outage of 6 h: tasks={found.tasks} lost={found.lost} dead={found.dead} effects={found.effects:,}"
        f" seconds at the others={found.seconds_at_others:.2f}, without it {found.seconds_at_others_without:.2f}"
    )
    slowed = found.seconds_at_others > 1.05 * found.seconds_at_others_without
    return not (found.lost or found.dead or found.violations or slowed)


def tell_violations(tally: Tally) -> None:
    for kind, count in sorted(tally.kinds.items()):
        print(f"{count} runs violate {kind}")
    for violation in tally.violations:
        print(f"VIOLATED {violation.invariant}: {violation.detail}")
        print(f"  replay with: {sys.executable} -m tests.proofs replay {violation.plan}")


def _calm_collector() -> None:
    """Runs leave cycles behind; looking for them rarely is faster, and keeps memory flat all the same."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
