"""The practice that the stack on this machine starts with, made from its Open Dental server's chairs and providers."""

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openchair.models.practice import Booking, Ehr, NexHealthSettings, OpenDentalSettings, Practice, Service
from tools.cli import show
from tools.cli.failures import CliError
from tools.cli.practices import allow_also, put_practice
from tools.cli.target import AwsSettings
from tools.cli.truth import SimulatorTruth, get_json
from tools.local import NexHealthServer, OpenDentalServer, StackDescription
from tools.local import Practice as SeededPractice

DEFAULT_TIMEZONE = "America/Denver"
SEEDED_PRACTICE_ID = "p1"
NEXHEALTH_PRACTICE_ID = "p2"


@dataclass(frozen=True, slots=True)
class OfficeChair:
    id: str
    is_hygiene: bool


@dataclass(frozen=True, slots=True)
class OfficeProvider:
    id: str
    is_hygienist: bool


Office = tuple[list[OfficeChair], list[OfficeProvider]]

# Another server than our simulator may take any key.
_PLACEHOLDER = "placeholder"

# The filling begins and ends with the assistant's time.
_FILLING_PATTERN = "//XXXXXXXX//"


def seeded_practice(
    chairs: Sequence[OfficeChair],
    providers: Sequence[OfficeProvider],
    *,
    timezone: str,
    practice_id: str = SEEDED_PRACTICE_ID,
) -> Practice:
    """A practice that offers four services. Without hygiene chairs, cleanings take place in any chair."""
    hygiene = tuple(chair.id for chair in chairs if chair.is_hygiene)
    treatment = tuple(chair.id for chair in chairs if not chair.is_hygiene)
    dentists = tuple(provider.id for provider in providers if not provider.is_hygienist)
    return Practice(
        id=practice_id,
        name="Juniper Falls Dental",
        timezone=timezone,
        ehr=Ehr.OPEN_DENTAL,
        open_dental=OpenDentalSettings(
            api_key_secret_name=f"practice-{practice_id}-opendental-api-key",
            operatory_type_to_ids={"hygiene": hygiene or treatment, "treatment": treatment or hygiene},
            operatory_type_to_provider_ids={"treatment": dentists} if dentists else {},
        ),
        services=(
            Service(id="cleaning", name="Cleaning", minutes=60, operatory_type="hygiene"),
            Service(id="exam", name="Exam", minutes=30, operatory_type="treatment"),
            Service(id="filling", name="Filling", minutes=60, operatory_type="treatment", pattern=_FILLING_PATTERN),
            Service(id="new-patient", name="New patient visit", minutes=90, operatory_type="treatment"),
        ),
        booking=Booking(),
    )


def seed(description: StackDescription, server: OpenDentalServer, timezone: str | None = None) -> list[SeededPractice]:
    """Load the one practice and let the stack's own credentials touch it; what `LocalStack` calls once the API answers.

    A server that is not our simulator is asked for chairs and providers with the keys in `OPENDENTAL_DEVELOPER_KEY` and
    `OPENDENTAL_CUSTOMER_KEY`; when it refuses them, no practice is loaded.
    """
    keys = {
        "devKey": server.dev_key or os.environ.get("OPENDENTAL_DEVELOPER_KEY") or _PLACEHOLDER,
        "custKey": server.cust_key or os.environ.get("OPENDENTAL_CUSTOMER_KEY") or _PLACEHOLDER,
    }
    try:
        chairs, providers = _office_by_truth(server.control_url) if server.control_url else _office_by_api(server, keys)
    except CliError as error:
        show.say(f"   No practice is loaded: {error.sentence} Put one with its keys: openchair practice put.", "yellow")
        return []
    practice = seeded_practice(chairs, providers, timezone=timezone or server.timezone or DEFAULT_TIMEZONE)
    aws = _aws(description)
    put_practice(aws, practice, keys)
    allow_also(aws, description.caller_arn, practice.id)
    return [SeededPractice(practice.id, practice.ehr, keys)]


def seed_nexhealth(description: StackDescription, server: NexHealthServer) -> list[SeededPractice]:
    """A second practice, behind the NexHealth simulator."""
    practice = Practice(
        id=NEXHEALTH_PRACTICE_ID,
        name="Birch Lane Dental",
        timezone=server.timezone,
        ehr=Ehr.NEXHEALTH,
        nexhealth=NexHealthSettings(
            api_key_secret_name=f"practice-{NEXHEALTH_PRACTICE_ID}-nexhealth-api-key",
            subdomain=server.subdomain,
            location_ids=tuple(server.location_ids),
        ),
        services=(
            Service(id="cleaning", name="Cleaning", minutes=60),
            Service(id="exam", name="Exam", minutes=30),
            Service(id="filling", name="Filling", minutes=60),
        ),
        booking=Booking(),
    )
    keys = {"apiKey": server.api_key}
    aws = _aws(description)
    put_practice(aws, practice, keys)
    allow_also(aws, description.caller_arn, practice.id)
    return [SeededPractice(practice.id, practice.ehr, keys)]


def _aws(description: StackDescription) -> AwsSettings:
    return AwsSettings(
        region=description.aws_region,
        practices_table=description.practices_table,
        key_arn=description.key_arn,
        endpoint_url=description.aws_endpoint_url,
        access_key_id=description.aws_access_key_id,
        secret_access_key=description.aws_secret_access_key,
    )


def _office_by_truth(control_url: str) -> Office:
    """Costs no request of the practice's rate."""
    truth = SimulatorTruth(control_url)
    return (
        [OfficeChair(row["operatory_id"], row["is_hygiene"]) for row in truth.operatories() if not row["hidden"]],
        [OfficeProvider(row["provider_id"], row["is_hygienist"]) for row in truth.providers() if not row["hidden"]],
    )


def _office_by_api(server: OpenDentalServer, keys: Mapping[str, str]) -> Office:
    chairs = [row for row in _rows(server, keys, "operatories") if not _is_true(row.get("IsHidden"))]
    # Nothing else uses the key yet, so a pause alone keeps its rate of one request a second.
    time.sleep(1)
    providers = [row for row in _rows(server, keys, "providers") if not _is_true(row.get("IsHidden"))]
    time.sleep(1)
    return (
        [OfficeChair(str(row["OperatoryNum"]), _is_true(row.get("IsHygiene"))) for row in chairs],
        [OfficeProvider(str(row["ProvNum"]), _is_true(row.get("IsSecondary"))) for row in providers],
    )


def _rows(server: OpenDentalServer, keys: Mapping[str, str], kind: str) -> list[dict[str, Any]]:
    headers = {"Authorization": f"ODFHIR {keys['devKey']}/{keys['custKey']}", "Content-Type": "application/json"}
    rows = get_json(f"{server.url}/{kind}", headers)
    if not isinstance(rows, list):
        raise CliError("The Open Dental server did not answer with a list.", "ehr_refused")
    return rows


def _is_true(value: Any) -> bool:
    """Open Dental's booleans are texts in either case."""
    return str(value).lower() == "true"
