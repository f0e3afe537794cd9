"""Phone numbers, one by one, as the texts of requests and charts hold them. A number is `+`, country code, number."""

import re
import unicodedata

from openchair.contacts.texts import visible

_DASHES = re.compile("[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")
_ONLY_A_NUMBER = re.compile(r"\+?[0-9().\-\s/]+")
_EXTENSION = re.compile(r"\s*(?:;ext=|extension|ext\.?|x|#)\s*([0-9]{1,7})$", re.IGNORECASE)
_NORTH_AMERICAN = re.compile(r"1?([2-9][0-9]{9})")
_HOME = "US"


def plain_phone(text: str) -> str:
    """The text with usual digits and hyphens, and without what cannot be seen."""
    plain = text if text.isascii() else unicodedata.normalize("NFKC", visible(text))
    return _DASHES.sub("-", plain).strip()


def phones_of(field: str) -> frozenset[str]:
    """Every number of a field. Charts hold two in one field, extensions, and whose number it is.

    A number without a country code is North American, and has to be whole: seven digits are nobody's for certain.
    """
    plain = plain_phone(field)
    number = _alone(plain)
    if number is not None:
        return frozenset((number,))
    if sum(c.isdigit() for c in plain) < 7:
        return frozenset()
    found = _found_in(plain)
    if not found and plain.startswith("+") and _ONLY_A_NUMBER.fullmatch(plain):
        digits = _digits(plain)
        # Of a country whose numbers the library does not know, or has shorter or longer ones than it knows.
        return frozenset({f"+{digits}"} if 8 <= len(digits) <= 15 and not digits.startswith("1") else ())
    return found


def is_phone(text: str) -> bool:
    """One number: ten digits with an area code that can exist, or an international one with a plus."""
    plain = plain_phone(text)
    number = _EXTENSION.sub("", plain)
    if not _ONLY_A_NUMBER.fullmatch(number):
        return False
    found = phones_of(plain)
    return len(found) == 1 and (number.startswith("+") or next(iter(found)).startswith("+1"))


def ten_digits(phone: str) -> str | None:
    """The ten digits of the one North American number in a text; None when it holds none, or several."""
    found = phones_of(phone)
    number = next(iter(found), "")
    return number[2:] if len(found) == 1 and number.startswith("+1") else None


def extension_of(phone: str) -> str | None:
    found = _EXTENSION.search(plain_phone(phone))
    return found[1] if found else None


def _alone(plain: str) -> str | None:
    """A North American number and nothing else, which most fields hold and which needs no library."""
    if not _ONLY_A_NUMBER.fullmatch(plain):
        return None
    if plain.startswith("+") and not plain.startswith("+1"):
        return None
    found = _NORTH_AMERICAN.fullmatch(_digits(plain))
    return f"+1{found[1]}" if found else None


def _found_in(plain: str) -> frozenset[str]:
    # Takes longer to import than all else of a cold start but AWS's own client, and few fields need it.
    from phonenumbers import (
        Leniency,
        PhoneNumberFormat,
        PhoneNumberMatcher,
        ValidationResult,
        format_number,
        is_possible_number_with_reason,
    )

    matches = PhoneNumberMatcher(plain, _HOME, leniency=Leniency.POSSIBLE)
    whole = (
        format_number(match.number, PhoneNumberFormat.E164)
        for match in matches
        if is_possible_number_with_reason(match.number) == ValidationResult.IS_POSSIBLE
    )
    return frozenset(one for one in whole if not one.startswith("+1") or _NORTH_AMERICAN.fullmatch(one[1:]))


def _digits(text: str) -> str:
    return re.sub("[^0-9]", "", text)
