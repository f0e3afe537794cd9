"""The practice's own system behind an EHR that writes later: what it has, what is on its way to it, and its readings.

A change that was accepted is carried out some time later, elsewhere than asked, refused, undone, or never. Until then
it is outstanding, and for so long the vendor does not say that its way into the system is open. A reading takes over
what the system has; what an outstanding change asks for stands through it in the vendor's row, or does not
(`overwrites`): neither is documented.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from openchair.models.visit import Appointment, AppointmentStatus
from tests.proofs.chart import CANCELLED, LIVE, STAFF, Fate, Row
from tests.proofs.scenarios import START, Later

if TYPE_CHECKING:
    from tests.proofs.simulation import Simulation

_NOT_TAKEN = (Fate.REFUSED, Fate.REVERTED)
_TAKEN_OVER = (
    "start",
    "operatory_id",
    "provider_id",
    "second_provider_id",
    "status",
    "is_confirmed",
    "minutes",
    "note",
)


@dataclass(frozen=True, slots=True)
class Written:
    """What the practice's own system came to hold of a visit; None: not there any more."""

    at: float
    by: str
    visit: Appointment | None

    @property
    def is_live(self) -> bool:
        return self.visit is not None and self.visit.status in LIVE and self.visit.start is not None


@dataclass(frozen=True, slots=True)
class OfficeChange:
    row: Row
    by: str
    was_live: bool
    is_live: bool


@dataclass(slots=True)
class _Outstanding:
    row: Row
    by: str
    accepted_at: float
    wanted: dict[str, Any]


class Office:
    """`written` has by visit what was written into the system, the newest last."""

    def __init__(self, simulation: "Simulation", later: Later, *, overwrites: bool) -> None:
        self._simulation = simulation
        self._kernel = simulation.kernel
        self._read_every = later.cycle
        self._overwrites = overwrites
        self._tells_when = later.tells_when_compared
        self._shows_at_once = later.shows_what_was_written
        self._opens_with_writes, self._stamps_truly = later.opens_with_writes, later.stamps_truly
        self._carried_out_at = 0.0
        self._outstanding: list[_Outstanding] = []
        self._read_at = 0.0
        rows = simulation.chart.rows.values()
        self.written = {row.visit.id: [Written(0.0, "", row.visit)] for row in rows if row.visit.is_in_chart}

    def is_live(self, row: Row) -> bool:
        return row.visit.id in self.written and self.written[row.visit.id][-1].is_live

    def open_at(self) -> datetime:
        """When the way into the system was last open: now, or when what is still outstanding was accepted."""
        if self._opens_with_writes:
            return _moment(self._carried_out_at)
        return _moment(min((one.accepted_at for one in self._outstanding), default=self._kernel.now))

    def read_at(self) -> datetime | None:
        return _moment(self._read_at) if self._tells_when else None

    def by_staff(self, row: Row) -> None:
        """Staff works in the system itself. The vendor's row shows it at once."""
        if row.origin == STAFF or row.visit.id in self.written:
            visit = None if row.is_deleted else row.visit
            self.written.setdefault(row.visit.id, []).append(Written(self._kernel.now, STAFF, visit))

    def accept(self, row: Row, by: str, fate: Fate, seconds: float) -> None:
        """A change of ours, as the vendor's row now shows it."""
        old = row.former[-1] if row.former else None
        wanted = {name: getattr(row.visit, name) for name in _TAKEN_OVER}
        if old is not None:
            wanted = {name: value for name, value in wanted.items() if value != getattr(old, name)}
        change = _Outstanding(row, by, self._kernel.now, wanted)
        self._outstanding.append(change)
        if fate is not Fate.FORGOTTEN:
            self._kernel.at(self._kernel.now + seconds, lambda: self._carry_out(change, fate))

    def _carry_out(self, change: _Outstanding, fate: Fate) -> None:
        """Of a visit that was removed meanwhile nothing is written."""
        self.read()
        self._outstanding.remove(change)
        self._carried_out_at = self._kernel.now
        row = change.row
        found = self.written.get(row.visit.id)
        before = found[-1].visit if found else row.visit
        if row.is_deleted or before is None or (not found and row.visit.status in CANCELLED):
            return
        self._kernel.tell(f"the practice's own system: visit {row.visit.id} {fate.name}")
        if fate in _NOT_TAKEN and not found:
            self._simulation.chart.show(row, replace(row.visit, status=AppointmentStatus.CANCELLED))
            return
        # As every system does, it refuses to change a visit that is over.
        if fate not in _NOT_TAKEN and before.status is not AppointmentStatus.FULFILLED:
            visit = replace(before, **change.wanted)
            if fate is Fate.ELSEWHERE and visit.start is not None:
                visit = replace(visit, start=visit.start + timedelta(minutes=15))
            was_live = self.is_live(row)
            self.written.setdefault(row.visit.id, []).append(Written(self._kernel.now, change.by, visit))
            self._simulation.written(OfficeChange(row, change.by, was_live, self.is_live(row)))
        if self._shows_at_once:
            self._take_over(row, self._kernel.now)

    def read(self) -> None:
        """The readings that were due by now: asked for before anybody looks at the vendor's rows or changes one."""
        due = self._kernel.now // self._read_every * self._read_every
        if due <= self._read_at:
            return
        self._read_at = due
        for row in self._simulation.chart.rows.values():
            if row.visit.id in self.written and not row.is_deleted:
                self._take_over(row, due)

    def _take_over(self, row: Row, at: float) -> None:
        visit = self.written[row.visit.id][-1].visit
        if visit is None:
            return
        wanted: dict[str, Any] = {}
        if not self._overwrites:
            for change in self._outstanding:
                if change.row is row:
                    wanted |= change.wanted
        self._simulation.chart.show(row, replace(visit, **wanted, is_in_chart=True, touched_at=_moment(at)))

    def stamp(self) -> datetime:
        """What the vendor's clock shows."""
        return _moment(self._kernel.now if self._stamps_truly else -3600.0)


def _moment(seconds: float) -> datetime:
    return (START + timedelta(seconds=seconds)).astimezone(UTC)
