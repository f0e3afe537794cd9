"""The kinds of fault an office can meet: what every simulator has, and an eConnector that is down."""

from tools.simulators.common.faults import KINDS as COMMON_KINDS

KINDS: dict[str, str] = {**COMMON_KINDS, "offline": "before"}
