"""What the client makes of a day's book at Open Dental, also of rows that do not tell all."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import responses

from openchair.errors import EhrUnavailable
from openchair.models.office import UnreadableRow
from openchair.models.visit import Appointment
from tests.clients.support import BASE, Bench, appointment_row

DENVER = ZoneInfo("America/Denver")
MONDAY = date(2026, 3, 2)
TUESDAY = date(2026, 3, 3)


@pytest.fixture
def ehr() -> Any:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


SCHEDULED = appointment_row()
BLOCKOUT = {
    "ScheduleNum": "1",
    "SchedDate": "2026-03-02",
    "StartTime": "12:00:00",
    "StopTime": "13:00:00",
    "SchedType": "Blockout",
    "ProvNum": "0",
    "operatories": "3",
}
PRACTICE_CLOSED = BLOCKOUT | {"SchedType": "Practice", "StartTime": "00:00:00", "StopTime": "00:00:00"}
WORKS = BLOCKOUT | {"ScheduleNum": "2", "SchedType": "Provider", "ProvNum": "1"}


def midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=DENVER)


class TestNoDayIsOfferedOnHalfKnowledge:
    """What of a day's rows cannot be read would look like free time, so that it takes all that it may."""

    @staticmethod
    def taken(ehr: Any, last: date = MONDAY, **broken: Any) -> Appointment:
        bench = Bench()
        ehr.get(f"{BASE}/appointments", json=[SCHEDULED, appointment_row(**{"AptNum": 35, **broken})])
        (found,) = [one for one in bench.client.appointments(MONDAY, last) if one.id != "34"]
        assert [(call.outcome, call.broken_rows) for call in bench.audit] == [("ok", 1)]
        return found

    @pytest.mark.parametrize("start", ["03/02/2026", "2026-02-30 09:00:00", None, "", "0001-01-01 00:00:00", {"at": 9}])
    @pytest.mark.parametrize("status", ["Scheduled", "Complete", "PtNote", "Mirrored", None])
    def test_a_visit_with_an_unreadable_start_takes_its_chair_and_provider_for_the_days_asked(
        self, ehr: Any, status: str | None, start: Any
    ) -> None:
        found = self.taken(ehr, TUESDAY, AptStatus=status, AptDateTime=start)

        assert (found.start, found.minutes, found.occupies) == (midnight(MONDAY), 48 * 60, True)
        assert (found.operatory_id, [time.provider_id for time in found.provider_times]) == ("3", ["1"])

    @pytest.mark.parametrize("pattern", ["", None, "XO", ["X"]])
    def test_a_visit_with_an_unreadable_pattern_takes_its_chair_and_provider_to_the_end_of_the_day(
        self, ehr: Any, pattern: Any
    ) -> None:
        found = self.taken(ehr, Pattern=pattern)

        assert (found.end, found.operatory_id, found.provider_id) == (midnight(TUESDAY), "3", "1")

    @pytest.mark.parametrize("broken", [{"Op": "three"}, {"ProvNum": "DOC1"}, {"ProvHyg": {}}], ids=str)
    def test_a_visit_that_may_be_in_any_chair_or_anybodys_takes_everybodys_time(
        self, ehr: Any, broken: dict[str, Any]
    ) -> None:
        found = self.taken(ehr, **broken)

        assert (found.operatory_id, found.provider_id, found.provider_times) == (None, None, ())
        assert (found.occupies, found.minutes) == (True, 20)

    def test_a_visit_without_chair_and_provider_takes_everybodys_time_at_its_clinic_and_is_named(
        self, ehr: Any
    ) -> None:
        rows = [appointment_row(Op=0, ProvNum=0, ProvHyg=0, ClinicNum=5)]
        ehr.get(f"{BASE}/appointments", json=rows)
        ehr.get(f"{BASE}/schedules", json=[])

        book = Bench().client.check_book(MONDAY, MONDAY)

        assert book.unreadable == (
            UnreadableRow("appointment", "34", MONDAY, "all of location 5, 2026-03-02 09:00 to 2026-03-02 09:20"),
        )

    def test_a_visit_without_its_key_takes_up_time_all_the_same(self, ehr: Any) -> None:
        found = self.taken(ehr, AptNum=None)

        assert (found.id, found.start, found.operatory_id) == ("", midnight(MONDAY) + timedelta(hours=9), "3")

    @pytest.mark.parametrize("row", [{}, {"AptStatus": "Scheduled"}, None, "row"], ids=str)
    def test_an_appointment_that_tells_nothing_at_all_makes_the_read_fail(self, ehr: Any, row: Any) -> None:
        ehr.get(f"{BASE}/appointments", json=[SCHEDULED, row])

        with pytest.raises(EhrUnavailable, match="cannot be read"):
            Bench().client.appointments(MONDAY, MONDAY)

    @pytest.mark.parametrize("status", ["UnschedList", "Planned", "Broken"])
    def test_what_is_on_no_schedule_may_lack_start_and_pattern(self, ehr: Any, status: str) -> None:
        row = appointment_row(AptStatus=status, AptDateTime="0001-01-01 00:00:00", Pattern="")
        ehr.get(f"{BASE}/appointments", json=[row])

        assert [one.occupies for one in Bench().client.appointments(MONDAY, MONDAY)] == [False]

    @pytest.mark.parametrize(
        "broken",
        [{"Note": {}}, {"Confirmed": "x"}, {"PatNum": "x"}, {"DateTimeSeated": "soon"}, {"AptStatus": "Mirrored"}],
        ids=str,
    )
    def test_a_row_odd_in_what_does_not_decide_about_time_is_kept_and_counted(
        self, ehr: Any, broken: dict[str, Any]
    ) -> None:
        bench = Bench()
        ehr.get(f"{BASE}/appointments", json=[appointment_row(**broken)])

        (found,) = bench.client.appointments(MONDAY, MONDAY)

        assert found.occupies
        assert [call.broken_rows for call in bench.audit] == [1]

    def test_an_odd_appointment_of_another_day_does_not_matter(self, ehr: Any) -> None:
        ehr.get(f"{BASE}/appointments", json=[SCHEDULED, appointment_row(AptNum=35, AptDateTime="2026-03-09 09:00:00")])

        assert [one.id for one in Bench().client.appointments(MONDAY, MONDAY)] == ["34"]

    def test_a_patients_own_visits_and_a_single_one_are_read_though_odd(self, ehr: Any) -> None:
        row = appointment_row(AptDateTime="03/02/2026", Pattern="XO")
        ehr.get(f"{BASE}/appointments", json=[row])
        ehr.get(f"{BASE}/appointments/34", json=row)
        client = Bench().client

        assert [one.id for one in client.patient_appointments("7")] == ["34"]
        assert client.appointment("34").start is None

    def test_the_look_at_the_book_names_what_cannot_be_told(self, ehr: Any) -> None:
        ehr.get(
            f"{BASE}/schedules",
            json=[WORKS, PRACTICE_CLOSED | {"ScheduleNum": "3"}, BLOCKOUT | {"StopTime": "12:00:00"}],
        )
        ehr.get(f"{BASE}/appointments", json=[appointment_row(Pattern="")])

        book = Bench().client.check_book(MONDAY, TUESDAY)

        assert [(one.kind, one.id) for one in book.unreadable] == [("schedule", "1"), ("appointment", "34")]
        assert book.closed_working_days == (MONDAY,)

    @pytest.mark.parametrize("row", [{}, None, "row"], ids=str)
    def test_a_schedule_row_that_tells_nothing_at_all_makes_the_read_fail(self, ehr: Any, row: Any) -> None:
        ehr.get(f"{BASE}/schedules", json=[WORKS, row])

        with pytest.raises(EhrUnavailable):
            Bench().client.schedule(MONDAY, MONDAY)

    def test_types_of_blockouts_are_asked_for_only_where_the_practice_tells_them_apart(self, ehr: Any) -> None:
        ehr.get(f"{BASE}/schedules", json=[BLOCKOUT | {"BlockoutType": "41"}, WORKS])
        types = [{"DefNum": 41, "ItemName": "Hygiene Preferred", "ItemValue": "", "Category": 25}]
        definitions = ehr.get(f"{BASE}/definitions", json=types)

        plain, telling = Bench(), Bench(booking={"blockouts": "no_schedule_only"})

        assert len(plain.client.schedule(MONDAY, MONDAY).blockouts) == 1
        assert definitions.call_count == 0
        assert telling.client.schedule(MONDAY, MONDAY).blockouts == ()
        assert telling.client.schedule(MONDAY, MONDAY).blockouts == ()
        assert definitions.call_count == 1

    def test_an_office_that_cannot_tell_its_types_has_all_blockouts_shut(self, ehr: Any) -> None:
        ehr.get(f"{BASE}/schedules", json=[BLOCKOUT | {"BlockoutType": "41"}])
        ehr.get(f"{BASE}/definitions", status=400, json="Category is invalid.")
        bench = Bench(booking={"blockouts": "no_schedule_only"})

        assert len(bench.client.schedule(MONDAY, MONDAY).blockouts) == 1

    def test_a_blockout_whose_chairs_cannot_be_read_is_one_of_all_chairs(self, ehr: Any) -> None:
        bench = Bench()
        ehr.get(f"{BASE}/schedules", json=[BLOCKOUT | {"operatories": "3,x", "Note": {}}])

        (blockout,) = bench.client.schedule(MONDAY, MONDAY).blockouts

        assert blockout.operatory_ids == ()
        assert [call.broken_rows for call in bench.audit] == [1]

    def test_an_odd_schedule_row_of_another_day_does_not_matter(self, ehr: Any) -> None:
        elsewhen = BLOCKOUT | {"SchedDate": "2026-03-09", "StartTime": None}
        ehr.get(f"{BASE}/schedules", json=[WORKS, elsewhen])

        assert len(Bench().client.schedule(MONDAY, MONDAY).work_blocks) == 1
