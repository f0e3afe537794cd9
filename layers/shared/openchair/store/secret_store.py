"""Secrets: one per practice with its EHR keys, and the stack's own key for keyed hashes."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from functools import cache

from botocore.exceptions import BotoCoreError, ClientError

from openchair.errors import EhrKeyMissing, StoreUnavailable
from openchair.ports import Clock
from openchair.settings import settings
from openchair.store import aws

CACHE_SECONDS = 300.0

# There is none, it is marked for deletion, or the key it is encrypted with cannot be used: waiting mends none of these.
_NO_KEYS = frozenset({"ResourceNotFoundException", "InvalidRequestException", "DecryptionFailure"})


class SecretStore:
    """EHR keys by secret name, cached at most five minutes (design section 4)."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._cached: dict[str, tuple[float, Mapping[str, str]]] = {}

    def keys(self, secret_name: str, fresh: bool = False) -> Mapping[str, str]:
        """Raises EhrKeyMissing when there is no such secret that can be read, or it holds no object of texts."""
        kept = self._cached.get(secret_name)
        if kept and not fresh and self._clock.monotonic() - kept[0] < CACHE_SECONDS:
            return kept[1]
        self._cached.pop(secret_name, None)
        try:
            text = aws.secrets_manager().get_secret_value(SecretId=secret_name)["SecretString"]
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in _NO_KEYS:
                raise EhrKeyMissing from None
            raise StoreUnavailable from error
        except BotoCoreError as error:
            raise StoreUnavailable from error
        except KeyError:
            raise EhrKeyMissing from None
        keys = _texts(text)
        self._cached[secret_name] = (self._clock.monotonic(), keys)
        return keys

    def __repr__(self) -> str:
        return "SecretStore(...)"


def _texts(secret: str) -> Mapping[str, str]:
    try:
        keys = json.loads(secret)
    except ValueError:
        raise EhrKeyMissing from None
    if not isinstance(keys, dict) or not all(isinstance(value, str) for value in keys.values()):
        raise EhrKeyMissing
    return keys


@cache
def _hash_key() -> bytes:
    try:
        name = settings().required("hash_key_secret")
        return aws.secrets_manager().get_secret_value(SecretId=name)["SecretString"].encode()
    except (BotoCoreError, ClientError) as error:
        raise StoreUnavailable from error


def keyed_hash(*parts: str) -> str:
    """HMAC-SHA-256 of the parts under the stack's key, as 64 hex digits; parts cannot run into each other."""
    message = "".join(f"{len(part)}:{part}" for part in parts)
    return hmac.new(_hash_key(), message.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
