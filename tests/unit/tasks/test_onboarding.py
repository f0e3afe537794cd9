"""One person, one chart, by every spelling; and who may be booked."""

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from openchair.errors import EhrDuplicatePatient, EhrOutcomeUnknown
from openchair.models.journal import Task, TaskState
from openchair.models.person import Patient
from openchair.models.practice import Booking
from openchair.tasks.process import resend_window
from openchair.tasks.resolve import resolve_task
from tests.task_world import World, at, cancel, confirm, create, onboard, reschedule, visit

BORN = date(1990, 5, 6)
PHONE = ("303.555.0142",)
VISIT = {"service_id": "exam", "start": at(10).isoformat()}
W = resend_window(180).total_seconds()


def chart(**changes: Any) -> Patient:
    return replace(Patient("70", "Bea", "Lind", BORN, PHONE), **changes)


def world_with(*charts: Patient, **booking: Any) -> World:
    world = World(visit("50", at(9), patient_id="70"))
    world.ehr.people |= {one.id: one for one in charts}
    practice = world.record.practice.model_copy(update={"booking": Booking(**booking)})
    world.record = replace(world.record, practice=practice)
    return world


def settle(world: World, task: Task, action: str, **named: str) -> Task:
    body = json.dumps({"action": action, **named}).encode()
    resolve_task("p1", task.id, body, world.tasks, world.queue, world.clock)
    return world.process(task)


FOUND = [
    ("a nickname of the chart's own", {"first_name": "Beatrice", "preferred_name": "Bea"}, {}),
    ("another apostrophe", {"last_name": "O\u2019Brien"}, {"last_name": "O'Brien"}),
    ("no apostrophe", {"last_name": "OBrien"}, {"last_name": "O'Brien"}),
    ("a hyphen", {"last_name": "Smith-Jones"}, {"last_name": "Smith Jones"}),
    ("particles apart", {"last_name": "Delacruz"}, {"last_name": "De La Cruz"}),
    ("no accent", {"last_name": "Munoz"}, {"last_name": "Mu\u00f1oz"}),
    ("a suffix", {"last_name": "Smith Jr."}, {"last_name": "Smith"}),
    ("no suffix", {"last_name": "Smith"}, {"last_name": "Smith Jr."}),
    ("an invisible character", {"last_name": "Smith\u200b"}, {"last_name": "Smith"}),
    ("a last name that was cut", {"last_name": "Wolfeschlegelsteinha"}, {"last_name": "Wolfeschlegelsteinhausen"}),
    ("an extension", {"phones": ("(303)555-0142 x12",)}, {}),
    ("two phones in one field", {"phones": ("720-555-0199 / 303-555-0142",)}, {}),
    ("marks of direction", {"phones": ("\u202a303\u2011555\u20110142\u202c",)}, {}),
    ("full-width digits", {"phones": ("\uff13\uff10\uff13\uff15\uff15\uff15\uff10\uff11\uff14\uff12",)}, {}),
    (
        "two e-mails in one field",
        {"phones": (), "email": "tom@example.org; BEA@example.org"},
        {"email": "bea@example.org"},
    ),
]


@pytest.mark.parametrize(("theirs", "asked"), [row[1:] for row in FOUND], ids=[row[0] for row in FOUND])
def test_a_chart_that_is_certainly_theirs_is_used(theirs: dict[str, Any], asked: dict[str, Any]) -> None:
    world = world_with(chart(**theirs))

    task = world.do(onboard(**asked))

    assert (task.state, task.code, task.patient_id) == (TaskState.COMPLETED, "patient_found", "70")
    assert world.writes() == []


NEAR = [
    (
        "a nickname that only the caller tells",
        {"first_name": "Bea"},
        {"first_name": "Beatriz", "preferred_name": "Bea"},
    ),
    ("a first name that was cut", {"first_name": "Maria-Magdalena"}, {"first_name": "Maria-Magdalena-Bea"}),
    ("a short form", {"first_name": "Rob"}, {"first_name": "Robert"}),
    ("another suffix", {"last_name": "Lind Sr."}, {"last_name": "Lind Jr."}),
    ("a second last name", {"last_name": "Lind-Marsh"}, {}),
    ("another last name", {"last_name": "Marsh"}, {}),
    ("no birth date", {"date_of_birth": None}, {}),
    ("neither birth date nor that spelling", {"date_of_birth": None, "last_name": "L\u00efnd"}, {}),
]


@pytest.mark.parametrize(("theirs", "asked"), [row[1:] for row in NEAR], ids=[row[0] for row in NEAR])
def test_a_chart_that_may_be_theirs_is_for_a_person(theirs: dict[str, Any], asked: dict[str, Any]) -> None:
    world = world_with(chart(**theirs))

    task = world.do(onboard(**asked))

    assert (task.state, task.code) == (TaskState.NEEDS_REVIEW, "patient_look_alike")
    assert world.writes() == []


