"""Corners of the protocol: each a small world in which one thing is as it seldom is. What must hold holds there too."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from openchair.errors import (
    EhrDuplicatePatient,
    EhrKeyRefused,
    EhrNotSynced,
    EhrUnavailable,
    PatientNotFound,
    PracticeNotFound,
    SlotTaken,
    StaleVersion,
    StoreUnavailable,
)
from openchair.models.visit import Appointment, AppointmentStatus
from tests.proofs.chart import Fate, Row
from tests.proofs.faults import Answer
from tests.proofs.scenarios import (
    ADA,
    BEA,
    CANCEL,
    CONFIRM,
    INTERVENTIONS,
    MARSHES,
    MAY_OVERLAP,
    MOVES,
    NEW_VISIT,
    OLD,
    PLACE,
    REBOOKS,
    TODAY,
    Later,
    Request,
    Scenario,
    at,
    create,
    onboard,
    record,
    reschedule,
    small,
    today,
    visit,
)

if TYPE_CHECKING:
    from tests.proofs.simulation import Simulation

THEIRS = visit("51", at(14), patient_id="12")
DOUBLED = frozenset(
    {"doubled", "once", "ours-apart", "after-the-end", "true", "stays-true", "nothing-on-its-way", "ended-is-still"}
)


def _soon(name: str, seconds: float) -> Callable[["Simulation"], None]:
    def act(simulation: "Simulation") -> None:
        simulation.kernel.at(simulation.kernel.now + seconds, lambda: simulation.intervene(name))

    return act


def _ours(simulation: "Simulation") -> Row | None:
    mine = [row for row in simulation.chart.rows.values() if row.past[-1].by in simulation.practice_of]
    return mine[-1] if mine and not mine[-1].is_deleted else None


def _sets_ours(status: AppointmentStatus) -> Callable[["Simulation"], None]:
    def act(simulation: "Simulation") -> None:
        if row := _ours(simulation):
            simulation.chart.staff_sets(row, status)

    return act


def _sets_newest(status: AppointmentStatus) -> Callable[["Simulation"], None]:
    def act(simulation: "Simulation") -> None:
        for row in simulation.chart.live()[-1:]:
            simulation.chart.staff_sets(row, status)

    return act


def _moves_back(simulation: "Simulation") -> None:
    before = simulation.chart.rows["50"].former[0]
    _changes_old(start=before.start, operatory_id=before.operatory_id)(simulation)


def _vanishes(simulation: "Simulation") -> None:
    if row := _ours(simulation):
        simulation.chart.staff_deletes(row)


def _deletes_newest(simulation: "Simulation") -> None:
    for row in simulation.chart.live()[-1:]:
        simulation.chart.staff_deletes(row)


def _deletes_oldest(simulation: "Simulation") -> None:
    for row in simulation.chart.live()[:1]:
        simulation.chart.staff_deletes(row)


def _changes_old(**changes: Any) -> Callable[["Simulation"], None]:
    def act(simulation: "Simulation") -> None:
        simulation.chart.staff_changes(simulation.chart.rows["50"], **changes)

    return act


def _books(patient_id: str, hour: int, minute: int = 0, **changes: Any) -> Callable[["Simulation"], None]:
    def act(simulation: "Simulation") -> None:
        simulation.chart.staff_books(patient_id, at(hour, minute), 30, "2", "2", **changes)

    return act


def _forgets_patient(simulation: "Simulation") -> None:
    simulation.chart.patients.pop("11")


def _merges(*, keeps: bool) -> Callable[["Simulation"], None]:
    def act(simulation: "Simulation") -> None:
        simulation.chart.merges("11", "12", keeps=keeps)

    return act


def _merges_into_another(simulation: "Simulation") -> None:
    for row in simulation.rows_of("11"):
        simulation.chart.staff_changes(row, patient_id="12")


def _gives_newcomers_another_id(simulation: "Simulation") -> None:
    for patient_id in tuple(simulation.chart.patient_origin):
        simulation.chart.gives_another_id(patient_id)


def _registers(**changes: Any) -> Callable[["Simulation"], None]:
    def act(simulation: "Simulation") -> None:
        simulation.chart.staff_registers(replace(MARSHES[0], **changes))

    return act


def _registers_both(simulation: "Simulation") -> None:
    for each in MARSHES:
        simulation.chart.staff_registers(each)


def _another_person(simulation: "Simulation") -> None:
    for task in simulation.all_tasks():
        simulation.settle(task, b'{"action": "resend"}')


def _another_look(simulation: "Simulation") -> None:
    for task in simulation.all_tasks():
        simulation.messages.send(task)


_ACTS: dict[str, Callable[["Simulation"], None]] = {
    **INTERVENTIONS,
    "another_look": _another_look,
    "another_person": _another_person,
    "staff_confirms_old": _changes_old(is_confirmed=True),
    "patient_arrives_at_ours": _sets_ours(AppointmentStatus.ARRIVED),
    "staff_moves_old_and_she_arrives": _changes_old(start=at(16), status=AppointmentStatus.ARRIVED),
    "staff_completes_ours": _sets_ours(AppointmentStatus.FULFILLED),
    "staff_cancels_ours": _sets_ours(AppointmentStatus.CANCELLED),
    "staff_confirms_otherwise": _changes_old(confirmation="left a message"),
    "staff_deletes_oldest": _deletes_oldest,
    "row_of_ours_vanishes": _vanishes,
    "staff_moves_old_back": _moves_back,
    "staff_unconfirms_old": _changes_old(is_confirmed=False),
    "staff_completes_newest": _sets_newest(AppointmentStatus.FULFILLED),
    "staff_deletes_newest": _deletes_newest,
    "staff_cancels_newest": _sets_newest(AppointmentStatus.CANCELLED),
    "staff_unconfirms_and_cancels_old": _changes_old(is_confirmed=False, status=AppointmentStatus.CANCELLED),
    "staff_moves_old_as_asked": _changes_old(start=at(14)),
    "staff_moves_and_cancels_old": _changes_old(start=at(14), status=AppointmentStatus.CANCELLED),
    "staff_moves_old_far": _changes_old(start=at(10) + timedelta(days=3)),
    "staff_moves_old_to_chair_2": _changes_old(start=at(14), operatory_id="2"),
    "staff_books_her_earlier": _books("11", 13),
    "staff_books_her_neighbour": _books("12", 15, operatory_id="1", provider_id="1"),
    "staff_books_her_later": _books("11", 15),
    "staff_books_her_with_reference": _books("11", 14, note="[ref ABC123]"),
    "staff_books_her_at_once": _books("11", 14),
    "staff_books_her_cancelled": _books("11", 14, status=AppointmentStatus.CANCELLED),
    "staff_forgets_patient": _forgets_patient,
    "staff_merges_her": _merges(keeps=False),
    "staff_merges_and_archives_her": _merges(keeps=True),
    "staff_gives_old_to_2": _changes_old(provider_id="2"),
    "staff_merges_her_into_another": _merges_into_another,
    "staff_registers_inactive": _registers(is_active=False),
    "staff_registers_near": _registers(first_name="Cle"),
    "staff_registers_two": _registers_both,
    "newcomers_get_another_id": _gives_newcomers_another_id,
}
_ACTS |= {
    f"{name}_in_{seconds}": _soon(name, seconds)
    for name in tuple(_ACTS)
    for seconds in (1, 3, 4, 5, 6, 8, 10, 11, 12, 13, 14, 30)
    if "_in_" not in name
}


def corner(name: str, *bodies: dict[str, Any], ends: str | tuple[str, ...], **given: Any) -> Scenario:
    """`ends`: of each request, in any order. `requests` instead of bodies where keys or times matter."""
    listed = (ends,) if isinstance(ends, str) else ends
    requests = given.pop("requests", None)
    further = {key: given.pop(key) for key in ("later", "not_promised", "inserts_at", "lists_end") if key in given}
    made = small(name, *bodies, ends=tuple(frozenset({end}) for end in listed), **given)
    made = replace(made, interventions=_ACTS, is_corner=True, **further)
    return replace(made, requests=requests) if requests else made


def _soon_visit(**changes: Any) -> dict[str, Any]:
    return create(start=today(9), **PLACE, **changes)


CREATED = create(**PLACE)
OTHERS = (
    replace(MARSHES[0], id="81", first_name="Clio"),
    replace(MARSHES[0], id="82", date_of_birth=date(1991, 5, 6)),
    replace(MARSHES[0], id="83", first_name="Leo", last_name="Marsh-Lee"),
)
_MAY_BE_THEIRS: tuple[dict[str, Any], ...] = (
    {"last_name": "Marsh-Lee"},
    {"first_name": "Cle"},
    {"date_of_birth": None},
)


def _decides(*words: str) -> dict[str, Any]:
    return {"decides": words}


NOTED = reschedule(notes="wants mornings")
FORGOTTEN = Later((Fate.FORGOTTEN,))


def old_today(hour: int) -> Appointment:
    return visit("50", TODAY + timedelta(hours=hour))


def onboard_by(mail: str, phone: str | None) -> dict[str, Any]:
    given = onboard()
    person = {key: value for key, value in given["patient"].items() if key != "phone"} | {"email": mail}
    return {**given, "patient": {**person, "phone": phone} if phone else person}


def _later_day(hour: int) -> str:
    return (at(hour) + timedelta(days=3)).isoformat()


_ALL = (
    # ------------------------------------------------------------------------------------------------ the door
    corner("no_key", requests=(Request(0.0, create(), None),), ends="refused/idempotency_key_missing"),
    corner("empty_key", requests=(Request(0.0, create(), ""),), ends="refused/idempotency_key_missing"),
    corner("foreign_key", requests=(Request(0.0, create(), "schl\u00fcssel"),), ends="refused/idempotency_key_missing"),
    corner("unprintable_key", requests=(Request(0.0, create(), "a\tb"),), ends="refused/idempotency_key_missing"),
    corner(
        "one_key_twice", requests=(Request(0.0, create(), "k"), Request(0.001, create(), "k")), ends="completed/booked"
    ),
    corner("off_the_mark", create(start=at(14, 3).isoformat()), ends="refused/invalid_time"),
    corner("with_seconds", create(start=(at(14) + timedelta(seconds=1)).isoformat()), ends="refused/invalid_time"),
    corner(
        "with_fractions", create(start=(at(14) + timedelta(microseconds=1)).isoformat()), ends="refused/invalid_time"
    ),
    corner("in_the_past", create(start=today(6)), ends="refused/invalid_time"),
    corner("too_far", create(start=(at(14) + timedelta(days=900)).isoformat()), ends="refused/invalid_time"),
    corner("waits", requests=(Request(0.0, create(), "k", waits=25.0),), ends="completed/booked"),
    corner("waits_in_vain", requests=(Request(0.0, create(), "k", waits=2.0),), ends="completed/booked"),
    corner("withdrawn_twice", create(), ends="failed/withdrawn", acts=((0.03, "withdraw"), (5.0, "withdraw"))),
    corner("withdrawn_late", CANCEL, ends="completed/cancelled", visits=(OLD,), acts=((90.0, "withdraw"),)),
    corner(
        "withdrawn_in_vain",
        create(),
        ends="completed/booked",
        acts=((0.03, "withdraw"),),
        faults=(("withdraw:tasks.end", 0, StaleVersion),),
    ),
    corner(
        "ended_while_at_fault",
        create(),
        ends="failed/withdrawn",
        acts=((0.3, "withdraw"),),
        faults=(("ehr.patient", 1, ZeroDivisionError),),
    ),
    # ------------------------------------------------------------------------------------------------- reviews
    corner(
        "busy",
        requests=(
            Request(0.0, reschedule(), "k1"),
            Request(900.0, CONFIRM, "k2"),
            Request(1000.0, CANCEL, "k3"),
        ),
        ends=("needs_review/moved_onto_collision", "failed/appointment_busy", "completed/cancelled"),
        visits=(OLD,),
        before_write=("staff_books", "staff_books_old_time_in_1"),
    ),
    corner(
        "two_persons",
        create(),
        ends="completed/booked",
        faults=(("ehr.patient", 1, ZeroDivisionError),),
        decides=("resend",),
        acts=((21.1, "another_person"), (21.101, "another_person"), (500.0, "another_person")),
    ),
    corner(
        "bus_refuses_a_review_and_its_end",
        create(),
        ends="completed/booked",
        faults=(
            ("ehr.patient", 1, ZeroDivisionError),
            *(("events.publish", number, StoreUnavailable) for number in (1, 2, 3)),
        ),
        decides=("resend",),
        acts=((15.0, "another_look"),),
    ),
    corner(
        "person_in_vain",
        create(),
        ends="needs_review/unexpected_fault",
        faults=(("ehr.patient", 1, ZeroDivisionError), ("person:tasks.save", 0, StaleVersion)),
        decides=("resend",),
    ),
    corner(
        "onboarding_given_up",
        onboard(NEW_VISIT),
        ends="failed/given_up",
        decides=("give_up",),
        faults=(("ehr.patient", 1, ZeroDivisionError),),
    ),
    corner(
        "adopts_a_cancelled_visit",
        create(**PLACE),
        ends="needs_review/cannot_adopt",
        faults=(("ehr.patient", 1, ZeroDivisionError),),
        decides=("adopt_hers",),
        visits=(visit("52", at(9), status=AppointmentStatus.CANCELLED),),
    ),
    corner(
        "adopts_for_a_rebook",
        reschedule(),
        ends="completed/moved",
        practice=REBOOKS,
        visits=(OLD, visit("52", at(15))),
        faults=(("ehr.appointment", 2, ZeroDivisionError),),
        answers=((1, Answer.LOST_BEFORE),),
        decides=("adopt_hers", "adopt_hers", "give_up"),
    ),
    corner(
        "adopts_a_confirmation",
        CONFIRM,
        ends="completed/confirmed",
        visits=(OLD,),
        answers=((1, Answer.LOST_BEFORE),),
        faults=(("ehr.appointment", 2, ZeroDivisionError),),
        before_write=("staff_confirms_old_in_30",),
        decides=("adopt_another_patients", "adopt_named"),
    ),
    # ------------------------------------------------------------------------- answers and reads that go wrong
    corner(
        "refused_twice_alike",
        create(),
        ends="failed/ehr_rejected",
        answers=((1, Answer.UNLISTED), (2, Answer.UNLISTED)),
    ),
    corner(
        "refused_then_lost",
        create(),
        ends="completed/booked",
        answers=((1, Answer.UNLISTED), (2, Answer.LOST_BEFORE), (3, Answer.OK)),
    ),
    corner(
        "read_back_refused",
        create(),
        ends="completed/booked",
        answers=((1, Answer.LOST_AFTER),),
        faults=(("ehr.patient_appointments", 2, EhrKeyRefused),),
    ),
    corner(
        "read_back_refused_for_an_hour",
        create(),
        ends="completed/booked",
        answers=((1, Answer.LOST_BEFORE),),
        faults=tuple(("ehr.patient_appointments", number, EhrKeyRefused) for number in range(2, 17)),
        decides=("resend",) * 4,
    ),
    corner(
        "read_back_refused_for_good",
        create(),
        ends="failed/given_up_unread",
        answers=((1, Answer.LOST_AFTER),),
        faults=tuple(("ehr.patient_appointments", number, EhrKeyRefused) for number in range(2, 200)),
        decides=("give_up",),
    ),
    corner(
        "removed_before_it_was_sent_again",
        create(),
        ends="needs_review/removed_in_ehr",
        answers=((1, Answer.LOST_AFTER),),
        faults=(("ehr.patient_appointment_history", 1, ZeroDivisionError),),
        decides=("resend",),
        acts=((20.0, "staff_deletes_ours"),),
    ),
    corner(
        "in_the_days_book_alone",
        create(),
        ends="completed/booked",
        answers=((1, Answer.LOST_AFTER),),
        lists_end=at(0),
    ),
    corner(
        "in_another_chart_since",
        create(),
        ends="needs_review/look_alike_in_ehr",
        answers=((1, Answer.LOST_AFTER),),
        faults=(("ehr.patient_appointments", 2, EhrUnavailable),),
        before_write=("staff_merges_her_into_another_in_3",),
    ),
    corner("check_refused", create(), ends="completed/booked", faults=(("ehr.appointments", 3, EhrKeyRefused),)),
    corner(
        "patient_gone_at_read_back",
        create(),
        ends="completed/booked",
        answers=((1, Answer.LOST_AFTER),),
        faults=(("ehr.patient_appointments", 2, PatientNotFound),),
    ),
    # ----------------------------------------------------------------------------------------- what is told is so
    *(
        corner(
            f"merged_{name}",
            create(),
            ends=ends,
            answers=((1, answer),),
            before_write=before,
            visits=(OLD, replace(THEIRS, start=at(16))),
            decides=decides,
        )
        for name, ends, answer, before, decides in (
            ("away", "completed/booked", Answer.LOST_AFTER, ("staff_merges_her_in_1",), ()),
            ("and_kept", "completed/booked", Answer.LOST_AFTER, ("staff_merges_and_archives_her_in_1",), ()),
            (
                "and_moved",
                "completed/booked",
                Answer.LOST_AFTER,
                ("staff_merges_her_in_1", "staff_moves_ours_in_1"),
                ("adopt_ours",),
            ),
            (
                "kept_and_moved",
                "completed/booked",
                Answer.LOST_AFTER,
                ("staff_merges_and_archives_her_in_1", "staff_moves_ours_in_1"),
                ("adopt_ours",),
            ),
            (
                "and_cancelled",
                "failed/given_up",
                Answer.LOST_AFTER,
                ("staff_merges_her_in_1", "staff_cancels_ours_in_1"),
                ("give_up",),
            ),
            (
                "unbooked",
                "needs_review/cannot_adopt",
                Answer.LOST_BEFORE,
                ("staff_merges_and_archives_her_in_1",),
                ("adopt_another_patients",),
            ),
            (
                "unbooked_and_gone",
                "needs_review/cannot_adopt",
                Answer.LOST_BEFORE,
                ("staff_merges_her_in_1",),
                ("adopt_another_patients",),
            ),
            (
                "sent_again",
                "failed/patient_not_bookable",
                Answer.LOST_BEFORE,
                ("staff_merges_and_archives_her_in_1",),
                ("resend",),
            ),
        )
    ),
    corner(
        "adopts_unlooked",
        create(**PLACE),
        ends="needs_review/cannot_adopt",
        faults=(("ehr.patient", 1, ZeroDivisionError),),
        acts=((15.0, "staff_merges_her"),),
        decides=("adopt_another_patients",),
        visits=(visit("52", at(9), patient_id="12"),),
    ),
    corner(
        "moved_to_another_of_them",
        reschedule(),
        ends="completed/status_changed_in_ehr",
        visits=(OLD,),
        answers=((1, Answer.LOST_AFTER),),
        before_write=("staff_gives_old_to_2_in_1",),
        decides=("give_up",),
    ),
    corner(
        "another_provider_sent_again",
        reschedule(10, provider_id="2"),
        ends="completed/moved",
        visits=(OLD,),
        answers=((1, Answer.LOST_BEFORE),),
        writes=2,
    ),
    corner("not_synced_yet", CONFIRM, ends="completed/confirmed", visits=(OLD,), answers=((1, Answer.NOT_SYNCED),)),
    corner(
        "not_synced_for_a_day",
        CONFIRM,
        ends="failed/ehr_not_synced",
        visits=(OLD,),
        answers=tuple((n, Answer.NOT_SYNCED) for n in range(1, 400)),
    ),
    corner(
        "not_synced_read_back",
        create(),
        ends="completed/booked",
        answers=((1, Answer.LOST_AFTER),),
        faults=(("ehr.patient_appointments", 2, EhrNotSynced),),
    ),
    corner(
        "newcomer_given_up",
        onboard(),
        ends="failed/given_up",
        acts=((0.02, "staff_registers_two"),),
        decides=("give_up",),
    ),
    corner(
        "newcomers_visit_taken_back",
        onboard({**NEW_VISIT, **PLACE}),
        ends="failed/slot_taken",
        before_write=("staff_books_in_11",),
    ),
    *(
        corner(f"later_{name}", body, ends=end, later=later, visits=visits, **given)
        for name, body, end, later, visits, given in (
            (
                "move_to_another",
                reschedule(provider_id="2", operatory_id="2"),
                "completed/moved",
                Later(moves_to_other_provider=False),
                (OLD,),
                {},
            ),
            (
                "rebook_beside",
                reschedule(operatory_id="1", start=at(10, 30).isoformat()),
                "failed/not_supported_by_ehr",
                Later(moves_in_place=False),
                (OLD,),
                {},
            ),
            ("rebook_earlier", reschedule(8), "completed/moved", Later(moves_in_place=False), (OLD,), {}),
            (
                "cancelled_before",
                CANCEL,
                "completed/already_cancelled",
                Later(),
                (replace(OLD, status=AppointmentStatus.CANCELLED),),
                {},
            ),
            (
                "cancelled_before_untold",
                CANCEL,
                "needs_review/not_confirmed_by_ehr",
                Later(opens_with_writes=True),
                (replace(old_today(9), status=AppointmentStatus.CANCELLED),),
                {"day": TODAY},
            ),
            (
                "confirmed_before_and_changed",
                CONFIRM,
                "failed/changed_in_ehr",
                Later(),
                (replace(OLD, is_confirmed=True),),
                {"acts": ((30.0, "staff_unconfirms_and_cancels_old"),)},
            ),
            (
                "confirm_quickly",
                CONFIRM,
                "completed/confirmed",
                Later(seconds=2.0, opens_with_writes=True),
                (old_today(15),),
                {"day": TODAY},
            ),
            ("confirm_stamped_wrongly", CONFIRM, "completed/confirmed", Later(stamps_truly=False), (OLD,), {}),
            (
                "newcomers_visit_refused",
                onboard(NEW_VISIT),
                "failed/not_written_to_ehr",
                Later((Fate.WRITTEN, Fate.REFUSED)),
                (),
                {},
            ),
            (
                "newcomers_visit_taken_back",
                onboard({**NEW_VISIT, **PLACE}),
                "failed/slot_taken",
                Later(),
                (),
                {"before_write": ("staff_books_in_30",)},
            ),
        )
    ),
    # ------------------------------------------------------------------------------------- beyond the EHR's cap
    *(
        corner(
            f"beyond_the_cap{name}",
            create(),
            ends="completed/booked",
            answers=((1, Answer.BEYOND), (2, Answer.LOST_AFTER)),
            **{"not_promised": DOUBLED, **given},
        )
        for name, given in (
            ("", {}),
            ("_sweep_unreachable", {"faults": (("ehr.patient_appointments", 9, EhrUnavailable),)}),
            (
                "_sweep_never_reachable",
                {"faults": tuple(("ehr.patient_appointments", n, EhrUnavailable) for n in range(9, 400))},
            ),
            ("_patient_gone", {"faults": (("ehr.patient_appointments", 9, PatientNotFound),)}),
            ("_withdrawal_fails", {"faults": (("ehr.appointment", 1, EhrKeyRefused),)}),
            ("_ours_deleted", {"acts": ((400.0, "staff_deletes_oldest"),)}),
            (
                "_withdrawal_too_late",
                {"acts": ((601.5, "staff_completes_newest"),), "not_promised": DOUBLED | {"one-in-the-end"}},
            ),
            ("_cancelled", {"acts": ((601.5, "staff_cancels_newest"),)}),
            ("_told_one_completed", {"acts": ((300.0, "staff_completes_newest"),)}),
        )
    ),
    corner(
        "far_beyond_the_cap",
        create(),
        ends="completed/booked",
        answers=((1, Answer.FAR_BEYOND),),
        not_promised=DOUBLED,
    ),
    corner("too_soon", create(start=today(7, 30)), ends="refused/too_soon"),
    corner(
        "beyond_the_horizon", create(start=(TODAY + timedelta(days=200, hours=9)).isoformat()), ends="refused/too_far"
    ),
    # ------------------------------------------------------------------------------------------ visits as they are
    corner("already_there", reschedule(10), ends="completed/already_moved", visits=(OLD,)),
    corner("there_in_another_chair", reschedule(10, operatory_id="2"), ends="failed/off_schedule", visits=(OLD,)),
    corner(
        "there_with_another", reschedule(10, provider_id="2", operatory_id="2"), ends="completed/moved", visits=(OLD,)
    ),
    corner("there_with_another_provider", reschedule(10, provider_id="2"), ends="completed/moved", visits=(OLD,)),
    corner(
        "of_another_place",
        CANCEL,
        ends="failed/appointment_not_found",
        practice=record(clinic_number=3),
        visits=(replace(OLD, location_id="4"),),
    ),
    corner("of_her", {**CANCEL, "patient_id": "11"}, ends="completed/cancelled", visits=(OLD,)),
    corner("of_another_patient", {**CANCEL, "patient_id": "12"}, ends="failed/patient_mismatch", visits=(OLD,)),
    corner(
        "a_note", CANCEL, ends="failed/appointment_not_found", visits=(replace(OLD, status=AppointmentStatus.NOTE),)
    ),
    corner(
        "completed", CANCEL, ends="failed/not_cancellable", visits=(replace(OLD, status=AppointmentStatus.FULFILLED),)
    ),
    corner("confirmed", CONFIRM, ends="completed/already_confirmed", visits=(replace(OLD, is_confirmed=True),)),
    corner("without_time", reschedule(), ends="failed/not_movable", visits=(replace(OLD, start=None),)),
    corner("without_chair", reschedule(), ends="completed/moved", visits=(replace(OLD, operatory_id=None),)),
    corner("without_provider", reschedule(), ends="completed/moved", visits=(replace(OLD, provider_id=None),)),
    corner("without_pattern", reschedule(), ends="completed/moved", visits=(replace(OLD, time_pattern=""),)),
    corner(
        "rebook_of_a_cancelled",
        reschedule(),
        ends="failed/not_movable",
        practice=REBOOKS,
        visits=(replace(OLD, status=AppointmentStatus.CANCELLED),),
    ),
    corner(
        "rebook_with_notes", reschedule(notes="wants mornings"), ends="completed/moved", practice=REBOOKS, visits=(OLD,)
    ),
    corner("notes_of_a_reference_alone", create(notes="[ref ABC123]"), ends="completed/booked"),
    corner(
        "rebook_overlapping",
        reschedule(allow_overlap=True),
        ends="completed/moved",
        practice=replace(REBOOKS, may_overlap=True),
        visits=(OLD, THEIRS),
    ),
    corner(
        "onboard_overlapping",
        onboard({**NEW_VISIT, "allow_overlap": True}),
        ends="completed/booked",
        practice=MAY_OVERLAP,
    ),
    # ------------------------------------------------------------------------------- how far a visit has got
    *(
        corner(f"{kind}_of_{name}", body, ends=f"failed/{code}", practice=practice, visits=(old,), day=TODAY)
        for name, old, code in (
            ("one_who_has_arrived", replace(old_today(8), status=AppointmentStatus.ARRIVED), "visit_has_begun"),
            ("one_that_is_over", old_today(5), "visit_is_past"),
        )
        for kind, body, practice in (
            ("cancel", CANCEL, MOVES),
            ("confirm", CONFIRM, MOVES),
            ("move", reschedule(), MOVES),
            ("rebook", reschedule(), REBOOKS),
        )
    ),
    *(
        corner(
            f"{kind}_stuck_in_traffic", body, ends=end, visits=(visit("50", TODAY + timedelta(hours=6.5)),), day=TODAY
        )
        for kind, body, end in (
            ("cancel", CANCEL, "completed/cancelled"),
            ("move", {**reschedule(), "start": today(14)}, "completed/moved"),
        )
    ),
    *(
        corner(
            f"{kind}_lost_then_{act}",
            body,
            ends=end,
            visits=(OLD,),
            answers=((1, answer),),
            before_write=(f"{act}_in_1",),
        )
        for kind, body, answer, act, end in (
            ("move", reschedule(), Answer.LOST_BEFORE, "patient_arrives", "failed/visit_has_begun"),
            ("move", reschedule(), Answer.LOST_BEFORE, "staff_moves_old_and_she_arrives", "failed/changed_in_ehr"),
            ("move", reschedule(), Answer.LOST_AFTER, "patient_arrives_at_ours", "completed/moved"),
            ("cancel", CANCEL, Answer.LOST_BEFORE, "patient_arrives", "failed/visit_has_begun"),
            ("cancel", CANCEL, Answer.LOST_BEFORE, "patient_misses_old", "completed/status_changed_in_ehr"),
            ("confirm", CONFIRM, Answer.LOST_BEFORE, "patient_arrives", "failed/visit_has_begun"),
            ("create", CREATED, Answer.LOST_AFTER, "patient_arrives_at_ours", "completed/booked"),
        )
    ),
    *(
        corner(
            f"rebook_and_{act}",
            reschedule(),
            ends=end,
            practice=REBOOKS,
            visits=(OLD,),
            before_write=(f"{act}_in_3",),
        )
        for act, end in (
            ("patient_arrives", "needs_review/old_visit_remains"),
            ("patient_misses_old", "completed/moved"),
        )
    ),
    corner(
        "move_back_to_a_time_that_is_over",
        reschedule(15),
        ends="needs_review/moved_onto_collision",
        visits=(visit("50", TODAY + timedelta(hours=6, minutes=5)),),
        before_write=("staff_books_her_neighbour",),
        answers=((2, Answer.LOST_BEFORE),),
    ),
    # ---------------------------------------------------------------------------------- what is added to a note
    *(
        corner(f"move_with_{name}", body, ends=end, visits=(old,), **given)
        for name, body, end, old, given in (
            ("a_reference_alone", reschedule(notes="[ref ABC123]"), "completed/moved", OLD, {"writes": 1}),
            ("signs_alone", reschedule(notes="!!"), "completed/moved", OLD, {"writes": 2}),
            (
                "notes_where_it_is",
                reschedule(10, notes="wants mornings"),
                "completed/already_moved",
                OLD,
                {"writes": 0},
            ),
            (
                "notes_that_are_there",
                reschedule(notes="wants mornings"),
                "completed/moved",
                replace(OLD, note="Wants mornings"),
                {"writes": 1},
            ),
            ("notes_refused", NOTED, "completed/note_not_written", OLD, {"answers": ((2, Answer.REFUSED),)}),
            ("notes_lost", NOTED, "completed/moved", OLD, {"answers": ((2, Answer.LOST_BEFORE),)}),
            ("notes_taken", NOTED, "completed/moved", OLD, {"answers": ((2, Answer.LOST_AFTER),)}),
            (
                "notes_and_cancelled",
                NOTED,
                "completed/note_not_written",
                OLD,
                {"before_write": ("staff_cancels_ours_in_3",)},
            ),
            (
                "notes_lost_and_deleted",
                NOTED,
                "completed/note_not_written",
                OLD,
                {"answers": ((2, Answer.LOST_BEFORE),), "acts": ((60.0, "staff_deletes_ours"),)},
            ),
            ("notes_that_cannot_be_added", NOTED, "completed/note_not_written", OLD, {"later": Later()}),
            (
                "notes_outside_the_chart",
                NOTED,
                "completed/outside_chart",
                OLD,
                {"later": Later((Fate.FORGOTTEN,), writes_reach_chart=False)},
            ),
            (
                "notes_too_long_for_a_rebook",
                reschedule(notes=40 * "long "),
                "completed/note_shortened",
                OLD,
                {"later": Later(moves_in_place=False, holds_notes_up_to=40)},
            ),
        )
    ),
    # ----------------------------------------------------------------------- what staff does between look and write
    *(
        corner(f"move_{name}", reschedule(), ends=end, visits=(OLD,), inserts_at=((act, 17),))
        for name, act, end in (
            ("deleted_meanwhile", "staff_deletes_old", "failed/changed_in_ehr"),
            ("moved_meanwhile", "staff_moves_old", "failed/changed_in_ehr"),
            ("moved_far_meanwhile", "staff_moves_old_far", "failed/changed_in_ehr"),
            ("taken_meanwhile", "staff_books", "failed/slot_taken"),
        )
    ),
    corner(
        "fault_after_the_move",
        reschedule(),
        ends="completed/moved",
        visits=(OLD,),
        faults=(("ehr.providers", 2, ZeroDivisionError),),
        decides=("give_up",),
    ),
    corner(
        "adopted_without_a_key",
        create(),
        ends="failed/ehr_key_refused",
        visits=(visit("60", at(14)),),
        faults=(("ehr.patient", 1, ZeroDivisionError), ("ehr.appointment", 0, EhrKeyRefused)),
        decides=("adopt_theirs",),
    ),
    corner(
        "rebook_adopted_as_the_old_visit",
        reschedule(),
        ends="needs_review/cannot_adopt",
        practice=REBOOKS,
        visits=(OLD,),
        faults=(("ehr.providers", 1, ZeroDivisionError),),
        decides=("adopt_named",),
    ),
    corner(
        "confirm_sent_too_often",
        CONFIRM,
        ends="needs_review/cannot_adopt",
        visits=(OLD, visit("52", at(9))),
        answers=tuple((n, Answer.LOST_BEFORE) for n in range(1, 6)),
        decides=("adopt_hers", "adopt_named"),
    ),
    corner("create_not_supported", create(), ends="failed/not_supported_by_ehr", answers=((1, Answer.NOT_SUPPORTED),)),
    corner("taken_between", create(), ends="failed/slot_taken", inserts_at=(("staff_books", 19),)),
    *(
        corner(
            f"she_is_booked_{when}",
            create(),
            ends="failed/patient_busy",
            inserts_at=(("staff_books_same_patient", number),),
        )
        for when, number in (("before_her_list_is_read", 16), ("before_the_last_look", 18), ("before_the_check", 23))
    ),
    corner("move_to_another_day", reschedule(start=_later_day(14)), ends="completed/moved", visits=(OLD,)),
    # ------------------------------------------------------------- what staff does between a lost write and a look
    *(
        corner(
            f"lost_then_{act.removeprefix('staff_')}",
            create(),
            ends=end,
            answers=((1, Answer.LOST_BEFORE if "books_her" in act else Answer.LOST_AFTER),),
            before_write=(f"{act}_in_1",),
            visits=(visit("52", at(9)),),
        )
        for act, end in (
            ("staff_books_her_earlier", "completed/booked"),
            ("staff_books_her_later", "completed/booked"),
            ("staff_books_her_with_reference", "failed/patient_busy"),
            ("staff_books_her_cancelled", "completed/booked"),
            ("staff_books_her_at_once", "needs_review/look_alike_in_ehr"),
            ("staff_cancels_ours", "completed/status_changed_in_ehr"),
            ("staff_moves_ours", "completed/status_changed_in_ehr"),
            ("staff_strips_note", "completed/booked"),
            ("staff_deletes_ours", "needs_review/removed_in_ehr"),
            ("staff_moves_ours_to_another_day", "completed/status_changed_in_ehr"),
        )
    ),
    *(
        corner(
            f"{kind}_lost_then_{act.removeprefix('staff_')}",
            body,
            ends=end,
            visits=(OLD,),
            answers=((1, answer),),
            before_write=(f"{act}_in_1",),
            practice=practice,
        )
        for kind, body, answer, act, end, practice in (
            ("move", reschedule(), Answer.LOST_BEFORE, "staff_deletes_old", "failed/changed_in_ehr", MOVES),
            ("move", reschedule(), Answer.LOST_BEFORE, "staff_cancels_old", "failed/changed_in_ehr", MOVES),
            ("move", reschedule(), Answer.LOST_BEFORE, "staff_moves_old", "failed/changed_in_ehr", MOVES),
            ("move", reschedule(), Answer.LOST_AFTER, "staff_cancels_ours", "failed/changed_in_ehr", MOVES),
            ("cancel", CANCEL, Answer.LOST_BEFORE, "staff_deletes_old", "completed/cancelled", MOVES),
            ("cancel", CANCEL, Answer.LOST_BEFORE, "staff_completes_old", "failed/not_cancellable", MOVES),
            ("confirm", CONFIRM, Answer.LOST_BEFORE, "staff_deletes_old", "needs_review/removed_in_ehr", MOVES),
            ("confirm", CONFIRM, Answer.LOST_BEFORE, "staff_completes_old", "failed/not_confirmable", MOVES),
            (
                "confirm",
                CONFIRM,
                Answer.LOST_BEFORE,
                "staff_confirms_otherwise",
                "completed/status_changed_in_ehr",
                MOVES,
            ),
            ("rebook", reschedule(), Answer.LOST_BEFORE, "staff_moves_old", "failed/changed_in_ehr", REBOOKS),
        )
    ),
    corner(
        "confirm_sent_again_over_a_change",
        CONFIRM,
        ends="completed/status_changed_in_ehr",
        visits=(OLD,),
        answers=((1, Answer.LOST_BEFORE),),
        acts=((301.5, "staff_confirms_otherwise"),),
    ),
    corner(
        "move_sent_again_over_a_change",
        reschedule(),
        ends="failed/changed_in_ehr",
        visits=(OLD,),
        answers=((1, Answer.LOST_BEFORE),),
        acts=((301.5, "staff_moves_old"),),
    ),
    # ------------------------------------------------------------------------------------------ collisions
    *(
        corner(
            f"{kind}_collides_and_{act.removeprefix('staff_')}_{seconds}",
            body,
            ends=end,
            visits=(OLD,) if body is not CREATED else (),
            before_write=("staff_books", f"{act}_in_{seconds}"),
            answers=answers,
            practice=practice,
        )
        for kind, body, act, seconds, answers, end, practice in (
            ("create", CREATED, "staff_completes_ours", 1, (), "needs_review/collision_remains", MOVES),
            ("create", CREATED, "staff_cancels_ours", 3, (), "failed/slot_taken", MOVES),
            ("create", CREATED, "staff_cancels_ours", 1, (), "completed/status_changed_in_ehr", MOVES),
            ("create", CREATED, "staff_deletes_ours", 3, (), "failed/slot_taken", MOVES),
            ("create", CREATED, "staff_moves_ours", 3, (), "needs_review/collision_remains", MOVES),
            ("create", CREATED, "staff_completes_ours", 3, (), "needs_review/collision_remains", MOVES),
            (
                "create",
                CREATED,
                "staff_completes_ours",
                8,
                ((2, Answer.LOST_BEFORE),),
                "needs_review/collision_remains",
                MOVES,
            ),
            ("create", CREATED, "staff_deletes_ours", 8, ((2, Answer.LOST_BEFORE),), "failed/slot_taken", MOVES),
            ("create", CREATED, "staff_cancels_ours", 8, ((2, Answer.LOST_BEFORE),), "failed/slot_taken", MOVES),
            ("move", reschedule(), "staff_completes_ours", 1, (), "needs_review/moved_onto_collision", MOVES),
            ("move", reschedule(), "patient_arrives_at_ours", 4, (), "needs_review/moved_onto_collision", MOVES),
            ("move", reschedule(), "staff_moves_ours", 30, ((2, Answer.LOST_BEFORE),), "failed/slot_taken", MOVES),
            (
                "move",
                reschedule(),
                "patient_arrives_at_ours",
                14,
                ((2, Answer.LOST_BEFORE),),
                "needs_review/moved_onto_collision",
                MOVES,
            ),
            ("move", reschedule(), "staff_cancels_ours", 1, (), "completed/status_changed_in_ehr", MOVES),
            ("move", reschedule(), "staff_cancels_ours", 4, (), "failed/slot_taken", MOVES),
            ("move", reschedule(), "staff_deletes_ours", 4, (), "failed/slot_taken", MOVES),
            ("move", reschedule(), "staff_moves_ours", 4, (), "failed/slot_taken", MOVES),
            ("move", reschedule(), "staff_moves_ours", 6, (), "failed/slot_taken", MOVES),
            ("move", reschedule(), "staff_books_old_time", 6, (), "needs_review/moved_onto_collision", MOVES),
            ("move", reschedule(), "staff_books_old_time", 4, (), "needs_review/moved_onto_collision", MOVES),
            ("move", reschedule(), "staff_moves_ours", 8, (), "failed/slot_taken", MOVES),
            ("rebook", reschedule(), "staff_completes_ours", 1, (), "needs_review/collision_remains", REBOOKS),
        )
    ),
    # -------------------------------------------------------------------------------------------- patients
    corner("charts_of_other_people", onboard(), ends="completed/patient_created", patients=(ADA, *OTHERS)),
    corner(
        "chart_with_another_phone",
        onboard(),
        ends="completed/patient_created_look_alike",
        patients=(ADA, replace(MARSHES[0], phones=("3035550199",))),
    ),
    corner("chart_found", onboard(), ends="completed/patient_found", patients=(ADA, MARSHES[0])),
    corner(
        "chart_found_by_another_spelling",
        onboard(),
        ends="completed/patient_found",
        patients=(ADA, replace(MARSHES[0], last_name="MARSH Jr.", phones=("+1 (303) 555-0142 x9",))),
    ),
    *(
        corner(
            f"chart_that_may_be_theirs_{n}",
            onboard(),
            ends="needs_review/patient_look_alike",
            patients=(ADA, replace(MARSHES[0], **theirs)),
        )
        for n, theirs in enumerate(_MAY_BE_THEIRS, 1)
    ),
    *(
        corner(
            f"chart_that_may_be_theirs_{name}",
            request,
            ends=ends,
            patients=(ADA, replace(MARSHES[0], **_MAY_BE_THEIRS[1])),
            **more,
        )
        for name, request, ends, more in (
            ("adopted", onboard(), "completed/patient_found", _decides("adopt_chart")),
            ("adopted_and_booked", onboard(NEW_VISIT), "completed/booked", _decides("adopt_chart")),
            ("told_apart", onboard(), "completed/patient_created_look_alike", _decides("resend")),
            ("not_a_strangers", onboard(), "needs_review/cannot_adopt", _decides("adopt_strangers_chart")),
            (
                "told_apart_and_lost",
                onboard(),
                "completed/patient_created_look_alike",
                {**_decides("resend"), "answers": ((1, Answer.LOST_BEFORE),)},
            ),
            (
                "seen_after_a_fault",
                onboard(),
                "needs_review/patient_look_alike",
                {**_decides("resend"), "faults": (("ehr.find_patients", 1, ZeroDivisionError),)},
            ),
        )
    ),
    corner(
        "chart_of_another_practice",
        onboard(),
        ends="needs_review/cannot_adopt",
        practice=record(clinic_number=2),
        patients=(ADA, replace(MARSHES[0], location_id="3", **_MAY_BE_THEIRS[1])),
        decides=("adopt_chart",),
    ),
    corner(
        "chart_waiting_for_its_system",
        onboard(),
        ends="completed/patient_found",
        patients=(ADA, replace(MARSHES[0], is_bookable=False, is_in_chart=False)),
    ),
    corner(
        "chart_inactive_adopted",
        onboard(NEW_VISIT),
        ends="needs_review/patient_inactive",
        patients=(ADA, replace(MARSHES[0], is_active=False)),
        decides=("adopt_chart",),
    ),
    corner(
        "chart_archived",
        onboard(),
        ends="needs_review/patient_not_bookable",
        patients=(ADA, replace(MARSHES[0], is_active=False, is_bookable=False)),
    ),
    corner(
        "chart_inactive",
        onboard(),
        ends="needs_review/patient_inactive",
        patients=(ADA, replace(MARSHES[0], is_active=False)),
    ),
    *(
        corner(
            f"chart_by_mail_{n}", onboard_by(mail, phone), ends=end, patients=(ADA, replace(MARSHES[0], email=theirs))
        )
        for n, (mail, phone, theirs, end) in enumerate(
            (
                ("cleo@example.com", None, "Cleo@example.com", "completed/patient_found"),
                ("cleo@example.com", None, "other@example.com", "completed/patient_created_look_alike"),
                ("cleo@example.com", None, None, "completed/patient_created_look_alike"),
            ),
            1,
        )
    ),
    *(
        corner(
            f"onboarding_lost_then_{act.removeprefix('staff_')}",
            onboard(),
            ends=end,
            answers=((1, Answer.LOST_BEFORE),),
            before_write=(f"{act}_in_1",),
        )
        for act, end in (
            ("staff_registers", "completed/patient_created"),
            ("staff_registers_two", "needs_review/several_patients_match"),
            ("staff_registers_inactive", "needs_review/patient_inactive"),
            ("staff_registers_near", "needs_review/patient_look_alike"),
        )
    ),
    *(
        corner(
            f"duplicate_refused_{name}",
            onboard(),
            ends=end,
            before_write=acts,
            faults=(("EHR.create_patient", 1, EhrDuplicatePatient), *faults),
        )
        for name, acts, faults, end in (
            ("one", ("staff_registers",), (), "completed/patient_found"),
            ("two", ("staff_registers_two",), (), "failed/ehr_duplicate_patient"),
            ("inactive", ("staff_registers_inactive",), (), "failed/ehr_duplicate_patient"),
            (
                "unread",
                ("staff_registers",),
                (("ehr.find_patients", 3, EhrUnavailable),),
                "completed/patient_found",
            ),
            (
                "unreadable",
                ("staff_registers",),
                (("ehr.find_patients", 3, EhrKeyRefused),),
                "failed/ehr_duplicate_patient",
            ),
        )
    ),
    corner(
        "not_bookable", create(), ends="failed/patient_not_bookable", patients=(replace(ADA, is_bookable=False), BEA)
    ),
    # ------------------------------------------------------------------------- a newcomer's chart gets another id
    corner(
        "newcomers_id_changes_before_the_visit",
        onboard(NEW_VISIT),
        ends="completed/booked",
        before_write=("newcomers_get_another_id_in_1",),
    ),
    corner(
        "newcomers_id_changes_behind_a_lost_answer",
        onboard(NEW_VISIT),
        ends="completed/booked",
        answers=((2, Answer.LOST_AFTER),),
        acts=((13.0, "newcomers_get_another_id"),),
    ),
    corner(
        "newcomers_id_changes_behind_a_lost_request",
        onboard(NEW_VISIT),
        ends="completed/booked",
        answers=((2, Answer.LOST_BEFORE),),
        acts=((13.0, "newcomers_get_another_id"),),
    ),
    corner(
        "newcomers_id_changes_and_another_is_like_them",
        onboard(NEW_VISIT),
        ends="needs_review/outcome_unknown",
        answers=((2, Answer.LOST_BEFORE),),
        acts=((13.0, "newcomers_get_another_id"), (13.1, "staff_registers_two")),
    ),
    corner(
        "patient_vanishes_behind_a_lost_answer",
        create(),
        ends="needs_review/outcome_unknown",
        answers=((1, Answer.LOST_BEFORE),),
        before_write=("staff_forgets_patient_in_1",),
    ),
    corner(
        "newcomers_id_changes_beside_an_archived_chart",
        onboard(NEW_VISIT),
        ends="completed/booked",
        before_write=("newcomers_get_another_id_in_1",),
        acts=((2.8, "staff_registers_inactive"),),
    ),
    # ----------------------------------------------------------------------------------- seldom, but possible
    corner(
        "another_create_goes_on",
        requests=(Request(0.0, create(14), "k1"), Request(300.0, create(15), "k2")),
        ends=("needs_review/unexpected_fault", "completed/booked"),
        faults=(("ehr.patient", 1, ZeroDivisionError),),
    ),
    corner(
        "ended_between_two_looks",
        requests=(Request(0.0, CREATED, "k1"), Request(12.424, {**CONFIRM, "appointment_id": "1001"}, "k2")),
        ends=("completed/booked", "completed/confirmed"),
    ),
    corner(
        "refused_in_two_ways",
        create(),
        ends="completed/booked",
        answers=((1, Answer.UNLISTED), (2, Answer.UNLISTED_OTHERWISE)),
    ),
    corner(
        "three_places_taken",
        create(),
        ends="failed/slot_taken",
        faults=tuple(("worker:tasks.save", n, SlotTaken) for n in (2, 3, 4)),
    ),
    corner(
        "practice_gone_meanwhile",
        create(),
        ends="completed/booked",
        answers=((1, Answer.LOST_BEFORE),),
        faults=(("worker:practices.practice", 2, PracticeNotFound),),
    ),
    corner(
        "practice_gone_at_the_end",
        reschedule(),
        ends="failed/reverted_in_ehr",
        visits=(OLD,),
        later=Later((Fate.REVERTED,)),
        faults=(("worker:tasks.end", 1, StoreUnavailable), ("worker:practices.practice", 11, PracticeNotFound)),
    ),
    corner(
        "fault_at_the_end",
        reschedule(),
        ends="failed/reverted_in_ehr",
        visits=(OLD,),
        later=Later((Fate.REVERTED,)),
        faults=(("worker:tasks.end", 1, ZeroDivisionError),),
        decides=("resend",),
    ),
    corner(
        "old_visit_cancelled_by_hand",
        reschedule(),
        ends="completed/moved",
        practice=REBOOKS,
        visits=(OLD,),
        answers=((2, Answer.REFUSED),),
        before_write=("staff_cancels_old_in_14",),
        decides=("adopt_named",),
    ),
    *(
        corner(
            f"moved_by_hand_{name}",
            reschedule(),
            ends=end,
            visits=(OLD,),
            faults=(("ehr.appointments", 2, ZeroDivisionError),),
            acts=((15.0, act),),
            decides=("adopt_named",),
        )
        for name, act, end in (
            ("as_asked", "staff_moves_old_as_asked", "completed/moved"),
            ("to_another_chair", "staff_moves_old_to_chair_2", "needs_review/cannot_adopt"),
            ("then_cancelled", "staff_moves_and_cancels_old", "needs_review/cannot_adopt"),
        )
    ),
    corner(
        "move_among_others", reschedule(), ends="completed/moved", visits=(visit("49", at(9), patient_id="12"), OLD)
    ),
    corner(
        "collides_and_is_moved_as_it_goes_back",
        reschedule(),
        ends="failed/slot_taken",
        visits=(OLD,),
        before_write=("staff_books", "staff_moves_ours_in_5"),
    ),
    corner(
        "rebook_of_a_deleted",
        reschedule(),
        ends="completed/moved",
        practice=REBOOKS,
        visits=(OLD,),
        before_write=("staff_deletes_old_in_3",),
    ),
    corner(
        "rebook_lost_then_deleted",
        reschedule(),
        ends="completed/moved",
        practice=REBOOKS,
        visits=(OLD,),
        answers=((2, Answer.LOST_BEFORE),),
        before_write=("staff_deletes_old_in_30",),
    ),
    # --------------------------------------------------------------------------------- an EHR that writes later
    *(
        corner(f"later_{name}", body, ends=end, later=later, visits=visits, **given)
        for name, body, end, later, visits, given in (
            ("create", CREATED, "completed/booked", Later(), (), {}),
            ("create_twice", CREATED, "completed/booked", Later(), (), {"answers": ((1, Answer.LOST_BEFORE),)}),
            (
                "notes",
                {**CREATED, "notes": 40 * "long "},
                "completed/note_shortened",
                Later(holds_notes_up_to=40),
                (),
                {},
            ),
            ("never", _soon_visit(), "failed/not_written_to_ehr", FORGOTTEN, (), {"day": TODAY}),
            (
                "cancelled",
                CREATED,
                "failed/not_written_to_ehr",
                FORGOTTEN,
                (),
                {"before_write": ("staff_cancels_ours_in_30",)},
            ),
            (
                "cancelled_in_chart",
                CREATED,
                "completed/status_changed_in_ehr",
                Later(seconds=20.0),
                (),
                {"before_write": ("staff_cancels_ours_in_30",)},
            ),
            (
                "deleted",
                CREATED,
                "needs_review/removed_in_ehr",
                FORGOTTEN,
                (),
                {"before_write": ("row_of_ours_vanishes_in_30",)},
            ),
            ("elsewhere", CREATED, "needs_review/stored_differently", Later((Fate.ELSEWHERE,)), (), {}),
            (
                "elsewhere_given_up",
                CREATED,
                "completed/collision_remains",
                Later((Fate.ELSEWHERE,)),
                (),
                {"decides": ("give_up", "give_up", "give_up")},
            ),
            (
                "elsewhere_adopted",
                CREATED,
                "completed/booked",
                Later((Fate.ELSEWHERE,)),
                (),
                {"decides": ("adopt_missing", "adopt_ours")},
            ),
            ("outside", CREATED, "completed/outside_chart", Later((Fate.FORGOTTEN,), writes_reach_chart=False), (), {}),
            ("onboard", onboard(NEW_VISIT), "completed/booked", Later(), (), {}),
            (
                "onboard_to_another_id",
                onboard(NEW_VISIT),
                "completed/booked",
                Later(),
                (),
                {"acts": ((60.0, "newcomers_get_another_id"),)},
            ),
            ("move", reschedule(), "completed/moved", Later(), (OLD,), {}),
            ("move_reverted", reschedule(), "failed/reverted_in_ehr", Later((Fate.REVERTED,)), (OLD,), {}),
            ("move_elsewhere", reschedule(), "completed/status_changed_in_ehr", Later((Fate.ELSEWHERE,)), (OLD,), {}),
            (
                "move_deleted",
                reschedule(),
                "completed/status_changed_in_ehr",
                FORGOTTEN,
                (OLD,),
                {"before_write": ("staff_deletes_old_in_30",)},
            ),
            (
                "move_outside",
                reschedule(),
                "completed/outside_chart",
                Later((Fate.FORGOTTEN,), writes_reach_chart=False),
                (OLD,),
                {},
            ),
            (
                "move_unknown",
                {**reschedule(), "start": today(9)},
                "needs_review/not_confirmed_by_ehr",
                FORGOTTEN,
                (old_today(15),),
                {"day": TODAY},
            ),
            (
                "move_unknown_given_up",
                {**reschedule(), "start": today(9)},
                "completed/not_confirmed_by_ehr",
                FORGOTTEN,
                (old_today(15),),
                {"day": TODAY, "decides": ("give_up",)},
            ),
            (
                "move_undone_outside",
                {**reschedule(), "start": today(9)},
                "completed/outside_chart",
                Later((Fate.FORGOTTEN,), writes_reach_chart=False),
                (old_today(10),),
                {"day": TODAY, "before_write": ("staff_moves_old_back_in_1",)},
            ),
            (
                "move_not_supported",
                reschedule(),
                "completed/moved",
                Later(),
                (OLD,),
                {"answers": ((1, Answer.NOT_SUPPORTED),)},
            ),
            (
                "move_soon",
                reschedule(),
                "completed/moved",
                Later(seconds=40.0, fates=(Fate.WRITTEN,)),
                (OLD,),
                {},
            ),
            ("cancel", CANCEL, "completed/cancelled", Later(), (OLD,), {}),
            ("cancel_reverted", CANCEL, "failed/reverted_in_ehr", Later((Fate.REVERTED,)), (OLD,), {}),
            ("cancel_of_what_waits", CANCEL, "completed/cancelled", FORGOTTEN, (replace(OLD, is_in_chart=False),), {}),
            (
                "move_of_what_waits",
                reschedule(),
                "completed/status_changed_in_ehr",
                FORGOTTEN,
                (replace(OLD, is_in_chart=False),),
                {"before_write": ("staff_moves_old_in_30",)},
            ),
            (
                "rebook_without_time",
                reschedule(),
                "completed/moved",
                Later(),
                (replace(OLD, start=None),),
                {"practice": REBOOKS},
            ),
            ("confirm", CONFIRM, "completed/confirmed", Later(), (OLD,), {}),
            (
                "confirm_untold",
                CONFIRM,
                "needs_review/not_confirmed_by_ehr",
                Later(tells_when_open=False),
                (old_today(9),),
                {"day": TODAY},
            ),
            (
                "confirm_never_told_compared",
                CONFIRM,
                "needs_review/not_confirmed_by_ehr",
                Later(tells_when_compared=False),
                (old_today(9),),
                {"day": TODAY},
            ),
            (
                "confirm_undone_at_the_vendor",
                CONFIRM,
                "needs_review/not_confirmed_by_ehr",
                FORGOTTEN,
                (replace(old_today(9), is_in_chart=False),),
                {"day": TODAY, "before_write": ("staff_unconfirms_old_in_3",)},
            ),
            (
                "confirm_never_compared",
                CONFIRM,
                "needs_review/not_confirmed_by_ehr",
                Later(cycle=1e6),
                (old_today(9),),
                {"day": TODAY},
            ),
            (
                "confirm_unknown_sent_again",
                CONFIRM,
                "needs_review/not_confirmed_by_ehr",
                FORGOTTEN,
                (old_today(9),),
                {"day": TODAY, "decides": ("resend",)},
            ),
            (
                "confirm_unknown_given_up",
                CONFIRM,
                "completed/not_confirmed_by_ehr",
                FORGOTTEN,
                (old_today(9),),
                {"day": TODAY, "decides": ("give_up",)},
            ),
            ("confirm_reverted", CONFIRM, "failed/reverted_in_ehr", Later((Fate.REVERTED,)), (OLD,), {}),
            (
                "confirm_cancelled",
                CONFIRM,
                "completed/status_changed_in_ehr",
                FORGOTTEN,
                (old_today(15),),
                {"day": TODAY, "before_write": ("staff_unconfirms_and_cancels_old_in_30",)},
            ),
            ("rebook", reschedule(), "completed/moved", Later(moves_in_place=False), (OLD,), {}),
            (
                "rebook_near",
                {**reschedule(), "start": today(12)},
                "needs_review/replacement_waits",
                Later((Fate.FORGOTTEN,), moves_in_place=False),
                (old_today(9),),
                {"day": TODAY},
            ),
            (
                "rebook_of_the_past",
                {**reschedule(), "start": today(16)},
                "needs_review/old_visit_remains",
                Later(moves_in_place=False, seconds=14000.0),
                (old_today(8),),
                {"day": TODAY, "first": 3660.0},
            ),
            ("collision", CREATED, "failed/slot_taken", Later(), (), {"before_write": ("staff_books_in_3",)}),
            (
                "collision_reverted",
                CREATED,
                "needs_review/visit_remains",
                Later((Fate.WRITTEN, Fate.REVERTED)),
                (),
                {"before_write": ("staff_books_in_3",)},
            ),
            (
                "move_collision",
                reschedule(),
                "failed/slot_taken",
                Later(),
                (OLD,),
                {"before_write": ("staff_books_in_3",)},
            ),
            (
                "move_collision_reverted",
                reschedule(),
                "needs_review/moved_onto_collision",
                Later((Fate.WRITTEN, Fate.REVERTED)),
                (OLD,),
                {"before_write": ("staff_books_in_3",)},
            ),
        )
    ),
    *(
        corner(
            f"later_parked_{name}",
            body,
            ends=end,
            later=replace(FORGOTTEN, moves_in_place=moves_in_place, fates=fates),
            visits=(OLD,),
            faults=(("ehr.appointment", number, ZeroDivisionError),),
            decides=("give_up",),
        )
        for name, body, end, number, moves_in_place, fates in (
            ("cancel", CANCEL, "failed/given_up_unread", 2, True, (Fate.FORGOTTEN,)),
            ("move", reschedule(), "failed/given_up_unread", 2, True, (Fate.FORGOTTEN,)),
            ("rebook", reschedule(), "completed/old_visit_remains", 14, False, (Fate.WRITTEN,)),
        )
    ),
    *(
        corner(
            f"later_rebook_near_{word}",
            {**reschedule(), "start": today(12)},
            ends=end,
            later=Later((Fate.FORGOTTEN,), moves_in_place=False),
            visits=(old_today(9),),
            day=TODAY,
            decides=(word,),
        )
        for word, end in (
            ("resend", "needs_review/replacement_waits"),
            ("adopt_ours", "needs_review/cannot_adopt"),
            ("adopt_named", "needs_review/cannot_adopt"),
        )
    ),
)
CORNERS: dict[str, Scenario] = {each.name: each for each in _ALL}
