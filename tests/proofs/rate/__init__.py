"""The proof of the limiter: `python -m tests.proofs.rate`."""
