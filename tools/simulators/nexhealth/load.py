"""Turns a generated practice into an institution, and into the chart of the EHR behind it."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from tools.simulators.nexhealth.institution import EMRS, Institution, Settings
from tools.simulators.nexhealth.records import (
    Appointment,
    AppointmentType,
    ChartStatus,
    ChartVisit,
    Location,
    Operatory,
    Patient,
    Provider,
    WorkingHour,
)
from tools.simulators.practice_data import Appointment as Visit
from tools.simulators.practice_data import Patient as Person
from tools.simulators.practice_data import PracticeData, Schedule

_CONFIRMED = {"Confirmed", "Arrived", "In Chair", "Checked Out"}
_DAYS_OF_OLD_BLOCKS, _DAYS_OF_OLD_HOURS = 30, 7
_FIRST_BLOCK = 900_000_000
_EXAM_MINUTES = 30
_AGE = timedelta(days=1500)


class _Numbers:
    """NexHealth's ids for the EHR's numbers; institutions never share one."""

    def __init__(self, institution: int) -> None:
        self.location = 20_000 + institution * 10
        self.provider = 300_000_000 + institution * 1_000
        self.operatory = 150_000 + institution * 100
        self.appointment_type = 1_000 + institution * 100
        self.patient = 400_000_000 + institution * 1_000_000
        self.appointment = 1_500_000_000 + institution * 10_000_000
        self.hour = 1_000_000 + institution * 100_000


def load_institution(data: PracticeData, number: int, subdomain: str, emr: str, settings: Settings) -> Institution:
    """An institution holding all of `data`, read completely a moment ago. Raises ValueError for an unknown EHR."""
    if emr not in EMRS:
        raise ValueError(f"unknown EHR {emr}; there are {', '.join(sorted(EMRS))}")
    built = datetime.combine(data.today, datetime.min.time(), tzinfo=UTC) - _AGE
    institution = Institution(
        id=number,
        name="Juniper Falls Dental",
        subdomain=subdomain,
        zone=ZoneInfo(data.timezone),
        emr=EMRS[emr],
        settings=settings,
        created_at=built,
    )
    loader = _Loader(institution, data, built)
    loader.setup()
    loader.calendar()
    for person in data.patients:
        loader.patient(person)
    for visit in data.appointments:
        if visit.start is not None:
            loader.visit(visit)
    loader.finish()
    return institution


class _Loader:
    def __init__(self, institution: Institution, data: PracticeData, built: datetime) -> None:
        self._institution = institution
        self._data = data
        self._built = built
        self._ids = _Numbers(institution.id)
        self._next_block = _FIRST_BLOCK
        self._definitions = {d.id: d.name for d in data.definitions}
        self._chairs = {o.id: o for o in data.operatories}
        self._clinics = [clinic.id for clinic in data.clinics]

    def setup(self) -> None:
        institution, ids = self._institution, self._ids
        for clinic in self._data.clinics:
            institution.locations[ids.location + clinic.id] = Location(
                id=ids.location + clinic.id,
                name=clinic.name,
                foreign=clinic.id,
                street_address=clinic.address,
                city=clinic.city,
                state=clinic.state,
                zip_code=clinic.zip_code,
                phone_number=clinic.phone,
                tz=self._data.timezone,
                created_at=self._built,
                updated_at=self._built,
            )
        for chair in self._data.operatories:
            institution.operatories[ids.operatory + chair.id] = Operatory(
                id=ids.operatory + chair.id,
                foreign=chair.id,
                name=chair.name,
                location_id=self._location(chair.clinic_id),
                active=not chair.is_hidden,
                bookable_online=not chair.is_hidden,
                created_at=self._built,
                updated_at=self._built,
            )
        for provider in self._data.providers:
            institution.providers[ids.provider + provider.id] = Provider(
                id=ids.provider + provider.id,
                foreign=provider.id,
                first_name=provider.first_name,
                last_name=provider.last_name,
                npi=provider.national_provider_id,
                state_license=provider.state_license,
                specialty_code="124Q00000X" if provider.is_hygienist else "1223G0001X",
                inactive=provider.is_hidden,
                location_ids=self._locations_of(provider.id),
                created_at=self._built,
                updated_at=provider.changed_at,
            )
        for kind in self._data.appointment_types:
            institution.appointment_types[ids.appointment_type + kind.id] = AppointmentType(
                id=ids.appointment_type + kind.id,
                name=kind.name,
                minutes=len(kind.pattern) * 5 or _EXAM_MINUTES,
                bookable_online=not kind.is_hidden,
                parent_type="Institution",
                parent_id=institution.id,
            )

    def calendar(self) -> None:
        """Coming hours as synced working hours of one day each, and blockouts as blocks on the book."""
        closed = {row.day for row in self._data.schedules if row.kind == "practice"}
        oldest_block = self._data.today - timedelta(days=_DAYS_OF_OLD_BLOCKS)
        oldest_hours = self._data.today - timedelta(days=_DAYS_OF_OLD_HOURS)
        for row in self._data.schedules:
            if row.day in closed:
                continue
            if row.kind == "provider" and row.day >= oldest_hours:
                self._hours(row)
            if row.kind == "blockout" and row.day >= oldest_block:
                self._blocks(row)

    def patient(self, person: Person) -> None:
        phone = next((p for p in (person.mobile_phone, person.home_phone, person.work_phone) if p), "")
        patient = Patient(
            id=self._ids.patient + person.id,
            foreign=person.id,
            first_name=person.first_name,
            last_name=person.last_name,
            middle_name=person.middle_initial or None,
            email=person.email or None,
            bio={
                "city": person.city,
                "state": person.state,
                "gender": {"male": "Male", "female": "Female"}.get(person.gender, "Other"),
                "zip_code": person.zip_code,
                "phone_number": ten_digits(phone),
                "date_of_birth": person.birth_date.isoformat(),
                "address_line_1": person.address,
                "address_line_2": person.address2,
                "street_address": person.address,
                "cell_phone_number": ten_digits(person.mobile_phone),
                "home_phone_number": ten_digits(person.home_phone),
                "work_phone_number": ten_digits(person.work_phone),
            },
            inactive=person.status in ("inactive", "archived", "deceased"),
            non_patient=person.status == "non_patient",
            guarantor_id=self._ids.patient + person.guarantor_id,
            billing_type=person.billing_type,
            chart_id=person.chart_number or None,
            preferred_language={"spa": "es"}.get(person.language),
            provider_id=self._ids.provider + person.primary_provider_id,
            location_ids=(self._location(person.clinic_id),),
            created_at=datetime.combine(person.entered_on, datetime.min.time(), tzinfo=UTC),
            updated_at=person.changed_at,
            synced_at=person.changed_at,
        )
        self._institution.put_patient(patient)
        self._institution.chart.put_patient(patient, unread=False)

    def visit(self, visit: Visit) -> None:
        assert visit.start is not None
        assert visit.end is not None
        status = _status(visit)
        provider = visit.hygienist_id if visit.is_hygiene and visit.hygienist_id else visit.provider_id
        start, end = visit.start.astimezone(UTC), visit.end.astimezone(UTC)
        confirmed = self._definitions[visit.confirmed_definition_id] in _CONFIRMED
        self._put(
            Appointment(
                id=self._ids.appointment + visit.id,
                foreign=visit.id,
                patient_id=self._ids.patient + visit.patient_id,
                provider_id=self._ids.provider + provider,
                location_id=self._location(visit.clinic_id),
                operatory_id=None if visit.operatory_id is None else self._ids.operatory + visit.operatory_id,
                start=start,
                end=end,
                note=visit.note,
                appointment_type_id=None
                if visit.appointment_type_id is None
                else self._ids.appointment_type + visit.appointment_type_id,
                confirmed=confirmed,
                confirmed_at=visit.changed_at if confirmed else None,
                cancelled=status == "cancelled",
                cancelled_at=visit.changed_at if status == "cancelled" else None,
                patient_missed=status == "missed",
                checked_out=status == "complete",
                checked_out_at=end if status == "complete" else None,
                checkin_at=start if status == "complete" else None,
                is_new_clients_patient=visit.is_new_patient,
                by_api=visit.id % 5 == 0,
                created_at=visit.created_at,
                updated_at=visit.changed_at,
                synced_at=visit.changed_at,
            ),
            status,
            patient=visit.patient_id,
        )

    def finish(self) -> None:
        institution = self._institution
        institution.last_ids = {
            "patients": max(institution.patients, default=self._ids.patient),
            "appointments": max(institution.appointments, default=self._ids.appointment),
            "hours": max(institution.hours, default=self._ids.hour),
            "appointment_types": max(institution.appointment_types, default=self._ids.appointment_type),
            "foreign_patients": max(institution.chart.patients, default=0),
            "foreign_visits": max((n for n in institution.chart.visits if n < _FIRST_BLOCK), default=5000),
        }

    def _hours(self, row: Schedule) -> None:
        assert row.provider_id is not None
        for chair in row.operatory_ids or _chairs_of(row.provider_id, self._data):
            number = self._ids.hour + len(self._institution.hours) + 1
            self._institution.hours[number] = WorkingHour(
                id=number,
                provider_id=self._ids.provider + row.provider_id,
                location_id=self._location(self._chairs[chair].clinic_id),
                operatory_id=self._ids.operatory + chair,
                begin=row.start,
                end=row.end,
                specific_date=row.day,
            )

    def _blocks(self, row: Schedule) -> None:
        zone = self._institution.zone
        for chair in row.operatory_ids:
            self._next_block += 1
            self._put(
                Appointment(
                    id=self._ids.appointment + 5_000_000 + self._next_block - _FIRST_BLOCK,
                    foreign=self._next_block,
                    patient_id=None,
                    provider_id=None,
                    location_id=self._location(self._chairs[chair].clinic_id),
                    operatory_id=self._ids.operatory + chair,
                    start=datetime.combine(row.day, row.start, tzinfo=zone).astimezone(UTC),
                    end=datetime.combine(row.day, row.end, tzinfo=zone).astimezone(UTC),
                    note=self._definitions.get(row.blockout_definition_id or 0, ""),
                    unavailable=True,
                    created_at=row.changed_at,
                    updated_at=row.changed_at,
                    synced_at=row.changed_at,
                ),
                "scheduled",
                patient=None,
            )

    def _put(self, row: Appointment, status: ChartStatus, patient: int | None) -> None:
        assert row.foreign is not None
        self._institution.put_appointment(row)
        self._institution.chart.put_visit(
            ChartVisit(
                foreign=row.foreign,
                patient=patient,
                provider_id=row.provider_id,
                location_id=row.location_id,
                operatory_id=row.operatory_id,
                start=row.start,
                end=row.end,
                status=status,
                confirmed=row.confirmed,
                note=row.note,
                appointment_type_id=row.appointment_type_id,
                checkin_at=row.checkin_at,
                by="api" if row.by_api else "staff",
            ),
            unread=False,
        )

    def _location(self, clinic: int | None) -> int:
        return self._ids.location + (self._clinics[0] if clinic is None else clinic)

    def _locations_of(self, provider: int) -> tuple[int, ...]:
        """Where the provider has a chair; everywhere, when nowhere."""
        own = {
            self._location(chair.clinic_id)
            for chair in self._data.operatories
            if provider in (chair.dentist_id, chair.hygienist_id)
        }
        return tuple(sorted(own or {self._ids.location + clinic for clinic in self._clinics}))


def _chairs_of(provider: int, data: PracticeData) -> tuple[int, ...]:
    return tuple(
        chair.id
        for chair in data.operatories
        if not chair.is_hidden and (chair.hygienist_id if chair.is_hygiene else chair.dentist_id) == provider
    )


def _status(visit: Visit) -> ChartStatus:
    if visit.status == "complete":
        return "complete"
    if visit.status == "broken":
        return "missed" if visit.broken_reason == "missed" else "cancelled"
    return "scheduled"


def ten_digits(phone: str) -> str:
    digits = "".join(letter for letter in phone if letter.isdigit())
    return digits.removeprefix("1") if len(digits) == 11 else digits
