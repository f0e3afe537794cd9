"""Which runs are played: every kill and every pair first, then every intervention and answer, then seeds with all."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import product

from tests.proofs.faults import Answer
from tests.proofs.kernel import AFTER, BEFORE
from tests.proofs.simulation import Plan, Simulation, Violation

SIDES = (BEFORE, AFTER)
_SELDOM = (Answer.UNLISTED, Answer.UNLISTED_OTHERWISE, Answer.BEYOND, Answer.FAR_BEYOND, Answer.NOT_SUPPORTED)
BAD_ANSWERS = tuple(answer for answer in Answer if answer is not Answer.OK and answer not in _SELDOM)
STUBBORN = tuple((write, Answer.LOST_BEFORE) for write in range(1, 9))
STALLS = (165, 60, 150, 110, 175)
ANY = 10_000
MOST_KILL_POINTS = 45
MOST_KILL_POINTS_OF_A_CORNER = 12
_KEPT = 2
QUICK = ("cancel", "confirm", "onboard")
# Each way through the protocol once: these are killed in whatever else is done to them, their variants not.
WAYS = (*QUICK, "withdraw", "create", "create_collision", "onboard_visit", "move", "rebook", "rebook_collision", "line")


@dataclass
class Tally:
    """What a set of runs came to."""

    runs: int = 0
    effects: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    violations: list[Violation] = field(default_factory=list)
    violated: int = 0
    kinds: Counter[str] = field(default_factory=Counter)

    def play(self, plan: Plan) -> Simulation:
        simulation = Simulation(plan).play()
        self.runs += 1
        self.effects += simulation.kernel.effects + simulation.kernel.asides
        for end, count in simulation.ends().items():
            self.ends[f"{plan.scenario}: {end}"] += count
        if simulation.violations:
            self.violated += 1
            self._keep(simulation.violations[0], 1)
        return simulation

    def add(self, other: "Tally") -> None:
        self.runs += other.runs
        self.effects += other.effects
        self.ends += other.ends
        self.violated += other.violated
        for violation in other.violations:
            self._keep(violation, 0)
        self.kinds += other.kinds

    def _keep(self, violation: Violation, count: int) -> None:
        """All are counted, the first few of each kind are kept."""
        kind = f"{violation.plan.scenario}: {violation.invariant}"
        self.kinds[kind] += count
        if sum(f"{kept.plan.scenario}: {kept.invariant}" == kind for kept in self.violations) < _KEPT:
            self.violations.append(violation)


@dataclass(frozen=True, slots=True)
class Job:
    """A share of the work for one process."""

    tier: str
    scenario: str
    first: int = 0
    last: int = 0

    def run(self, tally: Tally) -> Iterator[Simulation]:
        """One run at a time, so that a search for a mutant's death can stop early."""
        return _TIERS[self.tier](self, tally)


def _kills(tally: Tally, plan: Plan, span: range | None = None, deep: int = 1) -> Iterator[Simulation]:
    """The plan itself, then with every kill in `span` of its own course; `deep` kills, one after the other."""
    simulation = tally.play(plan)
    yield simulation
    if not deep:
        return
    effects = simulation.kernel.effects
    for number in range(1, effects + 1) if span is None else span:
        if number > effects:
            break
        for side in SIDES:
            yield from _kills(tally, _with_kill(plan, number, side), range(number + 1, ANY), deep - 1)


def _with_kill(plan: Plan, number: int, side: int) -> Plan:
    return replace(plan, kills=(*plan.kills, (number, side)))


def _singles(job: Job, tally: Tally) -> Iterator[Simulation]:
    return _kills(tally, Plan(job.scenario))


def _pairs(job: Job, tally: Tally, deep: int = 2) -> Iterator[Simulation]:
    """`first` and `last` bound the first kill's effect, so that one scenario can be shared out."""
    return _kills(tally, Plan(job.scenario), range(job.first, job.last), deep)


def _triples(job: Job, tally: Tally) -> Iterator[Simulation]:
    return _pairs(job, tally, 3)


