"""/patients: list with its filters, get with includes, create. No route edits a patient."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from tools.simulators.nexhealth import errors, rows
from tools.simulators.nexhealth.calls import CURSOR, Answer, Call, as_integer, paged, route, single, whole, wrapped
from tools.simulators.nexhealth.load import ten_digits
from tools.simulators.nexhealth.records import Location, Patient
from tools.simulators.nexhealth.routes_setup import sorting
from tools.simulators.nexhealth.wire import parse_day, stamp

_FILTERS = (
    "location_id sort name email phone_number date_of_birth inactive foreign_id updated_since new_patient non_patient"
    " forms_syncable location_strict " + " ".join(CURSOR)
)
_EMAILS = {
    "usual": re.compile(r"([^@\s]+)@((?:[-a-z0-9]+\.)+[a-z]{2,})", re.IGNORECASE),
    "printed": re.compile(r"([^@\s]+)@((?:[-a-z0-9]\.)[a-z]{2,})", re.IGNORECASE),
}
_PHONE = re.compile(r"[2-9]\d{2}[2-9]\d{6}")
_OLDEST_YEARS = 130
_BIO_TEXTS = (
    *("street_address", "address_line_1", "address_line_2", "city", "state", "zip_code"),
    *("custom_contact_number", "insurance_name", "ssn", "race"),
)
_OWN_PHONES = ("home_phone_number", "cell_phone_number", "work_phone_number")
_GENDERS = ("Male", "Female", "Other")


@route("GET", "patients", _FILTERS)
def list_patients(call: Call) -> Answer:
    """Everyone in the EHR's database, unless `location_strict` is true."""
    place = call.required_location()
    tests = [_flags(call), *_narrowings(call)]
    contact = _contact_tests(call)
    if contact and call.switches.patient_filters == "contact_or":
        tests.append(lambda p: any(test(p) for test in contact))
    else:
        tests += contact
    if call.boolean("location_strict"):
        tests.append(lambda p: place.id in p.location_ids)
    found = [p for p in call.institution.patients.values() if all(test(p) for test in tests)]
    name, descending = sorting(call, ("id", "updated_at"))
    by_time = name == "updated_at"
    return paged(
        call,
        found,
        (lambda p: (stamp(call.institution.updated_at(p)), p.id)) if by_time else (lambda p: p.id),
        lambda p: rows.patient(call.institution, p),
        descending=descending,
    )


Test = Callable[[Patient], bool]


def _flags(call: Call) -> Test:
    """The three marks; absent is no filter."""
    inactive, new, non = (call.boolean(name) for name in ("inactive", "new_patient", "non_patient"))
    return lambda p: inactive in (None, p.inactive) and new in (None, p.new_patient) and non in (None, p.non_patient)


def _narrowings(call: Call) -> list[Test]:
    tests: list[Test] = []
    name, foreign = call.text("name"), call.text("foreign_id")
    born, since = call.day("date_of_birth"), call.moment("updated_since")
    if name is not None:
        words = name.lower().split()
        tests.append(lambda p: all(word in p.name.lower() for word in words))
    if foreign is not None:
        tests.append(lambda p: str(p.foreign) == foreign)
    if born is not None:
        day = born.isoformat()
        tests.append(lambda p: p.bio.get("date_of_birth") == day)
    if since is not None:
        tests.append(lambda p: call.institution.updated_at(p) >= since)
    return tests


def _contact_tests(call: Call) -> list[Test]:
    tests: list[Test] = []
    email, phone = call.text("email"), call.text("phone_number")
    if email is not None:
        tests.append(lambda p: (p.email or "").lower() == email.lower())
    if phone is not None:
        tests.append(lambda p: p.bio.get("phone_number") == phone)
    return tests


@route("GET", "patients/{n}", "include[]")
def get_patient(call: Call) -> Answer:
    found = call.institution.patients.get(call.id)
    if found is None:
        raise errors.NOT_FOUND(noun="Patient")
    includes = call.includes(rows.PATIENT_INCLUDES)
    return single(rows.patient_detailed(call.institution, found, includes, call.now()))


@route("GET", "patients/{n}/alerts", "include_disabled")
def list_patient_alerts(call: Call) -> Answer:
    if call.id not in call.institution.patients:
        raise errors.NOT_FOUND(noun="Patient")
    return whole([])


