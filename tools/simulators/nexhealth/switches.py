"""What no source settles about the vendor, as switches: a client must live with either setting."""

from dataclasses import dataclass
from typing import Literal

from tools.simulators.common import switches
from tools.simulators.common.switches import SwitchSet


@dataclass(frozen=True)
class Switches(SwitchSet):
    """Every field is one fact that no source confirms, or that differs between accounts and EHRs."""

    token_lifetime_seconds: int = 3600
    """How long a token lives: an hour in production, 86400 in the sandbox."""
    no_bearer: Literal["refuse", "accept"] = "refuse"
    """Whether a token is taken without the word Bearer."""
    raw_key: Literal["refuse", "accept"] = "refuse"
    """Whether data routes take the API key itself."""
    default_per_page: int = 5
    """Rows per page without `per_page`: 5 by the OpenAPI, 1000 by the guide."""
    per_page_above_max: Literal["clamp", "refuse"] = "clamp"
    """`per_page` above 1000: cut, or 400."""
    page_cap: int = 0
    """Rows per page at most, whatever `per_page` asks for; 0 means the documented 1000."""
    cursor: Literal["honour", "repeat", "null", "number", "absent", "empty"] = "honour"
    """`repeat` serves the first page for ever: does a client's paging stop? The others say of each page that one
    follows, where one does, with a cursor that is null, a number or not there; `empty` has no rows after the first."""
    bad_cursor: Literal["refuse", "restart", "empty"] = "refuse"
    """A cursor that was tampered with or has expired: 400, the first page, or no rows."""
    cursor_lifetime_seconds: int = 0
    """How long a cursor may be used; 0 means for ever."""
    ignored_parameters: str = ""
    """Names, with commas between, of parameters that are left aside as if they were unknown."""
    front_end: Literal["open", "guarded"] = "open"
    """`guarded` answers a caller that calls itself what a library does with a 403 page."""
    ignored_notice: Literal["description", "error"] = "description"
    """Where the notice about ignored parameters stands."""
    date_only_zone: Literal["utc", "location"] = "utc"
    """Zone of `start` and `end` given as a day."""
    patient_filters: Literal["and", "contact_or"] = "and"
    """Whether e-mail and phone narrow together, or either is enough."""
    name_lengths: Literal["whole", "cut"] = "whole"
    """Whether the EHR cuts names when it writes a patient: first names to 15 characters, last names to 20."""
    email_rule: Literal["usual", "printed"] = "usual"
    """The pattern for e-mails on create: as surely meant, or as printed, with one character before the dot."""
    created_patient: Literal["bookable", "placeholder"] = "bookable"
    """Whether a created patient can be booked before the EHR has it, or is a placeholder (`bio.new_patient`)."""
    created_patient_written: Literal["with_appointment", "at_once"] = "with_appointment"
    """When a created patient is written to the EHR."""
    written_patient_id: Literal["kept", "changes"] = "kept"
    """Whether a written patient keeps its id; placeholders never do."""
    no_end_time: Literal["default_15", "refuse"] = "default_15"
    """Booking with neither end nor appointment type: 15 minutes, or 400."""
    long_note: Literal["refuse", "cut"] = "refuse"
    """A note above 128 characters: 400, or cut."""
    taken_start: Literal["accept", "refuse"] = "accept"
    """Booking onto a time that NexHealth's own copy shows as taken; the EHR decides at the write anyway."""
    unsupported_move: Literal["refuse", "overwrite"] = "refuse"
    """A move that the EHR cannot do: 400 (since June 2026), or taken and undone by the next read."""
    uncancel: Literal["refuse", "accept"] = "refuse"
    """Whether `cancelled` false is taken; `cancelled_at` stays."""
    cancel_while_pending: Literal["written_then_cancelled", "withdrawn"] = "written_then_cancelled"
    """Cancelling what the EHR does not have yet: both are written in order, or neither is."""
    failed_insertion_row: Literal["kept", "cancelled"] = "kept"
    """What NexHealth shows of a booking that the EHR refused: its row as it was, or cancelled."""
    failed_patch_row: Literal["kept_until_read", "restored"] = "kept_until_read"
    """What NexHealth shows of a change that the EHR refused, until the next read."""
    pending_foreign_id_type: Literal["source", "nex"] = "source"
    """`foreign_id_type` of rows that are not written yet: as later, or starting with Nex."""
    read_over_pending: Literal["keep", "overwrite"] = "keep"
    """Whether a read leaves what an accepted change asked for while the EHR does not have it yet."""
    deleted_in_ehr: Literal["cancelled", "vanishes", "stays"] = "cancelled"
    """What a visit deleted in the EHR becomes with the next read."""
    merged_patient: Literal["vanishes", "inactive", "stays"] = "vanishes"
    """What the chart that was merged into another becomes with the next read; its visits are the other's then."""
    change_while_pending: Literal["queued", "refused"] = "queued"
    """A change of what the EHR does not have yet, a cancellation apart: written after it, or 400."""
    type_without_hours: Literal["accept", "refuse"] = "accept"
    """Booking a type where all hours of that time are for other types: taken, or 400."""
    write_status_moves: Literal["with_reads", "with_writes"] = "with_reads"
    """Whether a read also moves `write_status_at` while nothing waits to be written."""
    read_moves_last_sync_time: bool = True
    """Whether each read stamps every row it saw, or only those that changed."""
    read_moves_updated_at: bool = False
    """Whether each read also moves `updated_at` of rows that did not change."""
    read_back_event: Literal["created", "updated", "none"] = "created"
    """Event about a row that was written through the API when it is first read back."""
    appointment_requested: Literal["silent", "sent"] = "silent"
    """Whether booking at a location that does not write sends `appointment_requested`."""
    slots_bucket: Literal["own", "none"] = "own"
    """Whether /available_slots has the ten a second that /appointment_slots had."""
    family_bucket: Literal["shared", "each"] = "shared"
    """Whether patients and appointments share their thousand a minute."""
    rate_window: Literal["sliding", "fixed"] = "sliding"
    """How the vendor counts seconds and minutes."""
    rate_body: Literal["envelope", "text", "empty"] = "envelope"
    """Body of a 429."""
    retry_after_seconds: int = 0
    """`Retry-After` of a 429; 0 sends none."""
    slot_interval_default: Literal["length", "15"] = "length"
    """Distance of starts inside an opening without `slot_interval`."""
    edit_synced_hours: Literal["refuse", "accept"] = "refuse"
    """Whether working hours that come from the EHR can be changed or deleted."""
    working_hour_patch_times: Literal["local", "utc"] = "local"
    """Zone of the times in a PATCH of working hours."""
    timestamp_format: Literal["milliseconds", "seconds", "offset"] = "milliseconds"
    """Header `timestamp` of a webhook: ...20.174Z, ...20Z, or ...20.174+00:00."""
    retry_stamp: Literal["anew", "original"] = "anew"
    """Whether a repeated webhook is stamped and signed anew."""
    receiver_timeout_seconds: int = 10
    """How long an answer to a webhook is waited for."""
    webhook_subdomain: bool = False
    """Whether webhooks carry `subdomain` at the top."""
    webhook_copies: int = 1
    """How often each event is sent: 2 doubles all."""
    webhook_order: Literal["as_made", "reversed"] = "as_made"
    """Order in which events that are due together are sent."""
    delivery_errors: Literal["text", "object"] = "text"
    """Shape of the elements of `delivery_errors`."""
    patient_data_key: Literal["patients", "patient", "users", "user", "bare"] = "patients"
    """Where the record stands in the data of patient events."""
    created_data_key: Literal["appointments", "appointment"] = "appointments"
    """Where the record stands in the data of `appointment_created`."""
    sync_status_data_key: Literal["syncstatus", "bare"] = "syncstatus"
    """Where the record stands in the data of sync status events."""
    failure_reason: Literal["hidden", "envelope"] = "hidden"
    """Whether a failed insertion tells the EHR's reason, as `reason` beside the data. The vendor sends none."""
    edge_drops_last_sync_time: bool = True
    """Whether v3.1.0 leaves `last_sync_time` out everywhere ("several responses")."""


def described() -> list[tuple[str, str, str]]:
    """(name, default, choices) of every switch, for the README and its test."""
    return switches.described(Switches())
