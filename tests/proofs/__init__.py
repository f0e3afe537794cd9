"""A deterministic simulation of the product's own code: every effect killed, every invariant watched."""
