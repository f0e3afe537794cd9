"""The stack on one machine (design section 7): the real template, built and deployed by the real tools.

`with LocalStack(seed=...) as stack: stack.description.control_url ...` starts everything and ends everything.
"""

import fcntl
import json
import os
import platform
import secrets
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Literal, Self

from botocore.exceptions import BotoCoreError, ClientError

from tools.local import environments
from tools.local.emulator import REGION, Credentials, Emulator
from tools.local.failures import StackError
from tools.local.programs import Program

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

STACK_NAME = "openchair"
OPEN_DENTAL_SETTING = "OPENDENTAL_API_BASE_URL"
NEXHEALTH_SETTING = "NEXHEALTH_API_BASE_URL"
BUILD_SECONDS = 300.0
DEPLOY_SECONDS = 180.0
SIMULATOR_SECONDS = 30.0
ARCHITECTURES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}


@dataclass(frozen=True)
class Progress:
    """One step of the start: its name, where it stands, and how long it took (seconds, when it ended)."""

    step: str
    state: Literal["started", "done", "failed"]
    seconds: float = 0.0


@dataclass(frozen=True)
class OpenDentalServer:
    """The Open Dental server the stack talks to. Keys and control address are known for our simulator only."""

    url: str
    control_url: str | None = None
    dev_key: str | None = field(default=None, repr=False)
    cust_key: str | None = field(default=None, repr=False)
    timezone: str | None = None


@dataclass(frozen=True)
class NexHealthServer:
    """Our NexHealth simulator, with its first institution."""

    url: str
    control_url: str
    api_key: str = field(repr=False)
    subdomain: str
    location_ids: Sequence[str]
    timezone: str


@dataclass(frozen=True)
class Practice:
    """A practice the stack was seeded with."""

    id: str
    ehr: str
    keys: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True)
class StackDescription:
    """What `stack.json` says: where everything listens and how to sign."""

    control_url: str
    webhooks_url: str | None
    aws_endpoint_url: str
    aws_region: str
    aws_access_key_id: str
    aws_secret_access_key: str = field(repr=False)
    caller_arn: str
    open_dental_url: str
    open_dental_control_url: str | None
    nexhealth_url: str | None
    nexhealth_control_url: str | None
    stack_name: str
    outputs: Mapping[str, str]
    practices_table: str
    tasks_table: str
    claims_table: str
    limits_table: str
    task_events_bus: str
    task_queue_url: str
    dead_letters_url: str
    hash_key_secret: str
    key_arn: str
    token_key_arn: str
    functions: Mapping[str, str]
    # The emulator's root, for tests that look behind the API. No deployed stack has such a thing.
    root_access_key_id: str
    root_secret_access_key: str = field(repr=False)
    practices: Sequence[Practice] = ()


Seed = Callable[[StackDescription, OpenDentalServer], Sequence[Practice]]
NexHealthSeed = Callable[[StackDescription, NexHealthServer], Sequence[Practice]]


def operator_statements(key_arn: str, practices_table_arn: str) -> list[dict[str, Any]]:
    """The rights of whoever runs the CLI: call the API, keep practices, callers and their keys, read logs."""
    secret = f"arn:aws:secretsmanager:{REGION}:*:secret:practice-*"
    secret_actions = (
        "CreateSecret",
        "DescribeSecret",
        "GetSecretValue",
        "PutSecretValue",
        "TagResource",
        "UpdateSecret",
    )
    table_actions = (
        "BatchGetItem",
        "ConditionCheckItem",
        "DeleteItem",
        "GetItem",
        "PutItem",
        "Query",
        "Scan",
        "UpdateItem",
    )

    def allow(service: str, actions: Sequence[str], resource: str) -> dict[str, Any]:
        return {"Effect": "Allow", "Action": [f"{service}:{action}" for action in actions], "Resource": resource}

    return [
        allow("execute-api", ["Invoke"], "*"),
        allow("dynamodb", table_actions, practices_table_arn),
        allow("secretsmanager", secret_actions, secret),
        allow("kms", ["Decrypt", "DescribeKey", "GenerateDataKey"], key_arn),
        allow("cloudformation", ["DescribeStacks", "DescribeStackResources"], "*"),
        allow("logs", ["DescribeLogGroups", "DescribeLogStreams", "FilterLogEvents", "GetLogEvents"], "*"),
        allow("sqs", ["GetQueueAttributes"], "*"),
        allow("sts", ["GetCallerIdentity"], "*"),
    ]


