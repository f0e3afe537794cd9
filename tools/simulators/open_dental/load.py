"""Turns a generated practice into an office's rows."""

from dataclasses import replace
from datetime import datetime, time
from zoneinfo import ZoneInfo

from tools.simulators.open_dental.office import API, DESKTOP, Office, Settings
from tools.simulators.open_dental.records import (
    NO_DATE,
    NO_MOMENT,
    Appointment,
    AppointmentType,
    Clinic,
    Definition,
    History,
    Operatory,
    Patient,
    Provider,
    Recall,
    Schedule,
)
from tools.simulators.practice_data import Appointment as Visit
from tools.simulators.practice_data import Patient as Person
from tools.simulators.practice_data import PracticeData

CATEGORIES: dict[str, tuple[int, str]] = {
    "appointment_confirmed": (2, "ApptConfirmed"),
    "billing_type": (4, "BillingTypes"),
    "unscheduled_status": (13, "RecallUnschedStatus"),
    "blockout_type": (25, "BlockoutTypes"),
    "communication_type": (27, "CommLogTypes"),
    "provider_specialty": (35, "ProviderSpecialties"),
    "web_new_patient_type": (42, "WebSchedNewPatApptTypes"),
    "web_existing_patient_type": (51, "WebSchedExistingApptTypes"),
    "operatory_type": (55, "OperatoryTypes"),
}
NO_SCHEDULING = "no-scheduling"
"""Placeholder in a blockout type's ItemValue; the switch `no_scheduling_item_value` says how it is sent."""
_APT_STATUS = {
    "scheduled": "Scheduled",
    "complete": "Complete",
    "broken": "Broken",
    "unscheduled": "UnschedList",
    "planned": "Planned",
}
_PAT_STATUS = {
    "active": "Patient",
    "inactive": "Inactive",
    "archived": "Archived",
    "deceased": "Deceased",
    "prospective": "Prospective",
    "non_patient": "NonPatient",
}
_SCHED_TYPE = {"practice": "Practice", "provider": "Provider", "blockout": "Blockout"}


def load_office(data: PracticeData, customer_key: str, settings: Settings) -> Office:
    """An office holding all of `data`."""
    office = Office(customer_key=customer_key, zone=ZoneInfo(data.timezone), settings=settings)
    _load_setup(office, data)
    _load_calendar(office, data)
    for person in data.patients:
        office.put_patient(_patient(office, person))
    for visit in data.appointments:
        appointment = _appointment(office, visit)
        office.put_appointment(appointment)
        _load_history(office, visit, appointment)
    for recall in data.recalls:
        office.recalls[recall.id] = Recall(
            RecallNum=recall.id,
            PatNum=recall.patient_id,
            DateDue=recall.due,
            DatePrevious=recall.previous,
            RecallInterval=f"{recall.interval_months}m1d",
            DateTStamp=datetime.combine(recall.previous, time(17)),
        )
    office.last_ids |= {
        "patients": max(office.patients, default=0),
        "appointments": max(office.appointments, default=0),
        "schedules": max(office.schedules, default=0),
        "providers": max(office.providers, default=0),
        "definitions": max(office.definitions, default=0),
        "commlogs": 600,
    }
    return office


def _load_setup(office: Office, data: PracticeData) -> None:
    for d in data.definitions:
        number, name = CATEGORIES[d.category]
        value = NO_SCHEDULING if d.no_scheduling else ""
        office.definitions[d.id] = Definition(
            DefNum=d.id, ItemName=d.name, ItemValue=value, Category=number, category=name, isHidden=d.hidden
        )
    specialties = {d.ItemName: d.DefNum for d in office.definitions_in(35)}
    for c in data.clinics:
        office.clinics[c.id] = Clinic(
            ClinicNum=c.id,
            Description=c.name,
            Address=c.address,
            City=c.city,
            State=c.state,
            Zip=c.zip_code,
            Phone=c.phone,
            Abbr=c.abbreviation,
        )
    for p in data.providers:
        office.providers[p.id] = Provider(
            ProvNum=p.id,
            Abbr=p.abbreviation,
            LName=p.last_name,
            FName=p.first_name,
            Suffix=p.suffix,
            Specialty=specialties["Hygiene" if p.is_hygienist else "General Practice"],
            StateLicense=p.state_license,
            IsSecondary=p.is_hygienist,
            provColor=",".join(map(str, p.color)),
            IsHidden=p.is_hidden,
            NationalProvID=p.national_provider_id,
            DateTStamp=office.wall(p.changed_at),
        )
    for o in data.operatories:
        office.operatories[o.id] = Operatory(
            OperatoryNum=o.id,
            OpName=o.name,
            Abbrev=o.abbreviation,
            ItemOrder=o.item_order,
            IsHidden=o.is_hidden,
            ProvDentist=o.dentist_id or 0,
            ProvHygienist=o.hygienist_id or 0,
            IsHygiene=o.is_hygiene,
            ClinicNum=o.clinic_id or 0,
            IsWebSched=o.is_web_bookable,
            OperatoryType=o.type_definition_id,
        )
    for t in data.appointment_types:
        office.appointment_types[t.id] = AppointmentType(
            AppointmentTypeNum=t.id,
            AppointmentTypeName=t.name,
            appointmentTypeColor=",".join(map(str, t.color)),
            IsHidden=t.is_hidden,
            Pattern=t.pattern,
            CodeStr=",".join(t.procedure_codes),
        )
    office.preferences = _preferences(office, data)


