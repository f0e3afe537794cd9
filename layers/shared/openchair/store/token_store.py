"""Tokens of EHR accounts in the table Limits, each encrypted for its account: reading the table does not give it."""

from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import replace

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError
from pynamodb.exceptions import PynamoDBException, UpdateError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from openchair.errors import StoreUnavailable
from openchair.ports import Clock, Token
from openchair.settings import settings
from openchair.store import aws, tables
from openchair.store.tables import TokenItem

# What another try would not change: KMS does not have the key any more, may not or will not use it, or does not know
# the text as its own.
_UNREADABLE = frozenset(
    {
        "AccessDeniedException",
        "DisabledException",
        "IncorrectKeyException",
        "InvalidCiphertextException",
        "InvalidKeyUsageException",
        "KMSInvalidStateException",
        "NotFoundException",
    }
)


class _Unreadable(Exception):
    """A stored token that is lost."""


class DynamoTokens:
    """Satisfies `ports.TokenStore`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._decrypted: dict[str, Token] = {}

    def token(self, ehr_account_id: str) -> Token | None:
        try:
            item = TokenItem.get(*tables.token_key(ehr_account_id), consistent_read=True)
        except TokenItem.DoesNotExist:
            return None
        except PynamoDBException as error:
            raise StoreUnavailable from error
        if not item.version:
            return None
        kept = self._decrypted.get(ehr_account_id)
        if kept is None or kept.version != int(item.version):
            try:
                kept = _token(ehr_account_id, item)
            except _Unreadable:
                return Token("", "", expires_at=0.0, renew_at=0.0, version=int(item.version))
            self._decrypted[ehr_account_id] = kept
        return kept

    def lease(self, ehr_account_id: str, version: int, until: float) -> bool:
        now = self._clock.now().timestamp()
        is_free = TokenItem.leased_until.does_not_exist() | (TokenItem.leased_until < now)
        return self._updated(ehr_account_id, [TokenItem.leased_until.set(until)], is_free & _at(version))

    def put(self, ehr_account_id: str, token: Token) -> Token | None:
        stored = replace(token, version=token.version + 1)
        actions = [
            TokenItem.encrypted.set(_encrypted(ehr_account_id, token.value)),
            TokenItem.fingerprint.set(token.fingerprint),
            TokenItem.ends_at.set(token.expires_at),
            TokenItem.renew_at.set(token.renew_at),
            TokenItem.version.set(stored.version),
            TokenItem.leased_until.remove(),
        ]
        if not self._updated(ehr_account_id, actions, _at(token.version)):
            return None
        self._decrypted[ehr_account_id] = stored
        return stored

    def release(self, ehr_account_id: str, version: int) -> None:
        self._updated(ehr_account_id, [TokenItem.leased_until.remove()], _at(version))

    def _updated(self, ehr_account_id: str, actions: Sequence[Action], condition: Condition) -> bool:
        try:
            TokenItem(*tables.token_key(ehr_account_id)).update(list(actions), condition=condition)
        except UpdateError as error:
            if error.cause_response_code == "ConditionalCheckFailedException":
                return False
            raise StoreUnavailable from error
        return True

    def __repr__(self) -> str:
        return "DynamoTokens(...)"


def _at(version: int) -> Condition:
    return (TokenItem.version == version) if version else TokenItem.version.does_not_exist()


def _context(ehr_account_id: str) -> dict[str, str]:
    return {"ehr_account_id": ehr_account_id}


def _encrypted(ehr_account_id: str, value: str) -> str:
    try:
        found = aws.kms().encrypt(
            KeyId=settings().required("token_key_arn"),
            Plaintext=value.encode(),
            EncryptionContext=_context(ehr_account_id),
        )
    except (BotoCoreError, ClientError) as error:
        raise StoreUnavailable from error
    return b64encode(found["CiphertextBlob"]).decode()


def _token(ehr_account_id: str, item: TokenItem) -> Token:
    try:
        ends = float(item.ends_at), float(item.renew_at)
    except TypeError:
        raise _Unreadable from None
    return Token(_decrypted(ehr_account_id, item.encrypted), item.fingerprint or "", *ends, int(item.version))


def _decrypted(ehr_account_id: str, encrypted: str | None) -> str:
    try:
        found = aws.kms().decrypt(
            CiphertextBlob=b64decode(encrypted or "", validate=True), EncryptionContext=_context(ehr_account_id)
        )
        return found["Plaintext"].decode()
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in _UNREADABLE:
            raise _Unreadable from None
        raise StoreUnavailable from error
    except (ValueError, ParamValidationError):
        raise _Unreadable from None
    except BotoCoreError as error:
        raise StoreUnavailable from error
