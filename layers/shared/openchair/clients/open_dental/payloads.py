"""Open Dental's rows as they travel under the vendor's own names.

Only a row's key can make it unreadable. Any other value that cannot be read becomes "nothing", and the row is counted
as odd: a visit left out because of a broken colour would look like free time. In lists of the book not even a missing
key does, since such a row takes up time all the same.
"""

import re
from datetime import date, datetime
from typing import Annotated, Any

from openchair.clients.rows import Amount, Flag, Key, Number, Row, Text, or_fail, or_nothing


def _day(value: Any) -> date | None:
    moment = _moment(value)
    return moment.date() if moment else None


def _moment(value: Any) -> datetime | None:
    """Naive, on the office's clock; an offset asked for by a format string is dropped, year 1 means none."""
    if value in (None, ""):
        return None
    moment = datetime.fromisoformat(str(value)[:19].rstrip())
    if moment.year > 9000:
        raise ValueError("is beyond any calendar")
    return None if moment.year == 1 else moment.replace(tzinfo=None)


Day = Annotated[date | None, or_nothing(_day, None)]
Moment = Annotated[datetime | None, or_nothing(_moment, None)]


class PatientRow(Row):
    """GET patients gives about half of these; Simple and single objects all."""

    PatNum: Key
    LName: Text = ""
    FName: Text = ""
    MiddleI: Text = ""
    Preferred: Text = ""
    PatStatus: Text = "Patient"
    Gender: Text = ""
    Position: Text = ""
    Birthdate: Day = None
    SSN: Text = ""
    Address: Text = ""
    Address2: Text = ""
    City: Text = ""
    State: Text = ""
    Zip: Text = ""
    HmPhone: Text = ""
    WkPhone: Text = ""
    WirelessPhone: Text = ""
    Guarantor: Number = 0
    Email: Text = ""
    EstBalance: Amount = 0.0
    PriProv: Number = 0
    priProvAbbr: Text = ""
    SecProv: Number = 0
    secProvAbbr: Text = ""
    FeeSched: Number = 0
    BillingType: Text = ""
    ImageFolder: Text = ""
    FamFinUrgNote: Text = ""
    ChartNumber: Text = ""
    MedicaidID: Text = ""
    BalTotal: Amount = 0.0
    EmployerNum: Number = 0
    DateFirstVisit: Day = None
    ClinicNum: Number = 0
    clinicAbbr: Text = ""
    Premed: Flag = False
    Ward: Text = ""
    PreferConfirmMethod: Text = ""
    PreferContactMethod: Text = ""
    PreferRecallMethod: Text = ""
    Language: Text = ""
    AdmitDate: Day = None
    siteDesc: Text = ""
    DateTStamp: Text = ""
    SuperFamily: Number = 0
    TxtMsgOk: Text = ""
    SecDateEntry: Day = None
    serverDateTime: Text = ""

    @property
    def key(self) -> object:
        return self.PatNum


_PATTERN = re.compile(r"[Xx/]+")
_OFF_THE_BOOK = frozenset(("UnschedList", "Planned", "Broken"))
_STATUSES = _OFF_THE_BOOK | {"Scheduled", "Complete", "ASAP", "PtNote", "PtNoteCompleted"}


class AppointmentRow(Row):
    AptNum: Key
    PatNum: Number = 0
    AptStatus: Text = ""
    Pattern: Text = ""
    Confirmed: Number = 0
    confirmed: Text = ""
    TimeLocked: Flag = False
    Op: Number = 0
    Note: Text = ""
    ProvNum: Number = 0
    provAbbr: Text = ""
    ProvHyg: Number = 0
    AptDateTime: Moment = None
    NextAptNum: Number = 0
    UnschedStatus: Number = 0
    unschedStatus: Text = ""
    IsNewPatient: Flag = False
    ProcDescript: Text = ""
    Assistant: Number = 0
    ClinicNum: Number = 0
    IsHygiene: Flag = False
    DateTStamp: Text = ""
    DateTimeArrived: Moment = None
    DateTimeSeated: Moment = None
    DateTimeDismissed: Moment = None
    InsPlan1: Number = 0
    InsPlan2: Number = 0
    DateTimeAskedToArrive: Moment = None
    colorOverride: Text = ""
    AppointmentTypeNum: Number = 0
    SecUserNumEntry: Number = 0
    SecDateTEntry: Text = ""
    Priority: Text = ""
    PatternSecondary: Text = ""
    ItemOrderPlanned: Number = 0
    IsMirrored: Flag = False
    serverDateTime: Text = ""

    @property
    def _is_unknown(self) -> bool:
        takes_unknown_time = self.takes_time and (self.AptDateTime is None or not self.tells_place)
        return self.AptStatus not in _STATUSES or not _PATTERN.fullmatch(self.Pattern) or takes_unknown_time

    @property
    def takes_time(self) -> bool:
        """An unknown status does, as in `translate`."""
        return self.AptStatus not in _OFF_THE_BOOK

    @property
    def tells_length(self) -> bool:
        """What takes no time has no length to hide."""
        return not self.takes_time or _PATTERN.fullmatch(self.Pattern) is not None

    @property
    def tells_place(self) -> bool:
        """Whether it says which chair or whose time it takes, and hides neither."""
        return bool(self.Op or self.ProvNum or self.ProvHyg) and not self.is_unreadable("Op", "ProvNum", "ProvHyg")

    @property
    def key(self) -> object:
        return self.AptNum


