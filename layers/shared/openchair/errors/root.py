"""The root of all errors."""

from typing import ClassVar


class OpenChairError(Exception):
    """Root of the tree. `code` is stable and for machines, `sentence` for people; neither ever holds patient data.

    `detail` is our own text about this occurrence, never a vendor's or a library's.
    """

    code: ClassVar[str] = "internal_error"
    sentence: ClassVar[str] = "Something went wrong on our side; nothing is known to be lost."
    retryable: ClassVar[bool] = False

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail or self.sentence)
        self.detail = detail or self.sentence
