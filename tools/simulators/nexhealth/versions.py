"""Which version a request asks for, and what differs between them."""

from collections.abc import Mapping
from typing import Any

from tools.simulators.nexhealth.switches import Switches

STABLE, EDGE = "v3.0.0", "v3.1.0"
_SYNONYMS = {STABLE: STABLE, "v20240412": STABLE, EDGE: EDGE}


def version_of(headers: Mapping[str, str]) -> str | None:
    """By `Nex-Api-Version`; None for none and for what is not simulated (v2)."""
    return _SYNONYMS.get(headers.get("Nex-Api-Version", "").strip())


def shown_in(version: str, data: Any, switches: Switches) -> Any:
    """`data` without what the version leaves out."""
    if version != EDGE or not switches.edge_drops_last_sync_time:
        return data
    if isinstance(data, list):
        return [shown_in(version, item, switches) for item in data]
    if isinstance(data, dict):
        return {key: shown_in(version, value, switches) for key, value in data.items() if key != "last_sync_time"}
    return data
