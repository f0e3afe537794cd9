"""The steps of tasks, by kind: what each reads before it writes, what it writes, and how it is read back.

Nothing here is sent: `PREPARE` looks and decides; `process` records the intent and only then calls `send`.
"""

from collections.abc import Callable

from openchair.models.journal import Step, StepKind, Task
from openchair.tasks.steps import await_chart, check, create, move, note, patient, visit_state
from openchair.tasks.steps.common import Desk, Look, Prepared, ReadBack

PREPARE: dict[StepKind, Callable[[Task, Step, Desk], Prepared]] = {
    StepKind.CREATE_PATIENT: patient.prepare,
    StepKind.CREATE_APPOINTMENT: create.prepare,
    StepKind.MOVE_APPOINTMENT: move.prepare,
    StepKind.CANCEL_APPOINTMENT: visit_state.prepare_cancel,
    StepKind.CONFIRM_APPOINTMENT: visit_state.prepare_confirm,
    StepKind.WITHDRAW: create.prepare_withdrawal,
    StepKind.MOVE_BACK: move.prepare_back,
    StepKind.APPEND_NOTE: note.prepare,
}

READ_BACK: dict[StepKind, Callable[[Task, Step, Desk], ReadBack]] = {
    StepKind.CREATE_PATIENT: patient.read_back,
    StepKind.CREATE_APPOINTMENT: create.read_back,
    StepKind.MOVE_APPOINTMENT: move.read_back,
    StepKind.CANCEL_APPOINTMENT: visit_state.read_back_cancel,
    StepKind.CONFIRM_APPOINTMENT: visit_state.read_back_confirm,
    StepKind.WITHDRAW: create.read_back_withdrawal,
    StepKind.MOVE_BACK: move.read_back_back,
    StepKind.APPEND_NOTE: note.read_back,
}

LOOK: dict[StepKind, Callable[[Task, Step, Desk], Look]] = {
    StepKind.CHECK: check.check,
    StepKind.CHECK_BACK: check.check_back,
    StepKind.AWAIT_APPOINTMENT: await_chart.await_appointment,
    StepKind.AWAIT_MOVE: await_chart.await_move,
    StepKind.AWAIT_CANCELLATION: await_chart.await_cancellation,
    StepKind.AWAIT_CONFIRMATION: await_chart.await_confirmation,
    StepKind.AWAIT_WITHDRAWAL: await_chart.await_withdrawal,
    StepKind.AWAIT_MOVE_BACK: await_chart.await_move_back,
}
