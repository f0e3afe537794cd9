"""What is read alike in every EHR's replies: JSON or no JSON, and what an answer that cannot be used means."""

import json
import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from openchair.clients.wire import Reply
from openchair.errors import Conflict, EhrOutcomeUnknown, EhrUnavailable, NotFound, OpenChairError

_HTML = re.compile(rb"\s*(<!doctype|<html|<\?xml|<head|<body)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a reply answers: `missing` is what a 404 means that says no more.

    `cancelled` is what it means that the appointment to be changed is cancelled already.
    """

    is_write: bool = False
    missing: type[NotFound] | None = None
    cancelled: type[Conflict] | None = None


def no_answer(asked: Asked, status: int | None = None) -> OpenChairError:
    """A write's outcome is unknown, a read may be tried again."""
    if asked.is_write:
        return EhrOutcomeUnknown()
    return EhrUnavailable(None if status is None else f"The EHR answered with status {status}.")


def unlisted(text: str) -> EhrOutcomeUnknown:
    """A refusal of a write in words nobody here knows; the same words can be told again by their hash."""
    return EhrOutcomeUnknown(fingerprint=sha256(text.encode()).hexdigest()[:16])


def is_html(reply: Reply) -> bool:
    return bool(reply.body) and ("html" in reply.content_type.lower() or _HTML.match(reply.body or b"") is not None)


def document_of(reply: Reply) -> Any:
    """The JSON document of a reply. Raises ValueError for a cut body, HTML, and what is no JSON."""
    if reply.body is None or is_html(reply):
        raise ValueError("no document")
    try:
        return json.loads(reply.body.decode("utf-8-sig"), parse_constant=_no_number)
    except RecursionError as error:
        raise ValueError("no document") from error


def _no_number(name: str) -> None:
    raise ValueError(name)
