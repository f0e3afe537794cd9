"""The NexHealth simulator's API, and what the EHR behind it makes of accepted writes."""

import base64
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests.integration.simulators.conftest import MONDAY_MORNING, NexHealthCaller, Told, exchange
from tools.simulators.nexhealth import InstitutionSpec, running_simulator
from tools.simulators.nexhealth.errors import table

PATIENT, DENTIST, HYGIENIST, CHAIR, HYGIENE_CHAIR = 401_001_001, 300_001_001, 300_001_003, 150_101, 150_103
EVENING: dict[str, Any] = {
    "provider_id": DENTIST,
    "operatory_id": CHAIR,
    "start_time": "2026-03-04T19:00:00-07:00",
    "end_time": None,
}
"""After hours: nobody's booking and no blockout is there."""
NEW_PATIENT: dict[str, Any] = {
    "provider": {"provider_id": DENTIST},
    "patient": {
        "first_name": "Odalys",
        "last_name": "Ferncliff",
        "email": "odalys@example.com",
        "bio": {"date_of_birth": "1991-05-06", "phone_number": "3035559812"},
    },
}


def rows(told: Told) -> list[dict[str, Any]]:
    assert told.status == 200, told.text
    return list(told.body["data"])


def texts(told: Told) -> tuple[int, list[str]]:
    """A refusal's status and texts, in its envelope."""
    assert told.body == {"code": False, "description": None, "data": None, "error": told.body["error"]}
    return told.status, told.body["error"]


def pages(nex: NexHealthCaller, path: str, **query: Any) -> Iterator[list[dict[str, Any]]]:
    cursor: dict[str, Any] = {}
    while True:
        told = nex.get(path, **query, **cursor)
        yield rows(told)
        info = told.body["page_info"]
        if not info["has_next_page"]:
            return
        cursor = {"end_cursor": info["end_cursor"]}


def created_patient(nex: NexHealthCaller, **changes: Any) -> Told:
    return nex.post("patients", {**NEW_PATIENT, **changes}, location_id=nex.location_id)


# --- who is let in


def test_a_key_is_exchanged_for_a_token_that_names_its_end(nex: NexHealthCaller) -> None:
    told = nex.authenticate(nex.simulator.api_key)

    assert (told.status, told.body["code"], told.body["description"]) == (201, True, "Authenticated")
    claims = json.loads(base64.urlsafe_b64decode(told.body["data"]["token"].split(".")[1] + "=="))
    assert set(claims) == {"sub", "scp", "iat", "exp", "jti"}
    assert (claims["scp"], claims["exp"] - claims["iat"]) == ("api_user", 3600)
    assert claims["iat"] == int(MONDAY_MORNING.timestamp())


def test_a_wrong_key_gets_no_token(nex: NexHealthCaller) -> None:
    assert texts(nex.authenticate("SomeOtherKey")) == (401, ["Invalid Credentials"])


@pytest.mark.parametrize("version", [None, "v2", "v9.9.9"])
def test_a_request_without_a_known_version_is_404(nex: NexHealthCaller, version: str | None) -> None:
    headers = {"Authorization": nex.simulator.api_key, **({} if version is None else {"Nex-Api-Version": version})}

    told = exchange("POST", f"{nex.simulator.url}/authenticates", {}, None, headers)

    assert told.status == 404


def test_a_token_lives_an_hour_and_answers_401_afterwards(nex: NexHealthCaller) -> None:
    assert nex.get("providers").status == 200
    nex.advance(3599)
    assert nex.get("providers").status == 200
    nex.advance(1)
    assert texts(nex.get("providers")) == (401, ["Invalid Credentials"])


def test_the_sandbox_gives_a_day(nex: NexHealthCaller) -> None:
    nex.control("POST", "switches", {"token_lifetime_seconds": 86_400})
    nex.token()
    nex.advance(86_399)
    assert nex.get("providers").status == 200


def test_tokens_can_be_ended_early(nex: NexHealthCaller) -> None:
    assert nex.get("providers").status == 200
    assert nex.control("POST", "tokens", {"expired": True}) == {"ended": 1, "issued": 1}
    assert nex.get("providers").status == 401


def test_a_disabled_key_opens_nothing_until_it_is_enabled(nex: NexHealthCaller) -> None:
    nex.token()
    nex.control("POST", "keys", {"enabled": False})
    assert (nex.get("providers").status, nex.authenticate(nex.simulator.api_key).status) == (401, 401)
    nex.control("POST", "keys", {"enabled": True})
    assert nex.get("providers").status == 200


@pytest.mark.parametrize(("switch", "value"), [("no_bearer", "token"), ("raw_key", "key")])
def test_other_ways_to_authorize_are_switches(nex: NexHealthCaller, switch: str, value: str) -> None:
    authorization = nex.token() if value == "token" else nex.simulator.api_key
    headers = {"Authorization": authorization}
    assert nex.send("GET", "providers", headers=headers).status == 401

    nex.control("POST", "switches", {switch: "accept"})

    assert nex.send("GET", "providers", headers=headers).status == 200


def test_a_subdomain_is_required_and_must_be_the_keys_own(nex: NexHealthCaller) -> None:
    assert texts(nex.get("providers", subdomain=None)) == (400, ["Missing parameter subdomain"])
    assert texts(nex.get("providers", subdomain="elsewhere")) == (
        403,
        ["You don't have access to perform this action."],
    )


def test_an_unknown_route_is_404(nex: NexHealthCaller) -> None:
    assert texts(nex.post("webhooks", {})) == (404, ["Resource not found"])
    assert nex.send("PATCH", f"patients/{PATIENT}", body={}).status == 404


def test_a_location_can_be_closed_to_the_key(nex: NexHealthCaller) -> None:
    nex.control("POST", "access", {"forbid": [nex.location_id]})

    assert nex.get("patients", location_id=nex.location_id).status == 403
    assert nex.get(f"locations/{nex.location_id}", subdomain=None).status == 404
    assert nex.get("providers").status == 200


# --- the envelope


def test_answers_have_the_vendors_envelope_and_content_type(nex: NexHealthCaller) -> None:
    told = nex.get("appointment_types")

    assert told.headers["Content-Type"] == "application/vnd.Nexhealth+json;version=2"
    assert {name: told.body[name] for name in ("code", "description", "error", "count")} == {
        "code": True,
        "description": None,
        "error": [],
        "count": 5,
    }


@pytest.mark.parametrize("place", ["description", "error"])
def test_unknown_parameters_are_ignored_with_a_notice(nex: NexHealthCaller, place: str) -> None:
    nex.control("POST", "switches", {"ignored_notice": place})

    told = nex.get("appointment_types", colour="red", pids=1)

    notice = "Note that following parameters are ignored: colour, pids."
    assert (told.status, told.body["code"]) == (200, True)
    assert told.body[place] == (notice if place == "description" else [notice])


