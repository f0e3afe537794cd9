"""The office's database rows. Field names are the vendor's columns; records never change, they are replaced.

Wall-clock values carry no zone, as in the vendor's database. `NO_DATE` and `NO_MOMENT` stand for null.
"""

from dataclasses import dataclass
from datetime import date, datetime, time

NO_DATE = date.min
NO_MOMENT = datetime.combine(date.min, time())
MIDNIGHT = time()


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    PatNum: int
    LName: str
    FName: str
    MiddleI: str = ""
    Preferred: str = ""
    PatStatus: str = "Patient"
    Gender: str = "Unknown"
    Position: str = "Single"
    Birthdate: date = NO_DATE
    SSN: str = ""
    Address: str = ""
    Address2: str = ""
    City: str = ""
    State: str = ""
    Zip: str = ""
    HmPhone: str = ""
    WkPhone: str = ""
    WirelessPhone: str = ""
    Guarantor: int
    Email: str = ""
    EstBalance: float = 0.0
    PriProv: int = 0
    SecProv: int = 0
    FeeSched: int = 0
    BillingType: str = ""
    ImageFolder: str = ""
    FamFinUrgNote: str = ""
    ChartNumber: str = ""
    MedicaidID: str = ""
    BalTotal: float = 0.0
    EmployerNum: int = 0
    DateFirstVisit: date = NO_DATE
    ClinicNum: int = 0
    Premed: bool = False
    Ward: str = ""
    PreferConfirmMethod: str = "None"
    PreferContactMethod: str = "None"
    PreferRecallMethod: str = "None"
    Language: str = ""
    AdmitDate: date = NO_DATE
    DateTStamp: datetime
    SuperFamily: int = 0
    TxtMsgOk: str = "Unknown"
    SecDateEntry: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointment:
    AptNum: int
    PatNum: int
    AptStatus: str
    Pattern: str
    Confirmed: int
    Op: int
    Note: str
    ProvNum: int
    ProvHyg: int = 0
    AptDateTime: datetime = NO_MOMENT
    NextAptNum: int = 0
    UnschedStatus: int = 0
    IsNewPatient: bool = False
    ProcDescript: str = ""
    ClinicNum: int = 0
    IsHygiene: bool = False
    DateTStamp: datetime
    DateTimeArrived: datetime = NO_MOMENT
    DateTimeSeated: datetime = NO_MOMENT
    DateTimeDismissed: datetime = NO_MOMENT
    DateTimeAskedToArrive: datetime = NO_MOMENT
    colorOverride: str = "0,0,0"
    AppointmentTypeNum: int = 0
    SecUserNumEntry: int = 0
    SecDateTEntry: datetime
    Priority: str = "Normal"
    PatternSecondary: str = ""
    ItemOrderPlanned: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """One row per create, change, miss, cancel or delete; `appointment` is as it stood after it."""

    HistApptNum: int
    HistDateTStamp: datetime
    HistApptAction: str
    ApptSource: str
    appointment: Appointment


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    ScheduleNum: int
    SchedDate: date
    StartTime: time
    StopTime: time
    SchedType: str
    ProvNum: int
    BlockoutType: int
    Note: str
    operatories: tuple[int, ...]
    DateTStamp: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Operatory:
    OperatoryNum: int
    OpName: str
    Abbrev: str
    ItemOrder: int
    IsHidden: bool
    ProvDentist: int
    ProvHygienist: int
    IsHygiene: bool
    ClinicNum: int
    IsWebSched: bool
    OperatoryType: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    ProvNum: int
    Abbr: str
    LName: str = ""
    FName: str = ""
    MI: str = ""
    Suffix: str = ""
    FeeSched: int = 53
    Specialty: int = 0
    StateLicense: str = ""
    IsSecondary: bool = False
    provColor: str = "255,255,255"
    IsHidden: bool = False
    NationalProvID: str = ""
    DateTStamp: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    DefNum: int
    ItemName: str
    ItemValue: str
    Category: int
    category: str
    isHidden: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Clinic:
    ClinicNum: int
    Description: str
    Address: str
    City: str
    State: str
    Zip: str
    Phone: str
    Abbr: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentType:
    AppointmentTypeNum: int
    AppointmentTypeName: str
    appointmentTypeColor: str
    IsHidden: bool
    Pattern: str
    CodeStr: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    RecallNum: int
    PatNum: int
    DateDue: date
    DatePrevious: date
    RecallInterval: str
    DateTStamp: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Commlog:
    CommlogNum: int
    PatNum: int
    CommDateTime: datetime
    CommType: int
    Note: str
    Mode_: str
    SentOrReceived: str
    CommSource: str
    DateTStamp: datetime
