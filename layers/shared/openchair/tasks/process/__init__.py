"""Doing a task (design section 5).

A write is recorded as sent before it is sent. Who finds a step sent reads back what the chart holds, and sends again
only when nothing is there after the window in which an earlier sending could still take effect.

`loop` takes a task up and goes through its steps; `sending`, `reading_back`, `reviews` and `second_line` say what is
next, `worker` writes it down, and `meanings` tells what an error means for it.
"""

from openchair.tasks.process.loop import process_task
from openchair.tasks.process.worker import resend_window

__all__ = ["process_task", "resend_window"]
