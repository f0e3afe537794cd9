"""Tells NexHealth's answers apart (NexHealth, "Response body", "Response codes"). No text of the vendor's leaves it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from openchair.clients.nexhealth.payloads import PatientRow
from openchair.clients.pages import Page, page_from
from openchair.clients.replies import Asked, document_of, no_answer, unlisted
from openchair.clients.rows import Row
from openchair.clients.transport import Answer, Judge
from openchair.clients.wire import Reply
from openchair.errors import (
    EhrBusy,
    EhrDuplicatePatient,
    EhrKeyRefused,
    EhrNotSupported,
    EhrNotSynced,
    EhrRejected,
    EhrUnavailable,
    LocationNotFound,
    OffSchedule,
    OpenChairError,
    OperatoryNotFound,
    PatientInactive,
    PatientNotBookable,
    PatientNotFound,
    ProviderNotFound,
    SlotTaken,
)


@dataclass(frozen=True, slots=True)
class _Listed:
    """A text we know, and what it means."""

    pattern: re.Pattern[str]
    error: type[OpenChairError]
    detail: str | None = None


def _listed(pattern: str, error: type[OpenChairError], detail: str | None = None) -> _Listed:
    return _Listed(re.compile(pattern, re.IGNORECASE), error, detail)


# Refusals that make certain that nothing was done; the first that is found decides. A text that is not here leaves a
# write's outcome unknown.
_TEXTS = (
    _listed(r"not (yet )?synced with the pms|\blive client\b", EhrNotSynced),
    _listed(r"appointment_type_id was not found to be configured", OffSchedule, "The EHR books no such type then."),
    _listed(r"patient.{0,60}already exists?|existing patient|already exists?.{0,60}patient", EhrDuplicatePatient),
    _listed(r"not supported|unsupported|does not support|cannot be (edited|updated) (in|on|for)", EhrNotSupported),
    _listed(r"patient with id \S+ not found|patient not found", PatientNotFound),
    _listed(r"\bprovider with id \S+ not found", ProviderNotFound),
    _listed(r"\boperatory with id \S+ not found", OperatoryNotFound),
    _listed(r"\blocation with id \S+ not found", LocationNotFound),
    _listed(r"\b(appointment )?type with id \S+ not found", EhrRejected),
    _listed(r"\bnew_patient\b|\bnon_patient\b|patient (can ?not|can't) be booked", PatientNotBookable),
    _listed(r"patient is inactive|inactive patient", PatientInactive),
    _listed(r"(slot|time) .{0,40}(not available|unavailable|taken)|double.?book|already booked", SlotTaken),
    _listed(r"^missing parameter|^blank values not allowed for parameter", EhrRejected),
    _listed(r"is (missing|invalid|not valid)$|must be |can't be |cannot be |too long", EhrRejected),
    _listed(r"start.?time.{0,40}(past|future)|in the past", EhrRejected),
)
_CANCELLED = re.compile(r"already cancell?ed", re.IGNORECASE)
_IGNORED = re.compile(r"parameters are ignored(?::(?P<names>[^.]*))?", re.IGNORECASE)
_NARROW_NOTHING = frozenset(
    {"subdomain", "per_page", *("include", "include[]"), *("unavailable", "provider_ids", "provider_ids[]")}
)
"""The vendor insists on the first where it matters; what is included may be missing all the same; and by what follows
the client sorts rows out itself."""


def page_of[R: Row](model: type[R], asked: Asked, per_page: int | None = None) -> Judge[Page[R]]:
    """A list, which tells where it goes on; `per_page` rows were asked for, None of a list that has no pages.

    An answer for which the vendor left a part of the question aside is refused: its rows would be strangers'.
    """

    def judge(reply: Reply) -> Answer[Page[R]]:
        envelope = _envelope(reply, asked)
        items = envelope.get("data")
        if not isinstance(items, list):
            raise no_answer(asked)
        ignored = _ignored(envelope)
        if ignored is not None and not (ignored and ignored <= _NARROW_NOTHING):
            raise EhrNotSupported("The EHR left a part of the question aside.")
        return page_from(items, model, asked, _next_cursor(envelope, len(items), per_page))

    return judge


def object_of[R: Row](model: type[R], asked: Asked, *inside: str) -> Judge[R]:
    """One object, which may stand under one of the names `inside`; a write's answer without it leaves it unknown."""

    def judge(reply: Reply) -> Answer[R]:
        envelope = _envelope(reply, asked)
        item = envelope.get("data")
        if isinstance(item, dict):
            item = next((item[name] for name in inside if isinstance(item.get(name), dict)), item)
        row = model.read_or_none(item)
        if row is None:
            raise no_answer(asked)
        return Answer(row, int(row.is_odd) + (_ignored(envelope) is not None))

    return judge


