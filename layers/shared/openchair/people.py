"""Who a chart's person is, and whether they may be booked: decided here for search, tasks and reviews alike."""

from enum import Enum, auto

from openchair.contacts import (
    Alike,
    email_of,
    emails_of,
    first_names_alike,
    folded,
    last_names_alike,
    phones_of,
)
from openchair.contacts.names import FIRST_NAME_CUT, is_cut
from openchair.errors import PatientInactive, PatientNotBookable
from openchair.models.person import NewPatient, Patient, PatientQuery
from openchair.models.practice import Booking


class Likeness(Enum):
    """What a chart is to a person: certainly theirs, perhaps theirs, a namesake's, or somebody else's."""

    SAME = auto()
    NEAR = auto()
    NAMESAKE = auto()
    OTHER = auto()


def refusal_of(patient: Patient, booking: Booking) -> PatientNotBookable | PatientInactive | None:
    """Why nobody may book a new visit for this patient, None when everybody may."""
    if not patient.is_bookable:
        return PatientNotBookable()
    if not patient.is_active and booking.inactive_patients == "refuse":
        return PatientInactive()
    return None


def fits(patient: Patient, query: PatientQuery) -> bool:
    """Whether this patient is one of those asked for; EHRs themselves match parts of words and of numbers.

    By any spelling of the name, under their preferred name too, and by any of the phones and e-mails of their chart.
    """
    if query.phone is not None:
        return bool(_phones(patient) & phones_of(query.phone))
    if query.email is not None:
        return email_of(query.email) in emails_of(patient.email or "")
    last_name, first_name = query.last_name or "", query.first_name or ""
    names = (patient.first_name, patient.preferred_name or "")
    return (
        patient.date_of_birth == query.date_of_birth
        and last_names_alike(last_name, patient.last_name) is Alike.SAME
        and (
            any(first_names_alike(first_name, name) is Alike.SAME for name in names)
            or is_cut(first_name, patient.first_name, FIRST_NAME_CUT)
        )
    )


def likeness(person: NewPatient, patient: Patient) -> Likeness:
    """Two people of one birth date and phone are one person unless their first names differ, as those of twins do."""
    if patient.date_of_birth not in (None, person.date_of_birth):
        return Likeness.OTHER
    first = _first_names(person, patient)
    last = last_names_alike(person.last_name, patient.last_name)
    is_undated = patient.date_of_birth is None
    if first is Alike.OTHER or (last is Alike.OTHER and is_undated):
        return Likeness.OTHER
    is_same = first is Alike.SAME and last is Alike.SAME
    if _shares_contact(person, patient):
        return Likeness.SAME if is_same and not is_undated else Likeness.NEAR
    return Likeness.NAMESAKE if is_same and not is_undated else Likeness.OTHER


def has_anything_of(person: NewPatient, patient: Patient) -> bool:
    """Whether a chart that somebody names for a person has their name, their birth date or a contact of theirs."""
    return (
        patient.date_of_birth == person.date_of_birth
        or _shares_contact(person, patient)
        or Alike.OTHER not in (_first_names(person, patient), last_names_alike(person.last_name, patient.last_name))
    )


def _first_names(person: NewPatient, patient: Patient) -> Alike:
    """What a chart calls its person is certain; what a caller says they like to be called may be another's name."""
    if any(
        first_names_alike(person.first_name, name) is Alike.SAME
        for name in (patient.first_name, patient.preferred_name or "")
    ):
        return Alike.SAME
    preferred = folded(person.preferred_name or "")
    if preferred and preferred in (folded(patient.first_name), folded(patient.preferred_name or "")):
        return Alike.NEAR
    return first_names_alike(person.first_name, patient.first_name)


def _shares_contact(person: NewPatient, patient: Patient) -> bool:
    emails = emails_of(person.email or "") & emails_of(patient.email or "")
    return bool(emails or phones_of(person.phone or "") & _phones(patient))


def _phones(patient: Patient) -> frozenset[str]:
    return frozenset[str]().union(*(phones_of(field) for field in patient.phones))
