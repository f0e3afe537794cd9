"""What calls to the EHRs need of our own state: keys, turns and tokens."""

from openchair.ports import Clock
from openchair.store.limit_store import DynamoLimits
from openchair.store.secret_store import SecretStore
from openchair.store.token_store import DynamoTokens


def ehr_stores(clock: Clock) -> tuple[SecretStore, DynamoLimits, DynamoTokens]:
    """As `clients.factory.EhrClients` takes them."""
    return SecretStore(clock), DynamoLimits(), DynamoTokens(clock)
