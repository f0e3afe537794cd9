"""How names, phones and e-mails are checked and compared."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openchair.contacts import (
    Alike,
    email_of,
    emails_of,
    extension_of,
    first_names_alike,
    folded,
    has_unusable_characters,
    is_email,
    is_phone,
    last_names_alike,
    match_text,
    phones_of,
    plain_phone,
    ten_digits,
    visible,
)
from openchair.contacts import phones as phones_module

HOME = frozenset({"+13035550142"})
BOTH = HOME | {"+17205550199"}
# Texts in which letters, marks, invisible characters, apostrophes, digits and separators are likely to meet.
ODD = st.text(
    st.one_of(st.characters(), st.sampled_from("aB'\u2019\u02bc-\u2011 \u200b\u202a\u0301\u0130\u00df0\uff13+x.("))
)
NUMBERS = st.from_regex(r"[2-9][0-9]{9}", fullmatch=True)


@pytest.mark.parametrize(
    "phone",
    [
        "3035550142",
        "(303) 555-0142",
        "303.555.0142",
        "+1 303 555 0142",
        "1-303-555-0142",
        "+13035550142",
        "(303)555-0142 x12",
        "303-555-0142 ext. 12",
        "\u202a+1 (303) 555\u20110142\u202c",
        "\uff13\uff10\uff13\uff15\uff15\uff15\uff10\uff11\uff14\uff12",
        "303\u00a0555\u00a00142",
    ],
)
def test_a_phone_is_the_same_in_any_writing_with_or_without_the_1(phone: str) -> None:
    assert is_phone(phone)
    assert phones_of(phone) == HOME
    assert ten_digits(phone) == "3035550142"


@pytest.mark.parametrize(
    "field",
    [
        "303-555-0142 / 720-555-0199",
        "3035550142 7205550199",
        "(303)555-0142(720)555-0199",
        "H: 303.555.0142, C: 720.555.0199",
        "3035550142;7205550199",
        "303-555-0142 or +1 720 555 0199 ext 4",
    ],
)
def test_a_field_can_hold_two_numbers_and_a_question_cannot(field: str) -> None:
    assert phones_of(field) == BOTH
    assert not is_phone(field)
    assert ten_digits(field) is None


@pytest.mark.parametrize("field", ["cell 303-555-0142", "303-555-0142w", "(303) 555-0142 (mom)", "303-555-0142 #12"])
def test_a_number_is_found_beside_words(field: str) -> None:
    assert phones_of(field) == HOME


def test_a_foreign_number_is_no_north_american_one_of_the_same_digits() -> None:
    assert phones_of("+65 6123 4567") == {"+6561234567"}
    assert phones_of("(656) 123-4567") == {"+16561234567"}
    assert ten_digits("+65 6123 4567") is None


@pytest.mark.parametrize("phone", ["+49 30 9018200", "+44 20 7946 0018", "+65 6123 4567", "+999 1234 5678"])
def test_an_international_number_needs_a_plus(phone: str) -> None:
    assert is_phone(phone)
    assert not is_phone(phone.removeprefix("+").replace("65 6123 4567", "65 6123 456"))


@pytest.mark.parametrize(
    "phone",
    ["555-0142", "0035550142", "1035550142", "", "call me", "303555014212345", "call 303-555-0142", "+1 055 555 0142"],
)
def test_what_cannot_be_dialled_is_no_phone(phone: str) -> None:
    assert not is_phone(phone)


@pytest.mark.parametrize("field", ["", "none", "n/a", "555-0142", "0035550142", "30355501427205550199"])
def test_a_field_without_a_whole_number_holds_none(field: str) -> None:
    assert phones_of(field) == frozenset()


def test_an_extension_is_kept_apart() -> None:
    assert extension_of("(303)555-0142 x12") == "12"
    assert extension_of("(303)555-0142") is None


@given(NUMBERS, st.sampled_from(["{}{}{}", "({}) {}-{}", "{}-{}-{}", "{}.{}.{}", "+1 {} {} {}", "1-{}-{}-{}"]))
def test_usual_numbers_are_read_as_the_library_reads_them(number: str, form: str) -> None:
    text = form.format(number[:3], number[3:6], number[6:])
    assert phones_of(text) == phones_module._found_in(text)


@given(ODD)
def test_numbers_of_any_text_are_numbers_and_found_again(text: str) -> None:
    found = phones_of(text)
    assert all(phones_of(number) == {number} for number in found)
    assert phones_of(plain_phone(text)) == found
    assert not is_phone(text) or len(found) == 1


@pytest.mark.parametrize("email", ["ida@example.com", "ida.moss+dentist@mail.example.co", "o'hara@example.org"])
def test_usual_addresses_are_emails(email: str) -> None:
    assert is_email(email)
    assert emails_of(email) == {email}


@pytest.mark.parametrize(
    "email",
    [
        "ida",
        "ida@",
        "@example.com",
        "ida@example",
        "ida@@example.com",
        "ida moss@example.com",
        "a..b@example.com",
        "ida@-example.com",
        "ida@example.com\n",
        "a" * 250 + "@example.com",
        "ida@example.com,eve@example.com",
    ],
)
def test_what_cannot_be_written_to_is_no_email(email: str) -> None:
    assert not is_email(email)


@pytest.mark.parametrize(
    "field",
    [
        "ida@example.com; eve@example.org",
        "Ida@Example.com,eve@example.org",
        "ida@example.com/eve@example.org",
        "Ida Moss <ida@example.com> and mailto:eve@example.org",
        "ida@example.com\u200b eve@\uff45xample.org",
    ],
)
def test_every_email_of_a_field_is_found(field: str) -> None:
    assert emails_of(field) == {"ida@example.com", "eve@example.org"}


@given(ODD)
def test_emails_of_any_text_are_emails_and_found_again(text: str) -> None:
    found = emails_of(text)
    assert all(emails_of(one) == {one} for one in found)
    assert email_of(text) in found | {""}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("O'Brien", "O\u2019Brien"),
        ("O'Brien", "OBrien"),
        ("O\u02bcBrien", "o brien"),
        ("Smith-Jones", "Smith Jones"),
        ("Smith\u2011Jones", "SMITH JONES"),
        ("De La Cruz", "Delacruz"),
        ("van der Berg", "Vanderberg"),
        ("Mu\u00f1oz", "Munoz"),
        ("Nu\u0301n\u0303ez", "N\u00fa\u00f1ez"),
        ("S\u00f8rensen", "Sorensen"),
        ("\u0141ukasz", "Lukasz"),
        ("Smith Jr.", "Smith"),
        ("Smith III", "Smith, 3rd"),
        ("Smith", "Smith\u200b"),
        ("\u202aSmith\u202c", "Sm\u00adith"),
        ("Wolfeschlegelsteinhausen", "Wolfeschlegelsteinha"),
        ("St. John", "St John"),
    ],
)
def test_a_last_name_is_the_same_by_every_spelling(one: str, other: str) -> None:
    assert last_names_alike(one, other) is Alike.SAME
    assert last_names_alike(other, one) is Alike.SAME


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("Smith Jr.", "Smith Sr.", Alike.NEAR),
        ("Marsh", "Marsh-Lee", Alike.NEAR),
        ("Garc\u00eda L\u00f3pez", "Lopez", Alike.NEAR),
        ("Smith", "Smythe", Alike.OTHER),
        ("Smith", "Smithson", Alike.OTHER),
        ("Ii", "Smith II", Alike.OTHER),
        ("", "", Alike.OTHER),
        ("--", "\u200b", Alike.OTHER),
        ("\u0928\u0940\u0924\u093e", "\u0928\u0940\u0924\u0940", Alike.OTHER),
    ],
)
def test_last_names_that_only_resemble_are_near_or_others(one: str, other: str, alike: Alike) -> None:
    assert last_names_alike(one, other) is alike
    assert last_names_alike(other, one) is alike


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("Ren\u00e9e", "RENEE", Alike.SAME),
        ("Mary Ann", "Maryann", Alike.SAME),
        ("John Jr.", "John", Alike.SAME),
        ("Rob", "Robert", Alike.NEAR),
        ("Mary", "Mary Ann", Alike.NEAR),
        ("Maria-Magdalena-Anna", "Maria-Magdalena", Alike.NEAR),
        ("William", "Bill", Alike.OTHER),
        ("Ada", "Bea", Alike.OTHER),
        ("Mary Ann", "Mary Lou", Alike.OTHER),
        ("", "Bea", Alike.OTHER),
    ],
)
def test_first_names_are_the_same_near_or_anothers(one: str, other: str, alike: Alike) -> None:
    assert first_names_alike(one, other) is alike
    assert first_names_alike(other, one) is alike


@given(ODD)
def test_folding_twice_is_folding_once(text: str) -> None:
    assert folded(folded(text)) == folded(text)
    assert visible(visible(text)) == visible(text)
    assert folded(unicodedata.normalize("NFD", text)) == folded(unicodedata.normalize("NFC", text))
    assert folded(text.casefold()) == folded(text)


@given(ODD, ODD)
def test_names_compare_both_ways_alike(one: str, other: str) -> None:
    for alike in (last_names_alike, first_names_alike):
        assert alike(one, other) is alike(other, one)
        assert alike(one, one) is (Alike.SAME if folded(one) else Alike.OTHER)


@given(st.text(min_size=1, max_size=20))
def test_comparing_knows_no_case_composition_or_spacing(text: str) -> None:
    assert match_text(unicodedata.normalize("NFD", text)) == match_text(text)
    assert match_text(f"  {text} ") == match_text(text)
    assert match_text(match_text(text)) == match_text(text)


@pytest.mark.parametrize("text", ["a\x00b", "a\x1bb", "a\ud800b", "a\x7f"])
def test_controls_and_lone_surrogates_are_unusable(text: str) -> None:
    assert has_unusable_characters(text)


def test_line_breaks_tabs_and_any_script_are_usable() -> None:
    assert not has_unusable_characters("one\ttwo\r\nZo\u00eb \u5f20\u4f1f \u0645\u0631\u064a\u0645 \U0001f9b7")
