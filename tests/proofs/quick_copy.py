"""Copies of stored models and limit states without the library's generality, into which a third of a run would go."""

from collections.abc import Mapping
from typing import Any

from openchair.limits import LimitState
from openchair.models.texts import Stored

_put = object.__setattr__


def quick_copy(model: Stored, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Stored:
    """In place of `model_copy`; a test holds both equal."""
    copied = model.__class__.__new__(model.__class__)
    values, names = model.__dict__.copy(), model.__pydantic_fields_set__
    if update:
        values.update(update)
        names = names | update.keys()
    _put(copied, "__dict__", values)
    _put(copied, "__pydantic_fields_set__", names)
    _put(copied, "__pydantic_extra__", model.__pydantic_extra__)
    _put(copied, "__pydantic_private__", None)
    return copied


def quick_replace(state: LimitState, **changes: Any) -> LimitState:
    """In place of `dataclasses.replace` of a limit state; a test holds both equal."""
    given = changes.get
    return LimitState(
        given("version", state.version),
        given("next_at", state.next_at),
        given("background_due", state.background_due),
        given("slow_until", state.slow_until),
        given("in_flight", state.in_flight),
        given("refused_keys", state.refused_keys),
    )
