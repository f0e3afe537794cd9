"""NexHealth over HTTP: tokens, envelopes, cursors, and what each refusal means."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
import requests
import responses

from openchair.clients.nexhealth import NexHealthClient
from openchair.clients.nexhealth.rates import rates
from openchair.clients.wire import EhrRequest
from openchair.errors import (
    AppointmentNotFound,
    EhrBusy,
    EhrDuplicatePatient,
    EhrKeyMissing,
    EhrKeyRefused,
    EhrNotSupported,
    EhrNotSynced,
    EhrOutcomeUnknown,
    EhrRejected,
    EhrUnavailable,
    LocationNotFound,
    NotConfirmable,
    NotMovable,
    OffSchedule,
    OpenChairError,
    OperatoryNotFound,
    PatientNotBookable,
    PatientNotFound,
    ProviderNotFound,
    SlotTaken,
)
from openchair.models.person import NewPatient
from openchair.models.practice import NexHealthSettings
from openchair.models.visit import AppointmentStatus, Move, NewAppointment, Place
from tests.clients.nexhealth_support import (
    API_KEY,
    BASE,
    Bench,
    appointment_row,
    ok,
    page,
    patient_row,
    queries,
    refusal,
)

ONE = f"{BASE}/appointments/1822"
LIST = f"{BASE}/appointments"
AT = datetime(2026, 3, 4, 14, tzinfo=UTC)
NEW = NewAppointment("2897", AT, 30, Place("181", "104"), "X" * 6, "[ref 7F3KQ2] hello")
PERSON = NewPatient.model_validate(
    {
        "first_name": "Canarina",
        "last_name": "Quillmoor",
        "date_of_birth": date(1964, 5, 3),
        "phone": "+1 516-304-2196",
        "email": "canary.quillmoor@example.org",
    }
)


def read(client: NexHealthClient) -> object:
    return client.appointment("1822")


def create(client: NexHealthClient) -> object:
    return client.create_appointment(NEW)


# ----------------------------------------------------------------------------------------------------- tokens


@responses.activate
def test_the_key_is_exchanged_once_and_every_call_carries_the_token_and_the_version() -> None:
    bench = Bench(api_version="v3.0.0")
    token = bench.gives_token()
    responses.get(ONE, json=ok(appointment_row()))

    read(bench.client)
    read(bench.client)

    exchanged, *called = [call.request for call in responses.calls]
    assert exchanged.headers["Authorization"] == API_KEY
    assert not exchanged.body
    assert [one.headers["Authorization"] for one in called] == [f"Bearer {token}"] * 2
    for one in (exchanged, *called):
        assert one.headers["Nex-Api-Version"] == "v3.0.0"
        assert one.headers["Accept"] == "application/vnd.Nexhealth+json;version=2"


@responses.activate
def test_a_token_is_renewed_before_its_end_is_reached() -> None:
    bench = Bench()
    responses.get(ONE, json=ok(appointment_row()))
    read(bench.client)

    bench.clock.advance(3400)
    bench.gives_token()
    read(bench.client)

    assert [operation for operation, _ in bench.outcomes].count("authenticate") == 2


@responses.activate
def test_a_token_that_is_refused_is_renewed_and_the_call_made_once_more() -> None:
    bench = Bench()
    responses.get(ONE, json=refusal(), status=401)
    responses.get(ONE, json=ok(appointment_row()))

    read(bench.client)

    assert [outcome for _, outcome in bench.outcomes] == ["ok", "ehr_key_refused", "ok", "ok"]


@responses.activate
def test_a_key_without_a_right_is_told_at_once_without_a_new_token() -> None:
    bench = Bench()
    responses.get(ONE, json=refusal("You don't have access to perform this action."), status=403)

    with pytest.raises(EhrKeyRefused):
        read(bench.client)

    assert [operation for operation, _ in bench.outcomes] == ["authenticate", "read_appointment"]


@responses.activate
def test_a_page_of_the_front_end_is_no_refusal() -> None:
    bench = Bench()
    responses.get(ONE, body="<!DOCTYPE html><title>Access denied</title>", status=403)
    responses.post(f"{BASE}/appointments", body="<!DOCTYPE html><title>Access denied</title>", status=403)

    with pytest.raises(EhrUnavailable):
        read(bench.client)
    with pytest.raises(EhrOutcomeUnknown):
        create(bench.client)


@responses.activate
def test_the_exchange_of_a_key_ends_with_the_callers_time() -> None:
    bench = Bench()

    def answer(_request: Any) -> tuple[int, dict[str, str], str]:
        bench.clock.advance(6.0)
        return 503, {}, ""

    responses.remove(responses.POST, f"{BASE}/authenticates")
    responses.add_callback(responses.POST, f"{BASE}/authenticates", answer)

    with pytest.raises(EhrUnavailable):
        read(bench.client_of(bench.practice, deadline=10.0))

    assert len(responses.calls) == 2


@responses.activate
def test_a_callers_time_holds_also_while_another_function_fetches_the_token() -> None:
    bench = Bench()
    bench.tokens.lease("account-2", 0, bench.clock.now().timestamp() + 30)

    with pytest.raises(EhrBusy):
        read(bench.client_of(bench.practice, deadline=5.0))

    assert bench.clock.monotonic() <= 5.0


@responses.activate
def test_a_refused_key_is_a_refused_key() -> None:
    bench = Bench()
    responses.upsert(responses.POST, f"{BASE}/authenticates", json=refusal("Invalid Credentials"), status=401)

    with pytest.raises(EhrKeyRefused):
        read(bench.client)


@pytest.mark.parametrize("secret", [{}, {"apiKey": ""}, {"apiKey": "a b"}, {"devKey": "a", "custKey": "b"}])
@responses.activate
def test_a_secret_without_a_usable_key_is_a_missing_key(secret: dict[str, str]) -> None:
    bench = Bench()
    bench.keys.current = secret

    with pytest.raises(EhrKeyMissing):
        read(bench.client)


# -------------------------------------------------------------------------------------------------- envelopes


@pytest.mark.parametrize(
    "body",
    [
        json.dumps(refusal("Something went wrong")),
        json.dumps({"data": appointment_row()}),
        json.dumps(ok(None)),
        json.dumps(ok([])),
        json.dumps(ok({"id": None})),
        json.dumps([appointment_row()]),
        "<html>oops</html>",
        '{"code": true, "data": {"id": 18',
        "",
    ],
    ids=["code false", "no code", "no data", "a list", "no id", "no envelope", "HTML", "cut", "empty"],
)
@responses.activate
def test_a_2xx_that_does_not_say_that_all_went_well_is_no_answer(body: str) -> None:
    bench = Bench()
    responses.get(ONE, body=body)
    responses.post(LIST, body=body, status=201)

    with pytest.raises((EhrUnavailable, EhrRejected)):
        read(bench.client)
    with pytest.raises(EhrOutcomeUnknown):
        create(bench.client)


@pytest.mark.parametrize("failure", [500, 502, 504, requests.ReadTimeout(), requests.ConnectionError()], ids=str)
@responses.activate
def test_a_write_whose_answer_is_lost_is_never_repeated(failure: Any) -> None:
    bench = Bench()
    if isinstance(failure, int):
        responses.post(LIST, status=failure, json=refusal("oops"))
    else:
        responses.post(LIST, body=failure)

    with pytest.raises(EhrOutcomeUnknown):
        create(bench.client)

    assert len(responses.calls) == 2


@pytest.mark.parametrize(
    ("status", "text", "error"),
    [
        (400, "Missing parameter appointment_type", EhrRejected),
        (400, "Start time can't be in the past", EhrRejected),
        (400, "Rescheduling is not supported by this EHR", EhrNotSupported),
        (400, "The time slot is not available", SlotTaken),
        (400, "Patient with ID 123 not found in location 456", PatientNotFound),
        (400, "new_patient cannot be booked", PatientNotBookable),
        (400, "appointment_type_id was not found to be configured for the requested slot", OffSchedule),
        (400, "Provider with ID 7 not found in location 456", ProviderNotFound),
        (400, "Operatory with ID 7 not found in location 456", OperatoryNotFound),
        (400, "Location with id 456 not found", LocationNotFound),
        (400, "Appointment type with ID 7 not found", EhrRejected),
        (400, "Blank values not allowed for parameter subdomain", EhrRejected),
        (400, "Patient is not synced with the PMS", EhrNotSynced),
        (400, "Cannot be written without a live client", EhrNotSynced),
        (400, "A text nobody has listed", EhrOutcomeUnknown),
        (429, "", EhrBusy),
    ],
)
@responses.activate
def test_what_a_refused_booking_means(status: int, text: str, error: type[OpenChairError]) -> None:
    bench = Bench()
    responses.post(LIST, status=status, json=refusal(text))

    with pytest.raises(error):
        create(bench.client)


@pytest.mark.parametrize(
    ("act", "error"),
    [
        (lambda client: client.move_appointment("1822", Move(AT, 30, Place("182", "104"))), NotMovable),
        (lambda client: client.confirm_appointment("1822"), NotConfirmable),
    ],
    ids=["move", "confirm"],
)
@responses.activate
def test_a_visit_cancelled_meanwhile_is_neither_moved_nor_confirmed(
    act: Callable[[NexHealthClient], object], error: type[OpenChairError]
) -> None:
    bench = Bench()
    responses.patch(ONE, status=400, json=refusal("Cannot update already cancelled appointment"))

    with pytest.raises(error):
        act(bench.client)


@responses.activate
def test_a_visit_cancelled_meanwhile_is_cancelled() -> None:
    bench = Bench()
    responses.patch(ONE, status=400, json=refusal("Cannot update already cancelled appointment"))

    bench.client.cancel_appointment("1822", send_to_unscheduled_list=False)

    assert bench.outcomes[-1] == ("cancel_appointment", "not_cancellable")


@pytest.mark.parametrize(
    "text", ["Appointment is not synced with the PMS", "The location has no live client, it cannot be updated for now"]
)
@responses.activate
def test_a_change_of_what_still_waits_for_the_practices_system_is_for_later(text: str) -> None:
    bench = Bench()
    responses.patch(ONE, status=400, json=refusal(text))

    with pytest.raises(EhrNotSynced):
        bench.client.confirm_appointment("1822")


@responses.activate
def test_the_same_unlisted_text_has_the_same_fingerprint() -> None:
    bench = Bench()
    responses.post(LIST, status=400, json=refusal("Whatever"))
    found = []
    for _ in range(2):
        with pytest.raises(EhrOutcomeUnknown) as unknown:
            create(bench.client)
        found.append(unknown.value.fingerprint)

    assert found[0] == found[1] != None  # noqa: E711


@responses.activate
def test_an_unknown_appointment_is_not_found_and_an_id_that_is_no_number_is_not_asked_for() -> None:
    bench = Bench()
    responses.get(ONE, status=404, json=refusal())

    with pytest.raises(AppointmentNotFound):
        read(bench.client)
    with pytest.raises(AppointmentNotFound):
        bench.client.appointment("../patients/1")

    assert len(responses.calls) == 2


@responses.activate
def test_a_parameter_that_the_vendor_left_aside_is_counted() -> None:
    bench = Bench()
    responses.get(ONE, json={**ok(appointment_row()), "description": "Note that following parameters are ignored: x."})

    read(bench.client)

    assert bench.audit[-1].broken_rows == 1


# ----------------------------------------------------------------------------------------------------- paging


@responses.activate
def test_pages_are_followed_by_their_cursor_until_the_last() -> None:
    bench = Bench()
    responses.get(f"{BASE}/operatories", json=page([{"id": 1, "name": "A"}], "C1"))
    responses.get(f"{BASE}/operatories", json=page([{"id": 2, "name": "B"}]))

    assert [one.id for one in bench.client.operatories()] == ["1", "2"]
    first, second = queries()
    assert "end_cursor" not in first
    assert second["end_cursor"] == ["C1"]
    assert first["per_page"] == ["300"]
    assert first["subdomain"] == ["birch"]


# ------------------------------------------------------------------------------------------------------ nouns


@responses.activate
def test_a_visit_is_in_the_chart_once_it_has_a_foreign_id() -> None:
    bench = Bench()
    responses.get(ONE, json=ok(appointment_row()))
    responses.get(ONE, json=ok(appointment_row(foreign_id="94")))

    pending, written = bench.client.appointment("1822"), bench.client.appointment("1822")

    assert (pending.is_in_chart, written.is_in_chart) == (False, True)
    assert pending.touched_at == datetime(2026, 3, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "is_there"),
    [
        ("msg-dentrix-DataSource-100", True),
        ("--DataSource-", True),
        ("NextGen-DataSource-3", True),
        (None, True),
        ("NexHealth-Institution-1", False),
    ],
)
@responses.activate
def test_an_id_of_nexhealths_own_is_none_of_the_chart(kind: str | None, is_there: bool) -> None:
    bench = Bench()
    responses.get(ONE, json=ok(appointment_row(foreign_id="94", foreign_id_type=kind)))

    assert bench.client.appointment("1822").is_in_chart is is_there


@responses.activate
def test_a_booking_is_sent_in_utc_with_chair_provider_end_and_note() -> None:
    bench = Bench()
    responses.post(LIST, json=ok({"appt": appointment_row(), "stripe_client_secret": None}), status=201)

    booked = bench.client.create_appointment(NEW)

    assert json.loads(responses.calls[-1].request.body or "") == {
        "appt": {
            "patient_id": 2897,
            "provider_id": 104,
            "operatory_id": 181,
            "start_time": "2026-03-04T14:00:00Z",
            "end_time": "2026-03-04T14:30:00Z",
            "note": "[ref 7F3KQ2] hello",
        }
    }
    assert queries()[-1] == {"subdomain": ["birch"], "location_id": ["1"]}
    assert booked.id == "1822"


@responses.activate
def test_a_booking_goes_to_the_location_of_its_chair() -> None:
    bench = Bench(location_ids=("1", "2"))
    responses.get(f"{BASE}/operatories", json=page([{"id": 5, "location_id": 1}]))
    responses.get(f"{BASE}/operatories", json=page([{"id": 181, "location_id": 2}]))
    responses.post(LIST, json=ok({"appt": appointment_row()}), status=201)

    bench.client.create_appointment(NEW)

    assert queries()[-1]["location_id"] == ["2"]
    with pytest.raises(OperatoryNotFound):
        bench.client.create_appointment(NewAppointment("2897", AT, 30, Place("999", "104"), "X" * 6, ""))


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({"checkin_at": "2026-03-04T13:55:00.000Z"}, "arrived"),
        ({"checkin_at": "2026-03-04T13:55:00.000Z", "patient_missed": True}, "arrived"),
        ({"checkin_at": "2026-03-04T13:55:00.000Z", "checked_out": True}, "fulfilled"),
        ({"checkin_at": "2026-03-04T13:55:00.000Z", "cancelled": True}, "cancelled"),
        ({"checkin_at": "2026-03-04T05:00:00.000Z"}, "booked"),
        ({"checkin_at": "2000-01-01T15:00:00.000Z"}, "booked"),
        ({"checkin_at": "2026-02-25T14:00:00.000Z"}, "booked"),
        ({"checkin_at": None}, "booked"),
        ({"patient_missed": True}, "noshow"),
    ],
)
@responses.activate
def test_how_far_a_visit_has_got_is_read_from_what_the_vendor_tells(told: dict[str, Any], status: str) -> None:
    responses.get(ONE, json=ok(appointment_row(**told)))

    assert Bench().client.appointment("1822").status == status


@responses.activate
def test_a_note_is_never_overwritten() -> None:
    with pytest.raises(EhrNotSupported):
        Bench().client.add_note("1822", "rang")
    assert len(responses.calls) == 0


@pytest.mark.parametrize(
    ("act", "sent"),
    [
        (
            lambda client: client.move_appointment("1822", Move(AT, 30, Place("182", "104"))),
            {"start_time": "2026-03-04T14:00:00Z", "end_time": "2026-03-04T14:30:00Z", "operatory_id": 182},
        ),
        (lambda client: client.cancel_appointment("1822", send_to_unscheduled_list=True), {"cancelled": True}),
        (lambda client: client.confirm_appointment("1822"), {"confirmed": True}),
    ],
    ids=["move", "cancel", "confirm"],
)
@responses.activate
def test_a_change_is_one_patch_of_absolute_values(act: Callable[[NexHealthClient], object], sent: Any) -> None:
    bench = Bench()
    responses.patch(ONE, json=ok({"appt": appointment_row()}))

    act(bench.client)

    assert json.loads(responses.calls[-1].request.body or "") == {"appt": sent}


@responses.activate
def test_a_patient_is_created_with_ten_digits_a_gender_and_the_wish_for_the_one_there_is() -> None:
    bench = Bench(default_provider_id="104")
    responses.post(f"{BASE}/patients", json=ok({"user": patient_row(foreign_id=None)}), status=201)

    made = bench.client.create_patient(PERSON)

    sent = json.loads(responses.calls[-1].request.body or "")
    assert sent["return_existing_if_match"] is True
    assert sent["provider"] == {"provider_id": 104}
    assert sent["patient"]["bio"]["phone_number"] == "5163042196"
    assert sent["patient"]["bio"]["gender"] == "Other"
    assert (made.id, made.is_in_chart, made.is_bookable) == ("415", False, True)


@responses.activate
def test_a_patient_that_was_there_is_given_back_with_200_and_is_no_new_one() -> None:
    bench = Bench(default_provider_id="104")
    responses.post(f"{BASE}/patients", json=ok({"user": patient_row()}), status=200)

    with pytest.raises(EhrDuplicatePatient) as told:
        bench.client.create_patient(PERSON)

    assert told.value.patient_id == "415"


@responses.activate
def test_a_patient_that_matches_one_is_a_duplicate() -> None:
    bench = Bench(default_provider_id="104")
    responses.post(f"{BASE}/patients", json=refusal("Patient already exists"), status=400)

    with pytest.raises(EhrDuplicatePatient):
        bench.client.create_patient(PERSON)


@pytest.mark.parametrize(
    ("changes", "is_bookable", "is_active"),
    [
        ({}, True, True),
        ({"inactive": True}, True, False),
        ({"bio": {"new_patient": True}}, False, True),
        ({"bio": {"non_patient": True}}, False, True),
        ({"bio": None}, True, True),
    ],
    ids=["a patient", "inactive", "a placeholder", "a guarantor", "no bio"],
)
@responses.activate
def test_who_can_be_booked(changes: dict[str, Any], is_bookable: bool, is_active: bool) -> None:
    bench = Bench()
    responses.get(f"{BASE}/patients/415", json=ok(patient_row(**changes)))

    found = bench.client.patient("415")

    assert (found.is_bookable, found.is_active) == (is_bookable, is_active)


@responses.activate
def test_a_patients_visits_are_those_from_a_month_ago_to_two_years_ahead_cancelled_ones_too() -> None:
    bench = Bench()
    responses.get(LIST, json=page([appointment_row(cancelled=True), appointment_row(id=5, patient_id=1)]))

    found = bench.client.patient_appointments("2897")

    (asked,) = queries()
    assert asked["patient_ids[]"] == ["2897"]
    assert (asked["start"], asked["end"]) == (["2026-01-31T00:00:00Z"], ["2028-03-02T00:00:00Z"])
    assert [(one.id, one.status) for one in found] == [("1822", AppointmentStatus.CANCELLED)]


@responses.activate
def test_all_that_the_vendor_has_of_a_patient_is_asked_for_in_one_call_of_ten_years() -> None:
    bench = Bench()
    responses.get(LIST, json=page([appointment_row(start_time="2019-03-04T14:00:00.000Z")]))

    found = bench.client.patient_visits("2897")

    (asked,) = queries()
    assert (asked["start"], asked["end"]) == (["2016-03-01T05:00:00Z"], ["2028-03-02T00:00:00Z"])
    assert found.complete_since == date(2016, 3, 1)
    assert [one.id for one in found.appointments] == ["1822"]


@responses.activate
def test_working_hours_become_stretches_of_the_days_they_hold_on() -> None:
    bench = Bench()
    hours = {"provider_id": 7, "operatory_id": 149, "begin_time": "10:30", "end_time": "17:00", "active": True}
    rows = [
        {**hours, "id": 1, "days": ["Wednesday"]},
        {**hours, "id": 2, "days": None, "specific_date": "2026-03-05", "operatory_id": None},
        {**hours, "id": 3, "days": None, "custom_recurrence": {"num": 2, "unit": "week", "ref": "2026-02-20"}},
        {**hours, "id": 4, "days": ["Wednesday"], "active": False},
        {**hours, "id": 5, "days": ["Wednesday"], "begin_time": None},
    ]
    responses.get(f"{BASE}/working_hours", json=page(rows))

    found = bench.client.schedule(date(2026, 3, 4), date(2026, 3, 6))

    assert [(one.start.isoformat(), one.provider_id, one.operatory_ids) for one in found.work_blocks] == [
        ("2026-03-04T10:30:00-05:00", "7", ("149",)),
        ("2026-03-05T10:30:00-05:00", "7", ()),
        ("2026-03-06T10:30:00-05:00", "7", ("149",)),
    ]


@pytest.mark.parametrize(
    ("system", "moves"), [("dentrix", True), ("opendental", True), ("curve2", False), ("QSI", False), ("", False)]
)
@responses.activate
def test_a_visit_is_moved_in_place_where_the_system_behind_can(system: str, moves: bool) -> None:
    bench = Bench()
    responses.get(f"{BASE}/locations/1", json=ok({"id": 1, "name": "Main", "insert_appt_client": False}))
    status = {"read_status": "green", "write_status": "red", "write_status_at": "2026-03-01T10:00:00Z"}
    responses.get(f"{BASE}/sync_status", json=ok([{**status, "emr": {"name": system}, "locations": [{"id": 1}]}]))

    assert bench.client.capabilities.moves_in_place is moves
    state = bench.client.sync_state("1")
    assert (state.is_reading, state.is_writing, state.writes_reach_chart) == (True, False, False)
    assert state.written_at == datetime(2026, 3, 1, 10, tzinfo=UTC)


@responses.activate
def test_of_two_practices_behind_one_key_each_is_moved_as_its_own_system_can() -> None:
    bench = Bench()
    settings = NexHealthSettings(api_key_secret_name="practice-p3-key", subdomain="elm", location_ids=("2",))
    elsewhere = bench.practice.model_copy(update={"id": "p3", "nexhealth": settings})
    for number in (1, 2):
        responses.get(f"{BASE}/locations/{number}", json=ok({"id": number}))
    systems = [{"emr": {"name": name}, "locations": [{"id": number}]} for number, name in ((1, "dentrix"), (2, "qsi"))]
    responses.get(f"{BASE}/sync_status", json=ok(systems))

    assert bench.client.capabilities.moves_in_place
    assert not bench.client_of(elsewhere).capabilities.moves_in_place


@responses.activate
def test_a_broken_location_does_not_hide_the_others() -> None:
    bench = Bench()
    nested = [{"id": "x"}, {"id": 7, "tz": "America/New_York"}]
    responses.get(f"{BASE}/locations", json=ok([{"id": 1, "subdomain": "birch", "locations": nested}]))

    assert [one.id for one in bench.client.locations()] == [7]


@responses.activate
def test_a_key_that_may_not_read_appointment_types_is_healthy_all_the_same() -> None:
    bench = Bench()
    for path in ("providers", "working_hours"):
        responses.get(f"{BASE}/{path}", json=page([]))
    responses.get(f"{BASE}/locations/1", json=ok({"id": 1, "tz": "America/New_York"}))
    responses.get(f"{BASE}/sync_status", json=ok([{"read_status": "green", "locations": [{"id": 1}]}]))
    responses.get(f"{BASE}/appointment_types", json=refusal("You don't have access"), status=403)

    office = bench.client.check_office()

    assert office.appointment_type_ids is None
    assert office.locations[0].timezone == "America/New_York"


# ----------------------------------------------------------------------------------------------- rate, privacy


@pytest.mark.parametrize(
    ("method", "path", "bucket"),
    [
        ("GET", "appointments", "appointments"),
        ("POST", "appointments", "patients"),
        ("GET", "appointments/5", "patients"),
        ("GET", "patients", "patients"),
        ("GET", "available_slots", "slots"),
        ("GET", "providers", "others"),
        ("POST", "authenticates", "others"),
    ],
)
def test_every_call_has_one_bucket(method: str, path: str, bucket: str) -> None:
    (found,) = rates(EhrRequest("any", method, path))

    assert found.name == bucket


def test_the_buckets_together_keep_every_limit_of_the_vendors() -> None:
    paths = {"appointments": "appointments", "slots": "available_slots", "patients": "patients", "others": "providers"}
    a_minute = {}
    for name, path in paths.items():
        (bucket,) = rates(EhrRequest("any", "GET", path))
        a_minute[name] = 60 / bucket.spacing

    assert a_minute["appointments"] / 60 <= 10
    assert a_minute["slots"] / 60 <= 10
    assert a_minute["appointments"] + a_minute["patients"] <= 1000
    assert a_minute["slots"] + a_minute["others"] <= 2000
    assert sum(a_minute.values()) / 60 <= 100


@responses.activate
def test_no_key_token_or_person_is_in_an_error_an_audit_line_or_a_repr() -> None:
    bench = Bench(default_provider_id="104")
    token = bench.gives_token()
    responses.post(f"{BASE}/patients", json=refusal("Canarina Quillmoor is odd, 5163042196"), status=400)

    with pytest.raises(EhrOutcomeUnknown) as unknown:
        bench.client.create_patient(PERSON)

    told = f"{unknown.value!r} {unknown.value.__context__!r} {bench.audit!r} {bench.client.__dict__!r}"
    for canary in (API_KEY, token, "Quillmoor", "5163042196"):
        assert canary not in told
