"""What openings are asked of, and what is asked."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from openchair.models.journal import Claim
from openchair.models.office import Operatory, Provider, Schedule
from openchair.models.visit import Appointment


@dataclass(frozen=True, slots=True)
class Need:
    """What a visit asks of a chair and a provider; None leaves it open.

    `like_operatory_id`, of a visit to be moved, is its present chair: the new one is in the same location and, where
    `operatory_ids` is None, a hygiene chair if that one is. `operatory_id_to_provider_id`: whose a chair is.
    `is_only_location`: the practice has no other, so that an EHR that tells of no locations at all is there.
    `appointment_type_id` is the visit's, None for one of no type: hours that are for some types only are for no other.
    `patient_id`: whose visit it is, so that their other visits are in the way; None while nobody is named.
    """

    minutes: int
    time_pattern: str
    operatory_ids: frozenset[str] | None = None
    provider_ids: frozenset[str] | None = None
    location_id: str | None = None
    is_only_location: bool = False
    like_operatory_id: str | None = None
    operatory_id_to_provider_id: Mapping[str, str] = field(default_factory=dict)
    appointment_type_id: str | None = None
    patient_id: str | None = None


@dataclass(frozen=True, slots=True)
class Book:
    """Everything known of some days. Chairs stand in the order in which the EHR shows them.

    `appointments` holds also what began before these days and reaches into them. What was computed of a book may be
    kept with it, as it never changes.
    """

    providers: Sequence[Provider]
    operatories: Sequence[Operatory]
    schedule: Schedule
    appointments: Sequence[Appointment] = ()
    claims: Sequence[Claim] = ()
    _kept: dict[object, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def kept[T](self, key: object, compute: Callable[[], T]) -> T:
        if key not in self._kept:
            self._kept[key] = compute()
        found: T = self._kept[key]
        return found
