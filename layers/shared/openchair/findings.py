"""What health tells of one thing looked at."""

from dataclasses import dataclass
from typing import Any, Literal

from openchair.errors import Scope

Weight = Literal["degraded", "failing"]


@dataclass(frozen=True, slots=True)
class Finding:
    """`weight` is what it makes of the whole when it is not ok. One that is ok may still say `what_to_do`.

    `scope`: whether it concerns all practices behind the key (`account`) or this one.
    """

    code: str
    ok: bool
    message: str
    what_to_do: str | None = None
    weight: Weight = "degraded"
    scope: Scope = "practice"

    def answer(self) -> dict[str, Any]:
        told = {"code": self.code, "ok": self.ok, "message": self.message, "what_to_do": self.what_to_do}
        return {**told, "scope": self.scope}
