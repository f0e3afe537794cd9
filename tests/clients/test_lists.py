"""A list is whole, or it is an error: what is not on it is taken for not there."""

import json
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import responses

from openchair.errors import EhrNotSupported, EhrUnavailable
from openchair.models.person import PatientQuery
from tests.clients import nexhealth_support
from tests.clients.nexhealth_support import Bench as NexHealthBench
from tests.clients.nexhealth_support import ok
from tests.clients.nexhealth_support import page as cursor_page
from tests.clients.support import BASE, Bench, appointment_row, patient_row

DAY = date(2026, 3, 2)


MONDAY = date(2026, 3, 2)


class Server:
    """An Open Dental that holds a list of patients and gives it in parts. `between` happens after each page."""

    def __init__(self, rows: int, *, cap: int = 100, offset_works: bool = True, limit_works: bool = True) -> None:
        self.rows: list[Any] = [patient_row(PatNum=number) for number in range(1, rows + 1)]
        self.offsets: list[int] = []
        self.between: Callable[[], object] = lambda: None
        self._cap, self._offset_works, self._limit_works = cap, offset_works, limit_works

    def answer(self, request: Any) -> tuple[int, dict[str, str], str]:
        query = {name: values[0] for name, values in parse_qs(urlsplit(request.url).query).items()}
        self.offsets.append(int(query["Offset"]))
        start = self.offsets[-1] if self._offset_works else 0
        size = min(int(query["Limit"]), self._cap) if self._limit_works else self._cap
        page = self.rows[start : start + size]
        self.between()
        return 200, {}, json.dumps(page)


def serve(server: Server, path: str = "patients") -> Server:
    responses.upsert(responses.GET, f"{BASE}/{path}", body=b"")
    responses.remove(responses.GET, f"{BASE}/{path}")
    responses.add_callback(responses.GET, f"{BASE}/{path}", server.answer)
    return server


@pytest.fixture(autouse=True)
def without_network() -> Iterator[None]:
    with responses.mock:
        yield


def read(bench: Bench) -> list[int]:
    return [int(one.id) for one in bench.client.list_patients()]


# ------------------------------------------------------------------------------------------------- Open Dental


def test_two_visits_that_swap_their_times_between_pages_are_both_told() -> None:
    """Their places in the list change, and nothing else does: page two repeats one row and leaves out another."""
    server = serve(Server(0), "appointments")
    server.rows = [
        appointment_row(
            AptNum=n + 1,
            PatNum=n + 1,
            AptDateTime=f"{MONDAY + timedelta(days=n // 50)} {8 + n % 50 // 6:02}:{10 * (n % 50 % 6):02}:00",
        )
        for n in range(150)
    ]

    def swap() -> None:
        if len(server.offsets) == 1:
            one, other = server.rows[5], server.rows[140]
            server.rows[5] = {**other, "AptDateTime": one["AptDateTime"]}
            server.rows[140] = {**one, "AptDateTime": other["AptDateTime"]}

    server.between = swap

    found = Bench().client.appointments(MONDAY, MONDAY + timedelta(days=2))

    assert {one.id for one in found} == {str(n + 1) for n in range(150)}


@pytest.mark.parametrize("cap", [20, 25, 30, 37, 50, 99, 100])
@pytest.mark.parametrize("rows", [0, 1, 9, 50, 55, 99, 100, 101, 110, 199, 207, 400])
def test_a_list_is_whole_whatever_its_server_gives_at_once(rows: int, cap: int) -> None:
    serve(Server(rows, cap=cap))

    assert read(Bench()) == list(range(1, rows + 1))


@pytest.mark.parametrize("throttle", ["standard", "enterprise"])
@pytest.mark.parametrize("rows", [0, 1, 3, 8, 10, 12, 17, 29])
def test_a_short_list_is_asked_for_once_also_by_a_fresh_process(rows: int, throttle: str) -> None:
    server = serve(Server(rows))

    read(Bench(throttle=throttle))

    assert server.offsets == [0]


def test_what_a_server_gives_at_once_is_found_out_by_a_list_that_goes_on_and_kept_for_the_others() -> None:
    bench = Bench()
    serve(Server(55, cap=50))
    read(bench)

    short, long = Server(40, cap=50), Server(110, cap=50)
    for server in (short, long):
        serve(server)
        assert len(read(bench)) == len(server.rows)

    assert short.offsets == [0]
    assert long.offsets == [0, 49, 98]


