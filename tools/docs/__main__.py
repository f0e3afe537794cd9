"""`python -m tools.docs` writes the generated pages; with `--check` it only tells which are out of date."""

import sys
from collections.abc import Sequence
from pathlib import Path

from tools.docs import pages

ROOT = Path(__file__).resolve().parents[2]


def main(arguments: Sequence[str]) -> int:
    if arguments not in ([], ["--check"]):
        print("usage: python -m tools.docs [--check]", file=sys.stderr)
        return 2
    if arguments == ["--check"]:
        old = pages.out_of_date(ROOT)
        for path in old:
            print(f"{path} is out of date: run python -m tools.docs", file=sys.stderr)
        return 1 if old else 0
    for path in pages.write(ROOT):
        print(f"wrote {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
