"""What the faults that strike one request do to it and to its answer."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tools.simulators.common.faults import Fault
from tools.simulators.common.journal import Reply

_HTML = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"


class Striking:
    """`act` lets the front desk act; `refuse` makes the vendor's own refusal for kinds that have one."""

    def __init__(self, act: Callable[[dict[str, Any]], Any], refuse: Callable[[Fault], Reply]) -> None:
        self._act = act
        self._refuse = refuse

    def before(self, faults: list[Fault]) -> Reply | None:
        """The reply that replaces the real one and its effect; None lets the request go on."""
        for fault in faults:
            if fault.when != "before":
                continue
            time.sleep(fault.seconds)
            if fault.kind == "staff":
                self._act(fault.action)
            elif fault.kind != "delay":
                return self._spoiled(fault)
        return None

    def after(self, faults: list[Fault], reply: Reply) -> Reply:
        for fault in faults:
            if fault.when == "after":
                reply = self._struck(fault, reply)
        return reply

    def _struck(self, fault: Fault, reply: Reply) -> Reply:
        time.sleep(fault.seconds)
        match fault.kind:
            case "delay":
                return reply
            case "staff":
                self._act(fault.action)
                return reply
            case "truncate":
                return replace(reply, ending="truncate")
            case "garbage":
                body = reply.body[: len(reply.body) // 2] if fault.body is None else fault.body.encode()
                return replace(reply, body=body)
            case _:
                return self._spoiled(fault)

    def _spoiled(self, fault: Fault) -> Reply:
        if fault.kind in ("drop", "reset"):
            return Reply(0, ending=fault.kind)
        if fault.kind == "html":
            body = _HTML if fault.body is None else fault.body
            return Reply(fault.status, body.encode(), {"Content-Type": "text/html; charset=utf-8"})
        return self._refuse(fault)
