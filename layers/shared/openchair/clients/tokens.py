"""An EHR account's token, fetched by one function for all of them (design section 5, Rate)."""

import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from openchair.errors import EhrBusy, OpenChairError, StoreUnavailable
from openchair.ports import Clock, Token, TokenStore

EARLY = 300.0
"""Seconds before its end from which a token is renewed, or a tenth of its life if that is shorter."""

LEASE = 30.0
"""Seconds one function has for fetching; who is killed meanwhile delays the others by no more."""

LONGEST_WAIT = 20.0
_POLL = 0.5
_SPARE = 5.0


@dataclass(frozen=True, slots=True)
class NewToken:
    """As the EHR gave it. `expires_at`: UTC in seconds since 1970."""

    value: str = field(repr=False)
    fingerprint: str
    expires_at: float


class AccountTokens:
    """The tokens of one EHR account in one process."""

    def __init__(self, ehr_account_id: str, store: TokenStore, clock: Clock) -> None:
        self._account = ehr_account_id
        self._store = store
        self._clock = clock
        self._kept: Token | None = None

    def token(self, fetch: Callable[[], NewToken], fresh: bool = False, deadline: float = math.inf) -> Token:
        """A token that can be used now; `fresh` when the EHR has refused the one returned last.

        `deadline` is in seconds of the clock's `monotonic`; `fetch` has to keep it by itself.

        Exactly one of all that need a new one calls `fetch`, the others go on with the old one as long as it lasts and
        wait for the new one after that. Raises EhrBusy when none comes, StoreUnavailable, and what `fetch` raises.
        """
        refused = self._kept.version if fresh and self._kept else -1
        if self._kept and not fresh and self._now() < self._kept.renew_at:
            return self._kept
        until = min(self._clock.monotonic() + LONGEST_WAIT, deadline)
        while True:
            stored = self._store.token(self._account)
            is_usable = stored is not None and stored.version != refused and self._now() < stored.expires_at - _SPARE
            if stored is not None and is_usable and self._now() < stored.renew_at:
                self._kept = stored
                return stored
            version = stored.version if stored else 0
            in_time = self._clock.monotonic() < deadline
            if in_time and self._store.lease(self._account, version, self._now() + LEASE):
                self._kept = self._renewed(fetch, version)
                return self._kept
            if stored is not None and is_usable:
                self._kept = stored
                return stored
            if self._clock.monotonic() >= until:
                raise EhrBusy("A new token of the EHR is waited for.", retry_after=LEASE)
            self._clock.sleep(min(_POLL, until - self._clock.monotonic()))

    def _renewed(self, fetch: Callable[[], NewToken], version: int) -> Token:
        try:
            new = fetch()
        except OpenChairError:
            with suppress(StoreUnavailable):
                self._store.release(self._account, version)
            raise
        lasts = max(new.expires_at - self._now(), 0.0)
        token = Token(new.value, new.fingerprint, new.expires_at, new.expires_at - min(EARLY, lasts / 10), version)
        try:
            return self._store.put(self._account, token) or token
        except StoreUnavailable:
            # The others need not wait for what will not come: they fetch one for themselves.
            with suppress(StoreUnavailable):
                self._store.release(self._account, version)
            return token

    def _now(self) -> float:
        return self._clock.now().timestamp()

    def __repr__(self) -> str:
        return "AccountTokens(...)"
