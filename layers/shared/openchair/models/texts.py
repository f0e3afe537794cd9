"""Checked texts, and the two kinds of documents everything else is made of."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

from openchair.contacts import has_unusable_characters, is_email, is_phone, plain_phone, visible


def _usable(text: str) -> str:
    if has_unusable_characters(text):
        raise ValueError("holds a control character or half a surrogate pair")
    return text


def _email(text: str) -> str:
    seen = visible(text)
    if not is_email(seen):
        raise ValueError("is not an e-mail address")
    return seen


def _phone(text: str) -> str:
    if not is_phone(text):
        raise ValueError("is not a phone number of ten digits or with a country code")
    return plain_phone(text)


def _name(text: str) -> str:
    if not any(c.isalpha() for c in text):
        raise ValueError("holds no letter")
    return text


def _zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("is not an IANA time zone") from error
    return text


def _birth_date(day: date) -> date:
    if not date(1880, 1, 1) <= day <= datetime.now(UTC).date() + timedelta(days=1):
        raise ValueError("is not a birth date")
    return day


def one_spelling(ehr_id: str) -> str:
    """An EHR's id as our keys and lines know it: vendors read the number 0042 as 42."""
    is_number = ehr_id.isascii() and ehr_id.isdigit()
    return (ehr_id.lstrip("0") or "0") if is_number else ehr_id


Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$")]
EhrId = Annotated[Id, AfterValidator(one_spelling)]
PracticeId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,47}$")]
Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=100),
    AfterValidator(_usable),
    AfterValidator(_name),
]
ShortText = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=255), AfterValidator(_usable)
]
Notes = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000), AfterValidator(_usable)]
Email = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_usable), AfterValidator(_email)]
Phone = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=40), AfterValidator(_usable), AfterValidator(_phone)
]
BirthDate = Annotated[date, AfterValidator(_birth_date)]
Zone = Annotated[str, AfterValidator(_zone)]
SecretName = Annotated[str, StringConstraints(pattern=r"^practice-[A-Za-z0-9/_+=.@-]{1,200}$")]


class Document(BaseModel):
    """A document from outside: unknown fields are refused, and no rejected value ever stands in an error text."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True)


class Stored(BaseModel):
    """A stored shape: fields of a newer version are kept as they are, so that versions n and n-1 read each other."""

    model_config = ConfigDict(frozen=True, extra="allow", hide_input_in_errors=True, defer_build=True)
