"""One stack in this process: tables, queue and secrets in moto, the small office behind a simulator, a still clock."""

from collections.abc import Iterator

import pytest

from openchair.settings import settings
from openchair.store import aws
from tests.integration.handlers.office import NOW, put_office
from tests.integration.handlers.stack import Stack
from tests.integration.tables import forget_clients, moto_tables
from tools.simulators.open_dental import OfficeSpec, RunningSimulator, running_simulator


@pytest.fixture(scope="package")
def simulator() -> Iterator[RunningSimulator]:
    with running_simulator([OfficeSpec(patients=1)], now=NOW) as running:
        yield running


@pytest.fixture(scope="package")
def aws_in_moto(simulator: RunningSimulator) -> Iterator[None]:
    with moto_tables(), pytest.MonkeyPatch.context() as environment:
        queue = aws.sqs().create_queue(QueueName="tasks.fifo", Attributes={"FifoQueue": "true"})
        aws.secrets_manager().create_secret(Name="hash-key", SecretString="k" * 64)
        environment.setenv("TASK_QUEUE_URL", queue["QueueUrl"])
        environment.setenv("HASH_KEY_SECRET", "hash-key")
        environment.setenv("TASK_EVENTS_BUS", "tasks")
        environment.setenv("OPENDENTAL_API_BASE_URL", simulator.url)
        settings.cache_clear()
        yield
        forget_clients()


@pytest.fixture
def stack(aws_in_moto: None, simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    """Whatever a test does, its log has allowed fields only and no value of a patient."""
    simulator.simulator.reset()
    put_office(simulator.simulator)
    simulator.simulator.settings.clock.freeze(frozen=True)
    made = Stack(simulator, monkeypatch)
    yield made
    made.check_log()
