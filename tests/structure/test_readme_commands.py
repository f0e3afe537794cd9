"""What the README and the runbook tell people to type exists: targets, commands with their options, files."""

import re
import shlex
from typing import Any

import pytest
import typer

from tests.structure.template import ROOT, template
from tools.cli.main import app, global_options_first

README = "README.md"
PAGES = (README, "docs/operations.md")
FENCED = re.compile(r"^```[^\n]*\n(.*?)^```$", re.DOTALL | re.MULTILINE)
INLINE = re.compile(r"`([^`\n]+)`")
# A command ends where the shell's next word begins.
OPENCHAIR = re.compile(r"(?:^|[\s(])(?:\.venv/bin/)?openchair(?= )([^|;\n]*)")
LOCAL_LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")
VARIABLE = re.compile(r"\b[A-Z]+=")


def text_of(page: str) -> str:
    return (ROOT / page).read_text("utf-8")


def typed(page: str) -> list[str]:
    """Every line of every fenced block, and what stands in backticks in the text."""
    text = text_of(page)
    lines = "\n".join(FENCED.findall(text)).replace("\\\n", " ").splitlines()
    return [line.removeprefix("$ ").strip() for line in lines] + INLINE.findall(FENCED.sub("", text))


def makes(page: str) -> list[list[str]]:
    return [shlex.split(line)[1:] for line in typed(page) if line.startswith("make ")]


def calls(page: str) -> list[str]:
    found = (call for line in typed(page) for call in OPENCHAIR.findall(line))
    return sorted({re.sub(r"\s+", " ", call).strip() for call in found})


def makefile() -> str:
    return (ROOT / "Makefile").read_text("utf-8")


def targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):.*## ", makefile(), re.MULTILINE))


def parsed(arguments: list[str]) -> None:
    """As the command line itself would; raises for what it would refuse. Nothing is run."""
    command: Any = typer.main.get_command(app)
    context = command.make_context("openchair", global_options_first(arguments))
    while hasattr(command, "resolve_command"):
        rest = [*context._protected_args, *context.args]
        name, command, rest = command.resolve_command(context, rest)
        context = command.make_context(name, rest, parent=context)


CALLS = [pytest.param(call, id=f"{page}: {call}") for page in PAGES for call in calls(page)]


def test_the_makefile_tells_what_each_target_does() -> None:
    assert {"setup", "test", "demo", "local", "bench", "lint", "build", "deploy", "lock", "clean", "help"} <= targets()


@pytest.mark.parametrize("page", PAGES)
def test_every_make_target_and_variable_that_is_named_exists(page: str) -> None:
    words = [word for make in makes(page) for word in make]
    assert {word for word in words if "=" not in word} <= targets()
    variables = {VARIABLE.match(word).group() for word in words if VARIABLE.match(word)}  # type: ignore[union-attr]
    known = set(re.findall(r"^([A-Z]+) \?=|\$\((?:or )?([A-Z]+)[,)]", makefile(), re.MULTILINE))
    assert {name[:-1] for name in variables} <= {name for pair in known for name in pair}


@pytest.mark.parametrize("page", PAGES)
def test_every_template_parameter_that_is_named_exists(page: str) -> None:
    given = re.findall(r"(?:PARAMETERS='|--parameter-overrides )([A-Z]\w+)=", text_of(page))
    tabled = re.findall(r"^\| `([A-Z]\w+)` \|", text_of(page).partition("\n## Parameters\n")[2], re.MULTILINE)
    assert {*given, *tabled} - {"Name"} <= template()["Parameters"].keys()


def test_the_readme_shows_how_it_is_seen_tested_run_and_deployed() -> None:
    assert {"demo", "test", "local", "deploy"} <= {word for make in makes(README) for word in make}


@pytest.mark.parametrize("call", CALLS)
def test_every_command_that_is_named_is_taken_by_the_command_line(call: str) -> None:
    parsed(shlex.split(call))


def test_a_command_that_does_not_exist_would_be_found() -> None:
    for wrong in ("practise list", "slots p1 --servise cleaning", "caller allow me"):
        with pytest.raises(Exception, match=r"(?i)no such|missing"):
            parsed(wrong.split())


def test_deploying_by_the_readme_lets_the_platform_and_the_operator_in() -> None:
    text = text_of(README)
    assert "execute-api:Invoke" in text
    steps = [call for call in OPENCHAIR.findall(text) if "--stack-name" in call]
    assert [step.split()[2:4] for step in steps] == [
        ["practice", "put"],
        ["caller", "allow"],
        ["caller", "allow"],
        ["doctor", "p1"],
    ]
    assert [step.split()[4] for step in steps[1:3]] == ["arn:aws:iam::123456789012:role/Receptionist", "me"]


def test_build_and_deployment_are_given_the_same_parameters() -> None:
    given = re.findall(r'"\$\$sam" (build|deploy).*?--parameter-overrides (.*?)(?:; \\)?$', makefile(), re.MULTILINE)
    assert [command for command, _ in given] == ["build", "deploy"]
    assert {parameters for _, parameters in given} == {"Architecture=$(ARCHITECTURE) $(PARAMETERS)"}


@pytest.mark.parametrize("page", PAGES)
def test_every_file_that_is_linked_to_exists(page: str) -> None:
    folder = (ROOT / page).parent
    assert [link for link in LOCAL_LINK.findall(text_of(page)) if not (folder / link).exists()] == []


def test_no_example_ages() -> None:
    blocks = "\n".join(FENCED.findall(text_of(README)))
    assert re.findall(r"--start 2|\"start\": \"2", blocks) == []


def test_every_variable_of_the_examples_is_set_in_them() -> None:
    blocks = "\n".join(FENCED.findall(text_of(README)))
    used = set(re.findall(r"\$([A-Z_]+)", blocks))
    assert used <= set(re.findall(r"(?:^|\s)([A-Z_]+)=\$\(", blocks))


def test_the_readme_is_short() -> None:
    assert len(text_of(README).splitlines()) < 120
