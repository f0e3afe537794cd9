"""How a practice's connection is: key, permissions, people, the office's clock and zone, latency (design section 4)."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from openchair.errors import (
    EhrBusy,
    EhrError,
    EhrKeyMissing,
    EhrKeyRefused,
    EhrOffline,
    EhrUnavailable,
    EhrUnreachable,
    OpenChairError,
    Scope,
)
from openchair.models.office import LocationCheck, OfficeCheck
from openchair.models.practice import Practice, PracticeRecord
from openchair.ports import Clock, OfficeReader

MOST_SKEW_SECONDS = 120
SLOW_MILLISECONDS = 5000
QUARTER_HOUR = 900
_HALF_A_YEAR = timedelta(days=183)

Weight = Literal["degraded", "failing"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `weight` is what it makes of the whole when it is not ok.

    `scope`: whether it concerns all practices behind the key (`account`) or this one.
    """

    code: str
    ok: bool
    message: str
    what_to_do: str | None = None
    weight: Weight = "degraded"
    scope: Scope = "practice"

    def answer(self) -> dict[str, Any]:
        told = {"code": self.code, "ok": self.ok, "message": self.message, "what_to_do": self.what_to_do}
        return {**told, "scope": self.scope}


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

    `latency_ms` is what the whole check took, waiting for turns included. `clock_skew_seconds`: the office's clock
    minus ours, apart from whole quarter hours, which tell of a wrong zone; null when the EHR does not tell the time.
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
            _zone(shift, record.practice),
            _clock(skew),
            _latency(elapsed),
            *(finding for one in office.locations for finding in _location(one, record.practice, clock.now())),
            *_appointment_types(office, record.practice),
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


def _zone(shift: int | None, practice: Practice) -> Finding:
    if shift is None:
        return Finding("zone", True, "The EHR does not tell its time, so its zone could not be compared.")
    if shift == 0:
        return Finding("zone", True, f"The office keeps the time of {practice.timezone}.")
    return Finding(
        "zone",
        False,
        f"The office's wall clock is {abs(shift) // 60} minutes {'ahead of' if shift > 0 else 'behind'} "
        f"{practice.timezone}: visits would be booked at a wrong time.",
        "Correct timezone in the practice document, or the zone of the office's server.",
        "failing",
    )


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
    if not unknown:
        return []
    message = f"The EHR does not know the appointment type of: {', '.join(unknown)}. These cannot be booked."
    return [Finding("appointment_types", False, message, "Correct appointment_type_id in the practice document.")]


def _location(location: LocationCheck, practice: Practice, now: datetime) -> list[Finding]:
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
    if location.timezone and not _same_time(location.timezone, practice.zone, now):
        findings.append(
            Finding(
                "zone",
                False,
                f"{where} keeps the time of {location.timezone}, the practice document says {practice.timezone}:"
                " visits would be booked at a wrong time.",
                "Correct timezone in the practice document, or have the vendor correct the location's.",
                "failing",
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


def _same_time(name: str, zone: ZoneInfo, now: datetime) -> bool:
    """In this half of the year and in the other; the time of a zone that is not known is not compared."""
    try:
        other = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return True
    return all(at.astimezone(other).utcoffset() == at.astimezone(zone).utcoffset() for at in (now, now + _HALF_A_YEAR))


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
