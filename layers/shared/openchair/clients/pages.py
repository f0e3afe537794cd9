"""Lists of an EHR, page by page: a list is whole, or it is an error, since what is not on it is taken for not there."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from openchair.clients.replies import Asked, no_answer
from openchair.clients.rows import Row
from openchair.clients.transport import Answer
from openchair.errors import EhrUnavailable

_WALKS = 2


@dataclass(frozen=True, slots=True)
class Page[R: Row]:
    """The items of a page in their order, None for one that cannot be read, and where the next page begins.

    `overlap`: so many of its first items were the last ones of the page before. `is_continuous` is False where they
    should have been and were not: rows came or went in between. `is_doubted`: this page may be the last, and the next
    is asked for only to make sure.
    """

    items: tuple[R | None, ...]
    next_cursor: str | None = None
    overlap: int = 0
    is_continuous: bool = True
    is_doubted: bool = False

    @property
    def rows(self) -> tuple[R, ...]:
        return tuple(item for item in self.items if item is not None)

    @property
    def keys(self) -> tuple[object, ...]:
        return tuple(row.key for row in self.rows)

    @property
    def broken_rows(self) -> int:
        return sum(item is None for item in self.items)


type ReadPage[R: Row] = Callable[[str | None], Page[R]]
"""The page that begins at a cursor; the first one for None."""


def page_from[R: Row](
    items: list[Any], model: type[R], asked: Asked, next_cursor: str | None = None
) -> Answer[Page[R]]:
    """A broken row is left out and counted; a page of broken rows only is no answer."""
    read = tuple(model.read_or_none(item) for item in items)
    if read and not any(read):
        raise no_answer(asked)
    return Answer(Page(read, next_cursor), sum(row is None or row.is_odd for row in read))


def whole[R: Row](read_page: ReadPage[R], *, every_row: bool = False) -> list[R]:
    """Every row of a list, once; read anew, once, when rows shifted while it was read.

    Raises EhrUnavailable for a list that goes in a circle, or does not hold still; with `every_row` also for a row
    that cannot be read, which may be the very one that is looked for.
    """
    for _ in range(_WALKS):
        found = _walk(read_page, every_row)
        if found is not None:
            return list(found.values())
    raise EhrUnavailable("A list of the EHR changed while it was read.")


def _walk[R: Row](read_page: ReadPage[R], every_row: bool) -> dict[object, R] | None:
    """The rows by their keys; None when they shifted meanwhile."""
    found: dict[object, R] = {}
    cursors: set[str] = set()
    before: Page[R] | None = None
    cursor: str | None = None
    while True:
        page = read_page(cursor)
        if every_row and page.broken_rows:
            raise EhrUnavailable("A row of a list of the EHR cannot be read.")
        if before is not None and not page.is_continuous:
            if page.keys != before.keys:
                return None
            # A server that answers every question about this list alike gave all of it at once, or cannot go on.
            if before.is_doubted:
                return found
            raise _in_a_circle()
        new = {row.key: row for row in page.rows if row.key not in found}
        is_repeated = any(row is not None and row.key in found for row in page.items[page.overlap :])
        repeats = before is not None and not new and len(page.items) > page.overlap
        found |= new
        before, cursor = page, page.next_cursor
        if repeats or (cursor is not None and (not new or cursor in cursors)):
            raise _in_a_circle()
        if is_repeated:
            # One that moved to a later page was replaced by another on an earlier one, which nobody was shown.
            return None
        if cursor is None:
            return found
        cursors.add(cursor)


def _in_a_circle() -> EhrUnavailable:
    return EhrUnavailable("A list of the EHR does not come to its end.")


def unreadable_schedule() -> EhrUnavailable:
    """For a row that takes up time nobody can tell: left out, its time would look free."""
    return EhrUnavailable("A row of the EHR's schedule cannot be read.")
