"""How a practice's connection is: key, permissions, people, the office's clock and zone, latency (design section 4)."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from openchair.book_findings import book_findings
from openchair.errors import (
    EhrBusy,
    EhrError,
    EhrKeyMissing,
    EhrKeyRefused,
    EhrNotSent,
    EhrOffline,
    EhrUnavailable,
    EhrUnreachable,
    OpenChairError,
)
from openchair.findings import Finding, Weight
from openchair.models.office import LocationCheck, OfficeCheck
from openchair.models.practice import Practice, PracticeRecord
from openchair.ports import Clock, OfficeReader
from openchair.zone_findings import zone_findings

MOST_SKEW_SECONDS = 120
SLOW_MILLISECONDS = 5000
QUARTER_HOUR = 900
_LOOKED_AHEAD = timedelta(days=6)
"""With today a week of the book."""

# What OpenChair needs a key for, and the name by which an EHR tells it. A name that is not told counts as granted:
# other versions and other EHRs tell others.
_PERMISSIONS: tuple[tuple[str, str, Weight], ...] = (
    ("reading", "ApiReadAll", "failing"),
    ("booking and moving visits", "ApiAppointments", "degraded"),
    ("cancelling and confirming visits", "ApiComm", "degraded"),
    ("onboarding patients", "ApiPatients", "degraded"),
)

_WHAT_TO_DO: dict[type[OpenChairError], str] = {
    EhrKeyMissing: "Store the practice's keys again, under the secret name that the practice document gives.",
    EhrKeyRefused: "Check in the EHR that the key is enabled and has its permissions; then store it again.",
    EhrBusy: "Nothing, if it passes in a minute; else see who else uses the same key.",
    EhrOffline: "Ask the practice to check that its server runs and is connected to its vendor.",
    EhrUnreachable: "Check the EHR's base URL and this network's way out; then the vendor's status page.",
    EhrUnavailable: "Try again in some minutes; if it stays, ask the EHR's vendor.",
}


def check_health(record: PracticeRecord, ehr: OfficeReader, clock: Clock) -> dict[str, Any]:
    """`status` is ok, degraded or failing, with one finding for each thing looked at; what failed is one too.

    `latency_ms` is what asking the office took, waiting for turns included; the look at a week of its book, which comes
    after and is left out where time runs short, does not count. `clock_skew_seconds`: the office's clock minus ours,
    apart from whole quarter hours, which tell of a wrong zone; null when the EHR does not tell the time.
    """
    began, asked_at = clock.monotonic(), clock.now()
    skew: int | None = None
    office: OfficeCheck | None = None
    try:
        office = ehr.check_office()
    except OpenChairError as error:
        findings = [_failure(error)]
    elapsed = clock.monotonic() - began
    if office is not None:
        shift, skew = _shift_and_skew(office, record.practice, asked_at + timedelta(seconds=elapsed / 2))
        findings = [
            Finding("key", True, "The EHR takes the practice's key.", scope="account"),
            _permissions(office),
            _providers(office),
            *zone_findings(office, shift, record.practice, clock.now()),
            _clock(skew),
            _latency(elapsed),
            *(finding for one in office.locations for finding in _location(one, clock.now())),
            *_appointment_types(office, record.practice),
            *_book(record, ehr, clock),
            *_confirmation(office),
        ]
    return {
        "status": _status(findings),
        "as_of": clock.now().astimezone(record.practice.zone).isoformat(timespec="seconds"),
        "timezone": record.practice.timezone,
        "latency_ms": round(elapsed * 1000),
        "provider_count": office.provider_count if office is not None else None,
        "clock_skew_seconds": skew,
        "ehr_version": _version(office),
        "findings": [finding.answer() for finding in findings],
    }


def _book(record: PracticeRecord, ehr: OfficeReader, clock: Clock) -> list[Finding]:
    today = clock.now().astimezone(record.practice.zone).date()
    try:
        return book_findings(ehr.check_book(today, today + _LOOKED_AHEAD))
    except EhrNotSent:
        return book_findings(None)
    except OpenChairError as error:
        return [replace(_failure(error), weight="degraded")]


def _status(findings: list[Finding]) -> str:
    wrong = {finding.weight for finding in findings if not finding.ok}
    return "failing" if "failing" in wrong else "degraded" if wrong else "ok"


def _failure(error: OpenChairError) -> Finding:
    what_to_do = next((text for kind, text in _WHAT_TO_DO.items() if isinstance(error, kind)), None)
    weight: Weight = "degraded" if isinstance(error, EhrBusy) else "failing"
    scope = error.scope if isinstance(error, EhrError) else "practice"
    return Finding(error.code, False, error.sentence, what_to_do or "See docs/codes.md for this code.", weight, scope)


def _permissions(office: OfficeCheck) -> Finding:
    lacking = [needed for needed in _PERMISSIONS if office.permissions.get(needed[1]) is False]
    if not lacking:
        return Finding("permissions", True, "The key may do all that OpenChair does.")
    return Finding(
        "permissions",
        False,
        f"The key lacks the permission for {', '.join(purpose for purpose, _, _ in lacking)}.",
        f"Grant it {', '.join(name for _, name, _ in lacking)} in the EHR's developer portal.",
        "failing" if any(weight == "failing" for *_, weight in lacking) else "degraded",
    )


def _providers(office: OfficeCheck) -> Finding:
    if office.provider_count > 0:
        return Finding("providers", True, f"The EHR shows {office.provider_count} providers.")
    return Finding(
        "providers",
        False,
        "The EHR shows no provider, so nothing can be booked.",
        "Check that the key belongs to this practice, and the clinic or location in its document.",
    )


def _shift_and_skew(office: OfficeCheck, practice: Practice, now: datetime) -> tuple[int | None, int | None]:
    """Seconds by which the office's zone and its clock differ from what we hold true."""
    if office.wall_time is None:
        return None, None
    wall = now.astimezone(practice.zone).replace(tzinfo=None)
    ahead = round((office.wall_time - wall).total_seconds())
    if office.utc_offset is not None:
        offset = now.astimezone(practice.zone).utcoffset() or timedelta(0)
        shift = round((office.utc_offset - offset).total_seconds())
        return shift, ahead - shift
    shift = round(ahead / QUARTER_HOUR) * QUARTER_HOUR
    # No zone is off by an odd number of minutes: then the clock is wrong.
    return (shift, ahead - shift) if abs(ahead - shift) <= MOST_SKEW_SECONDS else (0, ahead)


