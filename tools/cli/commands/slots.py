"""`openchair slots`: which chairs are open."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Any

import typer

from tools.cli import show
from tools.cli.api import practice_path
from tools.cli.commands.common import JsonOption, PracticeArgument, target

_WORTH_SHORTENING = 4


def slots(
    context: typer.Context,
    practice_id: PracticeArgument,
    service: Annotated[str | None, typer.Option(help="Id of the service to book.", show_default=False)] = None,
    visit: Annotated[str | None, typer.Option(help="Instead: an appointment id, for slots to move it to.")] = None,
    from_: Annotated[str | None, typer.Option("--from", metavar="DATE", help="First day, default today.")] = None,
    to: Annotated[str | None, typer.Option("--to", metavar="DATE", help="Last day, inclusive.")] = None,
    provider: Annotated[str | None, typer.Option(help="Only this provider.")] = None,
    operatory: Annotated[str | None, typer.Option(help="Only this chair.")] = None,
    location: Annotated[str | None, typer.Option(help="Only this location.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Find bookable starts for a service, or for moving a visit."""
    if (service is None) == (visit is None):
        raise typer.BadParameter("give --service, or --visit to move one")
    if visit is not None and location:
        raise typer.BadParameter("a visit is moved within its location")
    path = (
        practice_path(practice_id, "slots") if visit is None else practice_path(practice_id, "visits", visit, "slots")
    )
    answer = target(context).api.get(
        path,
        service_id=service,
        start_date=from_,
        end_date=to,
        provider_id=provider,
        operatory_id=operatory,
        location_id=location,
    )
    show.raw(answer) if as_json else show_slots(answer)


def show_slots(answer: dict[str, Any]) -> None:
    rows = [
        (provider["name"], show.day(day["date"]), operatory_id, stretches(starts))
        for provider in answer["providers"]
        for day in provider["days"]
        for operatory_id, starts in _starts_by_chair(day["slots"]).items()
    ]
    if rows:
        show.table(("provider", "day", "chair", "starts"), rows)
    else:
        show.say("No chair is open for this.")
    show.say(f"Times are local ({show.clean(answer['timezone'])}), read {show.clean(answer['source'])}.", "dim")
    if answer["complete_until"]:
        show.say(f"Complete only until {show.moment(answer['complete_until'])}; ask for fewer days.", "yellow")


def stretches(starts: Sequence[str]) -> str:
    """`08:00 08:10 08:20 08:30 09:40` as `08:00-08:30 (every 10 min), 09:40`."""
    minutes = [int(start[:2]) * 60 + int(start[3:5]) for start in starts]
    step = min((later - earlier for earlier, later in pairwise(minutes)), default=0)
    runs: list[list[int]] = []
    for index in range(len(starts)):
        if runs and minutes[index] - minutes[index - 1] == step:
            runs[-1].append(index)
        else:
            runs.append([index])
    told = [
        f"{starts[run[0]]}-{starts[run[-1]]} (every {step} min)"
        if len(run) >= _WORTH_SHORTENING
        else ", ".join(starts[index] for index in run)
        for run in runs
    ]
    return ", ".join(told)


def _starts_by_chair(slots: list[dict[str, Any]]) -> dict[str, list[str]]:
    starts: dict[str, list[str]] = defaultdict(list)
    for slot in slots:
        starts[slot["operatory_id"]].append(slot["start"][11:16])
    return starts
