"""Tells Open Dental's answers apart (Open Dental API, "Specification"). No text of the vendor's leaves this file."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from openchair.clients.pages import Page, page_from
from openchair.clients.replies import Asked, document_of, is_html, no_answer, unlisted
from openchair.clients.rows import Row
from openchair.clients.transport import Answer, Judge
from openchair.clients.wire import Reply
from openchair.errors import (
    AppointmentNotFound,
    EhrBusy,
    EhrDuplicatePatient,
    EhrKeyRefused,
    EhrNotSupported,
    EhrOffline,
    EhrRejected,
    LocationNotFound,
    NotFound,
    OpenChairError,
    OperatoryNotFound,
    PatientNotFound,
    ProviderNotFound,
    SlotTaken,
)


@dataclass(frozen=True, slots=True)
class _Listed:
    """A text we know, and what it means. None as error: it says nothing certain."""

    pattern: re.Pattern[str]
    error: Callable[[str | None], OpenChairError] | None
    detail: str | None = None


def _key_refused(detail: str | None) -> EhrKeyRefused:
    return EhrKeyRefused(detail, is_certain=True)


def _listed(pattern: str, error: Callable[[str | None], OpenChairError] | None, detail: str | None = None) -> _Listed:
    return _Listed(re.compile(pattern, re.IGNORECASE), error, detail)


# One word in front, but not those a program's own exceptions begin with ("Value cannot be null"): they tell nothing.
_FIELD = r"^(?!(index|value|object|key|parameter|argument|sequence|input)\b)'?[A-Za-z_]\w*'? "

# The first pattern found in an error text decides. A text stands here only if it makes certain that nothing took
# effect; all others leave a write's outcome unknown. Wordings that no source confirms are matched loosely.
_TEXTS = (
    _listed(r"\bapi key has not been assigned", _key_refused, "No office has entered this customer key."),
    # An answer of the office that did not come in time, or a line that broke, says nothing about the effect.
    _listed(r"time[ds]?[ -]?out|not finished|did not respond|connection (was |is )?(lost|interrupted|reset)", None),
    _listed(
        r"econnector.{0,80}(not running|not connected|not reachable|unreachable|not be reached|offline|down\b)"
        r"|(more than one|two|multiple) econnectors"
        r"|\b(office|customer|server)( is)?( currently)? (offline|not connected|not reachable|unreachable)",
        EhrOffline,
    ),
    _listed(
        r"^(this )?(office|server|customer|open dental)?('s)? ?version .{0,60}"
        r"(too old|not support|required|or (later|greater|higher))"
        r"|requires? (server |open dental )?version|not supported (by|in|on) (this|your) version",
        EhrNotSupported,
        "The practice's Open Dental is too old for this.",
    ),
    _listed(r" is not a valid method\.?$", EhrNotSupported, "The practice's Open Dental does not know this call."),
    _listed(
        r"duplicate patient|patient.{0,120}already exist|already exists?.{0,60}patient|patient is a duplicate",
        EhrDuplicatePatient,
    ),
    _listed(r"overlaps? (an|with an|another) (existing )?(appointment|blockout)", SlotTaken),
    _listed(r"^patnum is invalid|^patient (was )?not found|^patient does not exist", PatientNotFound),
    _listed(r"^aptnum is invalid|^appointment (was )?not found|^appointment does not exist", AppointmentNotFound),
    _listed(r"^op is invalid|^operatory (was )?not found|^operatory does not exist", OperatoryNotFound),
    _listed(r"^prov(num|hyg) is invalid|^provider (was )?not found|^provider does not exist", ProviderNotFound),
    _listed(r"^clinicnum is invalid|^clinic (was )?not found|^clinic does not exist", LocationNotFound),
    _listed(
        r"^[A-Za-z]+ (was )?not found\.?$|^[A-Za-z]+ does not exist\.?$",
        EhrRejected,
        "The EHR does not know something that was named.",
    ),
    _listed(
        _FIELD + r"(is|are) required\b|^(exactly one|one|either|at least one) .{0,60} (is|are) required\.?$",
        EhrRejected,
        "The EHR misses a field.",
    ),
    _listed(
        _FIELD + r"(is|are) (invalid|not (a )?valid)\b"
        r"|" + _FIELD + r"(format )?must (be|have)\b|" + _FIELD + r"may only (be|contain)\b"
        r"|"
        + _FIELD
        + r"(.{0,40} )?(can ?not|can't) be (blank|empty|in the past|longer|greater|less|used|changed|combined)"
        r"|" + _FIELD + r"(can|is) (only|not allowed)\b",
        EhrRejected,
        "The EHR refused the value of a field.",
    ),
    _listed(
        r"^(content-type must be|the request body )|^only .{0,60} can be (broken|changed|updated|scheduled)"
        r"|^patient is deleted",
        EhrRejected,
    ),
)

# On a read even a guess at an outage does no harm: it is tried again later.
_MAYBE_OFFLINE = re.compile(r"econnector|\bconnect|\boffline\b|registration key", re.IGNORECASE)


def object_of[R: Row](model: type[R], asked: Asked) -> Judge[R]:
    """One object; a write's answer without a usable one leaves its outcome unknown."""

    def judge(reply: Reply) -> Answer[R]:
        document = _document(reply, asked)
        row = model.read_or_none(document)
        if row is None:
            raise no_answer(asked)
        return Answer(row, int(row.is_odd))

    return judge


