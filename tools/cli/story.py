"""The story of `openchair demo`: one visit from the first call to its cancellation, through the HTTP API only.

Every step says what it does, does it, and checks what came of it against the truth.
"""

import secrets
import string
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rich.text import Text

from openchair.models.journal import ENDED
from tools.cli import show
from tools.cli.api import ControlApi, practice_path
from tools.cli.drawing import Visit, draw_day
from tools.cli.failures import ApiProblem, CliError
from tools.cli.truth import BookedVisit, Truth

Json = dict[str, Any]

SERVICE_ID = "cleaning"
# Slots are looked for from the day after tomorrow on, a few days at a time, until there are some.
_FIRST_DAY_AHEAD = 2
_DAYS_AT_ONCE = 2
_LOOKS = 5
_WAIT_SECONDS = 25
_LONGEST_TASK_SECONDS = 60.0


class StoryFailed(Exception):
    """A step gave nothing that the next could go on with."""


@dataclass(frozen=True, slots=True)
class Person:
    """The invented patient of the story; another one each time it is told."""

    first_name: str
    last_name: str
    date_of_birth: str
    phone: str
    email: str

    @classmethod
    def invent(cls) -> "Person":
        suffix = "".join(secrets.choice(string.ascii_lowercase) for _ in range(6))
        line = secrets.randbelow(100)
        return cls(
            "Wrenna", f"Quillfeather{suffix}", "1991-04-12", f"(212) 555-01{line:02d}", f"wrenna.{suffix}@example.com"
        )

    def as_request(self) -> Json:
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


