"""Patients on Open Dental."""

from collections.abc import Iterable, Sequence
from datetime import date

from openchair.clients.open_dental import translate
from openchair.clients.open_dental.calls import Calls
from openchair.clients.open_dental.nouns import PatientChanges
from openchair.clients.open_dental.payloads import PatientRow
from openchair.contacts import email_of, phones_of, ten_digits
from openchair.errors import PatientNotFound
from openchair.models.person import NewPatient, Patient, PatientQuery

_DELETED = "Deleted"


class PatientCalls(Calls):
    def patient(self, patient_id: str) -> Patient:
        """Open Dental API, Patients GET (single). A deleted patient keeps a row and counts as not found."""
        path = f"patients/{translate.number(patient_id, PatientNotFound)}"
        row = self._one("read_patient", path, PatientRow, PatientNotFound)
        if row.PatStatus == _DELETED:
            raise PatientNotFound()
        return translate.patient(row)

    def find_patients(self, query: PatientQuery) -> Sequence[Patient]:
        """Every match and more, as the vendor's own filters match parts of a value: `people.fits` compares."""
        if query.phone is not None:
            return self._with_phone(query.phone)
        if query.email is not None:
            email = email_of(query.email)
            return self.list_patients(email=email, with_archived=True) if email else []
        # Not by name too: the filter knows one spelling, and few people share a birth date.
        return self.list_full_patients(date_of_birth=query.date_of_birth)

    def _with_phone(self, phone: str) -> list[Patient]:
        """Numbers are stored in any punctuation, and whether the vendor's filter looks past it is not documented.

        A match none of whose numbers holds the digits as asked proves that it does. Without that proof the last four
        digits, which stand together in every way of writing, are asked for too, so that a family stored in two ways
        comes whole.
        """
        digits = ten_digits(phone) or next(iter(phones_of(phone)), "").removeprefix("+")
        if not digits:
            return []
        found = {one.id: one for one in self.list_patients(phone=digits, with_archived=True)}
        written = [_written(one, phone) for one in found.values()]
        if not any(texts and all(digits not in text for text in texts) for texts in written):
            found |= {one.id: one for one in self.list_patients(phone=digits[-4:], with_archived=True)}
        return list(found.values())

    def list_patients(
        self,
        *,
        phone: str | None = None,
        email: str | None = None,
        last_name: str | None = None,
        first_name: str | None = None,
        date_of_birth: date | None = None,
        with_archived: bool = False,
    ) -> Sequence[Patient]:
        """Open Dental API, Patients GET (multiple): parts of values match, archived patients only when asked for."""
        query = {
            "Phone": phone,
            "Email": email,
            "LName": last_name,
            "FName": first_name,
            "Birthdate": _iso(date_of_birth),
            "showArchived": "true" if with_archived else None,
        }
        return _patients(self._rows("list_patients", "patients", PatientRow, query, every_row=True))

    def list_full_patients(
        self,
        *,
        last_name: str | None = None,
        first_name: str | None = None,
        date_of_birth: date | None = None,
        changed_since: str | None = None,
        guarantor_id: str | None = None,
    ) -> Sequence[Patient]:
        """Open Dental API, Patients GET Simple (21.2; `guarantor_id` 22.4.19): archived ones too, names match in part.

        `changed_since` is the office's wall time, `yyyy-MM-dd HH:mm:ss`.
        """
        query = {
            "LName": last_name,
            "FName": first_name,
            "Birthdate": _iso(date_of_birth),
            "DateTStamp": changed_since,
            "Guarantor": guarantor_id,
        }
        return _patients(self._rows("list_full_patients", "patients/Simple", PatientRow, query, every_row=True))

    def create_patient(self, new: NewPatient) -> Patient:
        """Open Dental API, Patients POST. Raises EhrDuplicatePatient when name, birth date and a contact are known."""
        body = translate.new_patient_body(new, self._settings.clinic_number)
        return translate.patient(self._write("create_patient", "POST", "patients", body, PatientRow))

    def update_patient(self, patient_id: str, changes: PatientChanges) -> Patient:
        """Open Dental API, Patients PUT (21.2). What is not given stays as it is."""
        path = f"patients/{translate.number(patient_id, PatientNotFound)}"
        body = translate.patient_changes_body(changes)
        return translate.patient(self._write("update_patient", "PUT", path, body, PatientRow, PatientNotFound))


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _patients(rows: Iterable[PatientRow]) -> list[Patient]:
    return [translate.patient(row) for row in rows if row.PatStatus != _DELETED]


def _written(patient: Patient, phone: str) -> list[str]:
    """The patient's own ways of writing this number."""
    return [text for text in patient.phones if phones_of(text) & phones_of(phone)]