def test_a_list_shorter_than_one_that_came_at_once_is_its_end() -> None:
    bench = Bench()
    serve(Server(120))
    read(bench)

    server = serve(Server(60))
    assert len(read(bench)) == 60

    assert server.offsets == [0]


def test_a_list_that_was_asked_to_go_on_and_did_not_is_not_asked_again() -> None:
    bench = Bench()
    server = serve(Server(55))

    assert [len(read(bench)) for _ in range(3)] == [55, 55, 55]

    assert server.offsets == [0, 54, 0, 0]


def test_what_was_seen_of_a_server_is_forgotten_after_a_while() -> None:
    bench = Bench()
    serve(Server(120))
    read(bench)
    bench.clock.advance(timedelta(minutes=16).total_seconds())

    serve(Server(60, cap=50))

    assert len(read(bench)) == 60


def test_an_enterprise_key_is_not_fooled_by_a_server_that_cuts_its_pages() -> None:
    serve(Server(103))

    assert len(read(Bench(throttle="enterprise"))) == 103


@pytest.mark.parametrize(("rows", "cap"), [(101, 100), (110, 50), (50, 50), (400, 100)])
def test_a_server_that_serves_its_first_page_for_ever_gives_no_list(rows: int, cap: int) -> None:
    serve(Server(rows, cap=cap, offset_works=False))

    with pytest.raises(EhrUnavailable):
        read(Bench())


def test_a_server_that_knows_no_offset_but_gave_all_of_a_list_is_believed() -> None:
    serve(Server(55, offset_works=False))

    assert len(read(Bench())) == 55


def test_a_server_that_knows_no_paging_gives_all_at_once() -> None:
    server = serve(Server(130, cap=10_000, offset_works=False, limit_works=False))

    assert len(read(Bench())) == 130
    assert server.offsets == [0]


@pytest.mark.parametrize("change", ["goes", "comes"])
def test_a_list_whose_rows_shift_while_it_is_read_is_read_anew(change: str) -> None:
    server = serve(Server(150))
    first = server.rows[0]

    def once() -> None:
        server.between = lambda: None
        if change == "goes":
            server.rows.pop(0)
        else:
            server.rows.insert(0, patient_row(PatNum=1000))

    server.between = once

    found = read(Bench())

    assert found == [row["PatNum"] for row in server.rows]
    assert (first["PatNum"] in found) is (change == "comes")
    assert server.offsets == [0, 99, 0, 99]


def test_a_list_that_never_holds_still_is_no_list() -> None:
    server = serve(Server(150))
    server.between = lambda: server.rows.pop(0)

    with pytest.raises(EhrUnavailable):
        read(Bench())


def test_a_row_behind_which_the_list_goes_on_need_not_be_readable() -> None:
    bench = Bench()
    server = serve(Server(150), "operatories")
    server.rows = [{"OperatoryNum": number} for number in range(1, 151)]
    server.rows[99] = {"OperatoryNum": "none"}

    assert len(bench.client.operatories()) == 149
    assert server.offsets == [0, 100]
    assert [call.broken_rows for call in bench.audit] == [1, 0]


@pytest.mark.parametrize(
    ("path", "ask"),
    [
        ("patients", lambda client: client.list_patients()),
        ("patients/Simple", lambda client: client.list_full_patients()),
        ("appointments", lambda client: client.patient_appointments("7")),
        ("appointments", lambda client: client.appointments(DAY, DAY)),
        ("histappointments", lambda client: client.patient_appointment_history("7")),
    ],
    ids=["patients", "full patients", "visits of a patient", "a day", "history"],
)
def test_nothing_is_told_of_people_or_visits_where_a_row_cannot_be_read(
    path: str, ask: Callable[[Any], object]
) -> None:
    rows = [{**patient_row(), **appointment_row(), "HistApptNum": 5}, {"PatNum": 7}, "not a row"]
    responses.get(f"{BASE}/{path}", json=rows)

    with pytest.raises(EhrUnavailable):
        ask(Bench().client)


# --------------------------------------------------------------------------------------------------- NexHealth

LIST = f"{nexhealth_support.BASE}/operatories"
CHAIR, OTHER_CHAIR = {"id": 1, "name": "A"}, {"id": 2, "name": "B"}


