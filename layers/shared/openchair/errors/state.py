"""What can go wrong with our own state."""

from openchair.errors.root import OpenChairError


class StoreError(OpenChairError):
    """Our own state could not be read or written."""

    code = "store_error"


class StoredItemUnreadable(StoreError):
    """A stored item is not in a shape that this version can read; it hides no other."""

    code = "stored_item_unreadable"
    sentence = "What is stored of this cannot be read by this version of the software."


class StaleVersion(StoreError):
    """Somebody else wrote the record since it was read."""

    code = "stale_version"
    retryable = True


class StoreUnavailable(StoreError):
    code = "store_unavailable"
    sentence = "Our own state could not be reached; try again."
    retryable = True


class SettingMissing(StoreError):
    code = "setting_missing"
    sentence = "A setting of this function is missing."
