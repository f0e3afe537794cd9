"""What an error means for a task, by where its step is: the one table of it (design section 5, write step)."""

from enum import Enum, auto

from openchair.errors import (
    Conflict,
    EhrBusy,
    EhrError,
    EhrNotSent,
    EhrNotSupported,
    EhrNotSynced,
    EhrOutcomeUnknown,
    EhrUnavailable,
    InvalidTime,
    NotFound,
    OpenChairError,
    SlotTaken,
)
from openchair.models.journal import TERMINAL, StepState, Task
from openchair.tasks.steps import LOOK

TOLD = (EhrError, NotFound, Conflict, InvalidTime)
"""What reads and writes of a chart raise; our own state's errors are nobody's answer and pass."""


class At(Enum):
    """Where a step is when an error comes."""

    NEW = auto()
    """Nothing has left: the chart is looked at before a write."""
    HELD = auto()
    """Nothing has left: its time is being held, and the chart looked at once more."""
    LEAVING = auto()
    """Recorded as sent, and on its way."""
    SENT = auto()
    """Read back."""
    WRITTEN = auto()
    """It is itself a look at what became of a write."""
    ENDED = auto()
    """The task has ended; the second line looks."""


class Meaning(Enum):
    AGAIN = auto()
    """The way to the EHR failed and nothing took effect: the same again, ever later."""
    BUSY = auto()
    """As AGAIN, and tells nothing of how the EHR fares."""
    LATER = auto()
    """The look was refused, which says nothing of the write: another look, after the longest pause."""
    NO = auto()
    """It is not done and will not be: the end, or a person for what remains."""
    ELSEWHERE = auto()
    """Not in this place: the next best one."""
    ANEW = auto()
    """A move is not known here: the new visit is booked before the old one goes. Of any other write it is NO."""
    UNKNOWN = auto()
    """It may have taken effect: it stays sent and is read back."""


_COLUMNS = (At.NEW, At.HELD, At.LEAVING, At.SENT, At.WRITTEN, At.ENDED)
_AGAIN, _BUSY, _LATER, _NO = Meaning.AGAIN, Meaning.BUSY, Meaning.LATER, Meaning.NO
_ELSEWHERE, _ANEW, _UNKNOWN = Meaning.ELSEWHERE, Meaning.ANEW, Meaning.UNKNOWN
# The first row that fits tells.
_ROWS: tuple[tuple[type[OpenChairError], tuple[Meaning, ...]], ...] = (
    #                    NEW     HELD        LEAVING   SENT    WRITTEN ENDED
    (EhrBusy, (_BUSY, _BUSY, _BUSY, _BUSY, _BUSY, _BUSY)),
    (EhrNotSynced, (_BUSY, _BUSY, _BUSY, _BUSY, _BUSY, _BUSY)),
    (EhrNotSent, (_AGAIN, _AGAIN, _AGAIN, _AGAIN, _AGAIN, _AGAIN)),
    (EhrUnavailable, (_AGAIN, _AGAIN, _UNKNOWN, _AGAIN, _AGAIN, _AGAIN)),
    (EhrOutcomeUnknown, (_NO, _NO, _UNKNOWN, _LATER, _LATER, _LATER)),
    (EhrNotSupported, (_NO, _NO, _ANEW, _LATER, _LATER, _LATER)),
    (SlotTaken, (_NO, _ELSEWHERE, _NO, _LATER, _LATER, _LATER)),
    (OpenChairError, (_NO, _NO, _NO, _LATER, _LATER, _LATER)),
)


def meaning_of(error: OpenChairError, at: At) -> Meaning:
    row = next(meanings for kind, meanings in _ROWS if isinstance(error, kind))
    return row[_COLUMNS.index(at)]


def where(task: Task) -> At:
    """Where the task's present step is, while it is not on its way."""
    step = task.next_step
    if task.state in TERMINAL or step is None:
        return At.ENDED
    if step.kind in LOOK:
        return At.WRITTEN
    return At.SENT if step.state is StepState.SENT else At.NEW