def test_a_body_must_be_json(nex: NexHealthCaller) -> None:
    form = nex.send("POST", "patients", body=b"a=b", headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert texts(form) == (415, ["content-type application/x-www-form-urlencoded not supported"])
    assert nex.send("POST", "appointments", query={"location_id": nex.location_id}, body=b"{").status == 400
    assert texts(nex.post("appointments", {"patient_id": 1}, location_id=nex.location_id)) == (
        400,
        ["Missing parameter appt"],
    )


def test_the_edge_version_leaves_last_sync_time_out(nex: NexHealthCaller) -> None:
    stable = rows(nex.get("operatories", location_id=nex.location_id))[0]
    nex.headers["Nex-Api-Version"] = "v3.1.0"
    edge = rows(nex.get("operatories", location_id=nex.location_id))[0]

    assert set(stable) - set(edge) == {"last_sync_time"}


def test_documented_texts_and_invented_ones_are_told_apart() -> None:
    confirmed = {name for name, text in table().items() if text.confirmed}

    assert confirmed == {
        "MISSING_PARAMETER",
        "BAD_PHONE",
        "BAD_CREDENTIALS",
        "NO_ACCESS",
        "PATIENT_NOT_IN_LOCATION",
        "ALREADY_CANCELLED",
        "TYPE_NOT_CONFIGURED",
        "RESOURCE_NOT_FOUND",
        "BAD_CONTENT_TYPE",
    }


# --- pages


def test_a_page_holds_five_rows_unless_more_are_asked_for(nex: NexHealthCaller) -> None:
    assert len(rows(nex.get("patients", location_id=nex.location_id))) == 5
    assert len(rows(nex.get("patients", location_id=nex.location_id, per_page=1000))) == 200


def test_the_guides_page_holds_a_thousand_when_switched(nex: NexHealthCaller) -> None:
    nex.control("POST", "switches", {"default_per_page": 1000})
    assert len(rows(nex.get("patients", location_id=nex.location_id))) == 200
    for wrong in (0, -3, "many"):
        assert nex.get("patients", location_id=nex.location_id, per_page=wrong).status == 400


def test_cursors_walk_through_every_row_once_and_back(nex: NexHealthCaller) -> None:
    walked = [row["id"] for page in pages(nex, "patients", location_id=nex.location_id, per_page=30) for row in page]
    assert (len(walked), len(set(walked)), walked) == (200, 200, sorted(walked))

    second = nex.get("patients", location_id=nex.location_id, per_page=30)
    second = nex.get(
        "patients", location_id=nex.location_id, per_page=30, end_cursor=second.body["page_info"]["end_cursor"]
    )
    assert second.body["page_info"]["has_previous_page"]
    back = nex.get(
        "patients", location_id=nex.location_id, per_page=30, start_cursor=second.body["page_info"]["start_cursor"]
    )
    assert [row["id"] for row in rows(back)] == walked[:30]
    assert not back.body["page_info"]["has_previous_page"]


def test_rows_that_come_between_two_pages_shift_nothing(nex: NexHealthCaller) -> None:
    query = {"location_id": nex.location_id, "per_page": 100, "sort": "-updated_at"}
    first = nex.get("patients", **query)
    assert created_patient(nex).status == 201

    second = nex.get("patients", **query, end_cursor=first.body["page_info"]["end_cursor"])

    assert len({row["id"] for row in [*rows(first), *rows(second)]}) == 200


def test_sorting_goes_both_ways_and_refuses_other_fields(nex: NexHealthCaller) -> None:
    def stamps(sort: str) -> list[str]:
        told = nex.get("patients", location_id=nex.location_id, sort=sort, per_page=1000)
        return [row["updated_at"] for row in rows(told)]

    assert stamps("updated_at") == sorted(stamps("updated_at"))
    assert stamps("-updated_at") == sorted(stamps("updated_at"), reverse=True)
    assert nex.get("patients", location_id=nex.location_id, sort="name").status == 400


@pytest.mark.parametrize(("setting", "status", "count"), [("refuse", 400, 0), ("restart", 200, 5), ("empty", 200, 0)])
@pytest.mark.parametrize("cursor", ["AAAAA", "bnVsbA==", "WzEsMl0", "W1siYSIsMV0sMV0="])
def test_a_tampered_cursor_is_a_switch(
    nex: NexHealthCaller, setting: str, status: int, count: int, cursor: str
) -> None:
    nex.control("POST", "switches", {"bad_cursor": setting})

    told = nex.get("patients", location_id=nex.location_id, end_cursor=cursor)

    assert (told.status, len(told.body["data"] or [])) == (status, count)


def test_a_cursor_can_expire(nex: NexHealthCaller) -> None:
    nex.control("POST", "switches", {"cursor_lifetime_seconds": 60})
    cursor = nex.get("patients", location_id=nex.location_id).body["page_info"]["end_cursor"]
    nex.advance(61)

    assert nex.get("patients", location_id=nex.location_id, end_cursor=cursor).status == 400


def test_a_server_can_repeat_its_first_page(nex: NexHealthCaller) -> None:
    nex.control("POST", "switches", {"cursor": "repeat"})
    first = nex.get("patients", location_id=nex.location_id)

    again = nex.get("patients", location_id=nex.location_id, end_cursor=first.body["page_info"]["end_cursor"])

    assert rows(again) == rows(first)


@pytest.mark.parametrize(("setting", "status"), [("clamp", 200), ("refuse", 400)])
def test_more_than_a_thousand_rows_are_cut_or_refused(nex: NexHealthCaller, setting: str, status: int) -> None:
    nex.control("POST", "switches", {"per_page_above_max": setting})
    assert nex.get("patients", location_id=nex.location_id, per_page=1001).status == status


# --- what there is


def test_locations_are_nested_in_their_institutions(nex: NexHealthCaller) -> None:
    (institution,) = rows(nex.get("locations", subdomain=None))

    assert institution["subdomain"] == nex.subdomain
    (place,) = institution["locations"]
    assert (place["id"], place["tz"], place["insert_appt_client"]) == (nex.location_id, "America/Denver", True)
    assert nex.get(f"locations/{place['id']}", subdomain=None).body["data"] == place


def test_providers_are_active_ones_unless_asked_otherwise(nex: NexHealthCaller) -> None:
    active = rows(nex.get("providers", per_page=100))
    inactive = rows(nex.get("providers", per_page=100, inactive="true"))

    assert (len(active), len(inactive)) == (4, 1)
    chosen = rows(nex.get("providers", **{"ids[]": [DENTIST]}))
    assert [row["id"] for row in chosen] == [DENTIST]
    assert rows(nex.get("providers", foreign_id="3"))[0]["id"] == HYGIENIST


def test_providers_bring_locations_and_hours_only_when_asked(nex: NexHealthCaller) -> None:
    plain = nex.get(f"providers/{DENTIST}").body["data"]
    full = nex.get(f"providers/{DENTIST}", **{"include[]": ["locations", "availabilities"]}).body["data"]

    assert set(full) - set(plain) == {"locations", "availabilities"}
    assert full["availabilities"][0]["provider_id"] == DENTIST


def test_operatories_need_a_location(nex: NexHealthCaller) -> None:
    assert texts(nex.get("operatories")) == (400, ["Missing parameter location_id"])
    assert len(rows(nex.get("operatories", location_id=nex.location_id, per_page=100))) == 5
    assert len(rows(nex.get("operatories", location_id=nex.location_id, search_name="hygiene"))) == 2
    assert nex.get("operatories", location_id=99).status == 404


def test_appointment_types_are_made_changed_and_deleted(nex: NexHealthCaller) -> None:
    assert texts(nex.post("appointment_types", {"name": "Whitening"})) == (400, ["Missing parameter appointment_type"])
    made = nex.post("appointment_types", {"appointment_type": {"name": "Whitening", "minutes": 45}})
    assert (made.status, made.body["data"]["parent_type"]) == (201, "Institution")
    number = made.body["data"]["id"]
    assert nex.post("appointment_types", {"appointment_type": {"name": "Whitening"}}).status == 400

    changed = nex.patch(f"appointment_types/{number}", {"appointment_type": {"minutes": 50}})
    assert changed.body["data"]["minutes"] == 50
    assert nex.delete(f"appointment_types/{number}").status == 200
    assert nex.get(f"appointment_types/{number}").status == 404


def test_what_is_not_there_is_404(nex: NexHealthCaller) -> None:
    for path in ("providers/5", "operatories/5", "appointment_types/5", "institutions/5", "locations/5"):
        assert nex.get(path).status == 404, path
    assert nex.get("institutions/1", subdomain=None).body["data"]["subdomain"] == nex.subdomain
    assert (
        nex.get(f"operatories/{CHAIR}", **{"include[]": ["appointment_types"]}).body["data"]["appointment_types"] == []
    )
    for path in (f"locations/{nex.location_id}", "appointment_types/1101"):
        assert rows(nex.get(f"{path}/appointment_descriptors")) == []
    assert rows(nex.get(f"patients/{PATIENT}/alerts")) == []


@pytest.mark.parametrize("part", [{"minutes": 0}, {"minutes": "long"}, {"parent_type": "Galaxy"}, {"name": ""}])
def test_a_type_that_makes_no_sense_is_refused(nex: NexHealthCaller, part: dict[str, Any]) -> None:
    assert nex.post("appointment_types", {"appointment_type": {"name": "Whitening", **part}}).status == 400


def test_sync_status_has_one_row_per_ehr(nex: NexHealthCaller) -> None:
    (row,) = rows(nex.get("sync_status", subdomain=None))

    assert (row["read_status"], row["write_status"], row["emr"]["name"]) == ("green", "green", "opendental")
    assert [place["id"] for place in row["locations"]] == [nex.location_id]


def test_several_locations_share_one_ehr() -> None:
    with running_simulator([InstitutionSpec(locations=2)], now=MONDAY_MORNING, frozen=True) as running:
        nex = NexHealthCaller(running)
        (institution,) = rows(nex.get("locations"))
        first, second = (place["id"] for place in institution["locations"])

        everyone = rows(nex.get("patients", location_id=second, per_page=1000))
        strict = rows(nex.get("patients", location_id=second, per_page=1000, location_strict="true"))
        assert len(everyone) == 200
        assert 0 < len(strict) < 200
        chairs = {row["location_id"] for row in rows(nex.get("operatories", location_id=first, per_page=50))}
        assert chairs == {first}
        window = {"start": "2026-02-01", "end": "2026-03-01", "per_page": 1000}
        assert {row["location_id"] for row in rows(nex.get("appointments", location_id=second, **window))} == {second}


# --- patients


def test_patients_are_narrowed_by_name_contact_birth_and_number(nex: NexHealthCaller) -> None:
    one = rows(nex.get("patients", location_id=nex.location_id))[0]

    def found(**query: Any) -> list[int]:
        told = nex.get("patients", location_id=nex.location_id, per_page=1000, **query)
        return [row["id"] for row in rows(told)]

    for query in (
        {"name": f"{one['last_name'][:4].upper()} {one['first_name'].lower()}"},
        {"email": one["email"]},
        {"phone_number": one["bio"]["phone_number"]},
        {"date_of_birth": one["bio"]["date_of_birth"]},
        {"foreign_id": one["foreign_id"]},
    ):
        assert one["id"] in found(**query), query
        assert len(found(**query)) < 20, query
    assert found(email=one["email"], phone_number="2025550100") == []
    assert found(phone_number=f"1{one['bio']['phone_number']}") == []


def test_email_or_phone_may_be_enough_when_switched(nex: NexHealthCaller) -> None:
    one = rows(nex.get("patients", location_id=nex.location_id))[0]
    nex.control("POST", "switches", {"patient_filters": "contact_or"})

    told = nex.get("patients", location_id=nex.location_id, email=one["email"], phone_number="2025550100")

    assert [row["id"] for row in rows(told)] == [one["id"]]


@pytest.mark.parametrize("mark", ["inactive", "non_patient"])
def test_marks_are_no_filter_unless_they_are_given(nex: NexHealthCaller, mark: str) -> None:
    counts = [
        len(rows(nex.get("patients", location_id=nex.location_id, per_page=1000, **query)))
        for query in ({}, {mark: "true"}, {mark: "false"})
    ]
    assert counts[0] == counts[1] + counts[2] == 200
    assert counts[1] > 0


def test_a_patient_brings_what_is_included(nex: NexHealthCaller) -> None:
    plain = nex.get(f"patients/{PATIENT}").body["data"]
    includes = ["upcoming_appts", "guarantor", "children", "address", "provider", "last_visited_appointment"]
    full = nex.get(f"patients/{PATIENT}", **{"include[]": includes}).body["data"]

    assert plain["location_ids"] == [nex.location_id]
    assert set(full) - set(plain) == set(includes)
    assert full["guarantor"]["id"] == plain["guarantor_id"]
    assert nex.get("patients/5").status == 404


def test_a_created_patient_is_in_nexhealth_only(nex: NexHealthCaller) -> None:
    told = created_patient(nex)

    user = told.body["data"]["user"]
    assert (told.status, user["foreign_id"], user["last_sync_time"]) == (201, None, None)
    assert (user["bio"]["gender"], user["bio"]["new_patient"]) == ("Female", False)
    assert user["location_ids"] == [nex.location_id]
    nex.advance(3600)
    assert nex.control("GET", "truth/patients", patient_id=user["id"])["patients"][0]["in_chart"] is False


@pytest.mark.parametrize(
    ("part", "status", "text"),
    [
        ({"first_name": None}, 400, "Missing parameter first_name"),
        ({"email": None}, 400, "Missing parameter email"),
        ({"email": "odalys@example"}, 400, "User email is invalid"),
        ({"bio": None}, 400, "Missing parameter bio"),
        ({"bio": {"date_of_birth": "1991-05-06"}}, 400, "Missing parameter phone_number"),
        ({"bio": {"date_of_birth": "1991-05-06", "phone_number": "5550100"}}, 400, "User phone number is invalid"),
        ({"bio": {"date_of_birth": "1991-05-06", "phone_number": "13035559812"}}, 400, "User phone number is invalid"),
        ({"bio": {"date_of_birth": "2026-03-09", "phone_number": "3035559812"}}, 400, "User date of birth is invalid"),
        ({"bio": {"date_of_birth": "1890-01-01", "phone_number": "3035559812"}}, 400, "User date of birth is invalid"),
    ],
)
def test_a_patient_that_lacks_something_is_refused(
    nex: NexHealthCaller, part: dict[str, Any], status: int, text: str
) -> None:
    told = created_patient(nex, patient={**NEW_PATIENT["patient"], **part})
    assert texts(told) == (status, [text])


def test_the_printed_email_rule_admits_one_character_before_the_dot(nex: NexHealthCaller) -> None:
    nex.control("POST", "switches", {"email_rule": "printed"})
    assert created_patient(nex).status == 400
    assert created_patient(nex, patient={**NEW_PATIENT["patient"], "email": "odalys@e.com"}).status == 201


def test_a_match_is_refused_or_returned(nex: NexHealthCaller) -> None:
    number = created_patient(nex).body["data"]["user"]["id"]

    assert created_patient(nex).status == 400
    again = created_patient(nex, return_existing_if_match=True)
    assert (again.status, again.body["data"]["user"]["id"]) == (200, number)
    other = {**NEW_PATIENT["patient"], "bio": {"date_of_birth": "1991-05-07", "phone_number": "3035559812"}}
    assert created_patient(nex, patient=other, return_existing_if_match=True).status == 201


def test_a_created_patient_reaches_the_ehr_with_the_first_visit_and_keeps_its_id(nex: NexHealthCaller) -> None:
    number = created_patient(nex).body["data"]["user"]["id"]
    visit = nex.booked(patient_id=number)
    nex.advance(6)

    assert nex.truth(visit)["chart"]["patient_id"] == str(number)
    assert nex.get(f"patients/{number}").body["data"]["foreign_id"] is not None


def test_a_created_patient_can_be_written_at_once_when_switched(nex: NexHealthCaller) -> None:
    nex.control("POST", "switches", {"created_patient_written": "at_once"})
    number = created_patient(nex).body["data"]["user"]["id"]
    nex.advance(5)
    assert nex.control("GET", "truth/patients", patient_id=number)["patients"][0]["in_chart"] is True


def test_the_id_of_a_written_patient_can_change_with_the_next_read(nex: NexHealthCaller) -> None:
    nex.control("POST", "switches", {"written_patient_id": "changes"})
    number = created_patient(nex).body["data"]["user"]["id"]
    visit = nex.booked(patient_id=number)
    nex.advance(6)
    assert nex.get(f"patients/{number}").status == 200
    nex.advance(600)

    assert nex.get(f"patients/{number}").status == 404
    moved = nex.get(f"appointments/{visit}").body["data"]["patient_id"]
    assert moved != number
    assert nex.get(f"patients/{moved}").body["data"]["last_name"] == "Ferncliff"


def test_a_placeholder_cannot_be_booked_and_gives_way_to_the_ehrs_record(nex: NexHealthCaller) -> None:
    nex.control("POST", "switches", {"created_patient": "placeholder"})
    user = created_patient(nex).body["data"]["user"]
    assert user["bio"]["new_patient"] is True
    assert texts(nex.book(patient_id=user["id"])) == (400, ["Patient can not be booked"])

    nex.advance(605)

    assert nex.get(f"patients/{user['id']}").status == 404
    (found,) = rows(nex.get("patients", location_id=nex.location_id, name="Odalys Ferncliff"))
    assert (found["bio"]["new_patient"], found["foreign_id"] is not None) == (False, True)
    assert nex.book(patient_id=found["id"]).status == 201


def test_a_patient_that_staff_add_or_change_shows_with_the_next_read(nex: NexHealthCaller) -> None:
    nex.control(
        "POST",
        "staff",
        {"action": "add_patient", "first_name": "Bram", "last_name": "Quillon", "date_of_birth": "1970-01-02"},
    )
    nex.control("POST", "staff", {"action": "set_patient", "patient_id": PATIENT, "columns": {"city": "Elsewhere"}})
    assert rows(nex.get("patients", location_id=nex.location_id, name="Quillon")) == []

    nex.advance(600)

    assert len(rows(nex.get("patients", location_id=nex.location_id, name="Quillon"))) == 1
    changed = nex.get("patients", location_id=nex.location_id, updated_since="2026-03-02T14:05:00Z", per_page=50)
    assert {row["bio"].get("city") for row in rows(changed)} >= {"Elsewhere"}


# --- appointments: reading


def test_a_list_needs_a_window_and_a_place(nex: NexHealthCaller) -> None:
    assert texts(nex.get("appointments", location_id=nex.location_id)) == (
        400,
        ["Missing parameter start", "Missing parameter end"],
    )
    assert nex.get("appointments", start="2026-03-02", end="2026-03-03").status == 400


def test_the_window_is_on_the_start_and_the_filters_narrow_it(nex: NexHealthCaller) -> None:
    def found(**query: Any) -> list[dict[str, Any]]:
        asked = {"start": "2026-02-01T00:00:00Z", "end": "2026-03-15T00:00:00Z", "per_page": 1000, **query}
        return rows(nex.get("appointments", location_id=nex.location_id, **asked))

    everything = found()
    assert all("2026-02-01" <= row["start_time"] < "2026-03-15" for row in everything)
    visit = next(row for row in everything if row["patient_id"] and row["appointment_type_id"])
    for name, field in (
        ("patient_ids[]", "patient_id"),
        ("provider_ids[]", "provider_id"),
        ("operatory_ids[]", "operatory_id"),
        ("appointment_type_id", "appointment_type_id"),
        ("foreign_id", "foreign_id"),
    ):
        chosen = found(**{name: visit[field]})
        assert {row[field] for row in chosen} == {visit[field]}, name
        assert len(chosen) < len(everything)
    blocks, visits = found(unavailable="true"), found(unavailable="false")
    assert len(blocks) + len(visits) == len(everything)
    assert all(row["patient_id"] is None for row in blocks)
    assert found(updated_since="2026-03-02T13:00:00Z") == []


def test_at_most_twenty_five_patients_can_be_asked_for(nex: NexHealthCaller) -> None:
    window = {"start": "2026-03-02", "end": "2026-03-03", "location_id": nex.location_id}
    assert nex.get("appointments", **window, **{"patient_ids[]": list(range(26))}).status == 400


def test_plain_days_are_utc_unless_a_zone_is_given_or_switched(nex: NexHealthCaller) -> None:
    number = nex.booked(**EVENING)
    day = {"start": "2026-03-04", "end": "2026-03-04", "location_id": nex.location_id, "per_page": 1000}

    def listed(**more: Any) -> bool:
        return number in [row["id"] for row in rows(nex.get("appointments", **day, **more))]

    assert not listed()
    assert listed(timezone="America/Denver")
    nex.control("POST", "switches", {"date_only_zone": "location"})
    assert listed()


def test_times_come_in_utc_with_the_clinics_zone_beside_them(nex: NexHealthCaller) -> None:
    row = nex.book(**EVENING).body["data"]["appt"]

    assert (row["start_time"], row["end_time"]) == ("2026-03-05T02:00:00.000Z", "2026-03-05T02:15:00.000Z")
    assert (row["timezone"], row["timezone_offset"]) == ("America/Denver", "-7:00")


def test_an_appointment_brings_what_is_included(nex: NexHealthCaller) -> None:
    number = nex.booked()
    plain = nex.get(f"appointments/{number}").body["data"]
    includes = ["patient", "guarantor", "operatory", "appointment_type", "procedures", "descriptors", "booking_details"]
    full = nex.get(f"appointments/{number}", **{"include[]": includes}).body["data"]

    assert set(full) - set(plain) == set(includes) - {"guarantor"}
    assert full["patient"]["guarantor"]["id"] == full["patient"]["guarantor_id"]
    assert nex.get("appointments/1").status == 404


# --- appointments: creating


def test_an_accepted_booking_is_not_in_the_chart_until_the_ehr_writes_it(nex: NexHealthCaller) -> None:
    told = nex.book()

    row = told.body["data"]["appt"]
    assert (told.status, row["foreign_id"], row["last_sync_time"]) == (201, None, None)
    assert set(told.body["data"]) == {"appt", "stripe_client_secret"}
    assert (nex.truth(row["id"])["write"], nex.truth(row["id"])["in_chart"]) == ("pending", False)

    nex.advance(5)

    row = nex.get(f"appointments/{row['id']}").body["data"]
    assert row["foreign_id_type"] == "msg-opendental-DataSource-1"
    truth = nex.truth(row["id"])
    assert (truth["write"], truth["in_chart"], truth["foreign_id"]) == ("written", True, row["foreign_id"])
    assert truth["chart"]["start"] == truth["start"]
    assert truth["effects"] == {
        "accepted_creates": 1,
        "accepted_patches": 0,
        "chart_creates": 1,
        "chart_changes": 0,
    }


def test_a_repeated_booking_is_accepted_twice_and_settled_at_the_write(nex: NexHealthCaller) -> None:
    slot = nex.open_slot()
    same = {"provider_id": slot["provider_id"], "operatory_id": slot["operatory_id"], "start_time": slot["time"]}
    first, second = nex.booked(**same), nex.booked(**same)
    nex.advance(6)

    assert (nex.truth(first)["write"], nex.truth(second)["write"]) == ("written", "failed")
    nex.control("POST", "ehr", {"double_booking": "accept"})
    third = nex.booked(**same)
    nex.advance(6)
    assert nex.truth(third)["in_chart"]


def test_a_taken_start_can_be_refused_at_once_when_switched(nex: NexHealthCaller) -> None:
    nex.control("POST", "switches", {"taken_start": "refuse"})
    nex.booked(**EVENING)
    assert texts(nex.book(**EVENING)) == (400, ["Time slot is not available"])


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"patient_id": None}, "Missing parameter patient_id"),
        ({"patient_id": 77}, "Patient with ID 77 not found in location 20011"),
        ({"provider_id": 77}, "Provider with ID 77 not found in location 20011"),
        ({"operatory_id": None}, "Missing parameter operatory_id"),
        ({"operatory_id": 77}, "Operatory with ID 77 not found in location 20011"),
        ({"start_time": "2026-03-02T06:59:00-07:00"}, "Start time can't be in the past"),
        ({"start_time": "tomorrow"}, "start_time is invalid"),
        ({"end_time": "2026-03-04T18:00:00-07:00"}, "End time must be after start time"),
        ({"appointment_type_id": 77}, "Appointment type with ID 77 not found"),
        ({"note": "x" * 129}, "Note is too long (maximum is 128 characters)"),
    ],
)
def test_a_booking_that_breaks_a_rule_is_refused_and_leaves_nothing(
    nex: NexHealthCaller, changes: dict[str, Any], text: str
) -> None:
    before = nex.control("GET", "state")["institutions"][0]["appointments"]

    told = nex.post(
        "appointments",
        {"appt": {k: v for k, v in {"patient_id": PATIENT, **EVENING, **changes}.items() if v is not None}},
        location_id=nex.location_id,
    )

    assert texts(told) == (400, [text])
    assert nex.control("GET", "state")["institutions"][0]["appointments"] == before


