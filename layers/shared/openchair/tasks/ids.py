"""Ids that sort by time, and markers: the short references by which we find our own writes in a chart."""

import secrets
from datetime import datetime

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MARKER_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def new_task_id(now: datetime) -> str:
    """26 characters: ten of milliseconds since 1970, so that ids sort as tasks were accepted, then 80 random bits."""
    milliseconds, text = int(now.timestamp() * 1000), ""
    for _ in range(10):
        milliseconds, digit = divmod(milliseconds, 32)
        text = _ALPHABET[digit] + text
    return text + "".join(secrets.choice(_ALPHABET) for _ in range(16))


def new_marker() -> str:
    return f"[ref {''.join(secrets.choice(_MARKER_ALPHABET) for _ in range(6))}]"
