"""When an EHR account, or a practice in it, is left alone: one rule for every store (design section 5)."""

from datetime import timedelta

OPENS_AFTER = 3
"""Failures in a row."""

PROBE = timedelta(seconds=60)
"""How long one caller has to find out whether the account answers again, before the next may try."""

_FIRST_PAUSE = 30
_LONGEST_PAUSE = 300


def pause_after(failures: int) -> timedelta | None:
    """How long nobody calls after this many failures in a row; None while the circuit stays closed."""
    if failures < OPENS_AFTER:
        return None
    return timedelta(seconds=min(_FIRST_PAUSE * 2 ** min(failures - OPENS_AFTER, 8), _LONGEST_PAUSE))