OTHERS = [
    ("a twin", {"first_name": "Ada"}, "patient_created"),
    ("a twin called what nobody wrote down", {"first_name": "Beulah"}, "patient_created"),
    ("of another birth date", {"date_of_birth": date(1991, 5, 6)}, "patient_created"),
    ("a namesake with another phone", {"phones": ("303-555-0199",)}, "patient_created_look_alike"),
    ("a namesake by another spelling", {"phones": (), "last_name": "L\u00efnd"}, "patient_created_look_alike"),
    ("a number of another country with these digits", {"phones": ("+3035550142",)}, "patient_created_look_alike"),
    ("one of this phone without birth date", {"date_of_birth": None, "first_name": "Tom"}, "patient_created"),
    ("one of this first name without birth date", {"date_of_birth": None, "last_name": "Ash"}, "patient_created"),
]


@pytest.mark.parametrize(("theirs", "code"), [row[1:] for row in OTHERS], ids=[row[0] for row in OTHERS])
def test_somebody_elses_chart_is_not_used(theirs: dict[str, Any], code: str) -> None:
    world = world_with(chart(**theirs))

    task = world.do(onboard())

    assert (task.state, task.code) == (TaskState.COMPLETED, code)
    assert task.patient_id != "70"


def test_a_person_may_say_that_a_similar_chart_is_another_persons() -> None:
    world = world_with(chart(first_name="Beatrice"))
    reviewed = world.do(onboard(VISIT))

    settled = settle(world, reviewed, "resend")

    assert settled.state is TaskState.COMPLETED
    assert settled.patient_id not in (None, "70")
    assert settled.steps[0].code == "patient_created_look_alike"


def test_a_person_may_say_that_a_similar_chart_is_theirs() -> None:
    world = world_with(chart(first_name="Beatrice"))
    reviewed = world.do(onboard(VISIT))

    settled = settle(world, reviewed, "adopt", patient_id="70")

    assert (settled.code, settled.patient_id) == ("booked", "70")
    assert world.writes() == ["create_appointment"]


def test_a_strangers_chart_cannot_be_adopted() -> None:
    world = world_with(chart(first_name="Beatrice"), Patient("71", "Cy", "Roe", date(1970, 1, 2), ("3035550177",)))
    reviewed = world.do(onboard())

    settled = settle(world, reviewed, "adopt", patient_id="71")

    assert (settled.state, settled.code) == (TaskState.NEEDS_REVIEW, "cannot_adopt")


def lost(*later: Patient, before: tuple[Patient, ...] = ()) -> Task:
    """An onboarding whose answer was lost, read back once these charts have come."""
    world = world_with(*before)
    world.ehr.answers["create_patient"] = [EhrOutcomeUnknown()]
    task = world.do(onboard())
    world.ehr.people |= {one.id: one for one in later}
    return world.later(task, W + 1)


def test_a_lost_answer_finds_the_chart_however_the_ehr_has_spelled_it() -> None:
    found = lost(chart(last_name="LIND", phones=("(303)555-0142",)))

    assert (found.code, found.patient_id) == ("patient_created", "70")


def test_a_lost_answer_adopts_no_stranger() -> None:
    assert lost(chart(first_name="Ada")).patient_id != "70"
    assert lost(chart(phones=("3035550199",))).patient_id != "70"


def test_a_chart_that_came_after_a_lost_answer_and_only_resembles_is_for_a_person() -> None:
    assert lost(chart(first_name="Beatrice")).code == "patient_look_alike"


def test_a_similar_chart_that_a_person_has_told_apart_is_not_taken_for_ours() -> None:
    world = world_with(chart(first_name="Beatrice"))
    reviewed = world.do(onboard())
    world.ehr.answers["create_patient"] = [EhrOutcomeUnknown()]

    sent = settle(world, reviewed, "resend")
    again = world.later(sent, W + 1)

    assert (again.code, again.patient_id != "70") == ("patient_created_look_alike", True)


def test_a_chart_the_ehr_calls_a_duplicate_is_found_by_any_spelling() -> None:
    world = World()
    world.ehr.answers["create_patient"] = [EhrDuplicatePatient()]
    task = world.submit(onboard(last_name="O'Brien"))
    asked = world.ehr.find_patients
    theirs = chart(last_name="O\u2019Brien")

    def appearing(query: Any) -> Any:
        # The front desk enters them between our look and our sending.
        found = asked(query)
        if query.email is None and query.phone is not None:
            world.ehr.people["70"] = theirs
        return found

    world.ehr.find_patients = appearing  # type: ignore[method-assign]

    assert world.process(task).code == "patient_found"


def test_a_chart_the_ehr_gives_back_is_told_as_found_and_not_as_made() -> None:
    world = World()
    world.ehr.answers["create_patient"] = [EhrDuplicatePatient(patient_id="70")]
    # Its search does not show them yet.
    world.ehr.people["70"] = chart(last_name="Somebody", phones=())

    done = world.do(onboard())

    assert (done.code, done.patient_id) == ("patient_found", "70")


