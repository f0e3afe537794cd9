"""How names, phones and e-mails are checked and compared: one place for search, duplicates, read-back and keys.

Originals are kept as they are; these forms are for matching only.
"""

from openchair.contacts.emails import email_of, emails_of, is_email
from openchair.contacts.names import Alike, first_names_alike, last_names_alike
from openchair.contacts.phones import extension_of, is_phone, phones_of, plain_phone, ten_digits
from openchair.contacts.texts import folded, has_unusable_characters, match_text, visible

__all__ = [
    "Alike",
    "email_of",
    "emails_of",
    "extension_of",
    "first_names_alike",
    "folded",
    "has_unusable_characters",
    "is_email",
    "is_phone",
    "last_names_alike",
    "match_text",
    "phones_of",
    "plain_phone",
    "ten_digits",
    "visible",
]
