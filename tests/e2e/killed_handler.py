"""`python -m tests.e2e.killed_handler`: the process_tasks function, killed where standard input says.

Each line is `{"practice_id", "task_id", "kill": "before"|"after"|null, "effect": n, "seconds_ahead": s}`. A child is
forked for it, as fresh as a cold start but for the imports, and dies by `os._exit` before or after its n-th outside
effect: a transaction on the tables, or a write to the EHR. The answer is one line with the child's exit code.

The clock runs ahead, so that no test waits for a lease or a window, and no turn at the office is waited for;
nothing else differs from the deployed function.
"""

import json
import os
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from functions.process_tasks.handler import lambda_handler
from openchair.clients.limiter import Limiter, Turn
from openchair.clients.wire import EhrRequest, Wire
from openchair.limits import Wanted
from openchair.store import aws
from openchair.store.system_clock import SystemClock
from openchair.store.tables import TaskItem
from openchair.store.transaction import Transaction

KILLED = 137
FUNCTION_MILLISECONDS = 180_000
_TURN = Turn(Wanted("live", (), latest=0.0), start=0.0, waited=0.0, share=0.0, requests=0, tries_key=False)


class _Context:
    aws_request_id = "killed-handler"

    def get_remaining_time_in_millis(self) -> int:
        return FUNCTION_MILLISECONDS


class _Killer:
    def __init__(self, when: str | None, effect: int) -> None:
        self._when = when
        self._left = effect

    def around(self, effect: Callable[..., Any], counts: Callable[..., bool]) -> Callable[..., Any]:
        def with_kill(*given: Any, **named: Any) -> Any:
            if not counts(*given):
                return effect(*given, **named)
            self._left -= 1
            if self._left == 0 and self._when == "before":
                os._exit(KILLED)
            done = effect(*given, **named)
            if self._left == 0 and self._when == "after":
                os._exit(KILLED)
            return done

        return with_kill


def _is_write(_wire: Wire, request: EhrRequest, *_rest: Any) -> bool:
    return request.is_write


def _run(told: dict[str, Any]) -> int:
    killer, ahead = _Killer(told["kill"], told["effect"]), timedelta(seconds=told["seconds_ahead"])
    now = SystemClock.now

    def later(clock: SystemClock) -> datetime:
        return now(clock) + ahead

    # In this child only.
    SystemClock.now = later  # type: ignore[assignment, method-assign]
    # The clocks of children differ by minutes, which no limiter allows for.
    Limiter.take = lambda *_, **__: _TURN  # type: ignore[method-assign]
    Transaction._write = killer.around(Transaction._write, lambda *_: True)  # type: ignore[method-assign]
    Wire._attempt = killer.around(Wire._attempt, _is_write)  # type: ignore[method-assign]
    body = json.dumps({"practice_id": told["practice_id"], "task_id": told["task_id"]})
    answer = lambda_handler({"Records": [{"messageId": "1", "body": body, "attributes": {}}]}, _Context())
    return 1 if answer["batchItemFailures"] else 0


def main() -> None:
    # Made once, as it takes long; no connection is open yet that children could share.
    TaskItem._get_connection().connection.client  # noqa: B018
    aws.secrets_manager()
    print("ready", flush=True)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            # The log goes where the test can read it; our answers stay alone on standard output.
            os.dup2(2, 1)
            code = 2
            try:
                code = _run(json.loads(line))
            finally:
                sys.stdout.flush()
                os._exit(code)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