def test_a_chart_given_back_after_a_lost_answer_is_the_one_we_made() -> None:
    world = World()
    world.ehr.answers["create_patient"] = [EhrOutcomeUnknown(), EhrDuplicatePatient(patient_id="70")]
    task = world.do(onboard())
    world.ehr.people["70"] = chart(last_name="Somebody", phones=())

    assert world.later(task, W + 1).code == "patient_created"


# -------------------------------------------------------------------------------------------- who may be booked

ARCHIVED = {"is_active": False, "is_bookable": False}
INACTIVE = {"is_active": False}
GUARANTOR = {"is_bookable": False}


@pytest.mark.parametrize(
    ("theirs", "code"),
    [(ARCHIVED, "patient_not_bookable"), (GUARANTOR, "patient_not_bookable"), (INACTIVE, "patient_inactive")],
    ids=["archived or deceased", "a guarantor", "inactive"],
)
def test_who_may_not_be_booked_is_refused_by_id_and_by_name(theirs: dict[str, Any], code: str) -> None:
    by_id = world_with(chart(**theirs)).do(create(patient_id="70", start=at(14).isoformat()))
    by_name = world_with(chart(**theirs)).do(onboard(VISIT))

    assert (by_id.state, by_id.code) == (TaskState.FAILED, code)
    assert (by_name.state, by_name.code) == (TaskState.NEEDS_REVIEW, code)


def test_a_practice_can_have_the_inactive_booked_but_nobody_else() -> None:
    booked = {"patient_id": "70", "start": at(14).isoformat()}
    wants = {"inactive_patients": "book"}

    assert world_with(chart(**INACTIVE), **wants).do(create(**booked)).code == "booked"
    assert world_with(chart(**INACTIVE), **wants).do(onboard(VISIT)).patient_id == "70"
    assert world_with(chart(**ARCHIVED), **wants).do(create(**booked)).code == "patient_not_bookable"


@pytest.mark.parametrize("theirs", [ARCHIVED, INACTIVE, GUARANTOR], ids=["archived", "inactive", "a guarantor"])
def test_a_visit_that_stands_can_be_cancelled_moved_and_confirmed_whoevers_it_is(theirs: dict[str, Any]) -> None:
    assert world_with(chart(**theirs)).do(cancel("50")).code == "cancelled"
    assert world_with(chart(**theirs)).do(confirm("50")).code == "confirmed"
    assert world_with(chart(**theirs)).do(reschedule("50", at(14))).code == "moved"


def test_a_guarantors_review_waits_until_the_practice_has_made_them_a_patient() -> None:
    world = world_with(chart(**GUARANTOR))
    reviewed = world.do(onboard(VISIT))

    too_early = settle(world, reviewed, "adopt", patient_id="70")
    assert (too_early.state, too_early.code) == (TaskState.NEEDS_REVIEW, "patient_not_bookable")

    world.ehr.people["70"] = chart()
    settled = settle(world, too_early, "adopt", patient_id="70")
    assert (settled.code, settled.patient_id) == ("booked", "70")


def test_a_guarantor_onboarded_without_a_visit_is_settled_by_adopting_their_chart() -> None:
    world = world_with(chart(**GUARANTOR))

    settled = settle(world, world.do(onboard()), "adopt", patient_id="70")

    assert (settled.code, settled.patient_id) == ("patient_found", "70")


def test_an_archived_chart_beside_a_usable_one_is_no_second_match() -> None:
    assert world_with(chart(**ARCHIVED), chart(id="71")).do(onboard()).patient_id == "71"


# ------------------------------------------------------------------------------------------------------- lines


@pytest.mark.parametrize(
    "other",
    [{"first_name": "Bee"}, {"last_name": "L\u00efnd Jr."}, {"phone": "720-555-0199"}, {"email": "b@example.org"}],
)
def test_two_spellings_of_one_person_are_onboarded_one_after_the_other(other: dict[str, Any]) -> None:
    world = World()
    first, second = world.submit(onboard()), world.submit(onboard(**other))

    assert world.process(second).code == "waiting_in_line"
    assert world.process(first).code == "patient_created"


def test_a_person_stands_in_the_line_of_an_earlier_versions_tasks_too() -> None:
    assert "person:person|lind|bea|1990-05-06" in World().submit(onboard()).lines


def test_twins_are_onboarded_as_two() -> None:
    world = World()
    first, second = world.submit(onboard()), world.submit(onboard(first_name="Ada"))

    assert world.process(first).code == "patient_created"
    assert world.process(second).code == "patient_created"
    assert len({task.patient_id for task in (world.tasks.task("p1", first.id), world.tasks.task("p1", second.id))}) == 2