@dataclass
class Story:
    """What the steps share, and what they have found out so far."""

    api: ControlApi
    practice_id: str
    zone: ZoneInfo
    truth: Truth
    person: Person = field(default_factory=Person.invent)
    failed_checks: int = 0
    checks: int = 0
    caller_id: str = ""
    patient_id: str = ""
    appointment_id: str = ""
    slots: list[Json] = field(default_factory=list)
    slot: Json = field(default_factory=dict)
    booking: Json = field(default_factory=dict)
    booking_key: str = ""
    booking_task_id: str = ""
    is_confirmed: bool = False
    last_seen: BookedVisit | None = None

    # ---- telling

    def tell(self, text: str, style: str = "") -> None:
        show.say(f"   {text}", style)

    def check(self, what: str, holds: bool) -> None:
        """One sentence with its tick or cross; a cross makes the whole story fail, but does not end it."""
        self.checks += 1
        self.failed_checks += not holds
        mark, style = (show.tick(), "bold green") if holds else (show.cross(), "bold red")
        show.console().print(Text.assemble(("   ", ""), (mark, style), (f" {what}", "" if holds else "red")))

    def draw(self, day: date) -> None:
        """The day of all chairs, the story's own visit pointed out."""
        mine = self.last_seen
        if self.truth.sees_all:
            here, title = self.truth.day(day), "the chairs as the EHR holds them"
        else:
            here = [mine] if mine and mine.is_on_the_book and mine.start.date() == day else []
            title = "this visit only"
        visits = [
            Visit(
                visit.operatory_id,
                visit.start.time(),
                visit.minutes,
                self.label(visit),
                is_ours=visit.patient_id == self.patient_id,
            )
            for visit in here
        ]
        visits += self.truth.blocked(day)
        show.console().print(draw_day(f"{day:%A %d %B %Y}, {title}", self.truth.chairs(), visits, look=show.look()))

    def label(self, visit: BookedVisit) -> str:
        """Nobody's name but the invented one's; a tick once the visit is confirmed."""
        if visit.patient_id != self.patient_id:
            return f"#{visit.appointment_id}"
        return f"{self.person.first_name} {show.tick()}" if self.is_confirmed else self.person.first_name

    # ---- asking

    def get(self, *parts: str, **query: str) -> Json:
        self.tell(f"GET {self.path(*parts)}", "cyan")
        return self.api.get(self.path(*parts), **query)

    def post(self, *parts: str, body: Json, headers: dict[str, str] | None = None) -> Json:
        self.tell(f"POST {self.path(*parts)}", "cyan")
        return self.api.post(self.path(*parts), body, headers)

    def office_now(self) -> datetime:
        return datetime.now(self.zone).replace(tzinfo=None)

    def path(self, *parts: str) -> str:
        return practice_path(self.practice_id, *parts)

    def submit(self, body: Json, key: str | None = None) -> Json:
        """A task, followed to its end."""
        headers = {"Idempotency-Key": key or str(uuid.uuid4()), "Prefer": f"wait={_WAIT_SECONDS}"}
        answer = self.post("tasks", body=body, headers=headers)
        until = time.monotonic() + _LONGEST_TASK_SECONDS
        while answer["state"] not in ENDED and time.monotonic() < until:
            time.sleep(0.5)
            answer = self.api.get(self.path("tasks", answer["id"]))
        self.tell(f"{body['type']} -> {answer['state']} ({answer['code']}): {answer['message']}", "dim")
        return answer

    def complete(self, body: Json, key: str | None = None) -> Json:
        """A task that has to complete for the story to go on."""
        answer = self.submit(body, key)
        self.check("The task is completed", answer["state"] == "completed")
        if answer["state"] != "completed":
            raise StoryFailed(f"{body['type']} ended {answer['state']} with {answer['code']}.")
        return answer

    def visit(self) -> BookedVisit | None:
        """The story's own visit as the EHR holds it now."""
        found = self.truth.visits(self.patient_id)
        self.last_seen = next((visit for visit in found if visit.appointment_id == self.appointment_id), None)
        return self.last_seen

    def slots_within(self, *parts: str, **query: str) -> list[Json]:
        """Slots of the first days that have any, flattened and with their provider."""
        first = datetime.now(self.zone).date() + timedelta(days=_FIRST_DAY_AHEAD)
        for look in range(_LOOKS):
            start = first + timedelta(days=look * _DAYS_AT_ONCE)
            end = start + timedelta(days=_DAYS_AT_ONCE - 1)
            answer = self.get(*parts, start_date=str(start), end_date=str(end), **query)
            slots = [
                {**slot, "provider_id": provider["provider_id"], "provider": provider["name"]}
                for provider in answer["providers"]
                for day in provider["days"]
                for slot in day["slots"]
            ]
            if slots:
                return sorted(slots, key=lambda slot: (slot["start"], slot["operatory_id"]))
        raise StoryFailed("No chair is open in the days that were looked at.")


# ---------------------------------------------------------------------------------------------------- steps


def look_the_caller_up(story: Story) -> None:
    """Who is calling? A phone that a whole family shares gives every match, never a guess"""
    shared = story.truth.shared_phone()
    if shared is None:
        story.tell("This server cannot be asked whom it knows; the story goes on with a new patient.", "dim")
        return
    phone, family = shared
    asked = f"+1 {phone[:3]} {phone[3:6]}-{phone[6:]}"
    answer = story.post("patients", "search", body={"phone": asked})
    found = {patient["patient_id"] for patient in answer["patients"]}
    story.tell(f"{asked} -> {len(found)} patient{'s' if len(found) != 1 else ''}")
    whose = f"All {len(family)} who share" if len(family) > 1 else "The one who has"
    story.check(f"{whose} this phone in the EHR {'are' if len(family) > 1 else 'is'} found", family <= found)
    now = story.office_now()
    ahead = [one for one in sorted(family) if any(visit.is_ahead(now) for visit in story.truth.visits(one))]
    story.caller_id = (ahead or sorted(family))[0]


