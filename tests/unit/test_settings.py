"""Settings are read from the environment when first asked."""

from collections.abc import Iterator

import pytest

from openchair.errors import SettingMissing
from openchair.settings import Settings, settings


@pytest.fixture(autouse=True)
def read_anew(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    settings.cache_clear()
    yield
    settings.cache_clear()


def test_an_empty_environment_has_the_documented_defaults() -> None:
    read = settings()

    assert read.open_dental_base_url == "https://api.opendental.com/api/v1"
    assert read.nexhealth_api_base_url == "https://nexhealth.info"
    assert (read.process_tasks_timeout_seconds, read.log_level) == (180, "INFO")


def test_the_environment_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TASKS_TABLE", "first")
    assert settings().tasks_table == "first"

    monkeypatch.setenv("TASKS_TABLE", "second")
    assert settings().tasks_table == "first"


def test_an_empty_variable_is_an_absent_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENDENTAL_API_BASE_URL", "")

    assert settings().open_dental_base_url == "https://api.opendental.com/api/v1"


def test_a_slash_at_the_end_of_a_base_url_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENDENTAL_API_BASE_URL", "http://127.0.0.1:8080/api/v1/")

    assert settings().open_dental_base_url == "http://127.0.0.1:8080/api/v1"


def test_a_setting_that_is_needed_and_absent_is_named() -> None:
    with pytest.raises(SettingMissing) as raised:
        settings().required("task_queue_url")

    assert "TASK_QUEUE_URL" in raised.value.detail


def test_a_number_that_is_none_is_told_without_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROCESS_TASKS_TIMEOUT_SECONDS", "soon")

    with pytest.raises(ValueError, match="process_tasks_timeout_seconds"):
        settings()
