"""What the vendor's documentation leaves open, as switches: a client must live with either setting."""

from dataclasses import dataclass
from typing import Literal

from tools.simulators.common import switches
from tools.simulators.common.switches import SwitchSet


@dataclass(frozen=True)
class Switches(SwitchSet):
    """Every field is one fact that no source confirms, or that differs between servers."""

    error_body: Literal["json", "raw"] = "json"
    """How an error text travels: as a quoted JSON string, or as plain text."""
    limit_above_cap: Literal["clamp", "refuse"] = "clamp"
    """A `Limit` above the page cap: cut to the cap, or 400."""
    page_cap: int = 0
    """Rows per page; 0 means by tier (100, enterprise 1000)."""
    lower_case_paging: Literal["ignore", "accept"] = "ignore"
    """Whether `limit` and `offset` in lower case page."""
    offline_status: int = 400
    """Status of the text about an eConnector that is not running; one client noted 200."""
    unknown_key: Literal["unauthorized", "not_assigned"] = "unauthorized"
    """A customer key of no office: 401, or the 400 of a key that was made and not entered in an office yet."""
    offset: Literal["honour", "ignore"] = "honour"
    """`ignore` serves the first page for ever: does a client's paging stop?"""
    list_order: Literal["id", "reverse"] = "id"
    """Lists have no documented order (but schedules by StartTime)."""
    path_case: Literal["insensitive", "sensitive"] = "insensitive"
    """Whether `/appointments/5/break` is `/Break`."""
    body_keys: Literal["tolerant", "strict"] = "tolerant"
    """Whether body keys may differ from the documented ones by case."""
    unknown_body_keys: Literal["ignore", "refuse"] = "ignore"
    """A body key that the call does not know."""
    json_booleans: Literal["refuse", "accept"] = "refuse"
    """Whether `true` may stand for `"true"` in a body."""
    content_type_on_get: Literal["ignore", "require"] = "ignore"
    """Documented as required on every request; public clients get away without it on GET."""
    overlap: Literal["accept", "reject"] = "accept"
    """Booking or moving onto a taken chair: accepted (assumed), or 400 as the desktop can be set to."""
    echo_server_date_time: Literal["absent", "blank"] = "absent"
    """`serverDateTime` on POST and PUT answers: not there, or an empty string."""
    empty_answers: Literal["empty", "text"] = "empty"
    """Body of Break, Note and Confirm: none, or the text `OK`."""
    broken_to_list_status: Literal["UnschedList", "Broken"] = "UnschedList"
    """AptStatus after a Break with `sendToUnscheduledList` true."""
    unset_day_times: Literal["year_1", "year_2000", "midnight"] = "year_1"
    """How DateTimeArrived, Seated and Dismissed look that are not set: 0001-01-01, 2000-01-01, or the visit's day."""
    confirm_stamps_arrival: bool = False
    """Whether confirming to a definition named Arrived also stamps DateTimeArrived."""
    duplicate_contact: Literal["any", "same_field", "none"] = "any"
    """What, beside names and birth date, makes a duplicate: any phone or e-mail, the same field only, or nothing."""
    duplicate_blank_birthdate: Literal["ignore", "match"] = "ignore"
    """Whether two blank birth dates are equal when duplicates are looked for."""
    duplicate_statuses: Literal["all", "active"] = "all"
    """Whether inactive and archived patients count as duplicates (deleted ones never do)."""
    simple_lists_deleted: bool = True
    """Whether /patients/Simple returns rows with PatStatus Deleted."""
    history_date_column: Literal["HistDateTStamp", "AptDateTime"] = "HistDateTStamp"
    """Which date `date`, `dateStart` and `dateEnd` of /histappointments test."""
    slots_past_dates: Literal["refuse", "empty"] = "refuse"
    """Slots asked for a past day: 400, or nothing."""
    slots_blockouts: Literal["all", "no_scheduling", "ignore"] = "all"
    """Which blockouts Slots cuts out."""
    slots_longest_range_days: int = 0
    """Longest Slots range, 400 above; 0 means unlimited."""
    slots_paged: bool = False
    """Whether Slots honours the page cap."""
    server_clock: Literal["office", "utc"] = "office"
    """Zone of the stamps the server makes; one live server stamps in UTC. Stamps already made stay as they are."""
    no_scheduling_item_value: str = "NS"
    """ItemValue of a blockout type on which nothing may be scheduled."""
    fields_2026: bool = False
    """Whether appointments carry `Assistant` and `IsMirrored`, as mid-2026 servers do."""


def described() -> list[tuple[str, str, str]]:
    """(name, default, choices) of every switch, for the README and its test."""
    return switches.described(Switches())
