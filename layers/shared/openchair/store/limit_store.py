"""What is known of each EHR account's limits, in the table Limits: one item, stored under its version."""

import json
from dataclasses import asdict, replace

from pynamodb.exceptions import PutError, PynamoDBException

from openchair.errors import StoreUnavailable
from openchair.limits import LimitState
from openchair.store import tables
from openchair.store.tables import LimitItem


class DynamoLimits:
    """Satisfies `ports.LimitStore`."""

    def read(self, ehr_account_id: str) -> LimitState:
        try:
            item = LimitItem.get(*tables.limit_key(ehr_account_id), consistent_read=True)
        except LimitItem.DoesNotExist:
            return LimitState()
        except PynamoDBException as error:
            raise StoreUnavailable from error
        return LimitState(version=int(item.version), **json.loads(item.document))

    def swap(self, ehr_account_id: str, seen: LimitState, new: LimitState) -> LimitState | None:
        stored = replace(new, version=seen.version + 1)
        values = asdict(stored)
        del values["version"]
        item = LimitItem(*tables.limit_key(ehr_account_id), document=json.dumps(values), version=stored.version)
        unchanged = (LimitItem.version == seen.version) if seen.version else LimitItem.pk.does_not_exist()
        try:
            item.save(condition=unchanged)
        except PutError as error:
            if error.cause_response_code == "ConditionalCheckFailedException":
                return None
            raise StoreUnavailable from error
        return stored
