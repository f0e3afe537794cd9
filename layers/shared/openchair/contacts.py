"""How names, phones and e-mails are checked and compared. Originals are kept; these forms are for matching only."""

import re
import unicodedata

_EMAIL = re.compile(r"[^@\s\"(),:;<>\[\\\]]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,24}")
_PHONE = re.compile(r"\+?[0-9().\-\s/]{7,25}")


def has_unusable_characters(text: str) -> bool:
    """NUL and other controls but line breaks and tabs, and lone surrogates: no EHR keeps them."""
    return any(unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\r\t" for c in text)


def phone_digits(phone: str) -> str:
    """Digits to compare phones by: punctuation dropped, the North American 1 in front too."""
    digits = re.sub(r"[^0-9]", "", unicodedata.normalize("NFKC", phone))
    return digits[1:] if len(digits) == 11 and digits.startswith("1") else digits


def is_phone(phone: str) -> bool:
    """Ten digits with an area code that can exist, or an international number of 8 to 15 digits with a plus."""
    if not _PHONE.fullmatch(phone):
        return False
    digits = phone_digits(phone)
    if phone.strip().startswith("+") and not phone.strip().startswith("+1"):
        return 8 <= len(digits) <= 15
    return len(digits) == 10 and digits[0] not in "01"


def is_email(email: str) -> bool:
    return len(email) <= 254 and _EMAIL.fullmatch(email) is not None and ".." not in email


def match_text(text: str) -> str:
    """Names and e-mails compared without regard to case, accent composition and surrounding or repeated spaces."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())
