"""Drift by script: fields that appear, go or change in what the API shows, without a change of the data."""

from dataclasses import dataclass, field
from typing import Any

_WRAPPERS = ("appt", "user")


@dataclass(frozen=True, slots=True)
class Overlay:
    """Applies to rows of answers below `/{route}`; `id` None means all. `row` replaces the whole row.

    A row's id stands under `id`, or is what it begins with.
    """

    route: str
    id: int | None = None
    set: dict[str, Any] = field(default_factory=dict)
    drop: tuple[str, ...] = ()
    row: Any = None
    replaces: bool = False


def parse_overlays(documents: Any) -> list[Overlay]:
    """`[{"route": "appointments", "id": 1, "set": {...}, "drop": [...]}]`; raises ValueError saying what is wrong."""
    if isinstance(documents, dict):
        documents = documents.get("overlays", [documents])
    parsed = []
    for document in documents:
        unknown = set(document) - {"route", "id", "set", "drop", "row"}
        if unknown or "route" not in document:
            raise ValueError('an overlay is {"route": ..., "id": ..., "set": {...}, "drop": [...], "row": ...}')
        number = document.get("id")
        parsed.append(
            Overlay(
                route=str(document["route"]).strip("/"),
                id=None if number is None else int(number),
                set=dict(document.get("set") or {}),
                drop=tuple(document.get("drop") or ()),
                row=document.get("row"),
                replaces="row" in document,
            )
        )
    return parsed


def overlaid(overlays: list[Overlay], path: str, data: Any) -> Any:
    """`data` of an answer with every overlay that concerns it."""
    first = path.strip("/").partition("/")[0]
    for overlay in overlays:
        if overlay.route == first:
            data = [_one(overlay, row) for row in data] if isinstance(data, list) else _one(overlay, data)
    return data


def _one(overlay: Overlay, row: Any) -> Any:
    if not isinstance(row, dict):
        return row
    for name in _WRAPPERS:
        if isinstance(row.get(name), dict):
            return {**row, name: _one(overlay, row[name])}
    if overlay.id is not None and str(overlay.id) != str(row.get("id", next(iter(row.values()), None))):
        return row
    if overlay.replaces:
        return overlay.row
    return {name: value for name, value in {**row, **overlay.set}.items() if name not in overlay.drop}
