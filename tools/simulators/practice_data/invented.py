"""Invented names, addresses, phones and canary tokens; nobody real."""

from random import Random


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FIRST_NAMES_FEMALE = _words(
    "Adela Brisa Corinne Delphine Elowen Fenna Greta Hollis Ilse Junia Katya Linnea Maren Nerys Odette Petra "
    "Quilla Romy Saskia Thea Ulla Verity Willa Xanthe Yara Zelda"
)
FIRST_NAMES_MALE = _words(
    "Alder Bastian Caspian Dorian Emeric Fabian Gideon Hartley Ivo Jasper Killian Lorcan Magnus Nico Orson Piers "
    "Quentin Rufus Soren Tobias Ulric Viktor Wendell Xavier Yorick Zeno"
)
SURNAME_STARTS = _words(
    "Ald Bram Cald Dun Elm Fair Glen Har Is Kel Lang Mar Nor Oak Pem Quar Ros Stan Thorn Under Val Wex"
)
SURNAME_ENDS = _words(
    "bury croft dale fen gate hurst ington lake mere mont ness penny ridge shaw stead thwaite vale wick"
)
STREETS = _words("Alder Birch Canyon Dogwood Elderberry Foothill Granite Hawthorn Ironwood Juniper Larkspur Meadow")
STREET_KINDS = _words("St Ave Ln Dr Ct Way")
CITIES = (("Juniper Falls", "CO", "800"), ("Pinnacle", "CO", "801"), ("Stillwater Bend", "CO", "803"))
AREA_CODES = _words(
    "303 720 970 719 505 575 801 435 307 406 208 503 541 971 360 509 206 253 425 605 701 402 308 316 620 785 913 "
    "405 580 918 214 254 325 361 409 432 512 713 806 817"
)
VISIT_NOTES = (
    "",
    "",
    "",
    "",
    "Prefers mornings",
    "Running late is usual,\r\ncall first",
    "Needs nitrous",
    "Sensitive on the upper left",
    "Bring x-rays from the former office",
)
_RESERVED_PER_AREA = 100
_FURTHER_PER_AREA = 8000


def surname(rng: Random) -> str:
    return rng.choice(SURNAME_STARTS) + rng.choice(SURNAME_ENDS)


def phone_digits(index: int) -> str:
    """Ten digits in exchange 555: the block reserved for fiction (01xx) first, then unassigned ones.

    Distinct below 323,000.
    """
    reserved = len(AREA_CODES) * _RESERVED_PER_AREA
    if index < reserved:
        return f"{AREA_CODES[index // _RESERVED_PER_AREA]}55501{index % _RESERVED_PER_AREA:02d}"
    area, line = divmod(index - reserved, _FURTHER_PER_AREA)
    return f"{AREA_CODES[area % len(AREA_CODES)]}555{2000 + line:04d}"


def punctuated(digits: str, rng: Random) -> str:
    """The same ten digits as a front desk may have typed them."""
    area, exchange, line = digits[:3], digits[3:6], digits[6:]
    style = rng.random()
    if style < 0.60:
        return f"({area}){exchange}-{line}"
    if style < 0.80:
        return digits
    if style < 0.90:
        return f"{area}-{exchange}-{line}"
    if style < 0.97:
        return f"({area}) {exchange}-{line}"
    return f"1-{area}-{exchange}-{line}"


def canary_token(index: int) -> str:
    """A word that occurs nowhere else: `Zqx000042a`."""
    return f"Zqx{index:06d}a"