@pytest.mark.parametrize("mark", ["inactive", "non_patient"])
def test_a_patient_who_is_none_cannot_be_booked(nex: NexHealthCaller, mark: str) -> None:
    chosen = rows(nex.get("patients", location_id=nex.location_id, **{mark: "true"}))[0]["id"]
    assert nex.book(patient_id=chosen).status == 400


@pytest.mark.parametrize(("number", "status"), [(5, 201), (6, 400), (0, 400)])
def test_at_most_five_appointments_share_a_timeslot(nex: NexHealthCaller, number: int, status: int) -> None:
    appt = {name: value for name, value in {"patient_id": PATIENT, **EVENING}.items() if value is not None}
    body = {"appointments_per_timeslot": number, "appt": appt}
    assert nex.post("appointments", body, location_id=nex.location_id).status == status


def test_the_end_comes_from_the_type_or_is_fifteen_minutes_on(nex: NexHealthCaller) -> None:
    typed = nex.book(**EVENING, appointment_type_id=1101).body["data"]["appt"]
    plain = nex.book(**EVENING).body["data"]["appt"]

    assert (typed["end_time"][11:16], plain["end_time"][11:16]) == ("03:00", "02:15")
    nex.control("POST", "switches", {"no_end_time": "refuse"})
    assert nex.book(**EVENING).status == 400


