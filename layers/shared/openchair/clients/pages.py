"""Lists of an EHR, page by page."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from openchair.clients.replies import Asked, no_answer
from openchair.clients.rows import Row
from openchair.clients.transport import Answer
from openchair.errors import EhrUnavailable


@dataclass(frozen=True, slots=True)
class Page[R: Row]:
    """The readable rows of a page, how many it held in all, and where the next begins, None at the end."""

    rows: tuple[R, ...]
    length: int
    next_cursor: str | None = None


type ReadPage[R: Row] = Callable[[str | None], Page[R]]
"""The page that begins at a cursor; the first one for None."""


def page_from[R: Row](
    items: list[Any], model: type[R], asked: Asked, next_cursor: str | None = None
) -> Answer[Page[R]]:
    """A broken row is left out and counted; a page of broken rows only is no answer."""
    read = [model.read_or_none(item) for item in items]
    rows = tuple(row for row in read if row is not None)
    if items and not rows:
        raise no_answer(asked)
    return Answer(Page(rows, len(items), next_cursor), sum(row is None or row.is_odd for row in read))


def rows_of[R: Row](read_page: ReadPage[R], *, is_schedule: bool = False) -> Iterator[R]:
    """Every row, once. Ends where a page says so, on a cursor that was given before, and on a page without news.

    A schedule of which a row is no row at all raises EhrUnavailable.
    """
    seen: set[object] = set()
    cursors: set[str] = set()
    cursor: str | None = None
    while True:
        page = read_page(cursor)
        if is_schedule and len(page.rows) < page.length:
            raise unreadable_schedule()
        new = {row.key: row for row in page.rows if row.key not in seen}
        yield from new.values()
        seen.update(new)
        cursor = page.next_cursor
        if cursor is None or cursor in cursors or not new:
            return
        cursors.add(cursor)


def unreadable_schedule() -> EhrUnavailable:
    """For a row that takes up time nobody can tell: left out, its time would look free."""
    return EhrUnavailable("A row of the EHR's schedule cannot be read.")
