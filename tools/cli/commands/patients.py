"""`openchair patients`: who is calling, and what they have booked."""

from typing import Annotated, Any

import typer

from tools.cli import show
from tools.cli.api import practice_path
from tools.cli.commands.common import JsonOption, PracticeArgument, target

app = typer.Typer(help="Who is calling, and what is booked.", no_args_is_help=True)


@app.command()
def search(
    context: typer.Context,
    practice_id: PracticeArgument,
    phone: Annotated[str | None, typer.Option(help="In any punctuation, with or without +1.")] = None,
    email: Annotated[str | None, typer.Option()] = None,
    last_name: Annotated[str | None, typer.Option()] = None,
    first_name: Annotated[str | None, typer.Option()] = None,
    date_of_birth: Annotated[str | None, typer.Option(metavar="DATE", help="Like 1984-05-17.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Find patients by phone, by e-mail, or by both names and birth date: every match, never a guess."""
    asked = {
        "phone": phone,
        "email": email,
        "last_name": last_name,
        "first_name": first_name,
        "date_of_birth": date_of_birth,
    }
    body = {name: value for name, value in asked.items() if value is not None}
    if not body:
        raise typer.BadParameter("give --phone, or --email, or --last-name with --first-name and --date-of-birth")
    answer = target(context).api.post(practice_path(practice_id, "patients", "search"), body)
    show.raw(answer) if as_json else show_patients(answer)


@app.command()
def visits(
    context: typer.Context,
    practice_id: PracticeArgument,
    patient_id: Annotated[str, typer.Argument(metavar="PATIENT_ID", show_default=False)],
    as_json: JsonOption = False,
) -> None:
    """List a patient's upcoming and past visits."""
    answer = target(context).api.get(practice_path(practice_id, "patients", patient_id, "visits"))
    show.raw(answer) if as_json else show_visits(answer)


def show_patients(answer: dict[str, Any]) -> None:
    found = answer["patients"]
    if not found:
        show.say("No patient matches.")
        return
    show.table(
        ("patient", "last name", "first name", "born", "phones", "e-mail", "active"),
        [
            (
                patient["patient_id"],
                patient["last_name"],
                patient["first_name"],
                patient["date_of_birth"],
                ", ".join(patient["phones"]),
                patient["email"],
                show.yes_no(patient["is_active"]),
            )
            for patient in found
        ],
    )


def show_visits(answer: dict[str, Any], past_limit: int = 5) -> None:
    for when, visits_then in (("upcoming", answer["upcoming"]), ("past", answer["past"])):
        if not visits_then:
            show.say(f"No {when} visits.")
            continue
        shown = visits_then if when == "upcoming" else visits_then[:past_limit]
        rows = [_visit_row(visit) for visit in shown]
        show.table(("visit", "when", "status", "service", "provider", "chair", "confirmed"), rows, when.capitalize())
        if len(shown) < len(visits_then):
            show.say(f"... and {len(visits_then) - len(shown)} more; --json shows all.", "dim")
    if answer.get("complete_since"):
        show.say(f"What was before {show.day(answer['complete_since'])} is not told.", "dim")
    if answer["unscheduled"]:
        show.say(f"Waiting for a time: {answer['unscheduled']}.")


def _visit_row(visit: dict[str, Any]) -> tuple[Any, ...]:
    return (
        visit["appointment_id"],
        show.moment(visit["start"]),
        visit["status"],
        visit["service_name"],
        visit["provider_name"] or visit["provider_id"],
        visit["operatory_name"] or visit["operatory_id"],
        show.yes_no(visit["confirmed"]),
    )
