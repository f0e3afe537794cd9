"""Which stack a command talks to: the one on this machine, or one deployed to AWS."""

import json
import os
from collections.abc import MutableMapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from botocore.credentials import ReadOnlyCredentials
from botocore.exceptions import BotoCoreError, ClientError, ProfileNotFound
from botocore.session import Session

from tools.cli.api import ControlApi
from tools.cli.failures import CliError

STACK_FILE = Path(__file__).resolve().parents[2] / ".local" / "stack.json"
DEFAULT_STACK_NAME = "openchair"

_SIGN_IN = "Sign in to AWS, or name a profile: --profile NAME."


@dataclass(frozen=True, slots=True)
class AwsSettings:
    """How to reach a stack's own state with the operator's rights. Without keys the ordinary SDK settings hold."""

    region: str
    practices_table: str = ""
    key_arn: str | None = None
    endpoint_url: str | None = None
    profile: str | None = None
    access_key_id: str | None = field(default=None, repr=False)
    secret_access_key: str | None = field(default=None, repr=False)

    def session(self) -> Session:
        session = _session(self.profile)
        if self.access_key_id and self.secret_access_key:
            session.set_credentials(self.access_key_id, self.secret_access_key)
        return session

    def client(self, service: str) -> Any:
        return self.session().create_client(service, region_name=self.region, endpoint_url=self.endpoint_url)

    def export(self, environment: MutableMapping[str, str] | None = None) -> None:
        """Set the environment, which is all that the layer's store reads."""
        environment = os.environ if environment is None else environment
        environment["AWS_REGION"] = environment["AWS_DEFAULT_REGION"] = self.region
        environment["PRACTICES_TABLE"] = self.practices_table
        if self.profile:
            environment["AWS_PROFILE"] = self.profile
        if self.endpoint_url:
            environment["AWS_ENDPOINT_URL"] = self.endpoint_url
        if self.access_key_id and self.secret_access_key:
            environment["AWS_ACCESS_KEY_ID"] = self.access_key_id
            environment["AWS_SECRET_ACCESS_KEY"] = self.secret_access_key
            for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
                environment.pop(name, None)


@dataclass(frozen=True)
class Target:
    """One stack. `local` is the content of `.local/stack.json`, None for a deployed stack."""

    name: str
    stack_name: str
    access: AwsSettings
    local: dict[str, Any] | None = field(default=None, repr=False)

    @cached_property
    def api(self) -> ControlApi:
        url = str(self.local["control_url"]) if self.local else self.outputs["ControlApiUrl"]
        return ControlApi(url, self.access.region, self._credentials())

    @cached_property
    def aws(self) -> AwsSettings:
        """Settings for the operator's own reads and writes; the SDK environment of this process is set to match."""
        settings = replace(
            self.access,
            practices_table=self.outputs["PracticesTableName"],
            key_arn=self.outputs.get("KeyArn"),
        )
        settings.export()
        return settings

    @cached_property
    def outputs(self) -> dict[str, str]:
        """The stack's CloudFormation outputs."""
        try:
            client = self.access.client("cloudformation")
            stacks = client.describe_stacks(StackName=self.stack_name)["Stacks"]
        except (BotoCoreError, ClientError) as error:
            raise _unreadable(self.stack_name, error) from error
        return {output["OutputKey"]: output["OutputValue"] for output in stacks[0].get("Outputs", [])}

    def _credentials(self) -> ReadOnlyCredentials:
        try:
            found = self.access.session().get_credentials()
            frozen = found.get_frozen_credentials() if found else None
        except BotoCoreError as error:
            raise CliError("The AWS credentials cannot be used.", "no_credentials", [_SIGN_IN]) from error
        if frozen is None:
            raise CliError("No AWS credentials were found.", "no_credentials", [_SIGN_IN])
        return frozen


def find_target(
    profile: str | None = None, region: str | None = None, stack_name: str | None = None, stack_file: Path = STACK_FILE
) -> Target:
    """The local stack when it runs and no other is asked for; else the deployed one."""
    if not (profile or region or stack_name) and stack_file.exists():
        return local_target(stack_file)
    found_region = region or _configured_region(profile)
    if not found_region:
        raise CliError(
            "No stack runs on this machine, and no AWS region is set for a deployed one.",
            "no_stack",
            ["Start one here: make local", "Or name a deployed one: --region REGION --stack-name NAME"],
        )
    name = stack_name or DEFAULT_STACK_NAME
    return Target(f"stack {name} in {found_region}", name, AwsSettings(found_region, profile=profile))


def local_target(stack_file: Path = STACK_FILE) -> Target:
    try:
        document = json.loads(stack_file.read_text("utf-8"))
        access = AwsSettings(
            region=document["aws_region"],
            endpoint_url=document["aws_endpoint_url"],
            access_key_id=document["aws_access_key_id"],
            secret_access_key=document["aws_secret_access_key"],
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CliError(
            "The description of the local stack cannot be read.", "no_stack", ["Start it anew: make local"]
        ) from error
    stack_name = str(document.get("stack_name") or DEFAULT_STACK_NAME)
    return Target("the stack on this machine", stack_name, access, document)


def _configured_region(profile: str | None) -> str | None:
    region: str | None = _session(profile).get_config_variable("region")
    return region or os.environ.get("AWS_REGION")


def _session(profile: str | None) -> Session:
    try:
        session = Session(profile=profile)
        # Reads the profile, and fails when there is none of this name.
        session.get_scoped_config()
        return session
    except ProfileNotFound as error:
        raise CliError(f"There is no AWS profile {profile!r}.", "no_credentials") from error


def _unreadable(stack_name: str, error: BotoCoreError | ClientError) -> CliError:
    if isinstance(error, ClientError):
        code = error.response.get("Error", {}).get("Code", "")
        if code == "ValidationError":
            return CliError(f"There is no stack named {stack_name} in this account and region.", "no_stack")
        return CliError(f"AWS does not let the stack {stack_name} be read ({code}).", "aws_refused", [_SIGN_IN])
    return CliError("AWS could not be asked about the stack.", "aws_unreachable", [_SIGN_IN])
