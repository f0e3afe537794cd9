"""How every call to Open Dental is made: paging, single objects, writes, and what is kept for a while."""

import math
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from openchair.clients.kept import Kept
from openchair.clients.open_dental.answers import done_or, object_of, page_of
from openchair.clients.open_dental.paging import OffsetPages, RowsAtOnce
from openchair.clients.pages import Page, whole
from openchair.clients.replies import Asked
from openchair.clients.rows import Row
from openchair.clients.transport import Transport
from openchair.clients.wire import EhrRequest
from openchair.errors import NotFound
from openchair.models.practice import OpenDentalSettings, Practice

_PAGE = 100
"""Rows an ordinary key gets at once, whatever `Limit` asks for (Open Dental API, "Specification", Pagination)."""

_ENTERPRISE_PAGE = 1000


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
        every_row: bool = False,
    ) -> list[R]:
        """A whole list (`pages.whole`)."""
        limit = _ENTERPRISE_PAGE if self._settings.throttle == "enterprise" else _PAGE
        asked = {name: value for name, value in query.items() if value is not None}

        def read(offset: int) -> Page[R]:
            request = EhrRequest(operation, "GET", path, {**asked, "Limit": str(limit), "Offset": str(offset)})
            return self._transport.send(request, page_of(model, Asked(missing=missing)), self._deadline)

        at_once = self._kept.get("rows at once", RowsAtOnce)
        return whole(OffsetPages(read, limit, at_once), every_row=every_row)

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