def show_the_visits(story: Story) -> None:
    """What has the caller booked?"""
    if not story.caller_id:
        story.tell("Nobody called.", "dim")
        return
    answer = story.get("patients", story.caller_id, "visits")
    for visit in answer["upcoming"][:3]:
        where = f"{visit['operatory_name']}, {visit['provider_name']}"
        story.tell(f"upcoming: {show.moment(visit['start'])}, {visit['service_name'] or 'visit'}, {where}")
    story.tell(f"past: {len(answer['past'])} visits")
    now = story.office_now()
    truth = {visit.appointment_id for visit in story.truth.visits(story.caller_id) if visit.is_ahead(now)}
    told = {visit["appointment_id"] for visit in answer["upcoming"]}
    story.check("Exactly the visits that the EHR holds are upcoming", told == truth)


def find_slots(story: Story) -> None:
    """Which chairs are open for a cleaning?"""
    story.slots = story.slots_within("slots", service_id=SERVICE_ID)
    story.slot = story.slots[0]
    days = sorted({slot["start"][:10] for slot in story.slots})
    chairs = {slot["operatory_id"] for slot in story.slots}
    story.tell(f"{len(story.slots)} starts in {len(chairs)} chairs from {days[0]} to {days[-1]}")
    story.tell(
        f"The first: {show.moment(story.slot['start'])}, chair {story.slot['operatory_id']}, {story.slot['provider']}"
    )
    if story.truth.sees_all:
        taken = [visit for day in days for visit in story.truth.day(date.fromisoformat(day))]
        story.check("None of them is taken in the EHR", not any(_collides(s, v) for s in story.slots for v in taken))


def onboard(story: Story) -> None:
    """A new patient"""
    task = story.complete({"type": "ONBOARD_NEW_PATIENT", "patient": story.person.as_request()})
    story.patient_id = task["patient_id"]
    answer = story.post("patients", "search", body={"phone": story.person.phone})
    found = {patient["patient_id"] for patient in answer["patients"]}
    story.check(f"Patient {story.patient_id} is found by phone now", story.patient_id in found)


def book(story: Story) -> None:
    """The first open chair is booked"""
    slot = story.slot
    story.booking = {
        "type": "CREATE_APPOINTMENT",
        "patient_id": story.patient_id,
        "service_id": SERVICE_ID,
        "start": slot["start"],
        "operatory_id": slot["operatory_id"],
        "provider_id": slot["provider_id"],
    }
    story.booking_key = str(uuid.uuid4())
    task = story.complete(story.booking, story.booking_key)
    story.booking_task_id, story.appointment_id = task["id"], task["appointment_id"]
    story.check("The EHR holds the visit in that chair at that time", _stands_at(story.visit(), slot))
    story.draw(_day(slot))


def book_again_with_the_same_key(story: Story) -> None:
    """The same request once more, as after a lost answer: the same task, no second visit"""
    task = story.submit(story.booking, story.booking_key)
    story.check("The same Idempotency-Key gives the same task", task["id"] == story.booking_task_id)
    story.check("The EHR holds one visit of this patient", len(story.truth.visits(story.patient_id)) == 1)


def book_a_taken_chair(story: Story) -> None:
    """Somebody else wants that very chair at that time"""
    other = {**story.booking, "patient_id": story.caller_id or story.patient_id}
    before = len(story.truth.visits(other["patient_id"]))
    try:
        code = story.submit(other)["code"]
    except ApiProblem as problem:
        code = problem.code
        story.tell(f"refused at the door: {problem.status} {problem.code}", "dim")
    story.check("It is refused with slot_taken", code == "slot_taken")
    story.check("The EHR holds no further visit", len(story.truth.visits(other["patient_id"])) == before)


