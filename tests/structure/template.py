"""The SAM template as plain data, for the tests of this folder."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]

Resource = dict[str, Any]


class _TemplateLoader(yaml.SafeLoader):
    """Reads the short forms (`!Ref x`) as the long ones (`{"Ref": "x"}`)."""


def _long_form(loader: _TemplateLoader, tag: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    elif isinstance(node, yaml.MappingNode):
        value = loader.construct_mapping(node, deep=True)
    if tag == "GetAtt" and isinstance(value, str):
        value = value.split(".")
    return {tag if tag in ("Ref", "Condition") else f"Fn::{tag}": value}


_TemplateLoader.add_multi_constructor("!", _long_form)


@cache
def template() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.load((ROOT / "template.yaml").read_text("utf-8"), _TemplateLoader)  # noqa: S506
    return loaded


def resources(kind: str) -> dict[str, Resource]:
    """Properties of the resources of one type, by logical id."""
    found = template()["Resources"].items()
    return {name: resource.get("Properties", {}) for name, resource in found if resource["Type"] == kind}


def functions() -> dict[str, Resource]:
    return resources("AWS::Serverless::Function")


def folder_name(function: Resource) -> str:
    return str(function["CodeUri"]).removeprefix("functions/")


def statements(role: Resource) -> list[Resource]:
    """What a role's own policies allow."""
    return [statement for policy in role["Policies"] for statement in policy["PolicyDocument"]["Statement"]]


def routes() -> set[tuple[str, str, str]]:
    """(method, path, function folder) of every route of the control API."""
    return {
        (event["Properties"]["Method"], event["Properties"]["Path"], folder_name(function))
        for function in functions().values()
        for event in function["Events"].values()
        if event["Type"] == "Api"
    }
