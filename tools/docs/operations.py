"""Every route of the control API: what it takes, what it answers, what it can refuse with, and one example."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from openchair import errors
from openchair.errors import OpenChairError
from openchair.models.person import PatientQuery
from openchair.models.request import Resolution, TaskRequest
from openchair.slots.find import MoveQuery, SlotQuery
from openchair.tasks.answers import TaskListQuery

Errors = tuple[type[OpenChairError], ...]

_ANY_ROUTE: Errors = (
    errors.InvalidRequest,
    errors.CallerNotSupported,
    errors.PracticeNotFound,
    errors.RouteNotFound,
    errors.OpenChairError,
    errors.StoreError,
    errors.SettingMissing,
    errors.StoreUnavailable,
)
_EHR: Errors = (
    errors.EhrNotSent,
    errors.EhrBusy,
    errors.EhrOffline,
    errors.EhrUnreachable,
    errors.EhrUnavailable,
    errors.EhrRefused,
    errors.EhrKeyMissing,
    errors.EhrKeyRefused,
    errors.EhrRejected,
    errors.EhrNotSupported,
)
_BODY: Errors = (errors.InvalidJson, errors.BodyTooLarge)
_DAYS: Errors = (errors.InvalidTime, errors.RangeTooLong)
_CHAIR: Errors = (errors.ProviderNotFound, errors.OperatoryNotFound, errors.LocationNotFound)


@dataclass(frozen=True, slots=True)
class Operation:
    """`answers` are the schema's names by status. `example`: what is sent, as query or body, and what comes back."""

    id: str
    method: str
    path: str
    summary: str
    answers: Mapping[int, str]
    errors: Errors
    query: Any = None
    body: Any = None
    body_name: str = ""
    headers: tuple[str, ...] = ()
    example: tuple[Mapping[str, Any], Mapping[str, Any]] = field(default=({}, {}))

    @property
    def all_errors(self) -> Errors:
        return (*_ANY_ROUTE, *self.errors)