class BookedRow(AppointmentRow):
    """A row of the day's book, where even one without its key takes up time."""

    AptNum: Number = 0

    @property
    def _is_unknown(self) -> bool:
        return self.AptNum == 0 or super()._is_unknown

    @property
    def tells_nothing(self) -> bool:
        """Whether neither which visit it is is known, nor when, where or whose time it takes."""
        return not (self.AptNum or self.AptDateTime or self.tells_place)

    @property
    def key(self) -> object:
        return self.AptNum or str(self.model_dump())


class HistoryRow(AppointmentRow):
    HistApptNum: Key
    HistUserNum: Number = 0
    HistDateTStamp: Text = ""
    HistApptAction: Text = ""
    ApptSource: Text = ""

    @property
    def key(self) -> object:
        return self.HistApptNum


class SlotRow(Row):
    DateTimeStart: Annotated[datetime, or_fail(_moment)]
    DateTimeEnd: Annotated[datetime, or_fail(_moment)]
    ProvNum: Number = 0
    OpNum: Number = 0

    @property
    def _is_unknown(self) -> bool:
        return self.DateTimeEnd <= self.DateTimeStart

    @property
    def key(self) -> object:
        return self.DateTimeStart, self.DateTimeEnd, self.ProvNum, self.OpNum


class ProviderRow(Row):
    ProvNum: Key
    Abbr: Text = ""
    LName: Text = ""
    FName: Text = ""
    MI: Text = ""
    Suffix: Text = ""
    FeeSched: Number = 0
    Specialty: Number = 0
    SSN: Text = ""
    StateLicense: Text = ""
    IsSecondary: Flag = False
    provColor: Text = ""
    IsHidden: Flag = False
    UsingTIN: Flag = False
    SigOnFile: Flag = False
    NationalProvID: Text = ""
    DateTStamp: Text = ""
    IsNotPerson: Flag = False
    ProvStatus: Text = ""
    IsHiddenReport: Flag = False
    Birthdate: Day = None
    SchedNote: Text = ""
    PreferredName: Text = ""
    serverDateTime: Text = ""

    @property
    def key(self) -> object:
        return self.ProvNum


class OperatoryRow(Row):
    OperatoryNum: Key
    OpName: Text = ""
    Abbrev: Text = ""
    ItemOrder: Number = 0
    IsHidden: Flag = False
    ProvDentist: Number = 0
    ProvHygienist: Number = 0
    IsHygiene: Flag = False
    ClinicNum: Number = 0
    SetProspective: Flag = False
    IsWebSched: Flag = False
    OperatoryType: Number = 0
    operatoryType: Text = ""

    @property
    def key(self) -> object:
        return self.OperatoryNum


class DefinitionRow(Row):
    DefNum: Key
    ItemName: Text = ""
    ItemValue: Text = ""
    Category: Number = 0
    category: Text = ""
    isHidden: Flag = False

    @property
    def key(self) -> object:
        return self.DefNum


class ClinicRow(Row):
    ClinicNum: Key
    Description: Text = ""
    Address: Text = ""
    Address2: Text = ""
    City: Text = ""
    State: Text = ""
    Zip: Text = ""
    BillingAddress: Text = ""
    BillingAddress2: Text = ""
    BillingCity: Text = ""
    BillingState: Text = ""
    BillingZip: Text = ""
    PayToAddress: Text = ""
    PayToAddress2: Text = ""
    PayToCity: Text = ""
    PayToState: Text = ""
    PayToZip: Text = ""
    Phone: Text = ""
    Abbr: Text = ""
    IsHidden: Flag = False

    @property
    def key(self) -> object:
        return self.ClinicNum


class AppointmentTypeRow(Row):
    AppointmentTypeNum: Key
    AppointmentTypeName: Text = ""
    appointmentTypeColor: Text = ""
    IsHidden: Flag = False
    Pattern: Text = ""
    CodeStr: Text = ""
    CodeStrRequired: Text = ""
    RequiredProcCodesNeeded: Text = ""
    BlockoutTypes: Text = ""

    @property
    def key(self) -> object:
        return self.AppointmentTypeNum


class PreferenceRow(Row):
    PrefNum: Number = 0
    PrefName: Text
    ValueString: Text = ""

    @property
    def key(self) -> object:
        return self.PrefName


class PermissionRow(Row):
    Permission: Text
    HasPermission: Flag = False

    @property
    def key(self) -> object:
        return self.Permission
