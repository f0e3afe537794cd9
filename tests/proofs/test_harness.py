"""The proof's own machinery: runs repeat exactly, the dead do nothing, and sabotage is noticed."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from openchair.limits import LimitState
from tests.proofs.explore import Tally
from tests.proofs.faults import Answer
from tests.proofs.kernel import AFTER, BEFORE, Invocation, Kernel
from tests.proofs.later import BEHIND
from tests.proofs.mutants import MUTANTS
from tests.proofs.mutation import Edit, source_of
from tests.proofs.quick_copy import quick_copy, quick_replace
from tests.proofs.scenarios import SCENARIOS
from tests.proofs.simulation import Plan, Simulation


def kernel(*kills: tuple[int, int]) -> Kernel:
    return Kernel(seed=1, kills=frozenset(kills))


def played(world: Kernel, work: Callable[[], object], seconds: float = 100.0) -> Invocation:
    invocation = world.start("work", work, seconds=seconds)
    world.run(1e6)
    return invocation


def three_effects(world: Kernel, done: list[str]) -> None:
    for name in ("one", "two", "three"):
        world.begin(name, 1.0)
        done.append(name)
        world.end()


@pytest.mark.parametrize("scenario", [*SCENARIOS, *BEHIND])
def test_a_plan_played_twice_has_one_trace(scenario: str) -> None:
    plan = Plan(scenario, seed=7, kills=((9, AFTER),))

    first, second = (Simulation(plan, tracing=True).play().kernel.trace for _ in range(2))

    assert first == second


def test_a_plan_reads_back_from_what_a_violation_prints() -> None:
    plan = Plan("move", 7, ((12, BEFORE), (30, AFTER)), (("staff_books", 9),), ((1, Answer.LATEST),))

    assert Plan.parse(str(plan).split()) == plan


def test_a_kill_before_leaves_the_effect_undone_and_a_kill_after_leaves_it_done() -> None:
    done: list[str] = []

    for side in (BEFORE, AFTER):
        world = kernel((2, side))
        invocation = played(world, partial(three_effects, world, done))
        assert invocation.is_dead

    assert done == ["one", "one", "two"]


def test_the_dead_have_no_more_effects_even_in_a_finally() -> None:
    done: list[str] = []
    world = kernel((1, BEFORE))

    def work() -> None:
        try:
            world.begin("one", 1.0)
        finally:
            world.begin("two", 1.0)
            done.append("two")

    assert played(world, work).is_dead
    assert done == []
    assert world.effects == 1


def test_an_invocation_dies_at_its_deadline_in_the_middle_of_a_wait() -> None:
    world = kernel()
    invocation = played(world, lambda: world.begin("slow", 500.0), seconds=180.0)

    assert invocation.is_dead
    assert world.now == 180.0
    assert world.effects == 0


def test_two_invocations_take_turns_as_their_time_comes() -> None:
    order: list[str] = []
    world = kernel()

    def work(name: str, seconds: float) -> None:
        for _ in range(2):
            world.begin(name, seconds)
            order.append(name)

    world.start("slow", lambda: work("slow", 3.0), seconds=100.0)
    world.start("fast", lambda: work("fast", 2.0), seconds=100.0)
    world.run(1e6)

    assert order == ["fast", "slow", "fast", "slow"]


@pytest.mark.parametrize("name", MUTANTS)
def test_the_snippets_of_a_mutant_stand_once_in_the_source(name: str) -> None:
    for edit in MUTANTS[name].edits:
        assert edit.applied(source_of(edit.module)) != source_of(edit.module)


def test_a_snippet_that_is_not_there_is_told() -> None:
    with pytest.raises(LookupError, match="stands 0 times"):
        Edit("openchair.tasks.process.sending", "no such line", "").applied(
            source_of("openchair.tasks.process.sending")
        )


def test_a_mutant_is_caught_in_a_process_of_its_own_and_its_plan_replays() -> None:
    name = "accept-without-line"
    hunt = [sys.executable, "-m", "tests.proofs", "--mutant", name, "hunt", "--json"]

    found = json.loads(subprocess.run(hunt, capture_output=True, text=True, check=True).stdout)

    replay = [sys.executable, "-m", "tests.proofs", "--mutant", name, "replay", *found["caught"]["plan"].split()]
    told = subprocess.run(replay, capture_output=True, text=True, check=False)
    assert told.returncode == 1
    assert f"VIOLATED {found['caught']['by']}" in told.stdout


def test_a_quick_copy_is_a_copy() -> None:
    task = Simulation(Plan("move")).play().all_tasks()[0]
    update = {"code": "other", "steps": ()}

    copied = quick_copy(task, update=update)

    assert copied == task.model_copy(update=update)
    assert copied.model_dump_json() == task.model_copy(update=update).model_dump_json()
    assert task.code == "moved"


def test_a_quick_replacement_is_a_replacement() -> None:
    state = LimitState(3, {"all": 1.5}, 2.0, 4.0, 5.0, {"read#abc": 6.0})

    for changes in ({}, {"version": 4, "slow_until": 7.0}, {"next_at": {}, "refused_keys": {}, "in_flight": 0.0}):
        assert quick_replace(state, **changes) == replace(state, **changes)


def test_a_tally_adds_up() -> None:
    one, other = Tally(), Tally()
    one.play(Plan("cancel"))
    other.play(Plan("confirm"))

    one.add(other)

    assert (one.runs, one.violated) == (2, 0)
    assert one.ends == {"cancel: completed/cancelled": 1, "confirm: completed/confirmed": 1}
