"""How every call to NexHealth is made: paging by cursor, single objects, writes."""

import math
from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from openchair.clients.kept import Kept
from openchair.clients.nexhealth.answers import object_of, page_of
from openchair.clients.pages import Page, whole
from openchair.clients.replies import Asked
from openchair.clients.rows import Row
from openchair.clients.transport import Transport
from openchair.clients.wire import EhrRequest
from openchair.errors import Conflict, NotFound
from openchair.models.practice import NexHealthSettings, Practice

PAGE = 300
"""Rows asked for at once; the vendor allows a thousand, and defaults to five in places (NexHealth, "Pagination")."""


type Query = Mapping[str, str | Sequence[str] | None]
"""Parameters by their names; None is left out."""


class Calls:
    """What the resources are built on. `deadline` is in seconds of the clock's `monotonic` and holds for every call.

    `_kept` is the EHR account's, `_just_read` this client's own, which lives for one invocation.
    """

    def __init__(self, transport: Transport, practice: Practice, kept: Kept, deadline: float = math.inf) -> None:
        if practice.nexhealth is None:
            raise TypeError("a practice on NexHealth has NexHealth settings")
        self._transport = transport
        self._practice = practice
        self._kept = kept
        self._just_read = Kept(kept.clock)
        self._deadline = deadline

    @property
    def _settings(self) -> NexHealthSettings:
        assert self._practice.nexhealth is not None  # held by __init__
        return self._practice.nexhealth

    @property
    def _zone(self) -> ZoneInfo:
        return self._practice.zone

    @property
    def _location_ids(self) -> Sequence[str]:
        return self._settings.location_ids

    def _rows[R: Row](
        self,
        operation: str,
        path: str,
        model: type[R],
        query: Query,
        missing: type[NotFound] | None = None,
        *,
        every_row: bool = False,
        per_page: int | None = PAGE,
    ) -> list[R]:
        """A whole list (`pages.whole`); `per_page` is None for one that has no pages."""
        size = None if per_page is None else str(per_page)
        wanted = {"subdomain": self._settings.subdomain, "per_page": size, **query}
        asked = {name: value for name, value in wanted.items() if value is not None}

        def read_page(cursor: str | None) -> Page[R]:
            where = {} if cursor is None else {"end_cursor": cursor}
            request = EhrRequest(operation, "GET", path, asked | where)
            judge = page_of(model, Asked(missing=missing), per_page)
            return self._transport.send(request, judge, self._deadline)

        return whole(read_page, every_row=every_row)

    def _one[R: Row](
        self,
        operation: str,
        path: str,
        model: type[R],
        missing: type[NotFound],
        *inside: str,
        include: Sequence[str] = (),
        of_subdomain: bool = True,
    ) -> R:
        query: dict[str, str | Sequence[str]] = {"subdomain": self._settings.subdomain} if of_subdomain else {}
        if include:
            query["include[]"] = include
        request = EhrRequest(operation, "GET", path, query)
        return self._transport.send(request, object_of(model, Asked(missing=missing), *inside), self._deadline)

    def _write[R: Row](
        self,
        operation: str,
        method: str,
        path: str,
        body: Mapping[str, Any],
        model: type[R],
        inside: str,
        missing: type[NotFound] | None = None,
        location_id: str | None = None,
        cancelled: type[Conflict] | None = None,
    ) -> R:
        query = {"subdomain": self._settings.subdomain}
        if location_id is not None:
            query["location_id"] = location_id
        request = EhrRequest(operation, method, path, query, body)
        asked = Asked(is_write=True, missing=missing, cancelled=cancelled)
        return self._transport.send(request, object_of(model, asked, inside), self._deadline)
