"""What an EHR key may look like: one rule for who stores it and who uses it."""

import re
from collections.abc import Mapping

SHORTEST, LONGEST = 4, 512
NAMES: Mapping[str, tuple[str, ...]] = {"OPEN_DENTAL": ("devKey", "custKey"), "NEXHEALTH": ("apiKey",)}
"""The fields of a practice's secret, by its EHR."""

# Visible ASCII: a line break in a key would reach the text of a library's error. Open Dental's two are sent with a
# slash between them.
_FORMS = {
    "OPEN_DENTAL": re.compile(rf"[!-.0-~]{{{SHORTEST},{LONGEST}}}", re.ASCII),
    "NEXHEALTH": re.compile(rf"[!-~]{{{SHORTEST},{LONGEST}}}", re.ASCII),
}


def unusable(ehr: str, keys: Mapping[str, object]) -> list[str]:
    """The names of those that are missing or cannot be a key."""
    found = ((name, keys.get(name)) for name in NAMES[ehr])
    return [name for name, key in found if not isinstance(key, str) or not _FORMS[ehr].fullmatch(key)]
