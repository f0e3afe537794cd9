"""People: patients as an EHR holds them, how they are asked for, and who is to be onboarded."""

from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Literal

from pydantic import StringConstraints, model_validator

from openchair.models.texts import BirthDate, Document, Email, Name, Phone, ShortText


@dataclass(frozen=True, slots=True)
class Patient:
    """A person as the EHR holds them. `location_id` is where they belong, None for nowhere in particular.

    `phones` and `email` are fields as somebody filled them, which can hold more than one number or address.
    `is_bookable` is False of one who gets no visit: they are no patient, or not yet, have died, or their chart is
    archived. `is_active` is False of those who no longer come, of whom some systems say no more than that.
    """

    id: str
    first_name: str = field(repr=False)
    last_name: str = field(repr=False)
    date_of_birth: date | None = field(default=None, repr=False)
    phones: tuple[str, ...] = field(default=(), repr=False)
    email: str | None = field(default=None, repr=False)
    preferred_name: str | None = field(default=None, repr=False)
    is_active: bool = True
    location_id: str | None = None
    is_in_chart: bool = True
    is_bookable: bool = True


class PatientQuery(Document):
    """Exactly one of: phone; email; last_name with first_name and date_of_birth."""

    phone: Phone | None = None
    email: Email | None = None
    last_name: Name | None = None
    first_name: Name | None = None
    date_of_birth: BirthDate | None = None

    @model_validator(mode="after")
    def _asks_one_thing(self) -> "PatientQuery":
        by_name = (self.last_name, self.first_name, self.date_of_birth)
        asked = [self.phone is not None, self.email is not None, any(part is not None for part in by_name)]
        if sum(asked) != 1 or (asked[2] and None in by_name):
            raise ValueError("give phone, or email, or last_name with first_name and date_of_birth")
        return self


class Address(Document):
    line1: ShortText
    line2: ShortText | None = None
    city: ShortText | None = None
    state: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] | None = None
    zip: Annotated[str, StringConstraints(pattern=r"^(\d{5}(-?\d{4})?|[A-Z]\d[A-Z] ?\d[A-Z]\d)$")] | None = None


class NewPatient(Document):
    """A person to onboard; a phone or an e-mail is needed, since the EHR tells patients apart by them."""

    first_name: Name
    last_name: Name
    date_of_birth: BirthDate
    phone: Phone | None = None
    email: Email | None = None
    gender: Literal["male", "female", "unknown"] | None = None
    middle_name: Name | None = None
    preferred_name: Name | None = None
    address: Address | None = None
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{3}$")] | None = None

    @model_validator(mode="after")
    def _can_be_reached(self) -> "NewPatient":
        if self.phone is None and self.email is None:
            raise ValueError("needs a phone or an email")
        return self

    def __repr__(self) -> str:
        return "NewPatient(...)"

    __str__ = __repr__
