"""Switches: a frozen dataclass of named settings that are changed by name and text."""

from dataclasses import fields, replace
from typing import Any, Literal, Self, get_args, get_origin

BAD_VALUE = "{name} must be one of {choices}"


class SwitchSet:
    """Base of a frozen dataclass whose fields are Literals, booleans, whole numbers or texts, with defaults."""

    def changed(self, values: dict[str, Any]) -> Self:
        """A copy with `values` (texts are converted) set; raises ValueError naming the switch and what it may be."""
        known = {f.name: f for f in fields(self)}  # type: ignore[arg-type]
        checked: dict[str, Any] = {}
        for name, value in values.items():
            if name not in known:
                raise ValueError(f"unknown switch {name}; there are {', '.join(sorted(known))}")
            checked[name] = _converted(name, known[name].type, value)
        return replace(self, **checked)  # type: ignore[type-var]


def _converted(name: str, kind: Any, value: Any) -> Any:
    if get_origin(kind) is Literal:
        choices = get_args(kind)
        if value not in choices:
            raise ValueError(BAD_VALUE.format(name=name, choices=", ".join(choices)))
        return value
    if kind is bool:
        text = str(value).lower()
        if text not in ("true", "false"):
            raise ValueError(BAD_VALUE.format(name=name, choices="true, false"))
        return text == "true"
    if kind is int:
        try:
            return int(value)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{name} must be a whole number") from error
    return str(value)


def described(default: Any) -> list[tuple[str, str, str]]:
    """(name, default, choices) of every switch, for a README and its test."""
    rows = []
    for f in fields(default):
        kind: Any = f.type
        choices = " ".join(get_args(kind)) if get_origin(kind) is Literal else getattr(kind, "__name__", str(kind))
        rows.append((f.name, str(getattr(default, f.name)), choices))
    return rows
