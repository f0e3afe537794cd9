"""Texts without what cannot be seen, and without what two people write in two ways."""

import re
import unicodedata

# What no decomposition takes apart.
_LETTERS = str.maketrans(
    {"ø": "o", "đ": "d", "ð": "d", "ł": "l", "æ": "ae", "œ": "oe", "þ": "th", "ħ": "h", "ı": "i", "ŧ": "t", "ŋ": "n"}
)
_APOSTROPHES = dict.fromkeys(map(ord, "'`\u00b4\u02b9\u02bb\u02bc\u02bd\u2018\u2019\u201b\u2032\ua78b\ua78c\uff07"))
# Accents of Latin, Greek and Cyrillic letters. Marks of other scripts tell one word from another, and stay.
_ACCENT = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]")


def has_unusable_characters(text: str) -> bool:
    """NUL and other controls but line breaks and tabs, and lone surrogates: no EHR keeps them."""
    return any(unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\r\t" for c in text)


def visible(text: str) -> str:
    """Without zero-width characters, marks of direction and soft hyphens."""
    return text if text.isascii() else "".join(c for c in text if unicodedata.category(c) != "Cf")


def match_text(text: str) -> str:
    """Texts compared without regard to case, accent composition and surrounding or repeated spaces."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def words(text: str) -> tuple[str, ...]:
    """The words of a name: no case, accents, apostrophes or punctuation, and nothing that cannot be seen."""
    plain = visible(text).translate(_APOSTROPHES)
    # Twice, since taking apart shows letters to fold, and folding shows letters to take apart.
    for _ in range(2):
        plain = unicodedata.normalize("NFKD", plain.casefold()).translate(_LETTERS)
    plain = _ACCENT.sub("", visible(plain).translate(_APOSTROPHES))
    return tuple("".join(c if unicodedata.category(c)[0] in "LMN" else " " for c in plain).split())


def folded(text: str) -> str:
    """All words of a name in one: Smith-Jones is Smith Jones, and De La Cruz is Delacruz."""
    return "".join(words(text))
