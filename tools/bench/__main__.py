"""`python -m tools.bench`: every measurement there is, one after the other."""

import sys

from tools.bench import cold_start
from tools.local.failures import StackError

if __name__ == "__main__":
    try:
        cold_start.main()
    except StackError as failure:
        sys.exit(str(failure))
