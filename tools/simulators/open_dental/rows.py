"""Rows as the vendor sends them: documented keys in documented order, booleans and some numbers as strings."""

from datetime import datetime
from typing import Any

from tools.simulators.open_dental import records
from tools.simulators.open_dental.load import NO_SCHEDULING
from tools.simulators.open_dental.office import Office
from tools.simulators.open_dental.wire import Wire, boolean, text, words

Row = dict[str, Any]


def patient(office: Office, wire: Wire, p: records.Patient) -> Row:
    return {
        "PatNum": p.PatNum,
        "LName": text(p.LName),
        "FName": text(p.FName),
        "MiddleI": text(p.MiddleI),
        "Preferred": text(p.Preferred),
        "PatStatus": p.PatStatus,
        "Gender": p.Gender,
        "Position": p.Position,
        "Birthdate": wire.date(p.Birthdate),
        "SSN": p.SSN,
        "Address": text(p.Address),
        "Address2": text(p.Address2),
        "City": text(p.City),
        "State": p.State,
        "Zip": p.Zip,
        "HmPhone": p.HmPhone,
        "WkPhone": p.WkPhone,
        "WirelessPhone": p.WirelessPhone,
        "Guarantor": p.Guarantor,
        "Email": text(p.Email),
        "EstBalance": p.EstBalance,
        "PriProv": p.PriProv,
        "priProvAbbr": _provider_abbreviation(office, p.PriProv),
        "SecProv": p.SecProv,
        "secProvAbbr": _provider_abbreviation(office, p.SecProv),
        "FeeSched": p.FeeSched,
        "BillingType": p.BillingType,
        "ImageFolder": p.ImageFolder,
        "FamFinUrgNote": text(p.FamFinUrgNote),
        "ChartNumber": p.ChartNumber,
        "MedicaidID": p.MedicaidID,
        "BalTotal": p.BalTotal,
        "EmployerNum": p.EmployerNum,
        "DateFirstVisit": wire.date(p.DateFirstVisit),
        "ClinicNum": p.ClinicNum,
        "clinicAbbr": _clinic_abbreviation(office, p.ClinicNum),
        "Premed": boolean(p.Premed),
        "Ward": text(p.Ward),
        "PreferConfirmMethod": p.PreferConfirmMethod,
        "PreferContactMethod": p.PreferContactMethod,
        "PreferRecallMethod": p.PreferRecallMethod,
        "Language": p.Language,
        "AdmitDate": wire.date(p.AdmitDate),
        "siteDesc": "",
        "DateTStamp": wire.moment(p.DateTStamp),
        "SuperFamily": p.SuperFamily,
        "TxtMsgOk": p.TxtMsgOk,
        "SecDateEntry": wire.date(p.SecDateEntry),
    }


_REDUCED = words(
    "PatNum LName FName MiddleI Preferred PatStatus Birthdate SSN Address Address2 City State Zip HmPhone WkPhone "
    "WirelessPhone Email priProvAbbr secProvAbbr BillingType ChartNumber ClinicNum clinicAbbr siteDesc TxtMsgOk"
)


def patient_in_list(office: Office, wire: Wire, p: records.Patient) -> Row:
    """The reduced row of GET /patients."""
    full = patient(office, wire, p)
    return {key: full[key] for key in _REDUCED}


def patient_simple(office: Office, wire: Wire, p: records.Patient) -> Row:
    return {**patient(office, wire, p), "serverDateTime": wire.moment(office.stamp())}


