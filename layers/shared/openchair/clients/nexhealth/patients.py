"""Patients on NexHealth."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime

from openchair.clients.nexhealth import translate
from openchair.clients.nexhealth.answers import new_person
from openchair.clients.nexhealth.office import OfficeCalls
from openchair.clients.nexhealth.payloads import PatientRow
from openchair.clients.wire import EhrRequest
from openchair.contacts import email_of, phones_of, ten_digits
from openchair.errors import PatientContactMissing, PatientNotFound, PatientPhoneForeign, ProviderNotFound
from openchair.models.person import NewPatient, Patient, PatientQuery


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientFilter:
    """What GET /patients can be narrowed by; all that is given has to hold. None asks nothing."""

    name: str | None = None
    email: str | None = None
    phone_number: str | None = None
    date_of_birth: date | None = None
    inactive: bool | None = None
    foreign_id: str | None = None
    updated_since: datetime | None = None
    new_patient: bool | None = None
    non_patient: bool | None = None
    location_strict: bool | None = None


class PatientCalls(OfficeCalls):
    def patient(self, patient_id: str) -> Patient:
        """NexHealth, GET /patients/{id}. A placeholder's id vanishes once the chart's own row is read."""
        path = f"patients/{translate.number(patient_id, PatientNotFound)}"
        return translate.patient(self._one("read_patient", path, PatientRow, PatientNotFound, "patient", "user"))

    def patient_with(self, patient_id: str, *include: str) -> PatientRow:
        """NexHealth, GET /patients/{id} with `include[]`: upcoming_appts, guarantor, address."""
        path = f"patients/{translate.number(patient_id, PatientNotFound)}"
        return self._one("read_patient", path, PatientRow, PatientNotFound, "patient", "user", include=include)

    def find_patients(self, query: PatientQuery) -> Sequence[Patient]:
        """NexHealth, GET /patients: by exact phone or e-mail, or by birth date, as names have many spellings.

        The list spans the whole EHR database, inactive people and placeholders too. One thing at a time is asked, as
        phone and e-mail widen an answer rather than narrow it; `people.fits` compares.
        """
        if query.phone is not None:
            digits = ten_digits(query.phone) or next(iter(phones_of(query.phone)), "").removeprefix("+")
            return self.patients(PatientFilter(phone_number=digits)) if digits else []
        if query.email is not None:
            email = email_of(query.email)
            return self.patients(PatientFilter(email=email)) if email else []
        return self.patients(PatientFilter(date_of_birth=query.date_of_birth))

    def patients(self, narrowed: PatientFilter, location_id: str | None = None) -> Sequence[Patient]:
        """NexHealth, GET /patients, in the order of their ids; the practice's first location if none is named.

        Raises EhrNotSupported when the vendor says that it left a filter aside: the rows would be strangers'.
        """
        asked: dict[str, str | None] = {"location_id": location_id or self._location_ids[0]}
        asked |= {one.name: translate.wire_value(getattr(narrowed, one.name)) for one in fields(narrowed)}
        return [
            translate.patient(row) for row in self._rows("list_patients", "patients", PatientRow, asked, every_row=True)
        ]

    def create_patient(self, new: NewPatient) -> Patient:
        """NexHealth, POST /patients: 201, or 200 with the chart of a person known by name, birth date and phone.

        Raises EhrDuplicatePatient for the latter; PatientContactMissing, and sends nothing, without the phone or the
        e-mail: the vendor wants both; and PatientPhoneForeign, as the vendor keeps ten digits, which would make
        another person's number of a foreign one.
        """
        if not (new.phone and new.email):
            raise PatientContactMissing
        digits = ten_digits(new.phone)
        if digits is None:
            raise PatientPhoneForeign
        body = translate.new_patient_body(new, digits, new.email, self._provider_of_newcomers())
        location_id = self._location_ids[0]
        query = {"subdomain": self._settings.subdomain, "location_id": location_id}
        request = EhrRequest("create_patient", "POST", "patients", query, body)
        return translate.patient(self._transport.send(request, new_person, self._deadline))

    def _provider_of_newcomers(self) -> int:
        named = self._settings.default_provider_id
        if named is None:
            named = next((one.id for one in self.providers() if not one.is_hidden), "")
        return translate.number(named, ProviderNotFound)
