"""E-mail addresses, one by one, as the texts of requests and charts hold them."""

import re
import unicodedata

from openchair.contacts.texts import visible

_EMAIL = re.compile(r"[^@\s\"(),:;<>\[\\\]]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,24}")
_BETWEEN = re.compile(r"[\s,;:|/&<>()\[\]\"]+")
_LONGEST = 254


def is_email(text: str) -> bool:
    return len(text) <= _LONGEST and _EMAIL.fullmatch(text) is not None and ".." not in text


def emails_of(field: str) -> frozenset[str]:
    """Every address of a field, in small letters. Some charts hold two in one field, or a name beside it."""
    plain = unicodedata.normalize("NFKC", visible(field)).lower().strip()
    parts = [plain] if is_email(plain) else [part.strip("'.") for part in _BETWEEN.split(plain)]
    return frozenset(part for part in parts if is_email(part))


def email_of(text: str) -> str:
    """The form by which an address that was asked for is compared."""
    return next(iter(sorted(emails_of(text))), "")
