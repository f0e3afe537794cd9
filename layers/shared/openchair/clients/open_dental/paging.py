"""Where a list goes on of which only a short page tells the end (Open Dental API, "Specification", Pagination)."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from openchair.clients.pages import Page
from openchair.clients.rows import Row

DOCUMENTED_CAPS = (100, 1000, 10_000)

_ROUND = (10, 25)
_FEWEST_CUT = 20
_FEWEST_DOUBTED = 30


@dataclass(slots=True)
class RowsAtOnce:
    """How many rows the server of an EHR account gives at once, as far as this process has seen.

    A server cuts a larger `Limit` to its own without a word. So a page shorter than asked for is the last one only if
    this server is known to give more: it gave more before, or more were asked for and did not come. Until that is
    known, one more page is asked for after one that may have been cut: of thirty rows and more, or of a round number
    from twenty on. Fewer are taken for all there are, since most lists are short and no server is known to cut so low.
    """

    at_least: int = 0
    at_most: int | None = None
    """Known from a list that went on after a page shorter than asked for."""

    def may_go_on(self, length: int, limit: int) -> bool:
        if length > limit:
            # It does not know `Limit`: all of the list, or as much as its own documented page holds.
            return length in DOCUMENTED_CAPS
        if length == limit or self.at_most is not None:
            return length >= min(limit, self.at_most or limit)
        return length >= self.at_least and (_is_round(length) or length >= _FEWEST_DOUBTED)

    def is_doubted(self, length: int, limit: int) -> bool:
        """Whether a page that may be followed by another is more likely the last."""
        return length < limit and self.at_most is None and not _is_round(length)

    def gave(self, length: int) -> None:
        self.at_least = max(self.at_least, length)
        if self.at_most is not None and length > self.at_most:
            self.at_most = None

    def went_on(self, length: int) -> None:
        self.at_most = length

    def ended(self, length: int) -> None:
        # That a list holds exactly as many rows as its server gives at once is left possible for round numbers.
        if not _is_round(length):
            self.at_least = max(self.at_least, length + 1)


def _is_round(length: int) -> bool:
    return length >= _FEWEST_CUT and any(length % one == 0 for one in _ROUND)


@dataclass(slots=True)
class OffsetPages[R: Row]:
    """Pages by `Offset`, each of which begins with the last row of the one before.

    So a row that came or went in front of it while the list was read shows, and costs no request. `read` gives the
    page at an offset. A cursor holds the offset and that row's key, and can be used by another process.
    """

    read: Callable[[int], Page[R]]
    limit: int
    at_once: RowsAtOnce
    _cut: int | None = field(default=None, init=False)
    """Length of the page before, if it was shorter than asked for."""

    def __call__(self, cursor: str | None) -> Page[R]:
        offset, last_key = _place(cursor)
        page = self.read(offset)
        length = len(page.items)
        overlap = 0 if last_key is None else 1
        is_continuous = last_key is None or _key(page, 0) == last_key
        if is_continuous and self._cut is not None:
            learn = self.at_once.went_on if length > overlap else self.at_once.ended
            learn(self._cut)
        goes_on = is_continuous and length > overlap and self.at_once.may_go_on(length, self.limit)
        page = replace(
            page,
            next_cursor=_cursor(offset, page) if goes_on else None,
            overlap=overlap if is_continuous else 0,
            is_continuous=is_continuous,
            is_doubted=goes_on and self.at_once.is_doubted(length, self.limit),
        )
        self.at_once.gave(length)
        self._cut = length if goes_on and length < self.limit else None
        return page


def _place(cursor: str | None) -> tuple[int, str | None]:
    if cursor is None:
        return 0, None
    offset, _, key = cursor.partition("/")
    return int(offset), key or None


def _cursor[R: Row](offset: int, page: Page[R]) -> str:
    """At the last row, or behind it where it cannot be read and so not be recognised."""
    key, end = _key(page, -1), offset + len(page.items)
    return f"{end}/" if key is None else f"{end - 1}/{key}"


def _key[R: Row](page: Page[R], index: int) -> str | None:
    row = page.items[index] if page.items else None
    return None if row is None else str(row.key)
