"""From a practice to the client of its EHR."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from openchair.clients.audit import EhrCall
from openchair.clients.kept import Kept
from openchair.clients.keys import unusable
from openchair.clients.limiter import Limiter
from openchair.clients.nexhealth import NexHealthClient
from openchair.clients.nexhealth.rates import rates as nexhealth_rates
from openchair.clients.nexhealth.tokens import authenticate, version_headers
from openchair.clients.open_dental import OpenDentalClient
from openchair.clients.open_dental.rates import rates_of
from openchair.clients.tokens import AccountTokens, NewToken
from openchair.clients.transport import Authorization, Credentials, Rates, Renewal, Transport, fingerprint
from openchair.clients.wire import HttpSession, Timeouts, new_session
from openchair.errors import EhrKeyMissing, Scope
from openchair.limits import Lane
from openchair.models.practice import Ehr, NexHealthSettings, Practice, PracticeRecord
from openchair.ports import Clock, LimitStore, TokenStore

CALLER_TIMEOUTS = Timeouts(read=10.0)
CALLER_SECONDS = 23.0
"""For functions somebody waits for: design section 5 gives a read 10 s and all of them 24 s, one of which is for us."""


class KeyStore(Protocol):
    """The keys of a practice by the name of its secret; `fresh` drops a cached one. Raises EhrKeyMissing."""

    def keys(self, secret_name: str, fresh: bool = False) -> Mapping[str, str]: ...


class EhrAddresses(Protocol):
    """Where the EHRs listen, of the settings."""

    @property
    def open_dental_base_url(self) -> str: ...

    @property
    def nexhealth_base_url(self) -> str: ...


@dataclass(frozen=True, slots=True)
class _Account:
    """What calls to one EHR account share within this process: turns, the token, connections and kept lists."""

    limiter: Limiter
    tokens: AccountTokens
    session: HttpSession
    kept: Kept


class EhrClients:
    """One per process. `settings` is asked when the first client is; `seconds` bounds all calls of one client."""

    def __init__(
        self,
        keys: KeyStore,
        limits: LimitStore,
        tokens: TokenStore,
        settings: Callable[[], EhrAddresses],
        clock: Clock,
        audit: Callable[[EhrCall], None],
        timeouts: Timeouts | None = None,
        seconds: float = math.inf,
        lane: Lane = "live",
        *,
        tries_refused_keys: bool = False,
    ) -> None:
        """`tries_refused_keys`: for tasks, which must not fail for what was so a few minutes ago."""
        self._keys = keys
        self._limits = limits
        self._tokens = tokens
        self._lane: Lane = lane
        self._settings = settings
        self._clock = clock
        self._audit = audit
        self._timeouts = timeouts or Timeouts()
        self._seconds = seconds
        self._tries_refused_keys = tries_refused_keys
        self._accounts: dict[str, _Account] = {}

    def client(self, record: PracticeRecord, deadline: float | None = None) -> OpenDentalClient | NexHealthClient:
        """A client for one invocation: no call starts that could not be used by `deadline` (the clock's `monotonic`;
        `seconds` from now if None)."""
        practice, account = record.practice, self._account(record.ehr_account_id)
        until = self._clock.monotonic() + self._seconds if deadline is None else deadline
        if practice.ehr is Ehr.NEXHEALTH:
            assert practice.nexhealth is not None  # held by Practice
            transport = self._nexhealth(practice, practice.nexhealth, account)
            return NexHealthClient(transport, practice, account.kept, until)
        assert practice.open_dental is not None  # held by Practice
        url, rates = self._settings().open_dental_base_url, rates_of(practice.open_dental)
        authorization = _open_dental_authorization(self._keys, practice.secret_name)
        transport = self._transport(practice, account, url, rates, authorization)
        return OpenDentalClient(transport, practice, account.kept, until)

    def _nexhealth(self, practice: Practice, settings: NexHealthSettings, account: _Account) -> Transport:
        """Calls carry a token, which the key alone is exchanged for by calls of their own."""
        url, versions = self._settings().nexhealth_base_url, version_headers(settings)
        with_key = _nexhealth_authorization(self._keys, practice.secret_name, versions)
        exchange = self._transport(practice, account, url, nexhealth_rates, with_key)

        def with_token(renewal: Renewal, until: float) -> Credentials:
            def fetch() -> NewToken:
                return authenticate(exchange, with_key(Renewal.NOTHING, until).fingerprint, self._clock, until)

            token = account.tokens.token(fetch, renewal is Renewal.ALL, until)
            if renewal is Renewal.KEY and with_key(renewal, until).fingerprint != token.fingerprint:
                token = account.tokens.token(fetch, True, until)
            return Credentials({"Authorization": f"Bearer {token.value}", **versions}, token.fingerprint)

        # One key opens many locations, each with a system of its own; one Open Dental key opens one office.
        return self._transport(practice, account, url, nexhealth_rates, with_token, "practice")

    def _transport(
        self,
        practice: Practice,
        account: _Account,
        url: str,
        rates: Rates,
        authorization: Authorization,
        failures_are: Scope = "account",
    ) -> Transport:
        return Transport(
            base_url=url,
            authorization=authorization,
            limiter=account.limiter,
            rates=rates,
            clock=self._clock,
            audit=self._audit,
            practice_id=practice.id,
            ehr=practice.ehr.value,
            timeouts=self._timeouts,
            session=account.session,
            failures_are=failures_are,
            tries_refused_keys=self._tries_refused_keys,
        )

    def _account(self, ehr_account_id: str) -> _Account:
        account = self._accounts.get(ehr_account_id)
        if account is None:
            limiter = Limiter(ehr_account_id, self._limits, self._clock, self._lane)
            tokens = AccountTokens(ehr_account_id, self._tokens, self._clock)
            account = self._accounts[ehr_account_id] = _Account(limiter, tokens, new_session(), Kept(self._clock))
        return account


def _open_dental_authorization(keys: KeyStore, secret_name: str) -> Authorization:
    def credentials(renewal: Renewal, _until: float) -> Credentials:
        found = keys.keys(secret_name, fresh=renewal is not Renewal.NOTHING)
        if unusable("OPEN_DENTAL", found):
            raise EhrKeyMissing("The stored secret does not hold a devKey and a custKey.")
        pair = found["devKey"], found["custKey"]
        return Credentials({"Authorization": f"ODFHIR {pair[0]}/{pair[1]}"}, fingerprint(*pair))

    return credentials


def _nexhealth_authorization(keys: KeyStore, secret_name: str, versions: Mapping[str, str]) -> Authorization:
    def credentials(renewal: Renewal, _until: float) -> Credentials:
        found = keys.keys(secret_name, fresh=renewal is not Renewal.NOTHING)
        if unusable("NEXHEALTH", found):
            raise EhrKeyMissing("The stored secret does not hold an apiKey.")
        key = found["apiKey"]
        return Credentials({"Authorization": key, **versions}, fingerprint(key))

    return credentials
