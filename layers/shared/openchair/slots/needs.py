"""What a visit for a service, or the moving of one, needs of a practice's chairs and providers."""

from dataclasses import replace
from math import ceil

from openchair.errors import LocationNotFound, OperatoryNotFound, ProviderNotFound
from openchair.models.practice import ChairMaps, Practice
from openchair.models.visit import Appointment
from openchair.slots.nouns import Need


def is_ours(practice: Practice, location_id: str | None) -> bool:
    """Whether a visit or a patient of this location is the practice's, where several practices share an EHR account.

    What is of no location is everybody's; a practice that is limited to none has all.
    """
    location_ids = practice.chair_maps.location_ids
    return location_id is None or not location_ids or location_id in location_ids


def need_for_service(
    practice: Practice,
    service_id: str,
    *,
    provider_id: str | None = None,
    operatory_id: str | None = None,
    location_id: str | None = None,
    patient_id: str | None = None,
) -> Need:
    """What a visit for this service needs, narrowed to what is asked.

    The service's `provider_ids` and the type's map both limit the providers. A practice that maps no operatory types
    at all does not use them; where it maps some, a type it leaves out has no chairs.
    Raises ServiceNotFound, and ProviderNotFound, OperatoryNotFound or LocationNotFound when what is asked is excluded.
    """
    service = practice.service(service_id)
    maps = practice.chair_maps
    operatory_ids = provider_ids = None
    if service.operatory_type is not None and maps.operatory_type_to_ids:
        operatory_ids = frozenset(maps.operatory_type_to_ids.get(service.operatory_type, ()))
    if service.operatory_type is not None and service.operatory_type in maps.operatory_type_to_provider_ids:
        provider_ids = frozenset(maps.operatory_type_to_provider_ids[service.operatory_type])
    if service.provider_ids:
        named = frozenset(service.provider_ids)
        provider_ids = named if provider_ids is None else named & provider_ids
    need = Need(
        minutes=service.minutes,
        time_pattern=service.time_pattern,
        operatory_ids=operatory_ids,
        provider_ids=provider_ids,
        location_id=_location(maps, location_id),
        is_only_location=len(maps.location_ids) == 1,
        operatory_id_to_provider_id=maps.operatory_id_to_provider_id,
        appointment_type_id=service.appointment_type_id,
        patient_id=patient_id,
    )
    return _narrowed(need, provider_id, operatory_id)


def need_for_move(
    practice: Practice, appointment: Appointment, *, provider_id: str | None = None, operatory_id: str | None = None
) -> Need:
    """What moving this visit needs: its own length and pattern, and a chair and provider of its present chair's types.

    A chair in no type may be changed for any of its kind (hygiene or not), and its provider for any.
    Raises ProviderNotFound or OperatoryNotFound when what is asked is excluded by the practice's maps.
    """
    maps = practice.chair_maps
    types = [name for name, ids in maps.operatory_type_to_ids.items() if appointment.operatory_id in ids]
    operatory_ids = provider_ids = None
    if types:
        operatory_ids = frozenset(chair for name in types for chair in maps.operatory_type_to_ids[name])
    if types and all(name in maps.operatory_type_to_provider_ids for name in types):
        mapped = {provider for name in types for provider in maps.operatory_type_to_provider_ids[name]}
        # Whoever has the visit now may keep it, mapped or not.
        provider_ids = frozenset(mapped | {appointment.provider_id or ""} - {""})
    fits = len(appointment.time_pattern) * 5 == appointment.minutes
    need = Need(
        minutes=appointment.minutes,
        time_pattern=appointment.time_pattern if fits else "X" * ceil(appointment.minutes / 5),
        operatory_ids=operatory_ids,
        provider_ids=provider_ids,
        location_id=_location(maps, None) or (appointment.location_id if appointment.operatory_id is None else None),
        is_only_location=len(maps.location_ids) == 1,
        like_operatory_id=appointment.operatory_id,
        operatory_id_to_provider_id=maps.operatory_id_to_provider_id,
        appointment_type_id=appointment.appointment_type_id,
        patient_id=appointment.patient_id,
    )
    return _narrowed(need, provider_id, operatory_id)


def _location(maps: ChairMaps, asked: str | None) -> str | None:
    if asked is not None and maps.location_ids and asked not in maps.location_ids:
        raise LocationNotFound
    return asked or (maps.location_ids[0] if len(maps.location_ids) == 1 else None)


def _narrowed(need: Need, provider_id: str | None, operatory_id: str | None) -> Need:
    if operatory_id is not None:
        if need.operatory_ids is not None and operatory_id not in need.operatory_ids:
            raise OperatoryNotFound
        need = replace(need, operatory_ids=frozenset({operatory_id}))
    if provider_id is not None:
        owner = need.operatory_id_to_provider_id.get(operatory_id or "", provider_id)
        if owner != provider_id or (need.provider_ids is not None and provider_id not in need.provider_ids):
            raise ProviderNotFound
        need = replace(need, provider_ids=frozenset({provider_id}))
    return need