_TASK = {
    "id": "01KJQ2Z5E0A1B2C3D4E5F6G7H8",
    "practice_id": "p1",
    "type": "CREATE_APPOINTMENT",
    "state": "completed",
    "code": "booked",
    "message": "The visit is booked and stands in the chart.",
    "appointment_id": "5012",
    "patient_id": "1042",
    "in_chart": True,
    "start": "2026-03-03T09:00:00-07:00",
    "end": "2026-03-03T10:00:00-07:00",
    "operatory_id": "3",
    "provider_id": "2",
    "service_id": "cleaning",
    "patient_code": None,
    "accepted_at": "2026-03-02T15:04:05.120000+00:00",
    "updated_at": "2026-03-02T15:04:09.480000+00:00",
    "next_attempt_at": None,
}
_SLOTS = {
    "as_of": "2026-03-02T08:04:05-07:00",
    "source": "live",
    "timezone": "America/Denver",
    "complete_until": None,
    "providers": [
        {
            "provider_id": "2",
            "name": "Hana Prell",
            "days": [
                {
                    "date": "2026-03-03",
                    "slots": [
                        {
                            "start": "2026-03-03T09:00:00-07:00",
                            "end": "2026-03-03T10:00:00-07:00",
                            "operatory_id": "3",
                        }
                    ],
                }
            ],
        }
    ],
}
_PRACTICE = "/practices/{practice_id}"

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        id="find_slots",
        method="GET",
        path=f"{_PRACTICE}/slots",
        summary="Open slots for a service, by provider and day; at most 14 days are read live",
        query=SlotQuery,
        answers={200: "Slots"},
        errors=(*_EHR, *_DAYS, *_CHAIR, errors.ServiceNotFound),
        example=({"service_id": "cleaning", "start_date": "2026-03-03", "end_date": "2026-03-03"}, _SLOTS),
    ),
    Operation(
        id="find_slots_for_visit",
        method="GET",
        path=f"{_PRACTICE}/visits/{{appointment_id}}/slots",
        summary="Open slots for moving this visit",
        query=MoveQuery,
        answers={200: "Slots"},
        errors=(
            *_EHR,
            *_DAYS,
            errors.ProviderNotFound,
            errors.OperatoryNotFound,
            errors.AppointmentNotFound,
            errors.NotMovable,
            errors.VisitHasBegun,
            errors.VisitIsPast,
        ),
        example=({"start_date": "2026-03-03", "end_date": "2026-03-03"}, _SLOTS),
    ),
    Operation(
        id="list_providers",
        method="GET",
        path=f"{_PRACTICE}/providers",
        summary="Dentists and hygienists who can be booked",
        answers={200: "Providers"},
        errors=_EHR,
        example=(
            {},
            {"providers": [{"provider_id": "2", "name": "Hana Prell", "abbreviation": "HYG1", "is_hygienist": True}]},
        ),
    ),
    Operation(
        id="list_operatories",
        method="GET",
        path=f"{_PRACTICE}/operatories",
        summary="The practice's chairs",
        answers={200: "Operatories"},
        errors=_EHR,
        example=(
            {},
            {
                "operatories": [
                    {
                        "operatory_id": "3",
                        "name": "Hygiene 1",
                        "abbreviation": "H1",
                        "is_hygiene": True,
                        "types": ["hygiene"],
                        "provider_id": "1",
                        "hygienist_id": "2",
                        "location_id": None,
                    }
                ]
            },
        ),
    ),
    Operation(
        id="list_services",
        method="GET",
        path=f"{_PRACTICE}/services",
        summary="What a patient can book, as the practice document says",
        answers={200: "Services"},
        errors=(),
        example=(
            {},
            {
                "services": [
                    {
                        "service_id": "cleaning",
                        "name": "Cleaning",
                        "minutes": 60,
                        "operatory_type": "hygiene",
                        "provider_ids": [],
                    }
                ]
            },
        ),
    ),
    Operation(
        id="search_patients",
        method="POST",
        path=f"{_PRACTICE}/patients/search",
        summary="Who is calling: everybody whom a phone, an e-mail, or a full name with birth date fits",
        body=PatientQuery,
        body_name="PatientQuery",
        answers={200: "Patients"},
        errors=(*_EHR, *_BODY),
        example=(
            {"phone": "(303) 555-0142"},
            {
                "patients": [
                    {
                        "patient_id": "1042",
                        "first_name": "Bea",
                        "last_name": "Lind",
                        "preferred_name": None,
                        "date_of_birth": "1990-05-06",
                        "phones": ["3035550142"],
                        "email": None,
                        "is_active": True,
                        "is_bookable": True,
                    }
                ]
            },
        ),
    ),
    Operation(
        id="list_visits",
        method="GET",
        path=f"{_PRACTICE}/patients/{{patient_id}}/visits",
        summary="What is booked for a patient, and what was",
        answers={200: "Visits"},
        errors=(*_EHR, errors.PatientNotFound),
        example=(
            {},
            {
                "as_of": "2026-03-02T08:04:05-07:00",
                "timezone": "America/Denver",
                "complete_since": None,
                "upcoming": [
                    {
                        "appointment_id": "5012",
                        "status": "booked",
                        "start": "2026-03-03T09:00:00-07:00",
                        "end": "2026-03-03T10:00:00-07:00",
                        "minutes": 60,
                        "provider_id": "2",
                        "provider_name": "Hana Prell",
                        "operatory_id": "3",
                        "operatory_name": "Hygiene 1",
                        "service_name": "Cleaning",
                        "confirmed": False,
                    }
                ],
                "past": [],
                "unscheduled": 0,
            },
        ),
    ),
    Operation(
        id="submit_task",
        method="POST",
        path=f"{_PRACTICE}/tasks",
        summary="Have something done: 200 when it ended within the seconds to wait, else 202",
        body=TaskRequest,
        body_name="TaskRequest",
        headers=("Idempotency-Key", "Prefer"),
        answers={200: "Task", 202: "Task"},
        errors=(
            *_BODY,
            *_CHAIR,
            errors.InvalidTime,
            errors.IdempotencyKeyMissing,
            errors.IdempotencyKeyReused,
            errors.ServiceNotFound,
            errors.SlotTaken,
            errors.OverlapNotAllowed,
        ),
        example=(
            {
                "type": "CREATE_APPOINTMENT",
                "patient_id": "1042",
                "service_id": "cleaning",
                "start": "2026-03-03T09:00:00-07:00",
                "provider_id": "2",
                "operatory_id": "3",
            },
            _TASK,
        ),
    ),
    Operation(
        id="list_tasks",
        method="GET",
        path=f"{_PRACTICE}/tasks",
        summary="The practice's tasks, newest first",
        query=TaskListQuery,
        answers={200: "Tasks"},
        errors=(),
        example=({"state": "completed", "limit": 1}, {"tasks": [_TASK], "next_cursor": None}),
    ),
    Operation(
        id="read_task",
        method="GET",
        path=f"{_PRACTICE}/tasks/{{task_id}}",
        summary="How a task stands",
        answers={200: "Task"},
        errors=(errors.TaskNotFound,),
        example=({}, _TASK),
    ),
    Operation(
        id="withdraw_task",
        method="POST",
        path=f"{_PRACTICE}/tasks/{{task_id}}/withdraw",
        summary="Withdraw a task of which nothing was sent to the EHR; again is the same answer",
        answers={200: "Task"},
        errors=(
            errors.TaskNotFound,
            errors.TaskAlreadySent,
            errors.TaskEnded,
            errors.TaskOfNewerVersion,
            errors.StaleVersion,
        ),
        example=(
            {},
            {
                **_TASK,
                "state": "failed",
                "code": "withdrawn",
                "message": "The caller withdrew the task before anything was sent.",
                "appointment_id": None,
                "in_chart": False,
            },
        ),
    ),
    Operation(
        id="resolve_task",
        method="POST",
        path=f"{_PRACTICE}/tasks/{{task_id}}/resolution",
        summary="Settle a review: adopt what stands in the chart, send again, or give up; the chart is read back first",
        body=Resolution,
        headers=("Prefer",),
        answers={200: "Task", 202: "Task"},
        errors=(*_BODY, errors.TaskNotFound, errors.NotInReview, errors.StaleVersion),
        example=({"action": "adopt", "appointment_id": "2051"}, _TASK),
    ),
    Operation(
        id="check_health",
        method="GET",
        path=f"{_PRACTICE}/health",
        summary="Whether the practice's key, permissions, providers, clock and zone are as they should be",
        answers={200: "Health"},
        errors=(errors.EhrNotSupported, errors.EhrKeyMissing),
        example=(
            {},
            {
                "status": "ok",
                "as_of": "2026-03-02T08:04:05-07:00",
                "timezone": "America/Denver",
                "latency_ms": 2210,
                "provider_count": 5,
                "clock_skew_seconds": 1,
                "ehr_version": "24.3.35.0",
                "findings": [
                    {
                        "code": "key",
                        "ok": True,
                        "message": "The EHR takes the practice's key.",
                        "what_to_do": None,
                        "scope": "account",
                    }
                ],
            },
        ),
    ),
)