def move(story: Story) -> None:
    """The patient calls: another time, please"""
    open_slots = story.slots_within("visits", story.appointment_id, "slots")
    elsewhere = [slot for slot in open_slots if slot["operatory_id"] != story.slot["operatory_id"]]
    slot = (elsewhere or open_slots)[len(elsewhere or open_slots) // 2]
    story.tell(f"Moved to {show.moment(slot['start'])}, chair {slot['operatory_id']}, {slot['provider']}")
    story.complete(
        {
            "type": "RESCHEDULE_APPOINTMENT",
            "appointment_id": story.appointment_id,
            "patient_id": story.patient_id,
            "start": slot["start"],
            "operatory_id": slot["operatory_id"],
            "provider_id": slot["provider_id"],
        }
    )
    story.slot = slot
    story.check("The EHR holds the same visit at the new time", _stands_at(story.visit(), slot))
    story.draw(_day(slot))


def confirm(story: Story) -> None:
    """The patient confirms"""
    before = story.last_seen
    story.complete({"type": "CONFIRM_APPOINTMENT", "appointment_id": story.appointment_id})
    after = story.visit()
    story.is_confirmed = before is not None and after is not None and before.confirmation != after.confirmation
    story.check(f"The EHR says: {after.confirmation if after else 'nothing'}", story.is_confirmed)
    story.draw(_day(story.slot))


def cancel(story: Story) -> None:
    """In the end the patient cancels"""
    story.complete(
        {"type": "CANCEL_APPOINTMENT", "appointment_id": story.appointment_id, "patient_id": story.patient_id}
    )
    visit = story.visit()
    story.check("The EHR holds it on the book no more", visit is None or not visit.is_on_the_book)
    if story.truth.sees_all:
        there = [one for one in story.truth.day(_day(story.slot)) if one.patient_id == story.patient_id]
        story.check("The chair is free again", not there)
    story.draw(_day(story.slot))


STEPS: Sequence[Callable[[Story], None]] = (
    look_the_caller_up,
    show_the_visits,
    find_slots,
    onboard,
    book,
    book_again_with_the_same_key,
    book_a_taken_chair,
    move,
    confirm,
    cancel,
)


def tell_story(story: Story, steps: Sequence[Callable[[Story], None]] = STEPS) -> bool:
    """All steps and a summary; whether every check held. A step that cannot go on ends the story."""
    began, load_before = time.monotonic(), story.truth.load()
    told = 0
    for number, step in enumerate(steps, 1):
        show.say(f"\n{number}. {step.__doc__}", "bold")
        step_began = time.monotonic()
        try:
            step(story)
        except StoryFailed as error:
            story.check(str(error), False)
            break
        except CliError as error:
            story.check(f"{error.sentence} ({error.code})", False)
            break
        told += 1
        story.tell(f"{time.monotonic() - step_began:.1f} s", "dim")
    _sum_up(story, told, len(steps), time.monotonic() - began, load_before)
    return told == len(steps) and story.failed_checks == 0


def _sum_up(story: Story, told: int, steps: int, seconds: float, load_before: Any) -> None:
    load = story.truth.load()
    rows: list[tuple[str, Any]] = [
        ("steps", f"{told} of {steps}"),
        ("checks that held", f"{story.checks - story.failed_checks} of {story.checks}"),
        ("seconds", f"{seconds:.1f}"),
    ]
    if load is not None and load_before is not None:
        rows.append(("EHR requests", load.requests - load_before.requests))
        rows.append(("of them too early", load.early_starts - load_before.early_starts))
    show.say("")
    show.table(("summary", ""), rows)


def _day(slot: Json) -> date:
    return datetime.fromisoformat(slot["start"]).date()


def _wall(slot: Json) -> datetime:
    return datetime.fromisoformat(slot["start"]).replace(tzinfo=None)


def _stands_at(visit: BookedVisit | None, slot: Json) -> bool:
    return (
        visit is not None
        and visit.is_on_the_book
        and visit.start == _wall(slot)
        and visit.operatory_id == slot["operatory_id"]
    )


def _collides(slot: Json, visit: BookedVisit) -> bool:
    end = datetime.fromisoformat(slot["end"]).replace(tzinfo=None)
    return (
        visit.operatory_id == slot["operatory_id"]
        and visit.start < end
        and _wall(slot) < visit.start + timedelta(minutes=visit.minutes)
    )
