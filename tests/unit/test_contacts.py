"""How names, phones and e-mails are checked and compared."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openchair.contacts import has_unusable_characters, is_email, is_phone, match_text, phone_digits
from openchair.models.person import same_phone


@pytest.mark.parametrize(
    "phone", ["3035550142", "(303) 555-0142", "303.555.0142", "+1 303 555 0142", "1-303-555-0142", "+13035550142"]
)
def test_a_phone_is_the_same_in_any_punctuation_with_or_without_the_1(phone: str) -> None:
    assert is_phone(phone)
    assert phone_digits(phone) == "3035550142"


@pytest.mark.parametrize("phone", ["+49 30 9018200", "+44 20 7946 0018"])
def test_an_international_number_needs_a_plus(phone: str) -> None:
    assert is_phone(phone)
    assert not is_phone(phone.removeprefix("+"))


@pytest.mark.parametrize(
    "phone", ["555-0142", "0035550142", "1035550142", "", "call me", "303555014212345", "303-555-0142 x12"]
)
def test_what_cannot_be_dialled_is_no_phone(phone: str) -> None:
    assert not is_phone(phone)


def test_two_empty_phones_are_not_the_same() -> None:
    assert not same_phone("", "")
    assert not same_phone("none", "n/a")


@pytest.mark.parametrize("email", ["ida@example.com", "ida.moss+dentist@mail.example.co", "o'hara@example.org"])
def test_usual_addresses_are_emails(email: str) -> None:
    assert is_email(email)


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


@given(st.text(min_size=1, max_size=20))
def test_comparing_knows_no_case_composition_or_spacing(text: str) -> None:
    assert match_text(unicodedata.normalize("NFD", text)) == match_text(text)
    assert match_text(f"  {text} ") == match_text(text)
    assert match_text(match_text(text)) == match_text(text)


def test_names_that_differ_by_an_accent_differ() -> None:
    assert match_text("Jose\u0301  RUIZ ") == match_text("jos\u00e9 ruiz")
    assert match_text("Jose") != match_text("Jos\u00e9")


@pytest.mark.parametrize("text", ["a\x00b", "a\x1bb", "a\ud800b", "a\x7f"])
def test_controls_and_lone_surrogates_are_unusable(text: str) -> None:
    assert has_unusable_characters(text)


def test_line_breaks_tabs_and_any_script_are_usable() -> None:
    assert not has_unusable_characters("one\ttwo\r\nZo\u00eb \u5f20\u4f1f \u0645\u0631\u064a\u0645 \U0001f9b7")
