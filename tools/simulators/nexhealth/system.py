"""Time passes: the practice's own system takes, refuses or sleeps on writes, and NexHealth reads it once a cycle."""

from datetime import datetime

from tools.simulators.nexhealth.records import Appointment, ChartVisit, Location, Tenant, Write


def settle(tenant: Tenant, now: datetime) -> None:
    """All that has become due by `now`, in the order of its time."""
    for location in tenant.locations.values():
        _write(tenant, location, now)
        _read(tenant, location, now)


def _write(tenant: Tenant, location: Location, now: datetime) -> None:
    system = location.system
    if system.mode in ("sleeps", "offline"):
        return
    due = sorted((one for one in system.writes if one.due <= now), key=lambda one: one.due)
    system.writes = [one for one in system.writes if one.due > now]
    for write in due:
        row = tenant.appointments[write.appointment_id]
        if write.is_new:
            _insert(location, row, write, now)
        elif row.foreign_id is None:
            # Not there yet: what is asked of it waits for its insertion, or went with it.
            if any(one.is_new and one.appointment_id == row.id for one in system.writes):
                system.writes.append(write)
        else:
            _change(location, row)
        system.written_at = now


def _insert(location: Location, row: Appointment, write: Write, now: datetime) -> None:
    system = location.system
    is_taken = any(one.overlaps(row.start, row.end, row.operatory_id) for one in system.chart.values())
    if row.cancelled:
        return
    if system.mode == "refuses" or is_taken or row.start <= now:
        if system.failed_insertions_are_cancelled:
            row.cancelled, row.updated_at = True, now
        return
    system.next_foreign_id += 1
    row.foreign_id = str(system.next_foreign_id)
    row.last_sync_time = row.updated_at = write.due
    system.chart[row.foreign_id] = ChartVisit(row.start, row.end, row.operatory_id, confirmed=row.confirmed)


def _change(location: Location, row: Appointment) -> None:
    assert row.foreign_id is not None
    visit = location.system.chart[row.foreign_id]
    if location.system.mode == "takes":
        visit.start, visit.end, visit.operatory_id = row.start, row.end, row.operatory_id
        visit.cancelled, visit.confirmed = row.cancelled, row.confirmed
    row.asked.clear()


def _read(tenant: Tenant, location: Location, now: datetime) -> None:
    """What stands in the system is what NexHealth tells; a change it has yet to write is not read over."""
    system = location.system
    if system.mode == "offline":
        return
    if system.read_at is None:
        system.read_at = now
    cycles = (now - system.read_at) // system.read_cycle
    if cycles < 1:
        return
    system.read_at += cycles * system.read_cycle
    for row in tenant.appointments.values():
        if row.location_id != location.id or row.foreign_id is None or row.asked:
            continue
        visit = system.chart[row.foreign_id]
        told = (row.start, row.end, row.operatory_id, row.cancelled, row.confirmed)
        row.start, row.end, row.operatory_id = visit.start, visit.end, visit.operatory_id
        row.cancelled, row.confirmed, row.last_sync_time = visit.cancelled, visit.confirmed, system.read_at
        if told != (row.start, row.end, row.operatory_id, row.cancelled, row.confirmed):
            row.updated_at = system.read_at