def test_a_long_note_is_cut_when_switched(nex: NexHealthCaller) -> None:
    nex.control("POST", "switches", {"long_note": "cut"})
    assert len(nex.book(note="x" * 200).body["data"]["appt"]["note"]) == 128


def test_a_block_needs_no_patient(nex: NexHealthCaller) -> None:
    number = nex.booked(**EVENING, unavailable=True, patient_id=None)
    nex.advance(6)
    row = nex.truth(number)
    assert (row["in_chart"], row["patient_id"]) == (True, None)


def test_a_guardian_books_for_a_child_who_is_a_placeholder_at_first(nex: NexHealthCaller) -> None:
    child = {"first_name": "Pip", "last_name": "Ferncliff", "bio": {"date_of_birth": "2019-09-09"}}
    row = nex.book(is_guardian=True, patient=child).body["data"]["appt"]
    assert row["patient_id"] != PATIENT
    assert nex.get(f"patients/{row['patient_id']}").body["data"]["bio"]["new_patient"] is True

    nex.advance(606)

    moved = nex.get(f"appointments/{row['id']}").body["data"]["patient_id"]
    assert nex.get(f"patients/{row['patient_id']}").status == 404
    assert nex.get(f"patients/{moved}").body["data"]["guarantor_id"] == PATIENT


def test_an_operatory_is_needed_only_where_the_location_maps_by_it(nex: NexHealthCaller) -> None:
    columns = {"map_by_operatory": False}
    nex.control("POST", "staff", {"action": "set_location", "location_id": nex.location_id, "columns": columns})
    number = nex.booked(provider_id=DENTIST, start_time="2026-03-04T19:00:00-07:00", operatory_id=None, end_time=None)
    nex.advance(6)
    assert nex.truth(number)["chart"]["operatory_id"] is None


# --- appointments: changing


def test_a_confirmation_is_stored_at_once_and_written_later(nex: NexHealthCaller) -> None:
    number = nex.booked()
    nex.advance(6)
    told = nex.patch(f"appointments/{number}", {"appt": {"confirmed": True}})
    assert (told.status, told.body["data"]["appt"]["confirmed"]) == (200, True)
    assert nex.truth(number)["chart"]["confirmed"] is False
    nex.advance(6)
    assert nex.truth(number)["chart"]["confirmed"] is True
    assert texts(nex.patch(f"appointments/{number}", {"appt": {"confirmed": False}}))[0] == 400


