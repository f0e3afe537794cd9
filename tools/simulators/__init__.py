"""Servers on loopback that behave like the vendors' systems, to test any client against."""
