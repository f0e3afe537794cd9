"""The practice's fixtures: clinics, pick lists, providers, chairs, appointment types, preferences."""

from datetime import UTC, date, datetime, time, timedelta
from random import Random

from tools.simulators.practice_data import invented
from tools.simulators.practice_data.models import AppointmentType, Clinic, Definition, Operatory, Provider

DEFINITION_NAMES: dict[str, tuple[str, ...]] = {
    "appointment_confirmed": (
        "Not Called",
        "Message Left",
        "Reminder Sent",
        "Confirmed",
        "Not Accepted",
        "Reminder Failed",
        "Arrived",
        "In Chair",
        "Checked Out",
    ),
    "billing_type": ("Standard Account", "Payment Plan", "Collections"),
    "unscheduled_status": ("Called, no answer", "Wants another time", "Do not call"),
    "blockout_type": ("Lunch", "Staff Meeting", "Emergency Hold", "No Scheduling", "Hygiene Preferred"),
    "communication_type": ("Appointment Related", "Insurance", "Miscellaneous"),
    "provider_specialty": ("General Practice", "Hygiene"),
    "web_new_patient_type": ("New patient visit",),
    "web_existing_patient_type": ("Cleaning", "Exam"),
    "operatory_type": ("Treatment", "Hygiene", "Consultation"),
}
_NO_SCHEDULING = {"Lunch", "Staff Meeting", "No Scheduling"}
_HIDDEN = {"Collections"}


def make_clinics(count: int, first_id: int) -> list[Clinic]:
    return [
        Clinic(
            id=first_id + index,
            name=f"{('Juniper Falls', 'Pinnacle', 'Stillwater Bend')[index % 3]} Dental",
            abbreviation=("JF", "PI", "SB")[index % 3],
            address=f"{100 + index} Larkspur Way",
            city=invented.CITIES[index % 3][0],
            state=invented.CITIES[index % 3][1],
            zip_code=f"{invented.CITIES[index % 3][2]}10",
            phone=invented.phone_digits(3990 + index),
        )
        for index in range(count)
    ]


def make_definitions(first_id: int) -> list[Definition]:
    definitions: list[Definition] = []
    for category, names in DEFINITION_NAMES.items():
        for name in names:
            definitions.append(
                Definition(
                    id=first_id + len(definitions),
                    category=category,
                    name=name,
                    hidden=name in _HIDDEN,
                    no_scheduling=category == "blockout_type" and name in _NO_SCHEDULING,
                )
            )
    return definitions


def make_providers(rng: Random, dentists: int, hygienists: int, today: date, first_id: int) -> list[Provider]:
    """Dentists first, then hygienists, then one hidden dentist who has left."""
    providers: list[Provider] = []
    kinds = [False] * dentists + [True] * hygienists + [False]
    for index, is_hygienist in enumerate(kinds):
        ordinal = index + 1 if not is_hygienist else index - dentists + 1
        is_hidden = index == len(kinds) - 1
        letters = "HYG" if is_hygienist else "DOC"
        changed = datetime.combine(today - timedelta(days=rng.randint(200, 900)), time(15, 30), tzinfo=UTC)
        providers.append(
            Provider(
                id=first_id + index,
                abbreviation="OLD1" if is_hidden else f"{letters}{ordinal}",
                first_name=rng.choice(invented.FIRST_NAMES_FEMALE + invented.FIRST_NAMES_MALE),
                last_name=invented.surname(rng),
                suffix="RDH" if is_hygienist else "DDS",
                is_hygienist=is_hygienist,
                is_hidden=is_hidden,
                color=(rng.randint(120, 255), rng.randint(120, 255), rng.randint(120, 255)),
                national_provider_id=f"19{index:08d}",
                state_license=f"L{index:05d}",
                changed_at=changed,
            )
        )
    return providers


def make_operatories(
    visible: int, providers: list[Provider], clinics: list[Clinic], definitions: list[Definition], first_id: int
) -> list[Operatory]:
    """Treatment chairs, then hygiene chairs, then one hidden chair; every working provider has a chair of his own."""
    dentists = [p.id for p in providers if not p.is_hygienist and not p.is_hidden]
    hygienists = [p.id for p in providers if p.is_hygienist]
    hygiene_count = min(len(hygienists), visible - len(dentists))
    types = {d.name: d.id for d in definitions if d.category == "operatory_type"}
    chairs: list[Operatory] = []
    for index in range(visible + 1):
        is_hidden = index == visible
        is_hygiene = not is_hidden and index >= visible - hygiene_count
        ordinal = index - (visible - hygiene_count) if is_hygiene else index
        dentist = dentists[ordinal % len(dentists)]
        kind = "Hygiene" if is_hygiene else ("Consultation" if is_hidden else "Treatment")
        chairs.append(
            Operatory(
                id=first_id + index,
                name="Storage" if is_hidden else f"{kind} {ordinal + 1}",
                abbreviation="OLD" if is_hidden else f"{'HY' if is_hygiene else 'OP'}-{ordinal + 1}",
                item_order=index,
                is_hidden=is_hidden,
                is_hygiene=is_hygiene,
                is_web_bookable=not is_hidden and index % 2 == 0,
                dentist_id=None if is_hidden else dentist,
                hygienist_id=hygienists[ordinal % len(hygienists)] if is_hygiene else None,
                clinic_id=clinics[ordinal % len(clinics)].id if clinics else None,
                type_definition_id=types[kind],
            )
        )
    return chairs


def make_appointment_types(first_id: int) -> list[AppointmentType]:
    rows = (
        ("Cleaning", (93, 154, 220), "/XXXXXXXXXX/", ("D1110",)),
        ("Exam", (120, 200, 140), "/XXXX/", ("D0150",)),
        ("Filling", (220, 154, 93), "//XXXXXX//", ("D2391",)),
        ("Crown", (200, 90, 120), "//XXXXXXXXXXXXX///", ("D2740",)),
        ("Emergency", (220, 60, 60), "", ("D0140",)),
    )
    return [
        AppointmentType(first_id + i, name, color, pattern, codes)
        for i, (name, color, pattern, codes) in enumerate(rows)
    ]


def make_preferences(default_provider_id: int, today: date) -> dict[str, str]:
    """Office-wide settings by neutral name; an EHR's simulator gives them its own names."""
    return {
        "default_provider": str(default_provider_id),
        "time_increment": "10",
        "appointments_may_overlap": "1",
        "last_aging": today.isoformat(),
    }
