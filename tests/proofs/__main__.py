"""`make prove`: the whole proof. `python -m tests.proofs --help` tells what else it can do."""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROCESSES = min(2, os.cpu_count() or 1)
SHORT_RUNS = 20_000


def main(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.proofs", description=__doc__)
    parser.add_argument("--mutant", help="play the sabotaged product")
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("prove", help="everything: kills, pairs, interventions, answers, seeds, races, mutants")
    commands.add_parser("mutants", help="the mutants only")
    commands.add_parser("short", help="the short tier, and which lines and conditions of tasks it reaches")
    replay = commands.add_parser("replay", help="one run with its trace, as a violation prints it")
    replay.add_argument("plan", nargs="+", help="SCENARIO seed=N kill=12b insert=NAME@N answer=NAME@N")
    hunted = commands.add_parser("hunt", help="look for one mutant's death")
    hunted.add_argument("--json", action="store_true", dest="as_json")
    given = parser.parse_args(words)
    if given.mutant:
        _sabotage(given.mutant)
    match given.command:
        case "replay":
            return _replay(given.plan)
        case "hunt":
            return _hunt(given.mutant, given.as_json)
        case "short":
            return _short()
        case "mutants":
            return 0 if _mutants()[0] == _mutants_known() else 1
        case _:
            return _prove()


def _sabotage(name: str) -> None:
    from tests.proofs.mutants import MUTANTS
    from tests.proofs.mutation import sabotage

    sabotage(MUTANTS[name])


def _replay(words: Sequence[str]) -> int:
    from tests.proofs.simulation import Plan, Simulation

    simulation = Simulation(Plan.parse(words), tracing=True).play()
    print("\n".join(simulation.kernel.trace or ()))
    print(f"\n{simulation.plan}: {simulation.kernel.effects} effects")
    for end, count in simulation.ends().items():
        print(f"  {count} x {end}")
    for violation in simulation.violations:
        print(f"  VIOLATED {violation.invariant}: {violation.detail}")
    return 1 if simulation.violations else 0


def _hunt(name: str | None, as_json: bool) -> int:
    from tests.proofs.hunt import hunt
    from tests.proofs.mutants import MUTANTS

    tally = hunt(MUTANTS[name].scenarios if name else ())
    first = tally.violations[0] if tally.violations else None
    if as_json:
        caught = {"by": first.invariant, "detail": first.detail, "plan": str(first.plan)} if first else None
        print(json.dumps({"runs": tally.runs, "caught": caught}))
    else:
        print(f"{tally.runs} runs: {first or 'nothing violated'}")
    return 0


def _short() -> int:
    from tests.proofs import covered

    covered.watch()
    from tests.proofs.explore import Tally
    from tests.proofs.report import play, short_jobs, tell_violations

    started = time.monotonic()
    whole = Tally()
    for tally in play(short_jobs(), PROCESSES, telling=False, also=covered.reached).values():
        whole.add(tally)
    tell_violations(whole)
    seconds = time.monotonic() - started
    print(f"runs={whole.runs} effects={whole.effects} violations={whole.violated} seconds={seconds:.0f}")
    return 0 if covered.tell() and not whole.violated and whole.runs >= SHORT_RUNS else 1


def _mutants_known() -> int:
    from tests.proofs.mutants import MUTANTS

    return len(MUTANTS)


def _mutants() -> tuple[int, list[str]]:
    """How many were caught, and the names of those that were not; each in a process of its own."""
    from tests.proofs.mutants import MUTANTS

    def hunted(name: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "tests.proofs", "--mutant", name, "hunt", "--json"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )

    def told(name: str, done: subprocess.CompletedProcess[str]) -> tuple[str, str | None]:
        if done.returncode:
            return f"{name}: could not be played\n{done.stderr}", name
        found = json.loads(done.stdout)
        if found["caught"] is None:
            return f"  {name:<30} SURVIVED {found['runs']} runs", name
        caught = found["caught"]
        if not _is_clean(caught["plan"]):
            return f"  {name:<30} NOT TOLD APART: the product itself violates {caught['plan']}", name
        return f"  {name:<30} caught in run {found['runs']:<5} {caught['by']:<22} {caught['plan']}", None

    survivors = []
    with ThreadPoolExecutor(PROCESSES) as pool:
        for name, done in zip(MUTANTS, pool.map(hunted, MUTANTS), strict=True):
            line, survivor = told(name, done)
            print(line, flush=True)
            if survivor is not None:
                survivors.append(survivor)
    return len(MUTANTS) - len(survivors), survivors


def _is_clean(plan: str) -> bool:
    """Whether the product itself, which this process has unchanged, passes where a mutant died."""
    from tests.proofs.simulation import Plan, Simulation

    return not Simulation(Plan.parse(plan.split())).play().violations


def _prove() -> int:
    from tests.proofs.report import prove, tell_outage

    started = time.monotonic()
    tally = prove(PROCESSES)
    weathered = tell_outage()
    print(f"mutants ({time.monotonic() - started:.0f} s so far):")
    caught, survivors = _mutants()
    print(
        f"runs={tally.runs} effects={tally.effects} violations={tally.violated} mutants={caught}/{_mutants_known()}"
        f" seconds={time.monotonic() - started:.0f}"
    )
    return 1 if tally.violated or survivors or not weathered else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
