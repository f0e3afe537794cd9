"""What goes wrong and how often. A weather holds for the first hours of a run; after them all is well (liveness)."""

from dataclasses import dataclass
from enum import Enum, auto
from random import Random

EHR_CAP_SECONDS = 60.0
BEYOND_SECONDS = 330.0
FAR_BEYOND_SECONDS = 500.0
FAULTY_SECONDS = 4 * 3600.0


class Answer(Enum):
    """How the EHR, or the way to it, answers a write. BEYOND takes effect when no answer is waited for any more, and
    FAR_BEYOND when it was sent again long since; neither is assumed. The UNLISTED are refusals of which nobody knows
    the meaning, NOT_SUPPORTED says that this EHR cannot do such a thing at all, NOT_SYNCED that the practice's own
    system has to take the row first."""

    OK = auto()
    NOT_SENT = auto()
    BUSY = auto()
    REFUSED = auto()
    LOST_BEFORE = auto()
    LOST_AFTER = auto()
    LATE = auto()
    LATEST = auto()
    UNLISTED = auto()
    UNLISTED_OTHERWISE = auto()
    BEYOND = auto()
    FAR_BEYOND = auto()
    NOT_SUPPORTED = auto()
    NOT_SYNCED = auto()


_WRITES = (
    (Answer.LATE, 8),
    (Answer.LOST_AFTER, 7),
    (Answer.LOST_BEFORE, 6),
    (Answer.NOT_SENT, 4),
    (Answer.BUSY, 3),
    (Answer.LATEST, 3),
    (Answer.REFUSED, 1),
    (Answer.UNLISTED, 1),
    (Answer.UNLISTED_OTHERWISE, 1),
)
_WRITE_ANSWERS = [answer for answer, weight in _WRITES for _ in range(weight)]


@dataclass(frozen=True, slots=True)
class Weather:
    """Shares of effects that go wrong, each drawn anew; `skew` in seconds either way.

    `turns` is the limiter's share: it asks its store before every call, and one failure puts off the whole task.
    """

    ehr: float = 0.0
    store: float = 0.0
    turns: float = 0.0
    stall: float = 0.0
    duplicate: float = 0.0
    late_delivery: float = 0.0
    tick: float = 0.0
    skew: float = 0.0
    staff: float = 0.0
    jitter: bool = False
    refuses_duplicate_patients: bool = False

    def write_answer(self, rng: Random) -> Answer:
        return rng.choice(_WRITE_ANSWERS) if rng.random() < self.ehr else Answer.OK


CALM = Weather()
UNEVEN = Weather(jitter=True, skew=2.0)


def weather_of(seed: int) -> Weather:
    """Seed 0 is calm; below, only time is uneven. The others mix: the EHR, our own side, most of them both."""
    if seed <= 0:
        return CALM if seed == 0 else UNEVEN
    rng = Random(seed * 7919)
    ehr = rng.choice((0.0, 0.15, 0.3, 0.3, 0.5))
    own = rng.choice((0.0, 1.0, 1.0, 2.0))
    return Weather(
        ehr=ehr,
        store=0.03 * own,
        turns=0.01 * own,
        stall=0.02 * own,
        duplicate=0.15 * own,
        late_delivery=0.15 * own,
        tick=0.1 * own,
        skew=2.0,
        staff=rng.choice((0.0, 0.0, 0.5, 1.0)),
        jitter=True,
        refuses_duplicate_patients=rng.random() < 0.5,
    )
