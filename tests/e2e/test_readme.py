"""What the README tells people to type does what it says, on a copy of the repository and a running stack."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.local_command import OPENCHAIR, copy_repository
from tests.e2e.world import DEV_KEY, TIMEZONE, Json, Office, World, own_environment
from tools.cli.practices import allow_also, put_practice
from tools.cli.seed import OfficeChair, OfficeProvider, seeded_practice
from tools.local.environments import ROOT

PRACTICE = "readme"
SHELL_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.DOTALL | re.MULTILINE)
SECONDS = 120.0


@pytest.fixture(scope="module")
def checkout_of_a_user(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`.venv/bin/openchair` and `.local/stack.json` as `make local` leaves them."""
    folder = tmp_path_factory.mktemp("readme") / "checkout"
    copy_repository(folder)
    programs = folder / ".venv" / "bin"
    programs.mkdir(parents=True)
    (folder / ".local").mkdir()
    shutil.copy(world.stack_file, folder / ".local" / "stack.json")
    for name, rest in {"python": '"$@"', "openchair": f"-P -c '{OPENCHAIR}' \"$@\""}.items():
        (programs / name).write_text(f"#!/bin/sh\nexec '{sys.executable}' {rest}\n", "utf-8")
        (programs / name).chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def office(world: World) -> Office:
    """Its practice is as the seeded one, but for an office that takes requests as they come."""
    office = world.server.office("p2")
    chairs = [OfficeChair(row["operatory_id"], row["is_hygiene"]) for row in shown(office, "operatories")]
    providers = [OfficeProvider(row["provider_id"], row["is_hygienist"]) for row in shown(office, "providers")]
    practice = seeded_practice(chairs, providers, timezone=TIMEZONE, practice_id=PRACTICE)
    assert practice.open_dental is not None
    fast = practice.open_dental.model_copy(update={"throttle": "enterprise"})
    with own_environment():
        keys = {"devKey": DEV_KEY, "custKey": office.key}
        put_practice(world.operator_settings, practice.model_copy(update={"open_dental": fast}), keys)
        allow_also(world.operator_settings, world.description.caller_arn, PRACTICE)
    return office


def shown(office: Office, kind: str) -> list[Json]:
    return [row for row in office.truth(kind) if not row["hidden"]]


@pytest.fixture(scope="module")
def blocks(office: Office) -> list[str]:
    """The shell blocks of "Use it", told of this practice and of two of its patients."""
    section = (ROOT / "README.md").read_text("utf-8").partition("\n## Use it\n")[2].partition("\n## ")[0]
    found = SHELL_BLOCK.findall(section)
    patients = [one for one in office.truth("patients", status="Patient") if one["mobile_phone"]]
    named = {
        "p1": PRACTICE,
        "7205550117": re.sub(r"\D", "", patients[0]["mobile_phone"]),
        "1181": patients[0]["patient_id"],
        "1180": patients[1]["patient_id"],
    }
    assert all(any(re.search(rf"\b{name}\b", block) for block in found) for name in named)
    pattern = re.compile("|".join(rf"\b{name}\b" for name in named))
    return [pattern.sub(lambda match: named[match.group()], block) for block in found]


@pytest.mark.skipif(shutil.which("curl") is None, reason="the README's signed request is one of curl's")
def test_every_line_of_use_it_works_one_after_the_other(
    told_story: Callable[[], None], checkout_of_a_user: Path, blocks: list[str]
) -> None:
    # Nothing else is done meanwhile: the emulator is slow to start functions when it has much to do.
    told_story()
    folder = checkout_of_a_user
    path = os.pathsep.join([str(folder), str(folder / "layers" / "shared")])
    hidden = {"AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "OPENCHAIR_STACK_NAME"}
    kept = {name: value for name, value in os.environ.items() if name not in hidden}

    done = subprocess.run(
        ["bash", "-eu", "-c", "\n".join(blocks)],
        cwd=folder,
        env={**kept, "PYTHONPATH": path, "PYTHONUTF8": "1", "NO_PROXY": "127.0.0.1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    answered = json.loads(done.stdout[done.stdout.rindex('{"id"') :])
    assert (answered["state"], answered["code"], answered["in_chart"]) == ("completed", "booked", True), answered
