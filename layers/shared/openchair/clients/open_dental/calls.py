"""How every call to Open Dental is made: paging, single objects, writes, and what is kept for a while."""

import math
from collections.abc import Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from openchair.clients.kept import Kept
from openchair.clients.open_dental.answers import Asked, done_or, object_of, page_of
from openchair.clients.rows import Row
from openchair.clients.transport import EhrRequest, Transport
from openchair.errors import EhrUnavailable, NotFound
from openchair.models.practice import OpenDentalSettings, Practice

_PAGE = 100
"""Rows an ordinary key gets at once, whatever `Limit` asks for (Open Dental API, "Specification", Pagination)."""

_ENTERPRISE_PAGE = 1000


def unreadable_schedule() -> EhrUnavailable:
    """For a row that takes up time nobody can tell: left out, its time would look free."""
    return EhrUnavailable("A row of the EHR's schedule cannot be read.")


class Calls:
    """What the resources are built on. `deadline` is in seconds of the clock's `monotonic` and holds for every call."""

    def __init__(self, transport: Transport, practice: Practice, kept: Kept, deadline: float = math.inf) -> None:
        if practice.open_dental is None:
            raise TypeError("a practice on Open Dental has Open Dental settings")
        self._transport = transport
        self._practice = practice
        self._kept = kept
        self._deadline = deadline

    @property
    def _settings(self) -> OpenDentalSettings:
        assert self._practice.open_dental is not None  # held by __init__
        return self._practice.open_dental

    @property
    def _zone(self) -> ZoneInfo:
        return self._practice.zone

    def _rows[R: Row](
        self,
        operation: str,
        path: str,
        model: type[R],
        query: Mapping[str, str | None],
        missing: type[NotFound] | None = None,
        *,
        is_schedule: bool = False,
    ) -> Iterator[R]:
        """Every row, once, page by page. Ends on a short page, and on one that brings nothing new: some servers
        serve the first page for ever. A schedule of which a row is no row at all raises EhrUnavailable."""
        limit = _ENTERPRISE_PAGE if self._settings.throttle == "enterprise" else _PAGE
        asked = {name: value for name, value in query.items() if value is not None}
        seen: set[object] = set()
        offset = 0
        while True:
            request = EhrRequest(operation, "GET", path, {**asked, "Limit": str(limit), "Offset": str(offset)})
            page = self._transport.send(request, page_of(model, Asked(missing=missing)), self._deadline)
            if is_schedule and len(page.rows) < page.length:
                raise unreadable_schedule()
            new = {row.key: row for row in page.rows if row.key not in seen}
            yield from new.values()
            seen.update(new)
            offset += page.length
            # Compared with the smaller page: a server may cut a larger `Limit` to its own without a word.
            if page.length < _PAGE or not new:
                return

    def _one[R: Row](self, operation: str, path: str, model: type[R], missing: type[NotFound]) -> R:
        request = EhrRequest(operation, "GET", path)
        return self._transport.send(request, object_of(model, Asked(missing=missing)), self._deadline)

    def _write[R: Row](
        self,
        operation: str,
        method: str,
        path: str,
        body: Mapping[str, Any],
        model: type[R],
        missing: type[NotFound] | None = None,
    ) -> R:
        request = EhrRequest(operation, method, path, body=body)
        return self._transport.send(request, object_of(model, Asked(is_write=True, missing=missing)), self._deadline)

    def _act(self, operation: str, path: str, body: Mapping[str, Any], missing: type[NotFound]) -> None:
        """A PUT that the vendor documents without an answer body."""
        self._transport.send(EhrRequest(operation, "PUT", path, body=body), done_or(missing), self._deadline)
