"""What the command says when it cannot do what was asked: one sentence, perhaps a code, exit status 1."""

from collections.abc import Sequence


class CliError(Exception):
    """Shown to the operator as it stands, so it never holds a key, a library's text or patient data."""

    def __init__(self, sentence: str, code: str | None = None, hints: Sequence[str] = ()) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.code = code
        self.hints = tuple(hints)


class ApiProblem(CliError):
    """A problem document (RFC 9457) of the control API, or an answer that is none."""

    def __init__(self, status: int, code: str, detail: str, hints: Sequence[str] = ()) -> None:
        super().__init__(detail, code, hints)
        self.status = status
