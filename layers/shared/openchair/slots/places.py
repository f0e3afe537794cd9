"""Who may be where: the chairs and providers that suit a visit, and when each provider works in each of them."""

from collections.abc import Iterator
from dataclasses import dataclass

from openchair.errors import LocationNotFound, OperatoryNotFound, ProviderNotFound
from openchair.models.office import Operatory, Provider
from openchair.models.visit import Place
from openchair.slots.hours import WorkingHours, is_at
from openchair.slots.nouns import Book, Need


@dataclass(frozen=True, slots=True)
class Working:
    """A place and the marks in which its provider works there."""

    place: Place
    marks: int


def check_known(book: Book, need: Need) -> None:
    """LocationNotFound, OperatoryNotFound or ProviderNotFound when the book shows nothing of what was asked for."""
    if need.location_id is not None and not _chairs_there(book, need) and not _has_hours_without_chairs(book, need):
        raise LocationNotFound
    if need.operatory_ids is not None and not _suitable_chairs(book, need):
        raise OperatoryNotFound
    if need.provider_ids is not None and not _suitable_providers(book, need):
        raise ProviderNotFound


def working(book: Book, need: Need, hours: WorkingHours) -> Iterator[Working]:
    """Each suitable place where somebody works; by chair, in the EHR's order, then provider. Without a chair last."""
    hours_of = hours.for_visits_of(need.appointment_type_id)
    visible = {provider.id for provider in book.providers if not provider.is_hidden}
    providers = [provider for provider in _suitable_providers(book, need) if provider.id in hours_of]
    for chair in _suitable_chairs(book, need):
        only = need.operatory_id_to_provider_id.get(chair.id)
        for provider in providers:
            if only not in (None, provider.id):
                continue
            assigned = _assigned(chair, provider.id, need)
            open_here = [one for one in hours_of[provider.id] if one.open(chair, assigned=assigned)]
            if open_here:
                yield Working(_place(chair, provider, visible), hours.together(open_here))
    for location_id in _locations_without_chairs(book, need):
        for provider in providers:
            open_here = [one for one in hours_of[provider.id] if one.is_without_chair_at(location_id)]
            if open_here:
                yield Working(Place(None, provider.id, location_id=location_id), hours.together(open_here))


# ----------------------------------------------------------------------------------------- chairs and providers


def _chairs_there(book: Book, need: Need) -> list[Operatory]:
    """The visible chairs of the location."""
    visible = [chair for chair in book.operatories if not chair.is_hidden]
    if need.location_id is None or (need.is_only_location and all(chair.location_id is None for chair in visible)):
        return visible
    return [chair for chair in visible if chair.location_id == need.location_id]


def _suitable_chairs(book: Book, need: Need) -> list[Operatory]:
    like = next((chair for chair in book.operatories if chair.id == need.like_operatory_id), None)

    def suits(chair: Operatory) -> bool:
        if like is not None and chair.location_id != like.location_id:
            return False
        if need.operatory_ids is not None:
            return chair.id in need.operatory_ids
        return like is None or chair.is_hygiene == like.is_hygiene

    return [chair for chair in _chairs_there(book, need) if suits(chair)]


def _suitable_providers(book: Book, need: Need) -> list[Provider]:
    return [
        provider
        for provider in book.providers
        if not provider.is_hidden and (need.provider_ids is None or provider.id in need.provider_ids)
    ]


def _assigned(chair: Operatory, provider_id: str, need: Need) -> bool:
    """Whether hours that name neither chairs nor a location put this provider into this chair."""
    if chair.id in need.operatory_id_to_provider_id:
        return need.operatory_id_to_provider_id[chair.id] == provider_id
    if chair.is_hygiene and chair.hygienist_id is not None:
        return provider_id == chair.hygienist_id
    return provider_id in (chair.provider_id, chair.hygienist_id)


def _place(chair: Operatory, provider: Provider, visible: set[str]) -> Place:
    is_hygiene = chair.is_hygiene and (provider.is_hygienist or provider.id == chair.hygienist_id)
    has_dentist = is_hygiene and chair.provider_id in visible and chair.provider_id != provider.id
    return Place(
        operatory_id=chair.id,
        provider_id=provider.id,
        second_provider_id=chair.provider_id if has_dentist else None,
        is_hygiene=is_hygiene,
        location_id=chair.location_id,
    )


# ------------------------------------------------------------------------------------------ without any chairs


def _locations_without_chairs(book: Book, need: Need) -> list[str]:
    """Where hours name a location that has no chairs at all, not even hidden ones, a visit needs none.

    Who asks for a chair, or for a kind of chair, is not offered a visit without one.
    """
    if need.operatory_ids is not None:
        return []
    blocks = book.schedule.work_blocks
    named = {block.location_id: None for block in blocks if block.location_id is not None and not block.operatory_ids}
    return [
        location_id
        for location_id in named
        if need.location_id in (None, location_id) and not any(is_at(chair, location_id) for chair in book.operatories)
    ]


def _has_hours_without_chairs(book: Book, need: Need) -> bool:
    """Where the EHR knows no chairs at all, a location cannot be told to be none."""
    return not book.operatories or bool(_locations_without_chairs(book, need))
