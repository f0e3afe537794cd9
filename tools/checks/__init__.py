"""Checks of the template and of what it ships: `make build`."""
