"""What the NexHealth client makes of every entity as the vendor documents it, and of what it does not document."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
import responses

from openchair.clients.nexhealth.payloads import (
    AppointmentRow,
    AppointmentTypeRow,
    InstitutionRow,
    LocationRow,
    OperatoryRow,
    PatientRow,
    ProviderRow,
    SlotGroupRow,
    SlotRow,
    SyncStatusRow,
    WorkingHourRow,
)
from openchair.clients.rows import Row
from openchair.models.person import PatientQuery
from tests import nexhealth_shapes as shapes
from tests.clients.nexhealth_support import BASE, Bench, page, patient_row

# What is not in a list's rows is documented for one row, for older versions, or where `include[]` asks for it.
ALONE = {
    PatientRow: "children:[] guarantor:obj provider:obj last_visited_appointment:obj upcoming_appts:[] procedures:[]"
    " insurance_coverages:[] adjustments:[] charges:[] payments:[] patient_alerts:[] appointments:[] address:obj"
    f" {shapes.PATIENT_V2}",
    AppointmentRow: "patient:obj operatory:obj appointment_type:obj procedures:[] descriptors:[] booking_details:obj"
    " canceled:bool",
    ProviderRow: "appointment_types:[]",
    OperatoryRow: "appointment_types:[] appt_categories:[]",
    AppointmentTypeRow: "descriptors:[]",
}
ROWS: dict[type[Row], str] = {
    InstitutionRow: shapes.INSTITUTION,
    LocationRow: shapes.LOCATION,
    ProviderRow: shapes.PROVIDER,
    OperatoryRow: shapes.OPERATORY,
    AppointmentTypeRow: shapes.APPOINTMENT_TYPE,
    PatientRow: shapes.PATIENT,
    AppointmentRow: shapes.APPOINTMENT,
    SlotGroupRow: shapes.SLOT_GROUP,
    SlotRow: shapes.SLOT,
    WorkingHourRow: shapes.WORKING_HOUR,
    SyncStatusRow: shapes.SYNC_STATUS,
}
SAMPLES: dict[str, Any] = {
    "int": 181,
    "num": 37.77,
    "str": "text",
    "bool": True,
    "obj": {},
    "[]": [],
    "dt": "2026-03-04T14:00:00.000Z",
    "date": "2026-03-04",
    "hm": "10:30",
    "local": "2026-03-04T09:00:00.000-05:00",
}
# Where the vendor lists the values there are.
LISTED = {"read_status": "green", "write_status": "red", "days": ["Monday"]}
READ_AS = {
    "int": (int, str),
    "str": (str,),
    "bool": (bool,),
    "obj": (dict,),
    "[]": (tuple,),
    "dt": (datetime, str),
    "local": (datetime,),
    "date": (date,),
    "hm": (object,),
}


def kinds(model: type[Row]) -> dict[str, str]:
    return dict(one.split(":", 1) for one in f"{ROWS[model]} {ALONE.get(model, '')}".split())


def sample(model: type[Row]) -> dict[str, Any]:
    return {name: LISTED.get(name, SAMPLES[kind.removesuffix("?")]) for name, kind in kinds(model).items()}


models = pytest.mark.parametrize("model", ROWS, ids=lambda model: model.__name__)


@models
def test_every_documented_field_is_known_and_no_other(model: type[Row]) -> None:
    assert model.documented is not None
    assert set(model.model_fields) | model.documented == set(kinds(model))


@models
def test_a_row_as_documented_is_read_whole(model: type[Row]) -> None:
    row = model.read(sample(model))

    assert not row.is_odd
    for name in set(model.model_fields) & set(kinds(model)):
        assert isinstance(getattr(row, name), READ_AS[kinds(model)[name].removesuffix("?")]), name


@models
def test_what_may_be_null_is_nothing_and_not_odd(model: type[Row]) -> None:
    nulls = {name: None for name, kind in kinds(model).items() if kind.endswith("?")}

    assert not model.read({**sample(model), **nulls}).is_odd


@models
def test_a_field_that_is_not_documented_passes_and_is_counted(model: type[Row]) -> None:
    assert model.read({**sample(model), "since_tomorrow": {"a": [1]}}).is_odd


@pytest.mark.parametrize("wrong", [{"a": 1}, [1], "?", -1, True], ids=["object", "list", "text", "number", "flag"])
@models
def test_no_value_of_another_kind_stops_a_row(model: type[Row], wrong: Any) -> None:
    for name in set(model.model_fields) - {"id"}:
        assert model.read({**sample(model), name: wrong}) is not None


@pytest.mark.parametrize(
    ("model", "changes"),
    [
        (SyncStatusRow, {"read_status": "amber"}),
        (SyncStatusRow, {"write_status": "amber"}),
        (WorkingHourRow, {"days": ["Monday", "Someday"]}),
        (WorkingHourRow, {"custom_recurrence": {"num": 1, "unit": "moon", "ref": "2026-03-02"}}),
    ],
)
def test_a_value_that_is_not_listed_passes_and_is_counted(model: type[Row], changes: dict[str, Any]) -> None:
    row = model.read({**sample(model), **changes})

    assert row.is_odd


@responses.activate
def test_what_is_not_known_is_counted_in_the_audit() -> None:
    bench = Bench()
    responses.get(f"{BASE}/patients", json=page([patient_row(), patient_row(id=416, since_tomorrow=1)]))

    found = bench.client.find_patients(PatientQuery(phone="516-304-2196"))

    assert (len(found), bench.audit[-1].broken_rows) == (2, 1)


def test_a_slots_time_is_taken_with_its_own_offset() -> None:
    assert SlotRow.read(sample(SlotRow)).time == datetime(2026, 3, 4, 14, tzinfo=UTC)
