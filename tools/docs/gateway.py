"""The refusals that API Gateway itself gives, read from the template."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True, slots=True)
class Refusal:
    """`status` is None where the gateway chooses it; `shown_status` then tells of which kind it is."""

    code: str
    status: int | None
    shown_status: str
    sentence: str


class _Loader(yaml.SafeLoader):
    """Takes CloudFormation's short functions for nothing: none stands in a refusal."""


_Loader.add_multi_constructor("!", lambda loader, tag, node: None)


@cache
def refusals(root: Path) -> tuple[Refusal, ...]:
    """Each code once, by code."""
    template: Any = yaml.load((root / "template.yaml").read_text("utf-8"), _Loader)  # noqa: S506
    responses = template["Resources"]["ControlApi"]["Properties"]["GatewayResponses"]
    found: dict[str, Refusal] = {}
    for kind, response in responses.items():
        told = json.loads(response["ResponseTemplates"]["application/json"])
        shown = str(told.get("status") or kind.removeprefix("DEFAULT_").lower())
        found.setdefault(told["code"], Refusal(told["code"], told.get("status"), shown, told["detail"]))
    return tuple(found[code] for code in sorted(found))
