"""What the control API answers, as JSON schemas. Schemathesis and the handler tests hold the answers to them."""

from typing import Any

from openchair.models.journal import TaskState
from openchair.models.request import TaskType
from openchair.models.visit import AppointmentStatus

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
WHOLE: Schema = {"type": "integer"}
YES_NO: Schema = {"type": "boolean"}
DAY: Schema = {"type": "string", "format": "date"}
TIME: Schema = {"type": "string", "format": "date-time"}


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _or_null(schema: Schema) -> Schema:
    return {**schema, "type": [schema["type"], "null"]}


def _one_of(words: Any) -> Schema:
    return {"type": "string", "enum": [str(word) for word in words]}


def _list(schema: Schema) -> Schema:
    return {"type": "array", "items": schema}


def _object(told_always: Schema, told_sometimes: Schema | None = None) -> Schema:
    return {
        "type": "object",
        "properties": {name: dict(inner) for name, inner in {**told_always, **(told_sometimes or {})}.items()},
        "required": list(told_always),
        "additionalProperties": False,
    }


ANSWERS: dict[str, Schema] = {
    "Slots": _object(
        {
            "as_of": TIME,
            "source": _one_of(["live", "mirror"]),
            "timezone": TEXT,
            "complete_until": _or_null(TIME),
            "providers": _list(ref("ProviderSlots")),
        }
    ),
    "ProviderSlots": _object({"provider_id": TEXT, "name": TEXT, "days": _list(ref("DaySlots"))}),
    "DaySlots": _object({"date": DAY, "slots": _list(ref("Slot"))}),
    "Slot": _object({"start": TIME, "end": TIME, "operatory_id": _or_null(TEXT)}),
    "Providers": _object({"providers": _list(ref("Provider"))}),
    "Provider": _object({"provider_id": TEXT, "name": TEXT, "abbreviation": TEXT, "is_hygienist": YES_NO}),
    "Operatories": _object({"operatories": _list(ref("Operatory"))}),
    "Operatory": _object(
        {
            "operatory_id": TEXT,
            "name": TEXT,
            "abbreviation": TEXT,
            "is_hygiene": YES_NO,
            "types": _list(TEXT),
            "provider_id": _or_null(TEXT),
            "hygienist_id": _or_null(TEXT),
            "location_id": _or_null(TEXT),
        }
    ),
    "Services": _object({"services": _list(ref("Service"))}),
    "Service": _object(
        {
            "service_id": TEXT,
            "name": TEXT,
            "minutes": WHOLE,
            "operatory_type": _or_null(TEXT),
            "provider_ids": _list(TEXT),
        }
    ),
    "Patients": _object({"patients": _list(ref("Patient"))}),
    "Patient": _object(
        {
            "patient_id": TEXT,
            "first_name": TEXT,
            "last_name": TEXT,
            "preferred_name": _or_null(TEXT),
            "date_of_birth": _or_null(DAY),
            "phones": _list(TEXT),
            "email": _or_null(TEXT),
            "is_active": YES_NO,
            "is_bookable": YES_NO,
        }
    ),
    "Visits": _object(
        {
            "as_of": TIME,
            "timezone": TEXT,
            "complete_since": _or_null(DAY),
            "upcoming": _list(ref("Visit")),
            "past": _list(ref("Visit")),
            "unscheduled": WHOLE,
        }
    ),
    "Visit": _object(
        {
            "appointment_id": TEXT,
            "status": _one_of(AppointmentStatus),
            "start": TIME,
            "end": _or_null(TIME),
            "minutes": _or_null(WHOLE),
            "provider_id": _or_null(TEXT),
            "provider_name": _or_null(TEXT),
            "operatory_id": _or_null(TEXT),
            "operatory_name": _or_null(TEXT),
            "service_name": _or_null(TEXT),
            "confirmed": YES_NO,
        }
    ),
    "Task": _object(
        {
            "id": TEXT,
            "practice_id": TEXT,
            "type": _one_of(TaskType),
            "state": _one_of(TaskState),
            "code": TEXT,
            "message": TEXT,
            "appointment_id": _or_null(TEXT),
            "patient_id": _or_null(TEXT),
            "in_chart": _or_null(YES_NO),
            "start": _or_null(TIME),
            "end": _or_null(TIME),
            "operatory_id": _or_null(TEXT),
            "provider_id": _or_null(TEXT),
            "service_id": _or_null(TEXT),
            "patient_code": _or_null(TEXT),
            "accepted_at": TIME,
            "updated_at": TIME,
            "next_attempt_at": _or_null(TIME),
        }
    ),
    "Tasks": _object({"tasks": _list(ref("Task")), "next_cursor": _or_null(TEXT)}, {"unreadable": WHOLE}),
    "Health": _object(
        {
            "status": _one_of(["ok", "degraded", "failing"]),
            "as_of": TIME,
            "timezone": TEXT,
            "latency_ms": WHOLE,
            "provider_count": _or_null(WHOLE),
            "clock_skew_seconds": _or_null(WHOLE),
            "ehr_version": _or_null(TEXT),
            "findings": _list(ref("Finding")),
        }
    ),
    "Finding": _object(
        {
            "code": TEXT,
            "ok": YES_NO,
            "message": TEXT,
            "what_to_do": _or_null(TEXT),
            "scope": {"type": "string", "enum": ["account", "practice"]},
        }
    ),
    "Problem": _object(
        {"type": TEXT, "title": TEXT, "detail": TEXT, "code": TEXT},
        {"status": WHOLE, "errors": _list(ref("FieldError"))},
    ),
    "FieldError": _object({"field": TEXT, "problem": TEXT}),
}
