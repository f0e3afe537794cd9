"""Patients on NexHealth."""

from collections.abc import Sequence

from openchair.clients.nexhealth import translate
from openchair.clients.nexhealth.office import OfficeCalls
from openchair.clients.nexhealth.payloads import PatientRow
from openchair.contacts import phone_digits
from openchair.errors import PatientContactMissing, PatientNotFound, ProviderNotFound
from openchair.models import NewPatient, Patient, PatientQuery


class PatientCalls(OfficeCalls):
    def patient(self, patient_id: str) -> Patient:
        """NexHealth, GET /patients/{id}. A placeholder's id vanishes once the chart's own row is read."""
        path = f"patients/{translate.number(patient_id, PatientNotFound)}"
        row = self._one("read_patient", path, PatientRow, PatientNotFound, "patient", "user")
        return translate.patient(row)

    def find_patients(self, query: PatientQuery) -> Sequence[Patient]:
        """NexHealth, GET /patients: by exact phone or e-mail, or by name, which the vendor compares loosely.

        The list spans the whole EHR database, inactive people and placeholders too.
        """
        asked: dict[str, str | None] = {"location_id": self._location_ids[0]}
        if query.phone is not None:
            asked["phone_number"] = phone_digits(query.phone)
        elif query.email is not None:
            asked["email"] = query.email.strip()
        else:
            assert query.date_of_birth is not None  # held by PatientQuery
            asked |= {"name": query.last_name, "date_of_birth": query.date_of_birth.isoformat()}
        rows = self._rows("list_patients", "patients", PatientRow, asked)
        return [translate.patient(row) for row in rows]

    def create_patient(self, new: NewPatient) -> Patient:
        """NexHealth, POST /patients: a person who is known by name, birth date and phone is given back as they are.

        Raises PatientContactMissing, and sends nothing, without the phone or the e-mail: the vendor wants both.
        """
        if not (new.phone and new.email):
            raise PatientContactMissing
        body = translate.new_patient_body(new, new.phone, new.email, self._provider_of_newcomers())
        location_id = self._location_ids[0]
        row = self._write("create_patient", "POST", "patients", body, PatientRow, "user", location_id=location_id)
        return translate.patient(row)

    def _provider_of_newcomers(self) -> int:
        named = self._settings.default_provider_id
        if named is None:
            named = next((one.id for one in self.providers() if not one.is_hidden), "")
        return translate.number(named, ProviderNotFound)
