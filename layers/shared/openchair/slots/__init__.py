"""Open slots: what a visit needs, what the practice's book holds, and what is free of it."""
