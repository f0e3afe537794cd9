"""Who works when and where: closed days, providers' blocks, blockouts."""

from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from tools.simulators.practice_data.models import Definition, Operatory, Provider, Schedule, ScheduleKind

_MONDAY, _WEDNESDAY, _THURSDAY, _FRIDAY, _SATURDAY, _SUNDAY = 0, 2, 3, 4, 5, 6
_NOON, _ONE = time(12, 0), time(13, 0)


class Calendar:
    """Builds schedule rows day by day; `rows` is in order of day."""

    def __init__(
        self,
        rng: Random,
        providers: list[Provider],
        operatories: list[Operatory],
        definitions: list[Definition],
        today: date,
        first_id: int,
    ) -> None:
        self.rows: list[Schedule] = []
        self._rng = rng
        self._today = today
        self._next_id = first_id
        self._providers = [p for p in providers if not p.is_hidden]
        self._chairs = [c for c in operatories if not c.is_hidden]
        self._blockouts = {d.name: d.id for d in definitions if d.category == "blockout_type"}
        self._weeks = {p.id: self._week(p, index) for index, p in enumerate(self._providers)}
        self._own_chairs: dict[int, tuple[int, ...]] = {}
        for provider in self._providers:
            self._own_chairs[provider.id] = chairs_of(provider.id, self._chairs)
        self._lists_chairs = {p.id: index % 3 != 1 for index, p in enumerate(self._providers)}
        self._one_block = {p.id: index % 4 == 2 for index, p in enumerate(self._providers)}
        self._training_days = self._pick_training_days()

    def build(self, first: date, last: date) -> list[Schedule]:
        day = first
        while day <= last:
            self._build_day(day)
            day += timedelta(days=1)
        return self.rows

    def _build_day(self, day: date) -> None:
        holiday = holiday_name(day)
        if holiday:
            self._add("practice", day, time(0), time(0), note=holiday)
            return
        working = [p for p in self._providers if day.weekday() in self._weeks[p.id]]
        if not working:
            return
        if day in self._training_days:
            # Closing a day does not clear the providers' hours: a client must look at both.
            self._add("practice", day, time(0), time(0), note="Team training, office closed")
        for provider in working:
            self._provider_blocks(day, provider)
        self._blockout_rows(day, working)

    def _provider_blocks(self, day: date, provider: Provider) -> None:
        start, end = self._weeks[provider.id][day.weekday()]
        chairs = self._own_chairs[provider.id] if self._lists_chairs[provider.id] else ()
        if self._one_block[provider.id] or end <= _NOON:
            self._add("provider", day, start, end, provider_id=provider.id, operatory_ids=chairs)
            return
        self._add("provider", day, start, _NOON, provider_id=provider.id, operatory_ids=chairs)
        self._add("provider", day, _ONE, end, provider_id=provider.id, operatory_ids=chairs)

    def _blockout_rows(self, day: date, working: list[Provider]) -> None:
        chair_ids = tuple(c.id for c in self._chairs)
        self._add("blockout", day, _NOON, _ONE, blockout="Lunch", operatory_ids=chair_ids)
        if day.weekday() == _WEDNESDAY:
            self._add("blockout", day, time(8, 0), time(8, 30), blockout="Staff Meeting", operatory_ids=chair_ids)
        if self._rng.random() < 0.5:
            chair = self._rng.choice(self._chairs).id
            hour = self._rng.choice((9, 10, 14))
            self._add("blockout", day, time(hour, 0), time(hour, 40), blockout="Emergency Hold", operatory_ids=(chair,))
        if self._rng.random() < 0.25:
            chair = self._rng.choice(self._chairs).id
            self._add(
                "blockout",
                day,
                time(15, 30),
                time(16, 30),
                blockout="No Scheduling",
                operatory_ids=(chair,),
                note="Repair",
            )
        if day.weekday() == _MONDAY:
            hygiene = tuple(c.id for c in self._chairs if c.is_hygiene)
            if hygiene:
                self._add(
                    "blockout", day, time(11, 0), time(11, 30), blockout="Hygiene Preferred", operatory_ids=hygiene
                )

    def _add(
        self,
        kind: ScheduleKind,
        day: date,
        start: time,
        end: time,
        *,
        provider_id: int | None = None,
        blockout: str | None = None,
        operatory_ids: tuple[int, ...] = (),
        note: str = "",
    ) -> None:
        changed = datetime.combine(min(day, self._today) - timedelta(days=45), time(18, 5), tzinfo=UTC)
        definition = self._blockouts[blockout] if blockout else None
        self.rows.append(
            Schedule(self._next_id, kind, day, start, end, provider_id, definition, operatory_ids, note, changed)
        )
        self._next_id += 1

    def _week(self, provider: Provider, index: int) -> dict[int, tuple[time, time]]:
        """Weekday → hours: days off, shorter Fridays, early starts; one dentist works Saturday mornings."""
        week = {}
        day_off = (_MONDAY + index * 2) % 5 if index % 2 else _FRIDAY if index else None
        for weekday in range(5):
            if weekday == day_off:
                continue
            start = time(7, 30) if index % 3 == 2 and weekday != _WEDNESDAY else time(8, 0)
            end = (
                time(14, 0)
                if weekday == _FRIDAY
                else time(18, 0)
                if weekday == _THURSDAY and index % 2
                else time(17, 0)
            )
            week[weekday] = (start, end)
        if index == 1:
            week[_SATURDAY] = (time(8, 0), _NOON)
        return week

    def _pick_training_days(self) -> set[date]:
        """Two closed working days a year, and always one within the coming six weeks."""
        days = {self._today + timedelta(days=offset) for offset in range(-1080, 0, 180)}
        days.add(self._today + timedelta(days=self._rng.randint(21, 40)))
        return {day if day.weekday() < _SATURDAY else day + timedelta(days=2) for day in days} - {self._today}