def test_cancelling_twice_is_told(nex: NexHealthCaller) -> None:
    number = nex.booked()
    nex.advance(6)
    first = nex.patch(f"appointments/{number}", {"appt": {"cancelled": True}})
    assert (first.body["data"]["appt"]["cancelled"], first.body["data"]["appt"]["cancelled_at"] is None) == (
        True,
        False,
    )
    nex.advance(6)
    assert nex.truth(number)["chart"]["status"] == "cancelled"

    status, (text,) = texts(nex.patch(f"appointments/{number}", {"appt": {"cancelled": True}}))
    assert (status, "already cancelled" in text) == (400, True)


def test_a_cancellation_can_be_taken_back_where_the_ehr_allows(nex: NexHealthCaller) -> None:
    number = nex.booked()
    nex.advance(6)
    nex.patch(f"appointments/{number}", {"appt": {"cancelled": True}})
    assert nex.patch(f"appointments/{number}", {"appt": {"cancelled": False}}).status == 400
    nex.control("POST", "switches", {"uncancel": "accept"})

    row = nex.patch(f"appointments/{number}", {"appt": {"cancelled": False}}).body["data"]["appt"]

    assert (row["cancelled"], row["cancelled_at"] is None) == (False, False)
    nex.advance(6)
    assert nex.truth(number)["chart"]["status"] == "scheduled"


def test_check_in_is_set_once(nex: NexHealthCaller) -> None:
    number = nex.booked()
    at = {"appt": {"checkin_at": "2026-03-04T08:05:00-07:00"}}
    assert nex.patch(f"appointments/{number}", at).status == 200
    assert nex.patch(f"appointments/{number}", at).status == 400


def test_a_move_in_place_keeps_the_length_and_reaches_the_chart(nex: NexHealthCaller) -> None:
    number = nex.booked()
    nex.advance(6)
    told = nex.patch(f"appointments/{number}", {"appt": {"start_time": "2026-03-05T19:00:00-07:00"}})
    assert told.body["data"]["appt"]["end_time"] == "2026-03-06T03:00:00.000Z"
    nex.advance(6)

    truth = nex.truth(number)
    assert truth["chart"]["start"] == truth["start"] == "2026-03-05T19:00:00-07:00"
    assert truth["effects"]["chart_changes"] == 1


def test_a_move_onto_a_taken_chair_fails_and_the_next_read_takes_it_back(nex: NexHealthCaller) -> None:
    number, other = nex.booked(), nex.booked(**EVENING)
    nex.advance(6)
    was = nex.truth(number)["start"]
    where = {name: EVENING[name] for name in ("start_time", "operatory_id")}
    assert nex.patch(f"appointments/{number}", {"appt": where}).status == 200
    nex.advance(6)
    assert nex.truth(number)["start"] == nex.truth(other)["start"]

    nex.advance(600)

    assert (nex.truth(number)["start"], nex.truth(number)["chart"]["start"]) == (was, was)


def test_a_failed_change_can_be_restored_at_once_when_switched(nex: NexHealthCaller) -> None:
    nex.control("POST", "switches", {"failed_patch_row": "restored"})
    number = nex.booked()
    nex.advance(6)
    nex.control("POST", "writes", {"outcome": {"result": "failed"}})
    nex.patch(f"appointments/{number}", {"appt": {"note": "[ref 7F3KQ2] later"}})
    nex.advance(6)
    assert nex.get(f"appointments/{number}").body["data"]["note"] == "[ref 7F3KQ2]"


@pytest.mark.parametrize(
    ("ehr", "cancel", "move"), [("opendental", 200, 200), ("denticon", 200, 400), ("curve2", 400, 400)]
)
def test_what_can_be_edited_depends_on_the_ehr_behind(ehr: str, cancel: int, move: int) -> None:
    with running_simulator([InstitutionSpec(ehr=ehr)], now=MONDAY_MORNING, frozen=True) as running:
        nex = NexHealthCaller(running)
        number = nex.booked()
        nex.advance(6)

        moved = nex.patch(f"appointments/{number}", {"appt": {"start_time": "2026-03-05T19:00:00-07:00"}})
        cancelled = nex.patch(f"appointments/{number}", {"appt": {"cancelled": True}})

        assert (moved.status, cancelled.status) == (move, cancel)


def test_an_unsupported_move_can_be_taken_and_undone_by_the_next_read() -> None:
    with running_simulator(
        [InstitutionSpec(ehr="denticon")], now=MONDAY_MORNING, frozen=True, unsupported_move="overwrite"
    ) as running:
        nex = NexHealthCaller(running)
        number = nex.booked()
        nex.advance(6)
        was = nex.truth(number)["start"]

        assert nex.patch(f"appointments/{number}", {"appt": {"start_time": "2026-03-05T19:00:00-07:00"}}).status == 200
        nex.advance(6)
        assert nex.truth(number)["start"] != was
        nex.advance(600)
        assert nex.truth(number)["start"] == was


# --- the EHR behind


def test_a_location_that_does_not_write_keeps_its_bookings_to_itself(nex: NexHealthCaller) -> None:
    columns = {"insert_appt_client": False}
    nex.control("POST", "staff", {"action": "set_location", "location_id": nex.location_id, "columns": columns})
    number = nex.booked()
    nex.advance(1800)

    truth = nex.truth(number)
    assert (truth["write"], truth["in_chart"], truth["status"]) == ("not_written", False, "scheduled")
    assert nex.patch(f"appointments/{number}", {"appt": {"cancelled": True}}).status == 200


def test_a_slow_ehr_writes_later(nex: NexHealthCaller) -> None:
    nex.control("POST", "ehr", {"mode": "slow", "slow_seconds": 7200})
    number = nex.booked()
    nex.advance(7199)
    assert not nex.truth(number)["in_chart"]
    nex.advance(1)
    assert nex.truth(number)["in_chart"]


@pytest.mark.parametrize(("result", "state"), [("failed", "failed"), ("incomplete", "incomplete")])
def test_a_refused_write_never_reaches_the_chart(nex: NexHealthCaller, result: str, state: str) -> None:
    nex.control("POST", "writes", {"match": {"kind": "create"}, "outcome": {"result": result}})
    number = nex.booked()
    nex.advance(1800)

    assert (nex.truth(number)["write"], nex.truth(number)["in_chart"]) == (state, False)
    row = nex.get(f"appointments/{number}").body["data"]
    assert (row["cancelled"], row["foreign_id"]) == (False, None)
    assert nex.patch(f"appointments/{number}", {"appt": {"cancelled": True}}).status == 200


def test_an_ehr_can_refuse_at_once_with_its_reason(nex: NexHealthCaller) -> None:
    nex.control("POST", "ehr", {"mode": "refuse_at_once", "reason": "Provider is not scheduled"})
    assert texts(nex.book()) == (400, ["Provider is not scheduled"])


def test_a_sleeping_ehr_looks_healthy_and_writes_when_it_wakes(nex: NexHealthCaller) -> None:
    nex.control("POST", "ehr", {"mode": "sleep"})
    number = nex.booked()
    nex.advance(1800)
    (status,) = rows(nex.get("sync_status"))
    assert (status["write_status"], nex.truth(number)["write"]) == ("green", "pending")

    nex.control("POST", "ehr", {"mode": "prompt"})
    nex.advance(0)

    assert nex.truth(number)["in_chart"]


def test_an_offline_ehr_is_red_and_its_stamps_stand_still(nex: NexHealthCaller) -> None:
    nex.advance(600)
    nex.control("POST", "ehr", {"mode": "offline"})
    nex.control("POST", "staff", {"action": "edit_note", "foreign_id": first_visit(nex), "note": "called"})
    number = nex.booked()
    nex.advance(1800)

    (status,) = rows(nex.get("sync_status"))
    assert (status["read_status"], status["write_status"]) == ("red", "red")
    assert status["read_status_at"] == "2026-03-02T14:10:00.000Z"
    assert nex.truth(number)["write"] == "pending"
    assert rows(nex.get("sync_status", read_status="green")) == []

    nex.control("POST", "ehr", {"mode": "prompt"})
    nex.advance(600)
    assert rows(nex.get("sync_status"))[0]["write_status"] == "green"
    assert nex.truth(number)["in_chart"]


def first_visit(nex: NexHealthCaller) -> int:
    """The chart's number of the first visit to come."""
    return int(coming(nex)["foreign_id"])


def coming(nex: NexHealthCaller) -> dict[str, Any]:
    rows_to_come = nex.control("GET", "truth/appointments", date="2026-03-03", status="scheduled")["appointments"]
    return dict(rows_to_come[0])


