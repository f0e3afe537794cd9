"""One object of an EHR's answer, read leniently: what cannot be read becomes "nothing", and is counted."""

from collections.abc import Callable
from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, PrivateAttr, ValidationError, ValidationInfo


def _number(value: Any) -> int:
    if value is None or value == "" or isinstance(value, bool):
        return 0
    return int(float(value)) if isinstance(value, float) else int(value)


def _key(value: Any) -> int:
    number = _number(value)
    if number == 0:
        raise ValueError("has no key")
    return number


def _amount(value: Any) -> float:
    return 0.0 if value in (None, "") else float(value)


def read_flag(value: Any) -> bool:
    text = str(value).strip().lower()
    if text in ("true", "1"):
        return True
    if text in ("false", "0", "", "none"):
        return False
    raise ValueError("is neither true nor false")


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dict | list):
        raise ValueError("is not a text")
    # Half a surrogate pair could be kept nowhere.
    return str(value).encode("utf-8", errors="replace").decode("utf-8")


def or_nothing(read: Callable[[Any], Any], nothing: Any) -> BeforeValidator:
    def lenient(value: Any, info: ValidationInfo) -> Any:
        try:
            return read(value)
        except (ValueError, TypeError, OverflowError):
            if isinstance(info.context, list):
                info.context.append(info.field_name)
            return nothing

    return BeforeValidator(lenient)


def or_fail(read: Callable[[Any], Any]) -> BeforeValidator:
    def strict(value: Any) -> Any:
        try:
            return read(value)
        except (TypeError, OverflowError) as error:
            raise ValueError("cannot be read") from error

    return BeforeValidator(strict)


Key = Annotated[int, or_fail(_key)]
Number = Annotated[int, or_nothing(_number, 0)]
Amount = Annotated[float, or_nothing(_amount, 0.0)]
Flag = Annotated[bool, or_nothing(read_flag, False)]
Text = Annotated[str, or_nothing(_text, "")]


class Row(BaseModel):
    """One object of an answer. Names are matched exactly, since `Confirmed` and `confirmed` are two fields."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True, defer_build=True)

    _unreadable: frozenset[str] = PrivateAttr(frozenset())
    """Fields with a value that could not be read and became "nothing"."""
    _unknown: frozenset[str] = PrivateAttr(frozenset())
    """Fields that the vendor does not document."""

    documented: ClassVar[frozenset[str] | None] = None
    """Fields the vendor documents and nobody here reads; None where not all are known."""

    @classmethod
    def read(cls, item: Any) -> Self:
        """Raises pydantic's ValidationError when not even the key can be read."""
        unreadable: list[str] = []
        row = cls.model_validate(item, context=unreadable)
        row._unreadable = frozenset(unreadable)
        if cls.documented is not None:
            row._unknown = frozenset(item) - cls.model_fields.keys() - cls.documented
        return row

    @classmethod
    def read_or_none(cls, item: Any) -> Self | None:
        try:
            return cls.read(item)
        except ValidationError:
            return None

    def is_unreadable(self, *names: str) -> bool:
        """Whether one of these held a value that could not be read: "nothing" is then no answer."""
        return not self._unreadable.isdisjoint(names)

    @property
    def is_odd(self) -> bool:
        """Whether a value could not be read, or a field, a value or a combination of them is not known."""
        return bool(self._unreadable or self._unknown) or self._is_unknown

    @property
    def _is_unknown(self) -> bool:
        """Whether it holds a value or a combination we do not know, though every value could be read."""
        return False

    @property
    def key(self) -> object:
        """What tells it from other rows of the same list."""
        raise NotImplementedError
