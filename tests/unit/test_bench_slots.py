"""The bench of openings holds the two ways against each other before it tells how long they took."""

import pytest

from openchair.models.visit import Slot
from openchair.slots.nouns import Need
from tools.bench.slots import bench
from tools.bench.slots.practice import large_practice
from tools.local.failures import StackError

QUESTION = bench.Question("three chairs", 3, 2, 9, 0.5, Need(40, "XX////XX"))
BOOK = large_practice(QUESTION.chairs, QUESTION.providers, QUESTION.days, QUESTION.full)


def test_both_ways_find_the_same_slots_and_each_is_measured_in_every_round() -> None:
    assert [len(took) for took in bench.measured(QUESTION, BOOK, 2)] == [2, 2, 2]


def test_a_way_that_finds_other_slots_is_not_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(*_: object, **__: object) -> list[Slot]:
        return []

    monkeypatch.setattr(bench, "open_slots", nothing)

    with pytest.raises(StackError, match="three chairs"):
        bench.measured(QUESTION, BOOK, 1)
