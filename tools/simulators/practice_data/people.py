"""Families: a guarantor, perhaps a spouse and children, who share address and phone."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Literal

from tools.simulators.practice_data import invented
from tools.simulators.practice_data.models import Clinic, Patient, PatientStatus, Provider

_SIZES = (1, 1, 1, 2, 2, 3, 4, 4, 5, 6)
_DAYS_PER_YEAR = 365.25


def make_patients(
    rng: Random,
    count: int,
    today: date,
    providers: list[Provider],
    clinics: list[Clinic],
    *,
    canary: bool,
    first_id: int,
) -> list[Patient]:
    """`count` patients in families, ids ascending; a family's first member is its guarantor."""
    dentists = [p.id for p in providers if not p.is_hygienist and not p.is_hidden]
    hygienists = [p.id for p in providers if p.is_hygienist and not p.is_hidden]
    patients: list[Patient] = []
    phones = _phones(canary=canary, first=0)
    while len(patients) < count:
        size = min(rng.choice(_SIZES), count - len(patients))
        patients.extend(_family(rng, size, today, dentists, hygienists, clinics, phones, first_id + len(patients)))
    if canary:
        for index, patient in enumerate(patients):
            _mark(patient, index, phones)
    return patients


def _phones(*, canary: bool, first: int) -> Iterator[str]:
    index = first
    while True:
        yield invented.phone_digits(index)
        index += 1


def _family(
    rng: Random,
    size: int,
    today: date,
    dentists: list[int],
    hygienists: list[int],
    clinics: list[Clinic],
    phones: Iterator[str],
    first_id: int,
) -> list[Patient]:
    last_name = invented.surname(rng)
    city, state, zip_start = rng.choice(invented.CITIES)
    address = f"{rng.randint(1, 9899)} {rng.choice(invented.STREETS)} {rng.choice(invented.STREET_KINDS)}"
    shared = invented.punctuated(next(phones), rng)
    entered = today - timedelta(days=rng.randint(1096, 5000) if rng.random() < 0.72 else rng.randint(1, 1095))
    zip_code = f"{zip_start}{rng.randint(1, 99):02d}"
    primary, hygienist = rng.choice(dentists), rng.choice(hygienists) if hygienists else None
    clinic_id = rng.choice(clinics).id if clinics else None
    adult_age = rng.randint(22, 82)
    members: list[Patient] = []
    for position in range(size):
        is_child = position >= 2
        age = rng.randint(2, 17) if is_child else max(19, adult_age + (rng.randint(-5, 5) if position else 0))
        female = rng.random() < 0.5
        first = rng.choice(invented.FIRST_NAMES_FEMALE if female else invented.FIRST_NAMES_MALE)
        own_mobile = not is_child and rng.random() < 0.6
        standing: Literal["single", "married", "child"] = "child" if is_child else ("married" if size > 1 else "single")
        number = first_id + position
        members.append(
            Patient(
                id=number,
                guarantor_id=first_id,
                first_name=first,
                last_name=last_name,
                middle_initial=rng.choice("ABCDEFGHJKLM") if rng.random() < 0.4 else "",
                preferred_name=first[:3] if rng.random() < 0.1 else "",
                gender="female" if female else "male",
                position=standing,
                birth_date=today - timedelta(days=int(age * _DAYS_PER_YEAR) + rng.randint(0, 364)),
                social_security_number=f"9{number % 100_000_000:08d}" if rng.random() < 0.3 else "",
                address=address,
                address2="Apt 4" if rng.random() < 0.05 else "",
                city=city,
                state=state,
                zip_code=zip_code,
                home_phone=shared,
                work_phone="",
                mobile_phone=invented.punctuated(next(phones), rng) if own_mobile else "",
                email=f"{first}.{last_name}{number}@example.com".lower() if not is_child and rng.random() < 0.8 else "",
                status=_status(rng),
                primary_provider_id=primary,
                hygienist_id=hygienist,
                clinic_id=clinic_id,
                chart_number=f"C{number:07d}" if rng.random() < 0.5 else "",
                billing_type="Standard Account" if rng.random() < 0.9 else "Payment Plan",
                language="spa" if rng.random() < 0.06 else "",
                text_messages=rng.choice(("yes", "yes", "no", "unknown")),
                entered_on=entered,
                first_visit=None,
                changed_at=datetime.combine(entered, time(17, 0), tzinfo=UTC) + timedelta(seconds=rng.randint(0, 7200)),
            )
        )
    members[0].status = "active"
    return members


def _status(rng: Random) -> PatientStatus:
    draw = rng.random()
    if draw < 0.93:
        return "active"
    if draw < 0.96:
        return "inactive"
    if draw < 0.98:
        return "archived"
    return "prospective" if draw < 0.99 else "non_patient"


def _mark(patient: Patient, index: int, phones: Iterator[str]) -> None:
    """Give every value of the patient a token of its own; phones and numbers become distinct, still valid in form."""
    token = invented.canary_token(index)
    patient.first_name, patient.last_name = f"{token}First", f"{token}Last"
    patient.preferred_name, patient.middle_initial = f"{token}Pref", f"{token}Mid"
    patient.address, patient.address2, patient.city = f"{token} Street", f"{token} Unit", f"{token}City"
    patient.zip_code = f"{80000 + index // 10000:05d}-{index % 10000:04d}"
    patient.home_phone, patient.work_phone, patient.mobile_phone = "", "", next(phones)
    patient.email = f"{token.lower()}@example.com"
    patient.social_security_number = f"9{index:08d}"
    patient.chart_number = token
