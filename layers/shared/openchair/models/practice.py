"""The practice document: who a practice is, what it offers and how its EHR is reached (design section 4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from openchair.errors import ServiceNotFound
from openchair.models.texts import Document, EhrId, Id, PracticeId, SecretName, ShortText, Zone


class Ehr(StrEnum):
    OPEN_DENTAL = "OPEN_DENTAL"
    NEXHEALTH = "NEXHEALTH"


class Service(Document):
    """What a patient can book. `pattern` is the vendor's, one character for five minutes, `X` = provider time."""

    id: Id
    name: ShortText
    minutes: Annotated[int, Field(ge=5, le=540, multiple_of=5)]
    operatory_type: Id | None = None
    appointment_type_id: EhrId | None = None
    pattern: Annotated[str, StringConstraints(pattern=r"^[X/]{1,108}$")] | None = None
    provider_ids: tuple[EhrId, ...] = ()

    @model_validator(mode="after")
    def _pattern_is_as_long_as_minutes(self) -> "Service":
        if self.pattern is not None and len(self.pattern) * 5 != self.minutes:
            raise ValueError("pattern has to hold one character for every five of the minutes")
        return self

    @property
    def time_pattern(self) -> str:
        return self.pattern or "X" * (self.minutes // 5)


class ChairSettings(Document):
    """The practice's own word on its chairs, the same for every EHR."""

    operatory_id_to_provider_id: Mapping[EhrId, EhrId] = {}
    operatory_type_to_ids: Mapping[Id, tuple[EhrId, ...]] = {}
    operatory_type_to_provider_ids: Mapping[Id, tuple[EhrId, ...]] = {}


ClinicNumber = Annotated[Annotated[int, Field(ge=0)] | None, AfterValidator(lambda number: number or None)]
"""0 is how Open Dental writes that there is none (Open Dental API, Clinics)."""


class OpenDentalSettings(ChairSettings):
    api_key_secret_name: SecretName
    clinic_number: ClinicNumber = None
    throttle: Literal["standard", "read_only", "enterprise"] = "standard"
    reschedule: Literal["move", "rebook"] = "move"
    break_type: Literal["Missed", "Cancelled"] | None = None
    confirmed_def: EhrId | None = None


class NexHealthSettings(ChairSettings):
    api_key_secret_name: SecretName
    subdomain: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
    location_ids: Annotated[tuple[EhrId, ...], Field(min_length=1)]
    default_provider_id: EhrId | None = None
    api_version: ShortText = "v3.0.0"
    read_cycle_minutes: Annotated[int, Field(ge=1, le=1440)] = 10


BlockoutTypes = Literal["all", "no_schedule_only"] | tuple[str, ...]


def _blockout_types(given: object) -> object:
    is_list = isinstance(given, list | tuple) and all(isinstance(one, str) and one.strip() for one in given)
    if given not in ("all", "no_schedule_only") and not is_list:
        raise ValueError('has to be "all", "no_schedule_only" or a list of ids or names of blockout types')
    return given


class Booking(Document):
    """`inactive_patients`: whether those who no longer come can be booked; NexHealth itself refuses them all the same.
    `practice_notes_close`: a note of the practice for a whole day closes it, as a holiday does, which looks the same
    in Open Dental. `blockouts`: which of Open Dental's shut time, by the ids or names of their types, or only those
    whose type is flagged so."""

    minimum_lead_minutes: Annotated[int, Field(ge=0, le=43200)] = 60
    start_grid_minutes: Annotated[int, Field(ge=5, le=240, multiple_of=5)] = 10
    horizon_days: Annotated[int, Field(ge=1, le=730)] = 90
    practice_notes_close: bool = True
    blockouts: Annotated[BlockoutTypes, BeforeValidator(_blockout_types)] = "all"
    inactive_patients: Literal["refuse", "book"] = "refuse"


class Sync(Document):
    patients_minutes: Annotated[int, Field(ge=1, le=1440)] = 15
    appointments_minutes: Annotated[int, Field(ge=1, le=1440)] = 1
    schedules_minutes: Annotated[int, Field(ge=1, le=1440)] = 15
    full_hour_local: Annotated[int, Field(ge=0, le=23)] = 2


@dataclass(frozen=True, slots=True)
class ChairMaps:
    """The practice's own word on chairs and providers, whatever its EHR's section of the document calls it."""

    operatory_id_to_provider_id: Mapping[str, str]
    operatory_type_to_ids: Mapping[str, tuple[str, ...]]
    operatory_type_to_provider_ids: Mapping[str, tuple[str, ...]]
    location_ids: tuple[str, ...]


class Practice(Document):
    """The practice document (design section 4)."""

    id: PracticeId
    name: ShortText
    timezone: Zone
    ehr: Ehr
    open_dental: OpenDentalSettings | None = None
    nexhealth: NexHealthSettings | None = None
    services: tuple[Service, ...] = ()
    booking: Booking = Booking()
    sync: Sync = Sync()

    @model_validator(mode="after")
    def _has_the_settings_of_its_ehr(self) -> "Practice":
        wanted = "open_dental" if self.ehr is Ehr.OPEN_DENTAL else "nexhealth"
        if getattr(self, wanted) is None:
            raise ValueError(f"a practice on {self.ehr} needs the section {wanted}")
        if len({service.id for service in self.services}) != len(self.services):
            raise ValueError("two services have the same id")
        if self.ehr is not Ehr.OPEN_DENTAL and (
            self.booking.blockouts != "all" or not self.booking.practice_notes_close
        ):
            raise ValueError("booking.blockouts and booking.practice_notes_close tell Open Dental's rows apart only")
        return self

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def chart_scope(self) -> tuple[str, ...]:
        """Which of the charts behind its key are the practice's; nothing where a key opens one office's."""
        return (self.nexhealth.subdomain,) if self.nexhealth is not None else ()

    @property
    def rebooks(self) -> bool:
        """A visit is moved by booking anew, then cancelling: for practices that count broken appointments."""
        return self.open_dental is not None and self.open_dental.reschedule == "rebook"

    @property
    def chair_maps(self) -> ChairMaps:
        """`location_ids` is empty when the practice is not limited to some."""
        section = self._section
        if isinstance(section, NexHealthSettings):
            location_ids = section.location_ids
        else:
            location_ids = (str(section.clinic_number),) if section.clinic_number is not None else ()
        return ChairMaps(
            section.operatory_id_to_provider_id,
            section.operatory_type_to_ids,
            section.operatory_type_to_provider_ids,
            location_ids,
        )

    def service(self, service_id: str) -> Service:
        """Raises ServiceNotFound."""
        for service in self.services:
            if service.id == service_id:
                return service
        raise ServiceNotFound

    @property
    def secret_name(self) -> str:
        return self._section.api_key_secret_name

    @property
    def _section(self) -> OpenDentalSettings | NexHealthSettings:
        section = self.open_dental if self.ehr is Ehr.OPEN_DENTAL else self.nexhealth
        assert section is not None  # held by the validator above
        return section


@dataclass(frozen=True, slots=True)
class PracticeRecord:
    """A practice as stored. Practices with one `ehr_account_id` share what one key opens: limiter, lines, claims."""

    practice: Practice
    version: int
    ehr_account_id: str
    may_overlap: bool = False
