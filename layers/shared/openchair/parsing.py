"""From bytes or query texts to checked documents. Errors name the field and what is wrong, never the value."""

from collections.abc import Callable, Mapping
from datetime import datetime

from pydantic import BaseModel, ValidationError

from openchair.errors import BodyTooLarge, InvalidJson, InvalidRequest

MAX_BODY_BYTES = 64 * 1024

_PLAIN = {
    "missing": "is missing",
    "extra_forbidden": "is not a known field",
    "union_tag_not_found": "has no known type",
    "union_tag_invalid": "has no known type",
    "string_type": "has to be a text",
    "int_type": "has to be a whole number",
    "bool_type": "has to be true or false",
    "model_type": "has to be an object",
    "model_attributes_type": "has to be an object",
    "dict_type": "has to be an object",
    "int_parsing": "has to be a whole number",
    "int_from_float": "has to be a whole number",
    "greater_than_equal": "is too small",
    "less_than_equal": "is too large",
    "date_type": "is not a date like 1990-05-06",
    "date_parsing": "is not a date like 1990-05-06",
    "date_from_datetime_parsing": "is not a date like 1990-05-06",
    "date_from_datetime_inexact": "is not a date like 1990-05-06",
    "string_too_long": "is too long",
    "string_too_short": "is too short",
    "string_pattern_mismatch": "does not have the right form",
    "literal_error": "is not one of the allowed values",
    "enum": "is not one of the allowed values",
}


def parse_json[T](validate_json: Callable[..., T], body: bytes) -> T:
    """`validate_json` is a model's or a type adapter's. Strict: no value is converted to another type.

    Raises BodyTooLarge, InvalidJson, InvalidRequest.
    """
    if len(body) > MAX_BODY_BYTES:
        raise BodyTooLarge
    try:
        return validate_json(body, strict=True)
    except ValidationError as error:
        if any(problem["type"] == "json_invalid" for problem in error.errors(include_input=False, include_url=False)):
            raise InvalidJson from None
        raise InvalidRequest(problems=problems_of(error)) from None


def parse_query[M: BaseModel](model: type[M], query: Mapping[str, str]) -> M:
    """Texts of a query string; dates and numbers are read from them. Raises InvalidRequest."""
    try:
        return model.model_validate_strings(dict(query), strict=False)
    except ValidationError as error:
        raise InvalidRequest(problems=problems_of(error)) from None


def problems_of(error: ValidationError) -> list[tuple[str, str]]:
    """Each field as a dotted path with what is wrong in our words."""
    return [
        (_path(problem["loc"]), _PLAIN.get(problem["type"]) or _ours(problem["msg"], problem["type"]))
        for problem in error.errors(include_input=False, include_context=False, include_url=False)
    ]


def _path(loc: tuple[int | str, ...]) -> str:
    parts = [str(part) for part in loc if not str(part).isupper()]
    return ".".join(parts)[:200] or "body"


def _ours(message: str, kind: str) -> str:
    """Texts of our own validators are shown; pydantic's others are summed up, as they can quote the value."""
    return message.removeprefix("Value error, ") if kind == "value_error" else "is not valid"


def aware_or_none(text: str) -> datetime | None:
    """A stored moment: it was checked at the door, if by this version."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
