"""NexHealth's Synchronizer API, v3.0.0: its words stay in this folder."""

from openchair.clients.nexhealth.client import NexHealthClient

__all__ = ["NexHealthClient"]