def appointment(office: Office, wire: Wire, a: records.Appointment) -> Row:
    row: Row = {
        "AptNum": a.AptNum,
        "PatNum": a.PatNum,
        "AptStatus": a.AptStatus,
        "Pattern": a.Pattern,
        "Confirmed": a.Confirmed,
        "confirmed": office.definition_name(a.Confirmed),
        "TimeLocked": "false",
        "Op": a.Op,
        "Note": text(a.Note),
        "ProvNum": a.ProvNum,
        "provAbbr": _provider_abbreviation(office, a.ProvNum),
        "ProvHyg": a.ProvHyg,
        "AptDateTime": wire.moment(a.AptDateTime),
        "NextAptNum": a.NextAptNum,
        "UnschedStatus": a.UnschedStatus,
        "unschedStatus": office.definition_name(a.UnschedStatus),
        "IsNewPatient": boolean(a.IsNewPatient),
        "ProcDescript": text(a.ProcDescript),
    }
    if office.switches.fields_2026:
        row["Assistant"] = 0
    row |= {
        "ClinicNum": a.ClinicNum,
        "IsHygiene": boolean(a.IsHygiene),
        "DateTStamp": wire.moment(a.DateTStamp),
        "DateTimeArrived": wire.moment(_day_time(office, a, a.DateTimeArrived)),
        "DateTimeSeated": wire.moment(_day_time(office, a, a.DateTimeSeated)),
        "DateTimeDismissed": wire.moment(_day_time(office, a, a.DateTimeDismissed)),
        "InsPlan1": 0,
        "InsPlan2": 0,
        "DateTimeAskedToArrive": wire.moment(a.DateTimeAskedToArrive),
        "colorOverride": a.colorOverride,
        "AppointmentTypeNum": a.AppointmentTypeNum,
        "SecUserNumEntry": a.SecUserNumEntry,
        "SecDateTEntry": wire.moment(a.SecDateTEntry),
        "Priority": a.Priority,
        "PatternSecondary": a.PatternSecondary,
        "ItemOrderPlanned": a.ItemOrderPlanned,
    }
    if office.switches.fields_2026:
        row["IsMirrored"] = "false"
    return row


def _day_time(office: Office, a: records.Appointment, moment: datetime) -> datetime:
    if moment != records.NO_MOMENT:
        return moment
    match office.switches.unset_day_times:
        case "year_2000":
            return datetime(2000, 1, 1)  # noqa: DTZ001 - wall clock
        case "midnight":
            return datetime.combine(a.AptDateTime.date(), records.MIDNIGHT)
        case _:
            return records.NO_MOMENT


def appointment_read(office: Office, wire: Wire, a: records.Appointment) -> Row:
    """GETs say when the server answered, on every row."""
    return {"serverDateTime": wire.moment(office.stamp()), **appointment(office, wire, a)}


def appointment_written(office: Office, wire: Wire, a: records.Appointment) -> Row:
    row = appointment(office, wire, a)
    return {"serverDateTime": "", **row} if office.switches.echo_server_date_time == "blank" else row


def history(office: Office, wire: Wire, h: records.History) -> Row:
    return {
        "HistApptNum": h.HistApptNum,
        "HistUserNum": 0,
        "HistDateTStamp": wire.moment(h.HistDateTStamp),
        "HistApptAction": h.HistApptAction,
        "ApptSource": h.ApptSource,
        **appointment(office, wire, h.appointment),
    }


def schedule(office: Office, wire: Wire, s: records.Schedule) -> Row:
    """All strings, numbers too."""
    return {
        "ScheduleNum": str(s.ScheduleNum),
        "SchedDate": wire.date(s.SchedDate),
        "StartTime": s.StartTime.isoformat(timespec="seconds"),
        "StopTime": s.StopTime.isoformat(timespec="seconds"),
        "SchedType": s.SchedType,
        "ProvNum": str(s.ProvNum),
        "BlockoutType": str(s.BlockoutType),
        "blockoutType": office.definition_name(s.BlockoutType),
        "Note": text(s.Note),
        "operatories": ",".join(map(str, s.operatories)),
        "EmployeeNum": "0",
        "DateTStamp": wire.moment(s.DateTStamp),
    }


def operatory(office: Office, wire: Wire, o: records.Operatory) -> Row:
    return {
        "OperatoryNum": o.OperatoryNum,
        "OpName": text(o.OpName),
        "Abbrev": o.Abbrev,
        "ItemOrder": o.ItemOrder,
        "IsHidden": boolean(o.IsHidden),
        "ProvDentist": o.ProvDentist,
        "ProvHygienist": o.ProvHygienist,
        "IsHygiene": boolean(o.IsHygiene),
        "ClinicNum": o.ClinicNum,
        "SetProspective": "false",
        "IsWebSched": boolean(o.IsWebSched),
        "OperatoryType": o.OperatoryType,
        "operatoryType": office.definition_name(o.OperatoryType),
    }


