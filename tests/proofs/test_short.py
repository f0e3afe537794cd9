"""The short tier of the proof, part of `make test`; the whole one is `make prove`."""

import subprocess
import sys
from pathlib import Path


def test_the_short_tier_breaks_no_invariant_and_reaches_every_condition_of_the_tasks() -> None:
    """In a process of its own: the conditions are noted as the modules are imported."""
    played = subprocess.run(
        [sys.executable, "-m", "tests.proofs", "short"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )

    assert played.returncode == 0, played.stdout + played.stderr
