"""The locked requirements: hashed, without addresses, for both processors."""

import re
import tomllib
from pathlib import Path

import pytest

from openchair.clients.wire import USER_AGENT
from tests.structure.template import ROOT

FILES = sorted([*(ROOT / "requirements").glob("*.txt"), ROOT / "layers" / "shared" / "requirements.txt"])


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_requirements_are_hashed_and_name_no_address(file: Path) -> None:
    text = file.read_text("utf-8")
    entries = re.split(r"\n(?=\S)", text.strip())
    assert entries
    for entry in entries:
        assert re.match(r"[a-z0-9][a-z0-9.\[\],_-]*==\S+", entry), entry
        assert "--hash=sha256:" in entry
    assert "://" not in text
    assert "--index" not in text


def test_the_layer_ships_what_the_project_declares() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    locked = (ROOT / "layers" / "shared" / "requirements.txt").read_text("utf-8")
    for requirement in declared:
        assert f"{requirement} " in locked


def test_tests_run_against_the_versions_the_layer_ships() -> None:
    def pinned(path: str) -> dict[str, str]:
        return dict(re.findall(r"^([a-z0-9_.-]+)==(\S+)", (ROOT / path).read_text("utf-8"), re.MULTILINE))

    tested = pinned("requirements/dev.txt")
    for name, version in pinned("layers/shared/requirements.txt").items():
        assert tested[name] == version, name


def test_the_layer_ships_the_aws_services_that_are_used_and_no_other() -> None:
    made = re.findall(r'create_client\("([a-z]+)"', (ROOT / "layers/shared/openchair/store/aws.py").read_text("utf-8"))
    makefile = (ROOT / "layers/shared/Makefile").read_text("utf-8")
    (shipped,) = re.findall(r"^BOTOCORE_SERVICES := (\S+)$", makefile, re.MULTILINE)

    # PynamoDB makes its own client, and the SDK itself needs STS.
    assert shipped.split("|") == sorted({*made, "dynamodb", "sts"})


def test_what_we_call_ourselves_on_the_wire_is_this_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

    assert f"OpenChair/{project['version']}" == USER_AGENT