def _inserts(job: Job, tally: Tally) -> Iterator[Simulation]:
    """Every intervention before every effect; then with kills at every eighth effect, by turns, or with every pair.

    `first` and `last` bound the intervention's effect.
    """
    plans = _interventions(job)
    for plan in plans:
        yield tally.play(plan)
    if job.scenario not in WAYS:
        return
    for turn, plan in enumerate(plans):
        if job.scenario in QUICK:
            yield from _kills(tally, plan, deep=2)
        else:
            yield from _kills(tally, plan, range(turn % 8 + 1, ANY, 8))


def _interventions(job: Job) -> list[Plan]:
    base = Simulation(Plan(job.scenario)).play()
    numbers = range(max(job.first, 1), min(job.last or ANY, base.kernel.effects + 1))
    return [Plan(job.scenario, inserts=((name, number),)) for name in base.scenario.inserts for number in numbers]


def _answers(job: Job, tally: Tally) -> Iterator[Simulation]:
    """Never an effect; every bad answer followed by every other; every one alone, and with every kill, or pair.

    Pairs only in one: they are played without bad answers in all.
    """
    yield tally.play(Plan(job.scenario, answers=STUBBORN))
    for first, second in product(BAD_ANSWERS, BAD_ANSWERS):
        yield tally.play(Plan(job.scenario, answers=((1, first), (2, second))))
    if job.scenario not in WAYS:
        return
    writes = Simulation(Plan(job.scenario)).play().writes
    for write, answer in product(range(1, writes + 1), BAD_ANSWERS):
        plan = Plan(job.scenario, answers=((write, answer),))
        yield from _kills(tally, plan, deep=2 if job.scenario == "confirm" else 1)


def _stalls(job: Job, tally: Tally) -> Iterator[Simulation]:
    """Every effect so late that its invocation just lives, or dies of it or after it, with the latest answer too."""
    base = Simulation(Plan(job.scenario)).play()
    late = [((write, Answer.LATEST),) for write in range(1, base.writes + 1)]
    for seconds in STALLS:
        for number in range(1, base.kernel.effects + 1):
            for answers in ((), *late):
                plan = Plan(job.scenario, answers=answers, stalls=((number, seconds),))
                yield tally.play(plan)
                yield tally.play(_with_kill(plan, number, AFTER))


def _seeds(job: Job, tally: Tally) -> Iterator[Simulation]:
    for seed in range(job.first, job.last):
        yield from _kills(tally, Plan(job.scenario, seed), range(1, MOST_KILL_POINTS + 1))


def _turns(job: Job, tally: Tally) -> Iterator[Simulation]:
    """Every effect of the limiter killed: in calm, with every bad answer to the first write, and in some seeds."""
    plans = [Plan(job.scenario)]
    if job.scenario in WAYS:
        plans += [Plan(job.scenario, answers=((1, answer),)) for answer in BAD_ANSWERS]
    plans += [Plan(job.scenario, seed) for seed in range(job.first, job.last)]
    for plan in plans:
        simulation = tally.play(plan)
        yield simulation
        for number in range(1, min(simulation.kernel.asides, MOST_KILL_POINTS) + 1):
            for side in SIDES:
                yield tally.play(replace(plan, turn_kills=((number, side),)))


def _corners(job: Job, tally: Tally) -> Iterator[Simulation]:
    """What happens only under a condition of its own: as it is, and with every single kill early on."""
    return _kills(tally, Plan(job.scenario), range(1, MOST_KILL_POINTS_OF_A_CORNER + 1))


def _plain(job: Job, tally: Tally) -> Iterator[Simulation]:
    yield tally.play(Plan(job.scenario))


def _races(job: Job, tally: Tally) -> Iterator[Simulation]:
    """Only the order in which things happen differs from seed to seed."""
    for seed in range(job.first, job.last):
        yield tally.play(Plan(job.scenario, -seed))


_TIERS = {
    "singles": _singles,
    "pairs": _pairs,
    "triples": _triples,
    "inserts": _inserts,
    "answers": _answers,
    "stalls": _stalls,
    "seeds": _seeds,
    "turns": _turns,
    "corners": _corners,
    "races": _races,
    "plain": _plain,
}