def test_a_write_that_waits_times_out_at_the_visits_start(nex: NexHealthCaller) -> None:
    nex.control("POST", "ehr", {"mode": "sleep"})
    number = nex.booked(**EVENING)
    nex.advance(timedelta(days=2, hours=12).total_seconds() - 1)
    assert nex.truth(number)["write"] == "pending"
    nex.advance(1)
    assert nex.truth(number)["write"] == "timed_out"
    nex.control("POST", "ehr", {"mode": "prompt"})
    nex.advance(3600)
    assert not nex.truth(number)["in_chart"]


def test_a_write_can_complete_after_days_or_fail_or_never_end(nex: NexHealthCaller) -> None:
    late, failed = {"result": "complete", "seconds": 86_400}, {"result": "failed", "seconds": 90_000}
    for outcome in (late, failed, {"result": "never"}):
        nex.control("POST", "writes", {"outcome": outcome})
    numbers = [nex.booked(**EVENING), nex.booked(**EVENING, note="b"), nex.booked(**EVENING, note="c")]

    nex.advance(86_399)
    assert [nex.truth(number)["write"] for number in numbers] == ["pending"] * 3
    nex.advance(1)
    assert nex.truth(numbers[0])["write"] == "written"
    nex.advance(86_400 * 4)
    assert [nex.truth(number)["write"] for number in numbers] == ["written", "failed", "pending"]


def test_a_change_can_be_dropped_without_a_word(nex: NexHealthCaller) -> None:
    number = nex.booked()
    nex.advance(6)
    nex.control("POST", "writes", {"match": {"kind": "change"}, "outcome": {"result": "reverted"}})
    nex.patch(f"appointments/{number}", {"appt": {"confirmed": True}})
    nex.advance(6)
    assert nex.get(f"appointments/{number}").body["data"]["confirmed"] is True

    nex.advance(600)

    assert nex.get(f"appointments/{number}").body["data"]["confirmed"] is False
    assert nex.truth(number)["effects"]["chart_changes"] == 0


@pytest.mark.parametrize(("setting", "shown"), [("keep", True), ("overwrite", False)])
def test_a_read_before_the_write_keeps_or_overwrites_what_was_asked(
    nex: NexHealthCaller, setting: str, shown: bool
) -> None:
    nex.control("POST", "switches", {"read_over_pending": setting})
    number = nex.booked()
    nex.advance(6)
    nex.control("POST", "writes", {"outcome": {"seconds": 3000}})
    nex.patch(f"appointments/{number}", {"appt": {"confirmed": True}})
    nex.advance(700)
    assert nex.get(f"appointments/{number}").body["data"]["confirmed"] is shown
    nex.advance(2800)
    nex.renew()
    assert nex.get(f"appointments/{number}").body["data"]["confirmed"] is True


def test_the_chart_can_hold_other_values_than_were_asked_for(nex: NexHealthCaller) -> None:
    nex.control("POST", "writes", {"outcome": {"stored": {"operatory_id": 150_102}}})
    number = nex.booked(**EVENING)
    nex.advance(6)
    assert nex.truth(number)["chart"]["operatory_id"] == "150102"
    assert nex.get(f"appointments/{number}").body["data"]["operatory_id"] == CHAIR
    nex.advance(600)
    assert nex.get(f"appointments/{number}").body["data"]["operatory_id"] == 150_102


def test_a_field_can_be_dropped_without_complaint(nex: NexHealthCaller) -> None:
    nex.control("POST", "ehr", {"ignored_fields": ["operatory_id", "note"]})
    row = nex.book().body["data"]["appt"]
    assert (row["operatory_id"], row["note"]) == (None, None)


def test_the_ehr_of_one_location_can_be_worse_than_the_others() -> None:
    with running_simulator([InstitutionSpec(locations=2)], now=MONDAY_MORNING, frozen=True) as running:
        nex = NexHealthCaller(running)
        nex.control("POST", "ehr", {"mode": "offline", "location_id": nex.location_id})
        other = nex.location_id + 1
        near = {"provider_id": 300_001_001, "operatory_id": 150_101}
        far = {"provider_id": 300_001_002, "operatory_id": 150_102}
        waits = nex.booked(**near, start_time="2026-03-04T19:00:00-07:00", end_time=None)
        told = nex.post(
            "appointments",
            {"appt": {"patient_id": PATIENT, **far, "start_time": "2026-03-04T19:00:00-07:00"}},
            location_id=other,
        )
        nex.advance(6)
        assert (nex.truth(waits)["write"], nex.truth(told.body["data"]["appt"]["id"])["write"]) == (
            "pending",
            "written",
        )


@pytest.mark.parametrize(
    ("setting", "creates", "status"), [("written_then_cancelled", 1, "cancelled"), ("withdrawn", 0, None)]
)
def test_cancelling_what_waits_is_written_in_order_or_withdrawn(
    nex: NexHealthCaller, setting: str, creates: int, status: str | None
) -> None:
    nex.control("POST", "switches", {"cancel_while_pending": setting})
    number = nex.booked()
    nex.patch(f"appointments/{number}", {"appt": {"cancelled": True}})
    nex.advance(20)

    truth = nex.truth(number)
    assert truth["effects"]["chart_creates"] == creates
    assert (truth["chart"] or {}).get("status") == status


def test_staff_changes_show_with_the_next_read(nex: NexHealthCaller) -> None:
    visit = coming(nex)
    number = int(visit["appointment_id"])
    nex.control("POST", "staff", {"action": "move", "appointment_id": number, "start": "2026-03-04T19:00"})
    assert nex.truth(number)["start"] == visit["start"]

    nex.advance(600)

    assert nex.truth(number)["start"] == "2026-03-04T19:00:00-07:00"
    row = nex.get(f"appointments/{number}").body["data"]
    assert row["updated_at"] == row["last_sync_time"] == "2026-03-02T14:10:00.000Z"


def test_a_staff_booking_appears_with_the_next_read(nex: NexHealthCaller) -> None:
    told = nex.control(
        "POST",
        "staff",
        {"action": "book", "patient_id": PATIENT, "operatory_id": CHAIR, "start": "2026-03-04T19:00", "minutes": 30},
    )
    assert told["appointment_id"] is None
    window = {"start": "2026-03-04", "end": "2026-03-06", "location_id": nex.location_id}
    asked = {**window, "foreign_id": told["foreign_id"]}
    assert rows(nex.get("appointments", **asked)) == []
    nex.advance(600)
    (row,) = rows(nex.get("appointments", **asked))
    assert row["misc"] == {"is_booked_on_nexhealth": False}


@pytest.mark.parametrize(
    ("setting", "status", "cancelled"), [("cancelled", 200, True), ("stays", 200, False), ("vanishes", 404, None)]
)
def test_a_visit_deleted_in_the_ehr_is_a_switch(
    nex: NexHealthCaller, setting: str, status: int, cancelled: bool | None
) -> None:
    nex.control("POST", "switches", {"deleted_in_ehr": setting})
    number = int(coming(nex)["appointment_id"])
    nex.control("POST", "staff", {"action": "delete", "appointment_id": number})
    nex.advance(600)

    told = nex.get(f"appointments/{number}")

    assert told.status == status
    assert (told.body["data"] or {}).get("cancelled") == cancelled


def test_each_read_moves_last_sync_time_unless_switched(nex: NexHealthCaller) -> None:
    number = coming(nex)["appointment_id"]

    def stamps() -> tuple[str, str]:
        row = nex.get(f"appointments/{number}").body["data"]
        return row["last_sync_time"], row["updated_at"]

    first = stamps()
    nex.advance(600)
    assert (stamps()[0], stamps()[1]) == ("2026-03-02T14:10:00.000Z", first[1])
    nex.control("POST", "switches", {"read_moves_last_sync_time": False})
    assert stamps()[0] < first[0]
    nex.control("POST", "switches", {"read_moves_last_sync_time": True, "read_moves_updated_at": True})
    assert stamps()[1] == "2026-03-02T14:10:00.000Z"


def test_pending_rows_may_carry_a_type_of_their_own(nex: NexHealthCaller) -> None:
    nex.control("POST", "switches", {"pending_foreign_id_type": "nex"})
    number = nex.booked()
    assert nex.get(f"appointments/{number}").body["data"]["foreign_id_type"].startswith("Nex")
    nex.advance(6)
    assert nex.get(f"appointments/{number}").body["data"]["foreign_id_type"].startswith("msg-")


# --- slots and working hours


def slots(nex: NexHealthCaller, **query: Any) -> list[dict[str, Any]]:
    asked = {"start_date": "2026-03-03", "days": 3, "lids[]": [nex.location_id], **query}
    return rows(nex.get("available_slots", **asked))


