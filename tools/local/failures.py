"""What can go wrong around the stack on one machine, told so that a person can act."""

from pathlib import Path

TAIL_LINES = 25


class StackError(Exception):
    """The stack could not be started. Carries the log that says why, when there is one."""

    def __init__(self, message: str, log: Path | None = None) -> None:
        super().__init__(message)
        self.log = log

    def __str__(self) -> str:
        message = super().__str__()
        if self.log is None:
            return message
        return f"{message}\n{self.tail()}\nThe whole log: {self.log}"

    def tail(self) -> str:
        """The end of the log, indented."""
        if self.log is None or not self.log.exists():
            return ""
        lines = self.log.read_text("utf-8", errors="replace").splitlines()
        return "\n".join(f"  | {line}" for line in lines[-TAIL_LINES:])
