"""One suite for the store of tasks, in memory and on DynamoDB, so that unit tests may rely on the first."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from openchair.errors import IdempotencyKeyReused, InvalidRequest, PatientBusy, SlotTaken, StaleVersion, TaskNotFound
from openchair.models.journal import Hold, IdempotencyRecord, Step, StepKind, StepState, Task, TaskState, Untold
from openchair.models.request import ConfirmAppointment, TaskType
from openchair.ports import TaskStore
from openchair.store.task_store import DynamoTaskStore
from tests.clock import VirtualClock
from tests.integration.tables import empty_tables, moto_tables, sweep_tables
from tests.memory_store import MemoryTaskStore

START = datetime(2026, 3, 2, 16, 0, tzinfo=UTC)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(START)


@pytest.fixture(params=["memory", "dynamodb"])
def store(request: pytest.FixtureRequest, clock: VirtualClock) -> TaskStore:
    if request.param == "memory":
        return MemoryTaskStore(clock)
    request.getfixturevalue("dynamodb")
    empty_tables()
    return DynamoTaskStore(clock)


@pytest.fixture(scope="module")
def dynamodb() -> Iterator[None]:
    with moto_tables():
        yield


def task(number: int = 1, *, practice_id: str = "p1", holds: tuple[Hold, ...] = (), line: str = "line") -> Task:
    return Task(
        id=f"0000TASK{number:04d}",
        practice_id=practice_id,
        ehr_account_id="account",
        caller_id="caller",
        request=ConfirmAppointment(type=TaskType.CONFIRM_APPOINTMENT, appointment_id="50"),
        steps=(Step(kind=StepKind.CONFIRM_APPOINTMENT),),
        lines=(line,),
        holds=holds,
        accepted_at=START,
        updated_at=START,
        next_attempt_at=START + timedelta(seconds=30),
    )


def hold(resource_id: str = "3", start: datetime = START, minutes: int = 60) -> Hold:
    return Hold(resource="operatory", resource_id=resource_id, start=start, end=start + timedelta(minutes=minutes))


def key(number: int, body: str = "body") -> IdempotencyRecord:
    return IdempotencyRecord(f"key{number}", body)


def accept(store: TaskStore, number: int = 1, **given: object) -> Task:
    return store.accept(task(number, **given), key(number))  # type: ignore[arg-type]


def sweep(store: TaskStore, clock: VirtualClock) -> None:
    """What TTL does some day after."""
    if isinstance(store, MemoryTaskStore):
        store.sweep()
    else:
        sweep_tables(clock.now())


def claimed(store: TaskStore) -> set[tuple[str, datetime]]:
    """Every claimed five minutes, whichever way the store groups them."""
    found = set()
    for claim in store.claims("account", START - timedelta(days=1), START + timedelta(days=1)):
        at = claim.start
        while at < claim.end:
            found.add((claim.resource_id, at))
            at += timedelta(minutes=5)
    return found


def test_an_accepted_task_reads_back_as_it_was(store: TaskStore) -> None:
    stored = accept(store)

    assert stored == task().changed(version=1)
    assert store.task("p1", stored.id) == stored


def test_an_unknown_task_is_told(store: TaskStore) -> None:
    with pytest.raises(TaskNotFound):
        store.task("p1", "none")


def test_an_equal_request_gets_the_task_of_before(store: TaskStore) -> None:
    first = accept(store)

    again = store.accept(task(2), key(1))

    assert again == first
    assert store.accepted("p1", key(1)) == first
    with pytest.raises(TaskNotFound):
        store.task("p1", task(2).id)


def test_a_key_with_another_body_is_refused(store: TaskStore) -> None:
    accept(store)

    with pytest.raises(IdempotencyKeyReused):
        store.accept(task(2), key(1, "other"))


def test_a_key_older_than_thirty_days_is_free_again_even_while_its_record_lingers(
    store: TaskStore, clock: VirtualClock
) -> None:
    accept(store)
    clock.advance(30 * 86_400 + 1)

    assert store.accepted("p1", key(1)) is None
    assert store.accept(task(2), key(1)).id == task(2).id


def test_a_save_needs_the_version_that_was_read(store: TaskStore) -> None:
    read = accept(store)
    store.save(read.changed(state=TaskState.IN_PROGRESS))

    with pytest.raises(StaleVersion):
        store.save(read)


def test_a_step_and_its_journal_read_back_as_they_were(store: TaskStore) -> None:
    sent = Step(
        kind=StepKind.CONFIRM_APPOINTMENT,
        state=StepState.SENT,
        marker="[ref AB12CD]",
        attempt=1,
        sent_at=START,
        seen_appointment_ids=("50", "51"),
        start=START,
    )

    saved = store.save(accept(store).changed(steps=(sent,)))

    assert store.task("p1", saved.id).steps == (sent,)


def test_held_time_is_refused_to_others_until_its_task_ends(store: TaskStore) -> None:
    first = accept(store, 1, holds=(hold(),))
    second = accept(store, 2)

    with pytest.raises(SlotTaken):
        store.save(second, take=(hold(start=START + timedelta(minutes=55)),))
    with pytest.raises(SlotTaken):
        accept(store, 3, holds=(hold(start=START - timedelta(minutes=30)),))
    store.end(first.changed(state=TaskState.COMPLETED))

    assert store.save(second, take=(hold(),)).holds == (hold(),)


def test_a_refused_hold_changes_nothing_at_all(store: TaskStore) -> None:
    accept(store, 1, holds=(hold("3"),))
    second = accept(store, 2)

    with pytest.raises(SlotTaken):
        store.save(second.changed(state=TaskState.IN_PROGRESS), take=(hold("4"), hold("3")))

    assert store.task("p1", second.id) == second
    assert {resource for resource, _ in claimed(store)} == {"3"}


def test_a_task_may_take_what_it_holds_again(store: TaskStore) -> None:
    first = accept(store, 1, holds=(hold(),))

    store.save(first, take=(hold(minutes=90),))

    assert len(claimed(store)) == 18


def test_a_patients_time_is_held_by_one_task_and_told_before_a_chairs(store: TaskStore) -> None:
    patient = hold("7").model_copy(update={"resource": "patient"})
    chair_of_that_id = hold("7")
    first = accept(store, 1, holds=(patient, hold()))

    with pytest.raises(PatientBusy):
        accept(store, 2, holds=(hold(), patient))
    with pytest.raises(PatientBusy):
        store.save(accept(store, 3), (hold("4"), patient))
    accept(store, 4, holds=(chair_of_that_id,))

    claims = store.claims("account", START, START + timedelta(hours=1))
    assert {(claim.resource, claim.resource_id, claim.task_id) for claim in claims} == {
        ("patient", "7", first.id),
        ("operatory", "3", first.id),
        ("operatory", "7", task(4).id),
    }
    store.end(first)
    assert accept(store, 5, holds=(patient, hold())).version == 1


def test_a_place_that_is_left_is_free_at_once_and_the_new_one_is_held(store: TaskStore) -> None:
    first = accept(store, 1, holds=(hold("3"), hold("4")))

    moved = store.save(first, take=(hold("5"),), leave=(hold("3"),))

    assert set(moved.holds) == {hold("4"), hold("5")}
    assert {resource for resource, _ in claimed(store)} == {"4", "5"}
    assert accept(store, 2, holds=(hold("3"),)).holds == (hold("3"),)


def test_leaving_a_hold_does_not_free_what_another_hold_of_the_task_covers(store: TaskStore) -> None:
    half = hold(minutes=30)
    first = accept(store, 1, holds=(hold(), half))

    store.save(first, leave=(half,))

    assert len(claimed(store)) == 12


def test_of_one_hour_a_part_is_left_and_another_taken(store: TaskStore) -> None:
    first = accept(store, 1, holds=(hold(minutes=30),))

    store.save(first, take=(hold(start=START + timedelta(minutes=30), minutes=15),), leave=(hold(minutes=30),))

    assert claimed(store) == {("3", START + timedelta(minutes=minutes)) for minutes in (30, 35, 40)}


def test_a_task_whose_holds_were_swept_can_end(store: TaskStore, clock: VirtualClock) -> None:
    first = accept(store, 1, holds=(hold(),))
    clock.advance(9 * 86_400)
    sweep(store, clock)
    assert claimed(store) == set()

    ended = store.end(first.changed(state=TaskState.FAILED))

    assert (store.task("p1", first.id).state, ended.holds) == (TaskState.FAILED, ())


def test_a_task_that_ends_leaves_alone_what_was_swept_and_is_anothers_since(
    store: TaskStore, clock: VirtualClock
) -> None:
    first = accept(store, 1, holds=(hold("3"), hold("4")))
    clock.advance(9 * 86_400)
    sweep(store, clock)
    second = accept(store, 2, holds=(hold("3"),))

    store.end(first.changed(state=TaskState.FAILED))

    assert {resource for resource, _ in claimed(store)} == {"3"}
    assert store.task("p1", second.id).holds == (hold("3"),)


def test_a_place_that_was_swept_can_be_left(store: TaskStore, clock: VirtualClock) -> None:
    first = accept(store, 1, holds=(hold("3"),))
    clock.advance(9 * 86_400)
    sweep(store, clock)
    accept(store, 2, holds=(hold("3"),))

    moved = store.save(first, take=(hold("4"),), leave=(hold("3"),))

    assert moved.holds == (hold("4"),)
    assert {resource for resource, _ in claimed(store)} == {"3", "4"}


def test_a_task_that_holds_more_than_a_transaction_takes_can_end(store: TaskStore) -> None:
    held = accept(store)
    for chair in range(8):
        nine_hours = (hold(f"chair{chair}", minutes=540), hold(f"provider{chair}", minutes=540))
        held = store.save(held, take=nine_hours)

    ended = store.end(held.changed(state=TaskState.COMPLETED))

    assert (ended.holds, claimed(store)) == ((), set())
    assert list(store.line("account", "line")) == []


def test_back_to_back_holds_do_not_touch(store: TaskStore) -> None:
    accept(store, 1, holds=(hold(),))

    accept(store, 2, holds=(hold(start=START + timedelta(minutes=60)),))

    assert len(claimed(store)) == 24


def test_a_hold_of_nine_hours_over_midnight_is_one_transaction(store: TaskStore) -> None:
    nine_hours = hold(start=START + timedelta(hours=5, minutes=35), minutes=540)

    accept(store, 1, holds=(nine_hours,))

    assert len(claimed(store)) == 108


def test_claims_of_another_account_are_not_seen(store: TaskStore) -> None:
    accept(store, 1, holds=(hold(),))

    assert list(store.claims("other", START, START + timedelta(hours=1))) == []


def test_claims_that_only_touch_the_range_are_not_in_it(store: TaskStore) -> None:
    accept(store, 1, holds=(hold(),))

    assert list(store.claims("account", START + timedelta(hours=1), START + timedelta(hours=2))) == []


def test_a_line_keeps_the_order_of_acceptance_and_loses_who_ends(store: TaskStore) -> None:
    first, second, third = (accept(store, number) for number in (1, 2, 3))
    store.end(second.changed(state=TaskState.FAILED))

    assert list(store.line("account", "line")) == [("p1", first.id), ("p1", third.id)]


def test_ending_the_head_makes_the_next_due(store: TaskStore) -> None:
    first, second = accept(store, 1), accept(store, 2)

    store.end(first.changed(state=TaskState.COMPLETED))

    assert [due.task_id for due in store.due(START, 10)] == [second.id]
    assert list(store.line("account", "line")) == [("p1", second.id)]


def test_a_task_in_review_behind_the_head_is_passed_over_for_the_next_that_waits(store: TaskStore) -> None:
    first, second, third = (accept(store, number) for number in (1, 2, 3))
    store.save(second.changed(state=TaskState.NEEDS_REVIEW, next_attempt_at=None))

    store.end(first.changed(state=TaskState.COMPLETED))

    assert [due.task_id for due in store.due(START, 10)] == [third.id]


def test_two_practices_of_one_account_share_a_line(store: TaskStore) -> None:
    accept(store, 1)
    accept(store, 2, practice_id="p2")

    assert list(store.line("account", "line")) == [("p1", task(1).id), ("p2", task(2).id)]


def told(task: Task) -> Task:
    return task.changed(announced=task.event)


def test_ended_tasks_and_reviews_that_were_told_are_never_due(store: TaskStore) -> None:
    first, second = accept(store, 1), accept(store, 2)
    store.end(told(first.changed(state=TaskState.COMPLETED)))
    store.save(told(store.task("p1", second.id).changed(state=TaskState.NEEDS_REVIEW, next_attempt_at=None)))

    assert list(store.due(START + timedelta(days=365), 10)) == []


def test_whoever_ends_a_task_makes_it_due_to_be_told_by_the_same_write(store: TaskStore) -> None:
    ended = store.end(accept(store).changed(state=TaskState.COMPLETED))

    assert list(store.due(START + timedelta(seconds=59), 10)) == []
    (due,) = store.due(START + timedelta(seconds=60), 10)
    woken = store.wake(due, START + timedelta(seconds=300))
    assert (woken, store.task("p1", ended.id)) == (ended, ended)
    assert ended.next_attempt_at is None
    assert list(store.due(START + timedelta(seconds=299), 10)) == []

    store.note(told(ended))
    assert list(store.due(START + timedelta(days=365), 10)) == []


def test_an_event_that_waits_moves_no_look_and_the_look_moves_no_event(store: TaskStore) -> None:
    sweep, again = START + timedelta(seconds=254), START + timedelta(seconds=500)
    untold = Untold(event="completed/booked", attempts=3, again_at=again)
    ended = accept(store).changed(state=TaskState.COMPLETED, code="booked", sweep_at=sweep, untold=untold)

    stored = store.end(ended)

    assert store.task("p1", stored.id) == stored
    assert stored.next_attempt_at == sweep
    assert list(store.due(START + timedelta(seconds=253), 10)) == []
    assert len(store.due(sweep, 10)) == 1
    store.save(stored.changed(sweep_at=None, next_attempt_at=None))
    assert list(store.due(START + timedelta(seconds=499), 10)) == []
    assert len(store.due(again, 10)) == 1


def test_what_is_only_to_be_told_crowds_out_no_task_that_is_to_be_looked_at(store: TaskStore) -> None:
    for number in (1, 2, 3):
        store.end(accept(store, number).changed(state=TaskState.FAILED))
    accept(store, 4)

    found = [due.task_id for due in store.due(START + timedelta(days=1), 2)]

    assert found[0] == task(4).id
    assert len(found) == 3


def test_a_note_on_a_task_that_goes_on_moves_nothing_that_happened_to_its_time_meanwhile(store: TaskStore) -> None:
    """Another task of its line ended, or somebody woke it, after it was read."""
    first = accept(store, 1)
    read = store.save(accept(store, 2).changed(next_attempt_at=START + timedelta(hours=1)))
    store.end(told(first.changed(state=TaskState.COMPLETED)))

    noted = store.note(read.changed(announced="in_progress/reading_back"))

    now = store.task("p1", read.id)
    assert (now.announced, now.version) == ("in_progress/reading_back", noted.version)
    assert now.next_attempt_at == START
    with pytest.raises(StaleVersion):
        store.note(read.changed(announced="late"))


def test_an_ended_task_that_is_to_be_looked_at_once_more_is_due_then(store: TaskStore) -> None:
    later = START + timedelta(seconds=254)

    store.end(told(accept(store).changed(state=TaskState.COMPLETED, sweep_at=later)))

    assert list(store.due(START + timedelta(seconds=253), 10)) == []
    assert [due.task_id for due in store.due(later, 10)] == [task().id]


def test_a_task_joins_another_line_at_its_end(store: TaskStore) -> None:
    first, second = accept(store, 1, line="one"), accept(store, 2, line="two")

    joined = store.save(first, join="two")

    assert list(store.line("account", "two")) == [("p1", second.id), ("p1", first.id)]
    store.end(joined.changed(state=TaskState.COMPLETED))
    assert list(store.line("account", "two")) == [("p1", second.id)]
    assert list(store.line("account", "one")) == []


def test_a_due_task_is_woken_once(store: TaskStore) -> None:
    accept(store)
    (due,) = store.due(START + timedelta(seconds=31), 10)

    woken = store.wake(due, START + timedelta(minutes=5))

    assert woken is not None
    assert woken.next_attempt_at == START + timedelta(minutes=5)
    assert store.wake(due, START + timedelta(minutes=6)) is None
    assert list(store.due(START + timedelta(seconds=31), 10)) == []


def test_waking_does_not_overtake_a_worker(store: TaskStore) -> None:
    read = accept(store)
    (due,) = store.due(START + timedelta(seconds=31), 10)
    store.wake(due, START + timedelta(minutes=5))

    assert store.save(read.changed(state=TaskState.IN_PROGRESS)).version == 2


def test_tasks_are_listed_newest_first_page_by_page(store: TaskStore) -> None:
    for number in range(1, 6):
        accept(store, number, line=f"line{number}")

    first = store.tasks("p1", None, 2, None)
    second = store.tasks("p1", None, 2, first.next_cursor)
    third = store.tasks("p1", None, 2, second.next_cursor)

    numbers = [int(found.id[-4:]) for page in (first, second, third) for found in page.tasks]
    assert numbers == [5, 4, 3, 2, 1]
    assert third.next_cursor is None


def test_a_list_by_state_holds_only_that_state(store: TaskStore) -> None:
    accept(store, 1)
    store.save(accept(store, 2, line="other").changed(state=TaskState.NEEDS_REVIEW))

    page = store.tasks("p1", TaskState.NEEDS_REVIEW, 10, None)

    assert [found.id for found in page.tasks] == [task(2).id]


def test_a_cursor_that_is_not_ours_is_refused(clock: VirtualClock) -> None:
    with pytest.raises(InvalidRequest):
        DynamoTaskStore(clock).tasks("p1", None, 10, "../../etc")
