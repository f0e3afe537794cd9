"""Waiting for one's turn at an EHR account, shared by all functions through a LimitStore (design section 5, Rate)."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from openchair import limits
from openchair.errors import EhrBusy, EhrKeyRefused, Scope, StoreUnavailable
from openchair.limits import LONGEST_WAIT, Bucket, KeyRefused, Lane, LimitState, Reserved, Wanted
from openchair.ports import Clock, LimitStore

_LEAD = 0.03
"""Seconds it usually takes to store a reservation; after one that took longer, as long as that."""

_LONGEST_LEAD = 1.0
_CHECKED_AFTER = 0.5
_CHECKED_BEFORE = 0.25
"""Seconds: who waited longer than the first looks again, so long before the start, whether all were asked to wait."""

_MOST_CONFLICTS = 50
_CHANGE_TRIES = 20


@dataclass(frozen=True, slots=True)
class Turn:
    """A start that was had; `waited` in seconds, `share` of the allowed rate in use, `requests` made to the store.

    `tries_key`: the key was refused before, and this call finds out whether it is accepted by now.
    """

    wanted: Wanted = field(repr=False)
    start: float
    waited: float
    share: float
    requests: int
    tries_key: bool


class Limiter:
    """The turns of one EHR account in one lane. Fails closed: without its store nothing is called.

    A process that is alone at an account needs one request to the store for a turn, any other two; one more who waits
    longer than half a second, and who wants the same moment as another.
    """

    def __init__(self, ehr_account_id: str, store: LimitStore, clock: Clock, lane: Lane = "live") -> None:
        self.lane: Lane = lane
        self._account = ehr_account_id
        self._store = store
        self._clock = clock
        self._known: LimitState | None = None
        self._stored_version = -1
        self._is_alone = False
        self._requests = 0

    def take(
        self,
        buckets: tuple[Bucket, ...],
        deadline: float,
        longest: float,
        key_marks: tuple[str, ...] = (),
        *,
        tries_key: bool = False,
    ) -> Turn:
        """Returns when a call may start that lasts `longest` seconds at most.

        Raises EhrBusy, at once, when that would be after `deadline` (the clock's `monotonic`) or after the lane's
        longest wait, or when it cannot be known; EhrKeyRefused when this key was refused for this a short time ago.
        """
        began = self._clock.monotonic()
        latest = self._clock.now().timestamp() + min(deadline - began, LONGEST_WAIT[self.lane])
        wanted = Wanted(self.lane, buckets, latest, longest, key_marks, tries_key)
        self._requests = 0
        # Guessing what is stored pays only for who is alone: a guess that fails is a request more.
        if not self._is_alone:
            self._known = None
        try:
            reserved = self._reserve(wanted)
        except StoreUnavailable as error:
            raise EhrBusy("Whose turn it is at the EHR could not be found out.") from error
        waited = self._clock.monotonic() - began
        return Turn(wanted, reserved.start, waited, reserved.share, self._requests, _tries(wanted, reserved.state))

    def _reserve(self, wanted: Wanted) -> Reserved:
        lead = _LEAD
        unused: Reserved | None = None
        conflicts = 0
        while conflicts < _MOST_CONFLICTS:
            is_known = self._known is not None
            seen = self._known or self._read()
            state = limits.given_back(seen, wanted, unused.start) if unused else seen
            now, then = self._clock.now().timestamp(), self._clock.monotonic()
            found = limits.reserve(state, wanted, now, lead)
            if isinstance(found, Reserved):
                if not self._swap(seen, found.state):
                    conflicts += 1
                    continue
                due = then + found.start - now
                is_slowed = False
                if due - then >= _CHECKED_AFTER:
                    self._sleep_until(due - _CHECKED_BEFORE)
                    is_slowed = self._read().slow_until > found.start
                self._sleep_until(due)
                late = self._clock.monotonic() - due
                if late <= limits.LATEST and not is_slowed:
                    return found
                unused, lead = found, min(max(lead, late + _LEAD), _LONGEST_LEAD)
                # The mark that it renewed was its own.
                wanted = replace(wanted, tries_key=wanted.tries_key or _tries(wanted, found.state))
            elif is_known:
                self._known = None
            elif isinstance(found, limits.Later):
                self._known = None
                self._sleep_until(then + found.at - now)
            else:
                if state is not seen:
                    self._swap(seen, state)
                if isinstance(found, KeyRefused):
                    raise EhrKeyRefused(scope="account" if found.mark == wanted.key_marks[0] else "practice")
                raise EhrBusy(retry_after=found.seconds)
        raise EhrBusy(retry_after=_LONGEST_LEAD)

    # ------------------------------------------------------------------------------------- after a turn

    def ended(self, turn: Turn) -> None:
        """The call is over, which matters where the next is counted from its end."""
        if any(bucket.from_end for bucket in turn.wanted.buckets):
            self._change(lambda state: limits.ended(state, turn.wanted, turn.start, self._clock.now().timestamp()))

    def give_back(self, turn: Turn) -> None:
        """The turn was not used: nothing reached the EHR, and nothing was found out of a refused key."""

        def unused(state: LimitState) -> LimitState:
            state = limits.given_back(state, turn.wanted, turn.start)
            marks = turn.wanted.key_marks if turn.tries_key else ()
            return limits.key_untried(state, marks, self._clock.now().timestamp())

        self._change(unused)

    def slow_down(self, seconds: float) -> None:
        """Keeps every caller of this account back, those who have a turn already too."""
        self._change(lambda state: limits.slowed(state, self._clock.now().timestamp() + seconds))

    def key_refused(self, turn: Turn, scope: Scope) -> None:
        """The same call with the same key is spared until it is worth another try, for all or for who asked alone."""
        mark = turn.wanted.key_marks[0 if scope == "account" else -1]
        self._change(lambda state: limits.key_refused(state, mark, self._clock.now().timestamp()))

    def key_accepted(self, turn: Turn) -> None:
        if turn.tries_key:
            self._change(lambda state: limits.key_accepted(state, turn.wanted.key_marks))

    def _change(self, change: Callable[[LimitState], LimitState]) -> None:
        """What cannot be stored is left: it only makes somebody wait, or ask, once more than needed."""
        try:
            for _ in range(_CHANGE_TRIES):
                seen = self._known or self._read()
                new = change(seen)
                if new is seen or self._swap(seen, new):
                    return
        except StoreUnavailable:
            return

    # --------------------------------------------------------------------------------------- the store

    def _read(self) -> LimitState:
        self._requests += 1
        state = self._store.read(self._account)
        self._is_alone = state.version == self._stored_version
        return state

    def _swap(self, seen: LimitState, new: LimitState) -> bool:
        self._requests += 1
        stored = self._store.swap(self._account, seen, new)
        self._known = stored
        if stored is None:
            self._is_alone = False
            return False
        self._stored_version = stored.version
        return True

    def _sleep_until(self, moment: float) -> None:
        seconds = moment - self._clock.monotonic()
        if seconds > 0:
            self._clock.sleep(seconds)


def _tries(wanted: Wanted, state: LimitState) -> bool:
    """Whether it finds out if a refused key is accepted by now."""
    return any(mark in state.refused_keys for mark in wanted.key_marks)
