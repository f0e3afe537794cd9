"""The stack on one machine: emulator, build, deployment and simulators, started together and ended together."""

from tools.local.failures import StackError
from tools.local.stack import LocalStack, NexHealthServer, OpenDentalServer, Practice, Progress, StackDescription

__all__ = [
    "LocalStack",
    "NexHealthServer",
    "OpenDentalServer",
    "Practice",
    "Progress",
    "StackDescription",
    "StackError",
]