@pytest.mark.parametrize(("setting", "minutes"), [("length", 60), ("15", 15)])
def test_the_distance_of_starts_without_an_interval_is_a_switch(
    nex: NexHealthCaller, setting: str, minutes: int
) -> None:
    nex.control("POST", "switches", {"slot_interval_default": setting})
    hours = {"provider_id": DENTIST, "operatory_id": CHAIR, "day": "2026-03-08", "start": "09:00", "end": "12:00"}
    nex.control("POST", "staff", {"action": "add_hours", **hours})

    (group,) = slots(nex, start_date="2026-03-08", days=1, **{"pids[]": [DENTIST]}, appointment_type_id=1101)
    first, second = (datetime.fromisoformat(slot["time"]) for slot in group["slots"][:2])

    assert second - first == timedelta(minutes=minutes)


def test_every_slot_lies_in_working_hours_and_off_every_booking(nex: NexHealthCaller) -> None:
    window = {"start": "2026-03-03", "end": "2026-03-07", "location_id": nex.location_id, "per_page": 1000}
    busy = [row for row in rows(nex.get("appointments", **window)) if not row["cancelled"]]
    hours = nex.control("GET", "truth/hours")["hours"]
    found = [(group, slot) for group in slots(nex, appointment_type_id=1101) for slot in group["slots"]]

    assert len(found) > 20
    for group, slot in found:
        assert (group["pid"], group["operatory_id"]) == (slot["provider_id"], slot["operatory_id"])
        start, end = datetime.fromisoformat(slot["time"]), datetime.fromisoformat(slot["end_time"])
        assert (start.utcoffset(), end - start) == (timedelta(hours=-7), timedelta(minutes=60))
        assert any(
            hour["provider_id"] == str(slot["provider_id"])
            and hour["operatory_id"] == str(slot["operatory_id"])
            and hour["date"] == start.date().isoformat()
            and hour["begin"] <= f"{start:%H:%M}"
            and f"{end:%H:%M}" <= hour["end"]
            for hour in hours
        )
        for row in busy:
            if slot["provider_id"] == row["provider_id"] or slot["operatory_id"] == row["operatory_id"]:
                taken = datetime.fromisoformat(row["start_time"]), datetime.fromisoformat(row["end_time"])
                assert taken[1] <= start or taken[0] >= end


def test_slot_length_and_interval_are_asked_for_and_the_type_wins(nex: NexHealthCaller) -> None:
    def lengths(**query: Any) -> set[int]:
        found = [slot for group in slots(nex, **query) for slot in group["slots"]]
        return {
            int((datetime.fromisoformat(s["end_time"]) - datetime.fromisoformat(s["time"])).total_seconds()) // 60
            for s in found
        }

    assert lengths(**{"pids[]": [DENTIST]}) == {15}
    assert lengths(**{"pids[]": [DENTIST]}, slot_length=40) == {40}
    assert lengths(**{"pids[]": [DENTIST]}, slot_length=40, appointment_type_id=1102) == {30}
    many = slots(nex, **{"pids[]": [DENTIST]}, slot_length=60, slot_interval=10)
    few = slots(nex, **{"pids[]": [DENTIST]}, slot_length=60)
    assert sum(len(g["slots"]) for g in many) > 2 * sum(len(g["slots"]) for g in few)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ({"start_date": "", "days": ""}, "Missing parameter start_date"),
        ({"lids[]": []}, "Missing parameter lids"),
        ({}, "Either pids or appointment_type_id is required"),
        ({"appointment_type_id": 9}, "Appointment type with ID 9 not found"),
    ],
)
def test_slots_need_a_place_days_and_a_provider_or_type(nex: NexHealthCaller, query: dict[str, Any], text: str) -> None:
    asked = {"start_date": "2026-03-03", "days": 3, "lids[]": [nex.location_id], **query}
    told = nex.get("available_slots", **asked)
    assert told.status == 400
    assert told.body["error"][0] == text


def test_nothing_is_offered_in_the_past(nex: NexHealthCaller) -> None:
    nex.advance(4 * 3600)
    found = [
        s["time"] for g in slots(nex, start_date="2026-03-02", days=1, appointment_type_id=1102) for s in g["slots"]
    ]
    assert found
    assert min(found) > "2026-03-02T11:00"


def test_a_provider_without_slots_says_when_there_are_some(nex: NexHealthCaller) -> None:
    sunday = slots(nex, start_date="2026-03-08", days=1, **{"pids[]": [DENTIST]})
    (group,) = sunday
    assert (group["slots"], group["operatory_id"]) == ([], None)
    assert date.fromisoformat(group["next_available_date"]) > date(2026, 3, 8)

    nex.control("POST", "staff", {"action": "delete_hours"})
    (empty,) = slots(nex, **{"pids[]": [DENTIST]})
    assert (empty["slots"], empty["next_available_date"]) == ([], None)


def test_one_chair_per_start_unless_all_are_asked_for(nex: NexHealthCaller) -> None:
    for chair in (CHAIR, 150_102):
        nex.control(
            "POST",
            "staff",
            {
                "action": "add_hours",
                "provider_id": DENTIST,
                "operatory_id": chair,
                "day": "2026-03-08",
                "start": "09:00",
                "end": "10:00",
            },
        )
    sunday = {"start_date": "2026-03-08", "days": 1, "pids[]": [DENTIST], "slot_length": 30}

    single = [(s["time"], s["operatory_id"]) for g in slots(nex, **sunday) for s in g["slots"]]
    every = [s for g in slots(nex, **sunday, overlapping_operatory_slots="true") for s in g["slots"]]

    assert (len(single), {chair for _, chair in single}, len(every)) == (2, {CHAIR}, 4)


def test_a_booking_takes_its_slot_at_once(nex: NexHealthCaller) -> None:
    slot = nex.open_slot()
    nex.booked()
    assert nex.open_slot() != slot


def test_manual_hours_open_slots_and_synced_ones_cannot_be_changed(nex: NexHealthCaller) -> None:
    sunday = {"provider_id": DENTIST, "operatory_id": CHAIR, "begin_time": "09:00", "end_time": "11:00"}
    made = nex.post("working_hours", {"working_hour": {**sunday, "days": ["Sunday"]}}, location_id=nex.location_id)
    assert (made.status, made.body["data"]["source"]) == (201, "manual")
    found = slots(nex, start_date="2026-03-08", days=1, appointment_type_id=1101)
    assert [len(group["slots"]) for group in found if group["slots"]] == [2]
    number = made.body["data"]["id"]
    changed = nex.patch(f"working_hours/{number}", {"working_hour": {"end_time": "10:00"}})
    assert changed.body["data"]["end_time"] == "10:00"
    told = nex.delete(f"working_hours/{number}")
    assert (told.status, told.text) == (204, "")

    synced = rows(nex.get("working_hours", location_id=nex.location_id))[0]
    assert synced["source"] == "synced"
    assert nex.delete(f"working_hours/{synced['id']}").status == 400
    nex.control("POST", "switches", {"edit_synced_hours": "accept"})
    assert nex.delete(f"working_hours/{synced['id']}").status == 204


@pytest.mark.parametrize(
    ("when", "days"),
    [
        ({"days": ["Saturday", "Sunday"]}, ["2026-03-07", "2026-03-08"]),
        ({"specific_date": "2026-03-08"}, ["2026-03-08"]),
        ({"custom_recurrence": {"num": 2, "unit": "day", "ref": "2026-03-06"}}, ["2026-03-06", "2026-03-08"]),
        ({"custom_recurrence": {"num": 1, "unit": "month", "ref": "2026-02-07"}}, ["2026-03-07"]),
    ],
)
def test_hours_recur_by_weekday_date_or_number(nex: NexHealthCaller, when: dict[str, Any], days: list[str]) -> None:
    evening = {"provider_id": DENTIST, "operatory_id": CHAIR, "begin_time": "20:00", "end_time": "20:30"}
    nex.post("working_hours", {"working_hour": {**evening, **when}}, location_id=nex.location_id)

    found = slots(nex, start_date="2026-03-06", days=3, **{"pids[]": [DENTIST]}, slot_length=30)

    assert [s["time"][:10] for g in found for s in g["slots"] if s["time"][11:13] == "20"] == days


@pytest.mark.parametrize(("setting", "told"), [("local", "16:00"), ("utc", "09:00")])
def test_the_zone_of_changed_hours_is_a_switch(nex: NexHealthCaller, setting: str, told: str) -> None:
    nex.control("POST", "switches", {"working_hour_patch_times": setting})
    hour = {"provider_id": DENTIST, "begin_time": "08:00", "end_time": "17:00", "days": ["Sunday"]}
    made = nex.post("working_hours", {"working_hour": hour}, location_id=nex.location_id).body["data"]
    changed = nex.patch(f"working_hours/{made['id']}", {"working_hour": {"begin_time": "08:30", "end_time": "16:00"}})
    assert (changed.status, changed.body["data"]["end_time"]) == (200, told)


