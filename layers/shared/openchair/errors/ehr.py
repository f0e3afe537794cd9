"""What the EHR, or the way to it, can come to."""

from typing import Literal

from openchair.errors.root import OpenChairError

Scope = Literal["account", "practice"]
"""Whom it concerns: all practices behind the key, or the one alone that asked. The EHR's answer decides."""


class EhrError(OpenChairError):
    """The EHR, or the way to it. `retry_after` is in seconds where the EHR gave one."""

    code = "ehr_error"
    sentence = "The EHR could not be used."
    scope: Scope = "account"

    def __init__(self, detail: str | None = None, retry_after: float | None = None) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class EhrNotSent(EhrError):
    """Certain: nothing took effect in the EHR, and the same may be tried again."""

    code = "ehr_not_sent"
    sentence = "The EHR was not reached; it will be tried again."
    retryable = True


class EhrBusy(EhrNotSent):
    code = "ehr_busy"
    sentence = "The EHR takes no more requests for now."


class EhrOffline(EhrNotSent):
    code = "ehr_offline"
    sentence = "The practice's own system is not reachable from its vendor."


class EhrUnreachable(EhrNotSent):
    code = "ehr_unreachable"
    sentence = "No connection to the EHR could be made."


class EhrNotSynced(EhrNotSent):
    """What is to be changed still waits for the practice's own system, which has to take it first."""

    code = "ehr_not_synced"
    sentence = "The practice's own system does not have this appointment or person yet; it will be tried again."


class EhrRefused(EhrError):
    """Certain: the EHR said no, and the same would be refused again."""

    code = "ehr_refused"
    sentence = "The EHR refused."


class EhrKeyMissing(EhrRefused):
    code = "ehr_key_missing"
    sentence = "No usable EHR key is stored for this practice."
    scope: Scope = "practice"


class EhrKeyRefused(EhrRefused):
    """`is_certain`: the EHR knows the key, and it lacks the right; to fetch it anew would not help."""

    code = "ehr_key_refused"
    sentence = "The EHR refused the practice's key, or the key lacks the permission for this."

    def __init__(self, detail: str | None = None, is_certain: bool = False, scope: Scope = "account") -> None:
        super().__init__(detail)
        self.is_certain = is_certain
        self.scope = scope


class EhrRejected(EhrRefused):
    code = "ehr_rejected"
    sentence = "The EHR refused what was asked as invalid."


class EhrDuplicatePatient(EhrRejected):
    """`patient_id`: whose chart it is, where the EHR says so."""

    code = "ehr_duplicate_patient"
    sentence = "The EHR holds a patient of this name, birth date and contact already."

    def __init__(self, detail: str | None = None, patient_id: str | None = None) -> None:
        super().__init__(detail)
        self.patient_id = patient_id


class PatientContactMissing(EhrRejected):
    code = "patient_contact_missing"
    sentence = "This EHR takes a new patient with both a phone and an e-mail only."


class PatientPhoneForeign(EhrRejected):
    code = "patient_phone_foreign"
    sentence = "This EHR takes a new patient with a North American phone number only."


class EhrNotSupported(EhrRefused):
    code = "not_supported_by_ehr"
    sentence = "This EHR cannot do what was asked."


class EhrUnavailable(EhrError):
    """A read gave no usable answer: time-out, 5xx, HTML, cut JSON."""

    code = "ehr_unavailable"
    sentence = "The EHR gave no usable answer."
    retryable = True


class EhrOutcomeUnknown(EhrError):
    """A write may or may not have taken effect. Never repeat it without reading back (design section 5).

    `fingerprint` is a hash of a refusal whose text is on no list: the same one twice with no effect is a refusal.
    """

    code = "outcome_unknown"
    sentence = "The EHR's answer was lost: it may or may not have done what was asked."

    def __init__(self, detail: str | None = None, fingerprint: str | None = None) -> None:
        super().__init__(detail)
        self.fingerprint = fingerprint
