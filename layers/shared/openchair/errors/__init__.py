"""Everything that can go wrong, as one tree. The HTTP status of each stands in `http_api`, all codes in docs/codes.md.

OpenChairError
├── RequestError                     the caller has to change the request
│   ├── InvalidRequest  InvalidJson  BodyTooLarge  InvalidTime (TooSoon TooFar)  RangeTooLong
│   ├── IdempotencyKeyMissing  IdempotencyKeyReused  CallerNotSupported
│   ├── NotFound                     PracticeNotFound ServiceNotFound TaskNotFound PatientNotFound AppointmentNotFound
│   │                                ProviderNotFound OperatoryNotFound LocationNotFound RouteNotFound MethodNotAllowed
│   └── Conflict                     SlotTaken OffSchedule PatientMismatch AppointmentBusy NotCancellable NotMovable
│                                    NotConfirmable VisitIsPast VisitHasBegun OverlapNotAllowed
│   │                                TaskAlreadySent TaskExpired TaskWithdrawn
│                                    ChangedInEhr GivenUp NotInReview TaskEnded RevertedInEhr NotWrittenToEhr
│                                    PatientNotBookable PatientInactive PatientBusy TaskOfNewerVersion
│                                    GivenUpUnread
├── EhrError                         the EHR, or the way to it
│   ├── EhrNotSent                   nothing reached the EHR: EhrBusy EhrOffline EhrUnreachable EhrNotSynced
│   ├── EhrRefused                   a definite no: EhrKeyMissing EhrKeyRefused EhrNotSupported EhrRejected
│   │                                (EhrDuplicatePatient PatientContactMissing PatientPhoneForeign)
│   ├── EhrUnavailable               a read that gave no usable answer
│   └── EhrOutcomeUnknown            a write that may or may not have taken effect
└── StoreError                       our own state: StaleVersion StoreUnavailable SettingMissing StoredItemUnreadable
"""

from openchair.errors.conflict import *
from openchair.errors.ehr import *
from openchair.errors.request import *
from openchair.errors.root import *
from openchair.errors.state import *
