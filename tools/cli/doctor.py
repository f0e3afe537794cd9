"""What is wrong with a practice's connection and settings, and what to do about it: pure, from answers already read."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from openchair.models.practice import Practice, Service

Json = Mapping[str, Any]


class Level(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    level: Level
    code: str
    message: str
    what_to_do: str = ""


@dataclass(frozen=True, slots=True)
class Answers:
    """What the API said. `slots`: tomorrow's answer for each service asked; `refused`: the code where there is none.

    `no_location`: in its words, that the practice's clinic has no chairs and which clinics have some.
    """

    health: Json
    operatories: Sequence[Json] = ()
    providers: Sequence[Json] = ()
    slots: Mapping[str, Json] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    no_location: str | None = None


def services_to_ask(practice: Practice, operatories: Sequence[Json], health: Json) -> list[Service]:
    """The shortest service for each kind of chair there is: few reads that still touch every chair in use."""
    chairs = _ids(operatories, "operatory_id")
    if not chairs and _books_without_chairs(health):
        return sorted(practice.services, key=lambda service: service.minutes)[:1]
    shortest: dict[str | None, Service] = {}
    for service in sorted(practice.services, key=lambda service: service.minutes):
        if _chairs_of(practice, service, chairs):
            shortest.setdefault(service.operatory_type, service)
    return list(shortest.values())


def starts_by_chair(answers: Answers) -> dict[str, list[datetime]]:
    """Each chair's bookable starts tomorrow, over all services asked; every visible chair has an entry."""
    starts: dict[str, set[datetime]] = {chair["operatory_id"]: set() for chair in answers.operatories}
    for answer in answers.slots.values():
        for provider in answer["providers"]:
            for day in provider["days"]:
                for slot in day["slots"]:
                    starts.setdefault(slot["operatory_id"], set()).add(datetime.fromisoformat(slot["start"]))
    return {chair: sorted(times) for chair, times in starts.items()}


def examine(practice: Practice, answers: Answers) -> list[Finding]:
    """Every finding, in the order in which they are best put right."""
    findings = _health(answers.health)
    if answers.operatories or answers.providers:
        findings += _counts(practice, answers)
        wrong = [*_maps(practice, answers), *_services(practice, answers)]
        findings += wrong
        if answers.operatories and answers.providers and not wrong:
            findings.append(Finding(Level.OK, "maps", "All chairs and providers that maps and services name exist."))
        findings += _tomorrow(practice, answers)
    return findings


def section_of(practice: Practice) -> str:
    """Which part of the practice document holds the maps of chairs."""
    return practice.ehr.value.lower()


def has_failed(findings: Iterable[Finding]) -> bool:
    return any(finding.level is Level.FAILED for finding in findings)


def _health(health: Json) -> list[Finding]:
    return [
        Finding(_level(check), str(check["code"]), str(check.get("message") or ""), str(check.get("what_to_do") or ""))
        for check in health["findings"]
    ]


def _level(check: Json) -> Level:
    """What is no fault and still comes with advice is worth a look."""
    if not check["ok"]:
        return Level.FAILED
    return Level.WARNING if check.get("what_to_do") else Level.OK


def _counts(practice: Practice, answers: Answers) -> list[Finding]:
    findings = []
    if answers.no_location is not None:
        findings.append(_clinic_unknown(practice, answers.no_location))
    for code, rows, word, where in (
        ("providers", answers.providers, "provider", "Lists > Providers"),
        ("operatories", answers.operatories, "chair", "Setup > Appointments > Operatories"),
    ):
        is_told = answers.no_location is not None or _books_without_chairs(answers.health)
        if not rows and not (code == "operatories" and is_told):
            findings.append(
                Finding(
                    Level.FAILED, f"no_{code}", f"No {word} can be seen.", f"Unhide or add one in the EHR ({where})."
                )
            )
    return findings


def _books_without_chairs(health: Json) -> bool:
    """Where the vendor knows no chairs: health has told it, with hours that name none."""
    return any(check["code"] == "hours_without_chairs" for check in health["findings"])


def _clinic_unknown(practice: Practice, what: str) -> Finding:
    settings = practice.open_dental
    number = settings.clinic_number if settings else None
    return Finding(
        Level.FAILED,
        "clinic_unknown",
        f"open_dental.clinic_number is {number}. {what}",
        "Correct clinic_number in the practice document, or assign chairs to this clinic in the EHR.",
    )


