"""The kinds of fault a request can meet: what every simulator has, and two of this vendor's."""

from tools.simulators.common.faults import KINDS as COMMON_KINDS

KINDS: dict[str, str] = {**COMMON_KINDS, "code_false": "before", "unauthorized": "before"}
