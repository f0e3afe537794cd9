"""What health makes of a week of the book: rows that do not tell all, and what is missing from it."""

from collections.abc import Sequence

from openchair.findings import Finding
from openchair.models.office import BookCheck, ChairlessHours, UnreadableRow

_MOST_NAMED = 10


def book_findings(book: BookCheck | None) -> list[Finding]:
    """None: it could not be looked at. A book in order has nothing to tell."""
    if book is None:
        return [Finding("book", True, "The coming week's book could not be looked at in time.")]
    found = []
    if book.unreadable:
        found.append(_unreadable(book.unreadable))
    if book.closed_working_days:
        found.append(_closed([day.isoformat() for day in book.closed_working_days]))
    if book.unknown_blockouts:
        found.append(
            Finding(
                "blockouts",
                False,
                f"booking.blockouts names what is no type of a blockout: {_named(book.unknown_blockouts)}.",
                "Correct booking.blockouts in the practice document: the ids or names of the office's own types.",
            )
        )
    found += [_chairless(one) for one in book.chairless_hours]
    if book.chairs_not_bookable:
        chairs = _named(book.chairs_not_bookable)
        found.append(
            Finding(
                "chairs_not_bookable",
                True,
                f"Not offered, since the vendor keeps them from online booking: chairs {chairs}.",
                "If they are to be booked, have the vendor make them bookable online.",
            )
        )
    if book.unread_locations:
        found.append(
            Finding(
                "locations_not_read",
                False,
                f"Providers of this practice also work at location {_named(book.unread_locations)}, which the key may"
                " not read: when they are booked there is not known here.",
                "Let the key read that location, or see to it that nobody is booked there in this practice's hours.",
            )
        )
    return found


def _unreadable(rows: Sequence[UnreadableRow]) -> Finding:
    told = "; ".join(
        f"{row.kind} {row.id or 'without an id'} of {row.day} shuts {row.shuts}" for row in rows[:_MOST_NAMED]
    )
    more = f"; and {len(rows) - _MOST_NAMED} more" if len(rows) > _MOST_NAMED else ""
    return Finding(
        "unreadable_rows",
        False,
        f"Not all can be told of {len(rows)} rows of the coming week: {told}{more}.",
        "Correct or delete them in the EHR: a length, a chair, a provider or a day is missing there.",
    )


def _closed(days: Sequence[str]) -> Finding:
    return Finding(
        "closed_working_days",
        True,
        f"Closed by a note of the practice, though providers have hours: {_named(days)}.",
        "If such notes close no day here, set booking.practice_notes_close to false in the practice document.",
    )


def _chairless(hours: ChairlessHours) -> Finding:
    where = f"Location {hours.location_id}"
    if hours.has_chairs:
        return Finding(
            "hours_without_chairs",
            True,
            f"{where} has {hours.count} working hours that name no chair: all its chairs are open in them.",
            "If not everybody works in every chair, name whose each is in nexhealth.operatory_id_to_provider_id.",
        )
    message = f"{where} has working hours, and no chairs"
    if hours.needs_chairs:
        return Finding(
            "hours_without_chairs",
            False,
            f"{message}, though visits have to be booked into one there: nothing can be booked.",
            "Have the vendor read the practice's chairs, or no longer map the location by operatory.",
        )
    return Finding(
        "hours_without_chairs",
        True,
        f"{message}: visits are booked without one.",
        "If the office has chairs, have the vendor read them.",
    )


def _named(what: Sequence[str]) -> str:
    more = f" and {len(what) - _MOST_NAMED} more" if len(what) > _MOST_NAMED else ""
    return f"{', '.join(what[:_MOST_NAMED])}{more}"