def chairs_of(provider_id: int, chairs: list[Operatory]) -> tuple[int, ...]:
    """The chairs that are the provider's by default: a hygiene chair belongs to its hygienist."""
    return tuple(
        chair.id
        for chair in chairs
        if not chair.is_hidden and (chair.hygienist_id if chair.is_hygiene else chair.dentist_id) == provider_id
    )


def holiday_name(day: date) -> str | None:
    """Days on which every office is closed."""
    fixed = {(1, 1): "New Year's Day", (7, 4): "Independence Day", (12, 24): "Christmas Eve", (12, 25): "Christmas Day"}
    if (day.month, day.day) in fixed:
        return fixed[(day.month, day.day)]
    if day.month == 11 and day.weekday() == _THURSDAY and 22 <= day.day <= 28:
        return "Thanksgiving"
    if day.month == 9 and day.weekday() == _MONDAY and day.day <= 7:
        return "Labor Day"
    if day.month == 5 and day.weekday() == _MONDAY and day.day >= 25:
        return "Memorial Day"
    return None


def free_windows(rows: list[Schedule], chairs: list[Operatory]) -> dict[int, list[tuple[int, int, int]]]:
    """For one day's rows: chair id → free (start, end, provider id), in five-minute units since midnight.

    Nothing is free on a closed day; blockouts of any type are cut out.
    """
    if any(row.kind == "practice" for row in rows):
        return {}
    blocked: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for row in rows:
        if row.kind == "blockout":
            for chair_id in row.operatory_ids:
                blocked[chair_id].append((units(row.start), units(row.end)))
    windows: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for row in rows:
        if row.kind == "provider" and row.provider_id is not None:
            for chair_id in row.operatory_ids or chairs_of(row.provider_id, chairs):
                for start, end in _cut((units(row.start), units(row.end)), blocked[chair_id]):
                    windows[chair_id].append((start, end, row.provider_id))
    return windows


def units(moment: time) -> int:
    return moment.hour * 12 + moment.minute // 5


def _cut(stretch: tuple[int, int], holes: list[tuple[int, int]]) -> list[tuple[int, int]]:
    pieces = [stretch]
    for hole_start, hole_end in holes:
        pieces = [
            piece
            for start, end in pieces
            for piece in ((start, min(end, hole_start)), (max(start, hole_end), end))
            if piece[0] < piece[1]
        ]
    return pieces
