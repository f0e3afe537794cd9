"""Open Dental's REST API: its words stay in this folder."""

from openchair.clients.open_dental.client import OpenDentalClient

__all__ = ["OpenDentalClient"]