def _clock(skew: int | None) -> Finding:
    if skew is None:
        return Finding("clock", True, "The EHR does not tell its time, so its clock could not be compared.")
    message = f"The office's clock differs from ours by {skew} seconds."
    if abs(skew) <= MOST_SKEW_SECONDS:
        return Finding("clock", True, message)
    return Finding("clock", False, message, "Have the office's server take its time from a time server.")


def _appointment_types(office: OfficeCheck, practice: Practice) -> list[Finding]:
    if office.appointment_type_ids is None:
        return []
    unknown = [
        one.id for one in practice.services if one.appointment_type_id not in {None, *office.appointment_type_ids}
    ]
    kept = [one.id for one in practice.services if one.appointment_type_id in office.types_not_bookable]
    found = []
    if unknown:
        message = f"The EHR does not know the appointment type of: {', '.join(unknown)}. These cannot be booked."
        advice = "Correct appointment_type_id in the practice document."
        found.append(Finding("appointment_types", False, message, advice))
    if kept:
        message = f"The EHR keeps the appointment type of these from being booked online: {', '.join(kept)}."
        advice = "Have the vendor make the type bookable online, or take the service out of the practice document."
        found.append(Finding("types_not_bookable", False, message, advice))
    return found


def _confirmation(office: OfficeCheck) -> list[Finding]:
    if office.confirmation is None:
        return []
    state, is_known = office.confirmation.state_id, office.confirmation.is_known
    if state is not None and is_known:
        return [Finding("confirmation", True, f"The office calls a visit confirmed in its state {state}.")]
    message = "The office does not tell which of its states means confirmed: no visit counts as confirmed."
    if state is not None:
        message = f"The office has no state {state}, by which the practice document knows a confirmed visit."
    what_to_do = "Set confirmed_def in the practice document, or choose the office's state for accepted eConfirmations."
    return [Finding("confirmation", False, message, what_to_do)]


def _location(location: LocationCheck, now: datetime) -> list[Finding]:
    """What stands between an EHR's vendor and the practice's own system."""
    sync, where = location.sync, f"Location {location.location_id}"
    findings = [
        Finding(
            "sync_read",
            sync.is_reading,
            f"{where} is {'' if sync.is_reading else 'not '}read, last {_ago(sync.read_at, now)}.",
            None if sync.is_reading else "Have the practice start its server or its vendor's connector.",
            "failing",
        )
    ]
    if sync.writes_reach_chart:
        findings.append(
            Finding(
                "sync_write",
                sync.is_writing,
                f"{where} is {'' if sync.is_writing else 'not '}written to, last {_ago(sync.written_at, now)}.",
                None if sync.is_writing else "Have the practice start its server: what is booked waits until then.",
            )
        )
    else:
        findings.append(
            Finding(
                "sync_write",
                False,
                f"{where} does not write to the practice's own system: what is booked stays at the vendor.",
                "Ask the vendor to switch on writing for this location, or enter visits by hand.",
            )
        )
    if not location.has_hours:
        findings.append(
            Finding(
                "hours",
                False,
                f"{where} has no working hours, so no time is open there.",
                "Have the vendor read the practice's schedule, or enter working hours at the vendor.",
            )
        )
    return findings


def _ago(moment: datetime | None, now: datetime) -> str:
    if moment is None:
        return "at a time that is not told"
    minutes = max(round((now - moment).total_seconds() / 60), 0)
    return f"{minutes} minutes ago"


def _latency(elapsed: float) -> Finding:
    message = f"The check took {round(elapsed * 1000)} ms."
    if elapsed * 1000 <= SLOW_MILLISECONDS:
        return Finding("latency", True, message)
    return Finding("latency", False, message, "See whether the office's line or server is slow, or the key is shared.")


def _version(office: OfficeCheck | None) -> str | None:
    version = office.version if office is not None else None
    return version if version is not None and re.fullmatch(r"[0-9][0-9.]{0,19}", version) else None