@pytest.mark.parametrize(
    "again",
    [cursor_page([CHAIR], "C1"), cursor_page([CHAIR], "C2"), cursor_page([CHAIR]), cursor_page([OTHER_CHAIR], "C1")],
    ids=["same page", "same rows", "same rows at the end", "same cursor"],
)
def test_a_list_that_repeats_itself_is_no_list(again: dict[str, Any]) -> None:
    responses.get(LIST, json=cursor_page([CHAIR], "C1"))
    responses.get(LIST, json=again)

    with pytest.raises(EhrUnavailable):
        NexHealthBench().client.operatories()


@pytest.mark.parametrize("cursor", [None, "", 42, {}, ["C1"]], ids=str)
def test_a_list_that_goes_on_and_does_not_say_where_is_no_list(cursor: Any) -> None:
    page = cursor_page([CHAIR], "C1")
    page["page_info"]["end_cursor"] = cursor
    responses.get(LIST, json=page)

    with pytest.raises(EhrUnavailable):
        NexHealthBench().client.operatories()


@pytest.mark.parametrize(
    "page",
    [
        ok([CHAIR], page_info={"has_next_page": True}),
        ok([CHAIR], page_info={"has_next_page": "true", "end_cursor": "C1"}),
        ok([CHAIR], page_info={"has_next_page": "no", "end_cursor": "C1"}),
        cursor_page([], "C1"),
        ok([{"id": number, "name": "A"} for number in range(1, 301)]),
        ok([{"id": number, "name": "A"} for number in range(1, 301)], page_info={}),
    ],
    ids=["no cursor", "a text", "another text", "no rows", "a full page without a word", "nothing said"],
)
def test_a_list_that_leaves_open_whether_it_goes_on_is_no_list(page: dict[str, Any]) -> None:
    responses.get(LIST, json=page)

    with pytest.raises(EhrUnavailable):
        NexHealthBench().client.operatories()


def test_a_short_page_without_a_word_about_others_is_not_taken_for_the_only_one() -> None:
    """As another version of the vendor's API answers, which cuts pages where it likes."""
    responses.get(LIST, json=ok([CHAIR, OTHER_CHAIR], count=2))

    with pytest.raises(EhrUnavailable):
        NexHealthBench().client.operatories()


def test_an_empty_last_page_ends_a_list() -> None:
    responses.get(LIST, json=cursor_page([CHAIR], "C1"))
    responses.get(LIST, json=cursor_page([]))

    assert [one.id for one in NexHealthBench().client.operatories()] == ["1"]


@pytest.mark.parametrize("where", ["description", "error"])
@pytest.mark.parametrize("names", [": email.", ": location_id, per_page.", "", ": "])
def test_a_list_that_the_vendor_did_not_narrow_as_asked_is_refused(where: str, names: str) -> None:
    notice = f"Note that following parameters are ignored{names}"
    told = {"description": notice} if where == "description" else {"error": [notice]}
    responses.get(f"{nexhealth_support.BASE}/patients", json={**cursor_page([nexhealth_support.patient_row()]), **told})

    with pytest.raises(EhrNotSupported):
        NexHealthBench().client.find_patients(PatientQuery(email="stranger@example.org"))


def test_a_list_for_which_only_its_tenant_or_its_page_size_was_not_looked_at_is_taken() -> None:
    notice = "Note that following parameters are ignored: per_page, subdomain."
    responses.get(LIST, json={**cursor_page([CHAIR]), "description": notice})

    assert [one.id for one in NexHealthBench().client.operatories()] == ["1"]


def test_a_broken_row_of_the_office_is_left_out_and_counted() -> None:
    bench = NexHealthBench()
    responses.get(LIST, json=cursor_page([CHAIR, {"id": "x"}, {"id": 2, "name": ["B"]}]))

    assert [one.id for one in bench.client.operatories()] == ["1", "2"]
    assert bench.audit[-1].broken_rows == 2


def test_a_person_who_cannot_be_read_is_not_taken_for_nobody() -> None:
    rows = [nexhealth_support.patient_row(), {"id": "x"}]
    responses.get(f"{nexhealth_support.BASE}/patients", json=cursor_page(rows))

    with pytest.raises(EhrUnavailable):
        NexHealthBench().client.find_patients(PatientQuery(phone="516-304-2196"))