class LocalStack:
    """Builds, deploys and runs the stack on this machine; ends all of it on `stop`.

    `folder` holds everything it writes (`stack.json`, logs, build); one stack per folder. `on_progress` is called with
    each step as it starts and ends. `seed` loads practices once the API answers, `seed_nexhealth` those behind the
    NexHealth simulator, which is started for it. `open_dental_options` go to the simulator as they are. With
    `OPENDENTAL_API_BASE_URL` or `NEXHEALTH_API_BASE_URL` set that simulator is not started.
    """

    def __init__(
        self,
        *,
        root: Path = environments.ROOT,
        folder: Path | None = None,
        on_progress: Callable[[Progress], None] = lambda _progress: None,
        seed: Seed = lambda _description, _server: (),
        seed_nexhealth: NexHealthSeed | None = None,
        open_dental_options: Sequence[str] = (),
        parameters: Mapping[str, str] | None = None,
    ) -> None:
        self._root = root
        self._folder = folder or root / ".local"
        self._on_progress = on_progress
        self._seed = seed
        self._seed_nexhealth = seed_nexhealth
        self._open_dental_options = list(open_dental_options)
        self._parameters = dict(parameters or {})
        self._lock: IO[str] | None = None
        self._emulator: Emulator | None = None
        self._programs: list[Program] = []
        self._description: StackDescription | None = None
        self._server: OpenDentalServer | None = None

    @property
    def file(self) -> Path:
        """`stack.json`; there only while the stack is ready."""
        return self._folder / "stack.json"

    @property
    def description(self) -> StackDescription:
        if self._description is None:
            raise StackError("The stack is not started.")
        return self._description

    @property
    def open_dental(self) -> OpenDentalServer:
        if self._server is None:
            raise StackError("The stack is not started.")
        return self._server

    def start(self) -> StackDescription:
        """Starts all of it; when that fails or is interrupted, ends what was started. Raises `StackError`."""
        if sys.platform != "linux" or platform.machine().lower() not in ARCHITECTURES:
            raise StackError(
                "The stack on one machine runs on Linux on x86_64 or arm64: its functions are built for that."
            )
        self._folder.mkdir(parents=True, exist_ok=True)
        self._take_lock()
        try:
            self._description = self._start()
        except BaseException:
            self.stop()
            raise
        return self._description

    def stop(self) -> None:
        """Ends everything and removes `stack.json`. May be called twice."""
        self.file.unlink(missing_ok=True)
        if self._description is not None:
            self._keep_function_logs()
        running = self._running
        for program in running:
            program.ask_to_stop()
        for program in running:
            program.stop()
        self._programs.clear()
        self._emulator = None
        self._description = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def function_logs(self) -> Iterator[tuple[str, str]]:
        """(log group, line) of everything the functions logged so far, each group in order."""
        if self._emulator is None:
            return
        logs: CloudWatchLogsClient = self._emulator.client("logs")
        for group in logs.describe_log_groups()["logGroups"]:
            name = group["logGroupName"]
            for page in logs.get_paginator("filter_log_events").paginate(logGroupName=name):
                for event in page["events"]:
                    yield name, event["message"].rstrip("\n")

    def watch(self, interval: float = 1.0) -> None:
        """Stays until one of the stack's programs ends by itself, which raises `StackError`."""
        while True:
            for program in self._running:
                program.require_running()
            time.sleep(interval)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # ---- in order

    def _start(self) -> StackDescription:
        for leftover in (self.file, self._ready_file("open_dental"), self._ready_file("nexhealth")):
            leftover.unlink(missing_ok=True)
        with self._step("tools"):
            aws = environments.ensure("aws", self._root)
            sam = environments.ensure("sam", self._root)
        emulator = Emulator(aws, self._folder, self._folder)
        self._emulator = emulator
        emulator.start(discard=[self.file])
        simulator = self._start_simulator()
        nexhealth_program = self._start_nexhealth()
        with self._step("build"):
            self._run_sam(sam, "build", self._build_folders, {}, BUILD_SECONDS)
        with self._step("emulator"):
            emulator.wait_until_ready()
        with self._step("open_dental"):
            self._server = self._open_dental_server(simulator)
        nexhealth = self._nexhealth_server(nexhealth_program) if nexhealth_program else None
        with self._step("deploy"):
            outputs = self._deploy(sam, emulator, self._server.url, nexhealth.url if nexhealth else None)
        description = self._describe(emulator, self._server, nexhealth, outputs)
        with self._step("practices"):
            practices = tuple(self._seed(description, self._server))
            if nexhealth is not None and self._seed_nexhealth is not None:
                practices += tuple(self._seed_nexhealth(description, nexhealth))
        description = StackDescription(**{**vars(description), "practices": practices})
        self._write(description)
        return description

    @property
    def _running(self) -> list[Program | Emulator]:
        return [*self._programs, *([self._emulator] if self._emulator else [])]

    def _take_lock(self) -> None:
        lock = (self._folder / "lock").open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as held:
            lock.close()
            raise StackError(f"A stack runs from {self._folder} already: use it, or stop it first.") from held
        self._lock = lock

    def _ready_file(self, server: str) -> Path:
        return self._folder / f"{server}.json"

    @property
    def _build_folders(self) -> list[str]:
        folder = self._folder / "sam"
        return ["--build-dir", str(folder / "build"), "--cache-dir", str(folder / "cache")]

    @property
    def _all_parameters(self) -> dict[str, str]:
        return {
            "Architecture": ARCHITECTURES[platform.machine().lower()],
            "DeletionProtection": "false",
            "RequireTls": "false",
            **self._parameters,
        }

    def _start_simulator(self) -> Program | None:
        if os.environ.get(OPEN_DENTAL_SETTING):
            return None
        return self._simulator("The Open Dental simulator", "open_dental", self._open_dental_options)

    def _start_nexhealth(self) -> Program | None:
        if self._seed_nexhealth is None or os.environ.get(NEXHEALTH_SETTING):
            return None
        return self._simulator("The NexHealth simulator", "nexhealth", ["--timezone", "America/New_York"])

    def _simulator(self, name: str, server: str, options: Sequence[str]) -> Program:
        ready = self._ready_file(server)
        program = Program.start(
            name,
            [sys.executable, "-m", f"tools.simulators.{server}", "--port", "0", "--ready-file", str(ready), *options],
            log=self._folder / f"{server}.log",
            environment=tool_environment(),
            folder=self._root,
            discard=[ready],
        )
        self._programs.append(program)
        return program

    def _ready(self, simulator: Program, server: str) -> dict[str, Any]:
        """What the simulator tells once it listens."""
        deadline = time.monotonic() + SIMULATOR_SECONDS
        while not self._ready_file(server).exists():
            simulator.require_running()
            if time.monotonic() > deadline:
                raise StackError("A simulator did not get ready.", simulator.log)
            time.sleep(0.05)
        told: dict[str, Any] = json.loads(self._ready_file(server).read_text("utf-8"))
        return told

    def _nexhealth_server(self, simulator: Program) -> NexHealthServer:
        ready = self._ready(simulator, "nexhealth")
        first = ready["institutions"][0]
        return NexHealthServer(
            url=ready["url"],
            control_url=ready["control_url"],
            api_key=ready["api_key"],
            subdomain=first["subdomain"],
            location_ids=first["location_ids"],
            timezone=first["timezone"],
        )

    def _open_dental_server(self, simulator: Program | None) -> OpenDentalServer:
        if simulator is None:
            return OpenDentalServer(os.environ[OPEN_DENTAL_SETTING].rstrip("/"))
        ready = self._ready(simulator, "open_dental")
        return OpenDentalServer(
            url=ready["url"],
            control_url=ready["control_url"],
            dev_key=ready["dev_key"],
            cust_key=ready["cust_key"],
            timezone=ready["timezone"],
        )

    def _run_sam(
        self, programs: Path, command: str, options: Sequence[str], environment: Mapping[str, str], timeout: float
    ) -> None:
        # Named outright: sam would look for it beside the built template.
        settings = ["--config-file", str(self._root / "samconfig.toml"), "--config-env", "local"]
        overrides = [f"{name}={value}" for name, value in self._all_parameters.items()]
        program = Program.start(
            f"sam {command}",
            [programs / "sam", command, *settings, *options, "--parameter-overrides", *overrides],
            log=self._folder / f"sam_{command}.log",
            environment={**tool_environment(), **environment},
            folder=self._root,
        )
        self._programs.append(program)
        program.finish(timeout)
        self._programs.remove(program)

    def _deploy(self, sam: Path, emulator: Emulator, open_dental_url: str, nexhealth_url: str | None) -> dict[str, str]:
        # A bucket of our own spares the stack that --resolve-s3 would deploy first.
        bucket = f"openchair-{secrets.token_hex(8)}"
        emulator.client("s3").create_bucket(Bucket=bucket)
        self._parameters.setdefault("OpenDentalApiBaseUrl", open_dental_url)
        if nexhealth_url := nexhealth_url or os.environ.get(NEXHEALTH_SETTING):
            self._parameters.setdefault("NexHealthApiBaseUrl", nexhealth_url.rstrip("/"))
        template = str(self._folder / "sam" / "build" / "template.yaml")
        options = ["--template", template, "--stack-name", STACK_NAME, "--s3-bucket", bucket]
        self._run_sam(sam, "deploy", options, _aws_environment(emulator.url, emulator.root), DEPLOY_SECONDS)
        stacks = emulator.client("cloudformation").describe_stacks(StackName=STACK_NAME)["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for output in stacks[0]["Outputs"]}

    def _describe(
        self,
        emulator: Emulator,
        server: OpenDentalServer,
        nexhealth: NexHealthServer | None,
        outputs: Mapping[str, str],
    ) -> StackDescription:
        table = emulator.client("dynamodb").describe_table(TableName=outputs["PracticesTableName"])["Table"]
        operator = emulator.make_operator(operator_statements(outputs["KeyArn"], table["TableArn"]))
        caller = emulator.client("iam").get_user(UserName="operator")["User"]["Arn"]
        suffix = "FunctionName"
        return StackDescription(
            control_url=f"{emulator.url}/_aws/execute-api/{outputs['ControlApiId']}/v1",
            webhooks_url=None,
            aws_endpoint_url=emulator.url,
            aws_region=REGION,
            aws_access_key_id=operator.access_key_id,
            aws_secret_access_key=operator.secret_access_key,
            caller_arn=caller,
            open_dental_url=server.url,
            open_dental_control_url=server.control_url,
            nexhealth_url=nexhealth.url if nexhealth else os.environ.get(NEXHEALTH_SETTING),
            nexhealth_control_url=nexhealth.control_url if nexhealth else None,
            stack_name=STACK_NAME,
            outputs=dict(outputs),
            practices_table=outputs["PracticesTableName"],
            tasks_table=outputs["TasksTableName"],
            claims_table=outputs["ClaimsTableName"],
            limits_table=outputs["LimitsTableName"],
            task_events_bus=outputs["TaskEventsBusName"],
            task_queue_url=outputs["TaskQueueUrl"],
            dead_letters_url=outputs["DeadLettersUrl"],
            hash_key_secret=outputs["HashKeySecretArn"],
            key_arn=outputs["KeyArn"],
            token_key_arn=outputs["TokenKeyArn"],
            functions={
                _snake_case(name.removesuffix(suffix)): value
                for name, value in outputs.items()
                if name.endswith(suffix)
            },
            root_access_key_id=emulator.root.access_key_id,
            root_secret_access_key=emulator.root.secret_access_key,
        )

    def _keep_function_logs(self) -> None:
        """They would go with the emulator: `functions.log` outlives it."""
        # Whatever the emulator's end does to this must not keep us from ending the rest.
        with (self._folder / "functions.log").open("w", encoding="utf-8") as kept, suppress(BotoCoreError, ClientError):
            kept.writelines(f"{name.rpartition('/')[2]} {line}\n" for name, line in self.function_logs())

    def _write(self, description: StackDescription) -> None:
        fresh = self.file.with_suffix(".new")
        fresh.touch(mode=0o600)
        fresh.write_text(json.dumps(asdict(description), indent=2) + "\n", "utf-8")
        fresh.replace(self.file)

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        started = time.monotonic()
        self._on_progress(Progress(name, "started"))
        try:
            yield
        except BaseException:
            self._on_progress(Progress(name, "failed", time.monotonic() - started))
            raise
        self._on_progress(Progress(name, "done", time.monotonic() - started))


def _snake_case(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")


def tool_environment() -> dict[str, str]:
    """Our environment without what would lead a tool to another Python or to somebody's AWS account."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("AWS_")
        and name not in {"PYENV_VERSION", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", OPEN_DENTAL_SETTING}
    }
    kept["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", os.defpath)])
    return {
        **kept,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "127.0.0.1,localhost",
        "PYTHONUNBUFFERED": "1",
        "SAM_CLI_POLL_DELAY": "0.5",
        "SAM_CLI_TELEMETRY": "0",
    }


def _aws_environment(url: str, credentials: Credentials) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": credentials.access_key_id,
        "AWS_SECRET_ACCESS_KEY": credentials.secret_access_key,
        "AWS_DEFAULT_REGION": REGION,
    }