def _preferences(office: Office, data: PracticeData) -> dict[str, str]:
    confirmed = {d.ItemName: str(d.DefNum) for d in office.definitions_in(2)}
    return {
        "AgingServiceTimeDue": "",
        "AppointmentTimeIncrement": data.preferences["time_increment"],
        "AppointmentWithoutProcsDefaultLength": "0",
        "ApptConfirmStatusNone": confirmed["Not Called"],
        "ApptEConfirmStatusAccepted": confirmed["Confirmed"],
        "ApptEConfirmStatusDeclined": confirmed["Not Accepted"],
        "ApptEConfirmStatusSendFailed": confirmed["Reminder Failed"],
        "ApptEConfirmStatusSent": confirmed["Reminder Sent"],
        "ApptsAllowOverlap": data.preferences["appointments_may_overlap"],
        "ApptsRequireProc": "0",
        "BrokenApptProcedure": "3",
        "DateLastAging": data.preferences["last_aging"],
        "EasyNoClinics": "0" if data.clinics else "1",
        "LanguagesUsedByPatients": "eng,spa",
        "PracticeDefaultProv": str(data.default_provider_id),
        "PracticeTitle": "Juniper Falls Dental",
        "ProgramVersion": "25.3.30.0",
        "RecallTypesShowingInList": "1,3",
        "WebSchedExistingPatDoubleBooking": "1",
        "WebSchedNewPatApptDoubleBooking": "1",
        "WebSchedRecallDoubleBooking": "1",
    }


def _load_calendar(office: Office, data: PracticeData) -> None:
    for row in data.schedules:
        office.put_schedule(
            Schedule(
                ScheduleNum=row.id,
                SchedDate=row.day,
                StartTime=row.start,
                StopTime=row.end,
                SchedType=_SCHED_TYPE[row.kind],
                ProvNum=row.provider_id or 0,
                BlockoutType=row.blockout_definition_id or 0,
                Note=row.note,
                operatories=row.operatory_ids,
                DateTStamp=office.wall(row.changed_at),
            )
        )


def _patient(office: Office, person: Person) -> Patient:
    return Patient(
        PatNum=person.id,
        LName=person.last_name,
        FName=person.first_name,
        MiddleI=person.middle_initial,
        Preferred=person.preferred_name,
        PatStatus=_PAT_STATUS[person.status],
        Gender=person.gender.capitalize(),
        Position=person.position.capitalize(),
        Birthdate=person.birth_date,
        SSN=person.social_security_number,
        Address=person.address,
        Address2=person.address2,
        City=person.city,
        State=person.state,
        Zip=person.zip_code,
        HmPhone=person.home_phone,
        WkPhone=person.work_phone,
        WirelessPhone=person.mobile_phone,
        Guarantor=person.guarantor_id,
        Email=person.email,
        PriProv=person.primary_provider_id,
        SecProv=person.hygienist_id or 0,
        BillingType=person.billing_type,
        ImageFolder=f"{person.last_name}{person.first_name}{person.id}",
        ChartNumber=person.chart_number,
        DateFirstVisit=person.first_visit or NO_DATE,
        ClinicNum=person.clinic_id or 0,
        Language=person.language,
        DateTStamp=office.wall(person.changed_at),
        TxtMsgOk=person.text_messages.capitalize(),
        SecDateEntry=person.entered_on,
    )


def _appointment(office: Office, visit: Visit) -> Appointment:
    start = visit.start.replace(tzinfo=None) if visit.start else NO_MOMENT
    seen = visit.status == "complete"
    return Appointment(
        AptNum=visit.id,
        PatNum=visit.patient_id,
        AptStatus=_APT_STATUS[visit.status],
        Pattern=visit.pattern,
        Confirmed=visit.confirmed_definition_id,
        Op=visit.operatory_id or 0,
        Note=visit.note,
        ProvNum=visit.provider_id,
        ProvHyg=visit.hygienist_id or 0,
        AptDateTime=start,
        IsNewPatient=visit.is_new_patient,
        ProcDescript=visit.procedures,
        ClinicNum=visit.clinic_id or 0,
        IsHygiene=visit.is_hygiene,
        DateTStamp=office.wall(visit.changed_at),
        DateTimeArrived=start if seen else start.replace(hour=0, minute=0),
        DateTimeSeated=start if seen else start.replace(hour=0, minute=0),
        DateTimeDismissed=start.replace(hour=0, minute=0),
        AppointmentTypeNum=visit.appointment_type_id or 0,
        SecDateTEntry=office.wall(visit.created_at),
        Priority="ASAP" if visit.is_asap else "Normal",
        PatternSecondary="/" * len(visit.pattern),
    )


def _load_history(office: Office, visit: Visit, appointment: Appointment) -> None:
    source = API if visit.id % 5 == 0 else DESKTOP
    first = appointment if appointment.AptDateTime == NO_MOMENT else replace(appointment, AptStatus="Scheduled")
    events = [("Created", office.wall(visit.created_at), source, first)]
    if visit.broken_reason:
        events.append((visit.broken_reason.capitalize(), appointment.DateTStamp, DESKTOP, appointment))
    for action, stamp, by, row in events:
        office.history.append(
            History(
                HistApptNum=office.new_id("history"),
                HistDateTStamp=stamp,
                HistApptAction=action,
                ApptSource=by,
                appointment=row,
            )
        )