def new_person(reply: Reply) -> Answer[PatientRow]:
    """Whom POST /patients has made. Raises EhrDuplicatePatient with the id of one who was there before."""
    answer = object_of(PatientRow, Asked(is_write=True), "user")(reply)
    if reply.status == 200:
        raise EhrDuplicatePatient(patient_id=str(answer.value.id))
    return answer


def token_of(reply: Reply) -> Answer[str]:
    """The token of POST authenticates."""
    data = _envelope(reply, Asked()).get("data")
    token = data.get("token") if isinstance(data, dict) else None
    if not isinstance(token, str) or not re.fullmatch(r"[!-~]{1,4000}", token):
        raise EhrUnavailable("The EHR gave no token.")
    return Answer(token)


def _next_cursor(envelope: Mapping[str, Any], length: int, per_page: int | None) -> str | None:
    """None at the end. A cursor is a text (NexHealth, "Pagination"): a number would be somebody else's, or rounded."""
    info = envelope.get("page_info")
    more = info.get("has_next_page") if isinstance(info, dict) else None
    # Only a list that has no pages need not say so; other versions of the vendor's API, which do not, are not ours.
    if more is False or (more is None and per_page is None):
        return None
    cursor = info.get("end_cursor") if isinstance(info, dict) else None
    if more is not True or not isinstance(cursor, str) or not cursor or not length:
        raise EhrUnavailable("The EHR does not say how a list goes on.")
    return cursor


def _envelope(reply: Reply, asked: Asked) -> Mapping[str, Any]:
    """The answer's object, when it says that all went well. `code` false in a 2xx is a refusal all the same."""
    document = _document(reply)
    if 200 <= reply.status < 300:
        if document is None or document.get("code") is None:
            raise no_answer(asked)
        if document["code"] is True:
            return document
        raise _refusal(document, asked)
    raise _error_of(reply, document, asked)


def _error_of(reply: Reply, document: Mapping[str, Any] | None, asked: Asked) -> OpenChairError:
    if reply.status == 429:
        return EhrBusy(retry_after=reply.retry_after)
    if reply.status == 401:
        return EhrKeyRefused()
    if reply.status == 403 and document is not None:
        detail = "The EHR's key may not use this location or this call."
        return EhrKeyRefused(detail, is_certain=True, scope="practice")
    if reply.status == 404 and document is not None and asked.missing is not None:
        return asked.missing()
    if reply.status in (400, 422) and document is not None:
        return _refusal(document, asked)
    if asked.is_write or reply.status >= 500 or reply.status < 400 or document is None:
        return no_answer(asked, reply.status)
    return EhrRejected(f"The EHR answered with status {reply.status}.")


def _refusal(document: Mapping[str, Any], asked: Asked) -> OpenChairError:
    texts = _texts(document.get("error")) or _texts(document.get("description"))
    if asked.cancelled is not None and any(_CANCELLED.search(text) for text in texts):
        return asked.cancelled()
    for listed in _TEXTS:
        if any(listed.pattern.search(text) for text in texts):
            return listed.error(listed.detail)
    if asked.is_write:
        return unlisted("\n".join(texts))
    return EhrRejected()


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _ignored(envelope: Mapping[str, Any]) -> frozenset[str] | None:
    """The parameters that the vendor tells it left aside, which would make a list mean something else."""
    texts = [*_texts(envelope.get("description")), *_texts(envelope.get("error"))]
    found = [match for text in texts if (match := _IGNORED.search(text))]
    names = (name.strip() for match in found for name in (match["names"] or "").split(","))
    return frozenset(name for name in names if name) if found else None


def _document(reply: Reply) -> dict[str, Any] | None:
    try:
        document = document_of(reply)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None
