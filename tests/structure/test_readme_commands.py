"""What the README tells people to type exists."""

import re

import pytest

from tests.structure.template import ROOT

README = ROOT / "README.md"


def typed_commands() -> list[str]:
    """Lines of the README's shell blocks, without prompts and what is printed."""
    blocks = re.findall(r"```(?:sh|bash|console|shell)\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    return [line.removeprefix("$ ").strip() for block in blocks for line in block.splitlines()]


def targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


def test_the_makefile_tells_what_each_target_does() -> None:
    assert {"setup", "test", "demo", "local", "bench", "lint", "build", "lock", "clean", "help"} <= targets()


@pytest.mark.skipif(not README.exists(), reason="there is no README yet")
def test_every_make_target_in_the_readme_exists() -> None:
    named = set(re.findall(r"\bmake ([a-z]+)\b", "\n".join([*typed_commands(), *inline_code()])))
    assert {"demo", "test"} <= named
    assert named <= targets()


@pytest.mark.skipif(not README.exists(), reason="there is no README yet")
def test_every_file_the_readme_links_to_exists() -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", README.read_text("utf-8"))
    assert [link for link in links if not (ROOT / link).exists()] == []


@pytest.mark.skipif(not README.exists(), reason="there is no README yet")
def test_the_readme_is_short() -> None:
    assert len(README.read_text("utf-8").splitlines()) < 120


def inline_code() -> list[str]:
    return re.findall(r"`([^`\n]+)`", README.read_text("utf-8"))
