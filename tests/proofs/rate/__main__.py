"""`python -m tests.proofs.rate`: a day of 50 EHR accounts (five minutes)."""

import argparse
import os
import sys

from tests.proofs.rate.report import tell


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.proofs.rate", description=__doc__)
    parser.add_argument("--hours", type=float, default=24.0)
    given = parser.parse_args()
    return 0 if tell(given.hours, processes=min(2, os.cpu_count() or 1)) else 1


if __name__ == "__main__":
    sys.exit(main())
