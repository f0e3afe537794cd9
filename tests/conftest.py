"""What holds for every test: property tests draw the same examples on every run."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "openchair",
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=150,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("openchair")