def provider(office: Office, wire: Wire, p: records.Provider, server_date_time: str | None = None) -> Row:
    return {
        "ProvNum": p.ProvNum,
        "Abbr": p.Abbr,
        "LName": p.LName,
        "FName": p.FName,
        "MI": p.MI,
        "Suffix": p.Suffix,
        "FeeSched": p.FeeSched,
        "Specialty": p.Specialty,
        "SSN": "",
        "StateLicense": p.StateLicense,
        "IsSecondary": boolean(p.IsSecondary),
        "provColor": p.provColor,
        "IsHidden": boolean(p.IsHidden),
        "UsingTIN": "true",
        "SigOnFile": "true",
        "NationalProvID": p.NationalProvID,
        "DateTStamp": wire.moment(p.DateTStamp),
        "IsNotPerson": "false",
        "ProvStatus": "Active",
        "IsHiddenReport": "false",
        "Birthdate": wire.date(records.NO_DATE),
        "SchedNote": "",
        "PreferredName": "",
        "serverDateTime": wire.moment(office.stamp()) if server_date_time is None else server_date_time,
    }


def definition(office: Office, wire: Wire, d: records.Definition) -> Row:
    value = office.switches.no_scheduling_item_value if d.ItemValue == NO_SCHEDULING else d.ItemValue
    return {
        "DefNum": d.DefNum,
        "ItemName": d.ItemName,
        "ItemValue": value,
        "Category": d.Category,
        "category": d.category,
        "isHidden": boolean(d.isHidden),
    }


def clinic(office: Office, wire: Wire, c: records.Clinic) -> Row:
    row: Row = {"ClinicNum": c.ClinicNum, "Description": c.Description}
    for prefix, values in (("", (c.Address, "", c.City, c.State, c.Zip)), ("Billing", ("",) * 5), ("PayTo", ("",) * 5)):
        names = ("Address", "Address2", "City", "State", "Zip")
        row |= {f"{prefix}{name}": value for name, value in zip(names, values, strict=True)}
    return {**row, "Phone": c.Phone, "Abbr": c.Abbr, "IsHidden": "false"}


def appointment_type(office: Office, wire: Wire, t: records.AppointmentType) -> Row:
    return {
        "AppointmentTypeNum": t.AppointmentTypeNum,
        "AppointmentTypeName": t.AppointmentTypeName,
        "appointmentTypeColor": t.appointmentTypeColor,
        "IsHidden": boolean(t.IsHidden),
        "Pattern": t.Pattern,
        "CodeStr": t.CodeStr,
        "CodeStrRequired": "",
        "RequiredProcCodesNeeded": 0,
        "BlockoutTypes": "",
    }


def recall(office: Office, wire: Wire, r: records.Recall) -> Row:
    return {
        "RecallNum": r.RecallNum,
        "PatNum": r.PatNum,
        "DateDue": wire.date(r.DateDue),
        "DatePrevious": wire.date(r.DatePrevious),
        "RecallInterval": r.RecallInterval,
        "RecallStatus": 0,
        "recallStatus": "",
        "Note": "",
        "IsDisabled": "false",
        "DateTStamp": wire.moment(r.DateTStamp),
        "RecallTypeNum": 1,
        "DisableUntilBalance": 0.0,
        "DisableUntilDate": wire.date(records.NO_DATE),
        "DateScheduled": wire.date(records.NO_DATE),
        "Priority": "Normal",
        "TimePatternOverride": "",
    }


def commlog(office: Office, wire: Wire, c: records.Commlog) -> Row:
    return {
        "CommlogNum": c.CommlogNum,
        "PatNum": c.PatNum,
        "CommDateTime": wire.moment(c.CommDateTime),
        "CommType": str(c.CommType),
        "commType": office.definition_name(c.CommType),
        "Note": text(c.Note),
        "Mode_": c.Mode_,
        "SentOrReceived": c.SentOrReceived,
        "UserNum": 0,
        "DateTStamp": wire.moment(c.DateTStamp),
        "CommSource": c.CommSource,
        "ProgramNum": 0,
        "DateTEntry": wire.moment(c.DateTStamp),
        "ReferralNum": 0,
    }


def _provider_abbreviation(office: Office, number: int) -> str:
    found = office.providers.get(number)
    return found.Abbr if found else ""


def _clinic_abbreviation(office: Office, number: int) -> str:
    found = office.clinics.get(number)
    return found.Abbr if found else ""