def _maps(practice: Practice, answers: Answers) -> list[Finding]:
    """Where no chair or no provider can be seen at all, not each one that is named is told."""
    settings, section = practice.chair_maps, section_of(practice)
    chairs, providers = _ids(answers.operatories, "operatory_id"), _ids(answers.providers, "provider_id")
    named: list[tuple[str, str, str]] = []
    for chair, provider in settings.operatory_id_to_provider_id.items():
        named += [
            ("operatory_id_to_provider_id", "chair", chair),
            ("operatory_id_to_provider_id", "provider", provider),
        ]
    for kind, ids in settings.operatory_type_to_ids.items():
        named += [(f"operatory_type_to_ids.{kind}", "chair", id_) for id_ in ids]
    for kind, ids in settings.operatory_type_to_provider_ids.items():
        named += [(f"operatory_type_to_provider_ids.{kind}", "provider", id_) for id_ in ids]
    known = {"chair": chairs, "provider": providers}
    return [
        _unknown(f"{section}.{where}", word, id_)
        for where, word, id_ in dict.fromkeys(named)
        if known[word] and id_ not in known[word]
    ]


def _services(practice: Practice, answers: Answers) -> list[Finding]:
    chairs, providers = _ids(answers.operatories, "operatory_id"), _ids(answers.providers, "provider_id")
    findings = [] if practice.services else [_no_services()]
    for service in practice.services:
        findings += [
            _unknown(f"services.{service.id}.provider_ids", "provider", id_)
            for id_ in service.provider_ids
            if providers and id_ not in providers
        ]
        if chairs and not _chairs_of(practice, service, chairs):
            findings.append(
                Finding(
                    Level.FAILED,
                    "service_without_chair",
                    f"No chair can take the service {service.id}.",
                    f"Name chairs for the type {service.operatory_type} in"
                    f" {section_of(practice)}.operatory_type_to_ids.",
                )
            )
    return findings


def _tomorrow(practice: Practice, answers: Answers) -> list[Finding]:
    findings = [
        Finding(
            Level.FAILED,
            code,
            f"Tomorrow's slots for {service_id} could not be found.",
            "Put right what is found above, then run the doctor again.",
        )
        for service_id, code in answers.refused.items()
    ]
    starts = starts_by_chair(answers)
    if not any(starts.values()):
        if answers.slots:
            findings.append(
                Finding(
                    Level.WARNING,
                    "closed_tomorrow",
                    "No chair is free tomorrow.",
                    "If it is open, look at its providers' schedules in the EHR: only scheduled hours can be booked.",
                )
            )
        return findings
    in_use = {id_ for service in practice.services for id_ in _chairs_of(practice, service, set(starts))}
    return findings + [
        _not_free(chair, section_of(practice), is_in_use=chair["operatory_id"] in in_use)
        for chair in answers.operatories
        if not starts[chair["operatory_id"]]
    ]


def _not_free(chair: Json, section: str, *, is_in_use: bool) -> Finding:
    name = f"Chair {chair['operatory_id']} ({chair['name']})"
    if not is_in_use:
        advice = f"If it is to be booked, name it in {section}.operatory_type_to_ids."
        return Finding(Level.WARNING, "chair_unused", f"{name} is in no type that a service uses.", advice)
    advice = "If it should be, look for a scheduled provider and for blockouts in the EHR."
    return Finding(Level.WARNING, "chair_not_free", f"{name} has no free start tomorrow.", advice)


def _chairs_of(practice: Practice, service: Service, chairs: set[str]) -> set[str]:
    mapped = practice.chair_maps.operatory_type_to_ids
    if service.operatory_type is None or not mapped:
        return chairs
    return chairs & set(mapped.get(service.operatory_type, ()))


def _unknown(where: str, word: str, id_: str) -> Finding:
    return Finding(
        Level.FAILED,
        f"unknown_{word}",
        f"{where} names {word} {id_}, which does not exist or is hidden.",
        f"Take it out of the practice document, or unhide the {word} in the EHR.",
    )


def _no_services() -> Finding:
    return Finding(
        Level.FAILED, "no_services", "The practice offers no service.", "Add services to the practice document."
    )


def _ids(rows: Sequence[Json], name: str) -> set[str]:
    return {str(row[name]) for row in rows}
