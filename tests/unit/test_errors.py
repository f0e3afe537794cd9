"""The error tree: codes and sentences are for others, so they are complete and hold nothing of an occurrence."""

from collections.abc import Iterator

import pytest

from openchair import errors
from openchair.errors import OpenChairError


def every_error(root: type[OpenChairError] = OpenChairError) -> Iterator[type[OpenChairError]]:
    """Of the tree itself: a module's own private errors never leave it."""
    yield root
    for child in root.__subclasses__():
        if child.__module__.startswith("openchair.errors."):
            yield from every_error(child)


def test_the_drawing_names_every_class() -> None:
    drawn = errors.__doc__ or ""

    assert [error.__name__ for error in every_error() if error.__name__ not in drawn] == []


@pytest.mark.parametrize("error", list(every_error()))
def test_a_sentence_is_a_sentence(error: type[OpenChairError]) -> None:
    assert error.sentence[0].isupper()
    assert error.sentence.endswith(".")
    assert error.__doc__ or error.sentence


@pytest.mark.parametrize("error", list(every_error()))
def test_an_error_tells_its_sentence_unless_given_a_detail(error: type[OpenChairError]) -> None:
    assert error().detail == str(error()) == error.sentence
    assert error("Just so.").detail == "Just so."


def test_what_was_certainly_not_sent_may_be_tried_again_and_a_lost_answer_may_not() -> None:
    assert all(error.retryable for error in every_error(errors.EhrNotSent))
    assert not any(error.retryable for error in every_error(errors.EhrRefused))
    assert not errors.EhrOutcomeUnknown.retryable
