"""One person, one chart, and who may be booked: over the real clients, on every simulator."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from openchair.errors import EhrNotSupported
from openchair.models.journal import Task, TaskState
from openchair.models.person import PatientQuery
from openchair.models.practice import Booking
from openchair.records import search_patients
from openchair.tasks.resolve import resolve_task
from tests.integration.ehr_world import EhrWorld
from tests.integration.nexhealth_world import NexHealthWorld, nexhealth_world
from tests.integration.open_dental_world import OpenDentalWorld, open_dental_world
from tests.integration.test_every_ehr import WORLDS
from tests.memory_store import MemoryQueue

WILL = {
    "first_name": "William",
    "last_name": "Quillmoor",
    "date_of_birth": "1990-05-06",
    "phone": "(303)555-0142",
    "email": "will@example.org",
}
ASKED = {**WILL, "phone": "303-555-0142"}
LONG = "Wolfeschlegelsteinhausen"


@pytest.fixture(params=sorted(WORLDS))
def world(request: pytest.FixtureRequest) -> Iterator[EhrWorld]:
    with WORLDS[request.param]() as made:
        yield made


@pytest.fixture
def open_dental() -> Iterator[OpenDentalWorld]:
    with open_dental_world() as made:
        yield made


@pytest.fixture
def nexhealth() -> Iterator[NexHealthWorld]:
    with nexhealth_world() as made:
        yield made


def onboarded(world: EhrWorld, *, visit: bool = False, **asked: Any) -> Task:
    person = {name: value for name, value in {**ASKED, **asked}.items() if value is not None}
    request: dict[str, Any] = {"type": "ONBOARD_NEW_PATIENT", "patient": person}
    if visit:
        request["appointment"] = {"service_id": "filling", **world.slot()}
    return world.until_ended(world.do(request))


def found(world: EhrWorld, **query: Any) -> list[str]:
    answer = search_patients(world.record, PatientQuery.model_validate(query), world.clients.client(world.record))
    return [one["patient_id"] for one in answer["patients"]]


def settle(world: EhrWorld, task: Task, body: str) -> Task:
    resolve_task(task.practice_id, task.id, body.encode(), world.tasks, MemoryQueue(), world.clock)
    return world.until_ended(world.process(task))


# ------------------------------------------------------------------------------------- one chart, by every spelling

SPELLINGS = {
    "another apostrophe": ({"last_name": "O\u2019Brien"}, {"last_name": "O'Brien"}),
    "a plain apostrophe": ({"last_name": "O'Brien"}, {"last_name": "O\u2019Brien"}),
    "a hyphen": ({"last_name": "Smith Jones"}, {"last_name": "Smith-Jones"}),
    "particles joined": ({"last_name": "De La Cruz"}, {"last_name": "Delacruz"}),
    "no accent": ({"last_name": "Mu\u00f1oz"}, {"last_name": "Munoz"}),
    "a suffix in the chart": ({"last_name": "Smith Jr."}, {"last_name": "Smith"}),
    "a suffix in the question": ({"last_name": "Smith"}, {"last_name": "Smith Jr."}),
    "an invisible character": ({"last_name": "Smith"}, {"last_name": "Smith\u200b"}),
    "a last name cut to 20": ({"last_name": LONG[:20]}, {"last_name": LONG}),
    "marks of direction": ({}, {"phone": "\u202a+1 (303) 555\u20110142\u202c"}),
    "full-width digits": ({}, {"phone": "\uff13\uff10\uff13\uff15\uff15\uff15\uff10\uff11\uff14\uff12"}),
    "an extension in the question": ({}, {"phone": "(303)555-0142 x12"}),
    "an extension in the chart": ({"phone": None, "other_phone": "(303)555-0142 x12"}, {"email": "w@example.org"}),
    "two phones in one field": (
        {"phone": None, "other_phone": "720-555-0199 / 303-555-0142"},
        {"email": "w@example.org"},
    ),
    "full-width digits in the chart": (
        {"phone": None, "other_phone": "\uff13\uff10\uff13 \uff15\uff15\uff15 \uff10\uff11\uff14\uff12"},
        {"email": "w@example.org"},
    ),
    "two e-mails in one field": ({"email": "kim@example.org; WILL@example.org"}, {"phone": "720-555-0199"}),
}


@pytest.mark.parametrize(("theirs", "asked"), SPELLINGS.values(), ids=SPELLINGS.keys())
def test_a_person_has_one_chart_by_every_spelling(
    world: EhrWorld, theirs: dict[str, Any], asked: dict[str, Any]
) -> None:
    patient_id = world.register(**{**WILL, **theirs})

    task = onboarded(world, **asked)

    assert (task.state, task.code, task.patient_id) == (TaskState.COMPLETED, "patient_found", patient_id)


def test_a_chart_is_found_with_one_question_and_a_newcomers_lack_of_one_with_few(world: EhrWorld) -> None:
    world.register(**WILL)

    def asked(**changes: Any) -> int:
        world.audit.clear()
        onboarded(world, **changes)
        return sum(call.operation in ("list_patients", "list_full_patients") for call in world.audit)

    assert asked() == 1
    assert asked(first_name="Ada") <= 4


NEAR = {
    "no birth date": ({"date_of_birth": None}, {}),
    "a first name cut to 15": ({"first_name": "Maria-Magdalena"}, {"first_name": "Maria-Magdalena-Luz"}),
    "a short form": ({"first_name": "Will"}, {}),
    "another suffix": ({"last_name": "Quillmoor Sr."}, {"last_name": "Quillmoor Jr."}),
    "another last name": ({"last_name": "Quillmoor-Lind"}, {}),
    "a short form and another last name": ({"first_name": "Will", "last_name": "Novak"}, {}),
}


@pytest.mark.parametrize(("theirs", "asked"), NEAR.values(), ids=NEAR.keys())
def test_a_chart_that_may_be_theirs_is_before_a_person_and_can_be_settled(
    world: EhrWorld, theirs: dict[str, Any], asked: dict[str, Any]
) -> None:
    patient_id = world.register(**{**WILL, **theirs})

    task = onboarded(world, visit=True, **asked)
    assert (task.state, task.code, task.patient_id) == (TaskState.NEEDS_REVIEW, "patient_look_alike", None)

    settled = settle(world, task, f'{{"action": "adopt", "patient_id": "{patient_id}"}}')
    assert (settled.state, settled.code, settled.patient_id) == (TaskState.COMPLETED, "booked", patient_id)


def test_a_person_may_say_that_it_is_somebody_elses_chart(world: EhrWorld) -> None:
    patient_id = world.register(**{**WILL, "first_name": "Will"})

    settled = settle(world, onboarded(world), '{"action": "resend"}')

    assert (settled.state, settled.code) == (TaskState.COMPLETED, "patient_created_look_alike")
    assert settled.patient_id not in (None, patient_id)


def test_a_nickname_of_the_charts_own_is_the_same_person(open_dental: OpenDentalWorld) -> None:
    patient_id = open_dental.register(**WILL, preferred_name="Bill")

    task = onboarded(open_dental, first_name="Bill")

    assert (task.code, task.patient_id) == ("patient_found", patient_id)
    born = {"last_name": "quillmoor", "date_of_birth": WILL["date_of_birth"]}
    assert found(open_dental, first_name="BILL", **born) == [patient_id]
    assert found(open_dental, first_name="Will", **born) == []


def test_a_twin_of_another_first_name_gets_a_chart_of_her_own(world: EhrWorld) -> None:
    ada = world.register(**{**WILL, "first_name": "Ada"})

    bea = onboarded(world, first_name="Bea")

    assert bea.code == "patient_created"
    assert sorted(world.patients_called("Quillmoor")) == sorted([ada, bea.patient_id or ""])
    assert found(world, first_name="Bea", last_name="Quillmoor", date_of_birth=WILL["date_of_birth"]) == [
        bea.patient_id
    ]


def test_a_namesake_with_other_contacts_gets_a_chart_of_their_own(world: EhrWorld) -> None:
    namesake = world.register(**{**WILL, "phone": "(303)555-0177", "email": "other@example.org"})

    task = onboarded(world, last_name="QUILLMOOR Jr.")

    assert (task.code, task.patient_id != namesake) == ("patient_created_look_alike", True)


@pytest.mark.parametrize("kind", ["drop_after", "timed_out_after"])
def test_a_lost_answer_is_one_chart_though_a_twin_has_one(world: EhrWorld, kind: str) -> None:
    twin = world.register(**{**WILL, "first_name": "Ada"})
    world.control("faults", match={"method": "POST", "path_regex": "^/patients$"}, fault={"kind": kind})

    task = onboarded(world, last_name="Quill\u2011Moor")

    assert (task.state, task.code) == (TaskState.COMPLETED, "patient_created")
    assert task.patient_id != twin
    assert len(world.patients_called("Quill\u2011Moor")) == 1


def test_two_spellings_of_one_newcomer_submitted_at_once_are_one_chart(world: EhrWorld) -> None:
    requests = [
        {"type": "ONBOARD_NEW_PATIENT", "patient": {**ASKED, "last_name": name}} for name in ("Muno", "Mu\u00f1o")
    ]
    first, second = (world.submit(request) for request in requests)

    assert world.process(second).code == "waiting_in_line"
    made = world.until_ended(world.process(first))
    again = world.until_ended(world.process(world.tasks.task(second.practice_id, second.id)))

    assert (made.code, again.code) == ("patient_created", "patient_found")
    assert made.patient_id == again.patient_id


def test_a_newcomer_whose_name_the_ehr_cuts_is_found_again(nexhealth: NexHealthWorld) -> None:
    nexhealth.control("switches", name_lengths="cut", created_patient_written="at_once")
    first = onboarded(nexhealth, last_name=LONG)
    nexhealth.advance(1800)

    assert nexhealth.patients_called(LONG[:20]) == [first.patient_id]
    assert onboarded(nexhealth, last_name=LONG).patient_id == first.patient_id


# --------------------------------------------------------------------------------------------------- who is calling


def test_a_phone_finds_its_family_and_nobody_else(world: EhrWorld) -> None:
    will = world.register(**WILL)
    kim = world.register(**{**WILL, "first_name": "Kim", "date_of_birth": "2015-01-02"})
    world.register(**{**WILL, "first_name": "Eve", "last_name": "Ash", "phone": "(303)555-0143"})

    for phone in ("(303)555-0142 x12", "\u202a303\u2011555\u20110142\u202c", "\uff13\uff10\uff13-555-0142"):
        assert sorted(found(world, phone=phone)) == sorted([will, kim])


@pytest.mark.parametrize(
    "field", ["(303)555-0142 x12", "720-555-0199 / 303-555-0142", "\u202a303\u2011555\u20110142\u202c", "c 3035550142"]
)
def test_every_number_of_a_field_is_found(open_dental: OpenDentalWorld, field: str) -> None:
    """NexHealth is asked for one number of ten digits, which it keeps by itself."""
    will = open_dental.register(**{**WILL, "phone": field})

    assert found(open_dental, phone="303-555-0142") == [will]


def test_every_email_of_a_field_is_found(open_dental: OpenDentalWorld) -> None:
    will = open_dental.register(**{**WILL, "email": "kim@example.org, Will@example.org"})
    open_dental.register(**{**WILL, "first_name": "Eve", "email": "not.will@example.org"})

    assert found(open_dental, email="WILL@example.org") == [will]


def test_a_number_of_singapore_is_nobodys_in_florida(world: EhrWorld) -> None:
    florida = world.register(**{**WILL, "phone": "6561234567"})

    assert found(world, phone="+65 6123 4567") == []
    assert found(world, phone="(656) 123-4567") == [florida]


def test_a_foreign_number_makes_no_chart_with_another_persons(nexhealth: NexHealthWorld) -> None:
    assert onboarded(nexhealth, phone="+65 6123 4567").code == "patient_phone_foreign"


def test_a_foreign_number_is_kept_as_it_is(open_dental: OpenDentalWorld) -> None:
    made = onboarded(open_dental, phone="+65 6123 4567")

    assert found(open_dental, phone="+6561234567") == [made.patient_id]


SAID = {
    "accent": ("Mu\u00f1oz", "munoz"),
    "apostrophe": ("O\u2019Brien", "O'Brien"),
    "hyphen": ("Smith-Jones", "Smith Jones"),
    "suffix": ("Smith Jr", "Smith"),
    "cut": (LONG[:20], LONG),
}


@pytest.mark.parametrize(("theirs", "asked"), SAID.values(), ids=SAID.keys())
def test_a_name_is_found_as_it_is_said(world: EhrWorld, theirs: str, asked: str) -> None:
    will = world.register(**{**WILL, "last_name": theirs})
    world.register(**{**WILL, "last_name": theirs, "date_of_birth": "1990-05-07"})
    world.register(**{**WILL, "last_name": theirs, "first_name": "Ada"})

    assert found(world, last_name=asked, first_name="William", date_of_birth=WILL["date_of_birth"]) == [will]


def test_strangers_whom_a_widened_answer_holds_are_not_told(nexhealth: NexHealthWorld) -> None:
    nexhealth.control("switches", patient_filters="contact_or")
    will = nexhealth.register(**WILL)
    nexhealth.register(**{**WILL, "first_name": "Eve", "phone": "3035550177", "email": "eve@example.org"})

    assert found(nexhealth, phone="303-555-0142") == [will]
    assert found(nexhealth, email="will@example.org") == [will]


@pytest.mark.parametrize("notice", ["description", "error"])
def test_an_answer_that_left_a_filter_aside_is_refused(nexhealth: NexHealthWorld, notice: str) -> None:
    nexhealth.control("switches", ignored_parameters="phone_number,date_of_birth", ignored_notice=notice)

    with pytest.raises(EhrNotSupported):
        found(nexhealth, phone="303-555-0142")
    assert onboarded(nexhealth).code == "not_supported_by_ehr"


# ------------------------------------------------------------------------------------------------ who may be booked

REFUSED = {
    "open_dental": {
        "deceased": "patient_not_bookable",
        "archived": "patient_not_bookable",
        "guarantor": "patient_not_bookable",
        "inactive": "patient_inactive",
    },
    # NexHealth says of all of them that they are inactive.
    "nexhealth": {"inactive": "patient_inactive", "guarantor": "patient_not_bookable"},
}


@pytest.mark.parametrize(
    ("ehr", "status", "code"), [(ehr, status, code) for ehr, rows in REFUSED.items() for status, code in rows.items()]
)
def test_who_may_not_be_booked_is_refused_by_id_and_before_a_person_by_name(ehr: str, status: str, code: str) -> None:
    with WORLDS[ehr]() as world:
        patient_id = world.register(**{**WILL, "phone": "3035550142"})
        world.make(patient_id, status)

        by_id = world.until_ended(world.do({**world.booking(), "patient_id": patient_id}))
        by_name = onboarded(world, visit=True)

        assert (by_id.state, by_id.code) == (TaskState.FAILED, code)
        assert (by_name.state, by_name.code) == (TaskState.NEEDS_REVIEW, code)
        rows = world.control(f"truth/appointments?patient_id={patient_id}", "GET")["appointments"]
        assert rows == []
        client = world.clients.client(world.record)
        (told,) = search_patients(world.record, PatientQuery(phone="303-555-0142"), client)["patients"]
        assert (told["patient_id"], told["is_bookable"]) == (patient_id, False)

        world.make(patient_id, "active")
        settled = settle(world, by_name, f'{{"action": "adopt", "patient_id": "{patient_id}"}}')
        assert (settled.code, settled.patient_id) == ("booked", patient_id)


def test_a_guarantors_review_stays_until_the_practice_has_made_them_a_patient(world: EhrWorld) -> None:
    patient_id = world.register(**{**WILL, "phone": "3035550142"})
    world.make(patient_id, "guarantor")
    adopt = f'{{"action": "adopt", "patient_id": "{patient_id}"}}'

    still = settle(world, onboarded(world, visit=True), adopt)
    without = settle(world, onboarded(world), adopt)

    assert (still.state, still.code) == (TaskState.NEEDS_REVIEW, "patient_not_bookable")
    assert (without.state, without.code, without.patient_id) == (TaskState.COMPLETED, "patient_found", patient_id)


def test_a_practice_can_have_the_inactive_booked(open_dental: OpenDentalWorld) -> None:
    patient_id = open_dental.register(**WILL)
    open_dental.make(patient_id, "inactive")
    practice = open_dental.record.practice.model_copy(update={"booking": Booking(inactive_patients="book")})
    open_dental.record = replace(open_dental.record, practice=practice)

    assert open_dental.do({**open_dental.booking(), "patient_id": patient_id}).code == "booked"
    assert onboarded(open_dental).patient_id == patient_id


def test_nexhealth_refuses_the_inactive_whatever_the_practice_wants(nexhealth: NexHealthWorld) -> None:
    patient_id = nexhealth.register(**{**WILL, "phone": "3035550142"})
    nexhealth.make(patient_id, "inactive")
    practice = nexhealth.record.practice.model_copy(update={"booking": Booking(inactive_patients="book")})
    nexhealth.record = replace(nexhealth.record, practice=practice)

    task = nexhealth.do({**nexhealth.booking(), "patient_id": patient_id})

    assert (task.state, task.code) == (TaskState.FAILED, "patient_not_bookable")


def test_a_chart_that_was_merged_away_is_not_booked_and_the_other_one_is_found(open_dental: OpenDentalWorld) -> None:
    old, kept = open_dental.register(**WILL), open_dental.register(**WILL)
    open_dental.control("staff", action="merge_patients", patient_id=old, into_patient_id=kept)

    assert open_dental.do({**open_dental.booking(), "patient_id": old}).code == "patient_not_bookable"
    assert onboarded(open_dental).patient_id == kept


@pytest.mark.parametrize("status", ["inactive", "deceased"])
def test_a_visit_of_one_who_may_not_be_booked_can_be_cancelled(world: EhrWorld, status: str) -> None:
    booked = world.until_ended(world.do(world.booking()))
    world.make(booked.patient_id or "", status)

    asked = {"type": "CANCEL_APPOINTMENT", "appointment_id": booked.appointment_id, "send_to_unscheduled_list": False}
    cancelled = world.until_ended(world.do(asked))

    assert (cancelled.code, world.visit(booked.appointment_id).is_cancelled) == ("cancelled", True)