def page_of[R: Row](model: type[R], asked: Asked) -> Judge[Page[R]]:
    """A list of objects, which does not tell whether it goes on."""

    def judge(reply: Reply) -> Answer[Page[R]]:
        document = _document(reply, asked)
        if not isinstance(document, list):
            raise no_answer(asked)
        return page_from(document, model, asked)

    return judge


def done(reply: Reply) -> Answer[None]:
    """A write that answers with no body, or with one that says nothing."""
    asked = Asked(is_write=True)
    _refuse_unless_ok(reply, asked)
    # Some servers tell with status 200 that the office is offline.
    if reply.body is None or is_html(reply) or any(one.pattern.search(_text(reply.body)) for one in _TEXTS):
        raise no_answer(asked)
    return Answer(None)


def done_or(missing: type[NotFound]) -> Judge[None]:
    """`done`, where a bare 404 means `missing`."""

    def judge(reply: Reply) -> Answer[None]:
        _refuse_unless_ok(reply, Asked(is_write=True, missing=missing))
        return done(reply)

    return judge


def _document(reply: Reply, asked: Asked) -> Any:
    _refuse_unless_ok(reply, asked)
    try:
        document = document_of(reply)
    except ValueError:
        document = None
    if document is None:
        raise no_answer(asked)
    if isinstance(document, str) and not asked.is_write and _MAYBE_OFFLINE.search(document):
        raise EhrOffline()
    return document


def _refuse_unless_ok(reply: Reply, asked: Asked) -> None:
    if 200 <= reply.status < 300:
        return
    if reply.status == 429:
        raise EhrBusy(retry_after=reply.retry_after)
    if reply.status == 401:
        raise EhrKeyRefused()
    if reply.status == 403 and _is_json(reply):
        raise _key_refused("The EHR's key may not use this call.")
    if reply.status == 410:
        raise EhrNotSupported("The vendor has retired this call.")
    if reply.status in (400, 404) and reply.body is not None and not is_html(reply):
        raise _error_of(reply.status, _text(reply.body), asked)
    if asked.is_write or reply.status >= 500 or reply.status < 400 or reply.status in (408, 425) or is_html(reply):
        raise no_answer(asked, reply.status)
    raise EhrRejected(f"The EHR answered with status {reply.status}.")


def _error_of(status: int, text: str, asked: Asked) -> OpenChairError:
    for listed in _TEXTS:
        if not listed.pattern.search(text):
            continue
        if listed.error is None:
            return no_answer(asked, status)
        return listed.error(listed.detail)
    if status == 404:
        return asked.missing() if asked.missing else EhrRejected("The EHR does not know something that was named.")
    if asked.is_write:
        return unlisted(f"{status} {text}")
    return EhrOffline() if _MAYBE_OFFLINE.search(text) else EhrRejected()


def _is_json(reply: Reply) -> bool:
    try:
        document_of(reply)
    except ValueError:
        return False
    return True


def _text(body: bytes) -> str:
    """The words of an error body: a JSON string, `.message` of a JSON object, or the raw text."""
    raw = body.decode("utf-8-sig", errors="replace").strip()
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError):
        return raw
    if isinstance(document, dict):
        document = next((document[key] for key in ("message", "Message") if key in document), "")
    return document.strip() if isinstance(document, str) else ""
