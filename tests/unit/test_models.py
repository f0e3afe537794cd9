"""What a practice document, a task and a question about a patient may hold."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import TypeAdapter, ValidationError

from openchair.models.person import NewPatient, Patient, PatientQuery
from openchair.models.practice import Practice, Service
from openchair.models.request import TaskRequest
from openchair.models.visit import Appointment, AppointmentStatus

OPEN_DENTAL: dict[str, Any] = {
    "id": "p1",
    "name": "Cedar Hill Dental",
    "timezone": "America/Denver",
    "ehr": "OPEN_DENTAL",
    "open_dental": {"api_key_secret_name": "practice-p1-opendental-api-key"},
}
NEXHEALTH: dict[str, Any] = {
    "id": "p2",
    "name": "Elm Street Dental",
    "timezone": "America/Chicago",
    "ehr": "NEXHEALTH",
    "nexhealth": {
        "api_key_secret_name": "practice-p2-nexhealth-api-key",
        "subdomain": "elm-street",
        "location_ids": ["1"],
    },
}
PERSON: dict[str, Any] = {
    "first_name": "Ida",
    "last_name": "Moss",
    "date_of_birth": "1984-05-17",
    "phone": "303-555-0142",
}
TASK: TypeAdapter[TaskRequest] = TypeAdapter(TaskRequest)


def fields(refused: pytest.ExceptionInfo[ValidationError]) -> set[str]:
    return {".".join(str(part) for part in problem["loc"]) for problem in refused.value.errors()}


@pytest.mark.parametrize("document", [OPEN_DENTAL, NEXHEALTH])
def test_a_practice_reads_back_as_it_was_written(document: dict[str, Any]) -> None:
    practice = Practice.model_validate(document)

    assert Practice.model_validate_json(practice.model_dump_json()) == practice
    assert practice.secret_name.startswith(f"practice-{practice.id}-")
    assert practice.zone.key == practice.timezone


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"timezone": "../etc/passwd"}, "timezone"),
        ({"timezone": ""}, "timezone"),
        ({"id": "P1"}, "id"),
        ({"id": "a" * 49}, "id"),
        ({"ehr": "OTHER"}, "ehr"),
        ({"surprise": 1}, "surprise"),
        ({"booking": {"start_grid_minutes": 7}}, "booking.start_grid_minutes"),
        ({"sync": {"full_hour_local": 24}}, "sync.full_hour_local"),
        ({"open_dental": {"api_key_secret_name": "other-secret"}}, "open_dental.api_key_secret_name"),
        (
            {"open_dental": {"api_key_secret_name": "practice-p1-key", "clinic_number": -1}},
            "open_dental.clinic_number",
        ),
        ({"open_dental": None}, ""),
        ({"ehr": "NEXHEALTH"}, ""),
    ],
)
def test_a_practice_document_that_is_wrong_names_the_field(change: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Practice.model_validate(OPEN_DENTAL | change)

    assert fields(refused) == {field}


@pytest.mark.parametrize("blockouts", ["all", "no_schedule_only", [], ["41", "Hygiene Preferred"]])
def test_a_practice_says_which_blockouts_shut(blockouts: Any) -> None:
    practice = Practice.model_validate({**OPEN_DENTAL, "booking": {"blockouts": blockouts}})

    assert Practice.model_validate_json(practice.model_dump_json()) == practice
    assert practice.booking.blockouts == (tuple(blockouts) if isinstance(blockouts, list) else blockouts)


@pytest.mark.parametrize("wrong", ["some", 1, None, [""], ["41", 42], {"41": True}])
def test_another_word_on_blockouts_is_refused_with_what_is_allowed(wrong: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        Practice.model_validate({**OPEN_DENTAL, "booking": {"blockouts": wrong}})

    assert fields(refused) == {"booking.blockouts"}
    assert "no_schedule_only" in str(refused.value)


@pytest.mark.parametrize("booking", [{"blockouts": "no_schedule_only"}, {"practice_notes_close": False}])
def test_what_only_open_dental_tells_apart_is_refused_for_another_ehr(booking: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="Open Dental"):
        Practice.model_validate({**NEXHEALTH, "booking": booking})


@pytest.mark.parametrize("document", [OPEN_DENTAL, NEXHEALTH])
def test_maps_of_chairs_stand_in_the_section_of_either_ehr(document: dict[str, Any]) -> None:
    section = document["ehr"].lower()
    maps = {"operatory_id_to_provider_id": {"3": "1"}, "operatory_type_to_ids": {"hygiene": ["3"]}}

    practice = Practice.model_validate({**document, section: {**document[section], **maps}})

    assert practice.chair_maps.operatory_id_to_provider_id == {"3": "1"}
    assert practice.chair_maps.operatory_type_to_ids == {"hygiene": ("3",)}


def test_two_services_of_one_id_are_refused() -> None:
    service = {"id": "cleaning", "name": "Cleaning", "minutes": 60}

    with pytest.raises(ValidationError):
        Practice.model_validate(OPEN_DENTAL | {"services": [service, service]})


def test_a_pattern_defaults_to_the_providers_time_and_has_to_be_as_long_as_the_minutes() -> None:
    assert Service(id="s", name="S", minutes=25).time_pattern == "XXXXX"
    assert Service(id="s", name="S", minutes=15, pattern="/X/").time_pattern == "/X/"
    with pytest.raises(ValidationError):
        Service(id="s", name="S", minutes=20, pattern="/X/")


@pytest.mark.parametrize("minutes", [0, 7, 545])
def test_a_service_lasts_five_minutes_to_nine_hours_in_steps_of_five(minutes: int) -> None:
    with pytest.raises(ValidationError):
        Service(id="s", name="S", minutes=minutes)


def test_no_rejected_value_stands_in_an_error() -> None:
    with pytest.raises(ValidationError) as refused:
        NewPatient.model_validate(PERSON | {"phone": "hopeless-secret", "first_name": "\x00canary"})

    assert "hopeless-secret" not in str(refused.value)
    assert "canary" not in str(refused.value)


@pytest.mark.parametrize("name", ["", "   ", "123", "a\x00b", "\ud800", "a" * 101])
def test_a_name_needs_a_letter_and_no_controls(name: str) -> None:
    with pytest.raises(ValidationError):
        NewPatient.model_validate(PERSON | {"last_name": name})


@pytest.mark.parametrize("name", ["O'Hara-Lee", "Zo\u00eb", "\u5f20\u4f1f", "d'Arc", "X"])
def test_names_of_all_scripts_are_names(name: str) -> None:
    assert NewPatient.model_validate(PERSON | {"last_name": name}).last_name == name


@pytest.mark.parametrize(
    "day", ["1879-12-31", (datetime.now(UTC).date() + timedelta(days=3)).isoformat(), "1984-02-30"]
)
def test_a_birth_date_is_a_day_on_which_a_living_person_can_have_been_born(day: str) -> None:
    with pytest.raises(ValidationError):
        NewPatient.model_validate(PERSON | {"date_of_birth": day})


def test_a_person_who_cannot_be_reached_is_refused_and_one_by_email_only_is_not() -> None:
    unreachable = {name: value for name, value in PERSON.items() if name != "phone"}

    with pytest.raises(ValidationError):
        NewPatient.model_validate(unreachable)
    assert NewPatient.model_validate(unreachable | {"email": "ida@example.com"}).phone is None


def test_people_never_show_in_a_repr() -> None:
    person = NewPatient.model_validate(PERSON)
    patient = Patient("70", "Ida", "Moss", date(1984, 5, 17), ("303-555-0142",), "ida@example.com", "Dee")
    visit = Appointment("7", "70", AppointmentStatus.BOOKED, None, 60, note="Ida is afraid")

    for shown in (repr(person), str(person), repr(patient), repr(visit)):
        assert not any(value in shown for value in ("Ida", "Moss", "1984", "303", "ida@", "Dee", "afraid"))


@pytest.mark.parametrize(
    "question",
    [
        {"phone": "303-555-0142"},
        {"email": "ida@example.com"},
        {"last_name": "Moss", "first_name": "Ida", "date_of_birth": "1984-05-17"},
    ],
)
def test_a_search_asks_one_thing(question: dict[str, str]) -> None:
    assert PatientQuery.model_validate(question)


@pytest.mark.parametrize(
    "question",
    [
        {},
        {"phone": "303-555-0142", "email": "ida@example.com"},
        {"last_name": "Moss"},
        {"last_name": "Moss", "first_name": "Ida"},
        {"phone": "303-555-0142", "last_name": "Moss", "first_name": "Ida", "date_of_birth": "1984-05-17"},
        {"phone": "12"},
        {"name": "Moss"},
    ],
)
def test_a_search_that_asks_nothing_or_several_things_is_refused(question: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        PatientQuery.model_validate(question)


def test_an_appointment_ends_in_elapsed_time_across_a_change_of_the_clocks() -> None:
    denver = ZoneInfo("America/Denver")
    visit = Appointment("7", "70", AppointmentStatus.BOOKED, datetime(2026, 3, 8, 1, 30, tzinfo=denver), 60)

    assert visit.end is not None
    assert visit.end.isoformat() == "2026-03-08T03:30:00-06:00"


@pytest.mark.parametrize("status", list(AppointmentStatus))
def test_an_appointment_without_a_start_takes_up_nothing(status: AppointmentStatus) -> None:
    unscheduled = Appointment("7", "70", status, None, 60)

    assert (unscheduled.occupies, unscheduled.end) == (False, None)


@pytest.mark.parametrize(
    "body",
    [
        {"type": "CANCEL_APPOINTMENT"},
        {"type": "CANCEL_APPOINTMENT", "appointment_id": "7", "surprise": 1},
        {"type": "CANCEL_APPOINTMENT", "appointment_id": "../7"},
        {"type": "UNKNOWN"},
        {"type": "ONBOARD_NEW_PATIENT", "patient": {}},
    ],
)
def test_a_task_that_lacks_or_adds_a_field_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TASK.validate_python(body)


def test_a_task_is_told_by_its_type() -> None:
    task = TASK.validate_python({"type": "CANCEL_APPOINTMENT", "appointment_id": "7"})

    assert task.type == "CANCEL_APPOINTMENT"
    assert task.send_to_unscheduled_list is True  # type: ignore[union-attr]


@pytest.mark.parametrize(("number", "kept"), [(0, None), (None, None), (1, 1)])
def test_a_clinic_of_number_0_is_none(number: int | None, kept: int | None) -> None:
    """As Open Dental itself writes it."""
    section = {**OPEN_DENTAL["open_dental"], "clinic_number": number}

    practice = Practice.model_validate({**OPEN_DENTAL, "open_dental": section})

    assert practice.open_dental is not None
    assert practice.open_dental.clinic_number == kept
    assert practice.chair_maps.location_ids == (() if kept is None else ("1",))
    assert Practice.model_validate_json(practice.model_dump_json()) == practice
