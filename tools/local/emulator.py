"""The emulator that plays AWS: loopback only, IAM enforced, thrown away with all it holds."""

import http.client
import json
import os
import secrets
import shutil
import socket
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from tools.local.failures import StackError
from tools.local.programs import Program, inherited

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

REGION = "us-east-1"
OPERATOR = "operator"
MEMORY = Path("/dev/shm")
SCRATCH_BYTES = 2 * 1024**3
READY_SECONDS = 30.0
ATTEMPTS = 3


@dataclass(frozen=True)
class Credentials:
    """An access key of the emulator."""

    access_key_id: str
    secret_access_key: str = field(repr=False)


def free_port() -> int:
    """A loopback port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Emulator:
    """MiniStack in its own environment. `root` may do all; others only what IAM grants them."""

    def __init__(self, programs: Path, folder: Path, logs: Path) -> None:
        self._programs = programs
        self._folder = folder
        self._log = logs / "emulator.log"
        self._port = 0
        self._program: Program | None = None
        # A key of digits or the word "test" would be let through as the account's root without any check.
        self.root = Credentials(f"AKIA{secrets.token_hex(8).upper()}", secrets.token_urlsafe(30))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self, discard: list[Path]) -> None:
        """Starts it without waiting; `discard` goes with it when it ends."""
        self._discard = discard
        self._port = free_port()
        scratch, link = self._scratch()
        environment = {
            **inherited("PATH", "HTTP_PROXY", "HTTPS_PROXY", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"),
            # Handlers inherit this environment: no more than they would meet on AWS.
            "NO_PROXY": "127.0.0.1,localhost",
            "HOME": str(scratch),
            "TMPDIR": str(scratch),
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "AUTH": "true",
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self._port),
            "AWS_ACCESS_KEY_ID": self.root.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.root.secret_access_key,
            "AWS_DEFAULT_REGION": REGION,
            "LAMBDA_WARM_TTL_SECONDS": "3600",
        }
        self._program = Program.start(
            "The AWS emulator",
            [self._programs / "python", "-m", "ministack"],
            log=self._log,
            environment=environment,
            folder=scratch,
            discard=[link, scratch, *discard],
        )

    def wait_until_ready(self) -> None:
        """Returns once it answers. A port taken by someone in between is replaced by another. Raises `StackError`."""
        for attempt in range(ATTEMPTS):
            if self._answers(time.monotonic() + READY_SECONDS):
                return
            self.stop()
            if attempt < ATTEMPTS - 1:
                self.start(self._discard)
        raise StackError("The AWS emulator did not start.", self._log)

    def client(self, service: str) -> Any:
        """A boto3 client with the emulator's root credentials."""
        return client(service, self.url, self.root)

    def make_operator(self, statements: list[dict[str, Any]]) -> Credentials:
        """An IAM user with these rights and no others, and its key."""
        iam: IAMClient = self.client("iam")
        iam.create_user(UserName=OPERATOR)
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        iam.put_user_policy(UserName=OPERATOR, PolicyName="operator", PolicyDocument=document)
        key = iam.create_access_key(UserName=OPERATOR)["AccessKey"]
        return Credentials(key["AccessKeyId"], key["SecretAccessKey"])

    def require_running(self) -> None:
        if self._program is not None:
            self._program.require_running()

    def ask_to_stop(self) -> None:
        if self._program is not None:
            self._program.ask_to_stop()

    def stop(self) -> None:
        if self._program is not None:
            self._program.stop()

    def _scratch(self) -> tuple[Path, Path]:
        """A new folder for what the emulator unpacks (each worker: a copy of the layer), and the link that names it.

        In memory where there is room: on a slow disk, filling and emptying it takes longer than all else.
        """
        link = self._folder / "emulator"
        if link.is_symlink():
            # Left by a stack whose guard was killed too.
            shutil.rmtree(link.readlink(), ignore_errors=True)
            link.unlink()
        shutil.rmtree(link, ignore_errors=True)
        scratch = Path(tempfile.mkdtemp(prefix="openchair-", dir=MEMORY if _fit(MEMORY) else None))
        link.symlink_to(scratch)
        return scratch, link

    def _answers(self, deadline: float) -> bool:
        while time.monotonic() < deadline and self._program is not None and self._program.running:
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=2)
            try:
                connection.request("GET", "/_ministack/health")
                if connection.getresponse().status == http.HTTPStatus.OK:
                    return True
            except OSError:
                time.sleep(0.05)
            finally:
                connection.close()
        return False


def _fit(folder: Path) -> bool:
    """Whether libraries can be unpacked there and loaded from there."""
    if not (folder.is_dir() and os.access(folder, os.W_OK)):
        return False
    loadable = not os.statvfs(folder).f_flag & os.ST_NOEXEC
    return loadable and shutil.disk_usage(folder).free > SCRATCH_BYTES


def client(service: str, url: str, credentials: Credentials) -> Any:
    """A boto3 client of the emulator at `url`, deaf to profiles and other settings of the user's."""
    # Typed by service name; here the name is a plain string.
    session: Any = boto3.Session(
        aws_access_key_id=credentials.access_key_id,
        aws_secret_access_key=credentials.secret_access_key,
        region_name=REGION,
    )
    settings = Config(proxies={}, retries={"total_max_attempts": 2, "mode": "standard"}, read_timeout=60)
    return session.client(service, endpoint_url=url, config=settings)