@route("POST", "patients", "location_id")
def create_patient(call: Call) -> Answer:
    """201 is stored in NexHealth; when the EHR gets it is a switch."""
    place = call.required_location()
    provider = wrapped(call, "provider")
    if provider.get("provider_id") is None:
        raise errors.MISSING_PARAMETER(name="provider_id")
    provider_id = as_integer("provider_id", provider["provider_id"])
    if provider_id not in call.institution.providers:
        raise errors.PROVIDER_NOT_IN_LOCATION(id=provider_id, location=place.id)
    given = wrapped(call, "patient")
    for name in ("first_name", "last_name", "email"):
        if not isinstance(given.get(name), str) or not given[name].strip():
            raise errors.MISSING_PARAMETER(name=name)
    if not _EMAILS[call.switches.email_rule].fullmatch(given["email"]):
        raise errors.BAD_EMAIL()
    bio = checked_bio(call, given.get("bio"), phone=True)
    match = _matching(call, given, bio)
    if match is not None:
        if call.body.get("return_existing_if_match") is not True:
            raise errors.PATIENT_EXISTS()
        return single({"user": rows.patient_created(call.institution, match)})
    placeholder = call.switches.created_patient == "placeholder"
    new = new_patient(call, place, given, bio, provider_id=provider_id, placeholder=placeholder)
    if placeholder or call.switches.created_patient_written == "at_once":
        call.ehr.accept("patient", new.id, place.id, {})
    return single({"user": rows.patient_created(call.institution, new)}, 201)


def new_patient(
    call: Call,
    place: Location,
    given: Mapping[str, Any],
    bio: dict[str, Any],
    *,
    provider_id: int | None,
    placeholder: bool,
) -> Patient:
    """Store a patient that the EHR does not have."""
    institution, now = call.institution, call.now()
    number = institution.new_id("patients")
    new = Patient(
        id=number,
        foreign=None,
        first_name=given["first_name"].strip(),
        last_name=given["last_name"].strip(),
        email=given.get("email"),
        bio=bio,
        new_patient=placeholder,
        guarantor_id=number,
        provider_id=provider_id,
        location_ids=(place.id,),
        created_at=now,
        updated_at=now,
    )
    institution.put_patient(new)
    institution.remember(now, "api", "patient created", patient_id=str(number))
    return new


def checked_bio(call: Call, given: Any, *, phone: bool) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise errors.MISSING_PARAMETER(name="bio")
    required = ("date_of_birth", "phone_number") if phone else ("date_of_birth",)
    for name in required:
        if not given.get(name):
            raise errors.MISSING_PARAMETER(name=name)
    born, today = parse_day("date_of_birth", given["date_of_birth"]), call.now().date()
    if born > today or today.year - born.year > _OLDEST_YEARS:
        raise errors.BAD_BIRTH_DATE()
    number = str(given.get("phone_number") or "")[:10]
    if phone and not _PHONE.fullmatch(number):
        raise errors.BAD_PHONE()
    gender = given.get("gender", "Female")
    if gender not in _GENDERS:
        raise errors.BAD_CHOICE(name="gender")
    texts = {name: str(given.get(name) or "") for name in _BIO_TEXTS if given.get(name) is not None}
    sizes = {name: as_integer(name, given[name]) for name in ("weight", "height") if given.get(name) is not None}
    phones = {name: ten_digits(str(given.get(name) or "")) for name in _OWN_PHONES}
    known = {"gender": gender, "phone_number": number, "date_of_birth": born.isoformat()}
    return {**dict.fromkeys(_BIO_TEXTS[:6], ""), **texts, **sizes, **phones, **known}


def _matching(call: Call, given: Mapping[str, Any], bio: Mapping[str, Any]) -> Patient | None:
    """The same birth date, name and phone; lowest id first."""
    wanted = (given["first_name"].strip().lower(), given["last_name"].strip().lower())
    for p in call.institution.patients.values():
        same_bio = all(p.bio.get(name) == bio[name] for name in ("date_of_birth", "phone_number"))
        if same_bio and (p.first_name.lower(), p.last_name.lower()) == wanted:
            return p
    return None
