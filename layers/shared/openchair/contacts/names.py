"""Whether two names can be one person's. Nicknames are nowhere guessed: only a chart's own preferred name counts."""

from enum import Enum, auto

from openchair.contacts.texts import folded, visible, words

_SUFFIXES = {
    "jr": "jr", "jnr": "jr", "junior": "jr", "sr": "sr", "snr": "sr", "senior": "sr",
    "ii": "ii", "2nd": "ii", "iii": "iii", "3rd": "iii", "iv": "iv", "4th": "iv",
}  # fmt: skip
FIRST_NAME_CUT, LAST_NAME_CUT = 15, 20
"""Where some practices' systems cut names (NexHealth, Dentrix)."""


class Alike(Enum):
    """SAME is one name by every spelling; NEAR may be one."""

    SAME = auto()
    NEAR = auto()
    OTHER = auto()


def suffix_of(name: str) -> str | None:
    """The generation a name ends with: jr, sr, ii, iii or iv."""
    *before, last = words(name) or ("",)
    return _SUFFIXES.get(last) if before else None


def last_names_alike(one: str, other: str) -> Alike:
    """Suffixes stand apart, as many charts lack them: only two different ones make a difference here."""
    parts, other_parts = _without_suffix(one), _without_suffix(other)
    if not parts or not other_parts:
        return Alike.OTHER
    suffixes = {suffix_of(one), suffix_of(other)} - {None}
    if "".join(parts) == "".join(other_parts) or is_cut(one, other, LAST_NAME_CUT):
        return Alike.SAME if len(suffixes) < 2 else Alike.NEAR
    short, long = sorted((parts, other_parts), key=len)
    is_part = short in (long[: len(short)], long[-len(short) :])
    return Alike.NEAR if is_part else Alike.OTHER


def first_names_alike(one: str, other: str) -> Alike:
    """NEAR where one begins with the other: Rob and Robert, Mary and Mary Ann, a name that was cut."""
    name, other_name = "".join(_without_suffix(one)), "".join(_without_suffix(other))
    if not name or not other_name:
        return Alike.OTHER
    if name == other_name:
        return Alike.SAME
    return Alike.NEAR if name.startswith(other_name) or other_name.startswith(name) else Alike.OTHER


def is_cut(one: str, other: str, length: int) -> bool:
    """Whether one of them is the other, cut to this length."""
    short, long = sorted((visible(one).strip(), visible(other).strip()), key=len)
    return len(short) in (length - 1, length) and bool(folded(short)) and folded(long[:length]) == folded(short)


def _without_suffix(name: str) -> tuple[str, ...]:
    parts = words(name)
    while len(parts) > 1 and parts[-1] in _SUFFIXES:
        parts = parts[:-1]
    return parts
