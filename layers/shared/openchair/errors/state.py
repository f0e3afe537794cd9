"""What can go wrong with our own state."""

from openchair.errors.root import OpenChairError


class StoreError(OpenChairError):
    """Our own state could not be read or written."""

    code = "store_error"


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
