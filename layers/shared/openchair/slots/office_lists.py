"""The providers, chairs and services behind a practice's slots."""

from typing import Any

from openchair.errors import LocationNotFound
from openchair.models.practice import PracticeRecord
from openchair.ports import ScheduleReader


def list_providers(record: PracticeRecord, ehr: ScheduleReader) -> dict[str, Any]:
    """Who can be booked; hidden providers are left out."""
    providers = [
        {
            "provider_id": provider.id,
            "name": provider.name,
            "abbreviation": provider.abbreviation,
            "is_hygienist": provider.is_hygienist,
        }
        for provider in ehr.providers()
        if not provider.is_hidden
    ]
    return {"providers": providers}


def list_operatories(record: PracticeRecord, ehr: ScheduleReader) -> dict[str, Any]:
    """The practice's chairs in the EHR's order without hidden ones; `provider_id` is the map's word, else the EHR's.

    Raises LocationNotFound when there are chairs, but none where the practice is: its document names a wrong place.
    """
    maps = record.practice.chair_maps
    visible = [chair for chair in ehr.operatories() if not chair.is_hidden]
    locations = sorted({chair.location_id for chair in visible if chair.location_id is not None})
    everywhere = not maps.location_ids or not locations
    if not everywhere and not set(locations) & set(maps.location_ids):
        ours, theirs = ", ".join(maps.location_ids), ", ".join(locations)
        raise LocationNotFound(f"No chair can be seen in location {ours}; there are chairs in {theirs}.")
    chairs = [
        {
            "operatory_id": chair.id,
            "name": chair.name,
            "abbreviation": chair.abbreviation,
            "is_hygiene": chair.is_hygiene,
            "types": [name for name, ids in maps.operatory_type_to_ids.items() if chair.id in ids],
            "provider_id": maps.operatory_id_to_provider_id.get(chair.id, chair.provider_id),
            "hygienist_id": chair.hygienist_id,
            "location_id": chair.location_id,
        }
        for chair in visible
        if everywhere or chair.location_id in maps.location_ids
    ]
    return {"operatories": chairs}


def list_services(record: PracticeRecord) -> dict[str, Any]:
    """What can be booked, as the practice document says."""
    services = [
        {
            "service_id": service.id,
            "name": service.name,
            "minutes": service.minutes,
            "operatory_type": service.operatory_type,
            "provider_ids": list(service.provider_ids),
        }
        for service in record.practice.services
    ]
    return {"services": services}
