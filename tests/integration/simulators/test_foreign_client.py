"""A published client that we did not write works against the simulator."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree, which

import pytest

from tools.simulators.open_dental import OfficeSpec, running_simulator

PACKAGE = "opendental-sdk==3.0.1"
LONGEST_INSTALL_SECONDS = 40
STORY = """
import json, sys
from opendental import OpenDentalClient

url, developer_key, customer_key = sys.argv[1:]
client = OpenDentalClient(developer_key, customer_key, base_url=url, max_retries=0)
patients = client.patients.get_all(throttle_delay=0)
appointments = client.appointments.get_all(throttle_delay=0)
made = client.appointments.create(
    {"PatNum": patients[0].id, "Op": 1, "ProvNum": 1, "AptDateTime": "2031-01-07 19:00:00", "Pattern": "/XXXX/"}
)
client.appointments.break_appointment(made.apt_num, send_to_unscheduled_list=True)
print(json.dumps({
    "patients": len(patients),
    "appointments": len(appointments),
    "providers": len(client.providers.list()),
    "operatories": len(client.operatories.list()),
    "made": made.apt_num,
    "made_at": str(made.apt_date_time),
    "status": client.appointments.get(made.apt_num).apt_status,
}))
"""


@pytest.fixture(scope="module")
def foreign_python(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An interpreter in a throw-away environment that has the package; skips where the package cannot be had."""
    home = tmp_path_factory.mktemp("foreign") / "venv"
    python = home / "bin" / "python"
    uv = which("uv", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    if uv:
        steps = [
            [uv, "venv", "-q", "--python", sys.executable, str(home)],
            [uv, "pip", "install", "-q", "--python", str(python), PACKAGE],
        ]
    else:
        steps = [[sys.executable, "-m", "venv", str(home)], [str(python), "-m", "pip", "install", "-q", PACKAGE]]
    for step in steps:
        try:
            subprocess.run(step, check=True, capture_output=True, timeout=LONGEST_INSTALL_SECONDS)
        except (OSError, subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            pytest.skip(f"{PACKAGE} cannot be installed here: {type(error).__name__}")
    yield python
    rmtree(home)


def test_a_foreign_client_lists_books_and_breaks(foreign_python: Path) -> None:
    with running_simulator([OfficeSpec(patients=250)]) as simulator:
        arguments = [simulator.url, simulator.simulator.developer_key, simulator.customer_key]

        ended = subprocess.run(
            [foreign_python, "-c", STORY, *arguments], capture_output=True, text=True, timeout=30, check=False
        )

        assert ended.returncode == 0, ended.stderr
        told, office = json.loads(ended.stdout), simulator.simulator.first_office
        shown = [p for p in office.patients.values() if p.PatStatus not in ("Archived", "Deceased", "Deleted")]
        assert told["patients"] == len(shown)
        assert told["appointments"] == len(office.appointments) - 1
        assert (told["providers"], told["operatories"]) == (len(office.providers), len(office.operatories))
        assert (told["made_at"], told["status"]) == ("2031-01-07 19:00:00", "UnschedList")
        assert office.appointments[told["made"]].AptStatus == "UnschedList"