@pytest.mark.parametrize(
    "part",
    [
        {"provider_id": None},
        {"provider_id": 77},
        {"operatory_id": 77},
        {"appointment_type_ids": [77]},
        {"appointment_type_ids": "all"},
        {"begin_time": "12:00", "end_time": "11:00"},
        {"begin_time": "soon"},
        {"begin_time": "09:00+01:00"},
        {"days": ["Funday"]},
        {"days": []},
        {"days": None, "custom_recurrence": {"num": 1, "unit": "year", "ref": "2026-03-01"}},
        {"days": None, "custom_recurrence": {"num": 1, "unit": "day"}},
        {"days": None, "custom_recurrence": 7},
    ],
)
def test_hours_that_make_no_sense_are_refused(nex: NexHealthCaller, part: dict[str, Any]) -> None:
    hour = {"provider_id": DENTIST, "begin_time": "09:00", "end_time": "11:00", "days": ["Sunday"], **part}
    body = {"working_hour": {name: value for name, value in hour.items() if value is not None}}
    assert nex.post("working_hours", body, location_id=nex.location_id).status in (400, 404)


def test_hours_for_one_type_open_slots_for_it_only(nex: NexHealthCaller) -> None:
    hour = {"provider_id": DENTIST, "operatory_id": CHAIR, "begin_time": "09:00", "end_time": "11:00"}
    hour |= {"days": ["Sunday"], "appointment_type_ids": [1101]}
    nex.post("working_hours", {"working_hour": hour}, location_id=nex.location_id)

    def offered(kind: int) -> int:
        return sum(len(g["slots"]) for g in slots(nex, start_date="2026-03-08", days=1, appointment_type_id=kind))

    assert (offered(1101), offered(1102)) == (2, 0)


def test_hours_are_listed_by_provider_source_and_date(nex: NexHealthCaller) -> None:
    place = {"location_id": nex.location_id, "per_page": 1000}
    everything = rows(nex.get("working_hours", **place))
    mine = rows(nex.get("working_hours", **place, provider_id=DENTIST))
    assert {row["provider_id"] for row in mine} == {DENTIST}
    assert rows(nex.get("working_hours", **place, source="manual")) == []
    coming_ones = rows(nex.get("working_hours", **place, ignore_past_dates="true"))
    assert 0 < len(coming_ones) < len(everything)
    assert rows(nex.get("working_hours", **place, active="false")) == []
    assert nex.get(f"working_hours/{mine[0]['id']}").body["data"]["provider_id"] == DENTIST
    assert nex.get("working_hours/5").status == 404
    assert nex.get("working_hours", **place, source="neither").status == 400
    assert rows(nex.get("working_hour_labels")) == []


def test_hours_need_exactly_one_recurrence(nex: NexHealthCaller) -> None:
    hour = {"provider_id": DENTIST, "begin_time": "09:00", "end_time": "11:00"}
    for when in ({}, {"days": ["Sunday"], "specific_date": "2026-03-08"}):
        assert nex.post("working_hours", {"working_hour": {**hour, **when}}, location_id=nex.location_id).status == 400


def test_nothing_a_request_sends_makes_the_simulator_itself_fail(nex: NexHealthCaller) -> None:
    strange = ["", "\x00", "-1", "99999999999999999999999", "é", "null", "1.5", "true", "[]", "2026-13-40"]
    paths = ["patients", "appointments", "available_slots", "working_hours", "providers", "operatories", "sync_status"]
    names = ["location_id", "per_page", "end_cursor", "sort", "start", "end", "days", "start_date", "lids[]", "ids[]"]
    names += [
        "updated_since",
        "patient_ids[]",
        "date_of_birth",
        "inactive",
        "slot_interval",
        "timezone",
        "location_ids[]",
    ]
    for path in paths:
        for value in strange:
            for name in names:
                query = {"location_id": nex.location_id, "start": "2026-03-02", "end": "2026-03-03", "per_page": 1}
                query |= {"start_date": "2026-03-02", "days": 1, "lids[]": nex.location_id, "pids[]": DENTIST}
                assert nex.get(path, **{**query, name: value}).status < 500, (path, name, value)
    bodies: list[Any] = [*strange, None, 7, [], {}, 1.5, True]
    for value in bodies:
        for name in (*EVENING, "patient_id", "note", "is_guardian", "appointment_type_id", "patient", "unavailable"):
            assert nex.book(**{**EVENING, name: value}).status < 500, (name, value)
        assert nex.post("patients", {**NEW_PATIENT, "patient": value}, location_id=nex.location_id).status < 500
        assert nex.post("appointments", value, location_id=nex.location_id).status < 500
    assert [one.error for one in nex.simulator.simulator.requests if one.error] == []


def test_many_callers_at_once_get_ids_of_their_own(nex: NexHealthCaller) -> None:
    nex.token()
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda n: nex.booked(**{**EVENING, "note": str(n)}), range(40)))
    assert len(set(numbers)) == 40
    nex.advance(6)
    assert sum(nex.truth(number)["in_chart"] for number in numbers) == 1


def test_the_same_seed_gives_the_same_institution() -> None:
    def seen() -> Any:
        with running_simulator(now=MONDAY_MORNING.astimezone(UTC), frozen=True) as running:
            nex = NexHealthCaller(running)
            return rows(nex.get("patients", location_id=nex.location_id, per_page=1000)), nex.open_slot()

    assert seen() == seen()


# --- what the vendor makes of odd changes, and of merged charts


def test_nothing_but_a_cancellation_may_be_asked_of_a_row_that_is_not_written_where_it_is_refused(
    nex: NexHealthCaller,
) -> None:
    nex.control("POST", "switches", {"change_while_pending": "refused"})
    number = nex.booked()

    status, (text,) = texts(nex.patch(f"appointments/{number}", {"appt": {"confirmed": True}}))
    assert (status, "not synced with the PMS" in text) == (400, True)

    nex.advance(6)
    assert nex.patch(f"appointments/{number}", {"appt": {"confirmed": True}}).status == 200


def test_a_cancelled_row_takes_no_change(nex: NexHealthCaller) -> None:
    number = nex.booked()
    nex.patch(f"appointments/{number}", {"appt": {"cancelled": True}})

    refused = [nex.patch(f"appointments/{number}", {"appt": {name: True}}) for name in ("cancelled", "confirmed")]

    assert [texts(one) for one in refused] == [(400, ["Cannot update already cancelled appointment"])] * 2


def test_a_type_is_refused_where_hours_are_for_other_types(nex: NexHealthCaller) -> None:
    nex.control("POST", "switches", {"type_without_hours": "refuse"})
    slot = nex.open_slot()
    assert nex.book(appointment_type_id=1101, end_time=None).status == 201
    nex.control("POST", "staff", {"action": "delete_hours"})
    hours = {"provider_id": slot["provider_id"], "operatory_id": slot["operatory_id"], "appointment_type_ids": [1102]}
    told = nex.post(
        "working_hours",
        {"working_hour": {**hours, "begin_time": "08:00", "end_time": "20:00", "days": ["Thursday"]}},
        location_id=nex.location_id,
    )
    assert told.status == 201, told.text
    place = {"provider_id": slot["provider_id"], "operatory_id": slot["operatory_id"]}
    then = {**place, "start_time": "2026-03-05T18:00:00-07:00"}

    refused = nex.book(**then, appointment_type_id=1101)

    assert texts(refused) == (400, ["appointment_type_id was not found to be configured for the requested slot"])
    assert nex.book(**then, appointment_type_id=1102).status == 201


@pytest.mark.parametrize(("setting", "moves"), [("with_reads", True), ("with_writes", False)])
def test_whether_reads_move_the_time_of_the_way_in_is_a_switch(nex: NexHealthCaller, setting: str, moves: bool) -> None:
    nex.control("POST", "switches", {"write_status_moves": setting})
    (before,) = nex.get("sync_status").body["data"]

    nex.advance(1200)

    (after,) = nex.get("sync_status").body["data"]
    assert after["read_status_at"] > before["read_status_at"]
    assert (after["write_status_at"] > before["write_status_at"]) is moves


@pytest.mark.parametrize(("setting", "status"), [("vanishes", 404), ("inactive", 200), ("stays", 200)])
def test_a_merged_chart_gives_its_visits_to_the_other_with_the_next_read(
    nex: NexHealthCaller, setting: str, status: int
) -> None:
    nex.control("POST", "switches", {"merged_patient": setting})
    written, waiting = nex.booked(), None
    nex.advance(6)
    nex.control("POST", "ehr", {"mode": "sleep"})
    waiting = nex.booked()

    nex.control("POST", "staff", {"action": "merge_patients", "patient_id": PATIENT, "into_patient_id": PATIENT + 1})
    nex.control("POST", "staff", {"action": "read"})

    assert [nex.truth(number)["patient_id"] for number in (written, waiting)] == [str(PATIENT + 1)] * 2
    told = nex.get(f"patients/{PATIENT}")
    assert told.status == status
    assert status == 404 or told.body["data"]["inactive"] is (setting == "inactive")
    nex.control("POST", "ehr", {"mode": "prompt"})
    nex.advance(6)
    assert nex.truth(waiting)["chart"]["patient_id"] == str(PATIENT + 1)
