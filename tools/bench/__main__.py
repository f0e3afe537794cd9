"""`python -m tools.bench [NAME ...]`: the measurements named, or every one there is, one after the other."""

import sys
from collections.abc import Callable, Sequence

from tools.bench import cold_start
from tools.bench.lost_answers import bench as lost_answers
from tools.bench.rate_limit import bench as rate_limit
from tools.bench.rate_limit import nexhealth as nexhealth_rate
from tools.bench.slots import bench as slots
from tools.local.failures import StackError

BENCHES: dict[str, Callable[[], None]] = {
    "cold-start": cold_start.main,
    "lost-answers": lost_answers.main,
    "rate-limit": rate_limit.main,
    "nexhealth-rate": nexhealth_rate.main,
    "slots": slots.main,
}


def main(names: Sequence[str]) -> int | str:
    unknown = [name for name in names if name not in BENCHES]
    if unknown:
        return f"There is no bench {unknown[0]!r}, only {', '.join(BENCHES)}."
    try:
        for name in names or BENCHES:
            BENCHES[name]()
    except StackError as failure:
        return str(failure)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
