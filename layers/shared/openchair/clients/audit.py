"""One line for each call to an EHR: what, how long, and how it went. Never whom it concerned."""

from collections.abc import Callable
from dataclasses import dataclass

from openchair.clients.limiter import Turn
from openchair.clients.wire import EhrRequest, Reply
from openchair.limits import Lane


@dataclass(frozen=True, slots=True)
class EhrCall:
    """One HTTP call as the audit sees it, or one that got no turn. `outcome` is `ok` or an error's code.

    `wait_ms` was spent waiting for the turn, `rate_used` is the part of the allowed rate in use (0 to 1). `retry_after`
    and `broken_rows` (rows skipped, or read with something unknown in them) say what else was in the answer.
    """

    practice_id: str
    ehr: str
    lane: Lane
    operation: str
    status: int | None
    outcome: str
    duration_ms: int
    attempt: int
    wait_ms: int = 0
    rate_used: float | None = None
    retry_after: float | None = None
    broken_rows: int = 0


@dataclass(frozen=True, slots=True)
class Audit:
    """Tells `tell` of the calls of one practice in one lane."""

    tell: Callable[[EhrCall], None]
    practice_id: str
    ehr: str
    lane: Lane

    def no_turn(self, request: EhrRequest, attempt: int, outcome: str, waited: float) -> None:
        self._tell(request, attempt, outcome, None, 0.0, waited)

    def call(
        self,
        request: EhrRequest,
        attempt: int,
        outcome: str,
        turn: Turn,
        reply: Reply | None,
        lasted: float,
        broken_rows: int,
    ) -> None:
        """`lasted` in seconds; `reply` is None where none came."""
        self._tell(request, attempt, outcome, reply, lasted, turn.waited, turn.share, broken_rows)

    def _tell(
        self,
        request: EhrRequest,
        attempt: int,
        outcome: str,
        reply: Reply | None,
        lasted: float,
        waited: float,
        rate_used: float | None = None,
        broken_rows: int = 0,
    ) -> None:
        self.tell(
            EhrCall(
                practice_id=self.practice_id,
                ehr=self.ehr,
                lane=self.lane,
                operation=request.operation,
                status=reply.status if reply else None,
                outcome=outcome,
                duration_ms=round(lasted * 1000),
                attempt=attempt,
                wait_ms=round(waited * 1000),
                rate_used=rate_used,
                retry_after=reply.retry_after if reply else None,
                broken_rows=broken_rows,
            )
        )
