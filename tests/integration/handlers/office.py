"""A small office for the handlers: two providers, two chairs, three people, with known ids and unmistakable names."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from tools.simulators.open_dental.load import load_office
from tools.simulators.open_dental.simulator import Simulator
from tools.simulators.open_dental.throttle import Throttle, ThrottleSettings
from tools.simulators.practice_data import PracticeData, generate

ZONE = ZoneInfo("America/Denver")
NOW = datetime(2026, 3, 2, 8, tzinfo=ZONE)
"""A Monday morning."""
TODAY = NOW.date()
BLOCKOUT, LUNCH = "blockout", (time(12), time(13))

CANARIES = (
    "Quillon",
    "Perpetua",
    "Vexmoor",
    "Bramwick",
    "Isolde",
    "Tamsworth",
    "vexmoor@example.com",
    "tamsworth@example.com",
    "5550111",
    "555-0111",
    "5550163",
    "555-0163",
    "1983-04-17",
    "1991-08-23",
    "Wrenfold",
    "Hollybrook",
    "Prefers mornings",
)
"""Texts of the office's and the events' people, none of which may ever be logged."""


def put_office(simulator: Simulator) -> None:
    """Replaces the simulator's first office by this one, as it is on Monday morning."""
    key = simulator.specs[0].customer_key
    office = load_office(_data(), key, simulator.settings)
    office.throttle = Throttle(ThrottleSettings(mode="off"))
    simulator.offices[key] = office


@cache
def _data() -> PracticeData:
    data = generate(7, 1, TODAY, ZONE.key)
    dentist, hygienist = data.providers[0], next(one for one in data.providers if one.is_hygienist)
    chair, block = data.operatories[0], data.schedules[0]
    person, visit = data.patients[0], data.appointments[0]
    abel = replace(dentist, id=1, abbreviation="ABE", first_name="Abel", last_name="Orme", is_hidden=False)
    hana = replace(hygienist, id=2, abbreviation="HAN", first_name="Hana", last_name="Prell", is_hidden=False)
    chairs = [
        replace(chair, id=1, name="Chair 1", abbreviation="C1", item_order=0, is_hidden=False, is_hygiene=False,
                dentist_id=1, hygienist_id=None, clinic_id=None),
        replace(chair, id=2, name="Chair 2", abbreviation="C2", item_order=1, is_hidden=False, is_hygiene=True,
                dentist_id=1, hygienist_id=2, clinic_id=None),
    ]  # fmt: skip
    days = [TODAY + timedelta(days=n) for n in range(12) if (TODAY + timedelta(days=n)).weekday() < 5]
    schedules = []
    for number, day in enumerate(days):
        for provider_id in (1, 2):
            schedules.append(
                replace(block, id=1000 + 10 * number + provider_id, kind="provider", day=day, start=time(8),
                        end=time(17), provider_id=provider_id, blockout_definition_id=None,
                        operatory_ids=(provider_id,), note="")
            )  # fmt: skip
    quillon = replace(
        person, id=11, guarantor_id=11, first_name="Quillon", last_name="Vexmoor", middle_initial="",
        preferred_name="", birth_date=date(1983, 4, 17), address="77 Wrenfold Lane", address2="", home_phone="",
        work_phone="", mobile_phone="(303)555-0111", email="quillon.vexmoor@example.com", status="active",
        primary_provider_id=1, hygienist_id=2, clinic_id=None,
    )  # fmt: skip
    perpetua = replace(
        quillon, id=12, first_name="Perpetua", birth_date=date(2011, 9, 30), email="", preferred_name="Pet"
    )
    other = replace(
        quillon, id=13, guarantor_id=13, first_name="Edda", last_name="Bramwick", birth_date=date(1970, 1, 2),
        mobile_phone="(303)555-0177", email="edda.bramwick@example.com",
    )  # fmt: skip
    booked = replace(
        visit, id=50, patient_id=11, status="scheduled", start=datetime(2026, 3, 3, 10, tzinfo=ZONE),
        pattern="X" * 12, operatory_id=1, provider_id=1, hygienist_id=None, is_hygiene=False, clinic_id=None,
        appointment_type_id=None, broken_reason=None, procedures="Filling", note="",
        confirmed_definition_id=_unconfirmed(data),
    )  # fmt: skip
    done = replace(booked, id=51, status="complete", start=datetime(2026, 2, 2, 10, tzinfo=ZONE), procedures="Exam")
    theirs = replace(booked, id=52, patient_id=13, start=datetime(2026, 3, 3, 14, tzinfo=ZONE))
    return replace(
        data,
        clinics=[],
        providers=[abel, hana],
        operatories=chairs,
        schedules=schedules,
        patients=[quillon, perpetua, other],
        appointments=[booked, done, theirs],
        recalls=[],
        default_provider_id=1,
    )


def _unconfirmed(data: PracticeData) -> int:
    return next(one.id for one in data.definitions if one.name == "Not Called")
